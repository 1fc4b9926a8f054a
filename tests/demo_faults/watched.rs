//! A client that watches an embedded cluster with faults, and what both of them hold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use foretop::client::connect::{Session, Wish, connect};
use foretop::client::watch::{WatchOptions, Watches, spawn};
use foretop::demo::{Asked, Clock, Demo, Faults, Life, Load, Options, serve};
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use foretop::wire::frame;
use prost::Message as _;
use prost::bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};

use crate::listed;

/// Nothing that a test waits for may take longer.
const DEADLINE: Duration = Duration::from_mins(4);
/// Three pages.
pub(crate) const PODS: usize = 1200;
/// With this the client lists in pages.
pub(crate) const PAGED: &str =
    "- {match: {resource: pods, verb: watch, page: first}, fault: {kind: answer, code: 400}}\n";

/// A pod in a line, as far as it is compared: where it is, and what changes.
pub(crate) type Pods = BTreeMap<String, String>;

pub(crate) struct Watched {
    pub(crate) demo: Demo,
    session: Arc<Session>,
    pub(crate) cluster: Cluster,
    pub(crate) batches: mpsc::Receiver<Vec<Change>>,
    retry: Arc<Notify>,
    /// What the screen was told while the pods were not live.
    pub(crate) told: Vec<String>,
    _watches: Watches,
}

impl Watched {
    pub(crate) async fn with(script: Faults) -> Self {
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
        let wanted = WatchOptions { kinds: vec![Kind::Node, Kind::Pod], ..WatchOptions::default() };
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
    pub(crate) async fn on_the_server(&self) -> Pods {
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

    pub(crate) fn in_the_client(&self) -> Pods {
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

    pub(crate) async fn until(&mut self, found: impl Fn(&Self) -> bool) {
        while !found(self) {
            self.take_in().await;
        }
    }

    /// Waits until the client holds what the server holds, and says so.
    pub(crate) async fn agrees(&mut self) {
        let wanted = self.on_the_server().await;
        assert_eq!(wanted.len(), PODS);
        self.until(|it| it.cluster.freshness(Kind::Pod).is_live() && it.in_the_client() == wanted).await;
        assert_eq!(self.cluster.count(Kind::Pod), PODS, "nothing is doubled");
    }

    pub(crate) fn asked_for_pods(&self) -> Vec<Asked> {
        let all = self.demo.requests();
        all.into_iter().filter(|asked| asked.path == "/api/v1/pods").collect()
    }
}

/// Lets a client live through a script: its first list, then events, then more of them. Gives what the screen was told.
pub(crate) async fn survives(script: &str, most: usize) -> Vec<String> {
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
