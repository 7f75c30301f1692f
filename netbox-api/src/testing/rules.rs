//! What NetBox checks of a whole object before it saves it, and what it fills in (texts seen: 4.7.3, where not marked "source").

use serde_json::{Value, json};

use super::custom_fields::{Errors, OPEN, choices, one};
use super::index::Text;
use super::models::{by_object_type, model};
use super::represent::title;
use super::schema::Kind;
use super::store::{Record, Store};

/// `old` is none for a creation.
pub(super) fn check(store: &Store, kind: Kind, old: Option<&Record>, new: &mut Record) -> Result<(), Errors> {
    match kind {
        Kind::VirtualMachine => virtual_machine(store, old, new)?,
        Kind::VmInterface => interface(store, new)?,
        Kind::IpAddress => address(store, old, new)?,
        Kind::MacAddress => assigned(store, new, "assigned_object_id")?,
        Kind::JournalEntry => journal_entry(store, new)?,
        Kind::ChoiceSet => choice_set(store, old, new)?,
        Kind::CustomField => custom_field(new)?,
        Kind::Cluster => cluster(store, new)?,
        Kind::User if old.is_none() => user(new)?,
        _ => {}
    }
    unique(store, kind, new)
}

fn unique(store: &Store, kind: Kind, new: &Record) -> Result<(), Errors> {
    let model = model(kind);
    for columns in model.unique {
        let same = |other: &Record| {
            other.id != new.id && columns.iter().all(|column| other.value(column) == new.value(column))
        };
        let null = columns.iter().any(|column| new.value(column).is_null());
        let taken = || match columns.first().and_then(|column| Some((*column, new.number(column)?))) {
            Some((column, id)) => store.having(kind, column, id).any(same),
            None => store.all(kind).any(same),
        };
        if null || !taken() {
            continue;
        }
        return Err(match columns {
            [column] => one(column, &format!("{} with this {} already exists.", model.verbose, column)),
            several => {
                let named: Vec<_> = several.iter().map(|column| title(&column.replace('_', " "))).collect();
                one("__all__", &format!("{} with this {} already exists.", title(model.verbose), named.join(" and ")))
            }
        });
    }
    Ok(())
}

fn virtual_machine(store: &Store, old: Option<&Record>, new: &mut Record) -> Result<(), Errors> {
    let named = |kind: Kind, id: Option<u64>| id.and_then(|id| store.get(kind, id));
    if let (None, Some(preset)) = (old, named(Kind::VirtualMachineType, new.number("virtual_machine_type"))) {
        for (column, default) in
            [("vcpus", "default_vcpus"), ("memory", "default_memory"), ("platform", "default_platform")]
        {
            if new.value(column).is_null() {
                new.set(column, preset.value(default).clone());
            }
        }
    }
    let cluster = named(Kind::Cluster, new.number("cluster"));
    let scope = cluster
        .filter(|cluster| cluster.text("scope_type") == "dcim.site")
        .and_then(|cluster| cluster.number("scope_id"));
    let device = named(Kind::Device, new.number("device"));
    if cluster.is_none() && device.is_none() && new.value("site").is_null() {
        return Err(one("__all__", "A virtual machine must be assigned to a site, cluster, or device."));
    }
    if let (Some(cluster), Some(scope)) = (cluster, scope) {
        if new.value("site").is_null() {
            new.set("site", scope);
        } else if !new.is("site", scope) {
            let site = named(Kind::Site, new.number("site")).map_or("", |site| site.text("name"));
            return Err(one(
                "cluster",
                &format!("The selected cluster ({}) is not assigned to this site ({site}).", cluster.text("name")),
            ));
        }
    }
    if let Some(device) = device {
        let home = named(Kind::Cluster, device.number("cluster"));
        match (home, cluster) {
            (Some(home), None) => {
                let text = format!(
                    "Must specify the assigned device's cluster ({}) when assigning host device {}.",
                    home.text("name"),
                    device.text("name")
                );
                return Err(one("cluster", &text));
            }
            (home, Some(cluster)) if home.map(|home| home.id) != Some(cluster.id) => {
                let text = format!(
                    "The selected device ({}) is not assigned to this cluster ({}).",
                    device.text("name"),
                    cluster.text("name")
                );
                return Err(one("device", &text));
            }
            _ => {}
        }
        if new.value("site").is_null() {
            new.set("site", device.value("site").clone());
        }
    }
    disk_matches_disks(store, new)?;
    primary_addresses(store, new)?;
    let same = |other: &Record| {
        let place = ["cluster", "tenant"].iter().all(|column| other.value(column) == new.value(column));
        other.id != new.id && place
    };
    let name = new.text("name").to_lowercase();
    if cluster.is_some() && store.with(Kind::VirtualMachine, Text::Name, &name).any(same) {
        return Err(one("__all__", "Virtual machine name must be unique per cluster and tenant."));
    }
    Ok(())
}

/// The name is unique in a site; in a group too, which is in the table (source; the text is believed).
fn cluster(store: &Store, new: &Record) -> Result<(), Errors> {
    let here =
        |record: &Record| record.text("scope_type") == "dcim.site" && record.value("scope_id") == new.value("scope_id");
    let name = |record: &Record| record.text("name").to_lowercase();
    let same = |other: &Record| other.id != new.id && here(other) && name(other) == name(new);
    if here(new) && store.all(Kind::Cluster).any(same) {
        return Err(one("__all__", "Cluster with this  site and Name already exists."));
    }
    Ok(())
}

/// While a machine has disks its own `disk` must be their sum, even if nobody wrote it; null is filled in.
fn disk_matches_disks(store: &Store, new: &mut Record) -> Result<(), Errors> {
    let sum: u64 = store.of_vm(Kind::VirtualDisk, new.id).filter_map(|disk| disk.number("size")).sum();
    if new.id == 0 || sum == 0 {
        return Ok(());
    }
    match new.number("disk") {
        None => new.set("disk", sum),
        Some(disk) if disk != sum => {
            let text = format!(
                "The specified disk size ({disk}) must match the aggregate size of assigned virtual disks ({sum})."
            );
            return Err(one("disk", &text));
        }
        Some(_) => {}
    }
    Ok(())
}

fn primary_addresses(store: &Store, new: &Record) -> Result<(), Errors> {
    for (column, family, other) in [("primary_ip4", 4, 6), ("primary_ip6", 6, 4)] {
        let Some(address) = new.number(column).and_then(|id| store.get(Kind::IpAddress, id)) else { continue };
        let text = address.text("address");
        if text.contains(':') != (family == 6) {
            return Err(one(column, &format!("Must be an IPv{family} address. ({text} is an IPv{other} address.)")));
        }
        let inside = address.number("nat_inside").and_then(|id| store.get(Kind::IpAddress, id));
        let here = |record: &Record| new.id != 0 && store.vm_of_assigned(record) == Some(new.id);
        if !here(address) && !inside.is_some_and(here) {
            return Err(one(column, &format!("The specified IP address ({text}) is not assigned to this VM.")));
        }
    }
    Ok(())
}

fn interface(store: &Store, new: &mut Record) -> Result<(), Errors> {
    let mac = new.number("primary_mac_address").and_then(|id| store.get(Kind::MacAddress, id));
    if let Some(mac) = mac.filter(|mac| !mac.assigned_to("virtualization.vminterface", new.id)) {
        // Source.
        return Err(one(
            "primary_mac_address",
            &format!("MAC address {} is not assigned to this interface.", mac.text("mac_address")),
        ));
    }
    for column in ["parent", "bridge"] {
        let other = new.number(column).and_then(|id| store.get(Kind::VmInterface, id));
        if let Some(other) = other.filter(|other| other.value("virtual_machine") != new.value("virtual_machine")) {
            let text = format!(
                "The selected {column} interface ({}) belongs to a different virtual machine.",
                other.text("name")
            );
            return Err(one(column, &text));
        }
    }
    // Source.
    if new.value("mode").is_null() && !new.value("untagged_vlan").is_null() {
        return Err(one("untagged_vlan", "Interface mode does not support an untagged vlan."));
    }
    if new.text("mode") != "tagged" && new.value("tagged_vlans").as_array().is_some_and(|vlans| !vlans.is_empty()) {
        return Err(one("tagged_vlans", "Interface mode does not support including tagged vlans."));
    }
    Ok(())
}

fn address(store: &Store, old: Option<&Record>, new: &mut Record) -> Result<(), Errors> {
    let lower = new.text("dns_name").to_lowercase();
    new.set("dns_name", lower);
    assigned(store, new, "assigned_object_id")?;
    if let Some(old) = old {
        let (was, is) = (store.vm_of_assigned(old), store.vm_of_assigned(new));
        if was.is_some_and(|vm| store.with_primary(old.id).contains(&vm)) && was != is {
            let text = "Cannot reassign IP address while it is designated as the primary IP for the parent object";
            return Err(one("__all__", text));
        }
    }
    let host = new.text("address").split('/').next().unwrap_or_default().to_owned();
    let shared = |record: &Record| matches!(record.text("role"), "anycast" | "vip" | "vrrp" | "hsrp" | "glbp" | "carp");
    let same = |other: &&Record| other.id != new.id && other.value("vrf") == new.value("vrf") && !shared(other);
    let mut twins = store.with(Kind::IpAddress, Text::Host, &host);
    let Some(twin) = twins.find(same).filter(|_| !shared(new)) else { return Ok(()) };
    let table = match new.number("vrf").and_then(|id| store.get(Kind::Vrf, id)) {
        None => "global table".to_owned(),
        Some(vrf) if vrf.value("enforce_unique") == &json!(true) => format!("VRF {}", vrf.text("name")),
        Some(_) => return Ok(()),
    };
    Err(one("address", &format!("Duplicate IP address found in {table}: {}", twin.text("address"))))
}

/// A generic reference leads to something, or is wholly null.
fn assigned(store: &Store, new: &Record, field: &str) -> Result<(), Errors> {
    if new.value("assigned_object_type").is_null() && new.value("assigned_object_id").is_null() {
        return Ok(());
    }
    let to = by_object_type(new.text("assigned_object_type"));
    let found = to.zip(new.number("assigned_object_id")).and_then(|(to, id)| store.get(to.kind, id));
    if found.is_some() { Ok(()) } else { Err(one(field, "Invalid assigned object: it does not exist.")) }
}

fn journal_entry(store: &Store, new: &Record) -> Result<(), Errors> {
    assigned(store, new, "x").map_err(|_| {
        let named = by_object_type(new.text("assigned_object_type"))
            .map_or_else(String::new, |to| format!("{} | {}", title(to.app), to.verbose));
        one("non_field_errors", &format!("Invalid assigned_object: {named} ID {}", new.value("assigned_object_id")))
    })
}

fn choice_set(store: &Store, old: Option<&Record>, new: &mut Record) -> Result<(), Errors> {
    let pairs = new.value("extra_choices").as_array().filter(|pairs| !pairs.is_empty());
    if pairs.is_none_or(|pairs| pairs.iter().any(|pair| pair.as_array().is_none_or(|pair| pair.len() != 2))) {
        return Err(one("extra_choices", "Must define base or extra choices."));
    }
    let Some(old) = old.filter(|old| old.value("extra_choices") != new.value("extra_choices")) else { return Ok(()) };
    new.values.remove(OPEN);
    let removed: Vec<&str> =
        choices(old).map(|(value, _)| value).filter(|value| !choices(new).any(|(kept, _)| kept == *value)).collect();
    for field in store.all(Kind::CustomField).filter(|field| field.is("choice_set", new.id)) {
        let types = field.value("object_types").as_array().map_or(&[][..], Vec::as_slice);
        for described in types.iter().filter_map(|name| by_object_type(name.as_str()?)) {
            let used = |value: &&&str| {
                let holds = |raw: &Value| {
                    raw.as_str() == Some(**value) || raw.as_array().is_some_and(|list| list.contains(&json!(value)))
                };
                store.all(described.kind).any(|record| record.custom_fields.get(field.text("name")).is_some_and(holds))
            };
            if let Some(value) = removed.iter().find(used) {
                let objects = format!("{} | {}", title(described.app), described.verbose);
                return Err(one(
                    "__all__",
                    &format!("Cannot remove choice {value} as there are {objects} objects which reference it."),
                ));
            }
        }
    }
    Ok(())
}

/// Django's and NetBox's validators of passwords (documentation; the texts are believed).
fn user(new: &Record) -> Result<(), Errors> {
    let password = new.text("password");
    let has = |of: fn(&char) -> bool| password.chars().any(|c| of(&c));
    if password.chars().count() < 12 {
        return Err(one("password", "This password is too short. It must contain at least 12 characters."));
    }
    if !has(char::is_ascii_digit) || !has(char::is_ascii_uppercase) || !has(char::is_ascii_lowercase) {
        return Err(one(
            "password",
            "Password must have at least one numeral, one uppercase letter and one lowercase letter.",
        ));
    }
    Ok(())
}

fn custom_field(new: &Record) -> Result<(), Errors> {
    let selects = matches!(new.text("type"), "select" | "multiselect");
    match (selects, new.value("choice_set").is_null()) {
        (true, true) => Err(one("choice_set", "Selection fields must specify a set of choices.")),
        (false, false) => Err(one("choice_set", "Choices may be set only on selection fields.")),
        _ if new.text("name").chars().any(|c| !c.is_ascii_alphanumeric() && c != '_') => {
            Err(one("name", "Only alphanumeric characters and underscores are allowed."))
        }
        _ => Ok(()),
    }
}
