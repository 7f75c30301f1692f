//! Requests that reach this Proxmox VE without a socket.

use std::fmt;
use std::time::Duration;

use api_transport::{Body, Reason, Sending, TimeLimit, Transport, TransportError};
use axum::body::{Body as AxumBody, HttpBody};
use bytes::Bytes;
use hyper::Request;
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};

use super::FakeProxmox;
use super::server::{Dropped, respond};

/// Carries requests into a [`FakeProxmox`], whatever host they are for. A connection that a fault drops is an ambiguous error.
#[derive(Clone)]
pub struct InProcess(FakeProxmox);

impl FakeProxmox {
    /// Carries a client's requests here without a socket: give it to `ClientBuilder::transport`.
    #[must_use]
    pub fn transport(&self) -> InProcess {
        InProcess(self.clone())
    }
}

impl Transport for InProcess {
    fn send(&self, mut request: Request<Body>) -> Sending<'_> {
        Box::pin(async move {
            // As an HTTP stack announces a body.
            let length = request.body().size_hint().exact();
            let (name, value) = match length {
                Some(length) => (CONTENT_LENGTH, HeaderValue::from(length)),
                None => (TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
            };
            request.headers_mut().insert(name, value);
            let limit = request.extensions().get().map_or(Duration::MAX, |TimeLimit(limit)| *limit);
            let answer = tokio::time::timeout(limit, respond(&self.0, request.map(AxumBody::new))).await;
            let answer = answer.map_err(|elapsed| TransportError::ambiguous(elapsed).late())?;
            let mut answer = answer.ok_or_else(|| TransportError::ambiguous(Dropped))?;
            if let Some(words) = answer.extensions().get::<ReasonPhrase>() {
                let words = Bytes::copy_from_slice(words.as_bytes());
                answer.extensions_mut().insert(Reason(words));
            }
            Ok(answer.map(Body::new))
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InProcess").field(&self.0.url()).finish()
    }
}
