//! Filters of a list: `?cluster_id=1&status=active&cf_proxmox_vmid=101`.
//!
//! What trips clients is kept: an unknown filter, or a known one with an unknown lookup, is ignored and *everything* is returned; an unknown
//! value of a known filter is a 400 (seen: 4.7.3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::Answer;
use super::clock::Moment;
use super::custom_fields::one;
use super::filters_special::special;
use super::lookups::{instant, number, text};
use super::models::model;
use super::paging::Query;
use super::related::by_natural_key;
use super::schema::{Holds, Kind};
use super::store::{Record, Store};

/// Parameters that are no filters.
const RESERVED: &[&str] =
    &["limit", "offset", "start", "ordering", "fields", "omit", "brief", "exclude", "format", "background", "include"];

/// A filter's verdict on one record; an error if the value is none it takes.
pub(super) type Verdict = Result<bool, String>;

/// One filter of a request.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    pub(super) kind: Kind,
    /// Without its lookup.
    pub(super) name: &'a str,
    /// "" or "gte", "ic", …
    pub(super) lookup: &'a str,
    pub(super) values: Vec<&'a str>,
}

/// Keeps the records that pass all filters.
pub(super) fn apply<'a>(store: &'a Store, kind: Kind, query: &Query) -> Result<Vec<&'a Record>, Answer> {
    let mut names: Vec<&str> =
        query.iter().map(|(name, _)| name.as_str()).filter(|name| !RESERVED.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    let mut records = candidates(store, kind, query);
    for whole in names {
        let values: Vec<&str> = query
            .iter()
            .filter(|(name, value)| name == whole && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect();
        if values.is_empty() {
            continue;
        }
        let (name, lookup) = whole.rsplit_once("__").unwrap_or((whole, ""));
        let filter = Filter { kind, name, lookup, values };
        check_values(store, &filter).map_err(|message| Answer::errors(one(whole, &message)))?;
        let mut kept = Vec::new();
        for record in records {
            match verdict(store, &filter, record) {
                None | Some(Ok(true)) => kept.push(record),
                Some(Ok(false)) => {}
                Some(Err(message)) => return Err(Answer::errors(one(whole, &message))),
            }
        }
        records = kept;
    }
    Ok(records)
}

/// Those that a filter by ids leaves, where there is one and an index for it; all others.
fn candidates<'a>(store: &'a Store, kind: Kind, query: &Query) -> Vec<&'a Record> {
    for (name, column) in [("virtual_machine_id", "virtual_machine"), ("changed_object_id", "changed_object_id")] {
        let values = query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.parse().ok());
        if model(kind).column(column).is_some()
            && let Some(ids) = values.collect::<Option<BTreeSet<u64>>>().filter(|ids| !ids.is_empty())
        {
            let mut records: Vec<&Record> = ids.into_iter().flat_map(|id| store.having(kind, column, id)).collect();
            records.sort_unstable_by_key(|record| record.id);
            return records;
        }
    }
    store.all(kind).collect()
}

/// None: there is no such filter.
fn verdict(store: &Store, filter: &Filter<'_>, record: &Record) -> Option<Verdict> {
    if let Some(verdict) = special(store, filter, record) {
        return Some(verdict);
    }
    let Filter { kind, name, lookup, values } = filter;
    let negated = *lookup == "n";
    match *name {
        "id" => return number(lookup, Some(record.id), values),
        "created" | "last_updated" => {
            let found = if *name == "created" { Some(record.created) } else { record.last_updated };
            return found.map_or(Some(Ok(negated)), |found| instant(lookup, found, values));
        }
        "tag" | "tag_id" if model(*kind).taggable && (lookup.is_empty() || negated) => {
            let has = |value: &&str| {
                record.tags.iter().any(|id| {
                    store
                        .get(Kind::Tag, *id)
                        .is_some_and(|tag| tag.text("slug") == *value || tag.id.to_string() == *value)
                })
            };
            // Several must all be there.
            return Some(Ok(values.iter().all(has) != negated));
        }
        _ => {}
    }
    if let Some(field) = name
        .strip_prefix("cf_")
        .and_then(|name| super::custom_fields::defined(store, *kind).find(|field| field.text("name") == name))
    {
        return custom_field(field, lookup, values, record);
    }
    if let Some((column, to)) = reference(*kind, name) {
        if !lookup.is_empty() && !negated {
            return None;
        }
        let is = |value: &&str| match *value {
            "null" => record.value(column).is_null(),
            value if name.ends_with("_id") => record.number(column).is_some_and(|id| id.to_string() == value),
            value => by_natural_key(store, to, value).any(|id| record.is(column, id)),
        };
        return Some(Ok(values.iter().any(is) != negated));
    }
    let column = model(*kind).column(name)?;
    match column.holds {
        Holds::Choice(_) if lookup.is_empty() || negated => {
            Some(Ok(values.iter().any(|value| record.text(name) == *value) != negated))
        }
        Holds::Int { .. } | Holds::ObjectId => number(lookup, record.number(name), values),
        Holds::Decimal => super::lookups::float(lookup, record.text(name).parse().ok(), values),
        Holds::Bool if lookup.is_empty() => {
            Some(Ok(values.iter().any(|value| truth(value) == record.value(name).as_bool())))
        }
        Holds::Text { .. } => text(lookup, record.text(name), values),
        _ => None,
    }
}

/// "cluster_id" and "cluster" both mean the column "cluster".
fn reference(kind: Kind, name: &str) -> Option<(&'static str, Kind)> {
    let column = model(kind).column(name.strip_suffix("_id").unwrap_or(name))?;
    match column.holds {
        Holds::Ref(to, _) => Some((column.name, to)),
        _ => None,
    }
}

/// Values are checked before any record is looked at, so an empty list does not hide a wrong one.
fn check_values(store: &Store, filter: &Filter<'_>) -> Result<(), String> {
    let Filter { kind, name, lookup, values } = filter;
    let unknown = |value: &str| format!("Select a valid choice. {value} is not one of the available choices.");
    if !lookup.is_empty() && *lookup != "n" {
        let wrong_time =
            matches!(*name, "created" | "last_updated") && values.iter().any(|value| Moment::parse(value).is_none());
        return if wrong_time { Err("Enter a valid date/time.".to_owned()) } else { Ok(()) };
    }
    if name.starts_with("cf_") || super::filters_special::takes_any_value(*kind, name) {
        return Ok(());
    }
    if matches!(*name, "tag" | "tag_id") && model(*kind).taggable {
        let known = |value: &&&str| {
            store.all(Kind::Tag).any(|tag| tag.text("slug") == **value || tag.id.to_string() == **value)
        };
        return values.iter().find(|value| !known(value)).map_or(Ok(()), |value| Err(unknown(value)));
    }
    if let Some((_, to)) = reference(*kind, name) {
        for value in values.iter().filter(|value| **value != "null") {
            if !name.ends_with("_id") {
                by_natural_key(store, to, value).next().ok_or_else(|| unknown(value))?;
                continue;
            }
            let id: u64 = value.parse().map_err(|_| format!("\u{201c}{value}\u{201d} is not a valid value."))?;
            store.get(to, id).ok_or_else(|| unknown(value))?;
        }
        return Ok(());
    }
    match model(*kind).column(name).map(|column| column.holds) {
        Some(Holds::Choice(choices)) => {
            let known = |value: &&&str| choices.iter().any(|(choice, _)| choice == *value);
            values.iter().find(|value| !known(value)).map_or(Ok(()), |value| Err(unknown(value)))
        }
        Some(Holds::Int { .. } | Holds::ObjectId) if values.iter().any(|value| value.parse::<i64>().is_err()) => {
            Err("Enter a whole number.".to_owned())
        }
        _ => Ok(()),
    }
}

fn custom_field(field: &Record, lookup: &str, values: &[&str], record: &Record) -> Option<Verdict> {
    let raw = record.custom_fields.get(field.text("name")).unwrap_or(&Value::Null);
    let logic = field.text("filter_logic");
    if logic == "disabled" {
        return None;
    }
    let written = match raw {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    match (field.text("type"), lookup) {
        (_, "empty") => Some(Ok(
            truth(values.first().copied().unwrap_or_default()) == Some(written.is_none_or(|text| text.is_empty()))
        )),
        ("multiselect" | "multiobject", "") => {
            let list = raw.as_array().map_or(&[][..], Vec::as_slice);
            Some(Ok(values.iter().any(|value| {
                list.contains(&json!(value)) || value.parse().is_ok_and(|id: u64| list.contains(&json!(id)))
            })))
        }
        ("integer", lookup) => number(lookup, raw.as_u64(), values),
        ("text" | "longtext" | "url", "") if logic == "loose" => text("ic", &written.unwrap_or_default(), values),
        ("text" | "longtext" | "url" | "select", lookup) => text(lookup, &written.unwrap_or_default(), values),
        (_, "") => Some(Ok(written.is_some_and(|text| values.contains(&text.as_str())))),
        _ => None,
    }
}

/// How a filter says yes and no.
pub(super) fn truth(value: &str) -> Option<bool> {
    match value {
        "true" | "True" | "1" => Some(true),
        "false" | "False" | "0" => Some(false),
        _ => None,
    }
}
