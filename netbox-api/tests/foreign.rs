//! What answers is none of NetBox's API.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

mod sockets;

use std::time::Duration;

use netbox_api::client::{NewJournalEntry, WebhookPatch};
use netbox_api::{Client, ErrorKind, Phase};
use sockets::{Listener, answer};

const PAGE: &str = "<!DOCTYPE html>\n<html><body>Log in</body></html>";

async fn asked(reply: String) -> (Client, String) {
    let server = Listener::start(reply).await;
    let client = Client::builder(format!("http://{}", server.address)).retries(0, Duration::ZERO).build().unwrap();
    (client, server.address)
}

#[tokio::test]
async fn a_page_is_said_to_be_one_and_where_it_came_from() {
    for status in ["200 OK", "401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let (client, address) = asked(answer(status, PAGE)).await;
        let entry = NewJournalEntry { comments: "x".into(), ..Default::default() };
        for error in [client.status().await.unwrap_err(), client.journal_entries().create(&entry).await.unwrap_err()] {
            assert_eq!((error.kind(), error.phase()), (ErrorKind::NotNetBox, Phase::Answered), "{error}");
            assert_eq!(error.status(), Some(status[..3].parse().unwrap()));
            let text = format!("came from {address} where NetBox's API should be: check the URL of NetBox");
            assert!(error.message().contains("HTML page") && error.message().contains(&text), "{error}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_failure_keeps_its_kind_and_says_where_it_came_from() {
    for (status, kind, phase) in [
        ("400 Bad Request", ErrorKind::Refused, Phase::Answered),
        ("500 Server Error", ErrorKind::Server, Phase::Answered),
        ("502 Bad Gateway", ErrorKind::Unavailable, Phase::Ambiguous),
    ] {
        let (client, address) = asked(answer(status, PAGE)).await;
        let patch = WebhookPatch { secret: Some("x".to_owned().into()), ..Default::default() };
        let error = client.webhooks().update(1, &patch, None).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (kind, phase), "{error}");
        assert!(error.message().starts_with(&format!("an HTML page answered at {address}")), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_json_or_another_services_is_said() {
    for (body, what) in [
        ("pong", "something that is no JSON"),
        ("", "an empty answer"),
        (r#"{"data": {"version": "9.1.7"}}"#, "JSON of another service"),
    ] {
        let (client, address) = asked(answer("200 OK", body)).await;
        let error = client.status().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotNetBox, "{error}");
        assert!(error.message().starts_with(&format!("{what} came from {address} where NetBox's API")), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_says_where_to_without_what_may_be_secret() {
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: https://sso.example.org/login?state=s3cret\r\nContent-Length: 0\r\n\r\n";
    let (client, _) = asked(redirect.to_owned()).await;
    let error = client.status().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Redirect, Some(302)));
    assert!(error.message().contains("redirects to https://sso.example.org, which"), "{error}");
    assert!(!error.to_string().contains("s3cret"));
}

#[tokio::test]
async fn nobody_there_is_said_with_the_server() {
    let url = format!("http://{}/netbox", sockets::nobody());
    let client = Client::builder(&url).retries(0, Duration::ZERO).build().unwrap();
    let error = client.status().await.unwrap_err();
    assert!(error.message().starts_with(&format!("cannot connect to {url}: Connection refused")), "{error}");
}
