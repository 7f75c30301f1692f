//! From the bytes of an answer to a type.

use std::collections::BTreeMap;

use api_transport::legible;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::types::scalar;

/// Every answer has its value in `data`.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// The value in `data`. The error says where in the answer it does not fit.
pub(super) fn data<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    match serde_json::from_slice::<Envelope<T>>(body) {
        Ok(envelope) => Ok(envelope.data),
        Err(error) => Err(located::<Envelope<T>>(body).unwrap_or_else(|| error.to_string())),
    }
}

/// The whole answer, for the one whose `data` is not all.
pub(super) fn whole<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| located::<T>(body).unwrap_or_else(|| error.to_string()))
}

/// Reads a second time to find the place, so that the usual case does not pay for it.
fn located<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let error = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)).err()?;
    Some(format!("at {}: {}", error.path(), error.inner()))
}

/// Proxmox's words in an answer that is not a success, and the parameters it refuses.
///
/// Most have a JSON body; a 401, 595 and 596 have none, their words are the reason phrase of the status line alone.
pub(super) fn refusal(reason: &str, body: &[u8]) -> (String, BTreeMap<String, String>) {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return (reason.trim().to_owned(), BTreeMap::new());
    };
    let message = body.get("message").and_then(Value::as_str).map(str::trim).filter(|message| !message.is_empty());
    let errors = body.get("errors").and_then(Value::as_object);
    let fields = errors.into_iter().flatten().map(|(field, reason)| {
        let reason = scalar::text(reason).unwrap_or_else(|| reason.to_string());
        (legible(field), legible(reason.trim()))
    });
    (message.unwrap_or(reason.trim()).to_owned(), fields.collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_says_has_no_control_characters() {
        let (_, fields) = refusal("Bad", br#"{"errors": {"a\u0000": "no\u001b[2J"}}"#);
        assert_eq!(fields, BTreeMap::from([("a\u{fffd}".to_owned(), "no\u{fffd}[2J".to_owned())]));
    }

    #[test]
    fn an_error_names_the_place() {
        #[derive(Debug, Deserialize)]
        struct Wanted {
            #[serde(rename = "a")]
            _a: Vec<u32>,
        }
        let error = data::<Wanted>(br#"{"data":{"a":[1,"x"]}}"#).unwrap_err();
        assert!(error.starts_with("at data.a[1]: "), "{error}");
        assert!(data::<Wanted>(b"<html>").is_err());
        assert_eq!(data::<Option<u32>>(br#"{"data":null}"#).unwrap(), None);
    }

    #[test]
    fn a_refusal_with_and_without_a_body() {
        let body = b"{\"errors\":{\"newid\":\"invalid format\\n\"},\"data\":null,\"message\":\"Parameter verification failed.\\n\"}";
        let (message, fields) = refusal("Parameter verification failed.", body);
        assert_eq!(message, "Parameter verification failed.");
        assert_eq!(fields["newid"], "invalid format");
        assert_eq!(refusal("No ticket", b"").0, "No ticket");
        assert_eq!(refusal("for data too large", b"for data too large").0, "for data too large");
        let long = b"{\"message\":\"first\\nsecond\\n\",\"data\":null}";
        assert_eq!(refusal("first", long).0, "first\nsecond");
    }
}
