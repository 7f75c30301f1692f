//! Routes: which method on which path does what, how that is known, and what it needs before it runs.

use super::Ctx;
use crate::testing::reply::ApiResult;
use crate::testing::schema::Param;
use crate::testing::sources::{Endpoint, Source};

/// What does the work of a method.
type Run = fn(&mut Ctx<'_>) -> ApiResult;

/// A method.
pub(in crate::testing) struct Route {
    pub(in crate::testing) endpoint: Endpoint,
    pub(super) params: &'static [&'static [Param]],
    /// Whether it takes the lock on the guest's configuration before it answers.
    pub(super) locks: bool,
    /// Whether it is for everybody, without credentials.
    pub(super) open: bool,
    pub(super) run: Run,
}

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        source: Source,
        params: &'static [&'static [Param]],
        run: Run,
    ) -> Self {
        Self { endpoint: Endpoint { method, path, source, except: "" }, params, locks: false, open: false, run }
    }

    pub(super) const fn get(path: &'static str, source: Source, params: &'static [&'static [Param]], run: Run) -> Self {
        Self::new("GET", path, source, params, run)
    }

    pub(super) const fn post(
        path: &'static str,
        source: Source,
        params: &'static [&'static [Param]],
        run: Run,
    ) -> Self {
        Self::new("POST", path, source, params, run)
    }

    pub(super) const fn put(path: &'static str, source: Source, params: &'static [&'static [Param]], run: Run) -> Self {
        Self::new("PUT", path, source, params, run)
    }

    pub(super) const fn delete(
        path: &'static str,
        source: Source,
        params: &'static [&'static [Param]],
        run: Run,
    ) -> Self {
        Self::new("DELETE", path, source, params, run)
    }

    /// It takes the lock of the guest's configuration.
    pub(super) const fn locked(mut self) -> Self {
        self.locks = true;
        self
    }

    /// It needs no credentials.
    pub(super) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Where its source does not hold.
    pub(super) const fn except(mut self, what: &'static str) -> Self {
        self.endpoint.except = what;
        self
    }

    /// Whether a request is for it.
    pub(in crate::testing) fn matches(&self, method: &str, path: &[&str]) -> bool {
        let template = self.endpoint.path.split('/').filter(|segment| !segment.is_empty());
        self.endpoint.method == method
            && template.clone().count() == path.len()
            && template.zip(path).all(|(wanted, segment)| wanted.starts_with('{') || wanted == *segment)
    }
}
