//! Decimals with two places, exact.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A number with at most two decimals, kept as hundredths. NetBox's `vcpus` is one: a JSON number in REST (`2.5`), text
/// in snapshots (`"2.50"`).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(i64);

/// The text or number is no decimal with at most two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number with at most two decimals")]
pub struct ParseDecimalError;

impl Decimal {
    /// From hundredths: 250 is 2.5.
    #[must_use]
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// The number times one hundred.
    #[must_use]
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// Whether there is nothing behind the point.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % 100 == 0
    }

    /// The number, where it is whole and not negative.
    #[must_use]
    pub fn whole(self) -> Option<u32> {
        if self.is_whole() { u32::try_from(self.0 / 100).ok() } else { None }
    }
}

impl From<u32> for Decimal {
    fn from(whole: u32) -> Self {
        Self(i64::from(whole) * 100)
    }
}

/// The shortest form: `2`, `2.5`, `2.25`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            _ if rest % 10 == 0 => write!(f, "{sign}{whole}.{}", rest / 10),
            _ => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // Zeros behind the second place change nothing.
        let fraction = fraction.trim_end_matches('0');
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > 2 {
            return Err(ParseDecimalError);
        }
        let whole: i64 = whole.parse().map_err(|_| ParseDecimalError)?;
        let rest: i64 = format!("{fraction:0<2}").parse().map_err(|_| ParseDecimalError)?;
        let hundredths = whole.checked_mul(100).and_then(|n| n.checked_add(rest)).ok_or(ParseDecimalError)?;
        Ok(Self(if negative { -hundredths } else { hundredths }))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text: NetBox accepts it on write, and it stays exact.
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl DecimalVisitor {
    fn parse<E: de::Error>(text: &str) -> Result<Decimal, E> {
        text.parse().map_err(E::custom)
    }
}

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number as text, with at most two decimals")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Decimal, E> {
        Self::parse(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
        Self::parse(&value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
        Self::parse(&value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
        // The shortest text that gives this float again is the text that was sent, up to 15 digits.
        Self::parse(&value.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_text_give_the_same() {
        for (json, hundredths, shown) in [
            ("2", 200, "2"),
            ("2.0", 200, "2"),
            ("2.5", 250, "2.5"),
            ("0.01", 1, "0.01"),
            (r#""2.50""#, 250, "2.5"),
            (r#""2.500""#, 250, "2.5"),
            (r#""12.25""#, 1225, "12.25"),
            ("-1.5", -150, "-1.5"),
            ("4503599627370.33", 450_359_962_737_033, "4503599627370.33"),
        ] {
            let decimal: Decimal = serde_json::from_str(json).unwrap();
            assert_eq!((decimal.hundredths(), decimal.to_string().as_str()), (hundredths, shown), "{json}");
        }
    }

    #[test]
    fn what_is_no_such_number_is_refused() {
        for json in
            [r#""""#, r#""two""#, "2.505", "1e300", r#"".5""#, r#""1.-5""#, "true", "[]", r#""99999999999999999999""#]
        {
            assert!(serde_json::from_str::<Decimal>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn whole_only_where_nothing_is_lost() {
        assert_eq!(Decimal::from(4).whole(), Some(4));
        assert_eq!(Decimal::from_hundredths(250).whole(), None);
        assert_eq!(Decimal::from_hundredths(-100).whole(), None);
    }
}
