//! Whose certificate is believed.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

mod sockets;

use std::time::Duration;

use netbox_api::{Client, ClientBuilder, ErrorKind, Phase};
use sockets::encrypted;

/// A NetBox with a certificate that it signed itself, which answers everything with its status.
async fn server() -> Server {
    let server = encrypted(r#"{"netbox-version": "4.7.3"}"#).await;
    Server { url: format!("https://{}", server.address), pem: server.pem, fingerprint: server.fingerprint }
}

struct Server {
    url: String,
    pem: String,
    fingerprint: String,
}

async fn status(builder: ClientBuilder) -> Result<String, netbox_api::Error> {
    Ok(builder.retries(0, Duration::ZERO).build()?.status().await?.netbox_version)
}

#[tokio::test]
async fn a_certificate_is_believed_by_its_fingerprint() {
    let server = server().await;
    let version = status(Client::builder(&server.url).fingerprint(&server.fingerprint)).await.unwrap();
    assert_eq!(version, "4.7.3");
    let error = status(Client::builder(&server.url).fingerprint("00".repeat(32))).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Certificate, Phase::NotSent), "{error}");
    assert_eq!(error.fingerprint(), Some(server.fingerprint.as_str()), "it says which one was shown");
    assert!(error.message().contains(&server.fingerprint), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_certificate_is_believed_by_a_ca_file() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &server.pem).unwrap();
    assert_eq!(status(Client::builder(&server.url).ca_file(&file)).await.unwrap(), "4.7.3");
    let other = self::server().await;
    let error = status(Client::builder(&other.url).ca_file(&file)).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Certificate, Phase::NotSent), "{error}");
    assert_eq!(error.fingerprint(), Some(other.fingerprint.as_str()));
    std::fs::write(&file, "no certificate").unwrap();
    assert_eq!(status(Client::builder(&server.url).ca_file(&file)).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn any_certificate_is_believed_only_on_demand() {
    let server = server().await;
    assert_eq!(status(Client::builder(&server.url).insecure()).await.unwrap(), "4.7.3");
    // By default the system's authorities count; a system without any cannot build a client.
    let error = status(Client::builder(&server.url)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Certificate | ErrorKind::Config), "{error}");
    assert_eq!(error.fingerprint().is_some(), error.kind() == ErrorKind::Certificate, "{error}");
    assert_eq!(error.phase(), Phase::NotSent);
}

#[tokio::test]
async fn whoever_answers_shows_its_certificate() {
    let server = server().await;
    let insecure = Client::builder(&server.url).insecure().build().unwrap();
    let peer = insecure.peer().await.unwrap();
    assert_eq!((peer.fingerprint.as_ref(), insecure.verifies_certificates()), (Some(&server.fingerprint), false));
    let pinned = Client::builder(&server.url).fingerprint(&server.fingerprint).build().unwrap();
    assert_eq!((pinned.peer().await.unwrap().fingerprint, pinned.verifies_certificates()), (peer.fingerprint, true));
}
