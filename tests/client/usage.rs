//! What nodes are measured to use: how often it is asked, and what each way of not getting it comes to. Time is paused,
//! as in `watch`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, WatchOptions, Watches, spawn};
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use serde_json::json;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Deed, STEP, Server, refusal, soon, version, whole};
use crate::told::{list, node, quiet, told_during};

const NODES: &str = "/apis/metrics.k8s.io/v1beta1/nodes";
const HANGS_UP: u16 = 0;
const FREEZES: u16 = 1;
/// Answers nothing at all any more.
const AWAY: u16 = 2;
/// The same, over connections that stay open.
const FROZEN: u16 = 3;

/// A server of metrics that is as it is told to be.
struct Metrics {
    server: Server,
    mood: Arc<AtomicU16>,
    asked: Arc<AtomicUsize>,
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    retry: Arc<Notify>,
    _watches: Watches,
}

impl Metrics {
    async fn start(mood: u16) -> Self {
        let (mood, asked) = (Arc::new(AtomicU16::new(mood)), Arc::new(AtomicUsize::new(0)));
        let (now, counter) = (Arc::clone(&mood), Arc::clone(&asked));
        let server = Server::doing(move |asked| {
            let mood = now.load(Ordering::SeqCst);
            match (asked.path.as_str(), mood) {
                (_, AWAY) => Deed::HangUp,
                (_, FROZEN) => Deed::Freeze,
                ("/version", _) => Deed::Answer(version(31)),
                (NODES, mood) => {
                    assert_eq!(asked.headers["accept"], "application/json");
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    measured(mood, number)
                }
                _ if asked.watches() => Deed::Answer(quiet()),
                _ => Deed::Answer(list(7, &[node("a", 3), node("b", 3)])),
            }
        })
        .await;
        let (sender, batches) = mpsc::channel(8);
        let retry = Arc::new(Notify::new());
        let options =
            WatchOptions { kinds: vec![Kind::Node], beside: vec![Beside::Usage], ..WatchOptions::default() };
        let watches = spawn(server.session(Mode::ReadOnly).await, &options, sender, Arc::clone(&retry));
        Self { server, mood, asked, cluster: Cluster::default(), batches, retry, _watches: watches }
    }

    fn becomes(&self, mood: u16) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    fn questions(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How often it is asked in so much time.
    async fn asked_within(&mut self, time: Duration) -> usize {
        let before = self.questions();
        self.cluster.apply_all(told_during(&mut self.batches, time, STEP).await);
        self.questions() - before
    }

    /// Waits until the measurements are as wanted.
    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        let (cluster, batches) = (&mut self.cluster, &mut self.batches);
        soon(what, async {
            while !found(cluster) {
                cluster.apply_all(batches.recv().await.unwrap());
            }
        })
        .await;
    }

    async fn live(&mut self) {
        self.until("nodes", |cluster| cluster.freshness(Kind::Node).is_live()).await;
        self.until("measurements", |cluster| cluster.measuring().is_live() && cluster.usage("a").is_some())
            .await;
    }
}

/// The answer to the question of that number.
fn measured(mood: u16, number: usize) -> Deed {
    let sample = |name: &str| {
        json!({ "metadata": { "name": name }, "timestamp": format!("2026-03-01T10:{:02}:00Z", number % 60), "window": "15s",
            "usage": { "cpu": format!("{number}m"), "memory": "1Gi" } })
    };
    Deed::Answer(match mood {
        HANGS_UP => return Deed::HangUp,
        FREEZES => return Deed::Freeze,
        200 => whole(
            200,
            &json!({ "kind": "NodeMetricsList", "items": [sample("a"), sample("b"), sample("stranger")] }),
        ),
        404 => refusal(404, "NotFound", "the server could not find the requested resource"),
        403 => refusal(403, "Forbidden", "nodes.metrics.k8s.io is forbidden"),
        code => refusal(code, "ServiceUnavailable", "the server is currently unable to handle the request"),
    })
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_measurements_costs_four_questions_a_minute_and_touches_no_node() {
    let mut metrics = Metrics::start(200).await;
    metrics.live().await;
    let before = metrics.cluster.revision();
    let asked = metrics.asked_within(Duration::from_mins(10)).await;
    assert!((37..=43).contains(&asked), "{asked} questions in ten minutes");
    assert!(metrics.cluster.usage("a").unwrap().samples() > 30);
    assert_eq!(metrics.cluster.measured(before).len(), 2, "both nodes show something new");
    assert!(metrics.cluster.touched(Kind::Node, before).is_empty(), "and nothing is judged anew");
    assert!(metrics.cluster.usage("stranger").is_none(), "there is no such node");
    let paths = metrics.server.asked();
    assert!(paths.iter().all(|asked| !asked.path.contains("pods")), "nodes only");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_or_not_granted_is_asked_for_once_a_minute_and_told_apart() {
    for code in [404, 403] {
        let mut metrics = Metrics::start(code).await;
        metrics
            .until("an answer", |cluster| match cluster.measuring() {
                Freshness::Absent { .. } => code == 404,
                Freshness::Forbidden { verb, resource, .. } => {
                    (code, *verb, resource.as_str()) == (403, "list", "nodes.metrics.k8s.io")
                }
                _ => false,
            })
            .await;
        let asked = metrics.asked_within(Duration::from_mins(10)).await;
        assert!((9..=11).contains(&asked), "{code}: {asked} questions in ten minutes");
        assert!(metrics.cluster.usage("a").is_none() && metrics.cluster.synced(Kind::Node));
        metrics.becomes(200);
        metrics.retry.notify_waiters();
        let start = Instant::now();
        metrics.live().await;
        assert!(start.elapsed() < Duration::from_secs(5), "the user need not wait: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_down_keep_what_was_measured_and_come_back() {
    for mood in [503, 500, HANGS_UP, FREEZES] {
        let mut metrics = Metrics::start(200).await;
        metrics.live().await;
        metrics.becomes(mood);
        metrics.until("trouble", |cluster| matches!(cluster.measuring(), Freshness::Stale { .. })).await;
        assert!(metrics.cluster.usage("a").is_some(), "what was measured stays, and grows old");
        let asked = metrics.asked_within(Duration::from_mins(10)).await;
        assert!((5..=14).contains(&asked), "{mood}: {asked} questions in ten minutes");
        metrics.becomes(200);
        metrics.until("recovery", |cluster| cluster.measuring().is_live()).await;
        let asked = metrics.asked_within(Duration::from_mins(5)).await;
        assert!((17..=22).contains(&asked), "{mood}: {asked} questions in five minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_server_does_not_answer_it_is_not_asked() {
    let mut metrics = Metrics::start(200).await;
    metrics.live().await;
    metrics.becomes(AWAY);
    metrics.until("doubt", |cluster| cluster.server.doubt.is_some()).await;
    assert!(!metrics.cluster.measuring().is_live(), "nothing counts as live");
    let tried = |server: &Server| server.asked().iter().filter(|asked| asked.path == NODES).count();
    let before = tried(&metrics.server);
    metrics.asked_within(Duration::from_mins(10)).await;
    assert!(tried(&metrics.server) - before <= 1, "{} questions", tried(&metrics.server) - before);
    metrics.becomes(200);
    let start = Instant::now();
    let before = metrics.questions();
    metrics
        .until("recovery", |cluster| cluster.server.doubt.is_none() && cluster.measuring().is_live())
        .await;
    metrics.asked_within(Duration::from_secs(5)).await;
    assert!(
        metrics.questions() > before && start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_lost_while_the_server_was_frozen_is_asked_again_soon_after_its_return() {
    let mut metrics = Metrics::start(200).await;
    metrics.live().await;
    metrics.becomes(FROZEN);
    let probes = metrics.server.versions.load(Ordering::SeqCst);
    while metrics.server.versions.load(Ordering::SeqCst) == probes {
        metrics.asked_within(Duration::from_millis(250)).await;
    }
    // The server is silent, and nobody knows it yet.
    metrics.retry.notify_waiters();
    metrics.until("doubt", |cluster| cluster.server.doubt.is_some()).await;
    metrics.asked_within(Duration::from_secs(8)).await;
    metrics.becomes(200);
    let asked = metrics.asked_within(Duration::from_secs(5)).await;
    assert_eq!(asked, 1, "once");
    assert!(metrics.cluster.measuring().is_live());
}
