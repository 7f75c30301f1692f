//! The commands in the documents are there, with the options that they are shown with.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::sides::run;
use common::{code, stdout};

const DOCUMENTS: &[(&str, &str)] = &[
    ("README.md", include_str!("../../README.md")),
    ("docs/running.md", include_str!("../../docs/running.md")),
    ("docs/switching.md", include_str!("../../docs/switching.md")),
    ("docs/troubleshooting.md", include_str!("../../docs/troubleshooting.md")),
    ("deploy/prometheus-alerts.yml", include_str!("../../deploy/prometheus-alerts.yml")),
];

/// Each command line in a document: in a code block, or between back quotes in its text.
fn commands(document: &str) -> Vec<Vec<&str>> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        let pieces: Vec<&str> = if in_block { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
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
