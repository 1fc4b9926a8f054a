//! One round: each autoscaler's questions one after the other, as its controller asks them, and a question that several
//! have is asked once. It decides neither when nor whom.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::ask::{self, JSON, METADATA, Refusal, read};
use super::memory::Memory;
use super::once::Once;
use super::paths::{self, EXTERNAL, METRICS, Resource};
use crate::client::connect::{Failure, Session};
use crate::client::watch::line::Line;
use crate::client::{clock, convert};
use crate::model::autoscaler::{Goal, Metric, MetricSource};
use crate::model::probe::{Answer, Place, Probe, Question, Scale, Writer};
use crate::model::sample::PodSample;
use crate::model::text::Str;
use crate::wire::metrics::{MetricValueList, PodMetricsList};

/// Why nothing is asked where it is not known which pods are meant.
const NO_SCALE: &str = "the target's scale cannot be read";
/// What the controller says of a scale without a selector, after which it asks nothing either.
const NO_SELECTOR: &str = "the HPA target's scale is missing a selector";
/// Why nothing is asked for a metric of a kind that is newer than this.
const UNKNOWN: &str = "unknown kind";

/// What came of a question.
type Reply = Result<Bytes, Refusal>;

/// One round.
pub(super) struct Round<'a> {
    session: &'a Session,
    pub(super) memory: &'a Memory,
    line: Line,
    started: Instant,
    asked: Once<Bytes>,
    /// What was read of the long answers, which are not kept as they came.
    samples: Once<Arc<[PodSample]>>,
    values: Once<Arc<[(Str, i64)]>>,
}

impl<'a> Round<'a> {
    pub(super) fn new(session: &'a Session, memory: &'a Memory, line: Line) -> Self {
        let (asked, samples, values) = (Once::default(), Once::default(), Once::default());
        Self { session, memory, line, started: Instant::now(), asked, samples, values }
    }

    /// Asks everything for one autoscaler; `None` when nothing could be asked because who would answer is busy.
    pub(super) async fn probe(&self, question: &Question) -> Option<Probe> {
        let ours = clock::now();
        let at = ours.checked_add(self.session.skew().unwrap_or_default()).unwrap_or(ours);
        let scale = self.scale(question).await;
        if matches!(scale, Err(Refusal::Held(_))) {
            return None;
        }
        let (mut held, mut heard) = (false, false);
        let mut answers = Vec::with_capacity(question.metrics.len());
        for metric in &question.metrics {
            let answer = self.answer(&question.autoscaler.namespace, metric, &scale).await;
            held |= matches!(answer, Err(Refusal::Held(_)));
            // Who has too many of us may answer others.
            let answer = answer.unwrap_or_else(Refusal::answer);
            heard |= !matches!(answer, Answer::NotAsked(_) | Answer::NotAgain(_));
            answers.push(answer);
        }
        if held && !heard {
            return None;
        }
        let (generation, asks) = (question.generation, question.asks());
        Some(Probe { at, generation, asks, scale: scale.map_err(Refusal::words), answers })
    }

    async fn scale(&self, question: &Question) -> Result<Scale, Refusal> {
        let (target, namespace) = (&question.target, &question.autoscaler.namespace);
        let resource = self.resource(&target.api_version, &target.kind).await?;
        let path = paths::scale(&resource, namespace, &target.name).ok_or_else(odd)?;
        let known = |replicas| self.memory.scale(&path, question.renewed, replicas);
        if let Some(known) = question.replicas.and_then(known) {
            return Ok(known);
        }
        let reply = self.get(&path, JSON).await;
        if matches!(reply, Err(Refusal::Missing(_))) {
            self.memory.doubt_kind(&target.api_version, &target.kind);
        }
        let scale = convert::scale(read(&reply?)?);
        if let Some(Scale { writers, place, .. }) = known(scale.spec) {
            return Ok(Scale { writers, place, ..scale });
        }
        let writers = self.writers(&resource, [namespace, &target.name]).await;
        let Resource { group, plural, .. } = Resource::clone(&resource);
        let place = Some(Place { path: path.clone(), group, plural });
        let held = matches!(writers, Err(Refusal::Held(_)));
        let scale = Scale { writers: writers.unwrap_or_default(), place, ..scale };
        if !held {
            self.memory.learn_scale(&path, question.renewed, &scale);
        }
        Ok(scale)
    }

    /// Who owns the replicas: the scale does not say it, so that the object is asked when the number changes and once in
    /// a while. Nobody misses anything else where that fails.
    async fn writers(
        &self,
        resource: &Resource,
        [namespace, name]: [&str; 2],
    ) -> Result<Vec<Writer>, Refusal> {
        let path = paths::object(resource, namespace, name).ok_or_else(odd)?;
        read(&self.get(&path, METADATA).await?).map(convert::writers)
    }

    async fn answer(
        &self,
        namespace: &str,
        metric: &Metric,
        scale: &Result<Scale, Refusal>,
    ) -> Result<Answer, Refusal> {
        let pods = match scale {
            Ok(scale) if scale.selector.is_empty() => return Ok(Answer::NotAsked(NO_SELECTOR)),
            Ok(scale) => Some([namespace, scale.selector.as_str()]),
            // The controller may read it, and goes on.
            Err(Refusal::Forbidden(_)) => None,
            Err(_) => return Ok(Answer::NotAsked(NO_SCALE)),
        };
        match (&metric.source, pods) {
            (MetricSource::Resource { .. } | MetricSource::ContainerResource { .. }, Some(pods)) => {
                self.pods(pods).await
            }
            (MetricSource::Pods { name, selector }, Some(pods)) => self.per_pod(pods, [name, selector]).await,
            (MetricSource::Object { name, selector, object }, _) => {
                let described = [metric.described.as_deref().unwrap_or_default(), object];
                self.object(namespace, described, [name, selector]).await
            }
            (MetricSource::External { name, selector }, _) => {
                let per_pod = matches!(metric.goal, Goal::AverageValue(_));
                self.external(namespace, [name, selector], per_pod).await
            }
            (MetricSource::Unknown { .. }, _) => Ok(Answer::NotAsked(UNKNOWN)),
            (_, None) => Ok(Answer::NotAsked(NO_SCALE)),
        }
    }

    /// What was refused not long ago, in this round or before.
    pub(super) fn refused(&self, what: &str) -> Option<Refusal> {
        self.memory.refused(what, self.started)
    }

    async fn pods(&self, [namespace, selector]: [&str; 2]) -> Result<Answer, Refusal> {
        if let Some(refusal) = self.refused(METRICS) {
            return Err(refusal);
        }
        let path = paths::pods(namespace, selector).ok_or_else(odd)?;
        let samples = self.samples.get(&path, async {
            let reply = self.ask(&path, JSON).await;
            if matches!(reply, Err(Refusal::Missing(_))) {
                // A list is never missing by itself.
                let refusal = Refusal::Failed(not_served("pods", METRICS));
                self.memory.refuse(METRICS, refusal.clone());
                return Err(refusal);
            }
            let list: PodMetricsList = read(&reply?)?;
            Ok(convert::pod_samples(&list))
        });
        Ok(Answer::Pods(samples.await?))
    }

    async fn per_pod(&self, pods: [&str; 2], metric: [&str; 2]) -> Result<Answer, Refusal> {
        let path = paths::per_pod(&self.custom().await?, pods, metric).ok_or_else(odd)?;
        let values = self.values.get(&path, async {
            let list = self.values(self.ask(&path, JSON).await)?;
            let values = convert::per_pod(&list).ok_or_else(senseless)?;
            countable(values.iter().map(|(_, value)| value))?;
            Ok(values)
        });
        Ok(Answer::PerPod(values.await?))
    }

    async fn object(
        &self,
        namespace: &str,
        [api_version, object]: [&str; 2],
        metric: [&str; 2],
    ) -> Result<Answer, Refusal> {
        let (kind, name) = object.split_once('/').ok_or_else(odd)?;
        let version = self.custom().await?;
        let path = if kind == "Namespace" && !api_version.contains('/') {
            // Its own namespace, whatever name is given.
            paths::of_namespace(&version, namespace, metric)
        } else {
            let resource = self.resource(api_version, kind).await?;
            paths::of_object(&version, (namespace, &resource, name), metric)
        };
        let list = self.values(self.get(&path.ok_or_else(odd)?, JSON).await)?;
        let [value] = list.items.as_slice() else {
            let count = list.items.len();
            let words = "results when we asked for exactly one";
            return Err(Refusal::Failed(format!("the custom metrics API server returned {count} {words}")));
        };
        let value = convert::milli(value).ok_or_else(senseless)?;
        countable([&value])?;
        Ok(Answer::Value(value))
    }

    fn values(&self, reply: Reply) -> Result<MetricValueList, Refusal> {
        if matches!(reply, Err(Refusal::Missing(_))) {
            self.memory.doubt_custom();
        }
        read(&reply?)
    }

    async fn external(&self, namespace: &str, metric: [&str; 2], per_pod: bool) -> Result<Answer, Refusal> {
        let words = || not_served(metric[0], EXTERNAL);
        let absent = || Refusal::Failed(words());
        match self.refused(EXTERNAL) {
            Some(Refusal::Failed(_)) => return Err(absent()),
            Some(Refusal::NotAgain(_)) => return Err(Refusal::NotAgain(words())),
            Some(remembered) => return Err(remembered),
            None => {}
        }
        let reply = self.get(&paths::external(namespace, metric).ok_or_else(odd)?, JSON).await;
        if matches!(reply, Err(Refusal::Missing(_))) && matches!(self.group(EXTERNAL).await, Ok(None)) {
            self.memory.refuse(EXTERNAL, absent());
            return Err(absent());
        }
        let list: MetricValueList = read(&reply?)?;
        if list.items.is_empty() {
            return Err(Refusal::Failed("no metrics returned from external metrics API".to_owned()));
        }
        let values: Option<Vec<i64>> = list.items.iter().map(convert::milli).collect();
        let values = values.ok_or_else(senseless)?;
        countable(&values)?;
        Ok(Answer::Value(convert::sum(&values, per_pod)))
    }

    /// The answer to a question, which is asked once in a round, and not soon again when that is of no use.
    pub(super) async fn get(&self, path: &str, accept: &'static str) -> Reply {
        self.asked.get(path, self.ask(path, accept)).await
    }

    async fn ask(&self, path: &str, accept: &'static str) -> Reply {
        if let Some(refusal) = self.refused(path) {
            return Err(refusal);
        }
        let adapter = paths::adapter(path);
        if let Some(why) = self.memory.held(adapter) {
            return Err(Refusal::Held(why));
        }
        let reply = ask::get(self.session, path, accept).await;
        match &reply {
            Err(Failure::Timeout { .. }) if adapter.is_empty() => {}
            Err(Failure::Timeout { .. }) => self.memory.late(adapter),
            _ => self.memory.prompt(adapter),
        }
        reply.map_err(|failure| {
            let refusal = Refusal::of(&failure);
            tracing::debug!(path, failure = failure.short(), "a question for an autoscaler failed");
            match (&failure, failure.retry_after()) {
                (Failure::TooManyRequests { .. }, Some(wait)) => {
                    self.memory.hold(adapter, wait);
                }
                // Others of that API may be answered.
                (_, Some(wait)) => self.memory.refuse_for(wait, path, refusal.clone()),
                (
                    Failure::Forbidden { .. } | Failure::Timeout { .. } | Failure::TooManyRequests { .. },
                    _,
                ) => {
                    self.memory.refuse(path, refusal.clone());
                }
                _ => {}
            }
            let said = matches!(failure, Failure::Server { .. } | Failure::TooManyRequests { .. });
            if !said && failure.is_retryable() {
                self.line.suspect();
            }
            refusal
        })
    }
}

/// A name that is none of the API's.
fn odd() -> Refusal {
    let why = "a name that no path can hold";
    Refusal::Unasked(why, why.to_owned())
}

/// Refuses values that are no number of thousandths: the controller makes nothing of such a one, or anything.
fn countable<'a>(values: impl IntoIterator<Item = &'a i64>) -> Result<(), Refusal> {
    if values.into_iter().any(|value| [i64::MIN, i64::MAX].contains(value)) {
        let why = "a value is too large for the controller";
        return Err(Refusal::Unasked(why, why.to_owned()));
    }
    Ok(())
}

fn senseless() -> Refusal {
    Refusal::Failed("an answer that makes no sense: a value is no quantity".to_owned())
}

/// As Go's clients say that a resource is not there.
fn not_served(resource: &str, group: &str) -> String {
    let words = format!("the server could not find the requested resource (get {resource}.{group})");
    ask::clean(&words)
}
