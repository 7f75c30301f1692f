//! The seam between a client and the network: a request goes out, an answer comes back.
//!
//! Everything above it (tokens, repetition, limits, reading) works with whatever implements [`Transport`]: another HTTP
//! stack, one that records, one that answers in memory. The usual one is reqwest's client.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::tls::TlsInfo;

use super::unanswered::Outcome;

type Cause = Box<dyn StdError + Send + Sync>;

/// An answer that is being waited for. Dropped, it ends the exchange; whether the server carried it out is then not known.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send + 'a>>;

/// What carries one request to a server and brings one answer back, of whatever status.
///
/// It follows no redirect and repeats nothing: both are decided above it. It looks at [`TimeLimit`] in the request's
/// extensions, and may leave a [`PeerCertificate`] in those of the answer.
pub trait Transport: Send + Sync {
    /// Sends the request, whose URI is absolute.
    fn send(&self, request: Request<Body>) -> Sending<'_>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        (**self).send(request)
    }
}

impl Transport for reqwest::Client {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        Box::pin(async move {
            let limit = request.extensions().get().map(|TimeLimit(limit)| *limit);
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = limit;
            let mut answer = Response::from(self.execute(request).await?);
            let shown = answer.extensions().get().and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec);
            if let Some(shown) = shown {
                answer.extensions_mut().insert(PeerCertificate(shown));
            }
            Ok(answer.map(Body::new))
        })
    }
}

/// How long an exchange may take in all, its answer's body included: in the extensions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(pub Duration);

/// The certificate that the server showed, as DER: in the extensions of an answer, if the transport knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate(pub Vec<u8>);

/// The body of a request or an answer: known as a whole, or a stream of bytes.
pub struct Body(Content);

enum Content {
    Whole(Bytes),
    /// The lock is never taken: it makes what is only `Send` `Sync`.
    Stream(Mutex<Pin<Box<dyn HttpBody<Data = Bytes, Error = Cause> + Send>>>),
}

impl Body {
    /// From a body of another kind, such as hyper's or axum's. Trailers are not passed on.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error: Into<Cause>> + Send + 'static,
    {
        Self(Content::Stream(Mutex::new(Box::pin(Boxed(Box::pin(body))))))
    }

    /// The bytes, if it is known as a whole.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes),
            Content::Stream(_) => None,
        }
    }

    /// The next bytes; none at its end.
    ///
    /// # Errors
    /// The connection broke, or the time was over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        loop {
            let frame = poll_fn(|context| Pin::new(&mut *self).poll_frame(context)).await.transpose()?;
            match frame.map(Frame::into_data) {
                None => return Ok(None),
                Some(Ok(bytes)) if !bytes.is_empty() => return Ok(Some(bytes)),
                Some(_) => {}
            }
        }
    }

    /// All bytes, if they are not more than `most`.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), or there are more.
    pub async fn collect(mut self, most: usize) -> Result<Vec<u8>, Unread> {
        let announced = usize::try_from(self.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > most {
            return Err(Unread::Longer);
        }
        let mut all = Vec::with_capacity(announced);
        while let Some(bytes) = self.chunk().await? {
            if bytes.len() > most - all.len() {
                return Err(Unread::Longer);
            }
            all.extend_from_slice(&bytes);
        }
        Ok(all)
    }
}

/// Why a body could not be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It did not come to its end.
    #[error(transparent)]
    Broken(#[from] TransportError),
    /// It is longer than the caller allows.
    #[error("the body is longer than allowed")]
    Longer,
}

impl Default for Body {
    fn default() -> Self {
        Self(Content::Whole(Bytes::new()))
    }
}

impl<B: Into<Bytes>> From<B> for Body {
    fn from(bytes: B) -> Self {
        Self(Content::Whole(bytes.into()))
    }
}

impl From<Body> for reqwest::Body {
    fn from(body: Body) -> Self {
        match body.0 {
            Content::Whole(bytes) => bytes.into(),
            Content::Stream(_) => Self::wrap(body),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what is in it: it may hold a secret.
        let bytes = self.size_hint().exact();
        f.debug_struct("Body").field("bytes", &bytes).finish_non_exhaustive()
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match &mut self.0 {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Stream(stream) => {
                let stream = stream.get_mut().unwrap_or_else(PoisonError::into_inner);
                stream.as_mut().poll_frame(context).map_err(TransportError::of_body)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).size_hint(),
        }
    }
}

/// A body with its error in a box.
struct Boxed<B>(Pin<Box<B>>);

impl<B: HttpBody<Data = Bytes, Error: Into<Cause>>> HttpBody for Boxed<B> {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        self.0.as_mut().poll_frame(context).map_err(Into::into)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A request that got no whole answer.
#[derive(Debug, thiserror::Error)]
#[error("{}", if self.may_be_sent() { "the answer did not come" } else { "the request was not sent" })]
pub struct TransportError {
    pub(crate) outcome: Outcome,
    pub(crate) late: bool,
    source: Cause,
}

impl TransportError {
    /// The server has certainly not seen the request: it may be sent again, whatever it asks for.
    pub fn not_sent(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { outcome: Outcome::Unconnected, late: false, source: cause.into() }
    }

    /// The server may have acted on the request.
    pub fn ambiguous(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { outcome: Outcome::Broken, late: false, source: cause.into() }
    }

    /// The same, because the time was over.
    #[must_use]
    pub fn late(self) -> Self {
        let outcome = if self.outcome == Outcome::Broken { Outcome::Late } else { self.outcome };
        Self { outcome, late: true, ..self }
    }

    /// Whether the server may have seen the request.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        matches!(self.outcome, Outcome::Late | Outcome::Broken)
    }

    fn of_body(cause: Cause) -> Self {
        match cause.downcast::<Self>() {
            Ok(error) => *error,
            Err(cause) => match cause.downcast::<reqwest::Error>() {
                Ok(error) => Self::from(*error),
                Err(cause) => Self::ambiguous(cause),
            },
        }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        // The URL holds the query.
        let error = error.without_url();
        Self { outcome: Outcome::of(&error), late: error.is_timeout(), source: Box::new(error) }
    }
}
