//! A watch of one kind and what it told, with the answers of a server that tests put together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use foretop::client::gate::Mode;
use foretop::client::watch::{LARGEST_BATCH, WatchOptions, Watches, spawn};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::script::{Asked, Reply, Server, pass, soon, stream, whole};

/// What a watch told, change by change.
pub(crate) struct Told {
    pub(crate) cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    waiting: std::collections::VecDeque<Change>,
    pub(crate) retry: Arc<Notify>,
    pub(crate) watches: Watches,
}

impl Told {
    pub(crate) async fn by(server: &Server, kind: Kind) -> Self {
        Self::within(server, kind, None).await
    }

    pub(crate) async fn within(server: &Server, kind: Kind, namespace: Option<&str>) -> Self {
        let session = server.session(Mode::ReadOnly).await;
        let (sender, batches) = mpsc::channel(8);
        let retry = Arc::new(Notify::new());
        let options = WatchOptions {
            namespace: namespace.map(str::to_owned),
            kinds: vec![kind],
            ..WatchOptions::default()
        };
        let watches = spawn(session, &options, sender, Arc::clone(&retry));
        Self { cluster: Cluster::default(), batches, waiting: [].into(), retry, watches }
    }

    /// The next change that is not about the server, applied.
    pub(crate) async fn next(&mut self) -> Change {
        soon("the next change", async {
            loop {
                while let Some(change) = self.waiting.pop_front() {
                    self.cluster.apply(change.clone());
                    if !matches!(change, Change::Server(_)) {
                        return change;
                    }
                }
                let batch = self.batches.recv().await.unwrap();
                assert!(batch.len() <= LARGEST_BATCH);
                self.waiting.extend(batch);
            }
        })
        .await
    }

    /// Takes in one change, whatever it is about.
    pub(crate) async fn change(&mut self) {
        while self.waiting.is_empty() {
            self.waiting.extend(self.batches.recv().await.unwrap());
        }
        self.cluster.apply_all(self.waiting.pop_front());
    }

    pub(crate) async fn until(&mut self, found: impl Fn(&Change) -> bool) -> Change {
        loop {
            let change = self.next().await;
            if found(&change) {
                return change;
            }
        }
    }

    /// Lets time pass in such steps, and returns what was told meanwhile and is not about the server, applied.
    pub(crate) async fn during(&mut self, time: Duration, step: Duration) -> Vec<String> {
        let waiting: Vec<Change> = self.waiting.drain(..).collect();
        let told = told_during(&mut self.batches, time, step).await;
        let mut seen = Vec::new();
        for change in waiting.into_iter().chain(told) {
            self.cluster.apply(change.clone());
            if !matches!(change, Change::Server(_)) {
                seen.push(names(&change));
            }
        }
        seen
    }

    pub(crate) async fn live(&mut self) {
        self.until(|change| matches!(change, Change::Freshness(_, Freshness::Live { .. }))).await;
    }

    pub(crate) async fn stale(&mut self) -> String {
        let found = |change: &Change| matches!(change, Change::Freshness(_, Freshness::Stale { .. }));
        match self.until(found).await {
            Change::Freshness(_, Freshness::Stale { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }
}

/// What is told while so much time passes in such steps.
pub(crate) async fn told_during(
    batches: &mut mpsc::Receiver<Vec<Change>>,
    time: Duration,
    step: Duration,
) -> Vec<Change> {
    let mut told = Vec::new();
    pass(time, step, || {
        let batch = batches.try_recv().unwrap_or_default();
        let found = !batch.is_empty();
        told.extend(batch);
        found
    })
    .await;
    told
}

/// A node of that name, as of a version.
pub(crate) fn node(name: &str, version: u32) -> Value {
    json!({ "metadata": { "name": name, "resourceVersion": version.to_string() } })
}

/// A complete list of nodes.
pub(crate) fn list(version: u32, nodes: &[Value]) -> Reply {
    whole(
        200,
        &json!({ "kind": "NodeList", "metadata": { "resourceVersion": version.to_string() }, "items": nodes }),
    )
}

/// A watch event in JSON.
pub(crate) fn event(kind: &str, object: &Value) -> Bytes {
    format!("{}\n", json!({ "type": kind, "object": object })).into()
}

/// A watch that brings these events and is then closed by the server.
pub(crate) fn closing(events: Vec<Bytes>) -> Reply {
    stream("application/json", futures::stream::iter(events.into_iter().map(Ok)))
}

/// A watch that stays open and brings nothing.
pub(crate) fn quiet() -> Reply {
    stream("application/json", futures::stream::pending())
}

/// A change in a word.
pub(crate) fn names(change: &Change) -> String {
    match change {
        Change::Upsert(Object::Node(node)) => format!("+{}", node.meta.key.name),
        Change::Gone(_, key) => format!("-{}", key.name),
        Change::Narrowed(_, namespace) => format!("only {namespace}"),
        Change::Relisting(_) => "relisting".to_owned(),
        Change::Synced(_) => "synced".to_owned(),
        Change::Freshness(_, freshness) => match freshness {
            Freshness::Live { .. } => "live".to_owned(),
            Freshness::Stale { why, .. } => format!("stale: {why}"),
            other => format!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Answers by how often it was asked to list and to watch.
pub(crate) fn scripted(
    answer: impl Fn(&Asked, usize, usize) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Reply {
    let (lists, watches) = (AtomicUsize::new(0), AtomicUsize::new(0));
    move |asked| {
        let count = if asked.watches() { &watches } else { &lists };
        count.fetch_add(1, Ordering::SeqCst);
        answer(asked, lists.load(Ordering::SeqCst), watches.load(Ordering::SeqCst))
    }
}

/// The bookmark that ends the initial events.
pub(crate) fn end_of_the_list(version: u32) -> Bytes {
    let annotations = json!({ "k8s.io/initial-events-end": "true" });
    event(
        "BOOKMARK",
        &json!({ "metadata": { "resourceVersion": version.to_string(), "annotations": annotations } }),
    )
}
