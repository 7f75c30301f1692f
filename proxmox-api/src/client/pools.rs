//! Pools.

use super::Error;
use super::scope::Scope;
use crate::answers::{List, Pool};
use crate::params::{Params, PoolUpdate};

/// Requests under `/pools`.
#[derive(Clone, Debug)]
pub struct PoolsHandle {
    pub(super) at: Scope,
}

impl PoolsHandle {
    /// The pools, without their members.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<Pool>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One with its members.
    ///
    /// # Errors
    /// As every request.
    pub async fn get(&self, poolid: &str) -> Result<Option<Pool>, Error> {
        let pools: List<Pool> = self.at.get("", &[]).with(Params::from([("poolid", poolid)])).read().await?;
        Ok(pools.0.into_iter().next())
    }

    /// Makes one without members.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists) …
    pub async fn create(&self, poolid: &str, comment: Option<&str>) -> Result<(), Error> {
        let mut params = Params::from([("poolid", poolid)]);
        params.set_opt("comment", &comment);
        self.at.post("", &[]).with(params).run().await
    }

    /// Changes its members, all or none, and its comment.
    ///
    /// # Errors
    /// As every request.
    pub async fn update(&self, poolid: &str, update: &PoolUpdate) -> Result<(), Error> {
        self.at.put("", &[]).with(update.to_params().with("poolid", poolid)).run().await
    }

    /// Removes one that has no members.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, poolid: &str) -> Result<(), Error> {
        self.at.delete("", &[]).with(Params::from([("poolid", poolid)])).run().await
    }
}
