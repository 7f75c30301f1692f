//! A list of which each item stands for itself.

use serde::de::DeserializeOwned;
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
        let values = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
        let mut items = Vec::with_capacity(values.len());
        for value in values {
            match serde_json::from_value(value) {
                Ok(item) => items.push(item),
                Err(_error) => {
                    #[cfg(feature = "client")]
                    tracing::warn!(error = %_error, item = std::any::type_name::<T>(), "an item of a list was left out");
                }
            }
        }
        Ok(Self(items))
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
