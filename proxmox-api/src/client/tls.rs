//! How the server's certificate is trusted.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use super::Error;

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
        Trust::System => custom(Arc::new(rustls_platform_verifier::Verifier::new(provider).map_err(failed)?)),
        Trust::Authorities(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| Error::config(format!("CA certificate: {error}")))?;
                roots.add(certificate).map_err(failed)?;
            }
            if roots.is_empty() {
                return Err(Error::config("CA certificate: no certificate in PEM form found"));
            }
            builder.clone().with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Fingerprints(fingerprints) => {
            custom(Arc::new(Pinned { fingerprints: Some(fingerprints.clone()), provider }))
        }
        Trust::Anything => custom(Arc::new(Pinned { fingerprints: None, provider })),
    })
}

/// Accepts certificates by fingerprint (or any). That the server holds the certificate's key is checked in each case:
/// a certificate is public, so a fingerprint alone would prove nothing.
#[derive(Debug)]
struct Pinned {
    fingerprints: Option<Vec<[u8; 32]>>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug, thiserror::Error)]
#[error("the certificate's fingerprint is not the expected one but {}", .0.map(|byte| format!("{byte:02X}")).join(":"))]
struct WrongFingerprint([u8; 32]);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(fingerprints) = &self.fingerprints else { return Ok(ServerCertVerified::assertion()) };
        let found: [u8; 32] = Sha256::digest(certificate).into();
        if fingerprints.contains(&found) {
            return Ok(ServerCertVerified::assertion());
        }
        let other = OtherError(Arc::new(WrongFingerprint(found)));
        Err(CertificateError::Other(other).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
