//! What a write says about a field.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// One field of a change: left as it is, cleared, or set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// Not mentioned in the request.
    #[default]
    Leave,
    /// Set to null.
    Clear,
    /// Set to a value.
    Set(T),
}

impl<T> Field<T> {
    /// Whether the field is not to be mentioned.
    #[must_use]
    pub const fn is_leave(&self) -> bool {
        matches!(self, Self::Leave)
    }

    /// Set to the value, or cleared without one.
    pub fn set_or_clear(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leave | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// The custom fields that a write mentions; NetBox leaves the others as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CustomFieldsPatch(Map<String, Value>);

impl CustomFieldsPatch {
    /// Mentions none.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a text or a selection. Use it for text that looks like a number (a VMID), too: NetBox refuses a number for a
    /// text field.
    #[must_use]
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.value(name, Value::String(value.into()))
    }

    /// Clears a field.
    #[must_use]
    pub fn clear(self, name: impl Into<String>) -> Self {
        self.value(name, Value::Null)
    }

    /// Sets a field of another type.
    #[must_use]
    pub fn value(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// Whether it mentions none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A tag in a write. It must exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum TagRef {
    /// By its id.
    Id(u64),
    /// By its name.
    Name {
        /// The name.
        name: String,
    },
    /// By its slug.
    Slug {
        /// The slug.
        slug: String,
    },
}

impl TagRef {
    /// By its name.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Name { name: name.into() }
    }

    /// By its slug.
    pub fn slug(slug: impl Into<String>) -> Self {
        Self::Slug { slug: slug.into() }
    }
}
