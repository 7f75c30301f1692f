//! Certificates, against a server with real TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig, SupportedProtocolVersion};

use super::*;
use crate::client::{ClientBuilder, ErrorKind, Phase};

/// Shows this certificate and signs with this key, whether they belong together or not.
#[derive(Debug)]
struct Show(Arc<CertifiedKey>);

impl ResolvesServerCert for Show {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// A server on this host; returns its address.
pub(super) async fn serve(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let resolver = Arc::new(Show(Arc::new(CertifiedKey::new(vec![certificate], key))));
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_cert_resolver(resolver)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let body = "{\"data\":{\"version\":\"9.1.7\"}}";
            let answer =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("https://localhost:{port}")
}

pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest: [u8; 32] = Sha256::digest(certificate).into();
    digest.map(|byte| format!("{byte:02X}")).join(":")
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).token(TOKEN)
}

async fn refused(builder: ClientBuilder) -> crate::Error {
    let error = builder.build().unwrap().version().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Certificate, Phase::NotSent), "{error}");
    assert!(!error.is_retryable());
    error
}

#[tokio::test]
async fn a_pinned_certificate_is_accepted_and_another_refused() {
    // The name is another host's: a pin stands for itself.
    let shown = rcgen::generate_simple_self_signed(["pve01.example.org".to_owned()]).unwrap();
    let certificate = shown.cert.der().clone();
    for versions in [[&rustls::version::TLS12], [&rustls::version::TLS13]] {
        let url = serve(certificate.clone(), &shown.signing_key, &versions).await;
        builder(&url).fingerprint(fingerprint(&certificate)).build().unwrap().version().await.unwrap();
        let several = format!("{},{}", "00".repeat(32), fingerprint(&certificate));
        builder(&url).fingerprint(several).build().unwrap().version().await.unwrap();
        let error = refused(builder(&url).fingerprint("00".repeat(32))).await;
        assert!(error.message().contains(&fingerprint(&certificate)), "it says which one was shown: {error}");
        assert_eq!(error.fingerprint(), Some(fingerprint(&certificate).as_str()));
    }
}

#[tokio::test]
async fn each_address_shows_its_certificate() {
    let shown = [0, 1].map(|_| rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap());
    let mut urls = Vec::new();
    for shown in &shown {
        urls.push(serve(shown.cert.der().clone(), &shown.signing_key, &[&rustls::version::TLS13]).await);
    }
    let all = builder(&urls.join(",")).insecure().build().unwrap();
    assert!(!all.verifies_certificates());
    for (index, (address, alone)) in all.at_each_endpoint().into_iter().enumerate() {
        assert_eq!(address, urls[index]);
        let peer = alone.peer().await.unwrap();
        assert_eq!(peer.fingerprint, Some(fingerprint(shown[index].cert.der())), "{address}");
        assert!(!alone.verifies_certificates());
    }
}

#[tokio::test]
async fn a_pinned_certificate_without_its_key_is_refused() {
    let shown = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = KeyPair::generate().unwrap();
    let certificate = shown.cert.der().clone();
    for versions in [[&rustls::version::TLS12], [&rustls::version::TLS13]] {
        let url = serve(certificate.clone(), &other, &versions).await;
        for builder in [builder(&url).fingerprint(fingerprint(&certificate)), builder(&url).insecure()] {
            let error = builder.build().unwrap().version().await.unwrap_err();
            assert_eq!(error.phase(), Phase::NotSent, "{error}");
        }
    }
}

#[tokio::test]
async fn an_authority_vouches_for_its_certificates_only() {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params.clone(), KeyPair::generate().unwrap()).unwrap();
    let stranger = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let url = serve(certificate.der().clone(), &key, rustls::ALL_VERSIONS).await;
    builder(&url).ca_pem(authority.pem()).build().unwrap().version().await.unwrap();
    let shown = fingerprint(certificate.der());
    let error = refused(builder(&url).ca_pem(stranger.pem())).await;
    assert_eq!(error.fingerprint(), Some(shown.as_str()), "also where authorities are trusted");
    assert!(error.message().contains("no authority that is trusted has signed it"), "{error}");
    // So does the system's set of authorities; a system without any builds no client.
    if let Ok(client) = builder(&url).build() {
        let error = client.version().await.unwrap_err();
        assert_eq!((error.kind(), error.fingerprint()), (&ErrorKind::Certificate, Some(shown.as_str())), "{error}");
    }
    // The certificate is not for this name.
    let error = refused(builder(&url.replace("localhost", "127.0.0.1")).ca_pem(authority.pem())).await;
    assert!(error.message().contains("it is not for 127.0.0.1, but for "), "{error}");
    assert_eq!(error.fingerprint(), Some(shown.as_str()));
}

#[tokio::test]
async fn anything_goes_only_when_asked_for() {
    let shown = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let url = serve(shown.cert.der().clone(), &shown.signing_key, rustls::ALL_VERSIONS).await;
    builder(&url).insecure().build().unwrap().version().await.unwrap();
}
