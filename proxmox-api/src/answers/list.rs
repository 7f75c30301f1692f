//! A list of which each item stands for itself.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads every item that can be read. One that cannot is left out and logged: it must not take the others with it.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(Items(PhantomData)).map(Self)
    }
}

/// Reads one item after the other: what a cluster of ten thousand guests lists is not held twice.
struct Items<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(value) = list.next_element::<Value>()? {
            match serde_json::from_value(value) {
                Ok(item) => items.push(item),
                Err(_error) => {
                    #[cfg(feature = "client")]
                    tracing::warn!(error = %_error, item = std::any::type_name::<T>(), "an item of a list was left out");
                }
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::Vmid;

    #[test]
    fn one_bad_item_does_not_take_the_others_with_it() {
        let list: List<Vmid> = serde_json::from_str(r#"[100, "nonsense", null, "101"]"#).unwrap();
        assert_eq!(list.0, [Vmid::new(100).unwrap(), Vmid::new(101).unwrap()]);
        assert_eq!(serde_json::from_str::<List<Vmid>>("null").unwrap().0, []);
    }
}
