//! What a run decides: by chance from a seed, or again as it was decided before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The decisions of one run. Cheap to clone: all clones draw from one.
#[derive(Clone, Debug)]
pub struct Choices(Arc<Mutex<Drawn>>);

#[derive(Debug)]
struct Drawn {
    /// The state of splitmix64, if it is by chance.
    random: Option<u64>,
    /// What is still to be decided as before.
    given: std::vec::IntoIter<u32>,
    taken: Vec<u32>,
}

impl Choices {
    /// By chance.
    pub fn of_seed(seed: u64) -> Self {
        Self::new(Some(seed), Vec::new())
    }

    /// As they were; once there are no more, 0.
    pub fn again(taken: Vec<u32>) -> Self {
        Self::new(None, taken)
    }

    fn new(random: Option<u64>, given: Vec<u32>) -> Self {
        Self(Arc::new(Mutex::new(Drawn { random, given: given.into_iter(), taken: Vec::new() })))
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number below `n`. 0 is what happens if nothing special does, so that a run that was shrunk is mostly quiet.
    pub fn below(&self, n: u32) -> u32 {
        let mut drawn = self.drawn();
        let number = match &mut drawn.random {
            Some(state) => u32::try_from(splitmix64(state) >> 32).unwrap_or_default() % n.max(1),
            None => drawn.given.next().unwrap_or_default() % n.max(1),
        };
        drawn.taken.push(number);
        number
    }

    /// Once in `n` times, which are more than one.
    pub fn once_in(&self, n: u32) -> bool {
        self.below(n) == n - 1
    }

    /// One of these, of which the first is the least special.
    pub fn of<T: Clone>(&self, among: &[T]) -> T {
        let at = self.below(u32::try_from(among.len()).unwrap_or(u32::MAX));
        among[at as usize].clone()
    }

    /// What was decided so far.
    pub fn taken(&self) -> Vec<u32> {
        self.drawn().taken.clone()
    }
}

/// The next number.
pub(crate) fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
