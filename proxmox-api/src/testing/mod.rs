//! A stateful Proxmox VE in process, for tests and demonstrations.
//!
//! [`FakeProxmox`] listens on a free port of `127.0.0.1` with plain HTTP and speaks the API as Proxmox VE 9.1
//! was seen to speak it (pve-manager 9.1.7, qemu-server 9.1.6, pve-container 6.1.2): paths under `/api2/json`, the reason phrase
//! on the status line, `Connection: close` after every error, tasks with a UPID, configurations with a digest,
//! pending changes of running machines, volumes on storages.
//!
//! ```no_run
//! # async fn example() {
//! use proxmox_api::testing::{Fault, FakeProxmox, Storage};
//!
//! let pve = FakeProxmox::builder()
//!     .node("pve01")
//!     .node("pve02")
//!     .storage(Storage::lvm_thin("local-lvm"))
//!     .storage(Storage::rbd("ceph"))
//!     .storage(Storage::nfs("nfs"))
//!     .template(9000, "debian-12-cloud", |t| {
//!         t.node("pve01").disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm").cores(2).memory(2048)
//!     })
//!     .vztmpl("nfs:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst")
//!     .container(200, "dns01", |c| c.disk("rootfs", "local-lvm", 4096).net("net0", "name=eth0,bridge=vmbr0,ip=dhcp"))
//!     .token("root@pam!bridge", "secret")
//!     .start()
//!     .await;
//!
//! // point a client at pve.url() with pve.token_string(), then
//! pve.fault(Fault::gateway_timeout().on("POST /nodes/*/qemu/*/clone"));
//! assert_eq!(pve.count("POST /nodes/*/qemu/*/clone"), 0);
//! assert!(pve.guest(9000).is_some_and(|guest| guest.is_template()));
//! # }
//! ```
//!
//! # Time
//!
//! Tasks end before their UPID is answered unless [`TaskTime`] says otherwise, and nothing sleeps unless a
//! [`Fault`] or [`TaskTime::Real`] asks for it. MAC addresses, UUIDs, process ids and time stamps come from
//! counters: the same requests give the same answers.
//!
//! # Other languages
//!
//! The binary `fake-proxmox` serves it as a process of its own, with a cluster that a file describes:
//! [`Builder::from_seed`].
//!
//! # How it is known
//!
//! [`served`] lists every method with its [`Source`]: recorded from a real Proxmox VE, stated by its schema, or believed.
//!
//! # What it does not know
//!
//! What firewalls, HA's rules, backup jobs, software-defined networks and interfaces do: they are kept as they were given (a
//! bridge is there once it is applied). What is on
//! disks, in snapshots and in backups; what runs inside guests, but for `echo` and `cat` through the agent; pools in pools,
//! bind mounts. A method that is not modelled answers 501 like one that does not exist. A parameter that the schema does
//! not know is refused.

mod auth;
mod builder;
mod documents;
mod endpoints;
mod faults;
mod formats;
mod guest;
mod handle;
mod options;
mod reply;
mod request;
mod schema;
mod seed;
mod server;
mod sources;
mod storage;
mod tasks;
#[cfg(test)]
mod tests;
#[cfg(feature = "client")]
mod transport;
mod world;

pub use builder::{Builder, GuestBuilder};
pub use faults::Fault;
pub use guest::{Guest, GuestKind, Inner, Power, Snapshot};
pub use handle::FakeProxmox;
pub use request::Recorded;
pub use seed::SeedError;
pub use sources::{Endpoint, Source, served};
pub use storage::{Storage, Volume};
pub use tasks::{TaskInfo, TaskTime};
#[cfg(feature = "client")]
pub use transport::InProcess;
