//! The error of every parser in this crate.

/// A text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: {text:?}: {reason}")]
pub struct ParseError {
    what: &'static str,
    text: String,
    reason: String,
}

impl ParseError {
    pub(crate) fn new(what: &'static str, text: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what, text: text.into(), reason: reason.into() }
    }

    /// What it should have been, such as `"node name"`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it is not.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
