//! Numbers of replicas that are not known exactly. It knows no rule of any controller.

use std::fmt;

/// Between two numbers of replicas, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The fewest.
    pub lo: i32,
    /// The most.
    pub hi: i32,
}

impl Span {
    /// Anything.
    pub const ANY: Self = Self { lo: 0, hi: i32::MAX };

    /// One number.
    pub fn exact(number: i32) -> Self {
        Self { lo: number, hi: number }
    }

    /// Whether it is one number.
    pub fn is_exact(self) -> bool {
        self.lo == self.hi
    }

    /// Whether a number is in it.
    pub fn holds(self, number: i32) -> bool {
        (self.lo..=self.hi).contains(&number)
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Both ends put through something that never turns them round.
    #[must_use]
    pub fn map(self, rising: impl Fn(i32) -> i32) -> Self {
        Self { lo: rising(self.lo), hi: rising(self.hi) }
    }
}

impl fmt::Display for Span {
    /// `5`, `5 to 10`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() { write!(f, "{}", self.lo) } else { write!(f, "{} to {}", self.lo, self.hi) }
    }
}
