//! The embedded cluster: a Kubernetes API server on a loopback port with a small simulated cluster behind it. It is
//! honest at the protocol level and deterministic; it is no substitute for a cluster, and nothing in it runs.

mod controllers;
mod crowd;
mod faults;
mod json;
mod options;
mod protobuf;
mod quantity;
mod random;
mod resources;
mod scenario;
mod server;
mod store;
mod table;
mod time;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

pub use faults::{Asked, Faults, FaultsError, Paging};
pub use options::{Clock, DemoError, Life, Load, Options};
pub use scenario::SCENARIOS;

use faults::Script;
use options::sized;
use server::{Pulse, Server};
use world::{Pace, build};

/// How often pods change under churn.
const STEP: Duration = Duration::from_millis(25);

/// A served cluster; it ends when this is dropped.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    server: Arc<Server>,
    tasks: Vec<JoinHandle<()>>,
}

/// Builds the scenario's cluster and serves it.
///
/// # Errors
/// When there is no such scenario, or the address cannot be listened on.
pub async fn serve(options: Options) -> Result<Demo, DemoError> {
    let scenario = sized(scenario::read(&options.scenario)?, &options)?;
    let failed = |why| DemoError::Listen { address: options.listen, why };
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let settle = build::settle_time(&scenario);
    let start = match options.clock {
        Clock::Frozen(start) | Clock::Driven(start) => start,
        Clock::Wall => time::later(wall_clock(), -settle),
    };
    let mut world = build::build(&scenario, options.seed, start);
    let settled = world.now;
    let pulse = match options.clock {
        Clock::Wall => Pulse::Beating { simulated: settled, real: Instant::now() },
        Clock::Frozen(_) => {
            world.pace = Pace::Instant;
            Pulse::Still(settled)
        }
        Clock::Driven(_) => Pulse::Driven(settled.as_second().into()),
    };
    let server = Arc::new(Server::new(world, pulse, Script::new(options.faults, options.seed)));
    let mut tasks = vec![tokio::spawn(accept(listener, Arc::clone(&server)))];
    if options.clock == Clock::Wall {
        tasks.push(tokio::spawn(beat(Arc::clone(&server))));
        if options.load.churn > 0 {
            tasks.push(tokio::spawn(stir(Arc::clone(&server), options.load.churn)));
        }
    }
    Ok(Demo { address, server, tasks })
}

/// The machine's clock in whole seconds, where a simulation begins.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the embedded cluster reads the machine's clock"
)]
fn wall_clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    // Dropping the set ends the connections, and with them their watches.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, Arc::clone(&server)))),
                // Out of file descriptors, most likely: wait for some to be given back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, server: Arc<Server>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request| Arc::clone(&server).serve(request));
    // A client that goes away in the middle is no one's error.
    drop(http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service).await);
}

/// Lets so many events of pods happen in each second, evenly.
async fn stir(server: Arc<Server>, rate: u32) {
    let mut steps = tokio::time::interval(STEP);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let (mut last, mut owed) = (Instant::now(), 0.0);
    loop {
        let now = steps.tick().await;
        // What a stopped machine missed does not come all at once.
        owed += f64::from(rate) * now.saturating_duration_since(last).as_secs_f64().min(1.0);
        last = now;
        server.churn(owed as usize);
        owed -= owed.floor();
    }
}

async fn beat(server: Arc<Server>) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        seconds.tick().await;
        server.tick();
    }
}

impl Demo {
    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The simulated instant.
    pub fn now(&self) -> Timestamp {
        self.server.pulse.now()
    }

    /// A kubeconfig with one context for each user: `demo`, `viewer`, `node-reader`. Clients of the Go family send no
    /// token over plain HTTP, so each context's address carries its user's token as well.
    pub fn kubeconfig(&self) -> String {
        let address = self.address;
        let list = |entry: fn(&str, &str, SocketAddr) -> String| {
            server::access::USERS.map(|user| entry(user.name, user.token, address)).concat()
        };
        let clusters = list(|name, token, address| {
            format!("- name: {name}\n  cluster:\n    server: http://{address}/tokens/{token}\n")
        });
        let contexts =
            list(|name, _, _| format!("- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n"));
        let users = list(|name, token, _| format!("- name: {name}\n  user:\n    token: {token}\n"));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: demo\nclusters:\n{clusters}contexts:\n{contexts}users:\n{users}"
        )
    }

    /// Adds rules to the fault script; they count from now on.
    pub fn inject(&self, faults: Faults) {
        self.server.script.add(faults);
    }

    /// Takes all rules of the fault script away. Answers that are under way keep what has befallen them.
    pub fn mend(&self) {
        self.server.script.clear();
    }

    /// Lets go whatever a rule holds `until` this name, now and later.
    pub fn release(&self, name: &str) {
        self.server.script.release(name);
    }

    /// The newest ten thousand requests, oldest first. A request is noted before its answer leaves.
    pub fn requests(&self) -> Vec<Asked> {
        self.server.book.recent()
    }

    /// How often each was asked: by verb, resource (with its subresource, as `pods/eviction`) and status.
    pub fn counts(&self) -> BTreeMap<(&'static str, String, u16), u64> {
        self.server.book.counts()
    }

    /// Waits until so many of the newest requests are as wanted, and gives these.
    pub async fn asked(&self, times: usize, wanted: impl Fn(&Asked) -> bool) -> Vec<Asked> {
        self.server.book.until(times, wanted).await
    }

    /// Lets so many seconds pass, with all that happens in them, where the clock is driven; elsewhere nothing happens.
    pub fn advance(&self, seconds: u32) {
        self.server.pulse.advance(seconds);
        self.server.tick();
    }

    /// Lets so many events of pods happen now, in the scenario `large`.
    pub fn churn(&self, events: usize) {
        self.server.churn(events);
    }

    /// Ends it and waits until it has ended.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            drop(task.await);
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
