//! The values that say more than a word or a number. They are made here and shown and compared with the others.

use jiff::Timestamp;

use super::{Value, age};
use crate::model::series::Series;
use crate::model::{quantity, usage};

/// Texts shortened for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortened {
    /// What a person reads.
    pub shown: String,
    /// The texts in full.
    pub full: Vec<String>,
}

/// A sentence, and the numbers that it tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The sentence.
    pub text: String,
    /// The numbers by name.
    pub numbers: Vec<(&'static str, i64)>,
}

/// Measured of capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// What was measured.
    pub amount: Amount,
    /// Of how much, in the same unit.
    pub of: i64,
    /// When it was measured.
    pub at: Timestamp,
    /// From when on it is old.
    pub until: Timestamp,
}

impl Used {
    /// `290m 7%`, `290m 7% 2m old`
    pub(super) fn show(&self, now: Timestamp) -> String {
        let share =
            usage::percent(self.amount.number(), self.of).map_or(String::new(), |it| format!(" {it}%"));
        let age = || format!(" {} old", age(now.duration_since(self.at).as_secs()));
        let old = if self.is_old(now) { age() } else { String::new() };
        format!("{}{share}{old}", self.amount)
    }

    /// Whether it was measured too long ago to be what is so now.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        self.until < now
    }
}

/// An amount with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Thousandths of a core.
    Cpu(i64),
    /// Bytes.
    Bytes(i64),
}

impl Amount {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Cpu(number) | Self::Bytes(number) => number,
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&match self {
            Self::Cpu(milli) => quantity::cores(*milli),
            Self::Bytes(bytes) => quantity::bytes(*bytes),
        })
    }
}

/// Something that happens at an instant: what a person reads before and after the time that is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Countdown {
    /// Before the time.
    pub before: String,
    /// When it happens.
    pub at: Timestamp,
    /// After the time.
    pub after: String,
}

impl From<Shortened> for Value {
    fn from(it: Shortened) -> Self {
        Self::Shortened(Box::new(it))
    }
}

impl From<Told> for Value {
    fn from(it: Told) -> Self {
        Self::Told(Box::new(it))
    }
}

impl From<Used> for Value {
    fn from(it: Used) -> Self {
        Self::Used(Box::new(it))
    }
}

impl From<Countdown> for Value {
    fn from(it: Countdown) -> Self {
        Self::Countdown(Box::new(it))
    }
}

impl From<Series> for Value {
    fn from(it: Series) -> Self {
        Self::Series(Box::new(it))
    }
}
