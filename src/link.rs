//! The way from options to a running cluster model: connects, starts the watches, and on the live screen keeps trying
//! for as long as the user stays. It draws nothing and prints nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::analysis::autoscaling;
use crate::cli::Options;
use crate::client::connect::{Environment, Failure, Session, Wish, connect};
use crate::client::gate::{Kubelets, Mode};
use crate::client::watch::{Beside, MOST_IN_A_ROUND, Order, Questions, WatchOptions, spawn};
use crate::demo::{self, Demo};
use crate::model::change::Change;
use crate::model::cluster::Cluster;
use crate::model::probe::Question;
use crate::model::server::ServerNews;

/// How many batches may wait for the owner of the cluster; a slow screen then slows the readers, not the memory.
const BATCHES: usize = 64;

/// Between two attempts to read a kubeconfig that cannot be used; a key retries at once.
const RETRY: Duration = Duration::from_secs(5);

/// What the command line wants, made ready to connect.
#[derive(Debug)]
pub struct Plan {
    wish: Wish,
    namespace: Option<String>,
    /// The embedded cluster, which serves for as long as the plan is held.
    _embedded: Option<Demo>,
}

impl Plan {
    /// Starts the embedded cluster if it is wanted, and gathers how to connect.
    ///
    /// # Errors
    /// A sentence for the user, when the embedded cluster cannot start.
    pub async fn new(options: &Options) -> Result<Self, String> {
        let namespace = options.namespace().map(ToOwned::to_owned);
        let mut wish = Wish {
            kubeconfig: options.kubeconfig.clone(),
            context: options.context.clone(),
            cluster: options.cluster.clone(),
            user: options.user.clone(),
            namespace: namespace.clone(),
            server: options.server.clone(),
            token: options.token.clone().map(Into::into),
            impersonate: options.as_user.clone(),
            impersonate_groups: options.as_group.clone(),
            insecure_skip_tls_verify: options.insecure_skip_tls_verify,
            request_timeout: options.request_timeout,
            mode: mode(options),
            kubelets: if options.kubelet { Kubelets::Asked } else { Kubelets::Closed },
            kubeconfig_text: None,
            environment: Environment::capture(),
        };
        let Some(scenario) = &options.demo else { return Ok(Self { wish, namespace, _embedded: None }) };
        let asked =
            demo::Options { scenario: scenario.clone(), seed: options.seed, ..demo::Options::default() };
        let demo = demo::serve(asked).await.map_err(|error| error.to_string())?;
        wish.kubeconfig_text = Some(demo.kubeconfig());
        Ok(Self { wish, namespace, _embedded: Some(demo) })
    }

    /// Connects once.
    ///
    /// # Errors
    /// Why it could not, told apart.
    pub async fn connect(&self) -> Result<Arc<Session>, Failure> {
        connect(&self.wish).await.map(Arc::new)
    }
}

fn mode(options: &Options) -> Mode {
    match (options.read_only, options.dry_run) {
        (true, _) => Mode::ReadOnly,
        (false, true) => Mode::DryRun,
        (false, false) => Mode::Real,
    }
}

/// A running connection: changes come out of it, a session is there once it could be made.
#[derive(Debug)]
pub struct Link {
    /// What the watches tell.
    pub changes: mpsc::Receiver<Vec<Change>>,
    /// The session, once there is one.
    pub session: watch::Receiver<Option<Arc<Session>>>,
    retry: Arc<Notify>,
    questions: watch::Sender<Arc<[Question]>>,
    /// The revision of the cluster that the questions are of.
    asked: u64,
}

impl Link {
    /// Starts connecting in the background and goes on until it is dropped. With a session that was made before, that
    /// one is used, so that no credential plugin runs twice.
    pub fn open(plan: Plan, made: Option<Arc<Session>>, order: Order) -> Self {
        let (sender, changes) = mpsc::channel(BATCHES);
        let (publish, session) = watch::channel(None);
        let retry = Arc::new(Notify::new());
        let (questions, asked) = Questions::channel();
        tokio::spawn(keep((plan, made, order), (sender, asked), publish, Arc::clone(&retry)));
        Self { changes, session, retry, questions, asked: 0 }
    }

    /// Asks for each autoscaler what its controller asks. Costs nothing as long as the questions stay the same.
    pub fn ask(&mut self, cluster: &Cluster) {
        if cluster.questioned() <= self.asked {
            return;
        }
        self.asked = cluster.revision();
        let questions = autoscaling::questions(cluster);
        self.questions.send_if_modified(|old| {
            let news = **old != *questions;
            if news {
                *old = questions.into();
            }
            news
        });
    }

    /// Whether the first round of questions has been answered.
    pub fn answered(&self, cluster: &Cluster) -> bool {
        let questions = self.questions.borrow();
        let answered = questions.iter().filter(|question| {
            let probe = cluster.probe(&question.autoscaler);
            probe.is_some_and(|probe| probe.generation == question.generation)
        });
        answered.count() >= questions.len().min(MOST_IN_A_ROUND)
    }

    /// Ends every wait for a next attempt.
    pub fn retry_now(&self) {
        self.retry.notify_waiters();
    }
}

async fn keep(
    (plan, mut made, order): (Plan, Option<Arc<Session>>, Order),
    (changes, questions): (mpsc::Sender<Vec<Change>>, Questions),
    publish: watch::Sender<Option<Arc<Session>>>,
    retry: Arc<Notify>,
) {
    let session = loop {
        if let Some(session) = made.take() {
            break session;
        }
        let failure = match plan.connect().await {
            Ok(session) => break session,
            Err(failure) => failure,
        };
        let news = ServerNews::Unreachable { why: failure.to_string(), hint: failure.hint() };
        if changes.send(vec![Change::Server(news)]).await.is_err() {
            return;
        }
        tokio::select! {
            () = retry.notified() => {}
            () = tokio::time::sleep(RETRY) => {}
            () = changes.closed() => return,
        }
    };
    publish.send_replace(Some(Arc::clone(&session)));
    let options = WatchOptions {
        namespace: plan.namespace.clone(),
        beside: Beside::ALL.to_vec(),
        questions,
        order,
        ..WatchOptions::default()
    };
    // The embedded cluster in the plan and the watches live until the owner of the cluster hangs up.
    let watches = spawn(session, &options, changes.clone(), retry);
    changes.closed().await;
    drop(watches);
    drop(plan);
}
