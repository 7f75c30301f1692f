//! Changes of records. Only what is mentioned is sent.

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Field, TagRef};
use crate::Decimal;

macro_rules! patch {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident $(as $wire:literal)?: $type:ty,)* } $($custom:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "crate::client::Field::is_leave" $(, rename = $wire)?)]
                pub $field: crate::client::Field<$type>,
            )*
            $(
                /// The custom fields to change; the others stay.
                #[serde(skip_serializing_if = "crate::client::CustomFieldsPatch::is_empty")]
                pub $custom: crate::client::CustomFieldsPatch,
            )?
        }
    };
}

patch! {
    /// A change of a virtual machine.
    VirtualMachinePatch {
        /// Name.
        name: String,
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
        /// Size of all disks in MB: only for a machine without disks, else cleared, which makes it their sum again.
        disk: u64,
        /// Id of the primary IPv4 address.
        primary_ip4: u64,
        /// Id of the primary IPv6 address.
        primary_ip6: u64,
        /// Description.
        description: String,
        /// Comments, Markdown.
        comments: String,
        /// Serial number.
        serial: String,
        /// All tags.
        tags: Vec<TagRef>,
        /// Tags to add, since NetBox 4.6; not together with `tags`.
        add_tags: Vec<TagRef>,
        /// Tags to take away, since NetBox 4.6; not together with `tags`.
        remove_tags: Vec<TagRef>,
        /// Context data of its own.
        local_context_data: Value,
    } custom_fields
}

patch! {
    /// A change of a disk.
    VirtualDiskPatch {
        /// Name.
        name: String,
        /// Size in MB.
        size: u64,
        /// Id of the virtual machine.
        virtual_machine: u64,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of an interface of a virtual machine.
    VmInterfacePatch {
        /// Name.
        name: String,
        /// Whether it is enabled.
        enabled: bool,
        /// MTU.
        mtu: u64,
        /// Id of the primary MAC address.
        primary_mac_address: u64,
        /// Mode of its VLANs.
        mode: String,
        /// Id of the untagged VLAN.
        untagged_vlan: u64,
        /// Ids of the tagged VLANs.
        tagged_vlans: Vec<u64>,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a cluster.
    ClusterPatch {
        /// Name.
        name: String,
        /// Id of its type.
        cluster_type as "type": u64,
        /// Status.
        status: String,
        /// Description.
        description: String,
        /// Comments, Markdown.
        comments: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a device.
    DevicePatch {
        /// Name.
        name: String,
        /// Id of its cluster.
        cluster: u64,
        /// Status.
        status: String,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of an IP address.
    IpAddressPatch {
        /// Address with its mask.
        address: String,
        /// Status.
        status: String,
        /// Role.
        role: String,
        /// Kind of what it is assigned to.
        assigned_object_type: String,
        /// Id of what it is assigned to.
        assigned_object_id: u64,
        /// DNS name.
        dns_name: String,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

impl IpAddressPatch {
    /// Assigned to this interface of a virtual machine, everything else left.
    #[must_use]
    pub fn of_interface(interface: u64) -> Self {
        let kind = "virtualization.vminterface".into();
        Self { assigned_object_type: kind, assigned_object_id: interface.into(), ..Self::default() }
    }
}

patch! {
    /// A change of a MAC address.
    MacAddressPatch {
        /// The address, in any notation.
        mac_address: String,
        /// Kind of what it is assigned to.
        assigned_object_type: String,
        /// Id of what it is assigned to.
        assigned_object_id: u64,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a prefix.
    PrefixPatch {
        /// The prefix.
        prefix: String,
        /// Status.
        status: String,
        /// Id of the VLAN.
        vlan: u64,
        /// Whether every address in it can be used.
        is_pool: bool,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a tag.
    TagPatch {
        /// Name.
        name: String,
        /// Slug.
        slug: String,
        /// Colour, six hexadecimal digits.
        color: String,
        /// Description.
        description: String,
    }
}

patch! {
    /// A change of a journal entry.
    JournalEntryPatch {
        /// `info`, `success`, `warning` or `danger`.
        kind: String,
        /// Text, Markdown.
        comments: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a custom field's definition.
    CustomFieldPatch {
        /// Label.
        label: String,
        /// The object types that have it.
        object_types: Vec<String>,
        /// Id of the set of choices.
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

patch! {
    /// A change of a set of choices.
    CustomFieldChoiceSetPatch {
        /// Name.
        name: String,
        /// All choices: pairs of value and label. One in use cannot be left out.
        extra_choices: Vec<(String, String)>,
        /// Description.
        description: String,
    }
}

patch! {
    /// A change of an event rule.
    EventRulePatch {
        /// Name.
        name: String,
        /// Whether it is enabled.
        enabled: bool,
        /// The object types it is for.
        object_types: Vec<String>,
        /// The events it is for.
        event_types: Vec<String>,
        /// Conditions.
        conditions: Value,
        /// Id of what does it.
        action_object_id: u64,
        /// Description.
        description: String,
    }
}

/// A change of a webhook.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WebhookPatch {
    /// Name.
    #[serde(skip_serializing_if = "Field::is_leave")]
    pub name: Field<String>,
    /// Where it sends to.
    #[serde(skip_serializing_if = "Field::is_leave")]
    pub payload_url: Field<String>,
    /// What it signs with. Not printed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "secret")]
    pub secret: Option<SecretString>,
    /// Whether the receiver's certificate is verified.
    #[serde(skip_serializing_if = "Field::is_leave")]
    pub ssl_verification: Field<bool>,
    /// Seconds it waits for an answer, since NetBox 4.7.
    #[serde(skip_serializing_if = "Field::is_leave")]
    pub timeout: Field<u64>,
    /// Description.
    #[serde(skip_serializing_if = "Field::is_leave")]
    pub description: Field<String>,
}

/// Writes a secret into the body of a request, the only place where it is shown.
pub(super) fn secret<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::CustomFieldsPatch;
    use serde_json::json;

    #[test]
    fn a_field_is_left_cleared_or_set() {
        let patch = VirtualMachinePatch {
            vcpus: Decimal::from_hundredths(250).into(),
            disk: Field::Clear,
            name: "web01".into(),
            custom_fields: CustomFieldsPatch::new().text("proxmox_vmid", "101").clear("proxmox_node"),
            tags: vec![TagRef::Id(1), TagRef::name("a"), TagRef::slug("b")].into(),
            ..Default::default()
        };
        assert_eq!(
            serde_json::to_value(&patch).unwrap(),
            json!({"vcpus": "2.5", "disk": null, "name": "web01", "tags": [1, {"name": "a"}, {"slug": "b"}],
                "custom_fields": {"proxmox_vmid": "101", "proxmox_node": null}})
        );
        assert_eq!(serde_json::to_value(VirtualMachinePatch::default()).unwrap(), json!({}));
        let cluster = ClusterPatch { cluster_type: 3.into(), ..Default::default() };
        assert_eq!(serde_json::to_value(cluster).unwrap(), json!({"type": 3}));
    }

    #[test]
    fn the_secret_of_a_webhook_is_sent_and_not_printed() {
        let patch = WebhookPatch { secret: Some("hunter2".to_owned().into()), ..Default::default() };
        assert_eq!(serde_json::to_value(&patch).unwrap(), json!({"secret": "hunter2"}));
        assert!(!format!("{patch:?}").contains("hunter2"));
    }
}
