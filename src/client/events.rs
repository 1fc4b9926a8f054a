//! The events of one object, followed while somebody looks at them. They are kept nowhere else.

use std::fmt::Write;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::connect::Session;
use super::convert;
use super::watch::{Follower, Heard, Named, Raw, Source};
use crate::model::change::Freshness;
use crate::model::event::Event;
use crate::model::key::{Key, Target, Uid};
use crate::model::kind::Kind;
use crate::wire;

/// What is known of an object's events.
#[derive(Clone, Debug, PartialEq)]
pub enum EventNews {
    /// All of them, the newest first.
    Current(Vec<Event>),
    /// They cannot be had now: why. What was sent before may be old.
    Unavailable(String),
}

/// Events being followed; it ends when this is dropped, or when nobody listens any more.
#[derive(Debug)]
pub struct Following(JoinHandle<()>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Follows the events of an object, and sends all of them whenever one is new. Must be called inside a tokio runtime.
pub fn follow(session: Arc<Session>, target: &Target, uid: Uid, news: mpsc::Sender<EventNews>) -> Following {
    let source = source(target, uid);
    Following(tokio::spawn(run(session, source, news)))
}

fn source(target: &Target, uid: Uid) -> Source {
    let Key { namespace, name } = &target.key;
    let mut selector = format!("involvedObject.kind={},involvedObject.name={name}", target.kind.name());
    let path = if target.kind.namespaced() {
        let _ = write!(selector, ",involvedObject.namespace={namespace}");
        format!("/api/v1/namespaces/{namespace}/events")
    } else {
        "/api/v1/events".to_owned()
    };
    // The kubelet writes a node's name where the node's UID should be, so a node's events are told by name alone.
    if uid.is_known() && target.kind != Kind::Node {
        let _ = write!(selector, ",involvedObject.uid={uid}");
    }
    Source { path, resource: "events".to_owned(), namespace: None, selectors: vec![selector], labels: "" }
}

async fn run(session: Arc<Session>, source: Source, news: mpsc::Sender<EventNews>) {
    let mut follower = Follower::new(session, source, false, Arc::new(Notify::new()));
    let mut seen = Seen::default();
    loop {
        let heard = tokio::select! {
            heard = follower.step() => heard,
            () = news.closed() => return,
        };
        let mut tell = Vec::new();
        for heard in heard {
            tell.extend(seen.hear(heard));
        }
        if seen.changed && seen.complete {
            seen.changed = false;
            tell.push(EventNews::Current(seen.newest_first()));
        }
        for item in tell {
            if news.send(item).await.is_err() {
                return;
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    events: FxHashMap<(String, String), Event>,
    /// Those of the list that is under way, which replaces the others when it is complete.
    coming: Option<FxHashMap<(String, String), Event>>,
    complete: bool,
    changed: bool,
}

impl Seen {
    fn hear(&mut self, heard: Heard) -> Option<EventNews> {
        match heard {
            // Its one source is the only one it has.
            Heard::Narrowed(_) => {}
            Heard::Relisting => self.coming = Some(FxHashMap::default()),
            Heard::Object(raw) => self.put(&raw),
            Heard::Gone(raw) => {
                let key = name(&raw)?;
                self.changed |= self.events.remove(&key).is_some();
            }
            Heard::Synced => {
                self.events = self.coming.take().unwrap_or_default();
                (self.complete, self.changed) = (true, true);
            }
            Heard::Freshness(freshness) => return unavailable(freshness).map(EventNews::Unavailable),
            Heard::Skipped(count) => tracing::warn!(count, "events that cannot be decoded were passed over"),
        }
        None
    }

    fn put(&mut self, raw: &Raw) {
        let Some((key, event)) = name(raw).zip(raw.read::<wire::core::Event>().ok()) else { return };
        self.changed = true;
        self.coming.as_mut().unwrap_or(&mut self.events).insert(key, convert::event(event));
    }

    fn newest_first(&self) -> Vec<Event> {
        let mut events: Vec<Event> = self.events.values().cloned().collect();
        events.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.reason.cmp(&b.reason)));
        events
    }
}

fn name(raw: &Raw) -> Option<(String, String)> {
    let metadata = raw.read::<Named>().ok()?.metadata?;
    Some((metadata.namespace, metadata.name))
}

fn unavailable(freshness: Freshness) -> Option<String> {
    match freshness {
        Freshness::Stale { why, .. } => Some(why),
        Freshness::Forbidden { verb, resource, .. } => Some(format!("you may not {verb} {resource}")),
        Freshness::Absent { .. } => Some("the server keeps no events".to_owned()),
        Freshness::Connecting | Freshness::Listing { .. } | Freshness::Live { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pods_events_are_told_by_uid_and_a_nodes_by_name() {
        let uid = Uid::parse("0f3c2a1b-0001-4abc-8def-0123456789ab");
        let pod = source(&Target::new(Kind::Pod, Key::new("shop", "web-0")), uid);
        assert_eq!(pod.path, "/api/v1/namespaces/shop/events");
        assert_eq!(
            pod.selectors,
            [format!(
                "involvedObject.kind=Pod,involvedObject.name=web-0,involvedObject.namespace=shop,involvedObject.uid={uid}"
            )]
        );
        let node = source(&Target::new(Kind::Node, Key::new("", "worker-1")), uid);
        assert_eq!(node.path, "/api/v1/events");
        assert_eq!(node.selectors, ["involvedObject.kind=Node,involvedObject.name=worker-1"]);
    }
}
