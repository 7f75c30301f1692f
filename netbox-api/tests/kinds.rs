//! Every kind has the fields and filters that NetBox 4.7.3 has, and COVERAGE.md tells what there is.
//!
//! A filter that NetBox does not know lists everything, so a name that is wrong is worse than none. `kinds/netbox-4.7.3.txt` has the fields and filters
//! of its REST API, taken from its own tables. With `UPDATE_EXPECT` set, COVERAGE.md is written anew.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use netbox_api::client::*;
use netbox_api::*;
use serde::Serialize;

/// What this crate has of one kind.
struct Kind {
    name: &'static str,
    path: &'static str,
    written: bool,
    fields: BTreeSet<String>,
    filters: &'static [&'static str],
}

fn kind<T: Resource + Default + Serialize>(name: &'static str, written: bool) -> Kind {
    let shown = serde_json::to_value(T::default()).unwrap();
    let fields = shown.as_object().unwrap().keys().cloned().collect();
    Kind { name, path: T::PATH, written, fields, filters: <T::Filter as Filter>::NAMES }
}

fn kinds() -> Vec<Kind> {
    fn writable<T: Writable + Default + Serialize>(name: &'static str) -> Kind {
        kind::<T>(name, true)
    }
    macro_rules! all {
        (written [$($written:ident)*] read [$($read:ident)*]) => {
            vec![$(writable::<$written>(stringify!($written)),)* $(kind::<$read>(stringify!($read), false),)*]
        };
    }
    let mut all = all! {
        written [
        VirtualMachine VirtualDisk VmInterface Cluster ClusterType ClusterGroup VirtualMachineType
        Region SiteGroup Site Location Rack Manufacturer DeviceType DeviceRole Platform Device DeviceInterface VirtualChassis
        InventoryItem MacAddress
        Vrf RouteTarget Rir Aggregate Role Prefix IpRange IpAddress VlanGroup Vlan Asn Service FhrpGroup
        Tenant TenantGroup Contact ContactGroup ContactRole ContactAssignment
        Tag JournalEntry CustomField CustomFieldChoiceSet Webhook EventRule ConfigContext ConfigTemplate SavedFilter CustomLink
        DataSource Branch
        ]
        read [
        ObjectChange Job Script User Group BranchChange
        ]
    };
    all.sort_by_key(|kind| kind.path);
    all
}

/// Fields and filters by path.
fn of_netbox() -> BTreeMap<&'static str, [BTreeSet<&'static str>; 2]> {
    let text = include_str!("kinds/netbox-4.7.3.txt");
    let lines: Vec<&str> = text.lines().collect();
    let words = |line: &'static str, what: &str| line.trim().strip_prefix(what).unwrap().split_whitespace().collect();
    lines.chunks(3).map(|of| (of[0], [words(of[1], "fields"), words(of[2], "filters")])).collect()
}

#[test]
fn netbox_knows_every_field_and_filter() {
    let known = of_netbox();
    // Another product's, seen in its answers.
    let core: Vec<Kind> = kinds().into_iter().filter(|kind| !kind.path.starts_with("plugins/")).collect();
    assert_eq!(core.iter().map(|kind| kind.path).collect::<BTreeSet<_>>(), known.keys().copied().collect());
    let mut wrong = Vec::new();
    for kind in &core {
        let [fields, filters] = &known[kind.path];
        // Declared for every kind; a few have none.
        let tolerated = ["created", "last_updated"];
        for field in &kind.fields {
            if !fields.contains(field.as_str()) && !tolerated.contains(&field.as_str()) {
                wrong.push(format!("{}: field {field}", kind.path));
            }
        }
        for filter in kind.filters {
            // A lookup, or an end of a range.
            let name = filter.split("__").next().unwrap();
            let name = name.strip_suffix("_after").or(name.strip_suffix("_before")).unwrap_or(name);
            if name != "custom_fields" && !filters.contains(name) {
                wrong.push(format!("{}: filter {filter}", kind.path));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn coverage_md_tells_what_there_is() {
    let known = of_netbox();
    let mut text = String::from(
        "# What of NetBox's REST API is typed\n\nMade by the test `kinds`; anything else is reached by `Client::endpoint`, `get`, `post` and \
         the like. Fields and filters are counted against NetBox 4.7.3, addresses within an answer (`url`, `display`) included.\n\n\
         | path | record | written | fields | filters |\n|---|---|---|---|---|\n",
    );
    let all = kinds();
    for Kind { name, path, written, fields, filters } in &all {
        let of = known.get(path).map(|[fields, _]| format!(" of {}", fields.len())).unwrap_or_default();
        let written = if *written { "yes" } else { "" };
        let filters: Vec<String> = filters.iter().map(|filter| format!("`{filter}`")).collect();
        writeln!(text, "| `{path}` | `{name}` | {written} | {}{of} | {} |", fields.len(), filters.join(" ")).unwrap();
    }
    writeln!(text, "\n{} kinds. Beside lists and single records, and writes of one or of several:\n", all.len())
        .unwrap();
    text += "\
| what | how |
|---|---|
| `status/` | `Client::status`, `peer`, `version` |
| `ipam/prefixes/{id}/available-ips/`, `available-prefixes/` | `Endpoint::<Prefix>::available_ips`, `allocate_ip`, `allocate_ips`, `available_prefixes`, `allocate_prefix` |
| `ipam/ip-ranges/{id}/available-ips/` | `Endpoint::<IpRange>::available_ips`, `allocate_ip` |
| `ipam/vlan-groups/{id}/available-vlans/` | `Endpoint::<VlanGroup>::available_vlans`, `allocate_vlan` |
| `extras/scripts/{id}/` | `Endpoint::<Script>::run`; its job: `Endpoint::<Job>::ended` |
| `plugins/branching/branches/{id}/sync/`, `merge/`, `revert/`, `archive/` | `Endpoint::<Branch>::sync`, `merge`, `revert`, `archive` |
| everything, as a branch has it | `Client::branch` |
| `/graphql/` | `Client::graphql` |
| any path, a plugin's too | `Client::endpoint`, `get`, `get_all`, `options`, `post`, `patch`, `delete` |
";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/COVERAGE.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "set UPDATE_EXPECT to write it anew");
}
