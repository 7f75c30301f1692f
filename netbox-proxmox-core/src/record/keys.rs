//! SSH keys. One that is none costs no other, and what was pasted is never repeated: it may be a private key.

use netbox_api::CustomFields;
use proxmox_api::SshKeys;

use super::Reader;
use crate::guest::Blocks;
use crate::part::Part;

impl Reader<'_> {
    /// No keys in NetBox means that those of the template stay; see `delivery` for keys that somebody cleared.
    pub(super) fn ssh_keys(&mut self, custom: &CustomFields) -> Part<SshKeys> {
        let name = self.fields.ssh_keys.clone();
        let text = match custom.get(&name).lines() {
            Ok(Some(text)) => text,
            Ok(None) => return Part::Unknown,
            Err(what) => {
                let why = "public keys are wanted, one a line. Correct it, or the type of the field in NetBox";
                self.problem(&name, &what.to_string(), why, Blocks::Part);
                return Part::Unknown;
            }
        };
        let mut good: Vec<&str> = Vec::new();
        let mut private = false;
        for (index, line) in text.lines().map(str::trim).enumerate() {
            let number = index + 1;
            if line.starts_with("-----BEGIN") && line.contains("PRIVATE KEY") {
                let why = "this is a private key: take it out of NetBox, and treat it as known to others. Write the public one";
                self.problem(&format!("{name} line {number}"), "a private key", why, Blocks::Part);
                private = true;
            }
            if private || line.is_empty() || line.starts_with('#') {
                private &= !(line.starts_with("-----END") && line.contains("PRIVATE KEY"));
                continue;
            }
            match SshKeys::parse(line) {
                Ok(_) => good.push(line),
                Err(_) => {
                    let why =
                        "this is no public key: a type and a matching base64 text, as in authorized_keys. Correct it";
                    self.problem(&format!("{name} line {number}"), &shown(line), why, Blocks::Part);
                }
            }
        }
        Part::maybe(SshKeys::parse(&good.join("\n")).ok().filter(|keys| !keys.is_empty()))
    }
}

/// What of a line may be shown: its type, where it begins with one, and its comment, where it looks like one.
fn shown(line: &str) -> String {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let known = ["ssh-", "ecdsa-", "sk-"];
    let kind = words.first().filter(|word| known.iter().any(|prefix| word.starts_with(prefix)) && word.len() < 48);
    let comment = words.get(2).filter(|word| kind.is_some() && word.contains('@') && word.len() < 64);
    match (kind, comment) {
        (Some(kind), Some(comment)) => format!("a broken {kind} key of {comment}"),
        (Some(kind), None) => format!("a broken {kind} key"),
        (None, _) => "no key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_key_is_shown() {
        assert_eq!(shown("ssh-rsa AAAAB3NzaC1yc2E ops@example"), "a broken ssh-rsa key of ops@example");
        assert_eq!(shown("ssh-ed25519 AAAAC3N"), "a broken ssh-ed25519 key");
        assert_eq!(shown("hunter2 is@my password"), "no key");
        assert_eq!(shown("b3BlbnNzaC1rZXktdjEAAAAA"), "no key");
    }
}
