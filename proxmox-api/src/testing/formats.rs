//! Formats of values: sizes, property strings, names, addresses, tags, SSH keys.

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;

pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;
pub(super) const GIB: u64 = 1024 * MIB;

/// A size as configurations show it: the largest unit that divides it, so 3.5 GiB is `3584M`.
pub(super) fn print_size(bytes: u64) -> String {
    let mut value = bytes;
    let mut unit = "";
    for next in ["K", "M", "G", "T"] {
        if value == 0 || !value.is_multiple_of(1024) {
            break;
        }
        value /= 1024;
        unit = next;
    }
    format!("{value}{unit}")
}

/// A time as logs show it: `2026-01-01 00:00:07`.
pub(super) fn print_time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March, so that the day that not every year has is their last one.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + next;
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Bytes of a size such as `20G`, `3.5G`, `6442450944`; no sign.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let (number, factor) = match text.chars().last()? {
        'K' => (&text[..text.len() - 1], KIB),
        'M' => (&text[..text.len() - 1], MIB),
        'G' => (&text[..text.len() - 1], GIB),
        'T' => (&text[..text.len() - 1], 1024 * GIB),
        _ => (text, 1),
    };
    scale(number, factor)
}

/// `number` (digits with an optional fraction) times `factor`, rounded down.
pub(super) fn scale(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(9)];
    let whole: u128 = whole.parse().ok()?;
    let part: u128 = fraction.parse().ok()?;
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let factor = u128::from(factor);
    u64::try_from(whole * factor + part * factor / scale).ok()
}

/// A property string taken apart: the first value without a key, then the others by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties {
    /// The value without a key, wherever it stood.
    pub(super) head: Option<String>,
    /// The values with keys, in the order given.
    pub(super) rest: Vec<(String, String)>,
}

impl Properties {
    pub(super) fn parse(text: &str) -> Self {
        let mut out = Self::default();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) => out.rest.push((key.into(), value.into())),
                None => out.head = Some(part.into()),
            }
        }
        out
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.rest.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        let at = self.rest.iter().position(|(k, _)| k == key)?;
        Some(self.rest.remove(at).1)
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.take(key);
        self.rest.push((key.into(), value.into()));
    }

    /// The head, then the others sorted by key: the order in which Proxmox VE writes drives and network devices.
    pub(super) fn print_sorted(&self) -> String {
        let mut rest: Vec<&(String, String)> = self.rest.iter().collect();
        rest.sort();
        let rest = rest.into_iter().map(|(key, value)| format!("{key}={value}"));
        self.head.iter().cloned().chain(rest).collect::<Vec<_>>().join(",")
    }
}

/// A boolean inside a property string: more spellings are accepted there than in a parameter.
pub(super) fn property_bool(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Some("1"),
        "0" | "off" | "no" | "false" => Some("0"),
        _ => None,
    }
}

/// Dot-separated labels of letters, digits and inner hyphens.
pub(super) fn is_dns_name(text: &str) -> bool {
    text.split('.').all(|label| {
        let bytes = label.as_bytes();
        !label.is_empty()
            && label.len() <= 63
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
    })
}

/// A unicast MAC address with colons.
pub(super) fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 6
        && parts.iter().all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))
        && u8::from_str_radix(parts[0], 16).is_ok_and(|first| first & 1 == 0)
}

/// Tags as a PUT stores them (lower case, sorted, unique, `;` between), or `None` if a character is not allowed.
pub(super) fn normalise_tags(text: &str) -> Option<String> {
    let mut tags: Vec<String> =
        text.split([';', ',', ' ']).filter(|t| !t.is_empty()).map(str::to_ascii_lowercase).collect();
    if !tags.iter().all(|tag| is_tag(tag)) {
        return None;
    }
    tags.sort();
    tags.dedup();
    // An empty list is stored, and returned, as one space.
    Some(if tags.is_empty() { " ".into() } else { tags.join(";") })
}

/// Whether every tag of a list has only allowed characters.
pub(super) fn are_tags(text: &str) -> bool {
    text.split([';', ',', ' ']).filter(|t| !t.is_empty()).all(is_tag)
}

fn is_tag(tag: &str) -> bool {
    let bytes = tag.as_bytes();
    bytes.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_-+.".contains(b))
}

/// The errors of an `ipconfigN` value, each `key: text`.
pub(super) fn ipconfig_errors(name: &str, text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let properties = Properties::parse(text);
    if properties.head.is_some() {
        errors.push(format!("{name}: invalid format - value without key, but schema does not define a default key\n"));
    }
    for (key, value) in &properties.rest {
        let problem = match key.as_str() {
            "ip" | "ip6" | "gw" | "gw6" => address_error(key, value),
            _ => Some(super::schema::UNKNOWN.to_owned()),
        };
        errors.extend(problem.map(|problem| format!("{name}.{key}: {problem}")));
    }
    for (gateway, address) in [("gw", "ip"), ("gw6", "ip6")] {
        if properties.get(gateway).is_some() && properties.get(address).is_none() {
            errors.push(format!("{name}.{address}: missing property required by '{name}.{gateway}'"));
        }
    }
    errors
}

/// What is wrong with the value of `ip`, `ip6`, `gw` or `gw6`.
pub(super) fn address_error(key: &str, value: &str) -> Option<String> {
    let cidr = |max: u8, ip: fn(&str) -> bool| {
        value.split_once('/').is_some_and(|(a, p)| ip(a) && p.parse::<u8>().is_ok_and(|p| p > 7 && p <= max))
    };
    let v4 = |a: &str| a.parse::<Ipv4Addr>().is_ok();
    let v6 = |a: &str| a.parse::<Ipv6Addr>().is_ok();
    let (ok, what) = match key {
        "ip" => (value == "dhcp" || cidr(32, v4), "ipv4 network configuration"),
        "ip6" => (value == "dhcp" || value == "auto" || cidr(128, v6), "ipv6 network configuration"),
        "gw" => (v4(value), "ipv4 address"),
        _ => (v6(value), "ipv6 address"),
    };
    (!ok).then(|| format!("invalid format - value does not look like a valid {what}\n"))
}

/// Whether a value says when a guest starts with its node: `2`, `order=2,up=30,down=60`.
pub(super) fn is_startup(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split(',').filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
        Some((key, value)) => matches!(key, "order" | "up" | "down") && number(value),
        None => number(part),
    })
}

/// Whether a value consists of what RFC 3986 leaves alone, the marks of RFC 2396, and `%`.
pub(super) fn is_urlencoded(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-%_.!~*'()".contains(&b))
}

/// Whether a percent-encoded list of SSH public keys, one a line, holds nothing that is not a key.
pub(super) fn are_ssh_keys(encoded: &str) -> bool {
    are_ssh_key_lines(&percent_decode_str(encoded).decode_utf8_lossy())
}

/// The same of a list that is not encoded.
pub(super) fn are_ssh_key_lines(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).peekable();
    lines.peek().is_some() && lines.all(is_ssh_key)
}

/// A key's type must be repeated inside its base64 part, and what follows must be whole fields. A certificate is no key.
fn is_ssh_key(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let known = |w: &str| {
        (w.starts_with("ssh-") || w.starts_with("ecdsa-sha2-") || w.starts_with("sk-")) && !w.contains("-cert-")
    };
    let Some(at) = words.iter().position(|w| known(w)) else { return false };
    let Some(blob) = words.get(at + 1).and_then(|w| base64(w)) else { return false };
    let mut fields = Vec::new();
    let mut rest = blob.as_slice();
    while !rest.is_empty() {
        let Some((length, tail)) = rest.split_first_chunk::<4>() else { return false };
        let length = u32::from_be_bytes(*length) as usize;
        if tail.len() < length {
            return false;
        }
        let (field, tail) = tail.split_at(length);
        fields.push(field);
        rest = tail;
    }
    fields.len() >= 2
        && fields[0] == words[at].as_bytes()
        && (words[at] != "ssh-ed25519" || fields[1].len() == 32 && fields.len() == 2)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    let (mut out, mut bits, mut held) = (Vec::with_capacity(body.len()), 0u32, 0u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_largest_unit_that_divides_them() {
        for (bytes, text) in
            [(GIB, "1G"), (3 * GIB + GIB / 2, "3584M"), (4 * MIB, "4M"), (1024 * GIB, "1T"), (1000, "1000"), (0, "0")]
        {
            assert_eq!(print_size(bytes), text);
            assert_eq!(parse_size(text), Some(bytes));
        }
        assert_eq!(parse_size("3.5G"), Some(3584 * MIB));
        assert_eq!(parse_size("5X"), None);
        assert_eq!(parse_size("1.G"), None);
    }

    #[test]
    fn times_are_written_as_logs_have_them() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_767_225_607, "2026-01-01 00:00:07"),
            (1_795_697_459, "2026-11-26 12:50:59"),
        ] {
            assert_eq!(print_time(seconds), text);
        }
    }

    #[test]
    fn tags_are_lowered_sorted_and_made_unique() {
        assert_eq!(normalise_tags("b;a;C").unwrap(), "a;b;c");
        assert_eq!(normalise_tags("x, y").unwrap(), "x;y");
        assert_eq!(normalise_tags("a b a").unwrap(), "a;b");
        assert_eq!(normalise_tags("").unwrap(), " ");
        assert_eq!(normalise_tags("_x").unwrap(), "_x");
        for bad in ["bad!tag", "-x", "ä"] {
            assert_eq!(normalise_tags(bad), None, "{bad}");
        }
    }

    #[test]
    fn ipconfig_wants_a_prefix_length_and_an_address_beside_a_gateway() {
        assert!(ipconfig_errors("ipconfig0", "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto").is_empty());
        assert!(ipconfig_errors("ipconfig0", "ip=10.0.0.5/32,ip6=2001:db8::5/64,gw6=2001:db8::1").is_empty());
        assert_eq!(
            ipconfig_errors("ipconfig0", "ip=999.1.1.1"),
            ["ipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n"]
        );
        let alone = "ipconfig0.ip: missing property required by 'ipconfig0.gw'";
        assert_eq!(ipconfig_errors("ipconfig0", "gw=10.0.0.1"), [alone]);
        assert!(
            ipconfig_errors("ipconfig0", "ip=203.0.113.9/32,gw=198.51.100.1,ip6=2001:db8::9/128,gw6=fe80::1")
                .is_empty()
        );
        assert_eq!(ipconfig_errors("ipconfig0", "ip=10.0.0.5/24,ip4=x").len(), 1);
    }

    #[test]
    fn a_key_is_a_key_only_if_its_blob_says_so() {
        let key = "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJzLmHqbJ9ssHLyGqMAz6fBUNrRTbfxC1y8iG1Qm%2B8Yw%20me%40host";
        assert!(are_ssh_keys(key));
        assert!(are_ssh_keys(&format!("{key}%0A{key}%0A")));
        assert!(!are_ssh_keys("garbage"));
        assert!(!are_ssh_keys("ssh-ed25519%20AAAA%20short"));
        assert!(is_urlencoded(key) && !is_urlencoded("ssh-ed25519 AAAA") && !is_urlencoded("a+b"));
    }

    #[test]
    fn drives_are_written_with_sorted_options() {
        let drive = Properties::parse("second:101/vm-101-disk-0.raw,ssd=1,size=1G,discard=on");
        assert_eq!(drive.print_sorted(), "second:101/vm-101-disk-0.raw,discard=on,size=1G,ssd=1");
    }
}
