//! How the demo looks: a label, a hanging indent, no line much longer than 90 columns.

use netbox_api::testing::Delivery;
use netbox_proxmox_core::Marker;
use netbox_proxmox_examples::output::line;
use netbox_proxmox_examples::{Exit, Problem};
use proxmox_api::testing::{Guest, GuestKind, Power};

const WIDTH: usize = 90;
const INDENT: usize = 13;

/// A heading.
pub(super) fn heading(number: usize, title: &str) -> Result<(), Problem> {
    let text = format!("── {number}. {title} ");
    line("")?;
    line(&format!("{text}{}", "─".repeat(WIDTH.saturating_sub(text.chars().count()))))
}

/// Items under a label, each on lines of its own.
pub(super) fn items(label: &str, items: &[String]) -> Result<(), Problem> {
    let mut label = label;
    for item in items {
        let mut label_once = std::mem::take(&mut label);
        for (number, text) in wrapped(item).into_iter().enumerate() {
            let further = if number > 0 { "  " } else { "" };
            line(&format!("  {:<width$}{further}{text}", std::mem::take(&mut label_once), width = INDENT - 2))?;
        }
    }
    Ok(())
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().map(|line| (line.chars().count(), line));
        match last {
            Some((0, line)) => line.push_str(word),
            Some((length, line)) if INDENT + 2 + length + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What a delivery says.
pub(super) fn delivery(delivery: &Delivery) -> String {
    let body = delivery.json();
    let text = |pointer: &str| body.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let name = ["/data/name", "/data/address", "/data/display"].iter().map(|it| text(it)).find(|it| !it.is_empty());
    let kind = delivery.object_type.rsplit('.').next().unwrap_or_default();
    let request = delivery.request_id.get(..8).unwrap_or(&delivery.request_id);
    let status = delivery.status().map_or_else(|| "not answered".to_owned(), |status| status.to_string());
    let (event, name, user) = (&delivery.event, name.unwrap_or_default(), text("/request/user"));
    format!("{event} {kind} {name}, by {user}, request {request} → {status}")
}

/// What a guest looks like, the first line always, the others where they changed.
pub(super) fn changed(before: &[String], now: Option<&[String]>) -> Vec<String> {
    let Some(now) = now else { return vec!["no such guest".to_owned()] };
    let gone = before.iter().skip(1).filter(|line| {
        let label = line.split(": ").next();
        !now.iter().any(|now| now.split(": ").next() == label)
    });
    let news = now.iter().enumerate().filter(|(number, line)| *number == 0 || !before.contains(line));
    news.map(|(_, line)| line.clone()).chain(gone.map(|line| format!("gone: {line}"))).collect()
}

/// What a guest looks like.
pub(super) fn guest(guest: &Guest) -> Vec<String> {
    let option = |name: &str| guest.get(name).unwrap_or("-").to_owned();
    let power = match guest.power {
        Power::Stopped => "stopped",
        Power::Running => "running",
        Power::Paused => "paused",
    };
    let name = guest.name().unwrap_or_default();
    let (cores, memory) = (option("cores"), option("memory"));
    let mut lines = vec![format!("{} {name} on {}: {power}, {cores} cores, {memory} MiB", guest.vmid, guest.node)];
    let disks = guest.config.iter().filter(|(slot, drive)| is_disk(slot) && !drive.contains("media=cdrom"));
    lines.extend(disks.map(|(slot, drive)| format!("{slot}: {drive}")));
    if guest.kind == GuestKind::Lxc {
        lines.push(format!("net0: {}", option("net0").replace(',', ", ")));
    }
    let keys = guest.get("sshkeys").map_or(0, |keys| keys.split("%0A").filter(|key| !key.is_empty()).count());
    if guest.kind == GuestKind::Qemu {
        lines.push(format!("cloud-init: {}, {keys} SSH key(s)", option("ipconfig0")));
    }
    if let Some(marker) = guest.description().and_then(Marker::find) {
        lines.push(format!("marker: {marker}"));
    }
    lines
}

fn is_disk(option: &str) -> bool {
    option == "rootfs"
        || ["scsi", "virtio", "sata", "ide", "mp"].iter().any(|bus| {
            option
                .strip_prefix(bus)
                .is_some_and(|index| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

/// What differs from what should be, as a problem.
pub(super) fn differs(count: usize) -> Problem {
    Problem::new(Exit::Failed, format!("{count} thing(s) are not as they should be, see above"))
}
