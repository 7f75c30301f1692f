//! Every operation that the schema of Proxmox VE 9.1 has, with its parameters: for what has no method of its own.
//!
//! A module is a part of the API's path, a type is a method and the rest of the path: `POST
//! /nodes/{node}/qemu/{vmid}/clone` is `nodes_qemu::PostVmidClone`. What the path and the operation require is
//! given to `new`, each other parameter has a setter of its name. The answer is of the type that the caller chooses:
//!
//! ```
//! # #[cfg(all(feature = "api-qemu", feature = "client"))]
//! # async fn example(client: proxmox_api::Client) -> Result<(), proxmox_api::Error> {
//! use proxmox_api::api::nodes_qemu::PostVmidMonitor;
//!
//! let status: String = client.call(&PostVmidMonitor::new("pve01", 100, "info status")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The files beside this one are generated from the schema, which the test `generated` compares them with.

#[macro_use]
mod operations;

#[cfg(feature = "api-access")]
pub mod access;
#[cfg(feature = "api-cluster")]
pub mod cluster;
#[cfg(feature = "api-cluster")]
pub mod cluster_acme;
#[cfg(feature = "api-cluster")]
pub mod cluster_firewall;
#[cfg(feature = "api-cluster")]
pub mod cluster_ha;
#[cfg(feature = "api-cluster")]
pub mod cluster_mapping;
#[cfg(feature = "api-cluster")]
pub mod cluster_notifications;
#[cfg(feature = "api-cluster")]
pub mod cluster_sdn;
#[cfg(feature = "api-nodes")]
pub mod nodes;
#[cfg(feature = "api-ceph")]
pub mod nodes_ceph;
#[cfg(feature = "api-nodes")]
pub mod nodes_disks;
#[cfg(feature = "api-lxc")]
pub mod nodes_lxc;
#[cfg(feature = "api-qemu")]
pub mod nodes_qemu;
#[cfg(feature = "api-storage")]
pub mod nodes_storage;
#[cfg(feature = "api-pools")]
pub mod pools;
#[cfg(feature = "api-storage")]
pub mod storage;
pub mod version;

use crate::params::Params;

/// A request as the schema has it: an operation with its parameters.
pub trait Operation {
    /// What the schema says of it.
    const SHAPE: Shape;

    /// What stands in the path for its variable parts, in order, not encoded.
    fn segments(&self) -> &[String];

    /// The other parameters.
    fn params(&self) -> &Params;
}

/// What the schema says of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Shape {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below `/api2/json`, with names for its variable parts: `/nodes/{node}/qemu/{vmid}`.
    pub path: &'static str,
    /// The parameters that are not in the path: first what is required.
    pub parameters: &'static [Parameter],
}

/// A parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// As it is sent; `net[n]` stands for `net0`, `net1` …
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Sent as `1` or `0`.
    Bool,
    /// A whole number within bounds, if there are any.
    Int {
        /// The least.
        min: Option<i64>,
        /// The greatest.
        max: Option<i64>,
    },
    /// Any number.
    Number,
    /// Text of any form.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text with items, separated by commas.
    List,
    /// Several values, each sent under the same name.
    Array,
    /// Several parameters with a number at the end of their names.
    Numbered,
}

/// What every request of this module holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Call {
    segments: Vec<String>,
    params: Params,
}

/// Every operation of the modules whose features are on.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    let modules: &[&[Shape]] = &[
        #[cfg(feature = "api-access")]
        access::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_acme::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_firewall::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_ha::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_mapping::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_notifications::SHAPES,
        #[cfg(feature = "api-cluster")]
        cluster_sdn::SHAPES,
        #[cfg(feature = "api-nodes")]
        nodes::SHAPES,
        #[cfg(feature = "api-ceph")]
        nodes_ceph::SHAPES,
        #[cfg(feature = "api-nodes")]
        nodes_disks::SHAPES,
        #[cfg(feature = "api-lxc")]
        nodes_lxc::SHAPES,
        #[cfg(feature = "api-qemu")]
        nodes_qemu::SHAPES,
        #[cfg(feature = "api-storage")]
        nodes_storage::SHAPES,
        #[cfg(feature = "api-pools")]
        pools::SHAPES,
        #[cfg(feature = "api-storage")]
        storage::SHAPES,
        version::SHAPES,
    ];
    modules.concat()
}

impl Shape {
    /// The parameter that is sent under this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.is_called(name))
    }
}

impl Parameter {
    fn is_called(&self, name: &str) -> bool {
        match self.name.strip_suffix("[n]") {
            None => self.name == name,
            Some(start) => {
                name.strip_prefix(start).is_some_and(|n| n.parse::<u16>().is_ok_and(|it| it.to_string() == n))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_parameters_are_known_by_number() {
        let parameter = Parameter { name: "net[n]", kind: Kind::Numbered, required: false };
        assert!(["net0", "net31"].iter().all(|name| parameter.is_called(name)));
        assert!(["net", "net01", "net-1", "netx", "net[n]"].iter().all(|name| !parameter.is_called(name)));
    }
}
