//! foretop's own engine inside this program, as the second client that lives as long as the soak: only here can every
//! field that it holds be looked at. It draws nothing.

use std::path::Path;
use std::sync::Arc;

use foretop::client::connect::{Environment, Wish, connect};
use foretop::client::gate::Mode;
use foretop::client::watch::{WatchOptions, spawn};
use foretop::model::cluster::Cluster;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::support::Result;

/// As many batches may wait as in the program.
const BATCHES: usize = 64;

type Question = Box<dyn FnOnce(&Cluster) + Send>;

/// The engine, running. It ends when this is dropped.
pub(crate) struct Client {
    runtime: Runtime,
    questions: mpsc::Sender<Question>,
}

impl Client {
    /// Connects and begins to watch everything.
    pub(crate) fn start(kubeconfig: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let wish = Wish {
            kubeconfig: Some(kubeconfig.to_path_buf()),
            mode: Mode::ReadOnly,
            environment: Environment::capture(),
            ..Wish::default()
        };
        let session = runtime.block_on(connect(&wish)).map_err(|failure| failure.to_string())?;
        let (questions, mut asked) = mpsc::channel::<Question>(1);
        runtime.spawn(async move {
            let (sender, mut changes) = mpsc::channel(BATCHES);
            let _watches =
                spawn(Arc::new(session), &WatchOptions::default(), sender, Arc::new(Notify::new()));
            let mut cluster = Cluster::default();
            loop {
                tokio::select! {
                    batch = changes.recv() => match batch {
                        Some(batch) => cluster.apply_all(batch),
                        None => return,
                    },
                    question = asked.recv() => match question {
                        Some(question) => question(&cluster),
                        None => return,
                    },
                }
            }
        });
        Ok(Self { runtime, questions })
    }

    /// Looks at the cluster as the engine holds it at this moment.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Cluster) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |cluster| {
            let _gone = answer.send(look(cluster));
        });
        self.questions.blocking_send(question).map_err(|_| "the engine has ended")?;
        Ok(self.runtime.block_on(answered)?)
    }
}
