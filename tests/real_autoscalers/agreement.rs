//! Counts how forecasts and what the controller wrote agree, and tells it as a table.
use std::collections::BTreeMap;
use std::fmt;

use foretop::analysis::autoscaling::Forecast;

/// What became of one forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Certain, and so it was.
    Right,
    /// Certain, and it was otherwise.
    Wrong,
    /// Not certain, and within what was announced.
    Inside,
    /// Not certain, and not even within.
    Outside,
}

impl Verdict {
    pub(crate) fn of(forecast: &Forecast, written: i32) -> Self {
        match (forecast.is_certain(), forecast.next.holds(written)) {
            (true, true) => Self::Right,
            (true, false) => Self::Wrong,
            (false, true) => Self::Inside,
            (false, false) => Self::Outside,
        }
    }

    pub(crate) fn is_fine(self) -> bool {
        matches!(self, Self::Right | Self::Inside)
    }
}

/// What a pass did with the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    Up,
    Down,
    Kept,
    /// It could not compute a number.
    Failed,
}

#[derive(Default)]
pub(crate) struct Agreement {
    verdicts: BTreeMap<(Deed, Verdict), usize>,
    doubts: BTreeMap<String, usize>,
    /// Passes with nothing to compare: a status was not taken, or the machine was too busy to forecast in time.
    pub(crate) lost: usize,
    /// Passes in whose midst the autoscaler became another one.
    pub(crate) edited: usize,
}

impl Agreement {
    pub(crate) fn note(&mut self, forecast: &Forecast, deed: Deed, written: i32) -> Verdict {
        let verdict = Verdict::of(forecast, written);
        *self.verdicts.entry((deed, verdict)).or_default() += 1;
        for doubt in &forecast.doubts {
            let kind = format!("{doubt:?}");
            let kind = kind.split(['(', ' ']).next().unwrap_or_default().to_owned();
            *self.doubts.entry(kind).or_default() += 1;
        }
        verdict
    }

    pub(crate) fn count(&self, of: impl Fn(Deed, Verdict) -> bool) -> usize {
        self.verdicts.iter().filter(|((deed, verdict), _)| of(*deed, *verdict)).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Verdict::{Inside, Outside, Right, Wrong};
        let columns = [Right, Wrong, Inside, Outside];
        writeln!(
            f,
            "{:10}{:>16}{:>16}{:>16}{:>16}",
            "", "certain: right", "wrong", "possible: inside", "outside"
        )?;
        for deed in [Deed::Up, Deed::Down, Deed::Kept, Deed::Failed] {
            write!(f, "{:10}", format!("{deed:?}"))?;
            for column in columns {
                write!(f, "{:>16}", self.count(|it, verdict| it == deed && verdict == column))?;
            }
            writeln!(f)?;
        }
        write!(f, "{:10}", "all")?;
        for column in columns {
            write!(f, "{:>16}", self.count(|_, verdict| verdict == column))?;
        }
        writeln!(f, "\ndoubts: {:?}; {} edited, {} passes lost", self.doubts, self.edited, self.lost)
    }
}
