//! Creates a container from a template volume, configured as far as it can be at once.

use proxmox_api::{Drive, LxcCreateParams, VolumeId};
use secrecy::ExposeSecret;

use super::configure::container::card;
use super::configure::refused::leave_out;
use super::step::{Step, refused};
use crate::action::{Action, Target};
use crate::executor::{Failure, Outcome};
use crate::live::inbox::Seen;
use crate::live::look_up::listing::Listing;
use crate::live::look_up::templates;
use crate::marker::MarkerState;
use crate::note;
use crate::settings::Settings;

impl Step<'_> {
    pub(super) async fn create_container(&self, guest: &Target) -> Result<Outcome, Failure> {
        let Action::CreateContainer { template, node, storage, root_size, unprivileged, features, pool, set, .. } =
            self.action
        else {
            return Err(refused("this creates no container"));
        };
        let node = match node {
            Some(node) => node.clone(),
            None => {
                let volume: VolumeId = template.parse().map_err(|error| refused(format!("{error}")))?;
                let listing = Listing::of(self.client()).await?;
                let nodes = templates::nodes_with(self.client(), &listing, &volume, None).await?;
                nodes.into_iter().next().ok_or_else(|| refused(format!("no node has the template {template}")))?
            }
        };
        let owner = self.owner(guest)?;
        let keys = set.ssh_keys.given().cloned();
        let mut set = Settings::clone(set);
        let mut nets = Vec::new();
        for interface in &set.interfaces {
            nets.extend(card(None, interface)?.map(|card| (interface.index, card)));
        }
        let mut left_out = Vec::new();
        let begin = async |vmid| loop {
            let marker = self.bridge.marker(owner, vmid, MarkerState::Creating);
            let params = LxcCreateParams {
                hostname: Some(guest.name.clone()),
                description: Some(marker.write_into(&notes(&set))),
                cores: set.cores,
                memory: set.memory,
                swap: set.swap,
                storage: Some(storage.clone()),
                rootfs: root_size.map(|size| Drive::allocate(storage, size)),
                nets: nets.clone(),
                ssh_public_keys: set.ssh_keys.given().cloned(),
                password: self.bridge.container_password.as_ref().map(|password| password.expose_secret().to_owned()),
                unprivileged: Some(*unprivileged),
                features: features.clone(),
                pool: pool.clone(),
                onboot: set.onboot,
                tags: set.add_tags.clone(),
                ..LxcCreateParams::new(vmid, template)
            };
            match self.client().node(&node).create_lxc(&params).await {
                Ok(task) => break Ok(task),
                Err(error) => {
                    let refused = leave_out(&mut set, &error, &self.bridge.fields);
                    if refused.is_empty() {
                        break Err(error);
                    }
                    left_out.extend(refused);
                    nets.retain(|(index, _)| set.interfaces.iter().any(|interface| interface.index == *index));
                }
            }
        };
        let size = root_size.map(|size| self.bridge.policy.disk_base.to_megabytes(size));
        let outcome = self.make(guest, &node, size, keys.clone(), begin).await?;
        let inbox = &self.bridge.inbox;
        if set.ssh_keys.given() != keys.as_ref()
            && let Some(seen) = inbox.seen(owner).await?
        {
            inbox.put_seen(owner, &Seen { keys: None, ..seen }).await?;
        }
        self.without(guest, &left_out, outcome).await
    }
}

/// NetBox's line in the notes.
fn notes(set: &Settings) -> String {
    note::write_into("", set.description.given().map(String::as_str))
}
