//! A bar from a lower to an upper bound with a place for what is and what is wanted. It is made of plain characters, so
//! that it reads without colours; it judges nothing.

use std::cmp::Ordering;
use std::fmt::{Display, Formatter, Result};

/// Cells between the two ends.
const INNER: usize = 8;

/// Two bounds, what is, and what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The lower bound.
    pub min: i32,
    /// The upper bound; nothing keeps it from being lower than the other.
    pub max: i32,
    /// What is; `None` when nobody has said.
    pub current: Option<i32>,
    /// What is wanted; `None` when nobody has said.
    pub desired: Option<i32>,
}

impl Bar {
    /// The cell of a number: 0 and `INNER + 1` are the ends, which mean beyond the bounds.
    fn place(&self, number: i32) -> usize {
        let last = INNER - 1;
        let (from, span) = (i64::from(self.min), i64::from(self.max) - i64::from(self.min));
        if number < self.min {
            0
        } else if number > self.max {
            INNER + 1
        } else if span <= 0 {
            // One number alone is both bounds.
            INNER.div_ceil(2)
        } else {
            let at = ((i64::from(number) - from) * last as i64 + span / 2) / span;
            1 + usize::try_from(at).unwrap_or(0).min(last)
        }
    }

    /// The cells of both; different numbers never share one.
    fn places(&self) -> (Option<usize>, Option<usize>) {
        let (current, desired) =
            (self.current.map(|it| self.place(it)), self.desired.map(|it| self.place(it)));
        let (Some(at), Some(to)) = (current, desired) else { return (current, desired) };
        match self.desired.cmp(&self.current) {
            _ if at != to => (Some(at), Some(to)),
            Ordering::Equal => (Some(at), None),
            Ordering::Greater if to < INNER => (Some(at), Some(to + 1)),
            Ordering::Greater => (Some(at - 1), Some(to)),
            Ordering::Less if to > 1 => (Some(at), Some(to - 1)),
            Ordering::Less => (Some(at + 1), Some(to)),
        }
    }

    /// How near to the upper bound what is wanted is, or else what is: 0 at the lower one.
    pub(super) fn share(&self) -> f64 {
        let number = f64::from(self.desired.or(self.current).unwrap_or(self.min)) - f64::from(self.min);
        number / (f64::from(self.max) - f64::from(self.min)).max(1.0)
    }
}

impl Display for Bar {
    /// `2 ├──●──▶─┤ 10`: `●` is what is, `▶` or `◀` what is wanted where that is another number.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (current, desired) = self.places();
        let wanted = if self.desired < self.current { '◀' } else { '▶' };
        // The usual numbers take one or two cells: so the bars of most rows stand below each other.
        write!(f, "{:>2} ", self.min)?;
        for at in 0..INNER + 2 {
            let cell = match at {
                _ if Some(at) == current => '●',
                _ if Some(at) == desired => wanted,
                0 => '├',
                _ if at == INNER + 1 => '┤',
                _ => '─',
            };
            write!(f, "{cell}")?;
        }
        write!(f, " {}", self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(min: i32, max: i32, current: i32, desired: i32) -> String {
        Bar { min, max, current: Some(current), desired: Some(desired) }.to_string()
    }

    #[test]
    fn what_is_and_what_is_wanted_stand_between_the_bounds() {
        for ((min, max, current, desired), wanted) in [
            ((2, 10, 5, 8), " 2 ├───●─▶──┤ 10"),
            ((2, 10, 8, 5), " 2 ├───◀─●──┤ 10"),
            ((2, 10, 5, 5), " 2 ├───●────┤ 10"),
            ((1, 4, 1, 1), " 1 ├●───────┤ 4"),
            ((1, 4, 4, 4), " 1 ├───────●┤ 4"),
            ((3, 3, 3, 3), " 3 ├───●────┤ 3"),
            ((10, 200, 10, 200), "10 ├●──────▶┤ 200"),
        ] {
            assert_eq!(drawn(min, max, current, desired), wanted);
        }
    }

    #[test]
    fn numbers_that_differ_never_share_a_cell() {
        assert_eq!(drawn(1, 1000, 500, 501), " 1 ├───●▶───┤ 1000");
        assert_eq!(drawn(1, 1000, 501, 500), " 1 ├───◀●───┤ 1000");
        assert_eq!(drawn(1, 1000, 999, 1000), " 1 ├──────●▶┤ 1000");
        assert_eq!(drawn(1, 1000, 2, 1), " 1 ├◀●──────┤ 1000");
    }

    #[test]
    fn what_is_beyond_the_bounds_stands_on_an_end() {
        assert_eq!(drawn(2, 10, 20, 10), " 2 ├───────◀● 10");
        assert_eq!(drawn(2, 10, 0, 2), " 2 ●▶───────┤ 10");
        assert_eq!(drawn(2, 10, 0, 0), " 2 ●────────┤ 10");
        assert_eq!(drawn(2, 10, 30, 20), " 2 ├───────◀● 10");
    }

    #[test]
    fn absurd_numbers_are_drawn_all_the_same() {
        let numbers = [i32::MIN, -1, 0, 1, i32::MAX];
        for min in numbers {
            for max in numbers {
                for current in numbers {
                    for desired in numbers {
                        let bar = drawn(min, max, current, desired);
                        let marks = bar.chars().filter(|c| "●▶◀".contains(*c)).count();
                        assert_eq!(marks, if current == desired { 1 } else { 2 }, "{bar}");
                    }
                }
            }
        }
        assert_eq!(Bar { min: 1, max: 4, current: None, desired: None }.to_string(), " 1 ├────────┤ 4");
    }

    #[test]
    fn the_nearer_to_its_upper_bound_the_larger() {
        let share = |max, desired| Bar { min: 1, max, current: None, desired: Some(desired) }.share();
        assert!(share(10, 10) > share(20, 10) && share(20, 10) > share(20, 1));
        assert!(share(i32::MIN, i32::MAX).is_finite());
    }
}
