//! The signature of a delivery: header `X-Hook-Signature`, the lower-case hexadecimal HMAC-SHA512 of the raw body.
//!
//! Verify the bytes as they came, before parsing: JSON that was read and written again is another text. The signature
//! holds no nonce, so the same delivery can be replayed; it says who sent it, not when.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

/// Name of the header that carries the signature.
pub const HEADER: &str = "X-Hook-Signature";

/// Length of a SHA-512 in bytes.
const LENGTH: usize = 64;

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature: the webhook in NetBox has no secret.
    #[error("the delivery carries no signature: does the webhook in NetBox have a secret?")]
    Missing,
    /// The header is not 128 hexadecimal digits.
    #[error("the signature of the delivery is not 128 hexadecimal digits")]
    Malformed,
    /// The body was not signed with this secret.
    #[error("the signature of the delivery does not match: another secret, or a changed body")]
    Mismatch,
}

/// Whether `header` is the signature of `raw_body` under `secret`. The comparison takes the same time wherever they
/// differ.
///
/// # Errors
/// A [`SignatureError`] if there is no signature, or a bad one. An empty secret verifies nothing.
pub fn verify(secret: &[u8], raw_body: &[u8], header: Option<&[u8]>) -> Result<(), SignatureError> {
    verify_any([secret], raw_body, header)
}

/// The same with several secrets, any of which may have signed: for the time in which a secret is being replaced.
///
/// # Errors
/// As [`verify`].
pub fn verify_any<I>(secrets: I, raw_body: &[u8], header: Option<&[u8]>) -> Result<(), SignatureError>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let given = given(header)?;
    let mut matched = false;
    for secret in secrets {
        let secret = secret.as_ref();
        // Anybody can sign with an empty secret.
        if !secret.is_empty() {
            matched |= mac(secret, raw_body).is_some_and(|mac| mac.verify_slice(&given).is_ok());
        }
    }
    if matched { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// Whether there is a header that could be a signature: what has none can be refused before its body is read.
///
/// # Errors
/// [`SignatureError::Missing`] or [`SignatureError::Malformed`].
pub fn check_form(header: Option<&[u8]>) -> Result<(), SignatureError> {
    given(header).map(drop)
}

fn given(header: Option<&[u8]>) -> Result<[u8; LENGTH], SignatureError> {
    let header = header.filter(|header| !header.is_empty()).ok_or(SignatureError::Missing)?;
    decode(header).ok_or(SignatureError::Malformed)
}

/// The signature NetBox would send.
#[must_use]
pub fn sign(secret: &[u8], raw_body: &[u8]) -> String {
    let bytes = mac(secret, raw_body).map(|mac| mac.finalize().into_bytes());
    bytes.into_iter().flatten().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC takes keys of every length, so this is never none.
fn mac(secret: &[u8], body: &[u8]) -> Option<Hmac<Sha512>> {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret).ok()?;
    mac.update(body);
    Some(mac)
}

fn decode(hex: &[u8]) -> Option<[u8; LENGTH]> {
    if hex.len() != 2 * LENGTH {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret";
    const BODY: &[u8] = br#"{"event": "created"}"#;

    #[test]
    fn a_body_signed_with_the_secret_is_believed() {
        let signature = sign(SECRET, BODY);
        assert_eq!(verify(SECRET, BODY, Some(signature.as_bytes())), Ok(()));
        assert_eq!(verify_any(["a new one", "a secret"], BODY, Some(signature.as_bytes())), Ok(()));
    }

    #[test]
    fn one_changed_byte_is_a_mismatch() {
        let signature = sign(SECRET, BODY);
        assert_eq!(
            verify(SECRET, br#"{"event":"created"}"#, Some(signature.as_bytes())),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(verify(b"another", BODY, Some(signature.as_bytes())), Err(SignatureError::Mismatch));
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        let signature = sign(b"", BODY);
        assert_eq!(verify(b"", BODY, Some(signature.as_bytes())), Err(SignatureError::Mismatch));
        assert_eq!(verify_any::<[&str; 0]>([], BODY, Some(signature.as_bytes())), Err(SignatureError::Mismatch));
    }

    #[test]
    fn what_is_no_signature_is_told_from_a_wrong_one() {
        assert_eq!(verify(SECRET, BODY, None), Err(SignatureError::Missing));
        assert_eq!(verify(SECRET, BODY, Some(b"")), Err(SignatureError::Missing));
        assert_eq!(verify(SECRET, BODY, Some(b"sha512=00")), Err(SignatureError::Malformed));
        assert_eq!(verify(SECRET, BODY, Some(&[b'g'; 128])), Err(SignatureError::Malformed));
        assert_eq!(verify(SECRET, BODY, Some(&[0xff; 128])), Err(SignatureError::Malformed));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_published_example_comes_out() {
        assert_eq!(
            sign(b"Jefe", b"what do ya want for nothing?"),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        );
    }
}
