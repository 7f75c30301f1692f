//! Reading and writing one kind of record.

use std::fmt;
use std::marker::PhantomData;

use futures_util::TryStreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Call, Reply};
use super::paging::{List, Listing, Options};
use super::{Client, ETag, Filter, Resource, Writable};
use crate::error::{Attempt, Error, ErrorKind, Phase};

/// A record that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched<T> {
    /// The record.
    pub value: T,
    /// Its state, since NetBox 4.6.
    pub etag: Option<ETag>,
}

/// A record that was written, as NetBox has it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    /// The record.
    pub value: T,
    /// Its state, since NetBox 4.6.
    pub etag: Option<ETag>,
    /// Id of the request: deliveries and the change log name it. None if nothing was written.
    pub request_id: Option<String>,
}

/// One kind of record in a NetBox.
pub struct Endpoint<T> {
    pub(super) client: Client,
    options: Options,
    changelog_message: Option<String>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Endpoint<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            options: self.options.clone(),
            changelog_message: self.changelog_message.clone(),
            kind: PhantomData,
        }
    }
}

impl<T: Resource> fmt::Debug for Endpoint<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("client", &self.client).field("path", &T::PATH).finish_non_exhaustive()
    }
}

impl<T: Resource> Endpoint<T> {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone(), options: Options::default(), changelog_message: None, kind: PhantomData }
    }

    /// Asks only for these fields; the others are then empty or none in the record. `id` always comes, but a field that
    /// the record must have (a disk's `size` and `virtual_machine`) has to be among them.
    #[must_use]
    pub fn fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.options.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves out these fields, since NetBox 4.5.2; before, they come all the same. Replaces what lists leave out by
    /// themselves.
    #[must_use]
    pub fn omit<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.options.omit = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Asks for the whole of each record: lists leave out `config_context` by themselves.
    #[must_use]
    pub fn with_config_context(self) -> Self {
        self.omit::<String>([])
    }

    /// Number of records a page of a list holds; 200 if not set, NetBox allows 1000 by default.
    #[must_use]
    pub fn page_size(mut self, records: u32) -> Self {
        self.options.page_size = records;
        self
    }

    /// The record with this id.
    ///
    /// # Errors
    /// Of kind `NotFound` if there is none, else any [`Error`] of a request.
    pub async fn get(&self, id: u64) -> Result<Fetched<T>, Error> {
        let call = self.one("GET", id)?.query(self.options.pairs(&[]));
        let reply = self.client.send(call).await?;
        Ok(Fetched { value: reply.decode()?, etag: reply.etag })
    }

    /// The records that match, page by page as they are asked for. A record that cannot be read is left out with a
    /// warning: a gap in a list does not mean that something is gone.
    pub fn list(&self, filter: &T::Filter) -> Listing<T> {
        let list = List { path: T::PATH.into(), omitted: T::OMITTED_IN_LISTS };
        Listing::new(self.client.clone(), list, self.options.clone(), filter.pairs())
    }

    /// All records that match.
    ///
    /// # Errors
    /// Any [`Error`] of a request: never some of the records only.
    pub async fn all(&self, filter: &T::Filter) -> Result<Vec<T>, Error> {
        self.list(filter).try_collect().await
    }

    /// The record with the highest id, if there is any.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn newest(&self, filter: &T::Filter) -> Result<Option<T>, Error> {
        #[derive(serde::Deserialize)]
        struct Page {
            results: Vec<Value>,
        }
        let call = self
            .many("GET")?
            .query(filter.pairs())
            .query(self.options.pairs(T::OMITTED_IN_LISTS))
            .query([("ordering", "-id"), ("limit", "1")]);
        let reply = self.client.send(call).await?;
        let Some(newest) = reply.decode::<Page>()?.results.into_iter().next() else { return Ok(None) };
        let newest = serde_path_to_error::deserialize(newest).map_err(|error| {
            let message = format!("the answer cannot be read at results[0].{}: {}", error.path(), error.inner());
            reply.error(ErrorKind::Decode, message)
        })?;
        Ok(Some(newest))
    }

    pub(super) fn message(&self) -> Option<&str> {
        self.changelog_message.as_deref()
    }

    pub(super) fn one(&self, method: &'static str, id: u64) -> Result<Call, Error> {
        self.client.call(method, &format!("{}{id}/", T::PATH), &format!("{}{{id}}/", T::PATH))
    }

    /// What is below a record, such as `available-ips`.
    pub(super) fn below(&self, method: &'static str, id: u64, what: &str) -> Result<Call, Error> {
        self.client.call(method, &format!("{}{id}/{what}/", T::PATH), &format!("{}{{id}}/{what}/", T::PATH))
    }

    pub(super) fn many(&self, method: &'static str) -> Result<Call, Error> {
        self.client.call(method, T::PATH, T::PATH)
    }
}

impl<T: Writable> Endpoint<T> {
    /// A reason for the writes that follow, shown in the change log; since NetBox 4.4.
    #[must_use]
    pub fn changelog_message(mut self, message: impl Into<String>) -> Self {
        self.changelog_message = Some(message.into());
        self
    }

    /// Creates a record. Not repeated if it may have been created.
    ///
    /// # Errors
    /// Of kind `Validation` with NetBox's words on each field, else any [`Error`] of a request.
    pub async fn create(&self, new: &T::New) -> Result<Written<T>, Error> {
        let call = self.many("POST")?;
        let body = self.body(new, &call.attempt)?;
        written(&self.client.send(call.body(body)).await?)
    }

    /// Changes a record: sends only what `patch` mentions. With `etag`: only if the record is still in that state (a
    /// NetBox before 4.6 does not look). A patch that mentions nothing is not sent, as NetBox would raise an event for
    /// it; the record is read instead.
    ///
    /// # Errors
    /// Of kind `Precondition` if it is in another state, else as [`create`](Self::create).
    pub async fn update(&self, id: u64, patch: &T::Patch, etag: Option<&ETag>) -> Result<Written<T>, Error> {
        let call = self.one("PATCH", id)?.if_match(etag);
        let fields = serde_json::to_value(patch).map_err(|error| unwritable(&call.attempt, &error))?;
        if fields.as_object().is_some_and(serde_json::Map::is_empty) {
            let fetched = self.get(id).await?;
            return Ok(Written { value: fetched.value, etag: fetched.etag, request_id: None });
        }
        let body = self.body(&fields, &call.attempt)?;
        written(&self.client.send(call.body(body)).await?)
    }

    /// Deletes a record, and gives the id of the request. With `etag`: only if the record is still in that state.
    ///
    /// # Errors
    /// Of kind `NotFound`, `Conflict` if others depend on it, `Precondition`, else any [`Error`] of a request.
    pub async fn delete(&self, id: u64, etag: Option<&ETag>) -> Result<Option<String>, Error> {
        let mut call = self.one("DELETE", id)?.if_match(etag);
        if let Some(message) = &self.changelog_message {
            call = call.body(json!({"changelog_message": message}));
        }
        Ok(self.client.send(call).await?.request_id)
    }

    pub(super) fn body(&self, fields: &impl Serialize, attempt: &Attempt) -> Result<Value, Error> {
        let mut body = serde_json::to_value(fields).map_err(|error| unwritable(attempt, &error))?;
        if let (Some(message), Some(body)) = (&self.changelog_message, body.as_object_mut()) {
            body.insert("changelog_message".to_owned(), Value::String(message.clone()));
        }
        Ok(body)
    }
}

pub(super) fn written<T: DeserializeOwned>(reply: &Reply) -> Result<Written<T>, Error> {
    Ok(Written { value: reply.decode()?, etag: reply.etag.clone(), request_id: reply.request_id.clone() })
}

pub(super) fn unwritable(attempt: &Attempt, error: &serde_json::Error) -> Error {
    Error::new(attempt, ErrorKind::Config, Phase::NotSent, format!("the request cannot be written: {error}"))
}
