//! The whole system under one seed; see `netbox_proxmox_tests::simulation`.
//!
//! `SIMULATE_SEEDS=N` tries that many seeds, `SIMULATE_SEED=N` one alone; `tests/run --simulate` sets them.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use netbox_proxmox_tests::simulation::choices::Choices;
use netbox_proxmox_tests::simulation::{Run, run, shrink};

/// How many seeds are tried if nothing else is said.
const SEEDS: u64 = 40;

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("simulated")
}

/// Makes a failed run short, keeps it, and tells of it.
fn fail(what: &str, failed: Run) -> ! {
    let first = failed.broken.clone().unwrap_or_default();
    eprintln!("{what}: {first}");
    let short = shrink(failed);
    let file = kept().join(format!("{}.json", what.replace(' ', "-")));
    std::fs::create_dir_all(kept()).unwrap();
    std::fs::write(&file, serde_json::to_string(&short.choices).unwrap()).unwrap();
    panic!(
        "{what}: {first}\n\nas short as it was found, kept in {}: {}\n{}",
        file.display(),
        short.broken.unwrap_or_default(),
        short.requests.join("\n")
    );
}

#[test]
fn what_was_found_once_does_not_come_again() {
    let files = std::fs::read_dir(kept()).map(|files| files.flatten().collect::<Vec<_>>()).unwrap_or_default();
    for file in files {
        let choices = serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        let broken = run(Choices::again(choices)).broken;
        assert_eq!(broken, None, "{}", file.path().display());
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..3 {
        let (one, other) = (run(Choices::of_seed(seed)), run(Choices::of_seed(seed)));
        assert_eq!(one.requests, other.requests, "seed {seed}");
        assert_eq!(one, run(Choices::again(other.choices)), "seed {seed}, as it was decided");
    }
}

#[test]
fn every_seed_ends_as_netbox_says() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SIMULATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATE_SEEDS").unwrap_or(SEEDS),
    };
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut runs: Vec<Run> = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                return runs;
            }
            let run = run(Choices::of_seed(seed));
            if run.broken.is_some() {
                fail(&format!("seed {seed}"), run);
            }
            runs.push(Run { choices: Vec::new(), requests: Vec::new(), ..run });
        }
    };
    let runs: Vec<Run> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..2).map(|_| threads.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |of: fn(&Run) -> u64| runs.iter().map(of).sum::<u64>();
    let guests = sum(|run| run.guests as u64);
    let days = runs.iter().map(|run| run.time).sum::<Duration>().as_secs() / 86_400;
    println!(
        "{} seeds: {guests} guests made, {} kills, {} jumps of the clock, {} lost requests or answers, {days} days",
        runs.len(),
        sum(|run| run.kills.into()),
        sum(|run| run.jumps.into()),
        sum(|run| run.lost)
    );
    assert!(guests > 0 && runs.len() as u64 == seeds.end - seeds.start);
}
