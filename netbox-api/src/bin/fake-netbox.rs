//! Serves the fake NetBox of the feature `testing` as a process of its own, for tests in any language.
//!
//! `fake-netbox [--seed FILE]`: prints one line of JSON once it listens, `{"url", "token"}`, and ends when it is told to (SIGTERM). It listens
//! on 127.0.0.1 at a free port. FILE is JSON:
//!
//! ```json
//! {"token": "nbt_abcdefghijkl.0123456789", "clusters": ["pve-cluster-1"],
//!  "create": [{"path": "virtualization/virtual-machines", "fields": {"name": "web01", "cluster": 1}}]}
//! ```
//!
//! What is created is created in that order, without events, as NetBox's shell does. All parts may be left out.

use std::io::Write as _;
use std::process::ExitCode;

use netbox_api::testing::FakeNetBox;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Seed {
    token: Option<String>,
    clusters: Vec<String>,
    create: Vec<Create>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    path: String,
    fields: Value,
}

fn seed(mut arguments: impl Iterator<Item = String>) -> Result<Seed, String> {
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(Seed::default()),
        (Some("--seed"), Some(path), None) => {
            let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
            serde_json::from_slice(&bytes).map_err(|error| format!("{path}: {error}"))
        }
        _ => Err("usage: fake-netbox [--seed FILE]".to_owned()),
    }
}

async fn serve(seed: Seed) -> Result<FakeNetBox, String> {
    let builder = seed.clusters.iter().fold(FakeNetBox::builder(), |builder, name| builder.cluster(name));
    let builder = seed.token.iter().fold(builder, |builder, token| builder.token(token));
    let netbox = builder.start().await;
    for Create { path, fields } in seed.create {
        let answer = netbox.shell().request("POST", &path, fields);
        if answer.status != 201 {
            return Err(format!("{path}: {} {}", answer.status, answer.body));
        }
    }
    Ok(netbox)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let served = match seed(std::env::args().skip(1)) {
        Ok(seed) => serve(seed).await,
        Err(error) => Err(error),
    };
    match served {
        Ok(netbox) => {
            // Whoever reads it may be gone: it is served all the same.
            let _ = writeln!(std::io::stdout(), "{}", json!({"url": netbox.url(), "token": netbox.token()}));
            std::future::pending().await
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}
