//! How the autoscaler's controller groups the pods that a selector finds: counted, unready, missing, ignored. It judges
//! each pod from what it is given, and reads neither a cluster nor a clock.
//!
//! Source: `groupPods` in `pkg/controller/podautoscaler/replica_calculator.go`, Kubernetes 1.36.

use jiff::{SignedDuration, Timestamp};

use crate::model::pod::{Phase, Pod};

/// What is looked at in one pod.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Whether it is being deleted.
    pub deleted: bool,
    /// status.phase.
    pub phase: Phase,
    /// status.startTime.
    pub started: Option<Timestamp>,
    /// The Ready condition; `None` when there is none.
    pub ready: Option<Readiness>,
}

/// A pod's Ready condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readiness {
    /// Whether it is True.
    pub ready: bool,
    /// Whether it is False, which is more than not to be True.
    pub denied: bool,
    /// lastTransitionTime.
    pub since: Timestamp,
}

/// When and over how long a pod's use was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// The end of the window.
    pub at: Timestamp,
    /// How long it was measured.
    pub window: SignedDuration,
}

/// The periods after a pod's start in which its processor time is not trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`
    pub initialization: SignedDuration,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`
    pub readiness: SignedDuration,
}

/// What the controller does with a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Its sample counts.
    Counted,
    /// Its sample is dropped; when scaling up it counts as using nothing.
    Unready,
    /// It has no sample; it counts as using nothing when scaling up, and as busy when scaling down.
    Missing,
    /// It is failed or being deleted: as if it were not there.
    Ignored,
}

impl Subject {
    /// What is looked at in a pod of the cluster.
    pub fn of(pod: &Pod) -> Self {
        Self {
            deleted: pod.meta.deleted.is_some(),
            phase: pod.phase,
            started: pod.started.map(Timestamp::from),
            ready: pod.ready_since.map(|since| Readiness {
                ready: pod.ready,
                denied: !pod.ready && !pod.ready_unknown,
                since: since.into(),
            }),
        }
    }

    /// Whether its readiness counts for a value that is not measured per pod: Running and Ready.
    pub fn serves(&self) -> bool {
        self.phase == Phase::Running && self.ready.is_some_and(|it| it.ready)
    }

    /// Whether it is as if it were not there.
    pub fn ignored(&self) -> bool {
        self.deleted || self.phase == Phase::Failed
    }

    /// Its group at an instant. Readiness matters for processor time (`cpu`) only.
    pub fn group(&self, taken: Option<&Taken>, cpu: bool, patience: &Patience, now: Timestamp) -> Group {
        if self.ignored() {
            return Group::Ignored;
        }
        if self.phase == Phase::Pending {
            return Group::Unready;
        }
        match taken {
            None => Group::Missing,
            Some(taken) if cpu && self.unready(taken, patience, now) => Group::Unready,
            Some(_) => Group::Counted,
        }
    }

    fn unready(&self, taken: &Taken, patience: &Patience, now: Timestamp) -> bool {
        let (Some(started), Some(condition)) = (self.started, self.ready) else { return true };
        if within(started, now, patience.initialization) {
            condition.denied || within(condition.since, taken.at, taken.window)
        } else {
            condition.denied && within(started, condition.since, patience.readiness)
        }
    }

    /// Its group at an instant, and whether time alone may change that until `later`: its initialization may end, and
    /// a sample that is taken meanwhile may cover nothing but readiness.
    pub fn turns(
        &self,
        taken: Option<&Taken>,
        cpu: bool,
        patience: &Patience,
        now: Timestamp,
        later: Timestamp,
    ) -> (Group, bool) {
        let group = self.group(taken, cpu, patience, now);
        if !cpu || self.started.is_some_and(|started| !within(started, now, patience.initialization)) {
            // Neither the time nor a sample counts any more, which is so for most pods.
            return (group, false);
        }
        let newest = taken.map(|taken| Taken { at: taken.at.max(later), ..*taken });
        let turned = [(taken, later), (newest.as_ref(), now), (newest.as_ref(), later)]
            .into_iter()
            .any(|(taken, at)| self.group(taken, cpu, patience, at) != group);
        (group, turned)
    }
}

/// Whether one instant is less than so long after another one.
pub fn within(start: Timestamp, at: Timestamp, span: SignedDuration) -> bool {
    at.duration_since(start) < span
}

/// An instant later, as far as time goes.
pub fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

/// The instant from which on more than so many whole seconds have passed since another one.
pub fn past(at: Timestamp, seconds: i64) -> Timestamp {
    after(at, SignedDuration::from_secs(seconds.saturating_add(1)))
}
