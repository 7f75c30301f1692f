//! What the fake serves, and how it is known that a real Proxmox VE answers so.
//!
//! There is no route without its [`Source`]: the tables in `endpoints/`, from which requests are routed, name it.

use super::endpoints;

/// How an answer of the fake is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A real Proxmox VE (9.1.7; a single node, or a cluster of two) was asked, and its answers were recorded: keys, types
    /// and the texts of its errors are those, but for [`Endpoint::except`].
    Recorded,
    /// Nobody asked a real one. Parameters and answer are those that the schema of its API (9.1) states, and that is all
    /// there is to it.
    Schema,
    /// Nobody asked a real one, and the schema leaves open what happens: it is what documentation and its users say.
    Believed,
}

/// A method of the API that the fake serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below `/api2/json`, as the schema writes it: `/nodes/{node}/qemu/{vmid}/config`.
    pub path: &'static str,
    /// How its answers are known.
    pub source: Source,
    /// Where that does not hold: what of it is only believed, or left out. Empty if there is nothing.
    pub except: &'static str,
}

/// Every method that the fake serves, in the order of paths. All others answer 501.
///
/// ```
/// use proxmox_api::testing::{Source, served};
///
/// let believed = served().into_iter().filter(|it| it.source == Source::Believed);
/// for endpoint in believed {
///     println!("{} {}: {}", endpoint.method, endpoint.path, endpoint.except);
/// }
/// ```
#[must_use]
pub fn served() -> Vec<Endpoint> {
    let mut all: Vec<Endpoint> = endpoints::routes().map(|route| route.endpoint).collect();
    all.sort_by_key(|endpoint| (endpoint.path, endpoint.method));
    all
}
