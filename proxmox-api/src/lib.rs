//! Typed client for the Proxmox VE API.
//!
//! With its features it is a client (`reqwest`, on by default; `client` over a transport of your own), every operation of the
//! API's schema (`api`, or parts of it as `api-*`), and a stateful Proxmox VE in process for tests (`testing`).
//!
//! Without features this crate is the vocabulary: [`Vmid`], [`MiB`], [`Upid`], [`DriveSlot`], property strings
//! ([`property`]) and what a guest's configuration says ([`QemuConfig`]). Nothing in it touches a network.
#![cfg_attr(
    feature = "reqwest",
    doc = r#"
With the feature `client` (`reqwest`, on by default, has it) there is [`Client`]:

```no_run
use proxmox_api::{Client, CloneParams, NodeName, SecretString, Vmid, WaitOptions};

# async fn example() -> Result<(), Box<dyn std::error::Error>> {
let client = Client::builder("https://pve01.example.org:8006")
    .token(SecretString::from("automation@pve!netbox=11111111-2222-3333-4444-555555555555"))
    .fingerprint("5E:1B:…:90")
    .build()?;

let node = NodeName::new("pve01")?;
let newid = client.cluster().next_id(None).await?;
let template = client.node(&node).qemu(Vmid::new(9000)?);
let task = template.clone_to(&CloneParams::new(newid).full(true)).await?;
task.wait(&WaitOptions::default()).await?;
# Ok(())
# }
```
"#
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(doctest, feature = "reqwest", feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod answers;
#[cfg(feature = "api-base")]
pub mod api;
mod params;
pub mod property;
mod types;

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "testing")]
pub mod testing;

pub use answers::*;
#[cfg(feature = "client")]
pub use client::*;
pub use params::*;
pub use property::{BootOrder, Cidr, Drive, IpConfig, IpSetting, LxcNet, NetDevice, PropertyString, VolumeId};
pub use types::*;
