//! Whose certificate is believed.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use netbox_api::{Client, ClientBuilder, ErrorKind, Phase};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

struct Server {
    url: String,
    pem: String,
    fingerprint: String,
}

/// A NetBox with a certificate that it signed itself, which answers everything with its status.
async fn server() -> Server {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let fingerprint =
        Sha256::digest(made.cert.der()).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            let body = r#"{"netbox-version": "4.7.3"}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Server { url, pem: made.cert.pem(), fingerprint }
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
    assert_eq!(error.phase(), Phase::NotSent);
}
