//! The body of a request or an answer.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::TransportError;
use crate::error::Cause;

/// The body of a request or an answer: known as a whole, or a stream of bytes.
pub struct Body(pub(crate) Content);

pub(crate) enum Content {
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
