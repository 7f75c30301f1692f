//! Which operations have a method of their own, and which the fake serves.

use std::collections::{BTreeMap, BTreeSet};

use proxmox_api::api::shapes;
use proxmox_api::testing::{Source, served};

/// Why the fake does not serve what a typed operation asks for: by the beginning of the path, or by method and path.
const REASONS: &[(&str, &str)] = &[
    ("GET /access/groups", GROUPS),
    ("POST /access/groups", GROUPS),
    ("PUT /access/groups", GROUPS),
    ("DELETE /access/groups", GROUPS),
    ("PUT /access/password", "a password is given when the fake is built"),
    ("GET /access/roles/", ROLES),
    ("DELETE /access/roles/", ROLES),
    ("GET /access/users/", USERS),
    ("PUT /access/users/", USERS),
    ("DELETE /access/users/", USERS),
    ("GET /cluster/backup-info", "which guests a backup job reaches is not modelled"),
    ("GET /cluster/firewall/macros", "a long list that is Proxmox's own"),
    ("POST /cluster/ha/resources/", "HA moves nothing in the fake"),
    ("GET /cluster/ha/status/current", "HA's daemons do not run in the fake"),
    ("PUT /cluster/options", "no option of the data centre means anything to the fake"),
    ("GET /nodes/{node}/qemu/{vmid}/agent/", INSIDE),
    ("POST /nodes/{node}/qemu/{vmid}/agent/", INSIDE),
    ("GET /nodes/{node}/query-url-metadata", "the fake reaches no other server"),
    ("GET /nodes/{node}/replication", REPLICATION),
    ("POST /nodes/{node}/replication", REPLICATION),
    ("GET /nodes/{node}/storage/{storage}/content/{volume}", CONTENT),
    ("PUT /nodes/{node}/storage/{storage}/content/{volume}", CONTENT),
    ("POST /nodes/{node}/storage/{storage}/content", CONTENT),
    ("GET /nodes/{node}/storage/{storage}/prunebackups", PRUNED),
    ("DELETE /nodes/{node}/storage/{storage}/prunebackups", PRUNED),
    ("POST /storage", STORAGES),
    ("GET /storage/", STORAGES),
    ("PUT /storage/", STORAGES),
    ("DELETE /storage/", STORAGES),
];
const GROUPS: &str = "rights are given to users and tokens only";
const ROLES: &str = "roles are made and read as a list only";
const USERS: &str = "users are made and read as a list only";
const INSIDE: &str = "what is inside a guest is not modelled, but for `echo` and `cat`";
const REPLICATION: &str = "jobs are kept, and copy nothing";
const CONTENT: &str = "volumes are made by guests, uploads and backups";
const PRUNED: &str = "backups are kept until they are deleted";
const STORAGES: &str = "storages are given when the fake is built";

fn reason(operation: &str) -> &'static str {
    let found = REASONS.iter().find(|(start, _)| operation.starts_with(start));
    found.map_or_else(|| panic!("the fake does not serve {operation}, and no reason is given"), |(_, reason)| reason)
}

/// The first parts of a path that tell where it belongs.
fn group(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let length = match parts[0] {
        "nodes" if parts.len() > 2 => 3,
        "cluster" if parts.len() > 1 => 2,
        _ => 1,
    };
    format!("/{}", parts[..length].join("/"))
}

pub(crate) fn table(typed: &BTreeSet<(&'static str, &'static str)>) -> String {
    let served: BTreeMap<(&str, &str), Source> =
        served().into_iter().map(|endpoint| ((endpoint.path, endpoint.method), endpoint.source)).collect();
    let mut groups: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for shape in shapes() {
        let operation = (shape.path, shape.method);
        let counts = groups.entry(group(shape.path)).or_default();
        counts[0] += 1;
        counts[1] += usize::from(typed.contains(&operation));
        counts[2] += usize::from(served.contains_key(&operation));
    }
    let all = groups.values().fold([0; 3], |sum, counts| [0, 1, 2].map(|at| sum[at] + counts[at]));
    let mut text = format!(
        "# Coverage\n\nOf the {} operations that the schema of Proxmox VE 9.1 has, all are in the module `api` (features `api`, \
         `api-*`), {} have a method of\ntheir own, and the fake (feature `testing`) serves {}. This file is written by the test \
         `typed`.\n\n| part | operations | typed | in the fake |\n|---|---|---|---|\n",
        all[0], all[1], all[2]
    );
    for (group, [operations, typed, served]) in &groups {
        text += &format!("| `{group}` | {operations} | {typed} | {served} |\n");
    }
    text += "\n## Typed operations\n\nHow the fake's answer is known is in the last column: recorded from a real one, stated by the \
             schema, or believed;\nor why it has none, and tests answer with a body of their own.\n\n| operation | fake |\n|---|---|\n";
    for (path, method) in typed {
        let source = match served.get(&(*path, *method)) {
            Some(source) => format!("{source:?}").to_lowercase(),
            None => format!("none: {}", reason(&format!("{method} {path}"))),
        };
        text += &format!("| `{method} {path}` | {source} |\n");
    }
    let lacking = |start: &&(&str, &str)| {
        let of_it = |(path, method): &&(&str, &str)| format!("{method} {path}").starts_with(start.0);
        typed.iter().filter(of_it).any(|operation| !served.contains_key(operation))
    };
    let stale: Vec<_> = REASONS.iter().filter(|start| !lacking(start)).collect();
    assert!(stale.is_empty(), "served by now, or no typed operation: {stale:?}");
    text
}
