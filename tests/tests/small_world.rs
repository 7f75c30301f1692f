//! Every state of a small world, to a depth: a record is made, something more happens to it, and all deliveries have the same
//! fate. In the end both sides agree, and at every step nothing is destroyed, doubled or touched that must not be; see
//! `netbox_proxmox_tests::simulation`.
//!
//! With `SMALL_WORLD=1`, which `tests/run --small-world 1` sets, the bridge is killed at every write that it makes, too, before it and after it, and two things happen
//! where everything arrives; with `SMALL_WORLD=2` one more each. That takes its time.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use netbox_proxmox_tests::simulation::small::{FATES, Fate, Script, THINGS, Thing, play};
use proxmox_api::testing::GuestKind;

/// Every script of a depth, without kills.
fn scripts(depth: usize) -> Vec<Script> {
    let mut scripts = Vec::new();
    for kind in [GuestKind::Qemu, GuestKind::Lxc] {
        for status in ["staged", "active"] {
            for fate in FATES {
                let mut things: Vec<Vec<Thing>> = vec![Vec::new()];
                for _ in 0..depth {
                    let longer = |before: &Vec<Thing>| {
                        let before = before.clone();
                        THINGS.iter().map(move |thing| [before.clone(), vec![*thing]].concat())
                    };
                    things = things.iter().flat_map(longer).collect();
                }
                scripts.extend(things.into_iter().map(|things| Script { kind, status, fate, things, kill: None }));
            }
        }
    }
    scripts
}

#[test]
fn every_state_to_a_depth_ends_as_netbox_says() {
    let given = std::env::var("SMALL_WORLD").ok().and_then(|depth| depth.parse().ok());
    let depth = given.unwrap_or(1);
    let mut work = scripts(depth);
    if given.is_some() {
        work.extend(scripts(depth + 1).into_iter().filter(|script| script.fate == Fate::Arrives));
    }
    let (next, runs, states) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let walk = || {
        while let Some(script) = work.get(next.fetch_add(1, Ordering::SeqCst)) {
            let undisturbed = play(script);
            let killed = (0..undisturbed.writes).flat_map(|write| [(write, true), (write, false)]);
            let mut plays = vec![(script.clone(), undisturbed)];
            if given.is_some() && script.things.len() == depth {
                plays.extend(killed.map(|kill| Script { kill: Some(kill), ..script.clone() }).map(|it| {
                    let played = play(&it);
                    (it, played)
                }));
            }
            runs.fetch_add(plays.len(), Ordering::SeqCst);
            for (script, played) in plays {
                assert_eq!(played.broken, None, "{script:?}\n{}", played.requests.join("\n"));
                states.lock().unwrap().extend(played.states);
            }
        }
    };
    std::thread::scope(|threads| {
        let threads: Vec<_> = (0..2).map(|_| threads.spawn(walk)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let states = states.lock().unwrap().len();
    println!(
        "depth {depth}: {} scripts, {} runs, {states} states of both sides",
        work.len(),
        runs.load(Ordering::SeqCst)
    );
    assert!(states > work.len());
}
