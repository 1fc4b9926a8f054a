//! What is asked for autoscalers: which questions, how often, and what each way of not getting an answer comes to. Time
//! is paused, as in `watch`.

mod asked;
mod custom;
mod embedded;
mod failed;
mod paced;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, MOST_IN_A_ROUND, Questions, WatchOptions, Watches, spawn};
use foretop::model::autoscaler::{Goal, Metric, MetricSource, ScaleTarget};
use foretop::model::change::Change;
use foretop::model::key::Key;
use foretop::model::probe::{Answer, Probe, Question};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

use crate::script::{Asked, Deed, Reply, STEP, Server, refusal, soon, version, whole};
use crate::told::told_during;

const PODS: &str = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods";
const CUSTOM: &str = "/apis/custom.metrics.k8s.io";
const EXTERNAL: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop";

/// A task that asks, and what it has told.
struct Asking {
    server: Server,
    questions: watch::Sender<Arc<[Question]>>,
    batches: mpsc::Receiver<Vec<Change>>,
    probes: BTreeMap<String, Arc<Probe>>,
    /// How many probes were told.
    told: usize,
    retry: Arc<Notify>,
    _watches: Watches,
}

impl Asking {
    async fn start(
        questions: Vec<Question>,
        reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::of(questions, move |asked| Deed::Answer(reply(asked))).await
    }

    async fn of(questions: Vec<Question>, deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static) -> Self {
        let server = Server::doing(move |asked| match asked.path.as_str() {
            "/version" => Deed::Answer(version(31)),
            _ => deed(asked),
        })
        .await;
        Self::on(server, questions).await
    }

    async fn on(server: Server, questions: Vec<Question>) -> Self {
        let (sender, batches) = mpsc::channel(8);
        let (ask, asked) = Questions::channel();
        ask.send_replace(questions.into());
        let options = WatchOptions {
            kinds: Vec::new(),
            beside: vec![Beside::Autoscalers],
            questions: asked,
            ..WatchOptions::default()
        };
        let retry = Arc::new(Notify::new());
        let watches = spawn(server.session(Mode::ReadOnly).await, &options, sender, Arc::clone(&retry));
        Self { server, questions: ask, batches, probes: BTreeMap::new(), told: 0, retry, _watches: watches }
    }

    fn take(&mut self, batch: Vec<Change>) {
        for change in batch {
            match change {
                Change::Probed(key, probe) => {
                    self.told += 1;
                    self.probes.insert(key.name.to_string(), probe);
                }
                other => assert!(matches!(other, Change::Server(_)), "{other:?}"),
            }
        }
    }

    async fn until(&mut self, what: &str, found: impl Fn(&Self) -> bool) {
        while !found(self) {
            let batch = soon(what, self.batches.recv()).await.unwrap();
            self.take(batch);
        }
    }

    /// Waits until everything was asked for once that is in one round.
    async fn once(&mut self) {
        let wanted = self.questions.borrow().len().min(MOST_IN_A_ROUND);
        self.until("the first round", |asking| asking.probes.len() == wanted).await;
    }

    /// Waits until the autoscaler has been asked for once more.
    async fn again(&mut self, name: &str) -> Arc<Probe> {
        self.probes.remove(name);
        self.until(name, |asking| asking.probes.contains_key(name)).await;
        self.probe(name)
    }

    fn probe(&self, name: &str) -> Arc<Probe> {
        Arc::clone(&self.probes[name])
    }

    fn answers(&self, name: &str) -> Vec<Answer> {
        self.probe(name).answers.clone()
    }

    /// What is asked in so much time.
    async fn during(&mut self, time: Duration) -> Vec<Asked> {
        let before = self.server.asked().len();
        let told = told_during(&mut self.batches, time, STEP).await;
        self.take(told);
        self.server.asked().split_off(before)
    }
}

fn on<'a>(asked: &'a [Asked], path: &str) -> Vec<&'a Asked> {
    asked.iter().filter(|asked| asked.path == path).collect()
}

/// The question for an autoscaler of a Deployment, both of that name.
fn question(name: &str, metrics: Vec<Metric>) -> Question {
    question_of(name, "apps/v1", "Deployment", metrics)
}

fn question_of(name: &str, api_version: &str, kind: &str, metrics: Vec<Metric>) -> Question {
    let target = ScaleTarget { api_version: api_version.into(), kind: kind.into(), name: name.into() };
    Question {
        autoscaler: Key::new("shop", name),
        generation: 1,
        target,
        metrics,
        renewed: 0,
        replicas: None,
    }
}

fn metric(source: MetricSource) -> Metric {
    Metric { source, goal: Goal::Missing, described: None }
}

fn cpu() -> Metric {
    metric(MetricSource::Resource { name: "cpu".into() })
}

fn per_pod(name: &str, selector: &str) -> Metric {
    metric(MetricSource::Pods { name: name.into(), selector: selector.into() })
}

fn external(name: &str, selector: &str) -> Metric {
    metric(MetricSource::External { name: name.into(), selector: selector.into() })
}

fn object(name: &str, api_version: &str, object: &str) -> Metric {
    let source = MetricSource::Object { name: name.into(), selector: "".into(), object: object.into() };
    Metric { source, goal: Goal::Missing, described: Some(api_version.into()) }
}

/// A scale whose selector is the app of that name.
fn scale(app: &str) -> Reply {
    let body = json!({ "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": { "name": app, "namespace": "shop" },
        "spec": { "replicas": 4 }, "status": { "replicas": 3, "selector": format!("app={app}") } });
    whole(200, &body)
}

/// What a cluster answers in which everything is in order, as far as that is the same for all tests.
fn usual(asked: &Asked) -> Reply {
    assert_eq!(asked.method, "GET");
    let segments: Vec<&str> = asked.path.split('/').collect();
    match segments.as_slice() {
        [.., "deployments", name, "scale"] => scale(name),
        [.., "deployments", _] => whole(200, &json!({ "metadata": { "managedFields": [] } })),
        ["", "apis", "metrics.k8s.io", ..] => {
            whole(200, &json!({ "items": [sample("web-0", "100m", "1Mi")] }))
        }
        ["", "apis", group] => group_of(group, &["v1beta1", "v1beta2"], "v1beta2"),
        ["", "apis", "custom.metrics.k8s.io" | "external.metrics.k8s.io", ..] => values(&[("web-0", "2")]),
        _ => refusal(404, "NotFound", "the server could not find the requested resource"),
    }
}

fn group_of(group: &str, versions: &[&str], preferred: &str) -> Reply {
    let version = |it: &&str| json!({ "groupVersion": format!("{group}/{it}"), "version": it });
    let versions: Vec<Value> = versions.iter().map(version).collect();
    whole(
        200,
        &json!({ "kind": "APIGroup", "name": group, "versions": versions, "preferredVersion": version(&preferred) }),
    )
}

fn sample(pod: &str, cpu: &str, memory: &str) -> Value {
    json!({ "metadata": { "name": pod, "namespace": "shop" }, "timestamp": "2026-03-01T10:00:00Z", "window": "15.5s",
        "containers": [{ "name": "app", "usage": { "cpu": cpu, "memory": memory } }] })
}

fn values(values: &[(&str, &str)]) -> Reply {
    let item = |(name, value): &(&str, &str)| {
        json!({ "describedObject": { "kind": "Pod", "name": name, "namespace": "shop" }, "metricName": "m",
            "timestamp": "2026-03-01T10:00:00Z", "value": value })
    };
    whole(200, &json!({ "items": values.iter().map(item).collect::<Vec<_>>() }))
}
