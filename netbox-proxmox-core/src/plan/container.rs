//! A container that is created from a template volume, with everything that its record says: SSH keys can be set only
//! then.

use proxmox_api::{MiB, MountSlot, NodeName, StorageId, VolumeId};

use super::converge::converge;
use super::create::{Creation, usable};
use crate::action::Action;
use crate::current::{Current, CurrentDisk};
use crate::option::GuestOptions;
use crate::part::Part;
use crate::report::Report;
use crate::settings::Settings;

/// The root disk of a container that is created without a size (seen on Proxmox VE 9.1).
const ROOT: MiB = MiB::from_gib(4);

impl<'a> Creation<'a> {
    /// The steps from a template volume to the container, or why there are none.
    pub(super) fn container_of_volume(&self, volume: &str) -> Result<Vec<Action>, Box<Report>> {
        let Self { event, guest, policy, .. } = self;
        let volume_id: VolumeId = volume.parse().map_err(|_| self.reporter.not_a_volume(volume))?;
        let storage = guest.storage.given().unwrap_or(&volume_id.storage);
        let node = self.node(volume, storage)?;
        match node {
            _ if guest.storage.is_none() && !usable(event, self.kind, storage, node) => {
                return Err(self.reporter.no_storage(storage).into());
            }
            Some(node) => self.there(node, Some(storage))?,
            None => {}
        }
        let root_size = self.root_size();
        let (target, mut plan) = self.begin();
        let disk = CurrentDisk {
            volume: String::new(),
            storage: Some(storage.clone()),
            size: Some(root_size.unwrap_or(ROOT)),
            path: None,
        };
        let made = Current {
            node: Part::maybe(node.cloned()),
            name: Part::maybe(guest.proxmox_name().map(str::to_owned)),
            options: Part::Given(self.in_pool(GuestOptions::new())),
            ..Current::new_container(target.vmid, disk)
        };
        let (set, rest) = at_once(converge(event, guest, &made, policy, target.clone()));
        plan.push(Action::CreateContainer {
            guest: target,
            template: volume.to_owned(),
            node: node.cloned(),
            storage: storage.clone(),
            root_size,
            unprivileged: policy.containers.unprivileged,
            // Of a privileged one only root may set them.
            pool: self.pool(),
            features: policy.containers.features.clone().filter(|_| policy.containers.unprivileged),
            set,
        });
        plan.extend(rest);
        Ok(plan)
    }

    /// The node that the container is created on: the record's, or the first that has the volume and the storage.
    fn node(&self, volume: &str, storage: &StorageId) -> Result<Option<&'a NodeName>, Box<Report>> {
        let wanted = self.guest.node.given();
        if let Some(node) = wanted {
            self.there(node, None)?;
        }
        match (&self.event.context.volume_nodes, wanted) {
            (Part::Unknown, wanted) => Ok(wanted),
            (Part::Given(nodes), _) if nodes.is_empty() => Err(self.reporter.volume_missing(volume).into()),
            (Part::Given(nodes), Some(wanted)) if !nodes.contains(wanted) => {
                Err(self.reporter.volume_elsewhere(volume, wanted, nodes).into())
            }
            (Part::Given(nodes), None) => {
                let fits = |node: &&NodeName| usable(self.event, self.kind, storage, Some(node));
                Ok(nodes.iter().find(fits).or_else(|| nodes.first()))
            }
            (Part::Given(_), wanted) => Ok(wanted),
            (Part::None, _) => Err(self.reporter.volume_missing(volume).into()),
        }
    }

    fn root_size(&self) -> Option<MiB> {
        let listed = self.guest.disk(MountSlot::Rootfs.into()).map(|disk| disk.size);
        let size = listed.or_else(|| super::disks::root_size_of_record(self.event, self.guest))?;
        Some(self.policy.disk_base.to_mib(size))
    }
}

/// Takes the first change of the configuration out of a plan: what a container is created with need not be changed. Its
/// options are set later, as those of a clone are.
fn at_once(mut plan: Vec<Action>) -> (Settings, Vec<Action>) {
    let first = |action: &Action| matches!(action, Action::Configure { set, .. } if set.marker.is_none());
    let Some(at) = plan.iter().position(first) else { return (Settings::default(), plan) };
    let Action::Configure { guest, mut set } = plan.remove(at) else { return (Settings::default(), plan) };
    let later = Settings { options: std::mem::take(&mut set.options), ..Settings::default() };
    if !later.is_empty() {
        plan.insert(at, Action::Configure { guest, set: later });
    }
    (set, plan)
}
