//! From the schema of the API (`apidata.json` of Proxmox VE's documentation package) to the files in `src/api/`.
//!
//! Names, types, bounds and enumerations are facts and are taken over; the schema's sentences are not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Parts of the API that have a file of their own: the beginnings of paths, and the rest of the cluster and the nodes.
const MODULES: &[&str] = &[
    "/access",
    "/cluster",
    "/cluster/acme",
    "/cluster/firewall",
    "/cluster/ha",
    "/cluster/mapping",
    "/cluster/notifications",
    "/cluster/sdn",
    "/nodes",
    "/nodes/{node}/ceph",
    "/nodes/{node}/disks",
    "/nodes/{node}/lxc",
    "/nodes/{node}/qemu",
    "/nodes/{node}/storage",
    "/pools",
    "/storage",
    "/version",
];

/// Enumerations that are longer than this are text: time zones, disk slots.
const LONGEST_ENUM: usize = 240;

const WIDTH: usize = 120;

/// The files by name, of all operations of the schema, and how many operations these are.
pub(crate) fn generate(schema: &Value) -> (BTreeMap<String, String>, usize) {
    let mut operations = Vec::new();
    collect(schema, &mut operations);
    operations
        .sort_by_key(|it| (it.path.clone(), ["GET", "POST", "PUT", "DELETE"].iter().position(|m| *m == it.method)));
    let mut files: BTreeMap<String, String> = MODULES.iter().map(|prefix| (file(prefix), head(prefix))).collect();
    for operation in &operations {
        let prefix = MODULES.iter().filter(|prefix| operation.is_below(prefix)).max_by_key(|prefix| prefix.len());
        let prefix = prefix.unwrap_or_else(|| panic!("no module for {}", operation.path));
        files.entry(file(prefix)).or_default().push_str(&operation.written(prefix));
    }
    files.values_mut().for_each(|text| text.push_str("}\n"));
    (files, operations.len())
}

fn head(prefix: &str) -> String {
    format!(
        "//! `{prefix}`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.\n\noperations! {{\n"
    )
}

fn file(prefix: &str) -> String {
    let parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).collect();
    format!("{}.rs", parts.join("_"))
}

struct Operation<'a> {
    path: String,
    method: String,
    properties: BTreeMap<&'a str, &'a Value>,
}

fn collect<'a>(nodes: &'a Value, operations: &mut Vec<Operation<'a>>) {
    for node in nodes.as_array().into_iter().flatten() {
        for (method, info) in node["info"].as_object().into_iter().flatten() {
            let properties = info["parameters"]["properties"].as_object().into_iter().flatten();
            operations.push(Operation {
                path: node["path"].as_str().unwrap_or_default().to_owned(),
                method: method.clone(),
                properties: properties.map(|(name, property)| (name.as_str(), property)).collect(),
            });
        }
        collect(&node["children"], operations);
    }
}

impl Operation<'_> {
    fn is_below(&self, prefix: &str) -> bool {
        self.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// `PostVmidClone`: the method, and the path below the module's.
    fn name(&self, prefix: &str) -> String {
        let rest = self.path[prefix.len()..].split(|c: char| !c.is_ascii_alphanumeric());
        std::iter::once(self.method.as_str()).chain(rest).map(capitalised).collect()
    }

    fn variables(&self) -> Vec<&str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// `force_stop["forceStop"]: bool`
    fn parameter(&self, name: &str, property: &Value) -> String {
        let mut identifier = identifier(name);
        if name.strip_suffix("[n]").is_some_and(|alone| self.properties.contains_key(alone)) {
            identifier.push_str("_n");
        }
        let wire = if identifier == name { String::new() } else { format!("[{name:?}]") };
        format!("{identifier}{wire}: {}", kind(name, property))
    }

    fn written(&self, prefix: &str) -> String {
        let variables = self.variables();
        let others = || self.properties.iter().filter(|(name, _)| !variables.contains(name));
        let needed: Vec<String> =
            others().filter(|(_, it)| !is_optional(it)).map(|(n, it)| self.parameter(n, it)).collect();
        let optional: Vec<String> =
            others().filter(|(_, it)| is_optional(it)).map(|(n, it)| self.parameter(n, it)).collect();
        let mut arguments = variables.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(" ");
        if !needed.is_empty() {
            let _ = write!(arguments, "; {}", needed.join(", "));
        }
        let line = format!("    {}: {} \"{}\" ({arguments}) {{", self.name(prefix), self.method, self.path);
        if optional.is_empty() {
            return format!("{line}}}\n");
        }
        let one = format!("{line} {} }}\n", optional.join(", "));
        if one.len() <= WIDTH { one } else { format!("{line}\n{}    }}\n", wrapped(&optional)) }
    }
}

fn is_optional(property: &Value) -> bool {
    property["optional"].as_u64() == Some(1)
}

/// Items separated by commas, in lines that are not too long.
fn wrapped(items: &[String]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for item in items {
        if !line.is_empty() && 9 + line.len() + item.len() > WIDTH {
            let _ = writeln!(text, "       {line}");
            line.clear();
        }
        let _ = write!(line, " {item},");
    }
    let _ = writeln!(text, "       {line}");
    text
}

fn kind(name: &str, property: &Value) -> String {
    let bound = |key: &str| property[key].as_i64().map(|bound| bound.to_string()).unwrap_or_default();
    let words: Vec<&str> = property["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let words: Vec<String> =
        words.into_iter().filter(|word| !word.is_empty()).map(|word| format!("{word:?}")).collect();
    let words = words.join(" ");
    match property["type"].as_str().unwrap_or_default() {
        _ if name.ends_with("[n]") => "numbered".into(),
        "boolean" => "bool".into(),
        "integer" => match (bound("minimum"), bound("maximum")) {
            (min, max) if min.is_empty() && max.is_empty() => "int".into(),
            (min, max) if max.is_empty() => format!("int({min}..)"),
            (min, max) => format!("int({min}..={max})"),
        },
        "number" => "number".into(),
        "array" => "array".into(),
        _ if !words.is_empty() && words.len() <= LONGEST_ENUM => format!("one_of({words})"),
        _ if property["format"].as_str().is_some_and(|format| format.ends_with("-list")) => "list".into(),
        _ => "text".into(),
    }
}

/// A parameter's name as Rust writes it.
fn identifier(name: &str) -> String {
    let mut snake = String::new();
    for c in name.trim_end_matches("[n]").chars() {
        match c {
            '-' => snake.push('_'),
            _ if c.is_ascii_uppercase() => snake.extend(['_', c.to_ascii_lowercase()]),
            _ => snake.push(c),
        }
    }
    match snake.as_str() {
        "type" => "kind".into(),
        "macro" => "macro_name".into(),
        _ => snake,
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let rest = |letters: std::str::Chars<'_>| letters.as_str().to_ascii_lowercase();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + &rest(letters)).unwrap_or_default()
}
