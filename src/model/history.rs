//! What became of one autoscaler while this session watched: where it stood, when it rescaled, and when somebody else
//! changed the replicas. It keeps a bounded number of each and judges nothing.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::autoscaler::Autoscaler;

/// How many points and how many events are kept.
const KEPT: usize = 40;

/// How many changes of the replicas wait at most for somebody to own them.
const WAITING: usize = 8;

/// Points that say the same need not stand closer, so that those that are kept reach far back.
const SPACING: SignedDuration = SignedDuration::from_secs(15);

/// For so long a change of the replicas may still turn out to be the autoscaler's: its status follows what it did.
const PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// Where an autoscaler stood at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// status.desiredReplicas.
    pub desired: i32,
    /// Ready pods of the target; status.currentReplicas where the target is not watched.
    pub actual: i32,
    /// What the metrics proposed before anything stood in between.
    pub proposal: Option<i32>,
    /// Percent of the target, by metric.
    pub ratios: Vec<Option<u16>>,
}

/// Something that happened to the replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The autoscaler changed them.
    Rescaled {
        /// When: status.lastScaleTime.
        at: Timestamp,
        /// From so many.
        from: i32,
        /// To so many.
        to: i32,
        /// Why, as the controller would say it.
        reason: String,
    },
    /// Somebody else changed them.
    Outside {
        /// When it was noticed.
        at: Timestamp,
        /// From so many.
        from: i32,
        /// To so many.
        to: i32,
    },
}

impl Event {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Rescaled { at, .. } | Self::Outside { at, .. } => *at,
        }
    }
}

/// A change of the target's replicas of which nobody knows yet who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moved {
    from: i32,
    to: i32,
    /// When it was noticed, once that is known.
    since: Option<Timestamp>,
}

/// The history of one autoscaler in this session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    points: VecDeque<Point>,
    events: VecDeque<Event>,
    moved: VecDeque<Moved>,
}

fn keep<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

impl History {
    /// Where it stood, the newest last.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.points.iter()
    }

    /// What happened, the newest last.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.events.iter()
    }

    /// The target's spec.replicas changed. Who did it shows later, because the autoscaler's status follows.
    pub(super) fn moved(&mut self, from: i32, to: i32, since: Option<Timestamp>) {
        if from != to {
            keep(&mut self.moved, Moved { from, to, since }, WAITING);
        }
    }

    /// The autoscaler has a new state.
    pub(super) fn follow(&mut self, old: &Autoscaler, new: &Autoscaler) {
        let Some(at) = new.last_scale.filter(|_| new.last_scale > old.last_scale) else { return };
        let to = new.desired;
        let mine = self.moved.iter().rposition(|moved| moved.to == to);
        let known = mine.and_then(|mine| self.moved.remove(mine)).map(|moved| moved.from);
        // Without the target's own news: what the controller saw when it decided.
        let seen = if new.current == to { old.current } else { new.current };
        let from = known.unwrap_or(seen);
        self.tell(Event::Rescaled { at, from, to, reason: reason(new, from, to) });
    }

    /// Notes where it stands, and settles the changes that nobody explained in time.
    pub(super) fn note(&mut self, autoscaler: &Autoscaler, point: Point) {
        let now = point.at;
        for moved in &mut self.moved {
            moved.since.get_or_insert(now);
        }
        while let Some(first) = self.moved.front().copied() {
            let since = first.since.unwrap_or(now);
            if now.duration_since(since) < PATIENCE {
                break;
            }
            self.moved.pop_front();
            // What the status asks for was done by the autoscaler, whenever it says so.
            if first.to != autoscaler.desired {
                self.tell(Event::Outside { at: since, from: first.from, to: first.to });
            }
        }
        if self.points.back().is_none_or(|last| last.at < now) {
            if self.is_crowded(&point) {
                self.points.pop_back();
            }
            keep(&mut self.points, point, KEPT);
        }
    }

    /// Whether the last point proposes nothing that the one before it did not, and a new one is close to both.
    fn is_crowded(&self, new: &Point) -> bool {
        let mut last = self.points.iter().rev();
        let (Some(last), Some(before)) = (last.next(), last.next()) else { return false };
        last.proposal == before.proposal && new.at.duration_since(before.at) <= SPACING
    }

    /// Adds an event where its time puts it: one of somebody else is only known some seconds later.
    fn tell(&mut self, event: Event) {
        let place = self.events.partition_point(|it| it.at() <= event.at());
        self.events.insert(place, event);
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
    }

    /// Whether changes wait for somebody to own them, so that a point is due soon.
    pub fn is_waiting(&self) -> bool {
        !self.moved.is_empty()
    }
}

/// Why the controller rescaled, in the words of its event, as far as its status tells.
/// Source: kubernetes `pkg/controller/podautoscaler/horizontal.go`, reconcileAutoscaler.
fn reason(autoscaler: &Autoscaler, from: i32, to: i32) -> String {
    if from > autoscaler.max {
        return "Current number of replicas above Spec.MaxReplicas".to_owned();
    }
    if from < autoscaler.min {
        return "Current number of replicas below Spec.MinReplicas".to_owned();
    }
    if to < from {
        return "All metrics below target".to_owned();
    }
    let message = autoscaler.condition("ScalingActive").map_or("", |it| &*it.message);
    let metric = message.split_once("replica count from ").map_or("", |(_, metric)| metric);
    if metric.is_empty() { String::new() } else { format!("{metric} above target") }
}

#[cfg(test)]
mod tests;
