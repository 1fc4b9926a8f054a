//! Whole numbers from moment to moment, drawn between the lowest and the highest. It judges nothing.

use std::fmt::{Display, Formatter, Result};

use super::usage::blocks;

/// Whole numbers, the newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// From moment to moment; `None` where nobody looked.
    pub points: Vec<Option<i32>>,
    /// What is drawn lowest.
    pub low: i32,
    /// What is drawn highest.
    pub high: i32,
}

impl Series {
    /// The numbers, drawn between the lowest and the highest of them.
    pub fn new(points: Vec<Option<i32>>) -> Self {
        let low = points.iter().flatten().min().copied().unwrap_or(0);
        let high = points.iter().flatten().max().copied().unwrap_or(0);
        Self { points, low, high }
    }

    /// The newest number.
    pub fn last(&self) -> Option<i32> {
        self.points.last().copied().flatten()
    }

    /// How high a number stands, in whole percent of the height; what never changes stands in the middle.
    fn percent(&self, number: i32) -> u16 {
        let (low, span) = (i64::from(self.low), i64::from(self.high) - i64::from(self.low));
        if span <= 0 {
            return 50;
        }
        let above = (i64::from(number) - low).clamp(0, span);
        u16::try_from(above * 100 / span).unwrap_or(100)
    }
}

impl Display for Series {
    /// One block a moment, of eight heights; nothing where nobody looked.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let heights: Vec<Option<u16>> = self.points.iter().map(|it| it.map(|it| self.percent(it))).collect();
        f.write_str(&blocks(&heights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_drawn_between_its_lowest_and_its_highest() {
        let drawn = |points: &[Option<i32>]| Series::new(points.to_vec()).to_string();
        assert_eq!(drawn(&[Some(4), Some(5), None, Some(9)]), "▁▂ █");
        assert_eq!(drawn(&[Some(40), Some(41)]), "▁█", "small changes of large numbers are seen");
        assert_eq!(drawn(&[Some(3), Some(3)]), "▄▄");
        assert_eq!(drawn(&[None]), " ");
        assert_eq!(drawn(&[Some(i32::MIN), Some(0), Some(i32::MAX)]), "▁▄█");
        assert_eq!(drawn(&[]), "");
    }

    #[test]
    fn what_lies_outside_the_given_bounds_is_drawn_at_them() {
        let series = Series { points: vec![Some(-5), Some(50)], low: 0, high: 10 };
        assert_eq!(series.to_string(), "▁█");
        assert_eq!(series.last(), Some(50));
    }
}
