//! Other objects, as a record mentions them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::tolerant::{Parts, Scalar};

/// Another object, mentioned: an object with an id and some parts, or the bare id.
pub(crate) trait Mention<const N: usize>: Sized {
    /// The parts that are looked at.
    const KEYS: [&'static str; N];
    /// For an error.
    const EXPECTED: &'static str;

    /// `whole` is `Object`, or what stands in the place of one.
    fn of(whole: &Scalar<'_>, parts: [Scalar<'_>; N]) -> Option<Self>;
}

/// Reads one that must be there, and be one.
pub(crate) fn mention<'de, const N: usize, T: Mention<N>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let (whole, parts) = deserializer.deserialize_any(Parts { keys: T::KEYS })?;
    T::of(&whole, parts).ok_or_else(|| whole.unexpected(T::EXPECTED))
}

/// One of a list, or none for what is none.
struct Maybe<const N: usize, T>(Option<T>);

impl<'de, const N: usize, T: Mention<N>> Deserialize<'de> for Maybe<N, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (whole, parts) = deserializer.deserialize_any(Parts { keys: T::KEYS })?;
        Ok(Self(T::of(&whole, parts)))
    }
}

/// A list of which the items that cannot be read are left out, and null is empty.
struct Mentions<const N: usize, T>(PhantomData<T>);

impl<'de, const N: usize, T: Mention<N>> Visitor<'de> for Mentions<N, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(Maybe::<N, T>(item)) = items.next_element()? {
            all.extend(item);
        }
        Ok(all)
    }
}

/// For a list of mentioned objects.
pub(crate) fn mentions<'de, const N: usize, T: Mention<N>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Mentions(PhantomData))
}
