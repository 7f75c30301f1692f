//! What a person is told, and the words it is told in: every text of the planner is in this folder.

mod disks;
mod identity;
mod judgement;
mod life;
mod network;
mod news;
mod source;

use proxmox_api::{GuestType, MiB};
use serde::{Deserialize, Serialize};

use crate::action::Target;
use crate::guest::{Blocks, Cluster, Guest, Owner, Problem, RecordId, Status};
use crate::moment::Moment;

/// A journal entry to be: on the record or, once that is gone, on its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The record; none: it is about the whole cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// When the record was created, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Moment>,
    /// The record's name, or the cluster's.
    pub name: String,
    /// The id of the record's NetBox cluster: where the report goes once the record is gone, if that cluster is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<u64>,
    /// The field or disk it is about, named as in NetBox.
    pub field: String,
    /// What was wanted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wanted: String,
    /// What was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// What happened, what it means and what to do.
    pub text: String,
    /// Whether it says that nobody did something in NetBox. Before a person reads that, whoever sends it makes sure that
    /// no change is on its way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims_no_cause: bool,
    /// What becomes of it.
    #[serde(default, skip_serializing_if = "ReportKind::is_difference")]
    pub kind: ReportKind,
}

/// What a report says, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// Something is not as NetBox has it. It is found by every plan until its cause is over, and that is told, too.
    #[default]
    Difference,
    /// Something was noticed as it happened. No later plan finds it, so nothing says when it is over.
    Remark,
    /// Something went as it should: nobody has to do anything.
    News,
}

impl ReportKind {
    fn is_difference(&self) -> bool {
        *self == Self::Difference
    }
}

/// What makes two reports the same: one that was delivered is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportKey {
    /// The record; none: it is about the whole cluster.
    pub record: Option<RecordId>,
    /// When the record was created, where that is known.
    pub birth: Option<Moment>,
    /// The cluster, where it is about the whole of it.
    pub cluster: Option<u64>,
    /// The field or disk.
    pub field: String,
    /// What was wanted.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

/// The field of reports on a guest that no record names: only a comparison of all guests knows when they are over.
const ORPHAN: &str = "guest";

impl ReportKey {
    /// Whether it is of a guest that no record names.
    pub fn is_of_orphan(&self) -> bool {
        self.field == ORPHAN
    }
}

impl Report {
    /// What makes it the same as another.
    pub fn key(&self) -> ReportKey {
        let Self { record, birth, cluster, field, wanted, found, .. } = self.clone();
        ReportKey { record, birth, cluster: cluster.filter(|_| record.is_none()), field, wanted, found }
    }

    /// Whether it says what is left to a person.
    pub fn is_for_a_person(&self) -> bool {
        self.kind != ReportKind::News
    }

    /// The same as a remark.
    pub(crate) fn remark(self) -> Self {
        Self { kind: ReportKind::Remark, ..self }
    }

    fn claiming_no_cause(self) -> Self {
        Self { claims_no_cause: true, ..self }
    }
}

/// Writes the reports on one guest, or on a cluster.
#[derive(Debug, Clone)]
pub struct Reporter {
    record: Option<RecordId>,
    birth: Option<Moment>,
    name: String,
    cluster: Option<u64>,
}

impl Reporter {
    /// For the guest of a record, in the cluster with this id.
    pub fn new(record: RecordId, birth: Option<Moment>, name: &str, cluster: Option<u64>) -> Self {
        Self { record: Some(record), birth, name: name.to_owned(), cluster }
    }

    /// For a guest.
    pub fn of(guest: &Guest) -> Self {
        Self::new(guest.record, guest.birth, &guest.name, guest.cluster.as_ref().map(|cluster| cluster.id))
    }

    /// For the guest of an action, in the cluster with this id.
    pub fn of_target(guest: &Target, cluster: Option<u64>) -> Self {
        Self::new(guest.record, guest.birth, &guest.name, cluster)
    }

    /// For the guest of a record that may be gone.
    pub fn of_owner(owner: Owner, name: &str, cluster: Option<u64>) -> Self {
        Self::new(owner.record, Some(owner.birth), name, cluster)
    }

    /// For a cluster.
    pub fn of_cluster(cluster: &Cluster) -> Self {
        let name = format!("cluster {}", cluster.name);
        Self { record: None, birth: None, name, cluster: Some(cluster.id) }
    }

    /// The record, for people.
    fn id(&self) -> String {
        self.record.map_or_else(|| "?".to_owned(), |record| record.to_string())
    }

    fn report(&self, field: &str, wanted: impl ToString, found: impl ToString, text: String) -> Report {
        Report {
            record: self.record,
            birth: self.birth,
            name: self.name.clone(),
            cluster: self.cluster,
            field: field.to_owned(),
            wanted: wanted.to_string(),
            found: found.to_string(),
            text,
            claims_no_cause: false,
            kind: ReportKind::default(),
        }
    }

    /// Something in NetBox that cannot be done as it is written; `exists`: the guest is there.
    pub fn problem(&self, problem: &Problem, exists: bool) -> Report {
        let Problem { field, found, why, blocks } = problem;
        // A disk is called by what is wrong with it.
        let is = if field.ends_with(found.as_str()) { String::new() } else { format!(" is \"{found}\"") };
        let so = match blocks {
            Blocks::Everything => "Nothing was done, as it is not known which guest is meant.",
            Blocks::Creation if !exists => "The guest was not created.",
            Blocks::Creation | Blocks::Part => "Nothing else was held up by it.",
        };
        let text = format!("{}: {field}{is}: {why}. {so}", self.name);
        self.report(field, "", found, text)
    }

    /// A delivery that says too little about its guest.
    pub fn needs_look_up(&self) -> Report {
        let text = format!(
            "{}: this change needs a look-up: the delivery alone does not say what the guest should be.",
            self.name
        );
        self.report("look-up", "", "", text)
    }

    /// A difference that is not closed while the record is in its present status.
    pub fn gated(&self, field: &str, wanted: impl ToString, found: impl ToString, status: &Status) -> Report {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        let text = format!(
            "{}: {field}: {wanted} in NetBox, {found} in Proxmox. Nothing was changed, because the status is {status}: \
             set it to Staged to have this applied, or correct NetBox.",
            self.name
        );
        // One that was made while it was Staged may be on its way.
        self.report(field, wanted, found, text).claiming_no_cause()
    }

    /// What was set for cloud-init and does not reach the guest.
    pub fn hidden_by_cicustom(&self, fields: &str) -> Report {
        let text = format!(
            "{}: {fields}: set in Proxmox, but the guest will not see it: its option `cicustom` has files of its own for that. \
             Remove that option in Proxmox, or of the template, or write it into those files.",
            self.name
        );
        self.report(fields, "set", "cicustom", text).remark()
    }

    /// A change that a running guest takes at its next start.
    pub fn pending(&self, fields: &str) -> Report {
        let text = format!(
            "{}: {fields} changed while the guest runs; Proxmox applies it when the guest is next shut down and started.",
            self.name
        );
        self.report(fields, "at the next start", "running", text).remark()
    }

    /// More CPUs than its sockets can share evenly.
    pub fn uneven_sockets(&self, vcpus: u32, sockets: u32) -> Report {
        let text = format!(
            "{}: vcpus {vcpus} cannot be shared evenly by the guest's {sockets} CPU sockets; they were left. \
             Set vcpus to a multiple of {sockets}, or change the sockets in Proxmox.",
            self.name
        );
        self.report("vcpus", vcpus, format!("{sockets} sockets"), text)
    }

    /// Addresses or keys for a guest that has no cloud-init drive.
    pub fn no_cloud_init(&self, field: &str, wanted: impl ToString) -> Report {
        let text = format!(
            "{}: {field}: not set, because the guest has no cloud-init drive and would never see it. \
             Add one in Proxmox, or to the template.",
            self.name
        );
        self.report(field, wanted, "no cloud-init drive", text)
    }

    /// SSH keys for a container that exists.
    pub fn keys_of_container(&self) -> Report {
        let text = format!(
            "{}: SSH keys: not set, because Proxmox can give a container keys only when it creates it from a template \
             volume. Set them within the container, or have it created anew.",
            self.name
        );
        self.report("SSH keys", "set", "no way to set them", text)
    }

    /// A value that Proxmox does not take; it is empty where nobody may read it.
    pub fn value_refused(&self, field: &str, value: &str, why: &str) -> Report {
        let is = if value.is_empty() { String::new() } else { format!(" \"{value}\"") };
        let text = format!(
            "{}: {field}{is}: not set, everything else was: Proxmox does not take it. Correct it in NetBox. {why}",
            self.name
        );
        self.report(field, value, why, text)
    }

    /// Something that went wrong; `again`: it is tried again without anybody's doing.
    pub fn failed(&self, action: &str, why: &str, again: bool) -> Report {
        let then = if again {
            "It is tried again until it succeeds".to_owned()
        } else {
            let record = self.id();
            format!(
                "Mend what stood in the way, then save the virtual machine or run `netbox-proxmox events --release {record}`"
            )
        };
        let text = format!("{}: failed: {action}. {then}: {why}", self.name);
        let report = self.report(action, "done", why, text);
        // What waits for a person may be given up as well: a later plan without it says nothing of it.
        if again { report } else { report.remark() }
    }
}

/// Several things, for people.
fn listed(all: &[impl ToString]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A kind of guest, for people.
fn kind(kind: GuestType) -> &'static str {
    match kind {
        GuestType::Qemu => "a virtual machine (vm)",
        GuestType::Lxc => "a container (lxc)",
    }
}

/// A size of Proxmox's, for people.
pub(crate) fn mib(size: MiB) -> String {
    format!("{} MiB", size.0)
}
