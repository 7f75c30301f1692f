//! Who asks: a request is signed with a secret that both sides have, over its method, its path, a time, a number that counts once,
//! and its body. It is believed for a minute.

use std::fmt;

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header with the time of the request, in seconds since 1970.
pub const TIME: &str = "X-Api-Time";

/// The header with the number that counts once: 16 to 64 letters, digits, `-` and `_`.
pub const NONCE: &str = "X-Api-Nonce";

/// The header with the signature, 64 hexadecimal digits.
pub const SIGNATURE: &str = "X-Api-Signature";

/// How far apart the clocks may be, and how long a request may be on its way, in seconds.
const BELIEVED: u64 = 60;

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// Without this header, or it is not of its form.
    Header(&'static str),
    /// It is of another time: how far away, in seconds.
    Time(u64),
    /// It was not signed with a secret of ours, or is not as it was signed.
    Mismatch,
    /// Its number was used before.
    Again,
}

impl fmt::Display for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the header {name} is missing, or not of its form"),
            Self::Time(apart) => {
                write!(
                    f,
                    "{TIME} is {apart} s from the server's clock, more than {BELIEVED}: compare the clocks of both"
                )
            }
            Self::Mismatch => {
                f.write_str("the signature does not match: another secret than the server's, or a changed request")
            }
            Self::Again => write!(f, "{NONCE} was used before: a request counts once"),
        }
    }
}

/// What a request says of who signed it, not verified yet.
#[derive(Debug)]
pub(super) struct Signed {
    time: String,
    /// Counts once.
    pub(super) nonce: String,
    signature: [u8; 32],
}

impl Signed {
    /// From the headers of a request that came at this time: what cannot be right is refused before the body is read.
    pub(super) fn read(headers: &HeaderMap, now: u64) -> Result<Self, Unsigned> {
        let text = |name: &'static str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned).ok_or(Unsigned::Header(name))
        };
        let (time, nonce) = (text(TIME)?, text(NONCE)?);
        let signature = decode(&text(SIGNATURE)?).ok_or(Unsigned::Header(SIGNATURE))?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(16..=64).contains(&nonce.len()) || !nonce.chars().all(fits) {
            return Err(Unsigned::Header(NONCE));
        }
        let apart = time.parse::<u64>().map_err(|_| Unsigned::Header(TIME))?.abs_diff(now);
        if apart > BELIEVED {
            return Err(Unsigned::Time(apart));
        }
        Ok(Self { time, nonce, signature })
    }

    /// Whether one of these secrets signed it. The comparison takes the same time wherever they differ.
    pub(super) fn verify(
        &self,
        secrets: &[SecretString],
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Result<(), Unsigned> {
        let mut matched = false;
        for secret in secrets {
            let mac = mac(secret, method, path, &self.time, &self.nonce, body);
            matched |= mac.is_some_and(|mac| mac.verify_slice(&self.signature).is_ok());
        }
        if matched { Ok(()) } else { Err(Unsigned::Mismatch) }
    }
}

/// The signature of a request.
pub fn sign(secret: &SecretString, method: &str, path: &str, time: &str, nonce: &str, body: &[u8]) -> String {
    let bytes = mac(secret, method, path, time, nonce, body).map(|mac| mac.finalize().into_bytes());
    bytes.into_iter().flatten().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC takes keys of every length, so this is never none.
fn mac(secret: &SecretString, method: &str, path: &str, time: &str, nonce: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    for part in [method, path, time, nonce] {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac.update(body);
    Some(mac)
}

fn decode(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        hex.bytes().map(|c| char::from(c).to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_750_200;
    const ONCE: &str = "0123456789abcdef";

    fn headers(time: &str, nonce: &str, signature: &str) -> HeaderMap {
        let all = [(TIME, time), (NONCE, nonce), (SIGNATURE, signature)];
        all.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// Signed as the script does it, with Python: `hmac.new(b"secret", b"POST\n/api/plan\n1795750200\n0123456789abcdef\n{}", "sha256")`.
    #[test]
    fn a_signature_is_over_all_parts_and_any_secret_may_have_made_it() {
        let secrets = ["another".into(), SecretString::from("secret")];
        let time = NOW.to_string();
        let signature = sign(&secrets[1], "POST", "/api/plan", &time, ONCE, b"{}");
        assert_eq!(signature, "3a60903915fdb6ca52fce0bd85354f0b31080ff0bc19559387cc041b09f32dcd");
        let signed = Signed::read(&headers(&time, ONCE, &signature), NOW).unwrap();
        assert_eq!(signed.verify(&secrets, "POST", "/api/plan", b"{}"), Ok(()));
        for (method, path, body) in
            [("GET", "/api/plan", "{}"), ("POST", "/api/apply", "{}"), ("POST", "/api/plan", "{ }")]
        {
            assert_eq!(
                signed.verify(&secrets, method, path, body.as_bytes()),
                Err(Unsigned::Mismatch),
                "{method} {path}"
            );
        }
        assert_eq!(signed.verify(&secrets[..1], "POST", "/api/plan", b"{}"), Err(Unsigned::Mismatch));
        let later = Signed::read(&headers(&(NOW + 1).to_string(), ONCE, &signature), NOW).unwrap();
        assert_eq!(later.verify(&secrets, "POST", "/api/plan", b"{}"), Err(Unsigned::Mismatch), "the time is signed");
        let other = Signed::read(&headers(&time, "0123456789abcdeF", &signature), NOW).unwrap();
        assert_eq!(other.verify(&secrets, "POST", "/api/plan", b"{}"), Err(Unsigned::Mismatch), "the number is signed");
    }

    #[test]
    fn it_is_believed_for_a_minute_and_only_in_its_form() {
        let (time, signature) = (NOW.to_string(), "0".repeat(64));
        for (now, believed) in [(NOW - 60, true), (NOW + 60, true), (NOW - 61, false), (NOW + 61, false)] {
            let read = Signed::read(&headers(&time, ONCE, &signature), now);
            assert_eq!(
                read.map(|_| ()).map_err(|why| why == Unsigned::Time(61)),
                if believed { Ok(()) } else { Err(true) }
            );
        }
        for (time, nonce, signature, wrong) in [
            ("now", ONCE, signature.as_str(), TIME),
            (&time, "short", &signature, NONCE),
            (&time, &"0".repeat(65), &signature, NONCE),
            (&time, "0123456789abcde/", &signature, NONCE),
            (&time, ONCE, &signature[1..], SIGNATURE),
            (&time, ONCE, &"g".repeat(64), SIGNATURE),
        ] {
            assert_eq!(Signed::read(&headers(time, nonce, signature), NOW).unwrap_err(), Unsigned::Header(wrong));
        }
        assert_eq!(Signed::read(&HeaderMap::new(), NOW).unwrap_err(), Unsigned::Header(TIME));
    }
}
