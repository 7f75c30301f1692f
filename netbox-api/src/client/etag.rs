//! Entity tags.

use std::fmt;

use http::header::HeaderValue;

/// The state in which an object was read, kept as it came (`W/"2026-11-22T08:52:16.468756+00:00"`): NetBox answers 412
/// to the same tag in another form. Since NetBox 4.6; it does not notice changes to disks and counters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(HeaderValue);

impl ETag {
    /// A tag that was kept as text. None if it cannot be a header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        HeaderValue::from_str(text).ok().map(Self)
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn from_header(header: &HeaderValue) -> Option<Self> {
        header.to_str().ok().and_then(Self::parse)
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
