//! Servers that are away, frozen or cut off, and machines that sleep: streams go on within seconds of their return,
//! without a list, and nothing is called live meanwhile. Time is paused, as in `watch`.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use foretop::model::kind::Kind;
use serde_json::json;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Asked, Deed, STEP, Server, by_hand, soon, version};
use crate::told::{Told, event, list, names, node};

pub(crate) const FINE: u8 = 0;
pub(crate) const AWAY: u8 = 1;
pub(crate) const FROZEN: u8 = 2;
/// Answers for its version and lists, and keeps watches waiting until it is told to open them.
pub(crate) const SLOW: u8 = 3;

/// A server whose mood changes, with one watch after the other open.
pub(crate) struct Moody {
    pub(crate) server: Server,
    mood: Arc<AtomicU8>,
    watches: Arc<Mutex<Vec<mpsc::UnboundedSender<std::io::Result<Bytes>>>>>,
    /// Opens the watches that wait.
    pub(crate) open: Arc<Notify>,
}

impl Moody {
    pub(crate) async fn start() -> Self {
        let (mood, watches) = (Arc::new(AtomicU8::new(FINE)), Arc::new(Mutex::new(Vec::new())));
        let (now, senders, open) = (Arc::clone(&mood), Arc::clone(&watches), Arc::new(Notify::new()));
        let opened = Arc::clone(&open);
        let answer = move |asked: &Asked| {
            if asked.path == "/version" {
                return version(31);
            }
            if !asked.watches() {
                return list(7, &[node("a", 3)]);
            }
            let (sender, reply) = by_hand();
            senders.lock().unwrap().push(sender);
            reply
        };
        let server = Server::doing(move |asked| match now.load(Ordering::SeqCst) {
            AWAY => Deed::HangUp,
            SLOW if asked.watches() => Deed::Held(Arc::clone(&opened), answer(asked)),
            FINE | SLOW => Deed::Answer(answer(asked)),
            _ => Deed::Freeze,
        })
        .await;
        Self { server, mood, watches, open }
    }

    pub(crate) fn becomes(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    /// Cuts every open watch.
    pub(crate) fn cut(&self) {
        for watch in self.watches.lock().unwrap().drain(..) {
            let _closed = watch.send(Err(std::io::Error::other("cut")));
        }
    }

    /// Sends an event to the newest watch.
    pub(crate) fn tell(&self, name: &str, version: u32) {
        let watches = self.watches.lock().unwrap();
        watches.last().unwrap().send(Ok(event("ADDED", &node(name, version)))).unwrap();
    }

    pub(crate) fn lists(&self) -> usize {
        self.server.asked().iter().filter(|asked| !asked.watches()).count()
    }

    /// From where the last watch goes on.
    pub(crate) fn position(&self) -> String {
        self.server.asked().last().unwrap().query("resourceVersion").to_owned()
    }
}

/// A client that has seen an event at version 8.
pub(crate) async fn watching(moody: &Moody) -> Told {
    let mut told = Told::by(&moody.server, Kind::Node).await;
    told.live().await;
    moody.tell("b", 8);
    told.until(|change| names(change) == "+b").await;
    told
}

/// Waits until the kind is live by all that is known: how long that took.
pub(crate) async fn live_again(told: &mut Told) -> Duration {
    let start = Instant::now();
    while !told.cluster.freshness(Kind::Node).is_live() {
        told.during(STEP, STEP).await;
        assert!(start.elapsed() < Duration::from_mins(2), "{:?}", told.cluster.freshness(Kind::Node));
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_away_for_minutes_is_live_within_five_seconds_of_its_return() {
    for away in [3, 40, 180] {
        let moody = Moody::start().await;
        let mut told = watching(&moody).await;
        moody.becomes(AWAY);
        moody.cut();
        let why = told.stale().await;
        assert!(["server hung up", "connection reset"].contains(&why.as_str()), "{why}");
        let (asked, versions) = (moody.server.asked().len(), moody.server.versions.load(Ordering::SeqCst));
        told.during(Duration::from_secs(away), STEP).await;
        assert!(!told.cluster.freshness(Kind::Node).is_live());
        assert_eq!(told.cluster.count(Kind::Node), 2, "rows stay");
        let watches = moody.server.asked().len() - asked;
        let probes = moody.server.versions.load(Ordering::SeqCst) - versions;
        assert!(
            watches as u64 <= 4 + away / 15 && probes as u64 <= 3 + away,
            "{watches} and {probes} in {away} s"
        );

        moody.becomes(FINE);
        let took = live_again(&mut told).await;
        assert!(took <= Duration::from_secs(5), "{took:?} after {away} s");
        assert_eq!((moody.lists(), moody.position()), (1, "8".to_owned()), "resumed, not listed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_frozen_server_is_not_called_live_and_its_streams_are_opened_anew() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    moody.becomes(FROZEN);
    told.during(Duration::from_secs(25), STEP).await;
    assert!(!told.cluster.freshness(Kind::Node).is_live(), "the open watch alone proves nothing");
    let doubt = format!("{:?}", told.cluster.freshness(Kind::Node));
    assert!(doubt.contains("timed out"), "{doubt}");
    moody.becomes(FINE);
    let took = live_again(&mut told).await;
    assert!(took <= Duration::from_secs(5), "{took:?}: lost questions must not be waited for");
    soon("another watch", moody.server.asked_times(3)).await;
    assert_eq!((moody.lists(), moody.position()), (1, "8".to_owned()));
    moody.tell("c", 9);
    told.until(|change| names(change) == "+c").await;
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_every_stream_goes_on_over_a_new_connection_at_once() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    told.during(STEP, STEP).await;
    let versions = moody.server.versions.load(Ordering::SeqCst);
    let start = Instant::now();
    told.watches.doubt();
    assert_eq!(told.stale().await, "connecting anew");
    told.live().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(moody.server.versions.load(Ordering::SeqCst) > versions, "the server is asked at once");
    assert_eq!((moody.server.asked().len(), moody.lists(), moody.position()), (3, 1, "8".to_owned()));
    // What the old connection still brings is heard by nobody.
    let old = moody.watches.lock().unwrap().remove(0);
    assert!(
        old.send(Ok(event("ADDED", &json!({ "metadata": { "name": "ghost" } })))).is_err()
            || told.cluster.node("ghost").is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_cuts_quiet_streams_every_minute_is_no_news() {
    for clean in [true, false] {
        let moody = Moody::start().await;
        let mut told = watching(&moody).await;
        let mut seen = Vec::new();
        for _ in 0..10 {
            seen.extend(told.during(Duration::from_mins(1), STEP).await);
            if clean {
                moody.watches.lock().unwrap().clear();
            } else {
                moody.cut();
            }
            seen.extend(told.during(Duration::from_secs(2), STEP).await);
        }
        assert_eq!(seen, [""; 0], "clean: {clean}");
        assert_eq!((moody.lists(), moody.server.asked().len(), moody.position()), (1, 12, "8".to_owned()));
    }
}
