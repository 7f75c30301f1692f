//! Backs a guest up before it is destroyed.

use proxmox_api::{BackupParams, StorageId};

use super::step::{Step, refused};
use crate::action::Target;
use crate::executor::{Failure, Outcome};
use crate::guest::Owner;
use crate::live::guests::Observed;

impl Step<'_> {
    /// Makes a backup of a guest that is off. One of this deletion that is there is not made again, unless the guest has run
    /// since (`was_off`: it was found so). One that ended with warnings stops the plan like one that failed; a person who
    /// lets it go on then has agreed to it.
    pub(super) async fn back_up(
        &self,
        guest: &Target,
        observed: &Observed,
        storage: &StorageId,
        deletion: Option<&str>,
        was_off: bool,
    ) -> Result<(), Failure> {
        let vmid = observed.vmid;
        let kept = |failure: Failure| {
            let why = format!("the guest {vmid} was not backed up to storage {storage}, and kept: {}", failure.why);
            Failure::new(failure.kind, why)
        };
        let netbox = self.bridge.identities.first().map(String::as_str).unwrap_or_default();
        let notes = notes(&guest.name, self.owner(guest)?, netbox, deletion);
        let node = self.client().node(&observed.node);
        let backups = node.storage(storage).content(Some("backup"), Some(vmid)).await;
        let backups = backups.map_err(|error| kept(error.into()))?;
        if was_off && backups.iter().any(|backup| backup.notes.as_deref().map(str::trim) == Some(&notes)) {
            self.note(&format!("it was backed up to {storage} before"));
            return Ok(());
        }
        self.note(&format!("backup to {storage}"));
        // Nobody else's backups go for it, and it stays when others are pruned.
        let params = BackupParams::new()
            .vmid(vmid.to_string())
            .storage(storage.clone())
            .mode("stop")
            .compress("zstd")
            .remove(false)
            .protected(true)
            .notes_template(notes);
        let task = node.backup(&params).await.map_err(|error| kept(error.into()))?;
        match self.finish(&task).await.map_err(kept)? {
            Outcome::Warned(why) => Err(kept(refused(format!("{why}. Look whether the backup is whole")))),
            _ => Ok(()),
        }
    }
}

/// What a backup says: one line, as lists show no more of it (believed: pve-storage). Proxmox replaces what is in double braces,
/// and a backslash begins what is escaped (the schema of Proxmox VE 9.1.7).
fn notes(name: &str, owner: Owner, netbox: &str, deletion: Option<&str>) -> String {
    let Owner { record, birth } = owner;
    let deletion = deletion.map_or_else(String::new, |deletion| format!(", deletion {deletion}"));
    let text = format!("{name}: virtual machine {record} of {netbox}, created {birth}, was deleted{deletion}");
    let plain = |char: char| if char.is_control() || matches!(char, '{' | '}' | '\\') { ' ' } else { char };
    text.chars().map(plain).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::guest::RecordId;

    #[test]
    fn the_notes_are_one_line_in_which_nothing_is_replaced() {
        let owner = Owner { record: RecordId(42), birth: "2026-11-22T08:15:21.921Z".parse().unwrap() };
        assert_eq!(
            notes("a\\n{{vmid}}\nb", owner, "netbox.example.org", Some("r1")),
            "a n vmid b: virtual machine 42 of netbox.example.org, created 2026-11-22T08:15:21.921Z, was deleted, deletion r1"
        );
    }
}
