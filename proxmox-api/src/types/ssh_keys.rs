//! Public SSH keys, and the parameter `sshkeys`.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{ParseError, serde_as_text};

/// Public SSH keys, one a line, as in `authorized_keys`.
///
/// Two values are equal if they hold the same lines in the same order; line ends and blank lines do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshKeys(Vec<String>);

/// Everything but the unreserved characters of RFC 3986 is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl SshKeys {
    /// Reads keys from text, one a line. CRLF, blank lines, comment lines and surrounding whitespace are tolerated.
    ///
    /// # Errors
    /// A line is not a public key: a type word followed by base64 whose content names the same type. (Proxmox would
    /// refuse all of them with `SSH public key validation error`.)
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let keys = Self::lines(text);
        for (number, key) in keys.0.iter().enumerate() {
            if !is_public_key(key) {
                let reason = format!("key {} is not a type followed by a matching base64 key", number + 1);
                return Err(ParseError::new("SSH public key", shorten(key), reason));
            }
        }
        Ok(keys)
    }

    /// The keys of a stored `sshkeys` value: percent-encoded once, as a configuration returns it.
    ///
    /// Lines are taken as they are, without a check: what Proxmox has stored is what it has.
    pub fn from_param(value: &str) -> Self {
        Self::lines(&percent_decode_str(value).decode_utf8_lossy())
    }

    /// The value of the parameter `sshkeys`: percent-encoded as RFC 3986 has it (a space is `%20`), the keys joined
    /// with `%0A`. The form then encodes it a second time; a value encoded once only is refused with `400 invalid
    /// urlencoded string` (Proxmox VE 9.1).
    pub fn to_param(&self) -> String {
        utf8_percent_encode(&self.to_string(), ENCODED).to_string()
    }

    /// The keys.
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// True if there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn lines(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(str::to_owned).collect())
    }
}

/// One key a line, no newline at the end.
impl fmt::Display for SshKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl FromStr for SshKeys {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

serde_as_text!(SshKeys);

/// A key may be preceded by options (`no-pty ssh-ed25519 AAAA…`), so the type is looked for.
fn is_public_key(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let single_line = !line.contains(|c: char| c.is_control() && c != '\t');
    single_line && words.windows(2).any(|pair| inner_type(pair[1]).is_some_and(|inner| inner == pair[0].as_bytes()))
}

/// The type that the key itself states: a length of four bytes, then that many characters.
fn inner_type(blob: &str) -> Option<Vec<u8>> {
    let bytes = decode_base64(blob)?;
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    // A type without a key behind it is no key.
    (length > 0 && rest.len() > length).then(|| rest[..length].to_vec())
}

/// Padding is not counted: whether the key is whole is for Proxmox to say, which runs `ssh-keygen` on it.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn shorten(key: &str) -> String {
    let mut short: String = key.chars().take(40).collect();
    if short.len() < key.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f alice@example.org";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB bob+laptop";

    #[test]
    fn line_ends_blank_lines_and_spaces_do_not_count() {
        let keys = SshKeys::parse(&format!("\r\n  {ED25519}  \r\n\r\n# a comment\n{OTHER}\n\n")).unwrap();
        assert_eq!(keys.keys(), [ED25519, OTHER]);
        assert_eq!(keys, format!("{ED25519}\n{OTHER}").parse().unwrap());
        assert_ne!(keys, format!("{OTHER}\n{ED25519}").parse().unwrap());
    }

    #[test]
    fn the_parameter_is_percent_encoded_once() {
        let param = SshKeys::parse(&format!("{ED25519}\n{OTHER}")).unwrap().to_param();
        assert!(param.starts_with("ssh-ed25519%20AAAA"), "{param}");
        assert!(param.contains("alice%40example.org%0Assh-ed25519%20"), "{param}");
        assert!(param.ends_with("bob%2Blaptop"), "{param}");
        assert!(!param.contains(['+', ' ', '/', '\n']), "{param}");
    }

    #[test]
    fn the_parameter_is_read_back() {
        let keys = SshKeys::parse(&format!("{ED25519}\n{OTHER}")).unwrap();
        assert_eq!(SshKeys::from_param(&keys.to_param()), keys);
        assert_eq!(SshKeys::from_param(&(keys.to_param() + "%0A")), keys);
        assert!(SshKeys::from_param("").is_empty());
    }

    #[test]
    fn options_before_the_key_are_fine() {
        assert!(SshKeys::parse(&format!("no-pty,command=\"echo hi\" {ED25519}")).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in [
            "hello",
            "ssh-ed25519",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f type differs",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
            "ssh-ed25519 not*base64",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert!(SshKeys::parse(bad).is_err(), "{bad}");
            assert!(SshKeys::parse(&format!("{ED25519}\n{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_whole_line() {
        let error = SshKeys::parse(&"x".repeat(4000)).unwrap_err();
        assert!(error.to_string().len() < 300);
    }

    proptest! {
        #[test]
        fn any_stored_lines_survive_the_parameter(lines in prop::collection::vec("[!-~ä][ -~ä]{0,30}", 0..4)) {
            let keys = SshKeys::lines(&lines.join("\n"));
            prop_assert_eq!(SshKeys::from_param(&keys.to_param()), keys);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = SshKeys::parse(&text);
            let _ = SshKeys::from_param(&text);
        }
    }
}
