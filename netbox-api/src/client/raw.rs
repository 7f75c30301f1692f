//! Requests that are not modelled.

use serde_json::Value;

use super::transport::Call;
use super::{Client, ETag};
use crate::error::Error;

/// An answer to a request that is not modelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status, a success.
    pub status: u16,
    /// The body; null if there is none.
    pub body: Value,
    /// The state of the object, since NetBox 4.6.
    pub etag: Option<ETag>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl Client {
    /// GET of a path below `/api/`, for example `dcim/sites/`, with a query.
    ///
    /// # Errors
    /// Any [`Error`] of a request; of kind `Config` for what is no path.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Error> {
        let call = self.raw("GET", path)?.query(query.iter().copied());
        self.answer(call).await
    }

    /// POST to a path below `/api/`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        let call = self.raw("POST", path)?.body(body.clone());
        self.answer(call).await
    }

    /// PATCH of a path below `/api/`, with `etag` only if the object is still in that state.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn patch(&self, path: &str, body: &Value, etag: Option<&ETag>) -> Result<Answer, Error> {
        let call = self.raw("PATCH", path)?.body(body.clone()).if_match(etag);
        self.answer(call).await
    }

    /// DELETE of a path below `/api/`, with `etag` only if the object is still in that state.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn delete(&self, path: &str, etag: Option<&ETag>) -> Result<Answer, Error> {
        let call = self.raw("DELETE", path)?.if_match(etag);
        self.answer(call).await
    }

    /// NetBox wants a slash at the end: it redirects a GET without one, and answers 404 to a POST.
    fn raw(&self, method: &'static str, path: &str) -> Result<Call, Error> {
        let path = path.trim_start_matches('/');
        let path = format!("{}/", path.strip_prefix("api/").unwrap_or(path).trim_end_matches('/'));
        self.call(method, &path, &path)
    }

    async fn answer(&self, call: Call) -> Result<Answer, Error> {
        let reply = self.send(call).await?;
        let body = if reply.body.is_empty() { Value::Null } else { reply.decode()? };
        Ok(Answer { status: reply.status, body, etag: reply.etag, request_id: reply.request_id })
    }
}
