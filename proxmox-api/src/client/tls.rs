//! How the server's certificate is trusted.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::Error;
use super::verifier::{Pinned, Telling};

/// How the server's certificate is trusted.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// By the authorities the system trusts.
    System,
    /// By these authorities only.
    Authorities(Vec<u8>),
    /// One of these certificates, known by their SHA-256 fingerprints; neither name nor date matter.
    Fingerprints(Vec<[u8; 32]>),
    /// Any certificate.
    Anything,
}

/// Reads fingerprints: 32 bytes in hexadecimal, with or without colons; several separated by commas.
pub(super) fn parse_fingerprints(text: &str) -> Result<Vec<[u8; 32]>, Error> {
    let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let fingerprints: Vec<[u8; 32]> = texts.map(parse_fingerprint).collect::<Result<_, _>>()?;
    if fingerprints.is_empty() { Err(Error::config("no fingerprint given")) } else { Ok(fingerprints) }
}

fn parse_fingerprint(text: &str) -> Result<[u8; 32], Error> {
    let error = || Error::config(format!("not a SHA-256 fingerprint: {text:?} (expected 32 bytes as AA:BB:…)"));
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()
        .ok_or_else(error)?;
    if digits.len() != 64 {
        return Err(error());
    }
    let mut fingerprint = [0; 32];
    for (byte, pair) in fingerprint.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(fingerprint)
}

/// A TLS set-up that needs no process-wide provider. `encrypted`: whether any endpoint is https at all; without one
/// there is no need for the system's authorities, which may be missing.
pub(super) fn client_config(trust: &Trust, encrypted: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: rustls::Error| Error::config(format!("TLS: {error}"));
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().map_err(failed)?;
    let custom = |verifier: Arc<dyn ServerCertVerifier>| {
        builder.clone().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    };
    Ok(match trust {
        Trust::System if !encrypted => {
            builder.clone().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
        Trust::System => {
            let system = rustls_platform_verifier::Verifier::new(provider).map_err(failed)?;
            custom(Arc::new(Telling(Arc::new(system))))
        }
        Trust::Authorities(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| Error::config(format!("CA certificate: {error}")))?;
                roots.add(certificate).map_err(failed)?;
            }
            if roots.is_empty() {
                return Err(Error::config("CA certificate: no certificate in PEM form found"));
            }
            let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
            custom(Arc::new(Telling(authorities.map_err(|error| Error::config(format!("CA certificate: {error}")))?)))
        }
        Trust::Fingerprints(fingerprints) => {
            custom(Arc::new(Pinned { fingerprints: Some(fingerprints.clone()), provider }))
        }
        Trust::Anything => custom(Arc::new(Pinned { fingerprints: None, provider })),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rustls::crypto::CryptoProvider;

    use super::*;

    #[test]
    fn fingerprints_in_both_spellings() {
        let colons = "EE:9A:AF:90:06:0D:07:6A:71:60:48:D5:B3:E9:F8:2F:46:B0:6C:E3:41:07:9B:A8:22:2D:80:26:DF:4D:49:ED";
        let plain = colons.replace(':', "").to_lowercase();
        assert_eq!(parse_fingerprints(colons).unwrap(), parse_fingerprints(&plain).unwrap());
        assert_eq!(parse_fingerprints(&format!("{colons}, {plain}")).unwrap().len(), 2);
        for bad in ["", "EE:9A", &colons[1..], &colons.replace("EE", "GG"), &colons.replace("EE", "é")] {
            assert!(parse_fingerprints(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_process_wide_provider_is_needed() {
        assert!(CryptoProvider::get_default().is_none());
        for trust in [Trust::Fingerprints(vec![[0; 32]]), Trust::Anything, Trust::System] {
            assert!(client_config(&trust, false).is_ok(), "{trust:?}");
        }
        assert!(CryptoProvider::get_default().is_none());
    }

    #[test]
    fn an_authority_file_without_a_certificate_is_refused() {
        assert!(client_config(&Trust::Authorities(b"nothing".to_vec()), true).is_err());
    }
}
