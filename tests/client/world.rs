//! A collection of pods with a history, served as an API server serves it: lists in pages, watches from a version on,
//! 410 for what was compacted away, both encodings, and connections that break.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use foretop::wire::{core, frame, meta::ListMeta};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::script::{Asked, Reply, bytes, refusal, status, stream, whole};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The collection.
#[derive(Default)]
struct Pods {
    now: BTreeMap<String, Value>,
    history: Vec<(u64, &'static str, Value)>,
    version: u64,
    compacted: u64,
}

/// The served collection.
#[derive(Clone)]
pub(crate) struct World {
    pods: Arc<Mutex<Pods>>,
    /// Tells open watches that something happened; the second number counts the cuts of all connections.
    news: Arc<watch::Sender<(u64, u64)>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { pods: Arc::default(), news: Arc::new(watch::Sender::new((0, 0))) }
    }

    fn tell(&self, version: u64) {
        self.news.send_modify(|news| news.0 = version);
    }

    /// Makes a pod, or changes it.
    pub(crate) fn put(&self, name: &str, node: &str, phase: &str) {
        let mut pods = self.pods.lock().unwrap();
        pods.version += 1;
        let version = pods.version;
        let pod = json!({
            "metadata": { "name": name, "namespace": "shop", "resourceVersion": version.to_string(), "labels": { "app": "web" } },
            "spec": { "nodeName": node, "containers": [{ "name": "a", "resources": { "requests": { "cpu": "100m" } } }] },
            "status": { "phase": phase, "podIP": "10.0.0.1" },
        });
        let known = pods.now.insert(name.to_owned(), pod.clone()).is_some();
        pods.history.push((version, if known { "MODIFIED" } else { "ADDED" }, pod));
        drop(pods);
        self.tell(version);
    }

    /// Removes a pod, if it is there.
    pub(crate) fn delete(&self, name: &str) {
        let mut pods = self.pods.lock().unwrap();
        let Some(mut pod) = pods.now.remove(name) else { return };
        pods.version += 1;
        let version = pods.version;
        pod["metadata"]["resourceVersion"] = json!(version.to_string());
        pods.history.push((version, "DELETED", pod));
        drop(pods);
        self.tell(version);
    }

    /// Forgets the history, as far as anybody can ask for it.
    pub(crate) fn compact(&self) {
        let mut pods = self.pods.lock().unwrap();
        pods.compacted = pods.version;
    }

    /// Breaks all connections.
    pub(crate) fn cut(&self) {
        self.news.send_modify(|news| news.1 += 1);
    }

    /// All pods as they are.
    pub(crate) fn all(&self) -> Vec<core::Pod> {
        self.pods.lock().unwrap().now.values().map(pod).collect()
    }

    /// Answers a request.
    pub(crate) fn answer(&self, asked: &Asked) -> Reply {
        let protobuf = asked.headers["accept"].to_str().unwrap().contains("protobuf");
        match asked.watches() {
            false => self.list(asked, protobuf),
            true if asked.query("sendInitialEvents") == "true" => {
                refusal(422, "Invalid", "sendInitialEvents is forbidden for watch")
            }
            true => self.watch(asked.query("resourceVersion").parse().unwrap(), protobuf),
        }
    }

    fn list(&self, asked: &Asked, protobuf: bool) -> Reply {
        let pods = self.pods.lock().unwrap();
        // The token holds the version of the first page, and the name after which the next one begins.
        let (version, after) = asked.query("continue").split_once(':').unwrap_or(("", ""));
        if !version.is_empty() && version.parse::<u64>().unwrap() < pods.compacted {
            return refusal(410, "Expired", "the continue token is too old");
        }
        let version = if version.is_empty() { pods.version.to_string() } else { version.to_owned() };
        // A page of a list is of the list's own version, whatever happened since; 5 are enough to make many pages.
        let at: u64 = version.parse().unwrap();
        let snapshot = pods.at(at);
        let page: Vec<(String, Value)> =
            snapshot.into_iter().filter(|(name, _)| name.as_str() > after).take(5).collect();
        let token = if page.len() == 5 { format!("{version}:{}", page[4].0) } else { String::new() };
        let metadata = ListMeta { resource_version: version, continue_token: token, ..ListMeta::default() };
        if protobuf {
            let inside =
                frame::join_items(&metadata, page.iter().map(|(_, value)| pod(value).encode_to_vec()));
            return bytes(200, PROTOBUF, frame::seal("v1", "PodList", inside));
        }
        let items: Vec<&Value> = page.iter().map(|(_, value)| value).collect();
        whole(
            200,
            &json!({ "metadata": { "resourceVersion": metadata.resource_version, "continue": metadata.continue_token },
            "items": items }),
        )
    }

    fn watch(&self, from: u64, protobuf: bool) -> Reply {
        let world = self.clone();
        let mut news = self.news.subscribe();
        let cuts = news.borrow_and_update().1;
        let state = (from, news);
        let pieces = futures::stream::unfold(Some(state), move |state| {
            let world = world.clone();
            async move {
                let (from, mut news) = state?;
                loop {
                    if news.borrow_and_update().1 != cuts {
                        return Some((Err(std::io::Error::other("cut")), None));
                    }
                    let events = match world.since(from, protobuf) {
                        Ok(events) => events,
                        Err(expired) => return Some((Ok(expired), None)),
                    };
                    if let Some((version, piece)) = events {
                        return Some((Ok(piece), Some((version, news))));
                    }
                    news.changed().await.ok()?;
                }
            }
        });
        stream(if protobuf { PROTOBUF } else { "application/json" }, pieces)
    }

    /// What happened after `from`, encoded, or the error event when that is no longer known.
    fn since(&self, from: u64, protobuf: bool) -> Result<Option<(u64, Bytes)>, Bytes> {
        let pods = self.pods.lock().unwrap();
        if from < pods.compacted {
            return Err(encode("ERROR", &status(410, "Expired", "too old resource version"), protobuf));
        }
        let events: Vec<_> = pods.history.iter().filter(|(version, ..)| *version > from).collect();
        let Some((last, ..)) = events.last() else { return Ok(None) };
        let pieces: Vec<Bytes> =
            events.iter().map(|(_, kind, object)| encode(kind, object, protobuf)).collect();
        Ok(Some((*last, pieces.concat().into())))
    }
}

impl Pods {
    /// The pods as they were at a version that has not been compacted away.
    fn at(&self, version: u64) -> BTreeMap<String, Value> {
        let mut now = self.now.clone();
        // Undo, from the newest to the oldest: what a later event touched is as the event before it left it.
        for (at, _, object) in self.history.iter().rev().filter(|(at, ..)| *at > version) {
            let name = object["metadata"]["name"].as_str().unwrap();
            let before = self.history.iter().rev().find(|(earlier, _, other)| {
                earlier < at && other["metadata"]["name"] == object["metadata"]["name"]
            });
            match before {
                Some((_, kind, object)) if *kind != "DELETED" => {
                    now.insert(name.to_owned(), object.clone());
                }
                _ => {
                    now.remove(name);
                }
            }
        }
        now
    }
}

fn pod(value: &Value) -> core::Pod {
    serde_json::from_value(value.clone()).unwrap()
}

fn encode(kind: &str, object: &Value, protobuf: bool) -> Bytes {
    if !protobuf {
        return format!("{}\n", json!({ "type": kind, "object": object })).into();
    }
    let raw = if kind == "ERROR" {
        let status: foretop::wire::meta::Status = serde_json::from_value(object.clone()).unwrap();
        frame::seal("v1", "Status", status.encode_to_vec())
    } else {
        frame::seal("v1", "Pod", pod(object).encode_to_vec())
    };
    frame::watch_frame(kind, raw).into()
}
