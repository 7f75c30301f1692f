//! A row as REST and deliveries show it: objects instead of ids, `{"value", "label"}` for choices, what is computed.
//!
//! Deliveries use the same representation with an empty base address, so their `url`s are relative (seen: 4.7.3).

use serde_json::{Map, Value, json};

use super::clock::Moment;
use super::custom_fields;
use super::models::{by_object_type, model, models};
use super::models_users::SECRET;
use super::schema::{Holds, Kind, Model};
use super::snapshots::for_change_log;
use super::store::{Record, Store};
use super::tokens;
use super::version::Version;

/// How to show rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) store: &'a Store,
    /// In front of every `url`: "http://127.0.0.1:8000", or nothing in a delivery.
    pub(super) base: &'a str,
    pub(super) version: Version,
    /// Which of two primary addresses is `primary_ip` (PREFER_IPV4).
    pub(super) prefer_ipv4: bool,
}

impl View<'_> {
    /// Everything.
    pub(super) fn full(&self, kind: Kind, record: &Record) -> Map<String, Value> {
        let model = model(kind);
        let mut out = self.heading(kind, record);
        for column in model.columns {
            out.insert(column.name.to_owned(), self.column(kind, record, column.holds, column.name));
        }
        if model.taggable {
            out.insert("tags".to_owned(), self.tags(record));
        }
        if model.custom_fields {
            out.insert("custom_fields".to_owned(), Value::Object(custom_fields::shown(self, kind, record)));
        }
        if kind == Kind::ObjectChange {
            out.insert("time".to_owned(), json!(record.created.rest()));
        } else {
            out.insert("created".to_owned(), json!(record.created.rest()));
            out.insert("last_updated".to_owned(), json!(record.last_updated.map(Moment::rest)));
        }
        for (name, value) in self.computed(kind, record) {
            out.insert(name.to_owned(), value);
        }
        out.retain(|name, _| self.version.has_field(kind, name));
        if matches!(kind, Kind::User | Kind::Token) {
            out.retain(|name, _| !SECRET.contains(&name.as_str()));
        }
        out
    }

    /// As nested in another object, and with `?brief=1`.
    pub(super) fn brief(&self, kind: Kind, record: &Record) -> Map<String, Value> {
        let mut out = self.heading(kind, record);
        out.remove("display_url");
        for name in model(kind).brief {
            if let Some(column) = model(kind).column(name) {
                out.insert((*name).to_owned(), self.column(kind, record, column.holds, name));
            } else if *name == "created" {
                out.insert("created".to_owned(), json!(record.created.rest()));
            } else if *name == "family" {
                // Not by way of all that is computed, which nests others that nest this one.
                out.insert("family".to_owned(), family(record.text(model(kind).natural_key)));
            } else if let Some((_, value)) =
                self.computed(kind, record).into_iter().find(|(computed, _)| computed == name)
            {
                out.insert((*name).to_owned(), value);
            }
        }
        out
    }

    /// A reference: the brief object, or null.
    pub(super) fn nested(&self, kind: Kind, id: Option<u64>) -> Value {
        id.and_then(|id| self.store.get(kind, id)).map_or(Value::Null, |record| Value::Object(self.brief(kind, record)))
    }

    /// What a person sees as its name.
    pub(super) fn display(&self, kind: Kind, record: &Record) -> String {
        match kind {
            Kind::IpAddress => record.text("address").to_owned(),
            Kind::Prefix => record.text("prefix").to_owned(),
            Kind::MacAddress => record.text("mac_address").to_owned(),
            Kind::User => record.text("username").to_owned(),
            Kind::Token => tokens::display(self.version, record),
            Kind::Vlan => format!("{} ({})", record.text("name"), record.value("vid")),
            Kind::JournalEntry => {
                format!("{} ({})", record.created.minute(), label(Kind::JournalEntry, "kind", record.text("kind")))
            }
            Kind::CustomField if !record.text("label").is_empty() => record.text("label").to_owned(),
            Kind::CustomField => title(&record.text("name").replace('_', " ")),
            Kind::ObjectChange => self.display_change(record),
            _ => record.text("name").to_owned(),
        }
    }

    fn display_change(&self, record: &Record) -> String {
        let changed = by_object_type(record.text("changed_object_type"));
        let what = changed.map_or_else(String::new, |model| format!("{} | {}", title(model.app), model.verbose));
        let action = label(Kind::ObjectChange, "action", record.text("action")).to_lowercase();
        format!("{what} {} {action} by {}", record.text("object_repr"), record.text("user_name"))
    }

    fn heading(&self, kind: Kind, record: &Record) -> Map<String, Value> {
        let model = model(kind);
        let mut out = Map::new();
        out.insert("id".to_owned(), json!(record.id));
        out.insert("url".to_owned(), json!(format!("{}/api/{}/{}/", self.base, model.path, record.id)));
        out.insert("display_url".to_owned(), json!(format!("{}/{}/{}/", self.base, model.ui, record.id)));
        out.insert("display".to_owned(), json!(self.display(kind, record)));
        out
    }

    fn column(&self, kind: Kind, record: &Record, holds: Holds, name: &str) -> Value {
        let value = record.value(name);
        match holds {
            // The method of a webhook is plain text (seen: 4.7.3).
            Holds::Choice(_) if kind == Kind::Webhook => value.clone(),
            Holds::Choice(_) => value
                .as_str()
                .map_or(Value::Null, |chosen| json!({"value": chosen, "label": label(kind, name, chosen)})),
            Holds::Decimal => {
                value.as_str().and_then(|text| text.parse::<f64>().ok()).map_or(Value::Null, |number| json!(number))
            }
            Holds::Json if kind == Kind::ObjectChange => for_change_log(value),
            // A journal entry shows its author as an id (source).
            Holds::Ref(Kind::User, _) if kind == Kind::JournalEntry => value.clone(),
            Holds::Ref(Kind::IpAddress, _) => self.nested_address(value.as_u64()),
            Holds::Ref(to, _) => self.nested(to, value.as_u64()),
            Holds::Refs(to) => {
                let ids = value.as_array().map_or(&[][..], Vec::as_slice);
                Value::Array(ids.iter().map(|id| self.nested(to, id.as_u64())).collect())
            }
            _ => value.clone(),
        }
    }

    /// A primary address says more than other nested ones.
    fn nested_address(&self, id: Option<u64>) -> Value {
        let Some(record) = id.and_then(|id| self.store.get(Kind::IpAddress, id)) else { return Value::Null };
        let mut out = self.brief(Kind::IpAddress, record);
        if self.version.nests_more() {
            out.insert("dns_name".to_owned(), record.value("dns_name").clone());
            out.insert("nat_inside".to_owned(), self.nested(Kind::IpAddress, record.number("nat_inside")));
            out.insert("nat_outside".to_owned(), self.nat_outside(record));
        }
        Value::Object(out)
    }

    fn nat_outside(&self, record: &Record) -> Value {
        let outside = self.store.having(Kind::IpAddress, "nat_inside", record.id);
        Value::Array(outside.map(|other| Value::Object(self.brief(Kind::IpAddress, other))).collect())
    }

    fn tags(&self, record: &Record) -> Value {
        let mut tags: Vec<_> = record.tags.iter().filter_map(|id| self.store.get(Kind::Tag, *id)).collect();
        tags.sort_by(|a, b| a.text("name").cmp(b.text("name")));
        let shown = tags.into_iter().map(|tag| {
            let mut out = self.heading(Kind::Tag, tag);
            for name in ["name", "slug", "color"] {
                out.insert(name.to_owned(), tag.value(name).clone());
            }
            Value::Object(out)
        });
        Value::Array(shown.collect())
    }

    /// How many objects have a tag.
    fn tagged(&self, tag: u64) -> usize {
        let of = |model: &Model| self.store.all(model.kind).filter(|record| record.tags.contains(&tag)).count();
        models().filter(|model| model.taggable).map(of).sum()
    }

    /// What hangs on a generic reference.
    pub(super) fn assigned(&self, record: &Record, type_column: &str, id_column: &str) -> Value {
        by_object_type(record.text(type_column))
            .map_or(Value::Null, |to| self.nested(to.kind, record.number(id_column)))
    }

    fn computed(&self, kind: Kind, record: &Record) -> Vec<(&'static str, Value)> {
        let store = self.store;
        let count = |kind: Kind, column: &str| json!(store.having(kind, column, record.id).count());
        match kind {
            Kind::VirtualMachine => {
                let [four, six] = ["primary_ip4", "primary_ip6"].map(|name| record.number(name));
                let first = if self.prefer_ipv4 { four.or(six) } else { six.or(four) };
                let context = record.value("local_context_data");
                vec![
                    ("primary_ip", self.nested_address(first)),
                    ("interface_count", count(Kind::VmInterface, "virtual_machine")),
                    ("virtual_disk_count", count(Kind::VirtualDisk, "virtual_machine")),
                    ("config_context", if context.is_null() { json!({}) } else { context.clone() }),
                ]
            }
            Kind::VmInterface => {
                let here = |kind: Kind| store.assigned(kind, "virtualization.vminterface", record.id);
                let macs = here(Kind::MacAddress).map(|mac| Value::Object(self.brief(Kind::MacAddress, mac)));
                let primary = record.number("primary_mac_address").and_then(|id| store.get(Kind::MacAddress, id));
                vec![
                    ("mac_address", primary.map_or(Value::Null, |mac| mac.value("mac_address").clone())),
                    ("mac_addresses", Value::Array(macs.collect())),
                    ("l2vpn_termination", Value::Null),
                    ("count_ipaddresses", json!(here(Kind::IpAddress).count())),
                    ("count_fhrp_groups", json!(0)),
                ]
            }
            Kind::IpAddress => vec![
                ("family", family(record.text("address"))),
                ("assigned_object", self.assigned(record, "assigned_object_type", "assigned_object_id")),
                ("nat_outside", self.nat_outside(record)),
            ],
            Kind::MacAddress => vec![
                ("assigned_object", self.assigned(record, "assigned_object_type", "assigned_object_id")),
                (
                    "is_primary",
                    json!(store.having(Kind::VmInterface, "primary_mac_address", record.id).next().is_some()),
                ),
            ],
            Kind::Prefix => {
                let net = |record: &Record| record.text("prefix").parse::<ipnet::IpNet>().ok();
                let own = net(record);
                let others = || store.all(Kind::Prefix).filter(|other| other.id != record.id).filter_map(net);
                let inside = |outer: Option<ipnet::IpNet>, inner: Option<ipnet::IpNet>| {
                    outer.zip(inner).is_some_and(|(outer, inner)| outer.contains(&inner))
                };
                vec![
                    ("family", family(record.text("prefix"))),
                    ("scope", self.assigned(record, "scope_type", "scope_id")),
                    ("children", json!(others().filter(|other| inside(own, Some(*other))).count())),
                    ("_depth", json!(others().filter(|other| inside(Some(*other), own)).count())),
                ]
            }
            Kind::Cluster => {
                let machines = || store.all(Kind::VirtualMachine).filter(|vm| vm.is("cluster", record.id));
                let sum = |name: &'static str| json!(machines().filter_map(|vm| vm.number(name)).sum::<u64>());
                let vcpus: f64 = machines().filter_map(|vm| vm.text("vcpus").parse::<f64>().ok()).sum();
                vec![
                    ("scope", self.assigned(record, "scope_type", "scope_id")),
                    ("device_count", count(Kind::Device, "cluster")),
                    ("virtualmachine_count", json!(machines().count())),
                    ("allocated_vcpus", json!(vcpus)),
                    ("allocated_memory", sum("memory")),
                    ("allocated_disk", sum("disk")),
                ]
            }
            Kind::ClusterType => vec![("cluster_count", count(Kind::Cluster, "type"))],
            Kind::ClusterGroup => vec![("cluster_count", count(Kind::Cluster, "group"))],
            Kind::VirtualMachineType => {
                vec![("virtual_machine_count", count(Kind::VirtualMachine, "virtual_machine_type"))]
            }
            // Always 0 where it is nested (seen).
            Kind::DeviceRole | Kind::Platform => {
                vec![("device_count", json!(0)), ("virtualmachine_count", json!(0)), ("_depth", json!(0))]
            }
            Kind::ChoiceSet => {
                vec![("choices_count", json!(record.value("extra_choices").as_array().map_or(0, Vec::len)))]
            }
            Kind::CustomField => vec![("data_type", json!(custom_fields::data_type(record.text("type"))))],
            Kind::JournalEntry => {
                vec![("assigned_object", self.assigned(record, "assigned_object_type", "assigned_object_id"))]
            }
            Kind::Tag => vec![("tagged_items", json!(self.tagged(record.id)))],
            Kind::Token => tokens::shown(self.version, record),
            Kind::EventRule => vec![("action_object", self.assigned(record, "action_object_type", "action_object_id"))],
            Kind::ObjectChange => {
                vec![("changed_object", self.assigned(record, "changed_object_type", "changed_object_id"))]
            }
            _ => Vec::new(),
        }
    }
}

/// The label of a choice; NetBox would show an unknown one as it is.
pub(super) fn label(kind: Kind, column: &str, chosen: &str) -> String {
    match model(kind).column(column).map(|column| column.holds) {
        Some(Holds::Choice(choices)) => {
            choices.iter().find(|(value, _)| *value == chosen).map_or(chosen, |(_, label)| *label).to_owned()
        }
        _ => chosen.to_owned(),
    }
}

fn family(address: &str) -> Value {
    if address.contains(':') { json!({"value": 6, "label": "IPv6"}) } else { json!({"value": 4, "label": "IPv4"}) }
}

/// "virtualization" → "Virtualization".
pub(super) fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
