//! Waiting for tasks.

use std::time::Duration;

use super::raw_server::{RawServer, Reply, nobody};
use super::*;
use crate::answers::TaskOutcome;
use crate::client::{ErrorKind, Phase, WaitOptions};

fn at_once() -> WaitOptions {
    WaitOptions { poll_first: Duration::from_millis(1), poll_max: Duration::from_millis(1), ..Default::default() }
}

fn running() -> Reply {
    Reply::data("{\"status\":\"running\",\"type\":\"qmclone\"}")
}

fn stopped(exitstatus: &str) -> Reply {
    Reply::data(&json!({"status": "stopped", "exitstatus": exitstatus}).to_string())
}

fn log(lines: &[(u64, &str)], total: u64) -> Reply {
    let lines: Vec<_> = lines.iter().map(|(n, t)| json!({"n": n, "t": t})).collect();
    Reply::status("200 OK", &json!({"data": lines, "total": total}).to_string())
}

#[tokio::test]
async fn it_is_asked_until_it_has_ended() {
    let server = RawServer::start(vec![running(), running(), stopped("OK")]).await;
    assert_eq!(client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap(), TaskOutcome::Ok);
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn warnings_are_success() {
    let server = RawServer::start(vec![stopped("WARNINGS: 2")]).await;
    assert_eq!(client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap(), TaskOutcome::Warnings(2));
}

#[tokio::test]
async fn a_failure_brings_its_cause_and_the_last_lines_of_its_log() {
    let why = "unable to create VM 160: config file already exists";
    let tail = log(&[(39, "creating a clone"), (40, "TASK ERROR: no")], 40);
    let server = RawServer::start(vec![stopped(why), log(&[(1, "first")], 40), tail]).await;
    let options = WaitOptions { log_lines: 2, ..at_once() };
    let error = client_at(&server.url).task(upid()).wait(&options).await.unwrap_err();
    let expected = ErrorKind::TaskFailed {
        exitstatus: why.into(),
        log: vec!["creating a clone".into(), "TASK ERROR: no".into()],
        cause: Box::new(ErrorKind::AlreadyExists),
        upid: upid(),
    };
    assert_eq!((error.kind(), error.cause(), error.phase()), (&expected, &ErrorKind::AlreadyExists, Phase::Answered));
    assert!(!error.is_retryable());
    assert!(server.lines()[2].contains("/log?start=38&limit=2 "), "{:?}", server.lines());
    let told = format!("task qmclone failed: {why}\n  creating a clone\n  ({})", upid());
    assert_eq!(error.to_string(), told, "the exit status says how it ended");
}

#[tokio::test]
async fn a_log_that_does_not_say_how_long_it_is_is_cut_here() {
    let long = Reply::data(&json!([{"n": 1, "t": "a"}, {"n": 2, "t": "b"}, {"n": 3, "t": "c"}]).to_string());
    let server = RawServer::start(vec![stopped("no"), Reply::data("[]"), long]).await;
    let error = client_at(&server.url).task(upid()).wait(&WaitOptions { log_lines: 2, ..at_once() }).await.unwrap_err();
    assert_eq!(error.to_string(), format!("task qmclone failed: no\n  b\n  c\n  ({})", upid()));
}

#[tokio::test]
async fn a_locale_that_is_not_there_is_not_told() {
    let lines = [
        "perl: warning: Setting locale failed.",
        "perl: warning: Please check that your locale settings:",
        "\tLANGUAGE = (unset),",
        "\tLC_ALL = (unset),",
        "\tLANG = \"de_DE.UTF-8\"",
        "    are supported and installed on your system.",
        "perl: warning: Falling back to the standard locale (\"C\").",
        "ERROR: no such volume",
    ];
    let lines: Vec<_> = lines.iter().zip(1..).map(|(line, n)| (n, *line)).collect();
    let server = RawServer::start(vec![stopped("migration aborted"), log(&[(1, "first")], 8), log(&lines, 8)]).await;
    let error = client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap_err();
    let told = format!("task qmclone failed: migration aborted\n  ERROR: no such volume\n  ({})", upid());
    assert_eq!(error.to_string(), told);
}

#[tokio::test]
async fn a_failure_is_told_also_without_a_log() {
    let server = RawServer::start(vec![stopped("VM is locked (clone)"), Reply::status("500 x", "")]).await;
    let error = client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap_err();
    assert_eq!(*error.cause(), ErrorKind::Locked { lock: "clone".into() });
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_node_that_is_away_for_a_while_does_not_lose_it() {
    let replies = vec![
        running(),
        Reply::status("595 No route to host", ""),
        Reply::status("596 Connection timed out", ""),
        Reply::Close,
        Reply::Close,
        stopped("OK"),
    ];
    let server = RawServer::start(replies).await;
    assert_eq!(client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap(), TaskOutcome::Ok);
}

#[tokio::test]
async fn one_that_nobody_knows_is_not_waited_for() {
    let body =
        "{\"errors\":{\"upid\":\"no such task\"},\"message\":\"Parameter verification failed.\\n\",\"data\":null}";
    let server = RawServer::start(vec![Reply::status("400 Parameter verification failed.", body)]).await;
    let error = client_at(&server.url).task(upid()).wait(&at_once()).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn the_deadline_holds_whether_it_runs_or_nobody_answers() {
    let short = WaitOptions { deadline: Duration::from_millis(50), ..at_once() };
    let running = RawServer::start(vec![running()]).await;
    let silent = RawServer::start(vec![Reply::Silence]).await;
    for (url, words) in
        [(running.url.clone(), "still runs"), (nobody(), "cannot be asked for"), (silent.url.clone(), "still runs")]
    {
        let error = client_at(&url).task(upid()).wait(&short).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (&ErrorKind::Timeout, true));
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_deadline_beyond_all_clocks_is_fine() {
    let server = RawServer::start(vec![stopped("OK")]).await;
    client_at(&server.url).task(upid()).wait(&WaitOptions::within(Duration::MAX)).await.unwrap();
}
