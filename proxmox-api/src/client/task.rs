//! Tasks: what Proxmox does in the background.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::error::Attempt;
use super::{Client, Error, ErrorKind, Phase, decode};
use crate::answers::task::RawTaskLog;
use crate::answers::{TaskLog, TaskOutcome, TaskStatus};
use crate::params::Params;
use crate::types::Upid;

/// Something Proxmox does in the background. Its UPID is all there is to it: store it, and
/// [`Client::task`] follows the task again.
#[derive(Clone, Debug)]
pub struct Task {
    client: Client,
    upid: Upid,
}

/// How to wait for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitOptions {
    /// How long, from now. Default: 10 minutes.
    pub deadline: Duration,
    /// How long until Proxmox is asked a second time. Default: 200 ms.
    pub poll_first: Duration,
    /// How long between two questions at most. Default: 5 s.
    pub poll_max: Duration,
    /// How many last lines of the log a failure brings along. Default: 20.
    pub log_lines: usize,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(600),
            poll_first: Duration::from_millis(200),
            poll_max: Duration::from_secs(5),
            log_lines: 20,
        }
    }
}

impl WaitOptions {
    /// The usual, for this long.
    pub fn within(deadline: Duration) -> Self {
        Self { deadline, ..Self::default() }
    }
}

/// How long until the next question, when a task has been waited for this long: a fifth of that, so that the end is
/// noticed late by a fifth at most, within bounds.
pub fn poll_interval(waited: Duration, first: Duration, max: Duration) -> Duration {
    (waited / 5).max(first).min(max.max(first))
}

/// What a deadline beyond all clocks is cut to: a year.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Longer lines of a log are cut in an error.
const LINE_LIMIT: usize = 500;

/// How much of a log is read that does not say how long it is.
const LOG_LIMIT: u64 = 1000;

/// The log is a courtesy: a failure is reported without it rather than late.
const LOG_TIMEOUT: Duration = Duration::from_secs(10);

impl Task {
    pub(super) fn new(client: Client, upid: Upid) -> Self {
        Self { client, upid }
    }

    /// Its name.
    pub fn upid(&self) -> &Upid {
        &self.upid
    }

    /// Whether it runs, and how it ended.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound): the node knows no such task.
    pub async fn status(&self) -> Result<TaskStatus, Error> {
        self.client.request(self.attempt("GET", "/nodes/{node}/tasks/{upid}/status"), &Params::new()).await
    }

    /// Lines of its log, from one on (counted from 0). Of a task nobody knows: one line that says so.
    ///
    /// # Errors
    /// As every request.
    pub async fn log(&self, start: u64, limit: u64) -> Result<TaskLog, Error> {
        let attempt = self.attempt("GET", "/nodes/{node}/tasks/{upid}/log");
        let params = Params::from([("start", start), ("limit", limit)]);
        let inner = &self.client.inner;
        let answer = inner.send(&attempt, &params).await?;
        let log = decode::whole::<RawTaskLog>(&answer.body);
        log.map(TaskLog::from).map_err(|message| inner.undecodable(&attempt, &params, &answer, &message))
    }

    /// Ends it: its exit status is then `received interrupt`. One that has ended stays as it is.
    ///
    /// # Errors
    /// As every request.
    pub async fn stop(&self) -> Result<(), Error> {
        self.client.run(self.attempt("DELETE", "/nodes/{node}/tasks/{upid}"), &Params::new()).await
    }

    /// Waits until it has ended.
    ///
    /// A node that cannot be reached for a while does not lose the task: it is asked again until the deadline.
    ///
    /// # Errors
    /// [`TaskFailed`](ErrorKind::TaskFailed) with the last lines of its log; [`Timeout`](ErrorKind::Timeout) after the
    /// deadline, when the task goes on.
    pub async fn wait(&self, options: &WaitOptions) -> Result<TaskOutcome, Error> {
        let started = Instant::now();
        let deadline = started.checked_add(options.deadline).unwrap_or(started + FOREVER);
        let mut unreachable: Option<Error> = None;
        loop {
            match timeout_at(deadline, self.status()).await {
                Err(_) => break,
                Ok(Ok(status)) if status.is_running() => unreachable = None,
                Ok(Ok(status)) => return self.ended(status, options.log_lines).await,
                Ok(Err(error)) if may_pass(&error) => {
                    tracing::debug!(upid = %self.upid, %error, "a task cannot be asked for now");
                    unreachable = Some(error);
                }
                Ok(Err(error)) => return Err(error),
            }
            let now = Instant::now();
            if now >= deadline {
                break;
            }
            let interval = poll_interval(now - started, options.poll_first, options.poll_max);
            sleep_until(deadline.min(now + interval)).await;
        }
        let seconds = options.deadline.as_secs_f32();
        let message = match unreachable {
            None => format!("the task {} still runs after {seconds} s", self.upid.kind()),
            Some(error) => {
                format!("the task {} cannot be asked for after {seconds} s: {}", self.upid.kind(), error.message())
            }
        };
        let attempt = self.attempt("GET", "/nodes/{node}/tasks/{upid}/status");
        Err(attempt.error(ErrorKind::Timeout, Phase::Ambiguous, message))
    }

    async fn ended(&self, status: TaskStatus, log_lines: usize) -> Result<TaskOutcome, Error> {
        let exitstatus = status.exitstatus.as_deref().unwrap_or("no exit status");
        if let Some(outcome) = TaskOutcome::from_exitstatus(exitstatus) {
            return Ok(outcome);
        }
        let log = timeout(LOG_TIMEOUT, self.log_tail(log_lines as u64)).await;
        let log = log.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_default();
        Err(self.attempt("GET", "/nodes/{node}/tasks/{upid}/status").task_failed(&self.upid, exitstatus.trim(), log))
    }

    /// The last lines of the log: the first request only says how long it is.
    async fn log_tail(&self, lines: u64) -> Result<Vec<String>, Error> {
        if lines == 0 {
            return Ok(Vec::new());
        }
        let Some(total) = self.log(0, 1).await?.total else {
            let log = self.log(0, LOG_LIMIT).await?.lines;
            let skipped = log.len().saturating_sub(lines as usize);
            return Ok(log.into_iter().skip(skipped).map(|line| cut(line.t)).collect());
        };
        let log = self.log(total.saturating_sub(lines), lines).await?;
        Ok(log.lines.into_iter().map(|line| cut(line.t)).collect())
    }

    fn attempt(&self, method: &'static str, template: &'static str) -> Attempt {
        Attempt::new(method, template, &[self.upid.node().as_str(), self.upid.as_str()])
    }
}

fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout)
}

fn cut(mut line: String) -> String {
    if let Some((end, _)) = line.char_indices().nth(LINE_LIMIT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn questions_get_rarer_within_bounds() {
        let interval = |waited| {
            poll_interval(Duration::from_millis(waited), Duration::from_millis(200), Duration::from_secs(5)).as_millis()
        };
        assert_eq!([0, 1000, 5000, 25_000, 3_600_000].map(interval), [200, 200, 1000, 5000, 5000]);
        let odd = poll_interval(Duration::MAX, Duration::from_secs(9), Duration::from_secs(5));
        assert_eq!(odd, Duration::from_secs(9));
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(cut("ä".repeat(LINE_LIMIT)).chars().count(), LINE_LIMIT);
        assert_eq!(cut("ä".repeat(LINE_LIMIT + 1)).chars().count(), LINE_LIMIT + 1);
    }
}
