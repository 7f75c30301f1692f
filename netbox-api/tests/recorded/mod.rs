//! The recorded deliveries: shared with the tests that cross crates, hence kept there; `fixtures` leads there, and its files are in the package.

use std::path::{Path, PathBuf};

use netbox_api::Delivery;
use serde::Deserialize;

/// One recorded delivery.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) file: String,
    pub(crate) event: String,
    pub(crate) object_type: String,
    pub(crate) id: u64,
    pub(crate) signature: String,
    #[serde(default)]
    pub(crate) secret: String,
}

#[derive(Deserialize)]
struct Index {
    secret: String,
    deliveries: Vec<Recorded>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netbox-webhooks")
}

impl Recorded {
    pub(crate) fn all() -> Vec<Self> {
        let index: Index = serde_json::from_slice(&std::fs::read(folder().join("index.json")).unwrap()).unwrap();
        let secret = index.secret;
        index.deliveries.into_iter().map(|recorded| Self { secret: secret.clone(), ..recorded }).collect()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(folder().join(&self.file)).unwrap()
    }

    pub(crate) fn delivery(&self) -> Delivery {
        serde_json::from_slice(&self.bytes()).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }
}

pub(crate) fn recorded(file: &str) -> Recorded {
    Recorded::all()
        .into_iter()
        .find(|recorded| recorded.file == file)
        .unwrap_or_else(|| panic!("{file} is not recorded"))
}
