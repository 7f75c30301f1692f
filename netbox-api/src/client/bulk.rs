//! Writing many records with one request: all of them, or none.

use serde_json::{Value, json};

use super::Writable;
use super::call::Call;
use super::endpoint::{Endpoint, Written, unwritable};
use crate::error::{Error, ErrorKind};

impl<T: Writable> Endpoint<T> {
    /// Creates records with one request, all or none; gives them in the same order. Creating none sends nothing. Not
    /// repeated if they may have been created. Each costs NetBox some 40 ms (seen on 4.7.3), so a hundred are enough at once.
    ///
    /// # Errors
    /// Of kind `Validation` with what NetBox says of each that it refuses: see [`Error::items`]; else any [`Error`] of a
    /// request.
    pub async fn create_all(&self, new: &[T::New]) -> Result<Written<Vec<T>>, Error> {
        let call = self.many("POST")?;
        let mut bodies = Vec::with_capacity(new.len());
        for item in new {
            bodies.push(self.body(item, &call.attempt)?);
        }
        self.write_all(call, bodies).await
    }

    /// Changes records with one request, all or none: sends only what the patches mention. A patch that mentions nothing is
    /// left out, as NetBox would raise an event for it. Gives those that were changed, in the same order: NetBox answers in an
    /// order of its own, by name (seen on 4.7.3).
    ///
    /// # Errors
    /// As [`create_all`](Self::create_all).
    pub async fn update_all(&self, patches: &[(u64, T::Patch)]) -> Result<Written<Vec<T>>, Error> {
        let call = self.many("PATCH")?;
        let (mut bodies, mut sent) = (Vec::with_capacity(patches.len()), Vec::new());
        for (id, patch) in patches {
            let fields = serde_json::to_value(patch).map_err(|error| unwritable(&call.attempt, &error))?;
            if fields.as_object().is_some_and(serde_json::Map::is_empty) {
                continue;
            }
            let mut body = self.body(&fields, &call.attempt)?;
            body["id"] = json!(id);
            bodies.push(body);
            sent.push(*id);
        }
        let mut written = self.write_all(call, bodies).await?;
        let place = |record: &T| sent.iter().position(|id| *id == record.id());
        written.value.sort_by_cached_key(place);
        Ok(written)
    }

    /// Deletes records with one request, all or none, and gives the id of the request. Deleting none sends nothing.
    ///
    /// # Errors
    /// Of kind `Conflict` if others depend on some of them, which [`Error::items`] tells (NetBox 4.7); else as
    /// [`create_all`](Self::create_all).
    pub async fn delete_all(&self, ids: &[u64]) -> Result<Option<String>, Error> {
        if ids.is_empty() {
            return Ok(None);
        }
        let call = self.many("DELETE")?;
        let mut bodies = Vec::with_capacity(ids.len());
        for id in ids {
            bodies.push(self.body(&json!({"id": id}), &call.attempt)?);
        }
        let reply = self.client.send(call.body(Value::Array(bodies))).await;
        reply.map(|reply| reply.request_id).map_err(|error| error.of_items(ids.len()))
    }

    async fn write_all(&self, call: Call, bodies: Vec<Value>) -> Result<Written<Vec<T>>, Error> {
        if bodies.is_empty() {
            return Ok(Written { value: Vec::new(), etag: None, request_id: None });
        }
        let sent = bodies.len();
        match self.client.send(call.body(Value::Array(bodies))).await {
            Ok(reply) => {
                let value: Vec<T> = reply.decode()?;
                if value.len() != sent {
                    let message = format!("{sent} records were written, and {} came back", value.len());
                    return Err(reply.error(ErrorKind::Decode, message));
                }
                Ok(Written { value, etag: None, request_id: reply.request_id })
            }
            Err(error) => Err(error.of_items(sent)),
        }
    }
}
