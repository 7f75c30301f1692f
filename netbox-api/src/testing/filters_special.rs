//! Filters that are not simply a column: `?virtual_machine_id=` of an address, `?contains=` of a prefix, `?request_id=` of the change log.

use std::net::IpAddr;

use ipnet::IpNet;

use super::clock::Moment;
use super::fields;
use super::filters::{Filter, Verdict, truth};
use super::index::Text;
use super::models::model;
use super::schema::Kind;
use super::store::{Record, Store};

/// Whether these filters take any value (those of a method of NetBox's, not a choice of objects).
pub(super) fn takes_any_value(kind: Kind, name: &str) -> bool {
    matches!(
        (kind, name),
        (Kind::IpAddress | Kind::MacAddress, "virtual_machine" | "virtual_machine_id")
            | (Kind::ObjectChange, "user_name" | "request_id")
    )
}

/// None: not one of these.
pub(super) fn special(store: &Store, filter: &Filter<'_>, record: &Record) -> Option<Verdict> {
    let Filter { kind, name, lookup, values } = filter;
    let any = |test: &dyn Fn(&str) -> bool| Some(Ok(values.iter().any(|value| test(value))));
    let flag = |holds: bool| Some(Ok(values.iter().any(|value| truth(value) == Some(holds))));
    if *name == "q" && lookup.is_empty() {
        return any(&|value| search(record, value));
    }
    if matches!(*name, "modified_by_request" | "created_by_request" | "updated_by_request")
        && lookup.is_empty()
        && model(*kind).events
    {
        let action = match *name {
            "created_by_request" => Some("create"),
            "updated_by_request" => Some("update"),
            _ => None,
        };
        return any(&|value| changed_by(store, *kind, record, value, action));
    }
    if !lookup.is_empty() {
        return None;
    }
    match (*kind, *name) {
        (Kind::VirtualMachine, "has_primary_ip") => {
            flag(!record.value("primary_ip4").is_null() || !record.value("primary_ip6").is_null())
        }
        (Kind::VirtualMachine, "mac_address") => {
            any(&|value| store.of_vm(Kind::VmInterface, record.id).any(|interface| has_mac(store, interface.id, value)))
        }
        (Kind::VmInterface, "mac_address") => any(&|value| has_mac(store, record.id, value)),
        (Kind::VmInterface, "cluster_id") => any(&|value| {
            let vm = record.number("virtual_machine").and_then(|vm| store.get(Kind::VirtualMachine, vm));
            vm.and_then(|vm| vm.number("cluster")).is_some_and(|id| id.to_string() == value)
        }),
        (Kind::IpAddress | Kind::MacAddress, "virtual_machine_id") => {
            any(&|value| store.vm_of_assigned(record).is_some_and(|vm| vm.to_string() == value))
        }
        (Kind::IpAddress | Kind::MacAddress, "virtual_machine") => any(&|value| {
            let vm = store.vm_of_assigned(record).and_then(|vm| store.get(Kind::VirtualMachine, vm));
            vm.is_some_and(|vm| vm.text("name") == value)
        }),
        (Kind::IpAddress | Kind::MacAddress, "vminterface_id") => {
            for value in values {
                if value.parse().ok().and_then(|id| store.get(Kind::VmInterface, id)).is_none() {
                    return Some(Err(format!("Select a valid choice. {value} is not one of the available choices.")));
                }
            }
            any(&|value| value.parse().is_ok_and(|id| record.assigned_to("virtualization.vminterface", id)))
        }
        (Kind::IpAddress, "assigned_to_interface") | (Kind::MacAddress, "assigned") => {
            flag(!record.value("assigned_object_id").is_null())
        }
        // An address filter takes the mask as optional; NetBox has no assigned_object_* filter here, so it ignores one (source).
        (Kind::IpAddress, "address") => {
            any(&|value| record.text("address") == value || record.text("address").split('/').next() == Some(value))
        }
        (Kind::IpAddress, "parent") => any(&|value| inside(record.text("address"), value)),
        (Kind::IpAddress, "family") => any(&|value| record.text("address").contains(':') == (value == "6")),
        (Kind::Prefix, "family") => any(&|value| record.text("prefix").contains(':') == (value == "6")),
        (Kind::Prefix, "prefix") => any(&|value| record.text("prefix") == value),
        (Kind::Prefix, "contains") => any(&|value| contains(record.text("prefix"), value)),
        (Kind::Prefix, "within_include") => any(&|value| contains(value, record.text("prefix"))),
        (Kind::Prefix, "within") => {
            any(&|value| contains(value, record.text("prefix")) && record.text("prefix") != value)
        }
        (Kind::Prefix, "vlan_vid") => any(&|value| {
            record
                .number("vlan")
                .and_then(|id| store.get(Kind::Vlan, id))
                .is_some_and(|vlan| value.parse().is_ok_and(|vid| vlan.is("vid", vid)))
        }),
        (Kind::MacAddress, "mac_address") => any(&|value| same_mac(record, value)),
        (Kind::MacAddress | Kind::JournalEntry, "assigned_object_type") => {
            any(&|value| record.text("assigned_object_type") == value)
        }
        (Kind::JournalEntry, "created_by_id") => {
            any(&|value| record.number("created_by").is_some_and(|id| id.to_string() == value))
        }
        // Any of several, as NetBox 4.7.3 does (source); of those before, none is asked for several.
        (Kind::ObjectChange, "changed_object_type") => any(&|value| record.text("changed_object_type") == value),
        (Kind::ObjectChange | Kind::JournalEntry, "time_after" | "created_after") => {
            moment(values, |wanted| record.created >= wanted)
        }
        (Kind::ObjectChange | Kind::JournalEntry, "time_before" | "created_before") => {
            moment(values, |wanted| record.created <= wanted)
        }
        (Kind::CustomField | Kind::EventRule, "object_type" | "object_types") => {
            let types = record.value("object_types").as_array()?;
            any(&|value| types.iter().any(|name| name.as_str() == Some(value)))
        }
        _ => None,
    }
}

fn moment(values: &[&str], test: impl Fn(Moment) -> bool) -> Option<Verdict> {
    let wanted: Option<Vec<Moment>> = values.iter().map(|value| Moment::parse(value)).collect();
    Some(wanted.map_or_else(|| Err("Enter a valid date/time.".to_owned()), |wanted| Ok(wanted.into_iter().any(test))))
}

fn search(record: &Record, value: &str) -> bool {
    let value = value.to_lowercase();
    [
        "name",
        "serial",
        "comments",
        "description",
        "address",
        "mac_address",
        "prefix",
        "dns_name",
        "object_repr",
        "user_name",
        "slug",
    ]
    .iter()
    .any(|column| record.text(column).to_lowercase().contains(&value))
}

fn changed_by(store: &Store, kind: Kind, record: &Record, request: &str, action: Option<&str>) -> bool {
    let object_type = model(kind).object_type();
    store.with(Kind::ObjectChange, Text::Request, request).any(|row| {
        row.text("changed_object_type") == object_type
            && row.is("changed_object_id", record.id)
            && action.is_none_or(|action| row.text("action") == action)
    })
}

fn has_mac(store: &Store, interface: u64, value: &str) -> bool {
    store.assigned(Kind::MacAddress, "virtualization.vminterface", interface).any(|mac| same_mac(mac, value))
}

fn same_mac(mac: &Record, value: &str) -> bool {
    fields::mac(&value.into()).is_ok_and(|wanted| mac.value("mac_address") == &wanted)
}

/// Whether an address lies within a prefix.
fn inside(address: &str, outer: &str) -> bool {
    let host = address.split('/').next().and_then(|host| host.parse::<IpAddr>().ok());
    host.zip(outer.parse::<IpNet>().ok()).is_some_and(|(host, outer)| outer.contains(&host))
}

/// Whether a prefix contains another one, or an address. One with a mask counts as its network.
fn contains(outer: &str, inner: &str) -> bool {
    let Ok(outer) = outer.parse::<IpNet>() else { return false };
    let inner = inner.parse::<IpNet>().or_else(|_| inner.parse::<IpAddr>().map(IpNet::from));
    inner.is_ok_and(|inner| outer.contains(&inner.trunc()))
}
