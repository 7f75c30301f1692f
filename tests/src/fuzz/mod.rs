//! What is read from others, read again with everything wrong that chance brings: a text is taken from a corpus and mutated, and what must hold of any
//! text is checked. What was understood is mutated further, so that one run comes deeper than one mutation.
//!
//! It is decided by a seed and goes on for so many executions. What fails is made short and kept in `tests/fuzzed/`, where it is tried again with
//! every run.

mod clients;
mod mutation;
pub mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::mutation::Mutation;
use self::targets::Target;

/// How many texts are mutated further, at most.
const POOL: usize = 2_000;

/// How long a text may grow.
const LONGEST: usize = 16 * 1024;

/// What a text is found to be.
pub type Checked = Result<Understood, String>;

/// Whether a text could be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Understood {
    /// It could.
    Yes,
    /// It was refused.
    No,
}

/// What a run was.
#[derive(Clone, Debug, Default)]
pub struct Fuzzed {
    /// How many texts were tried.
    pub executions: u64,
    /// How many of them could be read.
    pub understood: u64,
    /// A text of which something does not hold, as short as it was found, and what.
    pub broken: Option<(Vec<u8>, String)>,
}

/// Tries texts until `goes_on` says no; it is asked now and then, with how many there were.
pub fn fuzz(target: &Target, seed: u64, mut goes_on: impl FnMut(u64) -> bool) -> Fuzzed {
    let mut mutation = Mutation::of_seed(seed);
    let mut pool = (target.corpus)();
    let corpus = pool.len();
    let mut fuzzed = Fuzzed::default();
    while !fuzzed.executions.is_multiple_of(256) || goes_on(fuzzed.executions) {
        let mut text = mutation.of(&pool).to_vec();
        for _ in 0..=mutation.below(4) {
            mutation.mutate(&mut text, &pool);
        }
        text.truncate(LONGEST);
        fuzzed.executions += 1;
        match check(target, &text) {
            Ok(Understood::No) => {}
            Ok(Understood::Yes) => {
                fuzzed.understood += 1;
                if pool.len() < POOL {
                    pool.push(text);
                } else if mutation.below(16) == 0 {
                    let at = corpus + mutation.below(POOL - corpus);
                    pool[at] = text;
                }
            }
            Err(_) => {
                let short = shrink(target, text);
                let why = check(target, &short).err().unwrap_or_default();
                fuzzed.broken = Some((short, why));
                return fuzzed;
            }
        }
    }
    fuzzed
}

/// What a text is found to be; a panic is a finding, too.
///
/// # Errors
/// What does not hold of it.
pub fn check(target: &Target, text: &[u8]) -> Checked {
    catch_unwind(AssertUnwindSafe(|| (target.check)(text))).unwrap_or_else(|panicked| {
        let said = panicked.downcast_ref::<String>().cloned();
        Err(format!(
            "it panicked: {}",
            said.or_else(|| panicked.downcast_ref::<&str>().map(|it| (*it).to_owned())).unwrap_or_default()
        ))
    })
}

/// The shortest text found of which something does not hold.
fn shrink(target: &Target, mut text: Vec<u8>) -> Vec<u8> {
    let mut size = text.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < text.len() {
            let shorter = [&text[..at], &text[(at + size).min(text.len())..]].concat();
            match check(target, &shorter) {
                Err(_) => text = shorter,
                Ok(_) => at += size,
            }
        }
        size /= 2;
    }
    text
}
