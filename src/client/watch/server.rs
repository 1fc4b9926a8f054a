//! The server itself: its version, whether it answers, how far its clock is from ours. It watches no objects.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::SignedDuration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::backoff::{delay, dice, spread};
use super::line::{Away, Contact, Line, Reach};
use super::sleep::{Clocks, LOOK};
use crate::client::clock;
use crate::client::connect::{Failure, ServerVersion, Session};
use crate::model::change::Change;
use crate::model::server::ServerNews;

/// How often a server that answers is asked again.
const PERIOD: Duration = Duration::from_secs(10);
/// How long an answer may take before the open streams are doubted: a frozen server keeps its connections open.
const PATIENCE: Duration = Duration::from_secs(10);
/// A server that does not answer is asked at least this often, so that the streams wake soon after its return.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// So many questions may wait at once: as many as one patience holds.
const QUESTIONS: usize = 5;
/// How long the streams get to say that they have to be doubted; none needs more than to be woken.
const BREATH: Duration = Duration::from_millis(50);
/// Between two questions that streams ask for.
const CALM: Duration = Duration::from_secs(1);
/// The first estimate of the skew is good to about a second; smaller steps are noise, and everything is judged anew by
/// a step.
const SKEW_STEP: i128 = 1000;

/// Streaming lists came with 1.32, were off by default in 1.33, and are on since 1.34.
fn streams_lists(version: &ServerVersion) -> bool {
    (version.major, version.minor) >= (1, 32) && (version.major, version.minor) != (1, 33)
}

/// What has last been told.
struct Told {
    version: Option<String>,
    skew: Option<SignedDuration>,
    reachable: Option<bool>,
}

/// Asks the server how it is, for the streams and for the user.
pub(super) struct Probe {
    /// Whom it asks.
    pub session: Arc<Session>,
    /// What it tells the streams.
    pub contact: watch::Sender<Contact>,
    /// What they and the user tell it.
    pub line: Line,
    /// Told when every connection is to be doubted.
    pub slept: Arc<Notify>,
}

/// Asks for ever, until nobody listens any more.
pub(super) async fn follow(probe: Probe, changes: mpsc::Sender<Vec<Change>>) {
    let mut told = Told { version: None, skew: None, reachable: None };
    let mut clocks = Clocks::new(clock::now(), Instant::now());
    let (mut failures, mut heard, mut silent) = (0, clock::now(), None);
    let mut news = vec![ServerNews::Identity(probe.session.identity())];
    loop {
        let Asked { answer, last, lost } = insist(&probe.session, silent.is_some()).await;
        let pause = match &answer {
            Err(failure) if !answered(failure) => {
                failures += 1;
                silent = Some(Instant::now());
                let pause = spread(delay(failures, 0.0).min(LONGEST_PAUSE), dice());
                let pause = (last + pause).saturating_duration_since(Instant::now());
                let (why, retry_at) = (failure.short(), clock::now() + pause);
                news.push(ServerNews::Silent { since: heard, why, retry_at });
                probe.contact.send_modify(|contact| contact.reach = Reach::Failed);
                pause
            }
            answer => {
                (failures, heard) = (0, clock::now());
                let streaming = answer.as_ref().is_ok_and(streams_lists);
                probe.is_there(streaming, silent.take().or(lost)).await;
                PERIOD
            }
        };
        news.extend(told.take(answer));
        news.extend(told.skewed(probe.session.skew()));
        if !news.is_empty() && changes.send(news.drain(..).map(Change::Server).collect()).await.is_err() {
            return;
        }
        tokio::select! {
            () = changes.closed() => return,
            () = tokio::time::sleep(pause) => {}
            () = probe.line.retry() => {}
            () = probe.suspected(last), if failures == 0 => {}
            () = probe.awoken(&mut clocks) => probe.doubt().await,
        }
    }
}

impl Probe {
    /// Tells the streams that the server answers, and those that may not know it, that it did not for a while.
    async fn is_there(&self, streaming: bool, silent: Option<Instant>) {
        if silent.is_some() {
            self.session.reconnect().await;
        }
        let now = Contact { reach: Reach::Made { streaming }, away: silent.map(Away::silent) };
        self.contact.send_if_modified(|contact| {
            let news = Contact { away: now.away.or(contact.away), ..now };
            std::mem::replace(contact, news) != news
        });
        if silent.is_some() {
            // Those that have to be doubted say so before the user is told that the server is there.
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Lets nobody rely on a connection.
    async fn doubt(&self) {
        self.session.reconnect().await;
        let away = Some(Away::silent(Instant::now()));
        self.contact.send_modify(|contact| contact.away = away);
    }

    /// A stream that fails asks for a question to the server, but not for one after the other.
    async fn suspected(&self, asked: Instant) {
        self.line.suspicion().await;
        tokio::time::sleep_until(asked + CALM).await;
    }

    async fn awoken(&self, clocks: &mut Clocks) {
        loop {
            if clocks.slept(clock::now(), Instant::now()) {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.slept.notified() => return,
            }
        }
    }
}

/// What came of asking.
struct Asked {
    answer: Result<ServerVersion, Failure>,
    /// When the last question was asked.
    last: Instant,
    /// The first question, when one was answered that was asked later.
    lost: Option<Instant>,
}

/// Asks, and again over new connections while older questions still wait: one that was lost on the way must not keep
/// the server's return from being noticed. `silent` when it did not answer before.
async fn insist(session: &Session, silent: bool) -> Asked {
    let first = Instant::now();
    if silent {
        session.reconnect().await;
    }
    let ask = async |asked| (asked, session.version_within(PATIENCE).await);
    let mut waiting = FuturesUnordered::from_iter([ask(first)]);
    let mut last = first;
    loop {
        tokio::select! {
            Some((asked, answer)) = waiting.next() => {
                return Asked { answer, last, lost: (asked > first).then_some(first) };
            }
            () = tokio::time::sleep(LONGEST_PAUSE), if waiting.len() < QUESTIONS => {
                if last == first {
                    session.reconnect().await;
                }
                last = Instant::now();
                waiting.push(ask(last));
            }
        }
    }
}

/// A server that refuses has been reached; the streams say what it refuses.
fn answered(failure: &Failure) -> bool {
    matches!(failure, Failure::Forbidden { .. } | Failure::NotFound { .. })
}

impl Told {
    fn take(&mut self, answer: Result<ServerVersion, Failure>) -> Vec<ServerNews> {
        match answer {
            Ok(version) => {
                let mut news = Vec::new();
                if self.reachable.replace(true) != Some(true) {
                    news.push(ServerNews::Reachable);
                }
                if self.version.as_ref() != Some(&version.git) {
                    self.version = Some(version.git.clone());
                    news.push(ServerNews::Version(version.git));
                }
                news
            }
            Err(failure) if answered(&failure) => {
                let was = self.reachable.replace(true);
                if was == Some(true) { Vec::new() } else { vec![ServerNews::Reachable] }
            }
            Err(failure) => {
                self.reachable = Some(false);
                vec![ServerNews::Unreachable { why: failure.to_string(), hint: failure.hint() }]
            }
        }
    }

    fn skewed(&mut self, skew: Option<SignedDuration>) -> Option<ServerNews> {
        let skew = skew?;
        let moved = self.skew.is_none_or(|told| (told - skew).as_millis().abs() >= SKEW_STEP);
        moved.then(|| {
            self.skew = Some(skew);
            ServerNews::Skew(skew)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streaming_lists_by_version() {
        let streams = |minor| streams_lists(&ServerVersion { major: 1, minor, git: format!("v1.{minor}.0") });
        assert_eq!([31, 32, 33, 34, 36].map(streams), [false, true, false, true, true]);
    }

    #[test]
    fn tells_only_what_is_new() {
        let mut told = Told { version: None, skew: None, reachable: None };
        let version = || Ok(ServerVersion { major: 1, minor: 36, git: "v1.36.3".into() });
        assert_eq!(told.take(version()), [ServerNews::Reachable, ServerNews::Version("v1.36.3".into())]);
        assert_eq!(told.take(version()), []);
        let refused = || Failure::Refused { server: "https://127.0.0.1:1".into() };
        assert!(matches!(&told.take(Err(refused()))[..], [ServerNews::Unreachable { .. }]));
        assert_eq!(told.take(version()), [ServerNews::Reachable]);
        assert!(told.skewed(Some(SignedDuration::from_secs(3))).is_some());
        assert!(told.skewed(Some(SignedDuration::from_millis(3100))).is_none());
    }
}
