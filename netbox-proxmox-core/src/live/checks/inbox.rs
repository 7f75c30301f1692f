//! The durable memory: whether it can be written, how large it is, and what waits in it.

use std::path::Path;

use super::{Check, Fault, Kept};
use crate::live::inbox::{EventCounts, Inbox, InboxError};

/// What the inbox is, and what waits.
pub(super) async fn check(kept: &Kept) -> Vec<Check> {
    let what = "inbox";
    match kept {
        Kept::Absent { file } => vec![absent(what, file)],
        Kept::Unusable { file, why } => {
            let detail = format!("{} cannot be opened: {why}", file.display());
            let advice =
                "NETBOX_PROXMOX_INBOX names it: it must be a file of this program's, in a folder that it may write to";
            vec![Check::failure(what, Fault::Wrong, detail, advice).blocking()]
        }
        Kept::Open { inbox, file } => match look(inbox, file).await {
            Ok(checks) => checks,
            Err(error) => {
                let advice = "Look at the free space and the owner of the file that NETBOX_PROXMOX_INBOX names";
                vec![Check::failure(what, Fault::Wrong, format!("{}: {error}", file.display()), advice).blocking()]
            }
        },
    }
}

fn absent(what: &str, file: &Path) -> Check {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Check::ok(what, format!("{} is not there yet: the server makes it at its first start", file.display()));
    }
    let detail = format!("the folder of {} does not exist, so the server cannot make it", file.display());
    Check::failure(what, Fault::Wrong, detail, "Make the folder, or set NETBOX_PROXMOX_INBOX to another one").blocking()
}

async fn look(inbox: &Inbox, file: &Path) -> Result<Vec<Check>, InboxError> {
    inbox.try_writing().await?;
    let EventCounts { pending, parked, .. } = inbox.store().counts().await?;
    let size = inbox.store().size().await? / 1024;
    let detail = format!("{} can be written, {size} KiB; {pending} waiting", file.display());
    let mut checks = vec![Check::ok("inbox", detail)];
    if let Some(seen) = inbox.restored().await? {
        let advice = "If that is so and as it should be: `netbox-proxmox events --release` agrees";
        checks.push(Check::warning("NetBox was restored", format!("{seen}: nothing is destroyed"), advice));
    }
    if parked > 0 {
        let detail = format!("{parked} wait for a person");
        let advice = "`netbox-proxmox events --state parked` says why, `--release` tries them again";
        checks.push(Check::warning("parked events", detail, advice));
    }
    Ok(checks)
}
