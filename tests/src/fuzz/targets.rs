//! What is read from others, and what must hold of any text.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use netbox_api::signature::{sign, verify};
use netbox_api::{Decimal, ObjectChange, Version};
use netbox_proxmox_core::{
    Action, Change, Delivery, Event, EventKind, FieldNames, Marker, Moment, Owner, RecordId, plan,
};
use netbox_proxmox_core::{DiskBase, event::Ownership, marker};
use proxmox_api::{
    BootOrder, Cidr, DiskSlot, Drive, IpConfig, LxcNet, MiB, MountSlot, NetDevice, NodeName, PropertyString, SshKeys,
    StorageId, Upid, Vmid, VolumeId,
};

use super::clients::{next_links, proxmox_errors};
use super::{Checked, Understood};

/// Something that reads.
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// What is mutated.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// What must hold of a text.
    pub check: fn(&[u8]) -> Checked,
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    Target { name: "deliveries", corpus: || recorded("netbox-webhooks", "raw"), check: delivery },
    Target { name: "change-log entries", corpus: entries, check: entry },
    Target { name: "property strings", corpus: || texts(&PROPERTIES), check: property_string },
    Target { name: "UPIDs", corpus: || texts(&UPIDS), check: |text| reads_again::<Upid>(text, &[]) },
    Target { name: "sizes and numbers", corpus: || texts(&NUMBERS), check: number },
    Target { name: "names in paths", corpus: || texts(&NAMES), check: name },
    Target { name: "signatures", corpus: signatures, check: signature },
    Target { name: "markers", corpus: || texts(&MARKERS), check: description },
    Target { name: "Proxmox's errors", corpus: || texts(&ERRORS), check: proxmox_errors },
    Target { name: "links to next pages", corpus: || texts(&LINKS), check: next_links },
];

const PROPERTIES: [&str; 12] = [
    "local-lvm:vm-101-disk-0,size=32G,ssd=1,discard=on,iothread=1",
    "ceph:base-9000-disk-0/vm-101-disk-1,backup=0,cache=writeback,size=10752M",
    "none,media=cdrom",
    "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=20,trunks=30;40,rate=12.5,link_down=1",
    "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto,type=veth",
    "ip=192.0.2.10/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1",
    "ip=dhcp,ip6=auto",
    "order=scsi0;ide2;net0",
    "cdn",
    "local:101/vm-101-disk-0.qcow2,size=4G",
    "volume=local-lvm:vm-200-disk-1,mp=/srv/data,size=8G,backup=1",
    "path=/mnt/host,mp=/mnt,ro=1,shared=1",
];

const UPIDS: [&str; 3] = [
    "UPID:pve1:000A1B2C:0123ABCD:65F0A1B2:qmclone:9000:root@pam:",
    "UPID:pve-02:00000406:00034060:6955B902:vzdump::bridge@pve!lab:",
    "UPID:pve1:00000406:000000034060:6955B902:imgdel:101@local-lvm:root@pam!t:",
];

const NUMBERS: [&str; 24] = [
    "32G",
    "10752M",
    "512K",
    "1T",
    "4194304",
    "0",
    "8",
    "1.5G",
    "100",
    "999999999",
    "scsi0",
    "virtio15",
    "unused3",
    "mp255",
    "rootfs",
    "efidisk0",
    "192.0.2.10/24",
    "2001:db8::10/64",
    "2.50",
    "4.7.3-Docker-3.2.1",
    "2026-11-22T08:15:21.921000+00:00",
    "2026-11-22T08:15:21Z",
    "-0.5",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me@host",
];

const NAMES: [&str; 6] = [
    "pve1",
    "local-lvm",
    "ceph:vm-101-disk-0",
    "local:iso/debian.iso",
    "node-02.example",
    "local:101/vm-101-disk-0.qcow2",
];

const MARKERS: [&str; 5] = [
    "netbox-proxmox: netbox.example.org record 42 vmid 101 ready born 2026-11-22T08:15:21.921Z",
    "a note\nnetbox-proxmox: netbox.example.org record 42 vmid 101 creating born 2026-11-22T08:15:21.921Z\nanother",
    "netbox-proxmox: netbox.example.org record 42 vmid 101 ready",
    "\n\n",
    "  netbox-proxmox: other record 7 vmid 102 ready born 2026-11-22T08:15:21Z",
];

const ERRORS: [&str; 5] = [
    r#"{"data":null,"message":"VM is locked (clone)\n"}"#,
    r#"{"errors":{"cores":"type check ('integer') failed - got 'x'"},"data":null,"message":"Parameter verification failed.\n"}"#,
    r#"{"data":null}"#,
    "<html><body>502 Bad Gateway</body></html>",
    r#"{"message":"Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist\n","data":null}"#,
];

const LINKS: [&str; 6] = [
    "http://netbox.example/api/virtualization/virtual-machines/?limit=50&offset=50",
    "https://netbox.example:443/api/virtualization/virtual-machines/?offset=50",
    "/api/virtualization/virtual-machines/?limit=50&offset=50",
    "//elsewhere.example/api/virtualization/virtual-machines/?offset=50",
    "http://netbox.example@elsewhere.example/api/virtualization/virtual-machines/?offset=50",
    "http://netbox.example.elsewhere.example/api/?offset=50",
];

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The bodies of a folder of fixtures.
fn recorded(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|is| is == extension));
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

/// Entries as NetBox's change log has them, made of recorded deliveries: an entry and its delivery share their snapshots.
fn entries() -> Vec<Vec<u8>> {
    let of = |body: Vec<u8>| {
        let delivery: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let action = match delivery["event"].as_str()? {
            "created" => "create",
            "deleted" => "delete",
            _ => "update",
        };
        let entry = serde_json::json!({
            "id": 7, "time": delivery["timestamp"], "user_name": delivery["request"]["user"], "request_id": delivery["request"]["id"],
            "action": {"value": action}, "changed_object_type": delivery["object_type"], "changed_object_id": delivery["data"]["id"],
            "prechange_data": delivery["snapshots"]["prechange"], "postchange_data": delivery["snapshots"]["postchange"],
        });
        Some(entry.to_string().into_bytes())
    };
    recorded("netbox-webhooks", "raw").into_iter().filter_map(of).collect()
}

fn holds(what: bool, why: impl Into<String>) -> Result<(), String> {
    if what { Ok(()) } else { Err(why.into()) }
}

fn same<T: PartialEq + Debug>(one: &T, other: &T, what: &str) -> Result<(), String> {
    holds(one == other, format!("{what}: {one:?} is not {other:?}"))
}

/// What is read is written so that it reads the same; what is refused says why, in a line that no control character breaks.
fn again<T: FromStr<Err: Display> + Display + Debug>(text: &str) -> Checked {
    match text.parse::<T>() {
        Ok(read) => {
            let written = read.to_string();
            let second =
                written.parse::<T>().map_err(|error| format!("{read:?} is written as {written:?}: {error}"))?;
            // What Proxmox sorts may stand in another order.
            same(&second.to_string(), &written, "written again")?;
            Ok(Understood::Yes)
        }
        Err(error) => {
            let told = error.to_string();
            holds(!told.is_empty() && !told.contains(['\n', '\r', '\0']), format!("it is refused with {told:?}"))?;
            Ok(Understood::No)
        }
    }
}

/// The same of text that is UTF-8; `but` are texts of which more must hold.
fn reads_again<T: FromStr<Err: Display> + Display + Debug>(text: &[u8], but: &[fn(&str) -> Checked]) -> Checked {
    let Ok(text) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    but.iter().try_for_each(|check| check(text).map(drop))?;
    again::<T>(text)
}

/// Whether one of these understood.
fn any(checked: impl IntoIterator<Item = Checked>) -> Checked {
    let all: Vec<Understood> = checked.into_iter().collect::<Result<_, _>>()?;
    Ok(if all.contains(&Understood::Yes) { Understood::Yes } else { Understood::No })
}

fn property_string(text: &[u8]) -> Checked {
    let Ok(text) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    any([
        again::<PropertyString>(text),
        again::<Drive>(text),
        again::<NetDevice>(text),
        again::<LxcNet>(text),
        again::<IpConfig>(text),
        again::<BootOrder>(text),
    ])
}

fn number(text: &[u8]) -> Checked {
    let Ok(text) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    if let Ok(size) = text.parse::<MiB>() {
        let base = DiskBase::default();
        let megabytes = base.to_megabytes(size);
        same(&base.to_megabytes(base.to_mib(megabytes)), &megabytes, "there and back")?;
    }
    any([
        again::<MiB>(text),
        again::<Vmid>(text),
        again::<DiskSlot>(text),
        again::<MountSlot>(text),
        again::<Decimal>(text),
        again::<Moment>(text),
        again::<Version>(text),
        again::<Cidr>(text),
        again::<SshKeys>(text),
    ])
}

/// What becomes part of a path stays within its segment.
fn name(text: &[u8]) -> Checked {
    let Ok(text) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    for named in [text.parse::<NodeName>().map(|it| it.to_string()), text.parse::<StorageId>().map(|it| it.to_string())]
        .into_iter()
        .flatten()
    {
        holds(
            !named.contains(['/', '?', '#', '%', '\\', '\0', '\n'])
                && named != "."
                && named != ".."
                && !named.is_empty(),
            format!("{named:?} leaves its segment"),
        )?;
    }
    any([again::<NodeName>(text), again::<StorageId>(text), again::<VolumeId>(text)])
}

fn delivery(text: &[u8]) -> Checked {
    let Ok(delivery) = Delivery::from_slice(text) else { return Ok(Understood::No) };
    let fields = FieldNames::default();
    let key = delivery.key();
    same(&key.object_id, &delivery.object.id(), "the key's object")?;
    if let Ok(changes) = Change::from_delivery(&delivery, &fields) {
        for change in &changes {
            unforged(change, delivery.event)?;
        }
    }
    let Ok(event) = Event::from_delivery(&delivery) else { return Ok(Understood::Yes) };
    let (one, other) = (plan(&event), plan(&event));
    same(&one, &other, "planned again")?;
    for action in &one {
        let destroys = matches!(action, Action::Destroy { .. } | Action::RemoveDisk { .. });
        holds(
            !destroys || delivery.event == EventKind::Deleted,
            format!("{action} of a delivery that is no deletion"),
        )?;
        holds(!action.to_string().is_empty(), "an action without words")?;
    }
    let stored = serde_json::to_string(&event).map_err(|error| format!("the event cannot be stored: {error}"))?;
    let read: Event =
        serde_json::from_str(&stored).map_err(|error| format!("what was stored cannot be read: {error}\n{stored}"))?;
    same(&read, &event, "stored and read")?;
    Ok(Understood::Yes)
}

fn entry(text: &[u8]) -> Checked {
    let Ok(entry) = serde_json::from_slice::<ObjectChange>(text) else { return Ok(Understood::No) };
    let Some(event) = entry.event() else {
        holds(entry.key().is_none(), "a key of no event")?;
        return Ok(Understood::No);
    };
    for change in Change::from_change_log(&entry, &FieldNames::default()) {
        unforged(&change, event)?;
        holds(change.confirmed, "what the log says is confirmed")?;
        let stored = serde_json::to_string(&change).map_err(|error| format!("the change cannot be stored: {error}"))?;
        let read: Change = serde_json::from_str(&stored)
            .map_err(|error| format!("what was stored cannot be read: {error}\n{stored}"))?;
        same(&read, &change, "stored and read")?;
    }
    Ok(Understood::Yes)
}

/// A record is deleted only by a deletion.
fn unforged(change: &Change, event: EventKind) -> Result<(), String> {
    holds(!change.deleted_record() || event == EventKind::Deleted, format!("{change:?} of an event {event}"))
}

/// A text of three lines: the secret, the signature, and the body.
fn signatures() -> Vec<Vec<u8>> {
    let of = |secret: &str, body: &str| {
        format!("{secret}\n{}\n{body}", sign(secret.as_bytes(), body.as_bytes())).into_bytes()
    };
    vec![of("secret", r#"{"event":"created"}"#), of("", ""), of("a longer secret of many words", "body\nof lines")]
}

/// Only who knows the secret signs.
fn signature(text: &[u8]) -> Checked {
    let mut lines = text.splitn(3, |byte| *byte == b'\n');
    let (Some(secret), Some(signature), Some(body)) = (lines.next(), lines.next(), lines.next()) else {
        return Ok(Understood::No);
    };
    let right = sign(secret, body);
    let accepted = verify(secret, body, Some(right.as_bytes())).is_ok();
    holds(accepted != secret.is_empty(), "its own signature is refused, or one without a secret accepted")?;
    match verify(secret, body, Some(signature)) {
        Ok(()) => {
            let is_it = signature.trim_ascii().eq_ignore_ascii_case(right.as_bytes());
            holds(is_it, format!("{:?} is accepted, {right} is right", String::from_utf8_lossy(signature)))?;
            Ok(Understood::Yes)
        }
        Err(_) => Ok(Understood::No),
    }
}

/// A marker that is found is written so that it is found again, beside what people wrote; and it is nobody else's.
fn description(text: &[u8]) -> Checked {
    let Ok(text) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    let Some(found) = Marker::find(text) else { return Ok(Understood::No) };
    same(&Marker::find(&found.to_string()), &Some(found.clone()), "written")?;
    let written = found.write_into(text);
    same(&Marker::find(&written), &Some(found.clone()), "written into its description")?;
    same(&found.write_into(&written), &written, "written twice")?;
    if let Some(owner) = found.owner() {
        let ours = [found.netbox.clone()];
        let is_ours = |vmid: Vmid, owner: Owner, ours: &[String]| {
            matches!(marker::ownership(Some(text), vmid, owner, ours), Ownership::Ours { .. })
        };
        holds(is_ours(found.vmid, owner, &ours), "it is not its own record's")?;
        holds(
            !is_ours(found.vmid, owner, &["another".to_owned()]) || found.netbox == "another",
            "it is another NetBox's, too",
        )?;
        let other = Owner { record: RecordId(owner.record.0.wrapping_add(1)), ..owner };
        holds(!is_ours(found.vmid, other, &ours), "it is another record's, too")?;
        let later = Owner { birth: owner.birth.plus(60_000), ..owner };
        holds(
            later.birth == owner.birth || !is_ours(found.vmid, later, &ours),
            "it is that of a record of the same id, too",
        )?;
    }
    Ok(Understood::Yes)
}
