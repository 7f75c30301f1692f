//! Routes: which method on which path does what, how that is known, and what it needs before it runs.

use super::Ctx;
use crate::testing::reply::ApiResult;
use crate::testing::request::RawParams;
use crate::testing::schema::{self, Errors, Param, Params};
use crate::testing::sources::{Endpoint, Source};

/// What does the work of a method.
pub(super) type Run = fn(&mut Ctx<'_>) -> ApiResult;

/// A method.
pub(in crate::testing) struct Route {
    pub(in crate::testing) endpoint: Endpoint,
    params: Known,
    /// Whether it takes the lock on the guest's configuration before it answers.
    pub(super) locks: bool,
    /// Whether it is for everybody, without credentials.
    pub(super) open: bool,
    pub(super) run: Run,
}

/// Where a method's parameters are known from.
enum Known {
    /// Tables with their formats.
    Tables(&'static [&'static [Param]]),
    /// The schema alone.
    Schema,
}

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        source: Source,
        params: &'static [&'static [Param]],
        run: Run,
    ) -> Self {
        let endpoint = Endpoint { method, path, source, except: "" };
        Self { endpoint, params: Known::Tables(params), locks: false, open: false, run }
    }

    /// A method whose parameters are those of the schema.
    pub(super) const fn by_schema(method: &'static str, path: &'static str, source: Source, run: Run) -> Self {
        let endpoint = Endpoint { method, path, source, except: "" };
        Self { endpoint, params: Known::Schema, locks: false, open: false, run }
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

    /// The parameters of a request, checked.
    pub(super) fn check(&self, raw: &RawParams) -> Result<Params, Errors> {
        match self.params {
            Known::Tables(tables) => schema::check(tables, raw),
            Known::Schema => schema::check_by_schema(self.endpoint.method, self.endpoint.path, raw),
        }
    }

    /// The tables of its parameters; none where the schema is asked.
    #[cfg(test)]
    pub(in crate::testing) fn tables(&self) -> Option<&'static [&'static [Param]]> {
        match self.params {
            Known::Tables(tables) => Some(tables),
            Known::Schema => None,
        }
    }

    /// Whether a request is for it.
    pub(in crate::testing) fn matches(&self, method: &str, path: &[&str]) -> bool {
        let template = self.endpoint.path.split('/').filter(|segment| !segment.is_empty());
        self.endpoint.method == method
            && template.clone().count() == path.len()
            && template.zip(path).all(|(wanted, segment)| wanted.starts_with('{') || wanted == *segment)
    }
}
