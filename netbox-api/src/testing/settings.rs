//! What does not change while this NetBox runs: its release, its address, who may do what.

use std::time::Duration;

use super::represent::View;
use super::store::Store;
use super::version::Version;

/// What the holder of a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Reading only: a write is 403.
    ReadOnly,
    /// Everything except these paths under `/api/`, such as `core/object-changes`: 403.
    Except(Vec<String>),
    /// Everything except one deed (`add`, `change`, `delete`) with the objects of a path: 403.
    Lacks(Vec<(&'static str, String)>),
    /// Permissions to change and delete whose constraints match nothing: an object that is seen is 404 for a write (source: NetBox restricts
    /// the rows by the method of the request).
    ChangesNothing,
    /// A permission whose constraints match nothing: lists are empty with status 200, objects are 404, writes are 403 (seen: 4.7.3).
    SeesNothing,
    /// No permission at all: 403.
    None,
    /// What the permissions in `users/permissions` say of its user, and nothing else. Tokens that were made over REST have
    /// this, unless their user is an administrator: one who has a token with [`Access::Full`].
    Permitted,
}

/// A token and whose it is.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: String,
    pub(super) user: String,
    pub(super) access: Access,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("user", &self.user).field("access", &self.access).finish_non_exhaustive()
    }
}

/// The settings.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) version: Version,
    pub(super) url: String,
    pub(super) tokens: Vec<Token>,
    pub(super) prefer_ipv4: bool,
    /// PAGINATE_COUNT.
    pub(super) page_size: usize,
    /// MAX_PAGE_SIZE.
    pub(super) max_page_size: usize,
    /// How much time passes from one request to the next.
    pub(super) pace: Duration,
    /// How long after the response a delivery leaves.
    pub(super) latency: Duration,
    /// How long a delivery waits for its answer, unless the webhook says otherwise (WEBHOOK_DEFAULT_TIMEOUT).
    pub(super) webhook_timeout: Duration,
}

impl Settings {
    pub(super) fn view<'a>(&self, store: &'a Store, base: &'a str) -> View<'a> {
        View { store, base, version: self.version, prefer_ipv4: self.prefer_ipv4 }
    }
}
