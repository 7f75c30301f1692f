//! Writes the MAC address that Proxmox gave a card to its interface in NetBox.

use netbox_api::ObjectType;
use netbox_api::client::{MacAddressFilter, NewMacAddress, VmInterfacePatch};

use super::step::Step;
use crate::action::Target;
use crate::executor::{Failure, FailureKind, Outcome};

impl Step<'_> {
    pub(super) async fn record_mac(&self, guest: &Target, interface: u64, index: u8) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        let Some(mac) = observed.config.mac(index) else {
            return Err(Failure::new(FailureKind::Conflict, format!("net{index} does not exist any more")));
        };
        let netbox = &self.bridge.netbox;
        let fetched = netbox.interfaces().get(interface).await?;
        if fetched.value.mac_address.is_some() {
            return Ok(Outcome::Unchanged);
        }
        // One of a former try is used again.
        let filter = MacAddressFilter {
            mac_address: vec![mac.clone()],
            vminterface_id: vec![interface],
            ..MacAddressFilter::default()
        };
        let message = "written back from Proxmox";
        let addresses = netbox.mac_addresses().changelog_message(message);
        let id = match addresses.all(&filter).await?.iter().find(|found| found.mac_address.eq_ignore_ascii_case(&mac)) {
            Some(found) => found.id,
            None => {
                let new = NewMacAddress {
                    mac_address: mac,
                    assigned_object_type: Some(ObjectType::VM_INTERFACE.into()),
                    assigned_object_id: Some(interface),
                    ..NewMacAddress::default()
                };
                let written = addresses.create(&new).await?;
                self.remember_request(written.request_id).await?;
                written.value.id
            }
        };
        let patch = VmInterfacePatch { primary_mac_address: id.into(), ..VmInterfacePatch::default() };
        let interfaces = netbox.interfaces().changelog_message(message);
        let written = interfaces.update(interface, &patch, fetched.etag.as_ref()).await?;
        self.remember_request(written.request_id).await?;
        Ok(Outcome::Done)
    }
}
