//! Requests that reach this NetBox without a socket.

use std::fmt;
use std::time::Duration;

use axum::body::Body as AxumBody;
use hyper::Request;

use super::FakeNetBox;
use super::server::handle;
use crate::client::transport::{Body, Sending, TimeLimit, Transport, TransportError};

/// Carries requests into a [`FakeNetBox`], whatever host they are for. A connection that a fault drops is an ambiguous error.
#[derive(Clone)]
pub struct InProcess(FakeNetBox);

impl FakeNetBox {
    /// Carries a client's requests here without a socket: give it to `ClientBuilder::transport`.
    #[must_use]
    pub fn transport(&self) -> InProcess {
        InProcess(self.clone())
    }
}

impl Transport for InProcess {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        Box::pin(async move {
            let limit = request.extensions().get().map_or(Duration::MAX, |TimeLimit(limit)| *limit);
            let answer = tokio::time::timeout(limit, handle(self.0.shared_handle(), request.map(AxumBody::new))).await;
            let answer = answer.map_err(|elapsed| TransportError::ambiguous(elapsed).late())?;
            answer.map(|answer| answer.map(Body::new)).map_err(TransportError::ambiguous)
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InProcess").field(&self.0.url()).finish()
    }
}
