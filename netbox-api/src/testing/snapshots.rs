//! A row as `snapshots` and the change log hold it: what the database has, ids and plain values.

use serde_json::{Map, Value, json};

use super::models::model;
use super::models_users::SECRET;
use super::schema::Kind;
use super::store::{Record, Store};
use super::version::Version;

/// The content type of a virtual machine's interface. NetBox numbers them by installation; 7 was seen, nobody should rely on it.
pub(super) const VMINTERFACE_CONTENT_TYPE: u64 = 7;

/// As in a delivery's `snapshots`.
pub(super) fn snapshot(store: &Store, version: Version, kind: Kind, record: &Record) -> Value {
    let model = model(kind);
    let mut out = Map::new();
    out.insert("created".to_owned(), json!(record.created.snapshot()));
    for column in model.columns {
        if version.has_field(kind, column.name) && !(kind == Kind::User && SECRET.contains(&column.name)) {
            out.insert(column.name.to_owned(), record.value(column.name).clone());
        }
    }
    for name in ["assigned_object_type", "scope_type"] {
        if out.get(name).and_then(Value::as_str) == Some("virtualization.vminterface") {
            out.insert(name.to_owned(), json!(VMINTERFACE_CONTENT_TYPE));
        }
    }
    if model.custom_fields {
        out.insert("custom_fields".to_owned(), Value::Object(record.custom_fields.clone()));
    }
    if model.taggable {
        let mut names: Vec<_> =
            record.tags.iter().filter_map(|id| store.get(Kind::Tag, *id)).map(|tag| tag.text("name")).collect();
        names.sort_unstable();
        out.insert("tags".to_owned(), json!(names));
    }
    match kind {
        Kind::VirtualMachine => {
            out.insert("interface_count".to_owned(), json!(store.of_vm(Kind::VmInterface, record.id).count()));
            out.insert("virtual_disk_count".to_owned(), json!(store.of_vm(Kind::VirtualDisk, record.id).count()));
        }
        Kind::VmInterface => {
            out.insert("_name".to_owned(), json!(natural(record.text("name"))));
        }
        _ => {}
    }
    Value::Object(out)
}

/// As REST shows it in the change log: without what changes by itself; before a creation and after a deletion it is an empty object, not
/// null (seen: 4.7.3).
pub(super) fn for_change_log(snapshot: &Value) -> Value {
    let fields = snapshot.as_object().into_iter().flatten();
    let told =
        fields.filter(|(name, _)| !matches!(name.as_str(), "created" | "last_updated") && !name.starts_with('_'));
    Value::Object(told.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The column NetBox sorts interfaces by, for names such as `eth0`: the text, then its number. (`eth0` was seen; names with slots and
/// ports are not reproduced.)
pub(super) fn natural(name: &str) -> String {
    let text = name.trim_end_matches(|c: char| c.is_ascii_digit());
    format!("{}{text}{:0>6}............", "9".repeat(16), &name[text.len()..])
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn interfaces_sort_by_their_number() {
        assert_eq!(natural("eth0"), "9999999999999999eth000000............");
        assert!(natural("eth2") < natural("eth10"));
    }
}
