//! The generic form.

use std::fmt;
use std::str::FromStr;

use crate::types::{ParseError, serde_as_text};

/// An ordered list of `key=value`, at most one of which, written first, may lack its key.
///
/// The order and unknown keys are kept. Proxmox itself writes the keyless value first and then the keys sorted.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct PropertyString {
    default: Option<String>,
    pairs: Vec<(String, String)>,
}

impl PropertyString {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that begins with a value without a key.
    pub fn with_default(value: impl Into<String>) -> Self {
        Self { default: Some(value.into()), pairs: Vec::new() }
    }

    /// The value without a key.
    pub fn default_value(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// Sets the value without a key, or removes it.
    pub fn set_default(&mut self, value: Option<String>) {
        self.default = value;
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Sets a key where it stands, or at the end if it is new.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.pairs.iter_mut().find(|(k, _)| *k == key) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((key, value)),
        }
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let position = self.pairs.iter().position(|(k, _)| k == key)?;
        Some(self.pairs.remove(position).1)
    }

    /// Every key with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// True if there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.default.is_none() && self.pairs.is_empty()
    }

    pub(crate) fn into_parts(self) -> (Option<String>, Vec<(String, String)>) {
        (self.default, self.pairs)
    }
}

impl FromStr for PropertyString {
    type Err = ParseError;

    /// # Errors
    /// A key occurs twice, or two values lack a key.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |reason: String| ParseError::new("property string", text, reason);
        let mut properties = Self::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("", _)) => {
                    return Err(error(format!("{part:?} has no key")));
                }
                Some((key, _)) if properties.get(key).is_some() => {
                    return Err(error(format!("{key:?} occurs twice")));
                }
                Some((key, value)) => properties.pairs.push((key.to_owned(), value.to_owned())),
                None if properties.default.is_some() => {
                    return Err(error(format!("{part:?} has no key")));
                }
                None => properties.default = Some(part.to_owned()),
            }
        }
        Ok(properties)
    }
}

impl fmt::Display for PropertyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(value) = &self.default {
            f.write_str(value)?;
            separator = ",";
        }
        for (key, value) in &self.pairs {
            write!(f, "{separator}{key}={value}")?;
            separator = ",";
        }
        Ok(())
    }
}

/// As it is written.
impl fmt::Debug for PropertyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

serde_as_text!(PropertyString);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_and_unknown_keys_are_kept() {
        let text = "local:101/vm-101-disk-1.raw,ssd=1,size=2G,discard=on,future=x=y";
        let mut properties: PropertyString = text.parse().unwrap();
        assert_eq!(properties.to_string(), text);
        assert_eq!(properties.default_value(), Some("local:101/vm-101-disk-1.raw"));
        assert_eq!(properties.get("future"), Some("x=y"));
        properties.set("size", "3G");
        properties.set("cache", "none");
        assert_eq!(properties.remove("ssd").as_deref(), Some("1"));
        assert_eq!(properties.to_string(), "local:101/vm-101-disk-1.raw,size=3G,discard=on,future=x=y,cache=none");
    }

    #[test]
    fn the_value_without_a_key_moves_to_the_front() {
        let properties: PropertyString = "size=2G, local:x ,,".parse().unwrap();
        assert_eq!(properties.to_string(), "local:x,size=2G");
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for bad in ["a,b", "a=1,a=2", "=1"] {
            assert!(bad.parse::<PropertyString>().is_err(), "{bad}");
        }
        assert!("".parse::<PropertyString>().unwrap().is_empty());
    }

    pub(in crate::property) fn any_property_string() -> impl Strategy<Value = PropertyString> {
        let default = prop::option::of("[a-z0-9:/._-]{1,12}");
        let pairs = prop::collection::btree_map("[a-z0-9_]{1,6}", "[a-zA-Z0-9:/._;=+-]{0,8}", 0..5);
        (default, pairs).prop_map(|(default, pairs)| PropertyString { default, pairs: pairs.into_iter().collect() })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(properties in any_property_string()) {
            prop_assert_eq!(properties.to_string().parse::<PropertyString>().unwrap(), properties);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            if let Ok(properties) = text.parse::<PropertyString>() {
                let again = properties.to_string().parse::<PropertyString>().unwrap();
                prop_assert_eq!(again, properties);
            }
        }
    }
}
