//! Every way in which an event can end *ignored*. Each is certain that the event concerns nothing of ours; what is not
//! certain waits for a person (`Looked::Parked`) or is reported.
//!
//! Before an event is stored, [`NotAnEvent`](crate::NotAnEvent) is another: a type of object that concerns no guest, an
//! address that is on no virtual machine, a change in a branch, whose merge is delivered again, and one of nothing but what a record
//! says of how it stands.

use std::fmt;

/// Why an event concerns nothing of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// Its request is one of our own writes: what it says we wrote ourselves.
    Echo,
    /// The record has no type: it is a virtual machine of something else, and no guest of it was ever known. The field's
    /// name.
    NoType(String),
    /// The record is in a cluster with another id than any of ours, and no guest of it was ever known. The cluster's name.
    OtherCluster(String),
    /// The record is in no cluster, and no guest of it was ever known.
    NoCluster,
    /// NetBox does not have the record, and this is not its deletion: nothing can be made of a record that is not there, and
    /// its deletion is an event of its own, delivered or in the change log.
    NotThere,
    /// The record was deleted; it had no type or was in a cluster that is none of ours, and no guest of it was ever known.
    DeletedElsewhere,
    /// NetBox neither has the record nor a deletion of it in its change log, and no guest is known of it, nor is there one at
    /// its VMID that carries its marker: it was made and deleted within a branch, or the delivery was forged.
    NeverHere,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo => f.write_str("an echo of our own write"),
            Self::NoType(field) => write!(f, "{field} is not set"),
            Self::OtherCluster(cluster) => write!(f, "cluster {cluster} is not one of ours"),
            Self::NoCluster => f.write_str("the virtual machine is in no cluster"),
            Self::NotThere => {
                f.write_str("NetBox does not have the virtual machine (now): its deletion is an event of its own")
            }
            Self::DeletedElsewhere => f.write_str("the virtual machine was deleted, and was none of ours"),
            Self::NeverHere => f.write_str("NetBox's change log has no such deletion, and no guest of it is known"),
        }
    }
}
