//! Pages of a list: by offset, or by id (`start=`, from 4.6).

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;
use super::settings::Settings;
use super::store::Record;

/// The parameters of a query, in the order they were sent.
pub(super) type Query = Vec<(String, String)>;

/// The last value of a parameter.
pub(super) fn last<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The answer to a list request. `records` are in their order, `by_id` in the order of their ids.
///
/// # Errors
///
/// 400 with a JSON list, when parameters exclude each other.
pub(super) fn page(
    settings: &Settings,
    request: &Request,
    mut records: Vec<&Record>,
    show: impl Fn(&Record) -> Value,
) -> Result<Value, Answer> {
    let query = &request.query;
    let link = |set: &[(&str, Option<usize>)]| link(settings, request, set);
    let limit = limit(settings, query);
    if let Some(start) = last(query, "start").filter(|_| settings.version.pages_by_cursor()) {
        let refuse = |text: &str| Answer::new(400, json!([text]));
        let start: u64 =
            start.parse().map_err(|_| refuse("Invalid 'start' parameter: must be a non-negative integer."))?;
        if last(query, "offset").is_some() {
            return Err(refuse("'start' and 'offset' are mutually exclusive."));
        }
        if last(query, "ordering").is_some() {
            return Err(refuse("Ordering cannot be specified in conjunction with cursor-based pagination."));
        }
        records.sort_by_key(|record| record.id);
        let page: Vec<_> = records.into_iter().filter(|record| record.id >= start).take(limit).collect();
        // A full last page has a next one, an empty one (seen: 4.7.3).
        let next = page.last().filter(|_| page.len() == limit).map(|record| record.id + 1);
        let next = next.map(|start| link(&[("limit", Some(limit)), ("start", usize::try_from(start).ok())]));
        let results: Vec<_> = page.into_iter().map(show).collect();
        return Ok(json!({"count": null, "next": next, "previous": null, "results": results}));
    }
    let count = records.len();
    let offset = last(query, "offset").and_then(|text| text.parse().ok()).unwrap_or(0);
    let next = (offset + limit < count).then(|| link(&[("limit", Some(limit)), ("offset", Some(offset + limit))]));
    let previous = (offset > 0).then(|| {
        let offset = offset.checked_sub(limit).filter(|offset| *offset > 0);
        link(&[("limit", Some(limit)), ("offset", offset)])
    });
    let results: Vec<_> = records.into_iter().skip(offset).take(limit).map(show).collect();
    Ok(json!({"count": count, "next": next, "previous": previous, "results": results}))
}

/// Nonsense is the default, 0 and everything above is the maximum.
fn limit(settings: &Settings, query: &Query) -> usize {
    match last(query, "limit").and_then(|text| text.parse::<usize>().ok()) {
        None => settings.page_size,
        Some(0) => settings.max_page_size,
        Some(limit) => limit.min(settings.max_page_size),
    }
}

/// The absolute address of another page, at the host that was asked: behind a proxy that is the proxy (source: Django). Its
/// parameters are sorted, as Django does.
fn link(settings: &Settings, request: &Request, set: &[(&str, Option<usize>)]) -> String {
    let origin = request.header("host").map_or_else(|| settings.url.clone(), |host| format!("http://{host}"));
    let mut pairs: Vec<(String, String)> =
        request.query.iter().filter(|(name, _)| !set.iter().any(|(set, _)| set == name)).cloned().collect();
    pairs.extend(set.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.as_ref()?.to_string()))));
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{origin}{}?{query}", request.path)
}
