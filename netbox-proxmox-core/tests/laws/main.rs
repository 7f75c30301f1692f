//! The laws of the planner, tried on a simulated NetBox and Proxmox and on events that no look-up would give.
//!
//! | file | what |
//! |---|---|
//! | `world` | NetBox, Proxmox and the durable memory, without a network: `look_up` and `perform` |
//! | `container` | what that Proxmox does with containers only |
//! | `generate` | worlds, causes and policies, usual and odd |
//! | `converging` | a plan reaches its goal: once, twice, late, or after a crash |
//! | `forbidden` | what no plan does, whatever the event |
//! | `arbitrary` | events with every field at random |
//! | `applying` | how a plan is run |

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod applying;
mod arbitrary;
mod container;
mod converging;
mod forbidden;
mod generate;
mod world;
