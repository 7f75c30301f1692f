//! Requests that are not modelled.

use serde::Deserialize;
use serde_json::Value;

use super::call::Call;
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

/// How many objects a page of [`Client::get_all`] has.
const PAGE: &str = "200";

#[derive(Deserialize)]
struct Page {
    next: Option<String>,
    results: Vec<Value>,
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

    /// Everything that a path below `/api/` lists, page by page. For kinds of which there are few: rows that are added or
    /// removed meanwhile may shift a page.
    ///
    /// # Errors
    /// As [`get`](Self::get); of kind `Decode` for an answer that is no list.
    pub async fn get_all(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        loop {
            let offset = all.len().to_string();
            let page = [("ordering", "id"), ("limit", PAGE), ("offset", &offset)];
            let reply = self.send(self.raw("GET", path)?.query(query.iter().copied()).query(page)).await?;
            let Page { next, results } = reply.decode()?;
            let ended = next.is_none() || results.is_empty();
            all.extend(results);
            if ended {
                return Ok(all);
            }
        }
    }

    /// OPTIONS of a path below `/api/`: its `actions` are what the token may do there, `POST` to add and `PUT` to change
    /// (NetBox 4.2 to 4.7). Changes nothing.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn options(&self, path: &str) -> Result<Answer, Error> {
        let call = self.raw("OPTIONS", path)?;
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
