//! Watching a cluster: one list-and-watch state machine for all kinds, one task per kind. It holds no objects: what
//! it sees becomes batches of `Change`, and a slow listener slows the reading.

mod backoff;
mod certificates;
mod controllers;
mod decode;
mod few;
mod follower;
mod kinds;
mod line;
mod listing;
mod machine;
mod pace;
mod probe;
mod request;
mod scalers;
mod server;
mod sleep;
mod stream;
mod trouble;
mod usage;
mod watching;

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use self::line::{Contact, Line};
use self::server::Probe;
use self::stream::{Stream, Turn};
use super::connect::Session;
use crate::model::certificate::Signer;
use crate::model::change::Change;
use crate::model::kind::Kind;

pub(crate) use self::decode::{Named, Raw};
pub(crate) use self::follower::{Follower, Heard};
pub use self::probe::{MOST_IN_A_ROUND, Questions};
pub(crate) use self::request::Source;

/// No batch is larger.
pub const LARGEST_BATCH: usize = 512;

/// What to watch.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// Where to look when a kind may not be read in all namespaces. All of them are tried first, because a list that
    /// the user narrows should know how many there are elsewhere.
    pub namespace: Option<String>,
    /// The kinds to watch.
    pub kinds: Vec<Kind>,
    /// What else to follow.
    pub beside: Vec<Beside>,
    /// What is asked for autoscalers.
    pub questions: Questions,
    /// What comes first.
    pub order: Order,
}

/// What comes first of what is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The kinds: somebody looks at them, and what nodes use is asked when they are listed or after a moment.
    #[default]
    Kinds,
    /// The whole, as soon as possible: nobody sees a part.
    Whole,
}

/// What is followed besides the kinds: it makes forecasts and pictures better, and nothing is incomplete without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// The controller manager: its leader's lease and its command line.
    Controllers,
    /// Kubelets' requests for certificates, where the user may read them.
    Certificates,
    /// What nodes are measured to use, asked of metrics.k8s.io about every 15 s.
    Usage,
    /// What autoscalers' controllers ask, asked about every 15 s.
    Autoscalers,
    /// KEDA's ScaledObjects and vertical autoscalers, where the user may read them.
    Scalers,
}

impl Beside {
    /// All of it.
    pub const ALL: [Self; 5] =
        [Self::Controllers, Self::Certificates, Self::Usage, Self::Autoscalers, Self::Scalers];
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            namespace: None,
            kinds: Kind::ALL.to_vec(),
            beside: Vec::new(),
            questions: Questions::default(),
            order: Order::default(),
        }
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

/// Watches the server, every wanted kind and what is wanted beside them, each in a task of its own, and sends what they see.
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
    let (listed, mut lists) = mpsc::channel(1);
    let mut tasks = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| options.kinds.contains(kind)) {
        let turn = match kind {
            Kind::Pod => Turn::After(std::mem::replace(&mut others, mpsc::channel(1).1)),
            _ => Turn::First(first.clone()),
        };
        let sources = kinds::sources(kind, options.namespace.as_deref());
        let (session, line, listed) = (Arc::clone(&session), line.clone(), listed.clone());
        let stream = Stream { session, sources, line, turn, listed };
        tasks.push(tokio::spawn(stream::follow(kind, stream, changes.clone())));
    }
    drop(listed);
    if options.order == Order::Whole {
        lists.close();
    }
    for beside in &options.beside {
        tasks.extend(also(*beside, options, (&session, &line, &changes), &mut lists));
    }
    let probe = Probe { session, contact, line, slept: Arc::clone(&slept) };
    tasks.push(tokio::spawn(server::follow(probe, changes)));
    Watches { tasks, slept }
}

/// Follows something besides the kinds.
fn also(
    beside: Beside,
    options: &WatchOptions,
    (session, line, changes): (&Arc<Session>, &Line, &mpsc::Sender<Vec<Change>>),
    lists: &mut mpsc::Receiver<Infallible>,
) -> Vec<JoinHandle<()>> {
    let (session, line, changes) = (|| Arc::clone(session), || line.clone(), || changes.clone());
    match beside {
        Beside::Controllers => vec![tokio::spawn(controllers::follow(session(), line(), changes()))],
        Beside::Usage => {
            let lists = std::mem::replace(lists, mpsc::channel(1).1);
            vec![tokio::spawn(usage::follow(session(), line(), changes(), lists))]
        }
        Beside::Certificates => Signer::ALL
            .map(|signer| tokio::spawn(certificates::follow(session(), signer, line(), changes())))
            .into(),
        Beside::Autoscalers => {
            vec![tokio::spawn(probe::follow(session(), options.questions.clone(), line(), changes()))]
        }
        Beside::Scalers => {
            let place = || (session(), options.namespace.clone());
            vec![
                tokio::spawn(scalers::follow(scalers::SCALED_OBJECTS, place(), line(), changes())),
                tokio::spawn(scalers::follow(scalers::VERTICALS, place(), line(), changes())),
            ]
        }
    }
}
