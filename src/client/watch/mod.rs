//! Watching a cluster: one list-and-watch state machine for all kinds, one task per kind. It holds no objects: what
//! it sees becomes batches of `Change`, and a slow listener slows the reading.

mod backoff;
mod decode;
mod follower;
mod kinds;
mod listing;
mod machine;
mod request;
mod server;
mod trouble;
mod watching;

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use self::server::Contact;
use super::connect::Session;
use super::convert::Shared;
use crate::model::change::{Change, Freshness};
use crate::model::kind::Kind;

pub(crate) use self::decode::{Named, Raw};
pub(crate) use self::follower::{Follower, Heard};
pub(crate) use self::request::Source;

/// No batch is larger.
pub const LARGEST_BATCH: usize = 512;

/// How many reads may wait to be decoded: enough to keep both sides busy, and little memory.
const BITES: usize = 2;

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Where to look when a kind may not be read in all namespaces. All of them are tried first, because a list that
    /// the user narrows should know how many there are elsewhere.
    pub namespace: Option<String>,
    /// The kinds to watch.
    pub kinds: Vec<Kind>,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { namespace: None, kinds: Kind::ALL.to_vec() }
    }
}

/// The running watches; they end when this is dropped, or when nobody listens any more.
#[derive(Debug)]
pub struct Watches {
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Watches {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Watches the server and every wanted kind, each in a task of its own, and sends what they see.
///
/// `retry.notify_waiters()` ends all waiting for a next attempt. Must be called inside a tokio runtime.
pub fn spawn(
    session: Arc<Session>,
    options: &WatchOptions,
    changes: mpsc::Sender<Vec<Change>>,
    retry: Arc<Notify>,
) -> Watches {
    let (contact, seen) = watch::channel(Contact::default());
    let mut tasks = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| options.kinds.contains(kind)) {
        let sources = kinds::sources(kind, options.namespace.as_deref());
        let stream = (Arc::clone(&session), sources, Arc::clone(&retry));
        tasks.push(tokio::spawn(follow(kind, stream, seen.clone(), changes.clone())));
    }
    tasks.push(tokio::spawn(server::follow(session, changes, contact, retry)));
    Watches { tasks }
}

/// Follows one kind until nobody listens any more: one task reads, this one decodes, so that both get a core.
async fn follow(
    kind: Kind,
    stream: (Arc<Session>, Vec<Source>, Arc<Notify>),
    contact: watch::Receiver<Contact>,
    changes: mpsc::Sender<Vec<Change>>,
) {
    let (out, mut read) = mpsc::channel(BITES);
    tokio::spawn(follow_in_turn(stream, contact, out));
    let mut shared = Shared::default();
    loop {
        let heard = tokio::select! {
            heard = read.recv() => heard,
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

/// Reads one kind's stream until nobody listens any more; when it is forbidden in one place, in the next.
async fn follow_in_turn(
    (session, sources, retry): (Arc<Session>, Vec<Source>, Arc<Notify>),
    mut contact: watch::Receiver<Contact>,
    out: mpsc::Sender<Vec<Heard>>,
) {
    // The first question goes to /version: ten streams need not find out one by one that nobody is there.
    let first = contact.wait_for(|it| *it != Contact::Pending).await.map(|it| *it);
    let streaming = matches!(first, Ok(Contact::Made { streaming: true }));
    let mut followers = sources
        .into_iter()
        .map(|source| Follower::new(Arc::clone(&session), source, streaming, Arc::clone(&retry)));
    let Some(mut follower) = followers.next() else { return };
    loop {
        let heard = tokio::select! {
            heard = follower.step() => heard,
            () = out.closed() => return,
        };
        if heard.iter().any(|heard| matches!(heard, Heard::Freshness(Freshness::Forbidden { .. })))
            && let Some(narrower) = followers.next()
        {
            follower = narrower;
            continue;
        }
        if !heard.is_empty() && out.send(heard).await.is_err() {
            return;
        }
    }
}

/// Turns what was heard into batches of changes.
fn batches(kind: Kind, heard: Vec<Heard>, shared: &mut Shared) -> Vec<Vec<Change>> {
    let mut batches = Vec::new();
    let mut batch = Vec::with_capacity(heard.len().min(LARGEST_BATCH));
    let mut skipped = 0;
    for heard in heard {
        let change = match heard {
            Heard::Relisting => Ok(Some(Change::Relisting(kind))),
            Heard::Object(raw) => kinds::upsert(kind, &raw, shared),
            Heard::Gone(raw) => kinds::gone(kind, &raw, shared).map(Some),
            Heard::Synced => {
                shared.tidy();
                Ok(Some(Change::Synced(kind)))
            }
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
    batches
}
