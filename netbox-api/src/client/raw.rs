//! Requests that are not modelled.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Call, Form};
use super::{Client, ETag};
use crate::error::{Error, ErrorKind};

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

    /// Sends a text file in a form to a path below `/api/`, with POST or PATCH: a script, for example.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn upload(
        &self,
        method: &'static str,
        path: &str,
        field: &str,
        file: &str,
        text: &str,
    ) -> Result<Answer, Error> {
        // No line of the text may be the boundary.
        let mut boundary = "netbox-api-form".to_owned();
        while text.contains(&boundary) {
            boundary.push('x');
        }
        let content = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\nContent-Type: \
             text/plain; charset=utf-8\r\n\r\n{text}\r\n--{boundary}--\r\n"
        );
        let call = self.raw(method, path)?.form(Form { boundary, content });
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

    fn raw(&self, method: &'static str, path: &str) -> Result<Call, Error> {
        let path = below_api(path);
        self.call(method, &path, &path)
    }

    /// Asks in GraphQL, which NetBox only reads by; gives the answer's `data`. Ids in it are text.
    ///
    /// # Errors
    /// Of kind `Validation` with the `errors` of the answer, else any [`Error`] of a request.
    pub async fn graphql<T: DeserializeOwned>(&self, query: &str, variables: &Value) -> Result<T, Error> {
        #[derive(Deserialize)]
        struct Told {
            message: String,
        }
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            errors: Vec<Told>,
            #[serde(default)]
            data: Value,
        }
        let call = self.call_at("POST", "graphql/", "graphql/")?;
        let reply = self.send(call.body(json!({"query": query, "variables": variables}))).await?;
        let Answer { errors, data } = reply.decode()?;
        if !errors.is_empty() {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            return Err(reply.error(ErrorKind::Validation, messages.join("; ")));
        }
        serde_path_to_error::deserialize(data).map_err(|error| {
            let message = format!("the answer cannot be read at data.{}: {}", error.path(), error.inner());
            reply.error(ErrorKind::Decode, message)
        })
    }

    async fn answer(&self, call: Call) -> Result<Answer, Error> {
        let reply = self.send(call).await?;
        let body = if reply.body.is_empty() { Value::Null } else { reply.decode()? };
        Ok(Answer { status: reply.status, body, etag: reply.etag, request_id: reply.request_id })
    }
}

/// A path below `/api/` with a slash at its end: NetBox redirects a GET without one, and answers 404 to a POST.
pub(super) fn below_api(path: &str) -> String {
    let path = path.trim_start_matches('/');
    format!("{}/", path.strip_prefix("api/").unwrap_or(path).trim_end_matches('/'))
}
