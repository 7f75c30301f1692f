//! Configuration that the fake keeps as it was given, and gives back: what nothing else in it depends on.

use std::collections::BTreeMap;

use serde_json::Value;

/// Options by name.
pub(super) type Document = BTreeMap<String, Value>;

/// Lists of documents, each by the path that it is asked for at.
#[derive(Default)]
pub(super) struct Documents(BTreeMap<String, Vec<Document>>);

impl Documents {
    pub(super) fn at(&self, place: &str) -> &[Document] {
        self.0.get(place).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at_mut(&mut self, place: &str) -> &mut Vec<Document> {
        self.0.entry(place.to_owned()).or_default()
    }

    /// Removes what is at a place and below it.
    pub(super) fn forget(&mut self, place: &str) {
        self.0
            .retain(|path, _| path.strip_prefix(place).is_none_or(|rest| !(rest.is_empty() || rest.starts_with('/'))));
    }
}

/// Forty hexadecimal digits that change with a text. (The real ones are SHA-1 of a file.)
pub(super) fn digest(text: &str) -> String {
    let fnv = |seed: u64| {
        text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    format!("{:016x}{:016x}{:08x}", fnv(1), fnv(2), fnv(3) >> 32)
}
