//! Objects of any kind: those of a plugin, of custom objects, or of NetBox itself that have no type here.

use std::fmt;
use std::marker::PhantomData;

use futures_util::TryStreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::endpoint::{unwritable, written};
use super::paging::{List, Listing, Options};
use super::{Client, ETag, Fetched, Written};
use crate::error::Error;

/// The objects below a path, read as `T`, which is the caller's own. Made by [`Client::endpoint`].
pub struct Objects<T> {
    client: Client,
    /// With a slash at its end.
    path: String,
    options: Options,
    kind: PhantomData<fn() -> T>,
}

impl Client {
    /// The objects that a path below `/api/` lists, for example `plugins/custom-objects/racks` or `circuits/circuits`. NetBox ignores a
    /// filter that it does not know, and lists everything: see the documentation of the plugin for what it knows.
    ///
    /// ```no_run
    /// # async fn example(client: netbox_api::Client) -> Result<(), netbox_api::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Circuit {
    ///     cid: String,
    /// }
    /// for circuit in client.endpoint::<Circuit>("circuits/circuits").all(&[("status", "active")]).await? {
    ///     println!("{}", circuit.cid);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn endpoint<T: DeserializeOwned + Send + 'static>(&self, path: &str) -> Objects<T> {
        let path = super::raw::below_api(path);
        Objects { client: self.clone(), path, options: Options::default(), kind: PhantomData }
    }
}

impl<T: DeserializeOwned + Send + 'static> Objects<T> {
    /// Number of objects a page of a list holds; 200 if not set, NetBox allows 1000 by default.
    #[must_use]
    pub fn page_size(mut self, objects: u32) -> Self {
        self.options.page_size = objects;
        self
    }

    /// Asks only for these fields. `id` always comes.
    #[must_use]
    pub fn fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.options.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// The objects that match, page by page. One that cannot be read is left out with a warning.
    pub fn list(&self, filter: &[(&str, &str)]) -> Listing<T> {
        let filter = filter.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let list = List { path: self.path.clone().into(), omitted: &[] };
        Listing::new(self.client.clone(), list, self.options.clone(), filter)
    }

    /// All objects that match.
    ///
    /// # Errors
    /// Any [`Error`] of a request; of kind `Config` for what is no path.
    pub async fn all(&self, filter: &[(&str, &str)]) -> Result<Vec<T>, Error> {
        self.list(filter).try_collect().await
    }

    /// The object with this id.
    ///
    /// # Errors
    /// Of kind `NotFound` if there is none, else as [`all`](Self::all).
    pub async fn get(&self, id: u64) -> Result<Fetched<T>, Error> {
        let reply = self.client.send(self.one("GET", id)?.query(self.options.pairs(&[]))).await?;
        Ok(Fetched { value: reply.decode()?, etag: reply.etag })
    }

    /// Creates an object. Not repeated if it may have been created.
    ///
    /// # Errors
    /// Of kind `Validation` with NetBox's words on each field, else as [`all`](Self::all).
    pub async fn create(&self, new: &impl Serialize) -> Result<Written<T>, Error> {
        let call = self.client.call("POST", &self.path, &self.path)?;
        written(&self.client.send(with(call, new)?).await?)
    }

    /// Changes what `fields` mentions, with `etag` only if the object is still in that state.
    ///
    /// # Errors
    /// Of kind `Precondition` if it is in another state, else as [`create`](Self::create).
    pub async fn patch(&self, id: u64, fields: &impl Serialize, etag: Option<&ETag>) -> Result<Written<T>, Error> {
        let call = self.one("PATCH", id)?.if_match(etag);
        written(&self.client.send(with(call, fields)?).await?)
    }

    /// Deletes an object, and gives the id of the request.
    ///
    /// # Errors
    /// Of kind `NotFound`, `Conflict` if others depend on it, `Precondition`, else as [`all`](Self::all).
    pub async fn delete(&self, id: u64, etag: Option<&ETag>) -> Result<Option<String>, Error> {
        Ok(self.client.send(self.one("DELETE", id)?.if_match(etag)).await?.request_id)
    }

    fn one(&self, method: &'static str, id: u64) -> Result<Call, Error> {
        self.client.call(method, &format!("{}{id}/", self.path), &format!("{}{{id}}/", self.path))
    }
}

fn with(call: Call, body: &impl Serialize) -> Result<Call, Error> {
    let body = serde_json::to_value(body).map_err(|error| unwritable(&call.attempt, &error))?;
    Ok(call.body(body))
}

impl<T> Clone for Objects<T> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), path: self.path.clone(), options: self.options.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Objects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("client", &self.client).field("path", &self.path).finish_non_exhaustive()
    }
}
