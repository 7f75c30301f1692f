//! The services of a node.

use super::scope::Scope;
use super::{Error, Task};
use crate::answers::Service;

/// Requests under `/nodes/{node}/services`.
#[derive(Clone, Debug)]
pub struct ServicesHandle {
    pub(super) at: Scope,
}

impl ServicesHandle {
    /// The services.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<Service>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One of them.
    ///
    /// # Errors
    /// As every request.
    pub async fn state(&self, service: &str) -> Result<Service, Error> {
        self.at.get("/{service}/state", &[service]).read().await
    }

    /// Starts it.
    ///
    /// # Errors
    /// As every request.
    pub async fn start(&self, service: &str) -> Result<Task, Error> {
        self.at.post("/{service}/start", &[service]).task().await
    }

    /// Stops it.
    ///
    /// # Errors
    /// As every request.
    pub async fn stop(&self, service: &str) -> Result<Task, Error> {
        self.at.post("/{service}/stop", &[service]).task().await
    }

    /// Stops and starts it.
    ///
    /// # Errors
    /// As every request.
    pub async fn restart(&self, service: &str) -> Result<Task, Error> {
        self.at.post("/{service}/restart", &[service]).task().await
    }

    /// Lets it read its configuration again.
    ///
    /// # Errors
    /// As every request.
    pub async fn reload(&self, service: &str) -> Result<Task, Error> {
        self.at.post("/{service}/reload", &[service]).task().await
    }
}
