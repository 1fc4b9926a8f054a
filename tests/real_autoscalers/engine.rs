//! The program's own engine on the real cluster: it watches and asks as the live screen does, with the rights of a user
//! who may only read, and keeps the model that forecasts are made of.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foretop::analysis::autoscaling::{notes, questions};
use foretop::analysis::vigil::Vigil;
use foretop::client::connect::{Wish, connect};
use foretop::client::watch::{Beside, Questions, WatchOptions, Watches, spawn};
use foretop::model::change::Change;
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use foretop::model::probe::Question;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use crate::support::api::runtime;
use crate::support::controlplane::ControlPlane;
use crate::support::credentials::User;
use crate::support::fixtures;

pub(crate) struct Engine {
    cluster: Arc<Mutex<Cluster>>,
    /// Counts what was taken in.
    seen: watch::Receiver<u64>,
    hurry: Arc<Notify>,
    running: AbortHandle,
}

/// What goes on behind the model.
struct Behind {
    cluster: Arc<Mutex<Cluster>>,
    batches: mpsc::Receiver<Vec<Change>>,
    asking: watch::Sender<Arc<[Question]>>,
    seen: watch::Sender<u64>,
    _watches: Watches,
}

impl Engine {
    pub(crate) fn start(plane: &ControlPlane) -> Self {
        let wish = Wish { kubeconfig: Some(plane.kubeconfig(User::Viewer)), ..Wish::default() };
        let session = Arc::new(runtime().block_on(connect(&wish)).expect("a session"));
        let (asking, questions) = Questions::channel();
        let (sender, batches) = mpsc::channel(16);
        let beside = vec![Beside::Controllers, Beside::Autoscalers];
        let options = WatchOptions { beside, questions, ..WatchOptions::default() };
        let hurry = Arc::<Notify>::default();
        let _inside = runtime().enter();
        let watches = spawn(session, &options, sender, Arc::clone(&hurry));
        let cluster = Arc::<Mutex<Cluster>>::default();
        let (seen, receiver) = watch::channel(0);
        let behind = Behind { cluster: Arc::clone(&cluster), batches, asking, seen, _watches: watches };
        let running = runtime().spawn(behind.run()).abort_handle();
        Self { cluster, seen: receiver, hurry, running }
    }

    /// The model as it is now.
    pub(crate) fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is lacking, which is asked again with each news. Whoever asks the server in there must not
    /// hold the model: the task that waits for it may be in the way of the answer.
    pub(crate) fn wait_until(&self, what: &str, within: Duration, mut lacks: impl FnMut() -> Option<String>) {
        let mut seen = self.seen.clone();
        let mut limit = std::pin::pin!(async { tokio::time::sleep(within).await });
        loop {
            seen.mark_unchanged();
            let Some(lack) = lacks() else { return };
            let in_time = runtime().block_on(async {
                tokio::select! {
                    () = &mut limit => false,
                    news = seen.changed() => news.is_ok(),
                }
            });
            if !in_time {
                let cluster = self.cluster();
                let fresh = Kind::ALL.map(|kind| (kind, cluster.freshness(kind).clone()));
                panic!("the program did not {what} within {within:?}; it lacks {lack}; {fresh:?}");
            }
        }
    }

    /// Has measurements asked now; a round that is under way is not asked again.
    pub(crate) fn hurry(&self) {
        self.hurry.notify_waiters();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Behind {
    async fn run(mut self) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let mut vigil = Vigil::default();
        loop {
            let batch = tokio::select! {
                Some(batch) = self.batches.recv() => batch,
                _ = tick.tick() => Vec::new(),
            };
            self.take(&mut vigil, batch);
            self.seen.send_modify(|count| *count += 1);
        }
    }

    fn take(&self, vigil: &mut Vigil, batch: Vec<Change>) {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.apply_all(batch);
        let noted = notes(vigil, &cluster, fixtures::clock() + cluster.server.skew);
        cluster.apply_all(noted);
        let wanted = questions(&cluster);
        self.asking.send_if_modified(|known| {
            let news = **known != *wanted;
            if news {
                *known = wanted.into();
            }
            news
        });
    }
}
