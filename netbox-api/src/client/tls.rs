//! How the server's certificate is trusted.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::verifier::{Pinned, Telling};
use crate::error::Error;

/// How the server's certificate is trusted.
pub(super) enum Trust {
    /// By the authorities that the system trusts.
    System,
    /// By those in this PEM file only.
    CaFile(PathBuf),
    /// The one certificate with this fingerprint, whoever signed it and for whatever name.
    Fingerprint(String),
    /// Any certificate.
    Anything,
}

/// The process's provider of cryptography; ring if nobody chose one.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}

/// A SHA-256 of a certificate, from hexadecimal digits with or without colons.
fn fingerprint(text: &str) -> Result<[u8; 32], Error> {
    let digits: Vec<u8> = text
        .trim()
        .chars()
        .filter(|&c| c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::config("the fingerprint is not hexadecimal"))?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    match (digits.len(), bytes.try_into()) {
        (64, Ok(bytes)) => Ok(bytes),
        _ => Err(Error::config("the fingerprint is not a SHA-256: 64 hexadecimal digits")),
    }
}

/// The set-up for this trust. `encrypted`: whether NetBox is asked by https at all; else there is no need for the system's
/// authorities, which may be missing.
pub(super) fn client_config(trust: &Trust, encrypted: bool) -> Result<ClientConfig, Error> {
    let provider = provider();
    let failed = |error: rustls::Error| Error::config(format!("TLS cannot be set up: {error}"));
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System if !encrypted => Arc::new(Pinned { fingerprints: Some(Vec::new()), provider: provider.clone() }),
        Trust::System => {
            let system = rustls_platform_verifier::Verifier::new(provider.clone()).map_err(failed)?;
            Arc::new(Telling(Arc::new(system)))
        }
        Trust::CaFile(path) => {
            let path_of = |what: String| Error::config(format!("the CA file {} {what}", path.display()));
            let pem = std::fs::read(path).map_err(|error| path_of(format!("cannot be read: {error}")))?;
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let added = certificate
                    .map_err(|error| error.to_string())
                    .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
                added.map_err(|error| path_of(format!("holds a certificate that cannot be read: {error}")))?;
            }
            if roots.is_empty() {
                return Err(path_of("holds no PEM certificate".to_owned()));
            }
            let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
            Arc::new(Telling(authorities.map_err(|error| path_of(format!("cannot be used: {error}")))?))
        }
        Trust::Fingerprint(text) => {
            Arc::new(Pinned { fingerprints: Some(vec![fingerprint(text)?]), provider: provider.clone() })
        }
        Trust::Anything => Arc::new(Pinned { fingerprints: None, provider: provider.clone() }),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_with_or_without_colons() {
        let plain = "AB".repeat(32);
        let colons = vec!["ab"; 32].join(":");
        assert_eq!(fingerprint(&plain).unwrap(), [0xab; 32]);
        assert_eq!(fingerprint(&colons).unwrap(), [0xab; 32]);
        for wrong in ["", "ab", "sha256:ab", &"ab".repeat(31), &"ab".repeat(33), &"a".repeat(63)] {
            assert!(fingerprint(wrong).is_err(), "{wrong}");
        }
    }
}
