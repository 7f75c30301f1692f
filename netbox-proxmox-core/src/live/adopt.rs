//! Adopting: a person says that a guest which exists in Proxmox is the guest of a record. Its marker is written, and
//! nothing else: what then differs is left to a plan.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use netbox_api::client::VirtualMachineFilter;
use proxmox_api::{ConfigUpdate, ErrorKind, Phase, Vmid};

use super::bridge::{Bridge, ProxmoxCluster};
use super::guests::{self, At, Observed};
use super::inbox::Seen;
use super::look_up::listing::Listing;
use crate::delivery::birth;
use crate::event::Ownership;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::guest::{Guest, Owner, RecordId};
use crate::marker::MarkerState;
use crate::note;
use crate::part::Part;
use crate::record::Related;
use crate::report::Reporter;

/// How often it begins again when the configuration changed meanwhile, or a reply was lost.
const TRIES: u32 = 3;

/// The guest at the record's VMID, if the record may adopt it or owns it already.
///
/// # Errors
/// [`FailureKind::Conflict`] where nothing is at the VMID; [`FailureKind::Refused`] where NetBox says none, or what is
/// there is of the other kind, a template, still being created, or another record's; else as Proxmox failed.
pub async fn find(bridge: &Bridge, cluster: &ProxmoxCluster, guest: &Guest) -> Result<Observed, Failure> {
    let listing = Listing::of_guests(&cluster.client).await?;
    find_in(bridge, cluster, guest, &listing).await
}

async fn find_in(
    bridge: &Bridge,
    cluster: &ProxmoxCluster,
    guest: &Guest,
    listing: &Listing,
) -> Result<Observed, Failure> {
    let vmid = vmid(guest)?;
    let observed = match guests::at(&cluster.client, vmid, listing).await? {
        At::Guest(observed) => *observed,
        At::Nothing => {
            let why = format!("Proxmox has no guest {vmid}: correct the VMID of {} in NetBox", guest.name);
            return Err(Failure::new(FailureKind::Conflict, why));
        }
    };
    let found = observed.config.kind();
    if let Some(wanted) = guest.kind.filter(|kind| *kind != found) {
        return Err(refused(Reporter::of(guest).other_kind(Some(vmid), wanted, found).text));
    }
    match observed.ownership(owner(guest)?, &bridge.identities) {
        Ownership::Another { whose, record } if !is_over(bridge, record).await? => Err(refused(format!(
            "guest {vmid} belongs to {whose}, which is there: correct the VMID of {} in NetBox",
            guest.name
        ))),
        _ if observed.config.template() => Err(refused(format!("guest {vmid} is a template"))),
        Ownership::Ours { .. } => Ok(observed),
        Ownership::Another { .. } | Ownership::Undated | Ownership::Unmarked | Ownership::Unknown => {
            match observed.creation_lock() {
                // A clone begins with a temporary description, which is replaced (Proxmox VE 9.1): a marker would not stay.
                Some(lock) => Err(refused(format!("guest {vmid} is still being created (lock: {lock})"))),
                None => Ok(observed),
            }
        }
    }
}

/// Whether the record that a guest belongs to is gone from NetBox: then a person may give the guest to another. One of
/// another NetBox, or whose birth its marker does not say, may be there.
async fn is_over(bridge: &Bridge, former: Option<Owner>) -> Result<bool, Failure> {
    let Some(former) = former else { return Ok(false) };
    match bridge.netbox.virtual_machines().get(former.record.0).await {
        Ok(found) => Ok(birth(found.value.created.as_deref()).is_some_and(|born| born != former.birth)),
        Err(error) if error.is_not_found() => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn owner(guest: &Guest) -> Result<Owner, Failure> {
    guest.owner().ok_or_else(|| refused(format!("NetBox does not say when {} was created", guest.name)))
}

/// A record with a VMID, and what is there.
#[derive(Debug)]
pub struct Candidate {
    /// The record.
    pub guest: Guest,
    /// The id of its NetBox cluster.
    pub cluster: u64,
    /// The guest that it may adopt or owns already, or why it may not.
    pub found: Result<Observed, Failure>,
}

impl Candidate {
    /// Whether the guest is the record's already.
    pub fn is_adopted(&self, bridge: &Bridge) -> bool {
        let is_ours = |found: &Observed| {
            let owner = self.guest.owner();
            owner.is_some_and(|owner| matches!(found.ownership(owner, &bridge.identities), Ownership::Ours { .. }))
        };
        self.found.as_ref().is_ok_and(is_ours)
    }

    /// Whether both sides call it the same.
    pub fn same_name(&self) -> bool {
        self.found.as_ref().is_ok_and(|found| found.config.name() == self.guest.proxmox_name())
    }
}

/// Every managed record that has a VMID, or those with a tag, and what is there. Where two records of a cluster say the
/// same VMID, neither may adopt.
///
/// # Errors
/// NetBox or Proxmox could not list what they have.
pub async fn candidates(bridge: &Bridge, tag: Option<&str>) -> Result<Vec<Candidate>, Failure> {
    let mut candidates = Vec::new();
    for cluster in &bridge.clusters {
        let listing = Listing::of_guests(&cluster.client).await?;
        let filter = VirtualMachineFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
        let mut machines = bridge.netbox.virtual_machines().list(&filter);
        let (mut guests, mut claims) = (Vec::new(), BTreeMap::<Vmid, Vec<RecordId>>::new());
        while let Some(machine) = machines.try_next().await? {
            let guest = bridge.fields.guest(&machine, &Related::default());
            // NetBox ignores filters that it does not know, and returns everything.
            let here =
                guest.cluster.as_ref().is_some_and(|it| it.id == cluster.netbox_cluster.id) && guest.kind.is_some();
            let Some(vmid) = guest.vmid.given().copied().filter(|_| here) else { continue };
            claims.entry(vmid).or_default().push(guest.record);
            if tag.is_none_or(|tag| machine.tags.iter().any(|it| it.slug == tag)) {
                guests.push((vmid, guest));
            }
        }
        for (vmid, guest) in guests {
            let found = match claims.get(&vmid).map(Vec::as_slice) {
                Some([_]) | None => find_in(bridge, cluster, &guest, &listing).await,
                Some(several) => {
                    let records = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    Err(refused(format!("the virtual machines {records} all say VMID {vmid}: correct that in NetBox")))
                }
            };
            candidates.push(Candidate { guest, cluster: cluster.netbox_cluster.id, found });
        }
    }
    Ok(candidates)
}

/// Makes the guest at the record's VMID the record's: writes the marker into its description, where people's notes stay,
/// and remembers it. One that is the record's already is left as it is. The caller holds the record's lease.
///
/// # Errors
/// As [`find`]; or Proxmox or the inbox failed, or the configuration kept changing.
pub async fn adopt(bridge: &Bridge, cluster: &ProxmoxCluster, guest: &Guest) -> Result<Outcome, Failure> {
    let mut failed = None;
    let owner = owner(guest)?;
    for _ in 0..TRIES {
        let observed = find(bridge, cluster, guest).await?;
        match observed.ownership(owner, &bridge.identities) {
            // Its creation goes on, and ends with the same state.
            Ownership::Ours { state: MarkerState::Creating } => return Ok(Outcome::Unchanged),
            Ownership::Ours { state: MarkerState::Ready } => {
                // Also where an adoption ended between the two.
                let before = bridge.inbox.seen(owner).await?;
                remember(bridge, cluster, owner, guest, &observed, before).await?;
                return Ok(if failed.is_some() { Outcome::Done } else { Outcome::Unchanged });
            }
            _ => {}
        }
        match observed.handle(&cluster.client).set_config(&update(bridge, owner, &observed)?).await {
            Ok(()) => {
                remember(bridge, cluster, owner, guest, &observed, None).await?;
                return Ok(Outcome::Done);
            }
            // Somebody else wrote, or the reply was lost: what is there now decides.
            Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {
                failed = Some(Failure::from(error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(failed.unwrap_or_else(|| Failure::new(FailureKind::Conflict, "the configuration keeps changing")))
}

/// The marker among the notes, to hold only if nobody changed anything since they were read.
fn update(bridge: &Bridge, owner: Owner, observed: &Observed) -> Result<ConfigUpdate, Failure> {
    let marker = bridge.marker(owner, observed.vmid, MarkerState::Ready);
    let notes = marker.write_into(observed.config.description().unwrap_or_default());
    note::fits(&notes).map_err(|why| refused(format!("guest {}: {why}", observed.vmid)))?;
    Ok(observed.under_digest(ConfigUpdate::new().description(&notes)))
}

/// As at the end of a creation: the guest is the one last seen, and no creation is wanted any more. `before`: what was
/// known of it, if it was the record's before.
async fn remember(
    bridge: &Bridge,
    cluster: &ProxmoxCluster,
    owner: Owner,
    guest: &Guest,
    observed: &Observed,
    before: Option<Seen>,
) -> Result<(), Failure> {
    let mut seen = Seen::new(observed.vmid, &observed.node, cluster.netbox_cluster.id);
    if guest.node.given() == Some(&observed.node) {
        seen.agreed_node = Part::Given(observed.node.clone());
    }
    let seen = match before.filter(|before| before.vmid == seen.vmid) {
        Some(before) => Seen { node: seen.node, cluster: seen.cluster, ..before },
        None => seen,
    };
    bridge.inbox.put_seen(owner, &seen).await?;
    Ok(bridge.inbox.close_intent(owner).await?)
}

fn vmid(guest: &Guest) -> Result<Vmid, Failure> {
    let vmid = guest.vmid.given().copied();
    vmid.ok_or_else(|| refused(format!("NetBox has no VMID for {}", guest.name)))
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, why)
}
