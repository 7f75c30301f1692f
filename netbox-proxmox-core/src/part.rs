//! What is known of one part of a guest.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One part of a guest: unknown, none or given.
///
/// *Unknown* means leave it alone, *none* means it is cleared. In JSON an unknown part is left out of its object and
/// a part that is none is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Part<T> {
    /// Nobody has said anything about it: leave it alone.
    #[default]
    Unknown,
    /// It is known to be empty, or is to be cleared.
    None,
    /// This is its value.
    Given(T),
}

impl<T> Part<T> {
    /// A value that was read, where nothing means known to be empty.
    pub fn known(value: Option<T>) -> Self {
        value.map_or(Self::None, Self::Given)
    }

    /// A value that was read, where nothing means that it is not known.
    pub fn maybe(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Given)
    }

    /// The value, if one is given.
    pub fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Unknown | Self::None => None,
        }
    }

    /// Whether nobody has said anything about it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether it is known to be empty.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl<T: Serialize> Serialize for Part<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.given().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::known)
    }
}
