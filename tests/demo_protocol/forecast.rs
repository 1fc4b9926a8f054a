//! The program's forecasts against the embedded cluster's own autoscaler controller, which follows the same rules in
//! words of its own: what was certain is what the next pass writes, and anything else lies within what was announced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use foretop::analysis::autoscaling::{Forecast, forecast, notes, questions};
use foretop::analysis::vigil::Vigil;
use foretop::client::connect::{Wish, connect};
use foretop::client::watch::{Beside, Questions, WatchOptions, Watches, spawn};
use foretop::demo::{Clock, Demo, Options, serve};
use foretop::model::change::Change;
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::probe::Question;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};

use crate::client::{Client, PATIENCE, options};

/// How often who asks is told to hurry.
const AGAIN: Duration = Duration::from_millis(20);
/// Seconds between two passes, and between two samples.
const PERIOD: i64 = 15;
/// Periods that are compared: the first six minutes, with the climb, and with the adapter going and coming back. It does
/// so at the beginning of a period, before what is asked there.
const PERIODS: usize = 24;

/// The program's model of a cluster whose clock is driven.
struct Sight {
    demo: Demo,
    client: Client,
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    asking: watch::Sender<Arc<[Question]>>,
    hurry: Arc<Notify>,
    _folder: tempfile::TempDir,
    _watches: Watches,
}

impl Sight {
    async fn of(scenario: &str) -> Self {
        let clock = Clock::Driven("2026-03-01T10:00:00Z".parse().unwrap());
        let demo = serve(Options { clock, ..options(scenario) }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        std::fs::write(&file, demo.kubeconfig()).unwrap();
        let wish = Wish { kubeconfig: Some(file), ..Wish::default() };
        let session = Arc::new(connect(&wish).await.unwrap());
        let (asking, questions) = Questions::channel();
        let beside = vec![Beside::Controllers, Beside::Autoscalers];
        let options = WatchOptions { beside, questions, ..WatchOptions::default() };
        let (sender, batches) = mpsc::channel(64);
        let hurry = Arc::new(Notify::new());
        let watches = spawn(session, &options, sender, Arc::clone(&hurry));
        let client = Client::admin(&demo);
        let cluster = Cluster::default();
        Self { demo, client, cluster, batches, asking, hurry, _folder: folder, _watches: watches }
    }

    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        while !found(&self.cluster) {
            let batch = tokio::time::timeout(PATIENCE, self.batches.recv()).await;
            self.take(batch.unwrap_or_else(|_| panic!("{what}")).unwrap());
        }
    }

    fn take(&mut self, batch: Vec<Change>) {
        self.cluster.apply_all(batch);
        let wanted = questions(&self.cluster);
        self.asking.send_if_modified(|known| {
            let news = **known != *wanted;
            if news {
                *known = wanted.into();
            }
            news
        });
    }

    /// What is served at a path.
    async fn list(&self, path: &str) -> Vec<Value> {
        self.client.get(path).await.json()["items"].as_array().unwrap().clone()
    }

    /// Waits until the model is what is served: pods, workloads, autoscalers.
    async fn catch_up(&mut self) {
        let pods: BTreeSet<String> = self.list("/api/v1/pods").await.iter().map(pod).collect();
        let scales = self.list("/apis/apps/v1/deployments").await;
        let scales: Vec<(String, String, i64, i64)> = scales.iter().map(deployment).collect();
        let autoscalers: Vec<(Key, i64, i64, String)> =
            self.list(AUTOSCALERS).await.iter().map(autoscaler).collect();
        self.until("the model is behind", |cluster| {
            let known: BTreeSet<String> = cluster.pods().map(known_pod).collect();
            known == pods
                && scales.iter().all(|(namespace, name, desired, ready)| {
                    cluster
                        .workload_named("Deployment", namespace, name)
                        .is_some_and(|it| (i64::from(it.desired), i64::from(it.ready)) == (*desired, *ready))
                })
                && autoscalers.iter().all(|(key, current, desired, scaled)| {
                    cluster.autoscaler(key).is_some_and(|it| {
                        let last = it.last_scale.map_or_else(String::new, |at| at.to_string());
                        (i64::from(it.current), i64::from(it.desired)) == (*current, *desired)
                            && last == *scaled
                    })
                })
        })
        .await;
    }

    /// Asks for all metrics, and waits for the answers of this instant. Who asks does not hear when it is under way, and
    /// is told again.
    async fn ask(&mut self) {
        let now = self.demo.now();
        let mut again = tokio::time::interval(AGAIN);
        while !fresh(&self.cluster, now) {
            tokio::select! {
                batch = self.batches.recv() => self.take(batch.unwrap()),
                _ = again.tick() => self.hurry.notify_waiters(),
            }
        }
        let due = notes(&mut Vigil::default(), &self.cluster, now);
        self.cluster.apply_all(due);
    }
}

const AUTOSCALERS: &str = "/apis/autoscaling/v2/horizontalpodautoscalers";

fn fresh(cluster: &Cluster, now: Timestamp) -> bool {
    let wanted = questions(cluster);
    !wanted.is_empty() && wanted.iter().all(|it| cluster.probe(&it.autoscaler).is_some_and(|it| it.at >= now))
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

fn pod(it: &Value) -> String {
    let ready = it["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|it| it["type"] == "Ready" && it["status"] == "True");
    let deleted = !it["metadata"]["deletionTimestamp"].is_null();
    format!(
        "{}/{} {} {ready} {deleted}",
        text(it, "/metadata/namespace"),
        text(it, "/metadata/name"),
        text(it, "/status/phase")
    )
}

fn known_pod(it: &foretop::model::pod::Pod) -> String {
    format!(
        "{}/{} {:?} {} {}",
        it.meta.key.namespace,
        it.meta.key.name,
        it.phase,
        it.ready,
        it.meta.deleted.is_some()
    )
}

fn deployment(it: &Value) -> (String, String, i64, i64) {
    let ready = number(it, "/status/readyReplicas");
    (text(it, "/metadata/namespace"), text(it, "/metadata/name"), number(it, "/spec/replicas"), ready)
}

fn key(it: &Value) -> Key {
    Key::new(text(it, "/metadata/namespace").as_str(), text(it, "/metadata/name").as_str())
}

fn autoscaler(it: &Value) -> (Key, i64, i64, String) {
    let status = |field: &str| number(it, &format!("/status/{field}"));
    (key(it), status("currentReplicas"), status("desiredReplicas"), text(it, "/status/lastScaleTime"))
}

/// The pods of each workload, by namespace and name, as far as autoscalers look at them.
async fn pods(sight: &Sight) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for it in sight.list("/api/v1/pods").await {
        let workload = text(&it, "/metadata/labels/app.kubernetes.io~1name");
        all.entry(format!("{}/{workload}", text(&it, "/metadata/namespace"))).or_default().insert(pod(&it));
    }
    all
}

/// What came of the forecasts.
#[derive(Default)]
struct Tally {
    certain: usize,
    possible: usize,
    /// Passes that changed the replicas.
    moved: usize,
    /// Passes before which pods changed, so that they saw something else.
    other: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn note(&mut self, forecast: &Forecast, status: &Value) {
        let desired = i32::try_from(number(status, "/status/desiredReplicas")).unwrap();
        self.moved += usize::from(desired != forecast.current);
        if forecast.is_certain() {
            self.certain += 1;
        } else {
            self.possible += 1;
        }
        if !forecast.next.holds(desired) {
            let (key, status) = (key(status), &status["status"]);
            self.wrong.push(format!(
                "{key}: {desired} was written, not {:?}\n{forecast:#?}\n{status:#}",
                forecast.next
            ));
        }
    }
}

/// One period: forecasts at its beginning, with the samples of this instant, and then the passes.
async fn compare(sight: &mut Sight, tally: &mut Tally) {
    let wait = (-sight.demo.now().as_second()).rem_euclid(PERIOD);
    sight.demo.advance(u32::try_from(wait).unwrap());
    sight.catch_up().await;
    sight.ask().await;
    let (now, cluster) = (sight.demo.now(), &sight.cluster);
    let mut expected: BTreeMap<Key, Forecast> =
        cluster.autoscalers().map(|it| (it.meta.key.clone(), forecast(cluster, it, now))).collect();
    let before = pods(sight).await;
    let mut seen = before.clone();
    let mut known = versions(&sight.list(AUTOSCALERS).await);
    for _ in 1..PERIOD {
        sight.demo.advance(1);
        let statuses = sight.list(AUTOSCALERS).await;
        for status in &statuses {
            let key = key(status);
            if known.get(&key) == versions(std::slice::from_ref(status)).get(&key) {
                continue;
            }
            let Some(forecast) = expected.remove(&key) else { continue };
            let target = format!("{}/{}", key.namespace, text(status, "/spec/scaleTargetRef/name"));
            if before.get(&target) == seen.get(&target) {
                tally.note(&forecast, status);
            } else {
                tally.other += 1;
            }
        }
        (known, seen) = (versions(&statuses), pods(sight).await);
    }
}

/// The versions of autoscalers. A status changes in nearly every pass.
fn versions(all: &[Value]) -> BTreeMap<Key, String> {
    all.iter().map(|it| (key(it), text(it, "/metadata/resourceVersion"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_certain_on_black_friday_is_what_the_controller_does() {
    let mut sight = Sight::of("black-friday").await;
    let mut tally = Tally::default();
    for _ in 0..PERIODS {
        compare(&mut sight, &mut tally).await;
    }
    let Tally { certain, possible, moved, other, wrong } = tally;
    println!(
        "{certain} certain and {possible} possible forecasts, {moved} of a change; {other} were overtaken"
    );
    let some = wrong[..wrong.len().min(12)].join("\n\n");
    assert!(wrong.is_empty(), "{} of {} were wrong:\n{some}", wrong.len(), certain + possible);
    assert!(moved > 10 && certain > 100, "{certain} certain, {possible} possible, {moved} changes");
}
