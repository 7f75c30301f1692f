//! New records. What is none is not sent, so NetBox's defaults hold.

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use super::TagRef;
use crate::Decimal;

macro_rules! new {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$must_doc:meta])* $must:ident $(as $must_wire:literal)?: $must_type:ty,)*
        ;
        $($(#[$may_doc:meta])* $may:ident $(as $may_wire:literal)?: $may_type:ty,)*
    } $($custom:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$must_doc])*
                $(#[serde(rename = $must_wire)])?
                pub $must: $must_type,
            )*
            $(
                $(#[$may_doc])*
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $may_wire)?)]
                pub $may: Option<$may_type>,
            )*
            $(
                /// Custom fields; those not mentioned get their defaults.
                #[serde(skip_serializing_if = "crate::client::CustomFieldsPatch::is_empty")]
                pub $custom: crate::client::CustomFieldsPatch,
            )?
        }
    };
}

new! {
    /// A new virtual machine. It needs a cluster, a site or a device.
    NewVirtualMachine {
        /// Name.
        name: String,
        ;
        /// Status, its value.
        status: String,
        /// `on`, `off` or `laststate`; since NetBox 4.5.
        start_on_boot: String,
        /// Id of the cluster.
        cluster: u64,
        /// Id of the site.
        site: u64,
        /// Id of the host.
        device: u64,
        /// Id of the role.
        role: u64,
        /// Id of the platform.
        platform: u64,
        /// Id of the tenant.
        tenant: u64,
        /// Virtual CPUs.
        vcpus: Decimal,
        /// Memory in MB.
        memory: u64,
        /// Size of all disks in MB.
        disk: u64,
        /// Description.
        description: String,
        /// Comments, Markdown.
        comments: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new disk.
    NewVirtualDisk {
        /// Id of the virtual machine.
        virtual_machine: u64,
        /// Name.
        name: String,
        /// Size in MB.
        size: u64,
        ;
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new interface of a virtual machine.
    NewVmInterface {
        /// Id of the virtual machine.
        virtual_machine: u64,
        /// Name.
        name: String,
        ;
        /// Whether it is enabled.
        enabled: bool,
        /// MTU.
        mtu: u64,
        /// MAC address, in any notation; since NetBox 4.7.
        mac_address: String,
        /// Mode of its VLANs.
        mode: String,
        /// Id of the untagged VLAN.
        untagged_vlan: u64,
        /// Ids of the tagged VLANs.
        tagged_vlans: Vec<u64>,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new cluster.
    NewCluster {
        /// Name.
        name: String,
        /// Id of its type.
        cluster_type as "type": u64,
        ;
        /// Status.
        status: String,
        /// Description.
        description: String,
        /// Comments, Markdown.
        comments: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new device.
    NewDevice {
        /// Name.
        name: String,
        /// Id of its role.
        role: u64,
        /// Id of its type.
        device_type: u64,
        /// Id of its site.
        site: u64,
        ;
        /// Id of its cluster.
        cluster: u64,
        /// Status.
        status: String,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new IP address.
    NewIpAddress {
        /// Address with its mask; without one it becomes /32.
        address: String,
        ;
        /// Status.
        status: String,
        /// Role.
        role: String,
        /// Id of the VRF.
        vrf: u64,
        /// Kind of what it is assigned to, for example `virtualization.vminterface`.
        assigned_object_type: String,
        /// Id of what it is assigned to.
        assigned_object_id: u64,
        /// DNS name.
        dns_name: String,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new MAC address.
    NewMacAddress {
        /// The address, in any notation.
        mac_address: String,
        ;
        /// Kind of what it is assigned to, for example `virtualization.vminterface`.
        assigned_object_type: String,
        /// Id of what it is assigned to.
        assigned_object_id: u64,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new prefix.
    NewPrefix {
        /// The prefix.
        prefix: String,
        ;
        /// Status.
        status: String,
        /// Id of the VRF.
        vrf: u64,
        /// Id of the VLAN.
        vlan: u64,
        /// Whether every address in it can be used.
        is_pool: bool,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new tag.
    NewTag {
        /// Name.
        name: String,
        /// Slug.
        slug: String,
        ;
        /// Colour, six hexadecimal digits.
        color: String,
        /// Description.
        description: String,
    }
}

new! {
    /// A new journal entry. Its object must exist.
    NewJournalEntry {
        /// Kind of the object, for example `virtualization.virtualmachine`.
        assigned_object_type: String,
        /// Id of the object.
        assigned_object_id: u64,
        /// Text, Markdown.
        comments: String,
        ;
        /// `info`, `success`, `warning` or `danger`.
        kind: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

new! {
    /// A new custom field.
    NewCustomField {
        /// Name: lower-case letters, digits, underscores.
        name: String,
        /// `text`, `longtext`, `select` …
        field_type as "type": String,
        /// The object types that have it.
        object_types: Vec<String>,
        ;
        /// Label.
        label: String,
        /// Id of the set of choices, for a selection.
        choice_set: u64,
        /// Whether it must be set.
        required: bool,
        /// Value of objects created without one.
        default: Value,
        /// How a filter on it matches: `exact`, `loose`, `disabled`.
        filter_logic: String,
        /// Description.
        description: String,
        /// Group in which people see it.
        group_name: String,
        /// Position within the group.
        weight: u64,
    }
}

new! {
    /// A new set of choices.
    NewCustomFieldChoiceSet {
        /// Name.
        name: String,
        /// The choices: pairs of value and label.
        extra_choices: Vec<(String, String)>,
        ;
        /// Description.
        description: String,
    }
}

new! {
    /// A new event rule.
    NewEventRule {
        /// Name.
        name: String,
        /// The object types it is for.
        object_types: Vec<String>,
        /// The events it is for: `object_created`, `object_updated`, `object_deleted`.
        event_types: Vec<String>,
        /// What it does: `webhook`.
        action_type: String,
        /// Kind of what does it: `extras.webhook`.
        action_object_type: String,
        /// Id of what does it.
        action_object_id: u64,
        ;
        /// Whether it is enabled.
        enabled: bool,
        /// Conditions.
        conditions: Value,
        /// Description.
        description: String,
    }
}

/// A new webhook.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewWebhook {
    /// Name.
    pub name: String,
    /// Where it sends to.
    pub payload_url: String,
    /// What it signs with. Not printed. Without one its deliveries carry no signature.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::patch::secret")]
    pub secret: Option<SecretString>,
    /// Whether the receiver's certificate is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssl_verification: Option<bool>,
    /// Seconds it waits for an answer, since NetBox 4.7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::CustomFieldsPatch;
    use serde_json::json;

    #[test]
    fn what_is_none_is_not_sent() {
        let disk = NewVirtualDisk {
            virtual_machine: 19,
            name: "scsi0".into(),
            size: 20000,
            custom_fields: CustomFieldsPatch::new().text("proxmox_disk_storage_volume", "local-lvm"),
            ..Default::default()
        };
        assert_eq!(
            serde_json::to_value(disk).unwrap(),
            json!({"virtual_machine": 19, "name": "scsi0", "size": 20000,
                "custom_fields": {"proxmox_disk_storage_volume": "local-lvm"}})
        );
        let field = NewCustomField { name: "x".into(), field_type: "select".into(), ..Default::default() };
        assert_eq!(serde_json::to_value(field).unwrap(), json!({"name": "x", "type": "select", "object_types": []}));
    }

    #[test]
    fn the_secret_of_a_webhook_is_not_printed() {
        let webhook = NewWebhook { secret: Some("hunter2".to_owned().into()), ..Default::default() };
        assert!(!format!("{webhook:?}").contains("hunter2"));
    }
}
