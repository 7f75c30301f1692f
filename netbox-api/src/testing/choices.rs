//! The choices of NetBox's own choice fields: value and label.

pub(super) const VM_STATUS: &[(&str, &str)] = &[
    ("offline", "Offline"),
    ("active", "Active"),
    ("planned", "Planned"),
    ("staged", "Staged"),
    ("failed", "Failed"),
    ("decommissioning", "Decommissioning"),
    ("paused", "Paused"),
];
pub(super) const START_ON_BOOT: &[(&str, &str)] = &[("on", "On"), ("off", "Off"), ("laststate", "Last State")];
pub(super) const CLUSTER_STATUS: &[(&str, &str)] = &[
    ("planned", "Planned"),
    ("staging", "Staging"),
    ("active", "Active"),
    ("decommissioning", "Decommissioning"),
    ("offline", "Offline"),
];
pub(super) const DEVICE_STATUS: &[(&str, &str)] = &[
    ("offline", "Offline"),
    ("active", "Active"),
    ("planned", "Planned"),
    ("staged", "Staged"),
    ("failed", "Failed"),
    ("inventory", "Inventory"),
    ("decommissioning", "Decommissioning"),
];
pub(super) const IP_STATUS: &[(&str, &str)] = &[
    ("active", "Active"),
    ("reserved", "Reserved"),
    ("deprecated", "Deprecated"),
    ("dhcp", "DHCP"),
    ("slaac", "SLAAC"),
];
pub(super) const IP_ROLE: &[(&str, &str)] = &[
    ("loopback", "Loopback"),
    ("secondary", "Secondary"),
    ("anycast", "Anycast"),
    ("vip", "VIP"),
    ("vrrp", "VRRP"),
    ("hsrp", "HSRP"),
    ("glbp", "GLBP"),
    ("carp", "CARP"),
];
pub(super) const PREFIX_STATUS: &[(&str, &str)] =
    &[("container", "Container"), ("active", "Active"), ("reserved", "Reserved"), ("deprecated", "Deprecated")];
pub(super) const VLAN_STATUS: &[(&str, &str)] =
    &[("active", "Active"), ("reserved", "Reserved"), ("deprecated", "Deprecated")];
pub(super) const MODE: &[(&str, &str)] =
    &[("access", "Access"), ("tagged", "Tagged"), ("tagged-all", "Tagged (All)"), ("q-in-q", "Q-in-Q (802.1ad)")];
pub(super) const KIND: &[(&str, &str)] =
    &[("info", "Info"), ("success", "Success"), ("warning", "Warning"), ("danger", "Danger")];
pub(super) const CF_TYPE: &[(&str, &str)] = &[
    ("text", "Text"),
    ("longtext", "Text (long)"),
    ("integer", "Integer"),
    ("decimal", "Decimal"),
    ("boolean", "Boolean"),
    ("date", "Date"),
    ("datetime", "Date & time"),
    ("url", "URL"),
    ("json", "JSON"),
    ("select", "Selection"),
    ("multiselect", "Multiple selection"),
    ("object", "Object"),
    ("multiobject", "Multiple objects"),
];
pub(super) const FILTER_LOGIC: &[(&str, &str)] = &[("disabled", "Disabled"), ("loose", "Loose"), ("exact", "Exact")];
pub(super) const UI_VISIBLE: &[(&str, &str)] = &[("always", "Always"), ("if-set", "If set"), ("hidden", "Hidden")];
pub(super) const UI_EDITABLE: &[(&str, &str)] = &[("yes", "Yes"), ("no", "No"), ("hidden", "Hidden")];
pub(super) const HTTP_METHOD: &[(&str, &str)] =
    &[("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];
pub(super) const ACTION_TYPE: &[(&str, &str)] =
    &[("webhook", "Webhook"), ("script", "Script"), ("notification", "Notification")];
/// What the change log calls an action.
pub(super) const ACTION: &[(&str, &str)] = &[("create", "Created"), ("update", "Updated"), ("delete", "Deleted")];
