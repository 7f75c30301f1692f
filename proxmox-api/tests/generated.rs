//! The files in `src/api/` are what the schema of the API gives.
//!
//! `PROXMOX_SCHEMA=apidata.json UPDATE_EXPECT=1 cargo test -p proxmox-ve-api --test generated` writes them anew; without
//! `UPDATE_EXPECT` it compares them. Where there is no schema, their digest is compared with the one written with them.
#![allow(clippy::unwrap_used)]

mod generator;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src", "api"].iter().collect()
}

fn digest(files: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    for (name, text) in files {
        digest.update(format!("{name}\n{text}\n"));
    }
    let bytes = digest.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"
}

/// The generated files as they are: all but the two that are written by hand.
fn files() -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let generated = named.filter(|(name, _)| name.ends_with(".rs") && name != "mod.rs" && name != "operations.rs");
    generated.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_layer_is_what_the_schema_gives() {
    let sealed = directory().join("schema.sha256");
    if let Some(schema) = std::env::var_os("PROXMOX_SCHEMA") {
        let schema = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
        let (generated, count) = generator::generate(&schema);
        assert!(count > 600, "{count} operations are no whole schema");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            generated.iter().for_each(|(name, text)| fs::write(directory().join(name), text).unwrap());
            fs::write(&sealed, digest(&generated)).unwrap();
        }
        assert_eq!(files(), generated, "written by hand, or from another schema");
    }
    assert_eq!(digest(&files()), fs::read_to_string(sealed).unwrap(), "changed since they were generated");
}

#[cfg(feature = "api")]
#[test]
fn every_operation_is_there_once() {
    let mut named: Vec<_> = proxmox_api::api::shapes().into_iter().map(|shape| (shape.path, shape.method)).collect();
    let count = named.len();
    named.sort();
    named.dedup();
    assert_eq!((named.len(), count), (649, 649));
}
