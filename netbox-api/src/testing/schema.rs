//! How an object type of NetBox is described here: its address, its columns, what refers to what.
//!
//! **Invariant:** a rule that holds for every object type lives in the code that reads these descriptions; what is true of one type only
//! is a line in `models.rs` or a function in `rules.rs`.

use serde_json::{Value, json};

/// The object types this NetBox knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    VirtualMachine,
    VirtualDisk,
    VmInterface,
    Cluster,
    ClusterType,
    ClusterGroup,
    VirtualMachineType,
    IpAddress,
    Prefix,
    Vlan,
    Vrf,
    MacAddress,
    Site,
    DeviceRole,
    Manufacturer,
    DeviceType,
    Device,
    Platform,
    Tenant,
    Tag,
    JournalEntry,
    CustomField,
    ChoiceSet,
    Webhook,
    EventRule,
    ObjectChange,
    User,
    Permission,
    Token,
    Branch,
    Job,
    SavedFilter,
    CustomLink,
}

/// What happens to a row when the row it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnDelete {
    /// The deletion is refused (409).
    Protect,
    /// The reference becomes null, silently.
    SetNull,
    /// The row goes too; the order is in `cascade.rs`.
    Cascade,
}

/// What a column holds, hence how it is written, stored and shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    Text {
        max: usize,
    },
    Int {
        min: i64,
        max: i64,
    },
    /// vcpus: two decimals, stored as text ("2.50"), shown as a number.
    Decimal,
    Bool,
    Choice(&'static [(&'static str, &'static str)]),
    Ref(Kind, OnDelete),
    Refs(Kind),
    /// `app.model`; the other half of a generic reference is an `ObjectId`.
    ContentType,
    ContentTypes,
    ObjectId,
    /// An address with its mask.
    Address,
    Prefix,
    Mac,
    Json,
    /// Always null here: of no use to a bridge, but it is in the payload.
    Null,
}

/// A default, before it is a JSON value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal {
    Null,
    Text(&'static str),
    Int(i64),
    Bool(bool),
    EmptyList,
    EmptyObject,
}

impl Literal {
    pub(super) fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => json!(text),
            Self::Int(number) => json!(number),
            Self::Bool(flag) => json!(flag),
            Self::EmptyList => json!([]),
            Self::EmptyObject => json!({}),
        }
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) required: bool,
    pub(super) nullable: bool,
    pub(super) default: Literal,
    /// `PUT` puts it back to null when it is not mentioned (seen: 4.7.3, fields whose serializer has a default).
    pub(super) reset_by_put: bool,
}

impl Column {
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self.nullable = false;
        self
    }

    pub(super) const fn default(mut self, default: Literal) -> Self {
        self.default = default;
        self.nullable = matches!(default, Literal::Null);
        self
    }

    pub(super) const fn reset_by_put(mut self) -> Self {
        self.reset_by_put = true;
        self
    }
}

const fn column(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, required: false, nullable: true, default: Literal::Null, reset_by_put: false }
}

pub(super) const fn text(name: &'static str, max: usize) -> Column {
    column(name, Holds::Text { max }).default(Literal::Text(""))
}

pub(super) const fn int(name: &'static str, min: i64, max: i64) -> Column {
    column(name, Holds::Int { min, max })
}

pub(super) const fn decimal(name: &'static str) -> Column {
    column(name, Holds::Decimal)
}

pub(super) const fn flag(name: &'static str, default: bool) -> Column {
    column(name, Holds::Bool).default(Literal::Bool(default))
}

pub(super) const fn choice(
    name: &'static str,
    choices: &'static [(&'static str, &'static str)],
    default: Literal,
) -> Column {
    column(name, Holds::Choice(choices)).default(default)
}

pub(super) const fn reference(name: &'static str, to: Kind, on_delete: OnDelete) -> Column {
    column(name, Holds::Ref(to, on_delete))
}

pub(super) const fn references(name: &'static str, to: Kind) -> Column {
    column(name, Holds::Refs(to)).default(Literal::EmptyList)
}

pub(super) const fn object_type(name: &'static str) -> Column {
    column(name, Holds::ContentType)
}

pub(super) const fn object_types(name: &'static str) -> Column {
    column(name, Holds::ContentTypes).required()
}

pub(super) const fn object_id(name: &'static str) -> Column {
    column(name, Holds::ObjectId)
}

pub(super) const fn address(name: &'static str) -> Column {
    column(name, Holds::Address).required()
}

pub(super) const fn prefix(name: &'static str) -> Column {
    column(name, Holds::Prefix).required()
}

pub(super) const fn mac(name: &'static str) -> Column {
    column(name, Holds::Mac).required()
}

pub(super) const fn anything(name: &'static str) -> Column {
    column(name, Holds::Json)
}

pub(super) const fn null(name: &'static str) -> Column {
    column(name, Holds::Null)
}

/// One object type.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) kind: Kind,
    /// As in `object_type`: "virtualization".
    pub(super) app: &'static str,
    /// As in `object_type`: "virtualmachine".
    pub(super) model: &'static str,
    /// Under `/api/`: "virtualization/virtual-machines".
    pub(super) path: &'static str,
    /// Under `/`, for `display_url`.
    pub(super) ui: &'static str,
    /// As in a 404: "VirtualMachine".
    pub(super) class: &'static str,
    /// As in an error: "virtual machine".
    pub(super) verbose: &'static str,
    pub(super) columns: &'static [Column],
    /// What a nested object shows besides id, url and display.
    pub(super) brief: &'static [&'static str],
    /// The natural order, a `-` in front for descending.
    pub(super) order: &'static [&'static str],
    /// Columns that together are unique (the first may be alone).
    pub(super) unique: &'static [&'static [&'static str]],
    /// What another object may be found by, in a filter such as `?cluster=` or a written `{"name": …}`.
    pub(super) natural_key: &'static str,
    pub(super) taggable: bool,
    pub(super) custom_fields: bool,
    /// Whether event rules see it.
    pub(super) events: bool,
    pub(super) writable: bool,
}

impl Model {
    /// "virtualization.virtualmachine"
    pub(super) fn object_type(&self) -> String {
        format!("{}.{}", self.app, self.model)
    }

    pub(super) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
