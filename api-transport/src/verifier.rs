//! Verifying the server's certificate, so that a refusal tells which one was shown.

use std::error::Error as StdError;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::{Untrusted, fingerprint};

/// rustls's error of a certificate that is refused.
fn because(certificate: &CertificateDer<'_>, reason: String) -> rustls::Error {
    let untrusted = Untrusted { fingerprint: Some(fingerprint(certificate)), reason };
    CertificateError::Other(OtherError(Arc::new(untrusted))).into()
}

/// What is wrong with the certificate, if that is what failed.
pub(crate) fn untrusted<'a>(mut causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> Option<Untrusted> {
    causes.find_map(|cause| match wrapped(cause).downcast_ref()? {
        rustls::Error::InvalidCertificate(CertificateError::Other(error)) => {
            let made = error.0.downcast_ref::<Untrusted>().cloned();
            Some(made.unwrap_or_else(|| Untrusted { fingerprint: None, reason: error.0.to_string() }))
        }
        error @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Some(Untrusted { fingerprint: None, reason: error.to_string() })
        }
        _ => None,
    })
}

/// Why a certificate is refused, for a person.
fn reason(error: &CertificateError) -> String {
    use CertificateError as Error;
    match error {
        // With a bad signature: an authority of the same name has signed another one.
        Error::UnknownIssuer | Error::BadSignature => "no authority that is trusted has signed it".to_owned(),
        Error::Expired | Error::ExpiredContext { .. } => "it has expired".to_owned(),
        Error::NotValidYet | Error::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        Error::Revoked => "it was revoked".to_owned(),
        Error::NotValidForNameContext { expected, presented } => {
            format!("it is not for {}, but for {}", expected.to_str(), presented.join(", "))
        }
        Error::Other(error) => format!("it cannot be used for a server: {}", error.0),
        error => error.to_string(),
    }
}

/// What an I/O error, perhaps several, was made of: it is not among the sources.
fn wrapped<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => wrapped(inner),
        None => error,
    }
}

/// Verifies as another does, and tells of a certificate that is refused.
#[derive(Debug)]
pub(crate) struct Telling(pub(crate) Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(certificate, intermediates, name, ocsp, now).map_err(|error| match error {
            rustls::Error::InvalidCertificate(error) => because(certificate, reason(&error)),
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.0.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.0.root_hint_subjects()
    }
}

/// Accepts certificates by fingerprint (or any). That the server holds the certificate's key is checked in each case:
/// a certificate is public, so a fingerprint alone would prove nothing.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) fingerprints: Option<Vec<[u8; 32]>>,
    pub(crate) provider: Arc<CryptoProvider>,
}

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
        if fingerprints.contains(&Sha256::digest(certificate).into()) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(because(certificate, "its fingerprint is not the one that is trusted".to_owned()))
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
