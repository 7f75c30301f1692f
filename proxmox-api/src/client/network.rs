//! The network of a node. What is changed is there after [`NetworkHandle::apply`].

use super::scope::collection;
use super::{Error, Task};
use crate::answers::Network;
use crate::params::NetworkParams;

collection! {
    /// Requests under `/nodes/{node}/network`. A change says the interface's `type` again, and everything that is to stay.
    NetworkHandle, "/{iface}": Network, NetworkParams
}

impl NetworkHandle {
    /// Applies what was changed.
    ///
    /// # Errors
    /// As every request.
    pub async fn apply(&self) -> Result<Task, Error> {
        self.at.put("", &[]).task().await
    }

    /// Forgets what was changed and not applied.
    ///
    /// # Errors
    /// As every request.
    pub async fn revert(&self) -> Result<(), Error> {
        self.at.delete("", &[]).run().await
    }
}
