//! What answers is none of Proxmox VE's API.

use super::raw_server::{RawServer, Reply};
use super::*;
use crate::client::{ErrorKind, Phase};
use crate::{Params, StartParams};

const PAGE: &str = "<!DOCTYPE html>\n<html><body>Log in</body></html>";

#[tokio::test]
async fn a_page_is_said_to_be_one_and_where_it_came_from() {
    for status in ["200 OK", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let server = RawServer::start(vec![Reply::status(status, PAGE)]).await;
        let place = server.url.replace("http://", "");
        for error in [
            client_at(&server.url).version().await.unwrap_err(),
            qemu(&client_at(&server.url)).start(&StartParams::default()).await.unwrap_err(),
            Client::builder(&server.url).ticket("root@pam", "hunter2").build().unwrap().version().await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.phase()), (&ErrorKind::NotProxmox, Phase::Answered), "{error}");
            assert_eq!(error.status(), Some(status[..3].parse().unwrap()));
            let text = format!("came from {place} where Proxmox VE's API should be: check the address");
            assert!(error.message().contains("HTML page") && error.message().contains(&text), "{error}");
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_page_of_what_is_in_front_of_proxmox_leaves_a_write_unknown() {
    let server = RawServer::start(vec![Reply::status("502 Bad Gateway", PAGE)]).await;
    let error = qemu(&client_at(&server.url)).start(&StartParams::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::Ambiguous));
    assert!(error.message().contains("HTML page") && error.message().contains("status 502"), "{error}");
}

#[tokio::test]
async fn json_that_is_no_envelope_is_another_services() {
    for (body, what) in [
        ("{\"netbox-version\": \"4.7.3\"}", "JSON of another service"),
        ("[]", "JSON of another service"),
        ("", "an empty answer"),
        ("pong", "something that is no JSON"),
    ] {
        let server = RawServer::start(vec![Reply::status("200 OK", body)]).await;
        let error = client_at(&server.url).version().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotProxmox, "{error}");
        let text = format!("{what} came from {}", server.url.replace("http://", ""));
        assert!(error.message().starts_with(&text), "{error}");
        let error = qemu(&client_at(&server.url)).resume().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotProxmox, "{error}");
    }
    // An envelope whose content is another is Proxmox's, of a version that we do not know.
    let server = RawServer::start(vec![Reply::data("[7]")]).await;
    let error = client_at(&server.url).get::<String>("/x", &Params::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_redirect_says_where_to_without_what_may_be_secret() {
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: https://sso.example.org/login?state=s3cret\r\nContent-Length: 0\r\n\r\n";
    let server = RawServer::start(vec![Reply::Bytes(redirect.into())]).await;
    let error = client_at(&server.url).version().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::Config, Some(302)));
    assert!(error.message().contains("redirects to https://sso.example.org, which"), "{error}");
    assert!(!error.to_string().contains("s3cret"));
}

/// Nothing can listen at 443 here, so a proxy says that nobody does.
#[tokio::test]
async fn an_address_without_a_port_is_told_that_proxmox_has_another() {
    let page = Reply::status("404 Not Found", PAGE);
    let proxy = RawServer::start(vec![page.clone()]).await;
    for (url, said) in [("http://pve01.invalid", true), ("http://pve01.invalid:80", false)] {
        let client = Client::builder(url).token(TOKEN).insecure().proxy(proxy.url.as_str()).build().unwrap();
        let error = client.version().await.unwrap_err();
        assert_eq!(error.message().ends_with("so it was 80: Proxmox VE itself listens on 8006"), said, "{error}");
    }
    let proxy = RawServer::start(vec![Reply::status("502 Bad Gateway", "")]).await;
    for (url, said) in [("https://pve01.invalid", true), ("https://pve01.invalid:443", false)] {
        let client = Client::builder(url).token(TOKEN).insecure().proxy(proxy.url.as_str()).build().unwrap();
        let error = client.version().await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::NotSent));
        assert_eq!(error.message().ends_with("so it was 443: Proxmox VE itself listens on 8006"), said, "{error}");
    }
}
