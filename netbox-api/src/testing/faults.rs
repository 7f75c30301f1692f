//! Things that go wrong on the way: errors of a proxy, dropped connections, delays.

use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;

/// What to do to some requests. By default to the next one that matches.
///
/// ```
/// use netbox_api::testing::Fault;
/// Fault::on("PATCH", "*/virtual-machines/*").html(500).skip(1).times(2);
/// Fault::on("POST", "/api/extras/journal-entries/").drop_after();
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    method: String,
    path: String,
    skip: usize,
    times: Option<usize>,
    pub(super) effect: Effect,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// Answered without being executed.
    Answer(Answer),
    /// Executed, but answered so.
    AnswerAfter(Answer),
    /// The connection is closed without an answer, before anything was done.
    DropBefore,
    /// Executed, then the connection is closed without an answer.
    DropAfter,
    /// Executed after a while.
    Delay(Duration),
}

impl Fault {
    /// For requests of this method ("*": any) to a path that matches; a `*` in it stands for any text, the query is not looked at.
    #[must_use]
    pub fn on(method: &str, path: &str) -> Self {
        let effect = Effect::Answer(Answer::page(500, "Server Error"));
        Self { method: method.to_owned(), path: path.to_owned(), skip: 0, times: Some(1), effect }
    }

    /// Answers with that status and JSON, without executing.
    #[must_use]
    pub fn answer(mut self, status: u16, body: Value) -> Self {
        self.effect = Effect::Answer(Answer::new(status, body));
        self
    }

    /// Answers with that status and a page, without executing.
    #[must_use]
    pub fn html(mut self, status: u16) -> Self {
        self.effect = Effect::Answer(Answer::page(status, "Server Error"));
        self
    }

    /// Executes, then answers with that status and a page, as a proxy that gave up waiting (502, 504).
    #[must_use]
    pub fn html_after(mut self, status: u16) -> Self {
        self.effect = Effect::AnswerAfter(Answer::page(status, "Bad Gateway"));
        self
    }

    /// Adds a header to the answer, such as `Retry-After`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Answer(answer) | Effect::AnswerAfter(answer) = &mut self.effect {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Closes the connection without executing.
    #[must_use]
    pub fn drop_before(mut self) -> Self {
        self.effect = Effect::DropBefore;
        self
    }

    /// Executes, then closes the connection without an answer.
    #[must_use]
    pub fn drop_after(mut self) -> Self {
        self.effect = Effect::DropAfter;
        self
    }

    /// Executes after that time (of the real clock).
    #[must_use]
    pub fn delay(mut self, time: Duration) -> Self {
        self.effect = Effect::Delay(time);
        self
    }

    /// Spares the first `count` requests that match.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Strikes that many requests.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.times = Some(count);
        self
    }

    /// Strikes all requests from now on.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn strikes(&mut self, method: &str, path: &str) -> bool {
        if (self.method != "*" && self.method != method) || !matches(&self.path, path) || self.times == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if let Some(left) = &mut self.times {
            *left -= 1;
        }
        true
    }
}

/// The first fault that strikes this request.
pub(super) fn strike(faults: &mut [Fault], method: &str, path: &str) -> Option<Effect> {
    faults.iter_mut().find_map(|fault| fault.strikes(method, path).then(|| fault.effect.clone()))
}

/// Whether the text matches a pattern in which `*` stands for any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(index, _)| index).chain([text.len()]);
            ends.into_iter().any(|index| matches(rest, &text[index..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*/virtual-machines/*", "/api/virtualization/virtual-machines/7/"));
        assert!(matches("/api/x/", "/api/x/"));
        assert!(!matches("/api/x/", "/api/x/1/"));
        assert!(matches("*", ""));
    }

    #[test]
    fn faults_skip_strike_and_end() {
        let mut faults = [Fault::on("GET", "*").drop_before().skip(1).times(2)];
        let struck: Vec<bool> = (0..5).map(|_| strike(&mut faults, "GET", "/").is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(strike(&mut faults, "POST", "/").is_none());
    }
}
