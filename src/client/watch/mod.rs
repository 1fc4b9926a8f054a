//! Watching a cluster: one list-and-watch state machine for all kinds, one task per kind. It holds no objects: what
//! it sees becomes batches of `Change`, and a slow listener slows the reading.

mod backoff;
mod decode;
mod follower;
mod kinds;
mod line;
mod listing;
mod machine;
mod pace;
mod request;
mod server;
mod sleep;
mod stream;
mod trouble;
mod usage;
mod watching;

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use self::line::{Contact, Line};
use self::server::Probe;
use self::stream::{Stream, Turn};
use super::connect::Session;
use crate::model::change::Change;
use crate::model::kind::Kind;

pub(crate) use self::decode::{Named, Raw};
pub(crate) use self::follower::{Follower, Heard};
pub(crate) use self::request::Source;

/// No batch is larger.
pub const LARGEST_BATCH: usize = 512;

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Where to look when a kind may not be read in all namespaces. All of them are tried first, because a list that
    /// the user narrows should know how many there are elsewhere.
    pub namespace: Option<String>,
    /// The kinds to watch.
    pub kinds: Vec<Kind>,
    /// Whether to ask what nodes are measured to use.
    pub usage: Usage,
}

/// Whether metrics.k8s.io is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// About every 15 s.
    #[default]
    Asked,
    /// Never.
    Ignored,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { namespace: None, kinds: Kind::ALL.to_vec(), usage: Usage::Asked }
    }
}

/// The running watches; they end when this is dropped, or when nobody listens any more.
#[derive(Debug)]
pub struct Watches {
    tasks: Vec<JoinHandle<()>>,
    slept: Arc<Notify>,
}

impl Watches {
    /// Doubts every connection, as after this machine has slept, which is also noticed without being told: the server
    /// is asked at once, and every stream goes on over a new connection from where it was.
    pub fn doubt(&self) {
        self.slept.notify_one();
    }
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
    let line = Line::new(seen, retry);
    let slept = Arc::new(Notify::new());
    let (first, mut others) = mpsc::channel(1);
    let mut tasks = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| options.kinds.contains(kind)) {
        let turn = match kind {
            Kind::Pod => Turn::After(std::mem::replace(&mut others, mpsc::channel(1).1)),
            _ => Turn::First(first.clone()),
        };
        let sources = kinds::sources(kind, options.namespace.as_deref());
        let stream = Stream { session: Arc::clone(&session), sources, line: line.clone(), turn };
        tasks.push(tokio::spawn(stream::follow(kind, stream, changes.clone())));
    }
    if options.usage == Usage::Asked {
        tasks.push(tokio::spawn(usage::follow(Arc::clone(&session), line.clone(), changes.clone())));
    }
    let probe = Probe { session, contact, line, slept: Arc::clone(&slept) };
    tasks.push(tokio::spawn(server::follow(probe, changes)));
    Watches { tasks, slept }
}
