//! In place of the usual way to a Proxmox VE: every client brings its transport.

use std::sync::Arc;
use std::time::Duration;

use api_transport::Transport;

use super::Error;
use super::endpoints::Endpoints;

#[derive(Default)]
pub(super) struct Stack;

impl Stack {
    pub(super) fn verifies(&self) -> bool {
        true
    }

    pub(super) fn unused(self, transport: Arc<dyn Transport>) -> Result<Arc<dyn Transport>, Error> {
        Ok(transport)
    }

    pub(super) fn connect(self, _: &mut Endpoints, _: Duration) -> Result<Arc<dyn Transport>, Error> {
        Err(Error::config("there is no transport: give one, or use the feature `reqwest`"))
    }
}
