//! Lists, page by page.
//!
//! Since NetBox 4.6 by cursor: ordered by id, so that rows added or removed meanwhile shift nothing. Before, by offset
//! and ordered by id: each page begins with the last row of the one before; if that row is not there, rows before it
//! were removed meanwhile, and the list is read again from its start for what was missed.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, Stream};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::call::Reply;
use super::{Client, Resource};
use crate::error::{Error, ErrorKind};
use crate::tolerant;

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

/// A list of records: a stream that asks for the next page when the one before is used up. It ends after an error.
#[must_use = "a list asks for nothing until it is polled"]
pub struct Listing<T>(BoxStream<'static, Result<T, Error>>);

impl<T> Stream for Listing<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T: Resource> Listing<T> {
    pub(super) fn new(client: Client, options: Options, filter: Vec<(String, String)>) -> Self {
        let pages = Pages { client, options, filter, buffer: VecDeque::new(), next: Next::Start };
        Self(Box::pin(stream::try_unfold(pages, |mut pages| async move {
            loop {
                if let Some(record) = pages.buffer.pop_front() {
                    return Ok(Some((record, pages)));
                }
                if matches!(pages.next, Next::End) {
                    return Ok(None);
                }
                pages.fetch().await?;
            }
        })))
    }
}

struct Pages<T> {
    client: Client,
    options: Options,
    filter: Vec<(String, String)>,
    buffer: VecDeque<T>,
    next: Next,
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
struct Page {
    next: Option<String>,
    results: Vec<Value>,
}

/// A row of a page: its id, and the record if it can be read.
struct Row<T> {
    id: Option<u64>,
    record: Option<T>,
}

impl<T: Resource> Pages<T> {
    async fn fetch(&mut self) -> Result<(), Error> {
        match std::mem::replace(&mut self.next, Next::End) {
            Next::Start if self.has_cursor().await? => {
                let pairs = self.pairs(&[("start", "0".to_owned()), ("limit", self.options.page_size.to_string())]);
                let url = self.client.call("GET", T::PATH, T::PATH)?.query(pairs).url;
                self.by_cursor(url).await
            }
            Next::Start => self.by_offset(Offset::default()).await,
            Next::Cursor(url) => self.by_cursor(url).await,
            Next::Offset(offset) => self.by_offset(offset).await,
            Next::End => Ok(()),
        }
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
        let options = self.options.pairs(T::OMITTED_IN_LISTS);
        let more = options.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.filter.iter().cloned().chain(more).collect()
    }

    async fn by_cursor(&mut self, url: Url) -> Result<(), Error> {
        let mut call = self.client.call("GET", T::PATH, T::PATH)?;
        call.url = url.clone();
        let reply = self.client.send(call).await?;
        let page: Page = reply.decode()?;
        if let Some(next) = &page.next {
            self.next = Next::Cursor(self.next_page(&reply, &url, next)?);
        }
        self.buffer.extend(page.results.into_iter().filter_map(|row| read::<T>(row).record));
        Ok(())
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

    async fn by_offset(&mut self, mut offset: Offset) -> Result<(), Error> {
        // Two, as one row is the anchor.
        let limit = self.options.page_size.max(2);
        let from = offset.position - u64::from(offset.anchor.is_some());
        let pairs =
            self.pairs(&[("ordering", "id".to_owned()), ("limit", limit.to_string()), ("offset", from.to_string())]);
        let reply = self.client.send(self.client.call("GET", T::PATH, T::PATH)?.query(pairs)).await?;
        let page: Page = reply.decode()?;
        let mut rows: VecDeque<Row<T>> = page.results.into_iter().map(read::<T>).collect();
        if let Some(anchor) = offset.anchor {
            if rows.front().and_then(|row| row.id) != Some(anchor) {
                if offset.restarts >= MOST_RESTARTS {
                    return Err(reply.error(ErrorKind::Paging, "the list changes faster than it can be read"));
                }
                let restarts = offset.restarts + 1;
                self.next = Next::Offset(Offset { position: 0, anchor: None, restarts, ..offset });
                return Ok(());
            }
            rows.pop_front();
        }
        let ended = page.next.is_none() || rows.is_empty();
        offset.position += rows.len() as u64;
        if let Some(last) = rows.back() {
            offset.anchor = last.id;
        }
        for row in rows {
            if row.id.is_none_or(|id| offset.given.insert(id)) {
                self.buffer.extend(row.record);
            }
        }
        self.next = if ended { Next::End } else { Next::Offset(offset) };
        Ok(())
    }
}

fn start(url: &Url) -> Option<u64> {
    url.query_pairs().find(|(name, _)| name == "start")?.1.parse().ok()
}

fn read<T: Resource>(row: Value) -> Row<T> {
    let id = row.get("id").and_then(tolerant::unsigned);
    match serde_path_to_error::deserialize::<_, T>(row) {
        Ok(record) => Row { id, record: Some(record) },
        Err(error) => {
            // Where, but not what: the text of the error may hold the value.
            tracing::warn!(path = T::PATH, id, at = %error.path(), "a record cannot be read");
            Row { id, record: None }
        }
    }
}
