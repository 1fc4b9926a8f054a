//! One round: each autoscaler's questions one after the other, as its controller asks them, and a question that several
//! have is asked once. It decides neither when nor whom.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::ask::{self, JSON, METADATA, Refusal, read};
use super::memory::Memory;
use super::paths::{self, EXTERNAL, METRICS, Resource};
use crate::client::connect::{Failure, Session};
use crate::client::watch::line::Line;
use crate::client::{clock, convert};
use crate::model::autoscaler::{Metric, MetricSource};
use crate::model::probe::{Answer, Probe, Question, Scale, Writer};
use crate::wire::metrics::{MetricValueList, PodMetricsList};

/// Why nothing is asked where it is not known which pods are meant.
const NO_SCALE: &str = "the target's scale cannot be read";
/// What the controller says of a scale without a selector, after which it asks nothing either.
const NO_SELECTOR: &str = "the HPA target's scale is missing a selector";
/// Why nothing is asked for a metric of a kind that is newer than this.
const UNKNOWN: &str = "unknown kind";
/// Why nothing is asked where the user may not.
const FORBIDDEN: &str = "forbidden";

/// What came of a question.
type Reply = Result<Bytes, Refusal>;

/// One round.
pub(super) struct Round<'a> {
    session: &'a Session,
    pub(super) memory: &'a Memory,
    line: Line,
    started: Instant,
    /// What was asked in this round, by path.
    asked: Mutex<FxHashMap<String, Arc<OnceCell<Reply>>>>,
}

impl<'a> Round<'a> {
    pub(super) fn new(session: &'a Session, memory: &'a Memory, line: Line) -> Self {
        Self { session, memory, line, started: Instant::now(), asked: Mutex::default() }
    }

    /// Asks everything for one autoscaler; `None` when something could not be asked because the server is busy.
    pub(super) async fn probe(&self, question: &Question) -> Option<Probe> {
        let ours = clock::now();
        let at = ours.checked_add(self.session.skew().unwrap_or_default()).unwrap_or(ours);
        let scale = self.scale(question).await;
        if scale == Err(Refusal::Held) {
            return None;
        }
        let mut answers = Vec::with_capacity(question.metrics.len());
        for metric in &question.metrics {
            answers.push(self.answer(&question.autoscaler.namespace, metric, &scale).await?);
        }
        Some(Probe { at, generation: question.generation, scale: scale.map_err(Refusal::words), answers })
    }

    async fn scale(&self, question: &Question) -> Result<Scale, Refusal> {
        let (target, namespace) = (&question.target, &question.autoscaler.namespace);
        let resource = self.resource(&target.api_version, &target.kind).await?;
        let path = paths::scale(&resource, namespace, &target.name).ok_or_else(odd)?;
        let reply = self.get(&path, JSON).await;
        if matches!(reply, Err(Refusal::Missing(_))) {
            self.memory.doubt_kind(&target.api_version, &target.kind);
        }
        let mut scale = convert::scale(read(&reply?)?);
        scale.writers = self.writers(&resource, [namespace, &target.name], scale.spec).await;
        Ok(scale)
    }

    /// Who owns the replicas: the scale does not say it, so that the object is asked when the number changes and once in
    /// a while. Nobody misses anything else where that fails.
    async fn writers(&self, resource: &Resource, [namespace, name]: [&str; 2], replicas: i32) -> Vec<Writer> {
        let Some(path) = paths::object(resource, namespace, name) else { return Vec::new() };
        if let Some(known) = self.memory.writers(&path, replicas) {
            return known;
        }
        let read = self.get(&path, METADATA).await.and_then(|body| read(&body));
        if matches!(read, Err(Refusal::Held)) {
            return Vec::new();
        }
        let writers = read.map(convert::writers).unwrap_or_default();
        self.memory.learn_writers(&path, replicas, &writers);
        writers
    }

    /// `None` when it could not be asked because the server is busy.
    async fn answer(
        &self,
        namespace: &str,
        metric: &Metric,
        scale: &Result<Scale, Refusal>,
    ) -> Option<Answer> {
        let pods = match scale {
            Ok(scale) if scale.selector.is_empty() => return Some(Answer::NotAsked(NO_SELECTOR)),
            Ok(scale) => Some([namespace, scale.selector.as_str()]),
            // The controller may read it, and goes on.
            Err(Refusal::Forbidden(_)) => None,
            Err(_) => return Some(Answer::NotAsked(NO_SCALE)),
        };
        let answer = match (&metric.source, pods) {
            (MetricSource::Resource { .. } | MetricSource::ContainerResource { .. }, Some(pods)) => {
                self.pods(pods).await
            }
            (MetricSource::Pods { name, selector }, Some(pods)) => self.per_pod(pods, [name, selector]).await,
            (MetricSource::Object { name, selector, object }, _) => {
                let described = [metric.described.as_deref().unwrap_or_default(), object];
                self.object(namespace, described, [name, selector]).await
            }
            (MetricSource::External { name, selector }, _) => {
                self.external(namespace, [name, selector]).await
            }
            (MetricSource::Unknown { .. }, _) => return Some(Answer::NotAsked(UNKNOWN)),
            (_, None) => return Some(Answer::NotAsked(NO_SCALE)),
        };
        match answer {
            Ok(answer) => Some(answer),
            Err(Refusal::Forbidden(_)) => Some(Answer::NotAsked(FORBIDDEN)),
            Err(Refusal::Missing(words) | Refusal::Failed(words)) => Some(Answer::Failed(words)),
            Err(Refusal::Unasked(why, _)) => Some(Answer::NotAsked(why)),
            Err(Refusal::Held) => None,
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
        let reply = self.get(&paths::pods(namespace, selector).ok_or_else(odd)?, JSON).await;
        if matches!(reply, Err(Refusal::Missing(_))) {
            // A list is never missing by itself.
            let refusal = Refusal::Failed(not_served("pods", METRICS));
            self.memory.refuse(METRICS, refusal.clone());
            return Err(refusal);
        }
        let list: PodMetricsList = read(&reply?)?;
        Ok(Answer::Pods(convert::pod_samples(&list)))
    }

    async fn per_pod(&self, pods: [&str; 2], metric: [&str; 2]) -> Result<Answer, Refusal> {
        let path = paths::per_pod(&self.custom().await?, pods, metric).ok_or_else(odd)?;
        Ok(Answer::PerPod(convert::per_pod(&self.values(&path).await?).ok_or_else(senseless)?))
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
        let list = self.values(&path.ok_or_else(odd)?).await?;
        let [value] = list.items.as_slice() else {
            let count = list.items.len();
            let words = "results when we asked for exactly one";
            return Err(Refusal::Failed(format!("the custom metrics API server returned {count} {words}")));
        };
        Ok(Answer::Value(convert::milli(value).ok_or_else(senseless)?))
    }

    async fn values(&self, path: &str) -> Result<MetricValueList, Refusal> {
        let reply = self.get(path, JSON).await;
        if matches!(reply, Err(Refusal::Missing(_))) {
            self.memory.doubt_custom();
        }
        read(&reply?)
    }

    async fn external(&self, namespace: &str, metric: [&str; 2]) -> Result<Answer, Refusal> {
        let absent = || Refusal::Failed(not_served(metric[0], EXTERNAL));
        match self.refused(EXTERNAL) {
            Some(Refusal::Failed(_)) => return Err(absent()),
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
        let values = list.items.iter().map(convert::milli);
        let sum = values.reduce(|sum, value| Some(sum?.saturating_add(value?))).flatten();
        Ok(Answer::Value(sum.ok_or_else(senseless)?))
    }

    /// The answer to a question, which is asked once in a round, and not soon again when that is of no use.
    pub(super) async fn get(&self, path: &str, accept: &'static str) -> Reply {
        let cell = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(asked.entry(path.to_owned()).or_default())
        };
        cell.get_or_init(|| self.ask(path, accept)).await.clone()
    }

    async fn ask(&self, path: &str, accept: &'static str) -> Reply {
        if let Some(refusal) = self.refused(path) {
            return Err(refusal);
        }
        if self.memory.is_held(paths::adapter(path)) {
            return Err(Refusal::Held);
        }
        ask::get(self.session, path, accept).await.map_err(|failure| {
            let refusal = Refusal::of(&failure);
            tracing::debug!(path, failure = failure.short(), "a question for an autoscaler failed");
            match (&failure, failure.retry_after()) {
                (Failure::TooManyRequests { .. }, Some(wait)) => {
                    self.memory.hold(paths::adapter(path), wait);
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

fn senseless() -> Refusal {
    Refusal::Failed("an answer that makes no sense: a value is no quantity".to_owned())
}

/// As Go's clients say that a resource is not there.
fn not_served(resource: &str, group: &str) -> String {
    let words = format!("the server could not find the requested resource (get {resource}.{group})");
    ask::clean(&words)
}
