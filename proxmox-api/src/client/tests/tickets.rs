//! Logging in with a user and a password.

use std::time::Duration;

use super::raw_server::{RawServer, Reply};
use super::*;
use crate::client::ErrorKind;

fn login(number: u32) -> Reply {
    Reply::data(&format!(
        "{{\"username\":\"root@pam\",\"ticket\":\"PVE:ticket-{number}\",\"CSRFPreventionToken\":\"csrf-{number}\"}}"
    ))
}

fn client_of(server: &RawServer) -> Client {
    Client::builder(server.url.as_str()).ticket("root@pam", "p&ss word").build().unwrap()
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn writes_carry_the_csrf_token_and_reads_do_not() {
    let server = RawServer::start(vec![login(1), Reply::data("{}"), Reply::data(&format!("\"{UPID}\""))]).await;
    let client = client_of(&server);
    client.version().await.unwrap();
    qemu(&client).resume().await.unwrap();
    let requests = server.requests();
    assert!(
        requests[0].starts_with("POST /api2/json/access/ticket ")
            && requests[0].ends_with("username=root%40pam&password=p%26ss+word")
    );
    assert_eq!(header(&requests[0], "cookie"), None);
    assert_eq!(header(&requests[1], "cookie"), Some("PVEAuthCookie=PVE:ticket-1"));
    assert_eq!(header(&requests[1], "csrfpreventiontoken"), None);
    assert_eq!(header(&requests[2], "csrfpreventiontoken"), Some("csrf-1"));
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn a_refused_ticket_is_renewed_once() {
    let refused = || Reply::status("401 permission denied - invalid PVE ticket", "");
    let server = RawServer::start(vec![login(1), refused(), login(2), Reply::data("{}")]).await;
    client_of(&server).version().await.unwrap();
    assert_eq!(header(&server.requests()[3], "cookie"), Some("PVEAuthCookie=PVE:ticket-2"));

    let server = RawServer::start(vec![login(1), refused(), login(2), refused()]).await;
    assert_eq!(*client_of(&server).version().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_token_is_not_tried_twice() {
    let server = RawServer::start(vec![Reply::status("401 Authentication failed!", "")]).await;
    let error = client_at(&server.url).version().await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (&ErrorKind::Unauthorized, "Authentication failed!"));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn many_at_once_log_in_once() {
    let server = MockServer::start().await;
    let ticket = json!({"data": {"ticket": "PVE:t", "CSRFPreventionToken": "c"}});
    let slow = ResponseTemplate::new(200).set_body_json(ticket).set_delay(Duration::from_millis(50));
    Mock::given(wiremock::matchers::path("/api2/json/access/ticket")).respond_with(slow).expect(1).mount(&server).await;
    let version = ResponseTemplate::new(200).set_body_json(json!({"data": {}}));
    Mock::given(wiremock::matchers::path("/api2/json/version")).respond_with(version).expect(8).mount(&server).await;
    let client = Client::builder(server.uri()).ticket("root@pam", "password").build().unwrap();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let client = client.clone();
                async move { client.version().await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_second_factor_is_told_of() {
    let server =
        RawServer::start(vec![Reply::data("{\"ticket\":\"PVE:!tfa!\",\"CSRFPreventionToken\":\"c\",\"NeedTFA\":1}")])
            .await;
    let error = client_of(&server).version().await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (&ErrorKind::Unauthorized, "/access/ticket"));
    assert!(error.message().contains("use an API token"));
}
