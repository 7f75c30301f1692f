//! What an error says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::raw_server::{RawServer, Reply, nobody};
use super::*;
use crate::client::{ErrorKind, Phase, Subject, Timeouts};
use crate::*;

#[tokio::test]
async fn it_names_what_was_attempted_and_proxmoxs_words() {
    let server = answering(500, json!({"message": "VM is locked (clone)\n", "data": null})).await;
    let error = qemu(&client(&server)).clone_to(&CloneParams::new(vmid(200))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Locked { lock: "clone".into() });
    assert_eq!((error.method(), error.path_template()), ("POST", "/nodes/{node}/qemu/{vmid}/clone"));
    assert_eq!(
        (error.path(), error.status(), error.message()),
        ("/nodes/pve/qemu/101/clone", Some(500), "VM is locked (clone)")
    );
    assert_eq!(error.phase(), Phase::Answered);
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), "POST /nodes/pve/qemu/101/clone: VM is locked (clone)");
}

#[tokio::test]
async fn refused_parameters_are_listed() {
    let body = json!({"errors": {"cores": "type check failed", "net0": "invalid format - format error\nnet0.model: no\n"},
        "message": "Parameter verification failed.\n", "data": null});
    let server = answering(400, body).await;
    let error = qemu(&client(&server)).set_config(&ConfigUpdate::new().cores(0)).await.unwrap_err();
    let fields = BTreeMap::from([
        ("cores".to_owned(), "type check failed".to_owned()),
        ("net0".to_owned(), "invalid format - format error\nnet0.model: no".to_owned()),
    ]);
    assert_eq!(*error.kind(), ErrorKind::InvalidParameter { fields });
    assert!(error.to_string().contains("cores: type check failed; net0: invalid format"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn the_reason_phrase_is_read_where_there_is_no_body() {
    let table = [
        ("401 No ticket", ErrorKind::Unauthorized, Phase::Answered, false),
        ("595 Connection refused", ErrorKind::Unavailable, Phase::NotSent, true),
        ("596 Connection timed out", ErrorKind::Timeout, Phase::Ambiguous, false),
    ];
    for (line, kind, phase, retryable) in table {
        let server = RawServer::start(vec![Reply::status(line, "")]).await;
        let error = qemu(&client_at(&server.url)).start(&StartParams::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.phase(), error.is_retryable()), (&kind, phase, retryable), "{line}");
        assert_eq!(error.message(), &line[4..]);
        assert_eq!(server.lines().len(), 1, "{line}: sent once");
    }
}

#[tokio::test]
async fn a_read_may_be_repeated_after_596_but_a_write_may_not() {
    let server = RawServer::start(vec![Reply::status("596 Connection timed out", "")]).await;
    let read = qemu(&client_at(&server.url)).status().await.unwrap_err();
    let write = qemu(&client_at(&server.url)).resume().await.unwrap_err();
    assert_eq!((read.phase(), write.phase()), (Phase::Ambiguous, Phase::Ambiguous));
    assert!(read.is_retryable() && !write.is_retryable());
    assert!(write.to_string().contains("may have been carried out"), "{write}");
}

#[tokio::test]
async fn a_refused_connection_means_nothing_was_sent() {
    let error = qemu(&client_at(&nobody())).resume().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::NotSent));
    assert!(error.is_retryable());
    assert!(error.message().starts_with("cannot connect to http://127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_write_whose_connection_breaks_is_ambiguous_and_not_repeated() {
    let server = RawServer::start(vec![Reply::Close]).await;
    let error = qemu(&client_at(&server.url)).resume().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::Ambiguous));
    assert!(!error.is_retryable());
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_repeated_once() {
    let server = RawServer::start(vec![Reply::Close, Reply::data("\"100\"")]).await;
    assert_eq!(client_at(&server.url).cluster().next_id(None).await.unwrap(), vmid(100));
    let server = RawServer::start(vec![Reply::Close]).await;
    assert!(client_at(&server.url).version().await.unwrap_err().is_retryable());
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_a_write_ambiguous() {
    let cut = Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":\"UPID:".into());
    let server = RawServer::start(vec![cut]).await;
    let error = qemu(&client_at(&server.url)).resume().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::Ambiguous));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let server = RawServer::start(vec![Reply::Silence]).await;
    let timeouts = Timeouts { request: Duration::from_millis(100), ..Default::default() };
    let client = Client::builder(server.url.as_str()).token(TOKEN).timeouts(timeouts).build().unwrap();
    let error = qemu(&client).resume().await.unwrap_err();
    assert_eq!((error.kind(), error.phase(), error.is_retryable()), (&ErrorKind::Timeout, Phase::Ambiguous, false));
    assert_eq!(error.message(), format!("{} did not answer within 0.1 s", server.url));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = RawServer::start(vec![Reply::data("{}")]).await;
    let redirect =
        format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {}/version\r\nContent-Length: 0\r\n\r\n", target.url);
    let server = RawServer::start(vec![Reply::Bytes(redirect)]).await;
    let error = client_at(&server.url).version().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Config);
    assert!(target.lines().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_understood_names_the_place() {
    let server = answering_data(json!({"status": 7, "qmpstatus": []})).await;
    let error = qemu(&client(&server)).status().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Decode, Phase::Answered));
    assert!(error.message().contains("data.status"), "{error}");
}

#[tokio::test]
async fn a_raw_path_that_is_none_is_not_sent() {
    let server = answering_data(json!(null)).await;
    let error = client(&server).get::<serde_json::Value>("/a/../b", &Params::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Config, Phase::NotSent));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_machine_elsewhere_is_not_found() {
    let server =
        answering(500, json!({"message": "Configuration file 'nodes/pve/qemu-server/101.conf' does not exist\n"}))
            .await;
    let error = qemu(&client(&server)).config(ConfigView::Current).await.unwrap_err();
    assert_eq!(*error.cause(), ErrorKind::NotFound(Subject::Guest));
    assert!(error.is_not_found());
}
