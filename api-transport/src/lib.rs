//! The seam between an API's client and the network: a request goes out, an answer comes back.
//!
//! Everything above it (credentials, repetition, other addresses, limits, reading) works with whatever implements
//! [`Transport`]: another HTTP stack, one that records, one that answers in memory. The usual one is reqwest's client
//! (feature `reqwest`, on by default), set up by [`SetUp`] with the certificates that are trusted ([`Trust`]) and the proxy that is
//! asked ([`proxy`]).
//!
//! ```
//! use api_transport::{Body, Sending, Transport};
//!
//! /// Tells of each request, then lets another send it.
//! struct Telling<T>(T);
//!
//! impl<T: Transport> Transport for Telling<T> {
//!     fn send(&self, request: http::Request<Body>) -> Sending<'_> {
//!         println!("{} {}", request.method(), request.uri().path());
//!         self.0.send(request)
//!     }
//! }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(feature = "reqwest")]
mod chosen;
mod error;
mod legible;
#[cfg(feature = "reqwest")]
pub mod proxy;
#[cfg(feature = "reqwest")]
mod stack;
mod told;
#[cfg(feature = "reqwest")]
mod trust;
#[cfg(feature = "reqwest")]
mod verifier;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use sha2::{Digest, Sha256};

pub use body::{Body, Unread};
#[cfg(feature = "reqwest")]
pub use chosen::Chosen;
pub use error::{Outcome, TransportError, Untrusted};
pub use legible::legible;
#[cfg(feature = "reqwest")]
pub use stack::SetUp;
pub use told::{ASKS_FOR_PASSWORD, Asked};
#[cfg(feature = "reqwest")]
pub use trust::Trust;

/// An answer that is being waited for. Dropped, it ends the exchange; whether the server carried it out is then not known.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send + 'a>>;

/// What carries one request to a server and brings one answer back, of whatever status.
///
/// It follows no redirect and repeats nothing: both are decided above it. It looks at [`TimeLimit`] in the request's
/// extensions, and may leave a [`PeerCertificate`] and a [`Reason`] in those of the answer.
pub trait Transport: Send + Sync {
    /// Sends the request, whose URI is absolute.
    fn send(&self, request: Request<Body>) -> Sending<'_>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        (**self).send(request)
    }
}

/// How long an exchange may take in all, its answer's body included: in the extensions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(pub Duration);

/// The certificate that the server showed, as DER: in the extensions of an answer, if the transport knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate(pub Vec<u8>);

impl PeerCertificate {
    /// Its SHA-256, `AA:BB:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.0)
    }
}

/// The words after the status code, if the transport knows them: in the extensions of an answer. Proxmox VE says there what
/// went wrong; HTTP/2 has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(pub Bytes);

/// SHA-256 of a certificate, `AA:BB:…`.
fn fingerprint(certificate: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(certificate).into();
    digest.map(|byte| format!("{byte:02X}")).join(":")
}
