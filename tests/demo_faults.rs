//! The client against an embedded cluster on which everything goes wrong that a script can say: whatever happens, what
//! it holds in the end is what the server holds. Nothing here sleeps: a stream that waits is told to try again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use foretop::client::connect::{Session, Wish, connect};
use foretop::client::watch::{WatchOptions, Watches, spawn};
use foretop::demo::{Asked, Clock, Demo, Faults, Life, Load, Options, Paging, serve};
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use foretop::wire::frame;
use prost::Message as _;
use prost::bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};

/// Nothing that a test waits for may take longer.
const DEADLINE: Duration = Duration::from_mins(2);
/// Three pages.
const PODS: usize = 1200;
/// With this the client lists in pages.
const PAGED: &str =
    "- {match: {resource: pods, verb: watch, page: first}, fault: {kind: answer, code: 400}}\n";

/// A pod in a line, as far as it is compared: where it is, and what changes.
type Pods = BTreeMap<String, String>;

/// Pods as far as they are compared, read by none of the client's own types.
mod listed {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct List {
        #[prost(message, repeated, tag = "2")]
        pub(super) items: Vec<Pod>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Pod {
        #[prost(message, optional, tag = "1")]
        pub(super) metadata: Option<Metadata>,
        #[prost(message, optional, tag = "2")]
        spec: Option<Spec>,
        #[prost(message, optional, tag = "3")]
        status: Option<Status>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Metadata {
        #[prost(string, tag = "1")]
        pub(super) name: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Spec {
        #[prost(string, tag = "10")]
        node: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(string, tag = "1")]
        phase: String,
        #[prost(message, repeated, tag = "2")]
        conditions: Vec<Condition>,
        #[prost(message, repeated, tag = "8")]
        containers: Vec<Container>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Condition {
        #[prost(string, tag = "1")]
        kind: String,
        #[prost(string, tag = "2")]
        status: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Container {
        #[prost(int32, tag = "5")]
        restarts: i32,
    }

    impl Pod {
        pub(super) fn line(&self) -> String {
            let (spec, status) = (self.spec.clone().unwrap(), self.status.clone().unwrap());
            let ready = status.conditions.iter().any(|it| it.kind == "Ready" && it.status == "True");
            let restarts: i32 = status.containers.iter().map(|it| it.restarts).sum();
            format!("{} {} {ready} {restarts}", spec.node, status.phase)
        }
    }
}

struct Watched {
    demo: Demo,
    session: Arc<Session>,
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    retry: Arc<Notify>,
    /// What the screen was told while the pods were not live.
    told: Vec<String>,
    _watches: Watches,
}

impl Watched {
    async fn with(script: Faults) -> Self {
        let options = Options {
            scenario: "large".to_owned(),
            seed: 7,
            clock: Clock::Frozen("2026-03-01T10:00:00Z".parse().unwrap()),
            load: Load { pods: Some(PODS), life: Life::Quiet, ..Load::default() },
            faults: script,
            ..Options::default()
        };
        let demo = serve(options).await.unwrap();
        // Some history, so that a replica can be behind.
        demo.churn(50);
        let wish = Wish { kubeconfig_text: Some(demo.kubeconfig()), ..Wish::default() };
        let session = Arc::new(connect(&wish).await.unwrap());
        let (sender, batches) = mpsc::channel(16);
        let retry = Arc::new(Notify::new());
        let wanted = WatchOptions { namespace: None, kinds: vec![Kind::Node, Kind::Pod] };
        let watches = spawn(Arc::clone(&session), &wanted, sender, Arc::clone(&retry));
        let cluster = Cluster::default();
        Self { demo, session, cluster, batches, retry, told: Vec::new(), _watches: watches }
    }

    async fn get(&self, path: &str, accept: &str) -> Bytes {
        let request = http::Request::get(path).header("accept", accept).body(Vec::new()).unwrap();
        let answer = self.session.send(request).await.unwrap().check().await.unwrap();
        answer.body.collect(64 << 20).await.unwrap()
    }

    /// What the server has, namespace by namespace, which no script here strikes.
    async fn on_the_server(&self) -> Pods {
        let mut pods = Pods::new();
        let namespaces = self.get("/api/v1/namespaces", "application/json").await;
        let namespaces: Value = serde_json::from_slice(&namespaces).unwrap();
        for namespace in namespaces["items"].as_array().unwrap() {
            let name = namespace["metadata"]["name"].as_str().unwrap();
            let path = format!("/api/v1/namespaces/{name}/pods");
            let list = frame::open(self.get(&path, "application/vnd.kubernetes.protobuf").await).unwrap();
            for pod in listed::List::decode(list.raw).unwrap().items {
                pods.insert(format!("{name}/{}", pod.metadata.as_ref().unwrap().name), pod.line());
            }
        }
        pods
    }

    fn in_the_client(&self) -> Pods {
        let line = |pod: &foretop::model::pod::Pod| {
            let node = pod.node.as_deref().unwrap_or_default();
            format!("{node} {:?} {} {}", pod.phase, pod.ready, pod.restarts)
        };
        self.cluster.pods().map(|pod| (pod.meta.key.to_string(), line(pod))).collect()
    }

    /// Takes in one batch; a stream that says it waits is told to try again.
    async fn take_in(&mut self) {
        let batch = tokio::time::timeout(DEADLINE, self.batches.recv()).await;
        let batch = batch.unwrap_or_else(|_| panic!("no news; so far: {:?}", self.told)).unwrap();
        let mut waits = false;
        for change in batch {
            if let Change::Freshness(Kind::Pod, freshness) = &change {
                waits |= matches!(freshness, Freshness::Stale { .. });
                self.told.extend(match freshness {
                    Freshness::Stale { why, .. } => Some(why.clone()),
                    _ => None,
                });
            }
            self.cluster.apply(change);
        }
        if waits {
            // The stream has said so and goes on to wait before it lets anybody else run; twice is to be sure.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            self.retry.notify_waiters();
        }
    }

    async fn until(&mut self, found: impl Fn(&Self) -> bool) {
        while !found(self) {
            self.take_in().await;
        }
    }

    /// Waits until the client holds what the server holds, and says so.
    async fn agrees(&mut self) {
        let wanted = self.on_the_server().await;
        assert_eq!(wanted.len(), PODS);
        self.until(|it| it.cluster.freshness(Kind::Pod).is_live() && it.in_the_client() == wanted).await;
        assert_eq!(self.cluster.count(Kind::Pod), PODS, "nothing is doubled");
    }

    fn asked_for_pods(&self) -> Vec<Asked> {
        let all = self.demo.requests();
        all.into_iter().filter(|asked| asked.path == "/api/v1/pods").collect()
    }
}

/// Lets a client live through a script: its first list, then events, then more of them. Gives what the screen was told.
async fn survives(script: &str, most: usize) -> Vec<String> {
    let mut watched = Watched::with(script.parse().unwrap()).await;
    for _ in 0..3 {
        watched.agrees().await;
        watched.demo.churn(40);
    }
    watched.agrees().await;
    let asked = watched.asked_for_pods();
    let fault = script.rsplit("kind: ").next().unwrap().split(['}', ',']).next().unwrap();
    let struck = asked.iter().filter(|asked| asked.faults.contains(&fault)).count();
    assert!(struck > 0, "{fault} struck nobody: {asked:#?}");
    assert!(asked.len() <= most, "{} requests: {asked:#?}", asked.len());
    watched.told
}

#[tokio::test]
async fn without_faults_two_requests_are_enough() {
    let mut watched = Watched::with(Faults::default()).await;
    watched.agrees().await;
    watched.demo.churn(200);
    watched.agrees().await;
    let asked = watched.asked_for_pods();
    assert!(asked.len() <= 1 + PODS.div_ceil(500), "{asked:#?}");
    assert!(watched.told.is_empty(), "{:?}", watched.told);
}

#[tokio::test]
async fn requests_without_an_answer_are_made_again() {
    let told =
        survives("- {match: {resource: pods, namespace: ''}, times: 3, fault: {kind: drop}}", 10).await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_page_that_breaks_off_in_an_item() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: next}, times: 2, fault: {kind: cut, at: {inside-item: 100}}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_first_page_that_breaks_off_after_some_bytes() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: first}, times: 2, fault: {kind: cut, at: {bytes: 100000}}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_first_list_of_any_kind_that_breaks_off() {
    let script = "- {match: {resource: pods, namespace: '', page: first}, times: 2, fault: {kind: cut, at: {inside-item: 300}}}";
    survives(script, 14).await;
}

#[tokio::test]
async fn a_first_list_of_any_kind_that_ends_too_soon() {
    let script = "- {match: {resource: pods, namespace: '', page: first, verb: watch}, times: 1, fault: {kind: close, at: {items: 300}}}
- {match: {resource: pods, namespace: '', page: first, verb: list}, times: 1, fault: {kind: close, at: {bytes: 30000}}}";
    let mut watched = Watched::with(script.parse().unwrap()).await;
    watched.agrees().await;
    assert!(watched.asked_for_pods().iter().any(|asked| asked.faults == ["close"]));
}

#[tokio::test]
async fn a_watch_that_breaks_off_in_an_event() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: cut, at: {inside-item: 5}}}";
    let told = survives(&format!("{PAGED}{script}"), 10).await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_watch_that_breaks_off_between_events() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: cut, at: {items: 5}}}";
    survives(&format!("{PAGED}{script}"), 10).await;
}

#[tokio::test]
async fn a_version_that_expires_in_the_middle_of_a_list() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: next}, times: 2, fault: {kind: answer, code: 410}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_version_that_expires_in_the_middle_of_a_watch() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: error, code: 410, after: 3}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_version_that_has_expired_before_the_watch_begins() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: answer, code: 410}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_busy_server_that_says_when_to_come_back() {
    let script = "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: answer, code: 429, retry-after: 20}}";
    let told = survives(script, 10).await;
    assert!(told.iter().any(|why| why.contains("busy")), "{told:?}");
}

#[tokio::test]
async fn a_busy_server_that_does_not_say_when_to_come_back() {
    let told = survives(
        "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: answer, code: 429}}",
        10,
    )
    .await;
    assert!(told.iter().any(|why| why.contains("busy")), "{told:?}");
}

#[tokio::test]
async fn a_server_with_internal_errors() {
    for code in [500, 502, 503] {
        let script = format!(
            "- {{match: {{resource: pods, namespace: ''}}, times: 3, fault: {{kind: answer, code: {code}}}}}"
        );
        let told = survives(&script, 12).await;
        assert!(!told.is_empty(), "the screen says so");
    }
}

#[tokio::test]
async fn credentials_that_are_refused_for_a_while() {
    let told = survives(
        "- {match: {resource: pods, namespace: ''}, times: 3, fault: {kind: answer, code: 401}}",
        12,
    )
    .await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_server_that_closes_watches_at_once() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 5, fault: {kind: close, at: {items: 0}}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_frame_that_is_corrupt() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: corrupt, item: 4}}";
    survives(&format!("{PAGED}{script}"), 12).await;
}

#[tokio::test]
async fn a_page_that_is_corrupt() {
    let script = "- {match: {resource: pods, namespace: '', verb: list}, after: 1, times: 2, fault: {kind: corrupt, item: 77}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_login_page_in_place_of_an_answer() {
    let script = "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: content-type, type: text/html, body: '<html>Please log in</html>'}}";
    let mut watched = Watched::with(script.parse().unwrap()).await;
    watched.agrees().await;
    assert_eq!(watched.asked_for_pods().iter().filter(|asked| !asked.faults.is_empty()).count(), 2);
}

#[tokio::test]
async fn a_replica_that_is_behind_the_list() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: behind, versions: 20}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_list_that_drips() {
    let script = "- {match: {resource: pods, namespace: '', verb: list}, times: 3, fault: {kind: drip, bytes: 65536, every: 1ms}}";
    let told = survives(&format!("{PAGED}{script}"), 8).await;
    assert!(told.is_empty(), "slow is not broken: {told:?}");
}

#[tokio::test]
async fn pods_that_come_later_than_nodes() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, fault: {kind: hold-back, until: later}}";
    let mut watched = Watched::with(format!("{PAGED}{script}").parse().unwrap()).await;
    watched.agrees().await;
    watched.until(|it| it.cluster.freshness(Kind::Node).is_live()).await;
    let before = watched.in_the_client();
    watched.demo.churn(40);
    let next =
        |asked: &Asked| asked.path == "/api/v1/pods" && asked.verb == "watch" && asked.paging == Paging::Next;
    watched.demo.asked(1, next).await;
    assert!(watched.in_the_client() == before && watched.on_the_server().await != before);
    watched.demo.release("later");
    watched.agrees().await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_says_nothing_more_on_an_open_connection() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 1, fault: {kind: stall, at: {items: 3}}}";
    let mut watched = Watched::with(format!("{PAGED}{script}").parse().unwrap()).await;
    watched.agrees().await;
    watched.demo.churn(40);
    let wanted = watched.on_the_server().await;
    // The clock is paused and leaps over the client's patience; how long that is, is its own affair.
    let deadline = tokio::time::Instant::now() + Duration::from_hours(1);
    while watched.in_the_client() != wanted {
        let batch = tokio::time::timeout_at(deadline, watched.batches.recv()).await.unwrap().unwrap();
        watched.cluster.apply_all(batch);
    }
    assert!(watched.asked_for_pods().len() <= 16);
}

#[test]
fn a_file_that_is_no_script_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.yaml");
    for (text, words) in [
        (
            Some("- {match: {resource: widgets}, fault: {kind: drop}}"),
            "rule 1: there is no resource \"widgets\"",
        ),
        (Some("- {fault: {kind: melt}}"), "unknown variant `melt`"),
        (None, "cannot read the fault script"),
    ] {
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_foretop"));
        let ended = command.args(["demo", "--faults"]).arg(&file).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(words) && ended.stdout.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn everything_at_once_as_the_example_has_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/rough-day.yaml");
    let mut watched = Watched::with(Faults::read(&file).unwrap()).await;
    for _ in 0..6 {
        watched.agrees().await;
        watched.demo.churn(40);
    }
    watched.agrees().await;
    let asked = watched.asked_for_pods();
    let struck = asked.iter().filter(|asked| !asked.faults.is_empty()).count();
    assert!(struck >= 4 && asked.len() <= 40, "{struck} of {}", asked.len());
}

#[tokio::test]
async fn faults_of_every_sort_by_chance() {
    let faults = [
        "kind: drop",
        "kind: answer, code: 500",
        "kind: answer, code: 410",
        "kind: cut, at: {inside-item: 200}",
        "kind: cut, at: {items: 7}",
        "kind: close, at: {items: 3}",
        "kind: corrupt, item: 5",
        "kind: error, code: 410, after: 2",
    ];
    let rule = |fault| {
        format!(
            "- {{match: {{resource: pods, namespace: ''}}, probability: 0.1, times: 4, fault: {{{fault}}}}}\n"
        )
    };
    let script: String = faults.into_iter().map(rule).collect();
    let mut watched = Watched::with(script.parse().unwrap()).await;
    for _ in 0..12 {
        watched.agrees().await;
        watched.demo.churn(60);
    }
    watched.agrees().await;
    assert!(watched.asked_for_pods().len() <= 150);
}
