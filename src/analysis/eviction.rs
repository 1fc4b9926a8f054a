//! What the taint eviction controller does to the pods of a node, and when: forecast from taints and tolerations. It
//! looks at one node, asks no disruption budget, as the controller asks none, and evicts nothing.
//!
//! Source: `pkg/controller/tainteviction/taint_eviction.go`. The controller fixes a pod's time when a limited
//! toleration first applies, and neither later taints nor other tolerations move it.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::tolerations::{Comparisons, NO_EXECUTE, NOT_READY, UNREACHABLE, first};
use crate::model::node::Taint;
use crate::model::pod::{Pod, Toleration};

/// What a forecast is made with.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The server's clock.
    pub now: Timestamp,
    /// When the controller was last restarted, which begins every wait anew; `None` when that is not known.
    pub restarted: Option<Timestamp>,
    /// Whether `Gt` and `Lt` work.
    pub comparisons: Comparisons,
    /// How a pod ends on this node once it is deleted.
    pub ending: Ending,
}

/// How a deleted pod ends on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// The kubelet stops it and confirms.
    #[default]
    Confirmed,
    /// No kubelet is there to confirm: it stays Terminating.
    Hanging,
    /// The node is not Ready and has the out-of-service taint: pod garbage collection removes it within seconds.
    Collected,
}

/// What becomes of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is deleted already and stays Terminating: no kubelet is there to confirm.
    Stuck,
    /// It is deleted as soon as the controller looks.
    Now,
    /// It is deleted at about this instant.
    At(Timestamp),
    /// It is deleted already and ends within its grace period.
    Leaving,
    /// It stays: every NoExecute taint is tolerated for ever.
    Never,
}

impl Fate {
    /// The worse comes first, the earlier before the later.
    pub fn order(self, other: Self) -> Ordering {
        let rank = |fate: Self| match fate {
            Self::Stuck => 0,
            Self::Now => 1,
            Self::At(_) => 2,
            Self::Leaving => 3,
            Self::Never => 4,
        };
        match (self, other) {
            (Self::At(a), Self::At(b)) => a.cmp(&b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// A pod's fate and what decides it.
#[derive(Clone, Copy, Debug)]
pub struct Prospect<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// What becomes of it.
    pub fate: Fate,
    /// The taint that decides; `None` when nothing happens, or when the pod is deleted already.
    pub taint: Option<&'a Taint>,
    /// The toleration that decides; `None` when the taint is not tolerated.
    pub toleration: Option<&'a Toleration>,
}

/// What the pods of a node come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// Deleted and hanging.
    pub stuck: u32,
    /// Deleted now, or due.
    pub now: u32,
    /// Deleted later.
    pub later: u32,
    /// Deleted, and ending.
    pub leaving: u32,
    /// Staying.
    pub never: u32,
    /// When the first of the later ones is deleted.
    pub next: Option<Timestamp>,
    /// When the last of them is deleted.
    pub last: Option<Timestamp>,
}

impl Toll {
    /// How many are deleted, now or later.
    pub fn leave(&self) -> u32 {
        self.now + self.later
    }

    /// `1 leaves`, `12 leave`.
    pub fn leaves(count: u32) -> String {
        if count == 1 { "1 leaves".to_owned() } else { format!("{count} leave") }
    }

    fn count(&mut self, fate: Fate, now: Timestamp) {
        match fate {
            Fate::Stuck => self.stuck += 1,
            Fate::Leaving => self.leaving += 1,
            Fate::Never => self.never += 1,
            Fate::At(at) if at > now => {
                self.later += 1;
                self.next = Some(self.next.map_or(at, |next| next.min(at)));
                self.last = self.last.max(Some(at));
            }
            Fate::Now | Fate::At(_) => self.now += 1,
        }
    }
}

/// A stretch of time in which a taint is tolerated for so many seconds.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Timestamp,
    /// When another taint took its place; `None` while it lasts.
    until: Option<Timestamp>,
    seconds: i64,
    taint: usize,
    toleration: usize,
}

/// What tolerations make of the taints.
#[derive(Clone, Debug)]
enum Verdict {
    Untolerated(usize),
    Forever,
    Limited(Vec<Span>),
}

/// The NoExecute taints of a node, and what the tolerations that were met so far make of them. Pods of one template
/// share their tolerations, so that a node's pods are judged by a few verdicts.
#[derive(Clone, Debug)]
pub struct Eviction<'a> {
    taints: Vec<&'a Taint>,
    terms: Terms,
    known: Vec<(&'a Arc<[Toleration]>, Verdict)>,
}

impl<'a> Eviction<'a> {
    /// The eviction by a node's taints, or by those that somebody thinks of.
    pub fn new(taints: impl IntoIterator<Item = &'a Taint>, terms: Terms) -> Self {
        let taints = taints.into_iter().filter(|taint| &*taint.effect == NO_EXECUTE).collect();
        Self { taints, terms, known: Vec::new() }
    }

    /// Whether any taint evicts.
    pub fn threatens(&self) -> bool {
        !self.taints.is_empty()
    }

    /// What becomes of a pod.
    pub fn fate(&mut self, pod: &'a Pod) -> Fate {
        self.prospect(pod).fate
    }

    /// What becomes of a pod, and by which taint and toleration.
    pub fn prospect(&mut self, pod: &'a Pod) -> Prospect<'a> {
        let (fate, taint, toleration) = if pod.meta.deleted.is_some() {
            let hangs = self.terms.ending == Ending::Hanging;
            (if hangs { Fate::Stuck } else { Fate::Leaving }, None, None)
        } else {
            self.judge(pod)
        };
        Prospect {
            pod,
            fate,
            taint: taint.and_then(|at| self.taints.get(at).copied()),
            toleration: toleration.and_then(|at: usize| pod.template.tolerations.get(at)),
        }
    }

    /// What the pods come to.
    pub fn toll(&mut self, pods: impl Iterator<Item = &'a Pod>) -> Toll {
        let mut toll = Toll::default();
        for pod in pods {
            let fate = self.fate(pod);
            toll.count(fate, self.terms.now);
        }
        toll
    }

    /// What becomes of each pod, the worst first.
    pub fn prospects(&mut self, pods: impl Iterator<Item = &'a Pod>) -> Vec<Prospect<'a>> {
        let mut all: Vec<Prospect<'a>> = pods.map(|pod| self.prospect(pod)).collect();
        all.sort_by(|a, b| a.fate.order(b.fate).then_with(|| a.pod.meta.key.cmp(&b.pod.meta.key)));
        all
    }

    fn judge(&mut self, pod: &'a Pod) -> (Fate, Option<usize>, Option<usize>) {
        let (taints, terms) = (&self.taints, self.terms);
        let tolerations = &pod.template.tolerations;
        let at =
            self.known.iter().position(|(seen, _)| Arc::ptr_eq(seen, tolerations)).unwrap_or_else(|| {
                self.known.push((tolerations, verdict(taints, tolerations, &terms)));
                self.known.len() - 1
            });
        match &self.known[at].1 {
            Verdict::Untolerated(taint) => (Fate::Now, Some(*taint), None),
            Verdict::Forever => (Fate::Never, None, None),
            Verdict::Limited(spans) => deadline(spans, pod, &terms),
        }
    }
}

/// What some tolerations make of the NoExecute taints.
fn verdict(taints: &[&Taint], tolerations: &[Toleration], terms: &Terms) -> Verdict {
    let mut spans = Vec::new();
    for (place, taint) in taints.iter().enumerate() {
        let Some(answer) = first(tolerations, taint, terms.comparisons) else {
            return Verdict::Untolerated(place);
        };
        spans.extend(replaced(taint, place, tolerations, terms));
        let Some(seconds) = tolerations[answer].seconds else { continue };
        let from = taint.added.or(taint.since).unwrap_or(terms.now);
        spans.push(Span { from, until: None, seconds: seconds.max(0), taint: place, toleration: answer });
    }
    let limited = spans.iter().any(|span| span.until.is_none());
    if limited { Verdict::Limited(spans) } else { Verdict::Forever }
}

/// The time of the taint that this one replaced: a wait that ran by then runs on.
fn replaced(taint: &Taint, place: usize, tolerations: &[Toleration], terms: &Terms) -> Option<Span> {
    let (since, added) = (taint.since?, taint.added?);
    let other = match &*taint.key {
        NOT_READY => UNREACHABLE,
        UNREACHABLE => NOT_READY,
        _ => return None,
    };
    let before = Taint { key: other.into(), ..taint.clone() };
    let toleration = first(tolerations, &before, terms.comparisons)?;
    let seconds = tolerations[toleration].seconds?.max(0);
    (since < added).then_some(Span { from: since, until: Some(added), seconds, taint: place, toleration })
}

/// When a pod's wait is over: it began when the first limited toleration applied, or the pod came, or the controller
/// was restarted, and the shortest limit of that moment counts.
fn deadline(spans: &[Span], pod: &Pod, terms: &Terms) -> (Fate, Option<usize>, Option<usize>) {
    let Some(earliest) = spans.iter().map(|span| span.from).min() else { return (Fate::Never, None, None) };
    let came = pod.bound.or(pod.meta.created).map(Timestamp::from);
    let start = [came, terms.restarted].into_iter().flatten().fold(earliest, Timestamp::max);
    let runs = |span: &&Span| span.from <= start && span.until.is_none_or(|until| start < until);
    let Some(shortest) = spans.iter().filter(runs).min_by_key(|span| span.seconds) else {
        return (Fate::Never, None, None);
    };
    let fate = if shortest.seconds == 0 {
        Fate::Now
    } else {
        start.checked_add(SignedDuration::from_secs(shortest.seconds)).map_or(Fate::Never, Fate::At)
    };
    (fate, Some(shortest.taint), Some(shortest.toleration))
}
