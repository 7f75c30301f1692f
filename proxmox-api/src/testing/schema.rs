//! Parameters of methods: their types, and the texts Proxmox VE answers when one is wrong.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::formats;
use super::options;
use super::request::{RawParams, RawValue};
use crate::api::{self, Parameter, Shape};

/// Checked parameters, as text.
pub(super) type Params = BTreeMap<String, String>;

/// A text for each bad parameter.
pub(super) type Errors = BTreeMap<String, String>;

/// The text about a parameter a method does not have.
pub(super) const UNKNOWN: &str =
    "property is not defined in schema and the schema does not allow additional properties";

/// A parameter's type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `1` or `0`, nothing else.
    Bool,
    /// An integer with its bounds.
    Int(i64, i64),
    /// A number with its bounds.
    Number(f64, f64),
    /// Any text of at most that many characters.
    Text(usize),
    /// One of these.
    Enum(&'static [&'static str]),
    /// A list of option names; JSON arrays are accepted.
    List,
    /// Several values. (Checked, they are separated by NUL.)
    Array,
    DnsName,
    Vmid,
    Storage,
    Tags,
    UrlEncoded,
    Memory,
    IpConfig,
    /// `order=2,up=30,down=60`, or a part of it.
    Startup,
    /// `+`, digits, fraction, unit.
    Size,
    /// A drive slot that can be resized.
    Slot,
    Net,
    Drive,
    /// The same three of a container.
    MountSlot,
    LxcNet,
    Mount,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Param {
    pub(super) name: &'static str,
    /// How many there are of a numbered one: 31 for `scsi0` … `scsi30`.
    pub(super) count: Option<u32>,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// An optional parameter.
pub(super) const fn opt(name: &'static str, kind: Kind) -> Param {
    Param { name, count: None, kind, required: false }
}

/// A required parameter.
pub(super) const fn req(name: &'static str, kind: Kind) -> Param {
    Param { name, count: None, kind, required: true }
}

/// `name0` … `name(count-1)`.
pub(super) const fn numbered(name: &'static str, count: u32, kind: Kind) -> Param {
    Param { name, count: Some(count), kind, required: false }
}

impl Param {
    pub(super) fn names(&self, key: &str) -> bool {
        match self.count {
            None => key == self.name,
            Some(count) => key.strip_prefix(self.name).is_some_and(|n| {
                n.bytes().all(|b| b.is_ascii_digit())
                    && !(n.len() > 1 && n.starts_with('0'))
                    && n.parse::<u32>().is_ok_and(|n| n < count)
            }),
        }
    }
}

/// The parameter of that name in several tables.
pub(super) fn find<'a>(tables: &[&'a [Param]], key: &str) -> Option<&'a Param> {
    tables.iter().flat_map(|t| t.iter()).find(|p| p.names(key))
}

/// Checks all parameters at once; the errors are of all bad ones.
pub(super) fn check(tables: &[&[Param]], raw: &RawParams) -> Result<Params, Errors> {
    let mut params = Params::new();
    let mut errors = BTreeMap::new();
    for (key, value) in raw {
        let Some(param) = find(tables, key) else {
            errors.insert(key.clone(), UNKNOWN.to_owned());
            continue;
        };
        match checked(key, param.kind, value) {
            Ok(text) => {
                params.insert(key.clone(), text);
            }
            Err(text) => {
                errors.insert(key.clone(), text);
            }
        }
    }
    for param in tables.iter().flat_map(|t| t.iter()).filter(|p| p.required) {
        if !raw.contains_key(param.name) {
            errors.insert(param.name.into(), "property is missing and it is not optional".into());
        }
    }
    if errors.is_empty() { Ok(params) } else { Err(errors) }
}

/// What the schema says of a method.
pub(super) fn shape(method: &'static str, path: &'static str) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<(&'static str, &'static str), Shape>> =
        LazyLock::new(|| api::shapes().into_iter().map(|shape| ((shape.method, shape.path), shape)).collect());
    SHAPES.get(&(method, path))
}

/// The same by what the schema says, which knows no formats.
pub(super) fn check_by_schema(method: &'static str, path: &'static str, raw: &RawParams) -> Result<Params, Errors> {
    let parameters = shape(method, path).map_or(&[][..], |shape| shape.parameters);
    let table: Vec<Param> = parameters.iter().map(Param::from).collect();
    check(&[&table], raw)
}

impl From<&Parameter> for Param {
    fn from(parameter: &Parameter) -> Self {
        let kind = match parameter.kind {
            api::Kind::Bool => Kind::Bool,
            api::Kind::Int { min, max } => Kind::Int(min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX)),
            api::Kind::Number => Kind::Number(f64::MIN, f64::MAX),
            api::Kind::OneOf(words) => Kind::Enum(words),
            api::Kind::List => Kind::List,
            api::Kind::Array => Kind::Array,
            api::Kind::Text | api::Kind::Numbered => Kind::Text(usize::MAX),
        };
        let numbered = parameter.name.strip_suffix("[n]");
        let count = numbered.map(|_| u32::from(u16::MAX));
        Self { name: numbered.unwrap_or(parameter.name), count, kind, required: parameter.required }
    }
}

fn checked(key: &str, kind: Kind, value: &RawValue) -> Result<String, String> {
    let type_name = match kind {
        Kind::Bool => "boolean",
        Kind::Int(..) | Kind::Vmid => "integer",
        Kind::Number(..) => "number",
        _ => "string",
    };
    let text = match (value, kind) {
        (RawValue::One(text), _) => text.clone(),
        (RawValue::Many(items), Kind::Array) => items.join("\0"),
        (RawValue::Many(items), Kind::List | Kind::Tags) => items.join(","),
        (RawValue::Many(_), _) => return Err(format!("type check ('{type_name}') failed - got ARRAY")),
        (RawValue::Hash, _) => return Err(format!("type check ('{type_name}') failed - got HASH")),
    };
    match verify(key, kind, &text) {
        None => Ok(text),
        Some(error) => Err(error),
    }
}

/// The error about a value, or nothing.
pub(super) fn verify(key: &str, kind: Kind, text: &str) -> Option<String> {
    let got = |name: &str| Some(format!("type check ('{name}') failed - got '{text}'"));
    let format = |what: &str| Some(format!("invalid format - {what}\n"));
    match kind {
        Kind::Bool if !matches!(text, "0" | "1") => got("boolean"),
        Kind::Int(min, max) => match text.parse::<i64>() {
            Err(_) => got("integer"),
            Ok(n) => bounds(n as f64, min as f64, max as f64),
        },
        Kind::Number(min, max) => match text.parse::<f64>() {
            Err(_) => got("number"),
            Ok(n) => bounds(n, min, max),
        },
        Kind::Vmid => match text.parse::<i64>() {
            Err(_) => got("integer"),
            Ok(100..=999_999_999) => None,
            Ok(_) => format("value does not look like a valid VM ID"),
        },
        Kind::Text(max) if text.chars().count() > max => Some(format!("value may only be {max} characters long")),
        Kind::Enum(values) if !values.contains(&text) => {
            Some(format!("value '{text}' does not have a value in the enumeration '{}'", values.join(", ")))
        }
        Kind::Slot => one_of(text, options::qemu::slots()),
        Kind::MountSlot => one_of(text, options::lxc::slots()),
        Kind::DnsName if !formats::is_dns_name(text) => format("value does not look like a valid DNS name"),
        Kind::Storage if !is_storage_id(text) => format(&format!("storage ID '{text}' contains illegal characters")),
        Kind::Tags if !formats::are_tags(text) => format("invalid characters in tag"),
        Kind::UrlEncoded if !formats::is_urlencoded(text) => format(&format!("invalid urlencoded string: {text}")),
        Kind::Memory => {
            let number = text.strip_prefix("current=").unwrap_or(text);
            let problem = match number.parse::<i64>() {
                Err(_) => format!("type check ('integer') failed - got '{number}'"),
                Ok(n) if n < 16 => "value must have a minimum value of 16".to_owned(),
                Ok(_) => return None,
            };
            format(&format!("format error\n{key}.current: {problem}"))
        }
        Kind::IpConfig => lines(formats::ipconfig_errors(key, text)),
        Kind::Startup if !formats::is_startup(text) => format("unable to parse startup options"),
        Kind::Net => lines(options::qemu::net_errors(key, text)),
        Kind::Drive => lines(options::qemu::drive_errors(key, text)),
        Kind::LxcNet => lines(options::lxc::net_errors(key, text)),
        Kind::Mount => lines(options::lxc::mount_errors(key, text)),
        Kind::Size if !is_resize(text) => Some("value does not match the regex pattern".into()),
        _ => None,
    }
}

fn one_of(text: &str, slots: impl Iterator<Item = String>) -> Option<String> {
    let slots: Vec<String> = slots.collect();
    let known = slots.iter().any(|slot| slot == text);
    (!known).then(|| format!("value '{text}' does not have a value in the enumeration '{}'", slots.join(", ")))
}

fn bounds(number: f64, min: f64, max: f64) -> Option<String> {
    if number < min {
        Some(format!("value must have a minimum value of {min}"))
    } else if number > max {
        Some(format!("value must have a maximum value of {max}"))
    } else {
        None
    }
}

fn lines(errors: Vec<String>) -> Option<String> {
    (!errors.is_empty()).then(|| format!("invalid format - format error\n{}\n", errors.join("\n")))
}

fn is_storage_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 2
        && bytes[0].is_ascii_alphabetic()
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

fn is_resize(text: &str) -> bool {
    formats::parse_size(text.strip_prefix('+').unwrap_or(text)).is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn errors(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let raw = pairs.iter().map(|(k, v)| ((*k).to_owned(), RawValue::One((*v).to_owned()))).collect();
        check(&[options::qemu::CONFIG], &raw).unwrap_err()
    }

    #[test]
    fn all_bad_parameters_are_reported_at_once_in_the_words_of_the_original() {
        let errors = errors(&[
            ("cores", "abc"),
            ("memory", "1"),
            ("onboot", "maybe"),
            ("net0", "nope"),
            ("nosuch", "1"),
            ("name", "bad_name!"),
            ("tags", "bad!tag"),
            ("ipconfig0", "ip=999.1.1.1"),
            ("scsi3", "local:1,format=zip"),
        ]);
        assert_eq!(errors.len(), 9);
        assert_eq!(errors["cores"], "type check ('integer') failed - got 'abc'");
        assert_eq!(
            errors["memory"],
            "invalid format - format error\nmemory.current: value must have a minimum value of 16\n"
        );
        assert_eq!(errors["onboot"], "type check ('boolean') failed - got 'maybe'");
        assert!(errors["net0"].starts_with("invalid format - format error\nnet0.model: value 'nope' does not have"));
        assert_eq!(errors["nosuch"], UNKNOWN);
        assert_eq!(errors["name"], "invalid format - value does not look like a valid DNS name\n");
        assert_eq!(
            errors["ipconfig0"],
            "invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 \
             network configuration\n\n"
        );
        assert_eq!(
            errors["scsi3"],
            "invalid format - format error\nscsi3.format: value 'zip' does not have a value in the enumeration \
             'raw, qcow, qed, qcow2, vmdk, cloop'\n"
        );
    }

    #[test]
    fn numbered_options_end_where_the_bus_ends() {
        for (known, unknown) in [("scsi30", "scsi31"), ("ide3", "ide4"), ("net31", "net32"), ("unused255", "scsi01")] {
            assert!(find(&[options::qemu::CONFIG], known).is_some(), "{known}");
            assert!(find(&[options::qemu::CONFIG], unknown).is_none(), "{unknown}");
        }
    }
}
