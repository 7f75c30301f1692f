//! The order of a list: the object type's natural one, or `?ordering=`.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::models::model;
use super::schema::{Holds, Kind};
use super::snapshots::natural;
use super::store::{Record, Store};

/// Sorts; a column nobody knows is ignored (seen: 4.7.3).
pub(super) fn sort(store: &Store, kind: Kind, records: &mut [&Record], asked: Option<&str>) {
    let asked: Vec<&str> =
        asked.map(|asked| asked.split(',').filter(|name| known(kind, name)).collect()).unwrap_or_default();
    let columns = if asked.is_empty() { model(kind).order.to_vec() } else { asked };
    records.sort_by(|a, b| {
        let first = columns
            .iter()
            .map(|column| by_column(store, kind, column, a, b))
            .find(|ordering| *ordering != Ordering::Equal);
        first.unwrap_or_else(|| a.id.cmp(&b.id))
    });
}

fn known(kind: Kind, name: &str) -> bool {
    let name = name.trim_start_matches('-');
    matches!(name, "id" | "created" | "last_updated" | "time") || model(kind).column(name).is_some()
}

fn by_column(store: &Store, kind: Kind, column: &str, a: &Record, b: &Record) -> Ordering {
    let name = column.trim_start_matches('-');
    let ordering = match (name, model(kind).column(name).map(|column| column.holds)) {
        ("id", _) => a.id.cmp(&b.id),
        ("created" | "time", _) => a.created.cmp(&b.created),
        ("last_updated", _) => a.last_updated.cmp(&b.last_updated),
        ("name", _) if kind == Kind::VmInterface => natural(a.text(name)).cmp(&natural(b.text(name))),
        (_, Some(Holds::Ref(to, _))) => {
            let named = |record: &Record| {
                record.number(name).and_then(|id| store.get(to, id)).map(|other| other.text("name").to_lowercase())
            };
            named(a).cmp(&named(b)).then_with(|| a.number(name).cmp(&b.number(name)))
        }
        (_, Some(Holds::Address | Holds::Prefix)) => network(a.text(name)).cmp(&network(b.text(name))),
        _ => values(a.value(name), b.value(name)),
    };
    if column.starts_with('-') { ordering.reverse() } else { ordering }
}

fn network(text: &str) -> Option<(bool, IpAddr, u8)> {
    text.parse::<IpNet>().ok().map(|net| (matches!(net, IpNet::V6(_)), net.addr(), net.prefix_len()))
}

/// As PostgreSQL: null is larger than everything.
fn values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b)),
        (a, b) => a.is_null().cmp(&b.is_null()),
    }
}
