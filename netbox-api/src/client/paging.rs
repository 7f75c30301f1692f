//! Lists, page by page.
//!
//! Since NetBox 4.6 by cursor: ordered by id, so that rows added or removed meanwhile shift nothing. Before, by offset
//! and ordered by id: each page begins with the last row of the one before; if that row is not there, rows before it
//! were removed meanwhile, and the list is read again from its start for what was missed.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::Client;
use super::call::Reply;
use crate::error::{Error, ErrorKind};
use crate::mention::{self, Mention};
use crate::tolerant::{self, Scalar};

/// How often a list that shifts under way is read again from its start.
const MOST_RESTARTS: u32 = 5;

/// What of the records is asked for.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) fields: Vec<String>,
    /// None: what the kind of record leaves out.
    pub(super) omit: Option<Vec<String>>,
    pub(super) page_size: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { fields: Vec::new(), omit: None, page_size: 200 }
    }
}

impl Options {
    pub(super) fn pairs(&self, usually_omitted: &[&str]) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if self.fields.is_empty() {
            let omit = match &self.omit {
                Some(fields) => fields.join(","),
                None => usually_omitted.join(","),
            };
            if !omit.is_empty() {
                pairs.push(("omit", omit));
            }
        } else {
            let id = (!self.fields.iter().any(|field| field == "id")).then_some("id");
            let fields: Vec<&str> = id.into_iter().chain(self.fields.iter().map(String::as_str)).collect();
            pairs.push(("fields", fields.join(",")));
        }
        pairs
    }
}

/// A list of records: a stream that asks for the next page as soon as one has come, while its records are taken. It ends after an error.
///
/// It runs only while it is polled. Dropped, it asks for nothing more.
#[must_use = "a list asks for nothing until it is polled"]
pub struct Listing<T> {
    /// Of the page that came last.
    records: VecDeque<T>,
    /// The page that comes next; none after the last, and after an error.
    coming: Option<Coming<T>>,
}

// Nothing of it is pinned in place.
impl<T> Unpin for Listing<T> {}

impl<T: DeserializeOwned + Send + 'static> Stream for Listing<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(record) = self.records.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            let Some(coming) = &mut self.coming else { return Poll::Ready(None) };
            let page = ready!(coming.poll_unpin(context));
            self.coming = None;
            let (pages, records) = match page {
                Ok(page) => page,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            self.records = records.into();
            if !matches!(pages.next, Next::End) {
                let mut coming = pages.fetch().boxed();
                // Polled once, so that it is asked for; it is looked at again when the records at hand were taken.
                self.coming = Some(match coming.poll_unpin(context) {
                    Poll::Ready(page) => std::future::ready(page).boxed(),
                    Poll::Pending => coming,
                });
            }
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Listing<T> {
    pub(super) fn new(client: Client, list: List, options: Options, filter: Vec<(String, String)>) -> Self {
        let pages = Pages { client, list, options, filter, next: Next::Start, kind: PhantomData };
        Self { records: VecDeque::new(), coming: Some(pages.fetch().boxed()) }
    }
}

/// The records of a page, and how it goes on from there.
type Coming<T> = BoxFuture<'static, Result<(Pages<T>, Vec<T>), Error>>;

/// What is listed.
#[derive(Debug, Clone)]
pub(super) struct List {
    /// Below `/api/`, with a slash at its end.
    pub(super) path: Cow<'static, str>,
    /// The fields that are left out unless asked for.
    pub(super) omitted: &'static [&'static str],
}

struct Pages<T> {
    client: Client,
    list: List,
    options: Options,
    filter: Vec<(String, String)>,
    next: Next,
    kind: PhantomData<fn() -> T>,
}

enum Next {
    Start,
    /// The next page, as the page before says.
    Cursor(Url),
    Offset(Offset),
    End,
}

/// How far a list was read by offset.
#[derive(Default)]
struct Offset {
    /// Rows before the next page.
    position: u64,
    /// The last row before it.
    anchor: Option<u64>,
    given: HashSet<u64>,
    restarts: u32,
}

#[derive(Deserialize)]
struct Page<T> {
    next: Option<String>,
    results: Vec<T>,
}

/// The records of a page, and what of its rows is needed besides.
struct Read<T> {
    next: Option<String>,
    /// The ids and records of its rows, in their order; none of what cannot be read.
    rows: Vec<(Option<u64>, Option<T>)>,
}

/// A row of which only the id matters, if it has one.
struct RowId(Option<u64>);

impl Mention<1> for RowId {
    const KEYS: [&'static str; 1] = ["id"];
    const EXPECTED: &'static str = "a row";

    fn of(_: &Scalar<'_>, [id]: [Scalar<'_>; 1]) -> Option<Self> {
        Some(Self(id.unsigned()))
    }
}

impl<'de> Deserialize<'de> for RowId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mention::mention(deserializer)
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    /// Asks for the next page.
    async fn fetch(mut self) -> Result<(Self, Vec<T>), Error> {
        let records = match std::mem::replace(&mut self.next, Next::End) {
            Next::Start if self.has_cursor().await? => {
                let pairs = self.pairs(&[("start", "0".to_owned()), ("limit", self.options.page_size.to_string())]);
                let url = self.client.call("GET", &self.list.path, &self.list.path)?.query(pairs).url;
                self.by_cursor(url).await?
            }
            Next::Start => self.by_offset(Offset::default()).await?,
            Next::Cursor(url) => self.by_cursor(url).await?,
            Next::Offset(offset) => self.by_offset(offset).await?,
            Next::End => Vec::new(),
        };
        Ok((self, records))
    }

    /// A NetBox that does not tell its version is taken for an old one.
    async fn has_cursor(&self) -> Result<bool, Error> {
        match self.client.version().await {
            Ok(version) => Ok(version.has_cursor()),
            Err(error) => match error.kind() {
                ErrorKind::Decode | ErrorKind::NotFound | ErrorKind::NotNetBox | ErrorKind::Permission => Ok(false),
                _ => Err(error),
            },
        }
    }

    fn pairs(&self, more: &[(&str, String)]) -> Vec<(String, String)> {
        let options = self.options.pairs(self.list.omitted);
        let more = options.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.filter.iter().cloned().chain(more).collect()
    }

    async fn by_cursor(&mut self, url: Url) -> Result<Vec<T>, Error> {
        let mut call = self.client.call("GET", &self.list.path, &self.list.path)?;
        call.url = url.clone();
        let reply = self.client.send(call).await?;
        let page = self.read(&reply)?;
        if let Some(next) = &page.next {
            self.next = Next::Cursor(self.next_page(&reply, &url, next)?);
        }
        Ok(page.rows.into_iter().filter_map(|(_, record)| record).collect())
    }

    /// The next page, if it is one: the token is sent to no other host, and the list must come to an end.
    fn next_page(&self, reply: &Reply, this: &Url, next: &str) -> Result<Url, Error> {
        let wrong = |message: String| reply.error(ErrorKind::Paging, message);
        let url = this.join(next).map_err(|error| wrong(format!("the link to the next page is none: {error}")))?;
        if url.origin() != self.client.inner.base.origin() {
            let (there, here) =
                (url.origin().ascii_serialization(), self.client.inner.base.origin().ascii_serialization());
            return Err(wrong(format!(
                "the next page is said to be at {there}, not at {here}, so it is not asked for; is NetBox behind a proxy \
                 that does not tell it its address?"
            )));
        }
        if start(&url).is_none_or(|start_of_next| Some(start_of_next) <= start(this)) {
            return Err(wrong("the next page does not come after this one".to_owned()));
        }
        Ok(url)
    }

    async fn by_offset(&mut self, mut offset: Offset) -> Result<Vec<T>, Error> {
        // Two, as one row is the anchor.
        let limit = self.options.page_size.max(2);
        let from = offset.position - u64::from(offset.anchor.is_some());
        let pairs =
            self.pairs(&[("ordering", "id".to_owned()), ("limit", limit.to_string()), ("offset", from.to_string())]);
        let call = self.client.call("GET", &self.list.path, &self.list.path)?.query(pairs);
        let reply = self.client.send(call).await?;
        let Read { next, rows } = self.read_with_ids(&reply)?;
        let mut rows = VecDeque::from(rows);
        if let Some(anchor) = offset.anchor {
            if rows.front().and_then(|(id, _)| *id) != Some(anchor) {
                if offset.restarts >= MOST_RESTARTS {
                    return Err(reply.error(ErrorKind::Paging, "the list changes faster than it can be read"));
                }
                let restarts = offset.restarts + 1;
                self.next = Next::Offset(Offset { position: 0, anchor: None, restarts, ..offset });
                return Ok(Vec::new());
            }
            rows.pop_front();
        }
        let ended = next.is_none() || rows.is_empty();
        offset.position += rows.len() as u64;
        if let Some((last, _)) = rows.back() {
            offset.anchor = *last;
        }
        let is_new = |(id, _): &(Option<u64>, _)| id.is_none_or(|id| offset.given.insert(id));
        let records = rows.into_iter().filter(is_new).filter_map(|(_, record)| record).collect();
        self.next = if ended { Next::End } else { Next::Offset(offset) };
        Ok(records)
    }

    /// Reads a page straight into records. Only where one of its rows cannot be read, each is read apart.
    fn read(&self, reply: &Reply) -> Result<Read<T>, Error> {
        match serde_json::from_slice::<Page<T>>(&reply.body) {
            Ok(Page { next, results }) => {
                Ok(Read { next, rows: results.into_iter().map(|record| (None, Some(record))).collect() })
            }
            Err(_) => {
                let Page { next, results } = reply.decode::<Page<Value>>()?;
                Ok(Read { next, rows: results.into_iter().map(|row| self.row(row)).collect() })
            }
        }
    }

    /// The same, where the ids are needed: of a record it is not known where it has its own.
    fn read_with_ids(&self, reply: &Reply) -> Result<Read<T>, Error> {
        let mut page = self.read(reply)?;
        let ids = reply.decode::<Page<RowId>>()?.results;
        for ((id, _), RowId(known)) in page.rows.iter_mut().zip(ids) {
            *id = known;
        }
        Ok(page)
    }

    fn row(&self, row: Value) -> (Option<u64>, Option<T>) {
        let id = row.get("id").and_then(tolerant::unsigned);
        match serde_path_to_error::deserialize::<_, T>(row) {
            Ok(record) => (id, Some(record)),
            Err(error) => {
                // Where, but not what: the text of the error may hold the value.
                tracing::warn!(path = %self.list.path, id, at = %error.path(), "a record cannot be read");
                (id, None)
            }
        }
    }
}

fn start(url: &Url) -> Option<u64> {
    url.query_pairs().find(|(name, _)| name == "start")?.1.parse().ok()
}
