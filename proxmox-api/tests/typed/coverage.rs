//! Which operations have a method of their own, and which the fake serves.

use std::collections::{BTreeMap, BTreeSet};

use proxmox_api::api::shapes;
use proxmox_api::testing::{Source, served};

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
             schema, or believed. Where it is empty, tests\nanswer with a body of their own.\n\n| operation | fake |\n|---|---|\n";
    for (path, method) in typed {
        let source = match served.get(&(*path, *method)) {
            Some(source) => format!("{source:?}").to_lowercase(),
            None => String::new(),
        };
        text += &format!("| `{method} {path}` | {source} |\n");
    }
    text
}
