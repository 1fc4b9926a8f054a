//! What an autoscaler's metrics were measured to be, asked directly as its controller asks, and the questions that are
//! asked for it. It computes no replicas.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHasher;

use super::autoscaler::{Metric, ScaleTarget};
use super::key::Key;
use super::sample::PodSample;
use super::text::Str;

/// What is asked for one autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// For which one.
    pub autoscaler: Key,
    /// The generation of the spec that these metrics are of.
    pub generation: i64,
    /// What it scales, in its own namespace.
    pub target: ScaleTarget,
    /// spec.metrics in order; the text of a selector is in the form that the API takes.
    pub metrics: Vec<Metric>,
    /// The revision at which another target was last seen in the place of the one before; 0 when that never happened.
    pub renewed: u64,
    /// spec.replicas of the target, where it is watched: as long as that stays its scale says nothing new. It is no part of
    /// what is asked.
    pub replicas: Option<i32>,
}

impl Question {
    /// By what the answers are known to be those to this question; see [`asks`].
    pub fn asks(&self) -> u64 {
        asks(&self.target, &self.metrics, self.renewed)
    }
}

/// A number that is another one when another target, other metrics or a target that was made anew is asked for. Servers
/// before generations of autoscalers were counted change the spec without saying so. What the metrics should be changes
/// nothing in the answers.
pub fn asks(target: &ScaleTarget, metrics: &[Metric], renewed: u64) -> u64 {
    let mut hasher = FxHasher::default();
    (target, renewed).hash(&mut hasher);
    for metric in metrics {
        (&metric.source, &metric.described).hash(&mut hasher);
    }
    hasher.finish()
}

/// What was answered for one autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// When it was asked, by the server's clock.
    pub at: Timestamp,
    /// The generation of the spec that was asked for.
    pub generation: i64,
    /// What [`Question::asks`] gives for what was asked.
    pub asks: u64,
    /// The target's scale, or why it cannot be read. That of a watched target may have been read some minutes ago.
    pub scale: Result<Scale, String>,
    /// What the metrics were, in the order of the spec's.
    pub answers: Vec<Answer>,
}

impl Probe {
    /// The same with the names of pods as somebody else keeps them, who knows most of them: a name is kept once then, not
    /// once for each answer. Answers that several metrics share stay shared.
    #[must_use]
    pub fn with_names(mut self, known: impl Fn(&str) -> Option<Str>) -> Self {
        let name = |own: &Str| known(own).unwrap_or_else(|| Str::clone(own));
        let named = |it: &PodSample| PodSample { pod: name(&it.pod), ..it.clone() };
        let mut done: Option<[Arc<[PodSample]>; 2]> = None;
        for answer in &mut self.answers {
            match answer {
                Answer::Pods(samples) => {
                    let known = done.take().filter(|[before, _]| Arc::ptr_eq(before, samples));
                    let pair =
                        known.unwrap_or_else(|| [Arc::clone(samples), samples.iter().map(named).collect()]);
                    *samples = Arc::clone(&pair[1]);
                    done = Some(pair);
                }
                Answer::PerPod(values) => {
                    *values = values.iter().map(|(pod, value)| (name(pod), *value)).collect();
                }
                Answer::Value(_) | Answer::Failed(_) | Answer::NotAgain(_) | Answer::NotAsked(_) => {}
            }
        }
        self
    }
}

/// The scale subresource of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// spec.replicas.
    pub spec: i32,
    /// status.replicas.
    pub status: i32,
    /// status.selector, as text.
    pub selector: String,
    /// Who owns spec.replicas.
    pub writers: Vec<Writer>,
    /// Where it was asked; `None` where nobody can say.
    pub place: Option<Place>,
}

/// Where the API serves the scale of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the subresource, from the server's root.
    pub path: String,
    /// The API group of the object, empty for the core group.
    pub group: String,
    /// The plural of its kind, as paths and rights name it.
    pub plural: String,
}

/// A field manager that owns spec.replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Its name.
    pub manager: Str,
    /// The subresource that it wrote through; empty for the object itself.
    pub subresource: Str,
    /// When it wrote last.
    pub at: Option<Timestamp>,
}

/// What one metric was measured to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What pods use: for Resource and ContainerResource metrics. The metrics that one answer is for share it.
    Pods(Arc<[PodSample]>),
    /// A value for each pod, in thousandths: for Pods metrics.
    PerPod(Arc<[(Str, i64)]>),
    /// One value in thousandths: for Object metrics, and the sum of all series for External ones.
    Value(i64),
    /// The server's words, cleaned and cut.
    Failed(String),
    /// The same of a minute ago at most, since when it was not asked again.
    NotAgain(String),
    /// It was not asked, and why.
    NotAsked(&'static str),
}
