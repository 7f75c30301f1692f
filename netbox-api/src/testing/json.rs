//! JSON as NetBox writes it: in deliveries with Python's spacing and everything beyond ASCII escaped, in REST compact.

use serde_json::{Map, Value};

/// Keys in the order NetBox sends them, so that bytes read like the real ones. Others follow in the order of the alphabet.
const ORDER: &[&str] = &[
    "event",
    "timestamp",
    "object_type",
    "model",
    "username",
    "request_id",
    "data",
    "request",
    "snapshots",
    "prechange",
    "postchange",
    "count",
    "next",
    "previous",
    "results",
    "detail",
    "errors",
    "value",
    "id",
    "url",
    "display_url",
    "display",
    "label",
    "family",
    "mac_address",
    "address",
    "virtual_machine",
    "vid",
    "name",
    "slug",
    "color",
    "virtual_machine_type",
    "role",
    "status",
    "start_on_boot",
    "type",
    "group",
    "site",
    "cluster",
    "device",
    "enabled",
    "parent",
    "bridge",
    "mtu",
    "primary_mac_address",
    "mac_addresses",
    "platform",
    "primary_ip",
    "primary_ip4",
    "primary_ip6",
    "nat_inside",
    "nat_outside",
    "dns_name",
    "vcpus",
    "memory",
    "disk",
    "assigned_object_type",
    "assigned_object_id",
    "assigned_object",
    "is_primary",
    "description",
    "size",
    "mode",
    "untagged_vlan",
    "tagged_vlans",
    "qinq_svlan",
    "vlan_translation_policy",
    "vrf",
    "l2vpn_termination",
    "serial",
    "tenant",
    "owner",
    "comments",
    "tags",
    "local_context_data",
    "config_template",
    "custom_fields",
    "created",
    "last_updated",
    "device_count",
    "virtualmachine_count",
    "interface_count",
    "virtual_disk_count",
    "config_context",
    "count_ipaddresses",
    "count_fhrp_groups",
    "_depth",
    "path",
    "path_info",
    "method",
    "GET",
    "user",
];

/// As `json.dumps` of Python: what a webhook's signature covers.
pub(super) fn python(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &Style { item: ", ", key: ": ", ascii: true }, &mut out);
    out.into_bytes()
}

/// As Django REST framework renders a response.
pub(super) fn compact(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &Style { item: ",", key: ":", ascii: false }, &mut out);
    out.into_bytes()
}

struct Style {
    item: &'static str,
    key: &'static str,
    ascii: bool,
}

fn write(value: &Value, style: &Style, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(style.item);
                }
                write(item, style, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (name, field)) in ordered(fields).into_iter().enumerate() {
                if index > 0 {
                    out.push_str(style.item);
                }
                write_text(name, style, out);
                out.push_str(style.key);
                write(field, style, out);
            }
            out.push('}');
        }
        Value::String(text) => write_text(text, style, out),
        plain => out.push_str(&plain.to_string()),
    }
}

fn ordered(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = fields.iter().collect();
    let rank = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    sorted.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    sorted
}

fn write_text(text: &str, style: &Style, out: &mut String) {
    let quoted = Value::from(text).to_string();
    if !style.ascii {
        out.push_str(&quoted);
        return;
    }
    for character in quoted.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

/// A value as Python's `repr` shows it, for error texts that quote what was sent.
pub(super) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let shown: Vec<_> =
                ordered(fields).into_iter().map(|(name, field)| format!("'{name}': {}", repr(field))).collect();
            format!("{{{}}}", shown.join(", "))
        }
        number @ Value::Number(_) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn deliveries_are_written_as_python_does() {
        let value = json!({"data": {"name": "ü✓😀", "id": 1, "vcpus": 2.0}, "event": "created", "list": [1, null]});
        assert_eq!(
            String::from_utf8_lossy(&python(&value)),
            r#"{"event": "created", "data": {"id": 1, "name": "\u00fc\u2713\ud83d\ude00", "vcpus": 2.0}, "list": [1, null]}"#
        );
        assert_eq!(String::from_utf8_lossy(&compact(&json!({"name": "ü", "id": 1}))), r#"{"id":1,"name":"ü"}"#);
    }

    #[test]
    fn python_quotes_its_values_so() {
        assert_eq!(repr(&json!({"value": "pve02", "label": null})), "{'value': 'pve02', 'label': None}");
    }
}
