//! The commands in the documents are there, with the options that they are shown with; and what troubleshooting quotes is said.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::sides::run;
use common::{code, stdout};

const DOCUMENTS: &[(&str, &str)] = &[
    ("README.md", include_str!("../../README.md")),
    ("docs/api.md", include_str!("../../docs/api.md")),
    ("docs/in-netbox.md", include_str!("../../docs/in-netbox.md")),
    ("docs/branches.md", include_str!("../../docs/branches.md")),
    ("docs/running.md", include_str!("../../docs/running.md")),
    ("docs/switching.md", include_str!("../../docs/switching.md")),
    ("docs/troubleshooting.md", include_str!("../../docs/troubleshooting.md")),
    ("deploy/prometheus-alerts.yml", include_str!("../../deploy/prometheus-alerts.yml")),
];

/// Each command line in a document: in a code block, or between back quotes in its text.
fn commands(document: &str) -> Vec<Vec<&str>> {
    let (mut found, mut block) = (Vec::new(), None);
    for line in document.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language) };
            continue;
        }
        let pieces: Vec<&str> = match block {
            // What a command says.
            Some("text") => continue,
            Some(_) => vec![line],
            None => line.split('`').skip(1).step_by(2).collect(),
        };
        for piece in pieces {
            let piece = piece.split('#').next().unwrap();
            let words: Vec<&str> = piece.split_whitespace().filter(|word| !word.contains('=')).collect();
            let begin =
                |word: &&str| ["netbox-proxmox", "/usr/bin/netbox-proxmox", "netbox-proxmox-as-server"].contains(word);
            let command = words.iter().position(begin).map(|at| words[at + 1..].to_vec());
            // `podman run --name netbox-proxmox` is none of ours.
            found.extend(
                command.filter(|words| words.first().is_some_and(|word| word.chars().all(char::is_alphabetic))),
            );
        }
    }
    found
}

fn options<'a>(words: &[&'a str]) -> BTreeSet<&'a str> {
    words.iter().copied().filter(|word| word.starts_with("--")).collect()
}

/// What of a command is not there.
fn missing(words: &[&str]) -> Vec<String> {
    let help = run(&[words[0], "--help"], &[]);
    if code(&help) != 0 {
        return vec![words[0].to_owned()];
    }
    let text = stdout(&help);
    let known: BTreeSet<&str> = text.split([' ', '\n', ',', '=', '[', '<']).collect();
    options(words).difference(&known).map(|option| format!("{} {option}", words[0])).collect()
}

#[test]
fn every_command_in_a_document_is_there_with_its_options() {
    let mut wrong = Vec::new();
    for (name, document) in DOCUMENTS {
        for words in commands(document) {
            wrong.extend(missing(&words).into_iter().map(|what| format!("{name}: netbox-proxmox {what}")));
        }
    }
    let all: usize = DOCUMENTS.iter().map(|(_, document)| commands(document).len()).sum();
    assert!(all > 40, "{all}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_command_or_an_option_that_is_not_there_is_found() {
    let found = commands("`netbox-proxmox plan --everything` and\n```sh\nX=1 netbox-proxmox paln --all  # so\n```\n");
    assert_eq!(found, [vec!["plan", "--everything"], vec!["paln", "--all"]]);
    assert_eq!(found.iter().flat_map(|words| missing(words)).collect::<Vec<_>>(), ["plan --everything", "paln"]);
}

/// What troubleshooting quotes that others say, not we.
const SAID_BY_OTHERS: &[&str] = &[
    "Connection refused",                                // the operating system
    "Address already in use",                            // the same
    "No CA certificates were loaded from the system",    // rustls-platform-verifier
    "status=243/CREDENTIALS",                            // systemd
    "You do not have permission to perform this action", // NetBox
];

/// What is quoted in the first column of troubleshooting's tables of messages.
fn quoted(document: &str) -> Vec<&str> {
    let tables = document.split("\n## ").filter(|part| part.starts_with("By message") || part.starts_with("systemd"));
    let rows = tables.flat_map(str::lines).filter_map(|line| line.strip_prefix("| `"));
    // The back quote before the first one is taken off.
    rows.flat_map(|row| row.split(" | ").next().unwrap().split('`').step_by(2)).collect()
}

/// What of a message is always the same.
fn constant(message: &str) -> impl Iterator<Item = &str> {
    message.split('…').map(|part| part.trim_matches([' ', ',', '.', '(', ')', ':', '"'])).filter(|part| part.len() > 3)
}

/// All texts of the sources, as they come out where nothing is filled in, and what commands say in tests.
fn sources() -> String {
    fn read(folder: &Path, texts: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|it| it.to_str()) {
                _ if path.is_dir() => read(&path, texts),
                Some("rs" | "txt") => texts.push_str(&std::fs::read_to_string(&path).unwrap()),
                _ => {}
            }
        }
    }
    let mut texts = String::new();
    for folder in [
        "examples/tests/golden",
        "examples/src",
        "netbox-proxmox-core/src",
        "api-transport/src",
        "netbox-api/src/client",
        "proxmox-api/src/client",
    ] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut texts);
    }
    // A text over several lines is one, and what is filled in is nothing.
    let joined: Vec<&str> =
        texts.split("\\\n").enumerate().map(|(at, it)| if at > 0 { it.trim_start() } else { it }).collect();
    let joined = joined.concat().replace("\\\"", "\"");
    let mut pieces = joined.split('{');
    let mut constant = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let filled = |it: &str| it.chars().all(|c| c.is_ascii_alphanumeric() || "_.:?#".contains(c));
        match piece.split_once('}').filter(|(name, _)| filled(name)) {
            Some((_, rest)) => constant.push_str(rest),
            None => constant.push_str(piece),
        }
    }
    constant
}

#[test]
fn every_message_that_is_explained_is_said() {
    let (_, document) = DOCUMENTS.iter().find(|(name, _)| *name == "docs/troubleshooting.md").unwrap();
    let (messages, sources) = (quoted(document), sources());
    assert!(messages.len() > 20, "{messages:#?}");
    let is_said = |part: &&str| sources.contains(*part) || SAID_BY_OTHERS.iter().any(|other| other.contains(*part));
    let unsaid: Vec<_> = messages.iter().flat_map(|message| constant(message)).filter(|it| !is_said(it)).collect();
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}

#[test]
fn a_message_that_nobody_says_is_found() {
    let document = "\n## By message\n\n| what is said | means |\n|---|---|\n| `the moon … is full`, `NETBOX_… is not set` | no | `x` |\n";
    assert_eq!(quoted(document), ["the moon … is full", "NETBOX_… is not set"]);
    let parts: Vec<&str> = quoted(document).into_iter().flat_map(constant).collect();
    assert_eq!(parts, ["the moon", "is full", "NETBOX_", "is not set"]);
    let sources = sources();
    assert_eq!(parts.iter().map(|part| sources.contains(part)).collect::<Vec<_>>(), [false, false, true, true]);
}
