//! What chance does to a text.

use std::ops::Range;

use crate::simulation::choices::splitmix64;

/// What readers stumble over.
const STONES: [&[u8]; 40] = [
    b"",
    b"0",
    b"-1",
    b"00",
    b"1e400",
    b"0x10",
    b"99999999999999999999",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775808",
    b"4294967296",
    b"-0.0",
    b"NaN",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b" ",
    b",",
    b"=",
    b":",
    b";",
    b"/",
    b"..",
    b"%2f",
    b"%00",
    b"?",
    b"#",
    b"@",
    "\u{202e}".as_bytes(),
    "ä🦀".as_bytes(),
];

/// Decides.
pub(super) struct Mutation(u64);

impl Mutation {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`, or 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(splitmix64(&mut self.0) >> 33).unwrap_or_default() % n.max(1)
    }

    /// One of these.
    pub(super) fn of<'a, T: AsRef<[u8]>>(&mut self, among: &'a [T]) -> &'a [u8] {
        among[self.below(among.len())].as_ref()
    }

    /// A part of a text, mostly a short one.
    fn part(&mut self, text: &[u8]) -> Range<usize> {
        let from = self.below(text.len() + 1);
        let longest = if self.below(4) == 0 { text.len() } else { 8 };
        from..(from + self.below(longest + 1)).min(text.len())
    }

    /// A word or number: what is between two signs that mean something.
    fn word(&mut self, text: &[u8]) -> Range<usize> {
        let at = self.below(text.len().max(1)).min(text.len());
        let ends = |byte: &u8| !byte.is_ascii_alphanumeric();
        let from = text[..at].iter().rposition(ends).map_or(0, |found| found + 1);
        let until = text[at..].iter().position(ends).map_or(text.len(), |found| at + found);
        from..until.max(from)
    }

    /// One thing is changed, with something of the pool where that is needed.
    pub(super) fn mutate(&mut self, text: &mut Vec<u8>, pool: &[Vec<u8>]) {
        let (part, at) = (self.part(text), self.below(text.len() + 1));
        match self.below(8) {
            0 => drop(text.drain(part)),
            1 => {
                let again = text[part].to_vec();
                drop(text.splice(at..at, again));
            }
            2 => {
                let stone = self.of(&STONES).to_vec();
                drop(text.splice(at..at, stone));
            }
            3 => {
                let (word, stone) = (self.word(text), self.of(&STONES).to_vec());
                drop(text.splice(word, stone));
            }
            4 => {
                let (word, other) = (self.word(text), self.word(text));
                let other = text[other].to_vec();
                drop(text.splice(word, other));
            }
            5 => {
                let from = self.of(pool).to_vec();
                let piece = self.part(&from);
                drop(text.splice(part, from[piece].to_vec()));
            }
            6 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            _ => {
                let byte = u8::try_from(0x20 + self.below(0x5f)).unwrap_or(b' ');
                text.insert(at, byte);
            }
        }
    }
}
