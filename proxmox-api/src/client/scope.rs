//! A part of the API, below which a handle makes its requests.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::error::Attempt;
use super::{Client, Error, Task};
use crate::params::Params;

/// A path with its variable parts, and the client that asks there.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    client: Client,
    template: Cow<'static, str>,
    segments: Vec<String>,
}

impl Scope {
    pub(super) fn new(client: &Client, template: &'static str, segments: &[&str]) -> Self {
        let segments = segments.iter().map(|&segment| segment.to_owned()).collect();
        Self { client: client.clone(), template: Cow::Borrowed(template), segments }
    }

    /// What is below it.
    pub(super) fn below(&self, rest: &str, segments: &[&str]) -> Self {
        let more = segments.iter().map(|&segment| segment.to_owned());
        Self {
            client: self.client.clone(),
            template: Cow::Owned(format!("{}{rest}", self.template)),
            segments: self.segments.iter().cloned().chain(more).collect(),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn get(&self, rest: &str, segments: &[&str]) -> Request<'_> {
        self.request("GET", rest, segments)
    }

    pub(super) fn post(&self, rest: &str, segments: &[&str]) -> Request<'_> {
        self.request("POST", rest, segments)
    }

    pub(super) fn put(&self, rest: &str, segments: &[&str]) -> Request<'_> {
        self.request("PUT", rest, segments)
    }

    pub(super) fn delete(&self, rest: &str, segments: &[&str]) -> Request<'_> {
        self.request("DELETE", rest, segments)
    }

    pub(super) fn attempt(&self, method: &'static str, rest: &str, segments: &[&str]) -> Attempt {
        let template =
            if rest.is_empty() { self.template.clone() } else { Cow::Owned(format!("{}{rest}", self.template)) };
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).chain(segments.iter().copied()).collect();
        Attempt::new(method, template, &segments)
    }

    fn request(&self, method: &'static str, rest: &str, segments: &[&str]) -> Request<'_> {
        Request { client: &self.client, attempt: self.attempt(method, rest, segments), params: Params::new() }
    }
}

/// A request that is about to be sent; how it ends says what its answer is read as.
#[must_use]
pub(super) struct Request<'a> {
    client: &'a Client,
    attempt: Attempt,
    params: Params,
}

impl Request<'_> {
    pub(super) fn with(mut self, params: Params) -> Self {
        self.params = params;
        self
    }

    pub(super) async fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.client.request(self.attempt, &self.params).await
    }

    /// A list, of which an item that cannot be read is left out.
    pub(super) async fn list<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        self.client.list(self.attempt, &self.params).await
    }

    /// Whose answer says nothing.
    pub(super) async fn run(self) -> Result<(), Error> {
        self.client.run(self.attempt, &self.params).await
    }

    /// That starts a task.
    pub(super) async fn task(self) -> Result<Task, Error> {
        self.client.start_task(self.attempt, &self.params).await
    }
}

/// A handle of things that are listed, read, made, changed and removed by a name.
///
/// `Handle, item "/{id}": Item, made by CreateParams`; what is special about one of them is written beside.
macro_rules! collection {
    ($(#[$meta:meta])* $handle:ident, $id:literal: $item:ty, $create:ty) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $handle {
            pub(super) at: $crate::client::scope::Scope,
        }

        impl $handle {
            /// All that whoever asks may see.
            ///
            /// # Errors
            /// As every request.
            pub async fn list(&self) -> Result<Vec<$item>, $crate::Error> {
                self.at.get("", &[]).list().await
            }

            /// One of them.
            ///
            /// # Errors
            /// As every request; of one that is not there Proxmox answers with status 500 or 404 and its own words.
            pub async fn get(&self, id: &str) -> Result<$item, $crate::Error> {
                self.at.get($id, &[id]).read().await
            }

            /// Makes one.
            ///
            /// # Errors
            /// As every request; [`AlreadyExists`](crate::ErrorKind::AlreadyExists) …
            pub async fn create(&self, params: &$create) -> Result<(), $crate::Error> {
                self.at.post("", &[]).with(params.to_params()).run().await
            }

            /// Sets and deletes options of one, by the names that they have when it is made.
            ///
            /// # Errors
            /// As every request; [`DigestMismatch`](crate::ErrorKind::DigestMismatch) if a digest was given.
            pub async fn update(&self, id: &str, update: &$crate::ConfigUpdate) -> Result<(), $crate::Error> {
                self.at.put($id, &[id]).with(update.to_params()).run().await
            }

            /// Removes one.
            ///
            /// # Errors
            /// As every request.
            pub async fn delete(&self, id: &str) -> Result<(), $crate::Error> {
                self.at.delete($id, &[id]).run().await
            }
        }
    };
}
pub(super) use collection;
