//! How the server's certificate is trusted.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::verifier::{Pinned, Telling};

/// How the server's certificate is trusted. Errors are text for a person.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// By the authorities that the system trusts.
    #[default]
    System,
    /// By these authorities only.
    Authorities(RootCertStore),
    /// One of these certificates, known by their SHA-256 fingerprints, whoever signed them, for whatever name and time.
    Fingerprints(Vec<[u8; 32]>),
    /// Any certificate: whoever is in between reads and changes everything.
    Anything,
}

impl Trust {
    /// The authorities in a PEM file.
    ///
    /// # Errors
    /// It cannot be read, or holds no certificate.
    pub fn ca_file(path: impl AsRef<Path>) -> Result<Self, String> {
        let path = path.as_ref();
        let of_file = |what: &dyn Display| format!("the CA file {} {what}", path.display());
        let pem = std::fs::read(path).map_err(|error| of_file(&format!("cannot be read: {error}")))?;
        Self::authorities(&pem).map_err(|what| of_file(&what))
    }

    /// The authorities in a PEM text.
    ///
    /// # Errors
    /// It holds no certificate.
    pub fn ca_pem(pem: impl AsRef<[u8]>) -> Result<Self, String> {
        Self::authorities(pem.as_ref()).map_err(|what| format!("the CA certificate {what}"))
    }

    fn authorities(pem: &[u8]) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let added = certificate
                .map_err(|error| error.to_string())
                .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
            added.map_err(|error| format!("holds a certificate that cannot be read: {error}"))?;
        }
        if roots.is_empty() { Err("holds no PEM certificate".to_owned()) } else { Ok(Self::Authorities(roots)) }
    }

    /// Fingerprints: 32 bytes in hexadecimal, with or without colons; several separated by commas.
    ///
    /// # Errors
    /// There is none, or one is none.
    pub fn fingerprints(text: &str) -> Result<Self, String> {
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let fingerprints: Vec<[u8; 32]> = texts.map(parse).collect::<Result<_, _>>()?;
        if fingerprints.is_empty() {
            Err("no fingerprint given".to_owned())
        } else {
            Ok(Self::Fingerprints(fingerprints))
        }
    }

    /// Both, where they can be: fingerprints add up, and the system's authorities give way.
    ///
    /// # Errors
    /// They are of different kinds.
    pub fn and(self, more: Self) -> Result<Self, String> {
        match (self, more) {
            (Self::System, more) => Ok(more),
            (Self::Fingerprints(mut fingerprints), Self::Fingerprints(more)) => {
                fingerprints.extend(more);
                Ok(Self::Fingerprints(fingerprints))
            }
            _ => Err("give one of CA, fingerprint and insecure, not several".to_owned()),
        }
    }

    /// A set-up of rustls that needs no process-wide provider of cryptography: where nobody chose one, it is ring.
    /// `encrypted`: whether any address is https at all.
    pub(crate) fn client_config(&self, encrypted: bool) -> Result<ClientConfig, String> {
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
        let failed = |error: &dyn Display| format!("TLS cannot be set up: {error}");
        let pinned = |fingerprints| Pinned { fingerprints, provider: provider.clone() };
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::System if !encrypted => Arc::new(pinned(Some(Vec::new()))),
            Self::System => {
                let system =
                    rustls_platform_verifier::Verifier::new(provider.clone()).map_err(|error| failed(&error))?;
                Arc::new(Telling(Arc::new(system)))
            }
            Self::Authorities(roots) => {
                let roots = Arc::new(roots.clone());
                let authorities = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
                Arc::new(Telling(authorities.map_err(|error| failed(&error))?))
            }
            Self::Fingerprints(fingerprints) => Arc::new(pinned(Some(fingerprints.clone()))),
            Self::Anything => Arc::new(pinned(None)),
        };
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| failed(&error))?;
        Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

fn parse(text: &str) -> Result<[u8; 32], String> {
    let error = || format!("not a SHA-256 fingerprint: {text:?} (expected 32 bytes as AA:BB:…)");
    let digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(error)?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    match (digits.len(), bytes.try_into()) {
        (64, Ok(bytes)) => Ok(bytes),
        _ => Err(error()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fingerprints(text: &str) -> Result<Vec<[u8; 32]>, String> {
        Trust::fingerprints(text).map(|trust| match trust {
            Trust::Fingerprints(fingerprints) => fingerprints,
            _ => unreachable!(),
        })
    }

    #[test]
    fn fingerprints_in_both_spellings() {
        let colons = "EE:9A:AF:90:06:0D:07:6A:71:60:48:D5:B3:E9:F8:2F:46:B0:6C:E3:41:07:9B:A8:22:2D:80:26:DF:4D:49:ED";
        let plain = colons.replace(':', "").to_lowercase();
        assert_eq!(fingerprints(colons).unwrap(), fingerprints(&plain).unwrap());
        assert_eq!(fingerprints(&"AB".repeat(32)).unwrap(), [[0xab; 32]]);
        assert_eq!(fingerprints(&format!("{colons}, {plain}")).unwrap().len(), 2);
        let mut bad = vec![String::new(), "EE:9A".into(), "sha256:ab".into(), colons[1..].into()];
        bad.extend([colons.replace("EE", "GG"), colons.replace("EE", "é"), "ab".repeat(31), "ab".repeat(33)]);
        for bad in bad {
            assert!(fingerprints(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_process_wide_provider_is_needed() {
        assert!(CryptoProvider::get_default().is_none());
        for trust in [Trust::Fingerprints(vec![[0; 32]]), Trust::Anything, Trust::System] {
            assert!(trust.client_config(false).is_ok(), "{trust:?}");
        }
        assert!(CryptoProvider::get_default().is_none());
    }

    #[test]
    fn authorities_without_a_certificate_are_refused() {
        assert!(Trust::ca_pem(b"nothing").is_err());
        assert!(Trust::ca_file("/nonexistent/ca.pem").unwrap_err().contains("/nonexistent/ca.pem"));
    }
}
