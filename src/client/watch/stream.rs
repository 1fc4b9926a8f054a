//! One kind's stream as two tasks: one reads and takes apart, the other decodes and sends. It decides nothing about
//! what to ask; that is the follower's.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::follower::{Follower, Heard};
use super::line::{Line, Reach};
use super::request::Source;
use super::{LARGEST_BATCH, kinds};
use crate::client::connect::Session;
use crate::client::convert::Shared;
use crate::model::change::{Change, Freshness};
use crate::model::kind::Kind;

/// How many reads may wait to be decoded: enough to keep both sides busy, and little memory.
const BITES: usize = 2;
/// How long the pods wait at most for the first pages of the other kinds.
const COURTESY: Duration = Duration::from_secs(1);
/// As many objects count as a first page.
const FIRST_PAGE: usize = 500;

/// What a stream needs.
#[derive(Debug)]
pub(super) struct Stream {
    /// Whom it asks.
    pub session: Arc<Session>,
    /// For what: where it is forbidden in one place, in the next.
    pub sources: Vec<Source>,
    /// How it is told of the server.
    pub line: Line,
    /// When it begins.
    pub turn: Turn,
    /// Let go of when it is known what there is, or that it cannot be had.
    pub listed: mpsc::Sender<Infallible>,
}

/// The order in which kinds begin: what a screen shows first must not compete with the many pods.
#[derive(Debug)]
pub(super) enum Turn {
    /// At once, letting the others begin once a first page is here or cannot be had.
    First(mpsc::Sender<Infallible>),
    /// When all those have let go, or after a moment.
    After(mpsc::Receiver<Infallible>),
}

/// Follows one kind until nobody listens any more.
pub(super) async fn follow(kind: Kind, stream: Stream, changes: mpsc::Sender<Vec<Change>>) {
    let (out, mut bites) = mpsc::channel(BITES);
    tokio::spawn(read(stream, out));
    let mut shared = Shared::default();
    loop {
        let heard = tokio::select! {
            heard = bites.recv() => heard,
            () = changes.closed() => return,
        };
        let Some(heard) = heard else { return };
        for batch in batches(kind, heard, &mut shared) {
            if changes.send(batch).await.is_err() {
                return;
            }
        }
    }
}

async fn read(stream: Stream, out: mpsc::Sender<Vec<Heard>>) {
    let Stream { session, sources, mut line, turn, listed } = stream;
    let mut listed = Some(listed);
    // The first question goes to /version: ten streams need not find out one by one that nobody is there.
    let streaming = matches!(line.first().await, Reach::Made { streaming: true });
    let mut first = match turn {
        Turn::First(sender) => Some(sender),
        Turn::After(mut others) => {
            let _moment = timeout(COURTESY, others.recv()).await;
            None
        }
    };
    let mut followers = sources.into_iter().map(|source| {
        let narrowed = source.namespace.as_deref().map(|namespace| Heard::Narrowed(namespace.into()));
        (narrowed, Follower::on(Arc::clone(&session), source, streaming, line.clone()))
    });
    let Some((_, mut follower)) = followers.next() else { return };
    let (mut objects, mut known) = (0, false);
    loop {
        let heard = tokio::select! {
            heard = follower.step() => heard,
            () = out.closed() => return,
        };
        known |= heard.iter().any(|heard| matches!(heard, Heard::Synced));
        // What was granted once and is refused now is waited for: a narrower list would sweep all others away.
        if !known
            && heard.iter().any(|heard| matches!(heard, Heard::Freshness(Freshness::Forbidden { .. })))
            && let Some((narrowed, narrower)) = followers.next()
        {
            follower = narrower;
            if out.send(narrowed.into_iter().collect()).await.is_err() {
                return;
            }
            continue;
        }
        objects += heard.iter().filter(|heard| matches!(heard, Heard::Object(_))).count();
        let settled = heard.iter().any(settles);
        if settled {
            drop(listed.take());
        }
        if settled || objects >= FIRST_PAGE {
            drop(first.take());
        }
        if !heard.is_empty() && out.send(heard).await.is_err() {
            return;
        }
    }
}

/// Whether it is known by now what there is, or that it cannot be had.
fn settles(heard: &Heard) -> bool {
    match heard {
        Heard::Synced => true,
        Heard::Freshness(freshness) => !matches!(freshness, Freshness::Listing { .. }),
        _ => false,
    }
}

/// Turns what was heard into batches of changes.
fn batches(kind: Kind, heard: Vec<Heard>, shared: &mut Shared) -> Vec<Vec<Change>> {
    let mut batches = Vec::new();
    let mut batch = Vec::with_capacity(heard.len().min(LARGEST_BATCH));
    let mut skipped = 0;
    for heard in heard {
        let change = match heard {
            Heard::Narrowed(namespace) => Ok(Some(Change::Narrowed(kind, namespace))),
            Heard::Relisting => Ok(Some(Change::Relisting(kind))),
            Heard::Object(raw) => kinds::upsert(kind, &raw, shared),
            Heard::Gone(raw) => kinds::gone(kind, &raw, shared).map(Some),
            Heard::Synced => Ok(Some(Change::Synced(kind))),
            Heard::Freshness(freshness) => Ok(Some(Change::Freshness(kind, freshness))),
            Heard::Skipped(count) => {
                skipped += count;
                Ok(None)
            }
        };
        match change {
            Ok(change) => batch.extend(change),
            Err(_) => skipped += 1,
        }
        if batch.len() == LARGEST_BATCH {
            batches.push(std::mem::take(&mut batch));
        }
    }
    if skipped > 0 {
        tracing::warn!(kind = kind.name(), skipped, "objects that cannot be decoded were passed over");
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    // Churn brings names and messages that nobody keeps; the search waits until there are twice as many.
    shared.tidy();
    batches
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::client::watch::decode::Events;
    use crate::client::watch::decode::{Encoding, EventType};
    use crate::wire::{core, frame, meta};

    /// A pod that is added and deleted, with texts that no other pod has.
    fn churned(number: u64) -> Vec<Heard> {
        let named = |text: &str| format!("{text}-{number}");
        let metadata = meta::ObjectMeta {
            name: named("web"),
            namespace: named("namespace"),
            labels: [("pod-template-hash".to_owned(), named("hash"))].into(),
            ..meta::ObjectMeta::default()
        };
        let pod = core::Pod { metadata: Some(metadata), ..core::Pod::default() };
        let mut events = Events::new(Encoding::Protobuf);
        for kind in ["ADDED", "DELETED"] {
            events.feed(frame::watch_frame(kind, frame::seal("v1", "Pod", pod.encode_to_vec())).into());
        }
        std::iter::from_fn(|| events.next().unwrap())
            .map(|(kind, raw)| if kind == EventType::Deleted { Heard::Gone(raw) } else { Heard::Object(raw) })
            .collect()
    }

    #[test]
    fn churn_does_not_make_the_shared_texts_grow_for_ever() {
        let mut shared = Shared::default();
        let mut most = 0;
        for number in 0..20_000 {
            assert_eq!(batches(Kind::Pod, churned(number), &mut shared).concat().len(), 2);
            most = most.max(shared.held());
        }
        assert!((1000..9000).contains(&most), "{most} of 60,000 texts held at once");
    }
}
