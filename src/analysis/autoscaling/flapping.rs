//! Whether an autoscaler goes up and down again and again, by what was seen of it in this session. It knows no cause.

use jiff::Timestamp;

use crate::model::history::{Event, History};

/// So many changes of direction within [`WINDOW`] are flapping.
pub const FLAPPING: usize = 4;
/// Seconds.
pub const WINDOW: i64 = 600;

/// How an autoscaler has turned within [`WINDOW`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// How often it scaled.
    pub steps: usize,
    /// How often a step went the other way than the one before.
    pub turns: usize,
    /// The fewest and the most replicas between which it went.
    pub span: (i32, i32),
}

impl Turns {
    /// What was seen within the last [`WINDOW`] seconds.
    pub fn of(history: &History, now: Timestamp) -> Self {
        let recent = |at: Timestamp| now.duration_since(at).as_secs() <= WINDOW;
        let mut turns = Self::default();
        let mut before = 0;
        for event in history.events() {
            let Event::Rescaled { at, from, to, .. } = event else { continue };
            let way = to.cmp(from) as i32;
            if !recent(*at) || way == 0 {
                continue;
            }
            let (low, high) = (*from.min(to), *from.max(to));
            turns.span =
                if turns.steps == 0 { (low, high) } else { (turns.span.0.min(low), turns.span.1.max(high)) };
            turns.steps += 1;
            turns.turns += usize::from(before != 0 && before != way);
            before = way;
        }
        turns
    }

    /// Whether it is flapping.
    pub fn flapping(self) -> bool {
        self.turns >= FLAPPING
    }
}
