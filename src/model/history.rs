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

/// Points of many autoscalers are no further apart than this, so that what is later than a point by more is no news but
/// from a clock that was put back since.
const PASSES: SignedDuration = SignedDuration::from_mins(5);

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
    reruled: Reruled,
    /// Whether the first rescale was seen, and none was dropped since.
    whole: bool,
}

/// Whether spec.behavior became another one in this session, and when at the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reruled {
    #[default]
    Never,
    /// Since the last point.
    Lately,
    At(Timestamp),
}

fn keep<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    } else if list.len() == list.capacity() {
        // Twice as much again and again would end above the most.
        list.reserve_exact(list.len().clamp(1, most - list.len()));
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

    /// spec.behavior is another one than before: what the controller still remembers is what the old one let it keep.
    pub(super) fn reruled(&mut self) {
        self.reruled = Reruled::Lately;
    }

    /// Until when at the latest the controller worked by another spec.behavior, as far as this session saw it.
    pub fn ruled_otherwise(&self, now: Timestamp) -> Option<Timestamp> {
        match self.reruled {
            Reruled::Never => None,
            Reruled::Lately => Some(now),
            Reruled::At(at) => Some(at),
        }
    }

    /// The autoscaler has a new state.
    pub(super) fn follow(&mut self, old: &Autoscaler, new: &Autoscaler) {
        // An earlier time is an older state, unless the last one has not come yet by the clock as it is now.
        let is_newer = match (old.last_scale, new.last_scale) {
            (Some(old), Some(new)) => new > old || (new < old && self.is_future(old)),
            (old, _) => old.is_none(),
        };
        let Some(at) = new.last_scale.filter(|_| is_newer) else { return };
        let to = new.desired;
        let mine = self.moved.iter().rposition(|moved| moved.to == to);
        let known = mine.and_then(|mine| self.moved.remove(mine)).map(|moved| moved.from);
        // Without the target's own news: what the controller saw when it decided.
        let seen = if new.current == to { old.current } else { new.current };
        let from = known.unwrap_or(seen);
        let first = old.last_scale.is_none() && (from == old.desired || old.conditions.is_empty());
        self.whole = (self.whole || first) && from != to;
        self.tell(Event::Rescaled { at, from, to, reason: reason(new, from, to) });
    }

    /// Whether the clock was put back since the last point. A little earlier is no more than a guess at the server's
    /// clock that was mended.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        self.points.back().is_some_and(|last| last.at.duration_since(now) > SPACING)
    }

    /// Goes on from a clock that was put back: nothing that was noted may stand in the future, where it would hide what
    /// comes for as long. Of points only those before count; what happened stays in its order.
    fn put_back(&mut self, now: Timestamp) {
        self.points.retain(|point| point.at < now);
        for event in &mut self.events {
            let (Event::Rescaled { at, .. } | Event::Outside { at, .. }) = event;
            *at = now.min(*at);
        }
        for since in self.moved.iter_mut().filter_map(|moved| moved.since.as_mut()) {
            *since = now.min(*since);
        }
    }

    /// Whether a time is later than where it stands, by more than points are apart.
    fn is_future(&self, at: Timestamp) -> bool {
        self.points.back().is_some_and(|last| at.duration_since(last.at) > PASSES)
    }

    /// Notes where it stands, and settles the changes that nobody explained in time.
    pub(super) fn note(&mut self, autoscaler: &Autoscaler, point: Point) {
        let now = point.at;
        if self.is_ahead(now) {
            self.put_back(now);
        }
        if self.reruled == Reruled::Lately {
            self.reruled = Reruled::At(now);
        }
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
            self.whole = false;
        }
    }

    /// Whether the autoscaler never rescaled anything that is not among the events.
    pub fn is_whole(&self) -> bool {
        self.whole
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
