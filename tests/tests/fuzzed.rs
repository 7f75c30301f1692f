//! What is read from others, with everything wrong that chance brings; see `netbox_proxmox_tests::fuzz`.
//!
//! `FUZZ_SECONDS=N` goes on for so long with each target, `FUZZ_TARGET=NAME` tries those alone whose names have it, `FUZZ_SEED=N` with other mutations;
//! `tests/run --fuzz` sets them.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use netbox_proxmox_tests::fuzz::targets::{TARGETS, Target};
use netbox_proxmox_tests::fuzz::{Fuzzed, check, fuzz};

/// How many texts are tried if nothing else is said.
const EXECUTIONS: u64 = 3_000;

/// Where what was found once is kept, a folder a target.
fn kept(target: &Target) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzzed").join(target.name.replace(' ', "-"))
}

#[test]
fn what_was_found_once_does_not_come_again() {
    for target in &TARGETS {
        let files = std::fs::read_dir(kept(target)).into_iter().flatten().flatten();
        for file in files {
            let text = std::fs::read(file.path()).unwrap();
            assert_eq!(check(target, &text).err(), None, "{}", file.path().display());
        }
    }
}

#[test]
fn whatever_is_read_is_understood_or_refused() {
    let said = |name: &str| std::env::var(name).ok();
    let seconds = said("FUZZ_SECONDS").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let seed = said("FUZZ_SEED").and_then(|text| text.parse().ok()).unwrap_or_default();
    let named = said("FUZZ_TARGET").unwrap_or_default();
    let targets: Vec<&Target> = TARGETS.iter().filter(|target| target.name.contains(&named)).collect();
    assert!(!targets.is_empty(), "no target is called {named}");
    // What panics is a finding, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let (work, done) = (Mutex::new(targets.into_iter()), Mutex::new(Vec::new()));
    let walk = || {
        while let Some(target) = { work.lock().unwrap().next() } {
            let begun = Instant::now();
            let goes_on = |executions| seconds.map_or(executions < EXECUTIONS, |time| begun.elapsed() < time);
            let fuzzed = fuzz(target, seed, goes_on);
            done.lock().unwrap().push((target, fuzzed));
        }
    };
    std::thread::scope(|threads| (0..2).for_each(|_| drop(threads.spawn(walk))));
    drop(std::panic::take_hook());
    let mut broken = Vec::new();
    for (target, Fuzzed { executions, understood, broken: found }) in done.into_inner().unwrap() {
        println!("{}: {executions} texts, {understood} understood", target.name);
        match found {
            Some((text, why)) => {
                std::fs::create_dir_all(kept(target)).unwrap();
                let file = kept(target).join(format!("{:016x}", seed ^ executions));
                std::fs::write(&file, &text).unwrap();
                broken.push(format!(
                    "{}, kept in {}: {why}\n{:?}",
                    target.name,
                    file.display(),
                    String::from_utf8_lossy(&text)
                ));
            }
            None => assert!(
                understood > 0 && understood < executions,
                "{}: of {executions} texts {understood}",
                target.name
            ),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
