//! What is known of guests: creations that were begun, where each was last seen, removals that wait, VMIDs that rest.

use std::collections::{BTreeMap, BTreeSet};

use proxmox_api::{NodeName, SshKeys, Vmid};
use serde::{Deserialize, Serialize};

use super::{
    CHOSEN, DESTROYED, DISCOVERED, GONE, INTENT, Inbox, InboxError, RELEASED, REMOVAL, RESTED, SEEN, decode, encode,
    time_of,
};
use crate::event::{Intent, KnownDisk, KnownInterface};
use crate::guest::{Owner, RecordId};
use crate::moment::Moment;
use crate::part::Part;

/// A guest as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its VMID.
    pub vmid: Vmid,
    /// Its node.
    pub node: NodeName,
    /// The id of its NetBox cluster.
    pub cluster: u64,
    /// The node that NetBox said, and the guest was on, when the record was last answered.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub agreed_node: Part<NodeName>,
    /// Where its virtual disks were.
    pub disks: Vec<KnownDisk>,
    /// Virtual disks whose creation was seen, and that it lacks.
    #[serde(default)]
    pub wanted: Vec<u64>,
    /// Which `netN` its interfaces were.
    #[serde(default)]
    pub interfaces: Vec<KnownInterface>,
    /// Volumes whose removal was begun: a running container gives them up when it stops.
    #[serde(default)]
    pub removals: Vec<KnownDisk>,
    /// The SSH keys that a container was created with.
    #[serde(default)]
    pub keys: Option<SshKeys>,
    /// When NetBox said that the record was created: of one that was made in a branch, when that was merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Moment>,
}

impl Seen {
    /// A guest of which nothing is known yet but where it is.
    pub fn new(vmid: Vmid, node: &NodeName, cluster: u64) -> Self {
        let node = node.clone();
        let (disks, wanted, interfaces, removals, keys, announced) = Default::default();
        Self { vmid, node, cluster, agreed_node: Part::Unknown, disks, wanted, interfaces, removals, keys, announced }
    }
}

/// The guest of a deleted record that is to be destroyed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// When, in seconds since 1970.
    pub due: u64,
    /// Its VMID.
    pub vmid: Vmid,
    /// The id of its NetBox cluster.
    pub cluster: u64,
    /// The deletion that asked for it: a later one waits its full time.
    pub deletion: Option<String>,
}

impl Inbox {
    /// The creation that was begun for a record.
    pub async fn intent(&self, owner: Owner) -> Result<Option<Intent>, InboxError> {
        self.read(INTENT, &owner.to_string()).await
    }

    /// All creations that were begun.
    pub async fn intents(&self) -> Result<Vec<Intent>, InboxError> {
        let all = self.store.all(INTENT, "").await?;
        all.iter().map(|(_, value)| decode(value)).collect()
    }

    /// Stores a creation before anything of it happens, and again once its task has a name.
    pub async fn put_intent(&self, intent: &Intent) -> Result<(), InboxError> {
        self.write(INTENT, &intent.owner.to_string(), intent).await
    }

    /// Forgets a creation that was reached or given up.
    pub async fn close_intent(&self, owner: Owner) -> Result<(), InboxError> {
        self.store.delete(INTENT, &owner.to_string()).await
    }

    /// How often a VMID was chosen, by whichever process.
    pub async fn choices(&self) -> Result<u64, InboxError> {
        Ok(self.read(CHOSEN, "vmids").await?.unwrap_or_default())
    }

    /// Counts a choice, if there were none but those `before`; says whether. One that has stored its intent before, and is
    /// counted, is no other one's.
    pub async fn count_choice(&self, before: u64) -> Result<bool, InboxError> {
        let expected = (before > 0).then(|| encode(&before)).transpose()?;
        self.store.replace(CHOSEN, "vmids", expected.as_deref(), &encode(&(before + 1))?).await
    }

    /// The guest of a record as it was last seen.
    pub async fn seen(&self, owner: Owner) -> Result<Option<Seen>, InboxError> {
        self.read(SEEN, &owner.to_string()).await
    }

    /// Remembers a guest.
    pub async fn put_seen(&self, owner: Owner, seen: &Seen) -> Result<(), InboxError> {
        self.write(SEEN, &owner.to_string(), seen).await
    }

    /// The births of the records with this id of which something is remembered: more than one, once an id has come again.
    pub async fn births(&self, record: RecordId) -> Result<Vec<Moment>, InboxError> {
        let prefix = format!("{record}@");
        let mut births = Vec::new();
        for kind in [INTENT, SEEN, REMOVAL] {
            let keys = self.store.all(kind, &prefix).await?;
            births.extend(keys.iter().filter_map(|(key, _)| time_of(key)));
        }
        births.sort_unstable();
        births.dedup();
        Ok(births)
    }

    /// Forgets a guest that is gone, as is its record. What people were told of it is remembered for a while
    /// ([`Retention`](super::Retention)).
    pub async fn forget(&self, owner: Owner) -> Result<(), InboxError> {
        let key = owner.to_string();
        self.store.put(GONE, &key, "").await?;
        self.store.delete(INTENT, &key).await?;
        self.store.delete(REMOVAL, &key).await?;
        self.store.delete(RELEASED, &owner.record.to_string()).await?;
        self.store.delete(SEEN, &key).await
    }

    /// Who agreed, other than in NetBox, that the guest of a record is destroyed.
    pub(crate) async fn released_by(&self, record: RecordId) -> Result<Option<String>, InboxError> {
        self.read(RELEASED, &record.to_string()).await
    }

    /// Remembers it, before what is held is let go.
    pub(crate) async fn put_released_by(&self, record: RecordId, who: &str) -> Result<(), InboxError> {
        self.write(RELEASED, &record.to_string(), who).await
    }

    /// When a record that was made of a guest in Proxmox was last saved by us, as NetBox writes times.
    pub async fn discovered(&self, owner: Owner) -> Result<Option<String>, InboxError> {
        self.read(DISCOVERED, &owner.to_string()).await
    }

    /// Remembers that a record was made of a guest in Proxmox, and when it was last saved.
    pub async fn put_discovered(&self, owner: Owner, saved: &str) -> Result<(), InboxError> {
        self.write(DISCOVERED, &owner.to_string(), &saved).await
    }

    /// The removal that waits for the guest of a deleted record.
    pub async fn removal(&self, owner: Owner) -> Result<Option<Removal>, InboxError> {
        self.read(REMOVAL, &owner.to_string()).await
    }

    /// Stores a removal that is due later.
    pub async fn put_removal(&self, owner: Owner, removal: &Removal) -> Result<(), InboxError> {
        self.write(REMOVAL, &owner.to_string(), removal).await
    }

    /// Forgets a removal: the record is there again.
    pub async fn cancel_removal(&self, owner: Owner) -> Result<(), InboxError> {
        self.store.delete(REMOVAL, &owner.to_string()).await
    }

    /// The VMIDs of a cluster whose guests are gone, and since when, in seconds since 1970.
    pub async fn rested(&self, cluster: u64) -> Result<BTreeMap<Vmid, u64>, InboxError> {
        let all = self.store.all(RESTED, &format!("{cluster}/")).await?;
        let rested = |(key, value): &(String, String)| {
            let vmid = key.rsplit_once('/').and_then(|(_, vmid)| vmid.parse().ok());
            decode(value).map(|since| vmid.map(|vmid| (vmid, since)))
        };
        Ok(all.iter().map(rested).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The VMIDs of a cluster at which guests of ours were last seen, also of such as are gone.
    pub async fn known_vmids(&self, cluster: u64) -> Result<BTreeSet<Vmid>, InboxError> {
        let all = self.store.all(SEEN, "").await?;
        let seen = all.iter().map(|(_, value)| decode::<Seen>(value)).collect::<Result<Vec<_>, _>>()?;
        Ok(seen.into_iter().filter(|seen| seen.cluster == cluster).map(|seen| seen.vmid).collect())
    }

    /// Remembers that a VMID is no guest's any more: backups and replication jobs still know it.
    pub async fn put_rested(&self, cluster: u64, vmid: Vmid, now: u64) -> Result<(), InboxError> {
        self.write(RESTED, &format!("{cluster}/{vmid}"), &now).await
    }

    /// Forgets it: it rested long enough, or is a guest's again.
    pub async fn forget_rested(&self, cluster: u64, vmid: Vmid) -> Result<(), InboxError> {
        self.store.delete(RESTED, &format!("{cluster}/{vmid}")).await
    }

    /// The guests whose removal was begun of late: whose, and when, in seconds since 1970.
    pub async fn destroyed(&self) -> Result<Vec<(String, u64)>, InboxError> {
        Ok(self.read(DESTROYED, "of late").await?.unwrap_or_default())
    }

    /// Remembers them, if those that were remembered `before` still are; says whether.
    pub async fn replace_destroyed(
        &self,
        before: &[(String, u64)],
        of_late: &[(String, u64)],
    ) -> Result<bool, InboxError> {
        // There is always one once there was one.
        let expected = (!before.is_empty()).then(|| encode(before)).transpose()?;
        self.store.replace(DESTROYED, "of late", expected.as_deref(), &encode(of_late)?).await
    }
}
