//! The whole system under one seed: the bridge, its inbox, both clients and both fakes on one thread, with simulated time and
//! a simulated network. A seed decides what people do, what is lost, doubled or late, when the bridge is killed and its clock jumps. Then all
//! of that ends, and within some hours NetBox and Proxmox must agree.
//!
//! A run that fails is made as short as it still fails, and kept in `tests/simulated/`.

pub mod choices;
pub mod network;
pub mod people;
mod rules;
pub mod small;
mod world;

use std::time::Duration;

use self::choices::Choices;
use self::world::World;

/// How much happens in a run.
const STEPS: u32 = 40;

/// How long it may take until both sides agree, once nothing fails any more: three comparisons.
const CALM: Duration = Duration::from_secs(4 * 3600);

/// How many shorter runs are tried, once one has failed.
const TRIES: u32 = 60;

/// What a run was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What was decided in it.
    pub choices: Vec<u32>,
    /// What was asked of both sides, to compare one run with another.
    pub requests: Vec<String>,
    /// How many guests were made.
    pub guests: usize,
    /// How often the bridge was killed.
    pub kills: u32,
    /// How often its clock jumped.
    pub jumps: u32,
    /// How many requests or answers were lost.
    pub lost: u64,
    /// How much time passed in it.
    pub time: Duration,
    /// What went wrong.
    pub broken: Option<String>,
}

/// One run, on a thread and a clock of its own.
///
/// # Panics
/// The bridge or a fake has a bug.
pub fn run(choices: Choices) -> Run {
    on_a_clock_of_its_own(async move {
        let mut world = World::new(choices).await;
        let broken = world.live().await.err();
        Run {
            choices: world.choices.taken(),
            requests: world.requests(),
            guests: world.proxmox.count("POST /nodes/*/qemu/*/clone") + world.proxmox.count("POST /nodes/*/lxc"),
            kills: world.kills,
            jumps: world.jumps,
            lost: world.weather.lost(),
            time: world.elapsed(),
            broken,
        }
    })
}

/// On one thread, whose clock goes on as soon as there is nothing to do but wait.
fn on_a_clock_of_its_own<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(what)
}

impl World {
    async fn live(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.something().await;
            self.is_safe()?;
        }
        self.calm().await
    }

    /// From here on nothing fails any more, and what was not delivered never will be: both sides come to agree, and stay so.
    async fn calm(&mut self) -> Result<(), String> {
        self.weather.set_bad(false);
        self.set_clock(0);
        self.on_their_way.clear();
        self.start();
        let mut last = Ok(());
        let mut left = CALM;
        while !left.is_zero() {
            let step = Duration::from_secs(300);
            self.pass(step).await;
            self.revive().await;
            left = left.saturating_sub(step);
            self.is_safe()?;
            last = self.is_as_netbox_says().await;
            if last.is_ok() {
                return self.stays().await;
            }
        }
        last.map_err(|why| format!("after {} h of calm: {why}", CALM.as_secs() / 3600))
    }
}

/// The shortest list of decisions found that still breaks something; what it breaks may be another thing.
pub fn shrink(failed: Run) -> Run {
    let mut best = failed;
    let mut tries = 0;
    let mut size = best.choices.len() / 2;
    while size > 0 && tries < TRIES {
        let mut at = 0;
        while at < best.choices.len() && tries < TRIES {
            let end = (at + size).min(best.choices.len());
            let without = [&best.choices[..at], &best.choices[end..]].concat();
            let quiet = best.choices[..at].iter().copied().chain(vec![0; end - at]);
            let quiet: Vec<u32> = quiet.chain(best.choices[end..].iter().copied()).collect();
            let shorter = [without, quiet].into_iter().filter(|it| *it != best.choices).find_map(|choices| {
                tries += 1;
                Some(run(Choices::again(choices))).filter(|run| run.broken.is_some())
            });
            match shorter {
                Some(shorter) if weight(&shorter) < weight(&best) => best = shorter,
                _ => at = end,
            }
        }
        size /= 2;
    }
    best
}

/// How much happens by special decision.
fn weight(run: &Run) -> (usize, usize) {
    (run.choices.iter().filter(|choice| **choice != 0).count(), run.choices.len())
}
