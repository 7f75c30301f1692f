//! A request that got no whole answer.

use std::error::Error as StdError;

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// How far the request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It could not even be made.
    Unmade,
    /// The certificate is not trusted; nothing was sent.
    Untrusted,
    /// There is no connection; nothing was sent.
    Unconnected,
    /// It was sent, and nothing came in time.
    Late,
    /// The connection broke after that.
    Broken,
}

/// A request that got no whole answer.
#[derive(Debug, thiserror::Error)]
#[error("{}", if self.may_be_sent() { "the answer did not come" } else { "the request was not sent" })]
pub struct TransportError {
    outcome: Outcome,
    late: bool,
    pub(crate) untrusted: Option<Untrusted>,
    source: Cause,
}

/// A certificate that is not trusted, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Untrusted {
    /// SHA-256 of the certificate, `AA:BB:…`; none where the server showed none.
    pub fingerprint: Option<String>,
    /// For a person, such as `it has expired`.
    pub reason: String,
}

impl TransportError {
    pub(crate) fn new(outcome: Outcome, cause: impl Into<Cause>) -> Self {
        Self { outcome, late: outcome == Outcome::Late, untrusted: None, source: cause.into() }
    }

    /// The request cannot be made, here or at any time.
    pub fn unmade(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Outcome::Unmade, cause)
    }

    /// The server has certainly not seen the request: it may be sent again, whatever it asks for.
    pub fn not_sent(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Outcome::Unconnected, cause)
    }

    /// The server's certificate is not trusted, so it was sent nothing.
    #[must_use]
    pub fn untrusted(untrusted: Untrusted) -> Self {
        Self { untrusted: Some(untrusted.clone()), ..Self::new(Outcome::Untrusted, untrusted) }
    }

    /// The server may have acted on the request.
    pub fn ambiguous(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Outcome::Broken, cause)
    }

    /// The same, because the time was over.
    #[must_use]
    pub fn late(self) -> Self {
        let outcome = if self.outcome == Outcome::Broken { Outcome::Late } else { self.outcome };
        Self { outcome, late: true, ..self }
    }

    /// How far the request came.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether the server may have seen the request.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        matches!(self.outcome, Outcome::Late | Outcome::Broken)
    }

    /// Whether the time was over, that for a connection too.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Of the certificate that is not trusted.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.untrusted.as_ref()?.fingerprint.as_deref()
    }

    pub(crate) fn of_body(cause: Cause) -> Self {
        match cause.downcast::<Self>() {
            Ok(error) => *error,
            #[cfg(feature = "reqwest")]
            Err(cause) => match cause.downcast::<reqwest::Error>() {
                Ok(error) => Self::from(*error),
                Err(cause) => Self::ambiguous(cause),
            },
            #[cfg(not(feature = "reqwest"))]
            Err(cause) => Self::ambiguous(cause),
        }
    }
}

/// An error and what it was made of, the last one the root.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}
