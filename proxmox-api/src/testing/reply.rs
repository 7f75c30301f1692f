//! Answers: the status line with its reason phrase, the JSON envelope, the shapes of errors.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The text of every answer with status 400.
const VERIFICATION: &str = "Parameter verification failed.";

/// What a method answers, or an error.
pub(super) type ApiResult<T = Answer> = Result<T, ApiError>;

/// The envelope of a success.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// `data`
    pub(super) data: Value,
    /// `total`, beside `data` in task lists and logs.
    pub(super) total: Option<usize>,
}

impl From<Value> for Answer {
    fn from(data: Value) -> Self {
        Self { data, total: None }
    }
}

/// The answer of a method that returns nothing.
pub(super) fn nothing() -> ApiResult {
    Ok(Value::Null.into())
}

/// An error as Proxmox VE reports it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ApiError {
    /// Status, message. The status line carries the message's first line.
    Plain(u16, String),
    /// Status 400 with one text per parameter.
    Parameters(BTreeMap<String, String>),
    /// Status 500 with one text per part of a property string: seen when a container is to grow a mount point that is not
    /// there.
    Format(BTreeMap<String, String>),
    /// Status and reason phrase with an empty body: 401, 595, 596.
    Bare(u16, String),
    /// Status and reason phrase with the same text as body, which is not JSON.
    Text(u16, String),
    /// 501 for a method that does not exist; its message has no newline.
    NotImplemented(String),
}

impl ApiError {
    /// 500 with a message.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::Plain(500, message.into())
    }

    /// 400 for one parameter.
    pub(super) fn parameter(name: &str, text: impl Into<String>) -> Self {
        Self::Parameters(BTreeMap::from([(name.to_owned(), text.into())]))
    }
}

/// A complete answer, not yet HTTP.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) reason: String,
    /// Body and its content type.
    pub(super) body: Option<(String, &'static str)>,
}

const JSON: &str = "application/json;charset=UTF-8";

impl Reply {
    /// An answer with a reason phrase and nothing else.
    pub(super) fn bare(status: u16, reason: &str) -> Self {
        Self { status, reason: reason.into(), body: None }
    }
}

impl From<ApiResult> for Reply {
    fn from(result: ApiResult) -> Self {
        match result {
            Ok(Answer { data, total }) => {
                let body = match total {
                    Some(total) => json!({"data": data, "total": total}),
                    None => json!({ "data": data }),
                };
                Self { status: 200, reason: "OK".into(), body: Some((body.to_string(), JSON)) }
            }
            Err(error) => error.into(),
        }
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Plain(status, message) => {
                let reason = message.lines().next().unwrap_or_default().to_owned();
                let body = json!({"data": null, "message": format!("{message}\n")});
                Self { status, reason, body: Some((body.to_string(), JSON)) }
            }
            ApiError::Parameters(errors) => {
                let body = json!({"data": null, "errors": errors, "message": format!("{VERIFICATION}\n")});
                Self { status: 400, reason: VERIFICATION.into(), body: Some((body.to_string(), JSON)) }
            }
            ApiError::Format(errors) => {
                let body = json!({"data": null, "errors": errors, "message": "format error\n"});
                Self { status: 500, reason: "format error".into(), body: Some((body.to_string(), JSON)) }
            }
            ApiError::Bare(status, reason) => Self { status, reason, body: None },
            ApiError::Text(status, text) => {
                Self { status, reason: text.clone(), body: Some((text, "text/plain;charset=UTF-8")) }
            }
            ApiError::NotImplemented(message) => {
                let body = json!({"data": null, "message": message});
                Self { status: 501, reason: message, body: Some((body.to_string(), JSON)) }
            }
        }
    }
}
