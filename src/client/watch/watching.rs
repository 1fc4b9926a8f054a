//! An open watch, read piece by piece. It decides nothing when the stream ends.

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::Instant;

use super::LARGEST_BATCH;
use super::backoff::dice;
use super::decode::{Broken, Encoding, EventType, Events, Named, Raw};
use super::follower::Heard;
use super::machine::Next;
use super::pace::{BITE, GATHER, Pace, TRICKLE};
use super::request::Source;
use crate::client::connect::failure::Stage;
use crate::client::connect::{Body, Failure, Session};
use crate::model::change::Freshness;
use crate::wire::meta::Status;

/// Watches are asked to end between these, each at another moment, so that they do not all come back together.
const SHORTEST: Duration = Duration::from_mins(5);
/// See [`SHORTEST`].
const LONGEST: Duration = Duration::from_mins(10);
/// How much later than asked a watch may end before its connection counts as dead.
const GRACE: Duration = Duration::from_secs(30);
/// Servers that send bookmarks send one a minute; after this long without one the connection counts as dead.
const BOOKMARKS: Duration = Duration::from_secs(150);
/// The longest pause while the initial objects arrive.
const INITIAL: Duration = Duration::from_mins(1);
/// The annotation of the bookmark that ends the initial objects.
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// An open watch.
#[derive(Debug)]
pub(super) struct Watching {
    asked: Next,
    path: String,
    server: String,
    body: Body,
    events: Events,
    /// The newest version that events brought.
    position: Option<String>,
    phase: Phase,
    objects: u64,
    /// What the last read brought.
    said: Said,
    heard: bool,
    bookmarks: bool,
    pace: Pace,
    /// Whether the last gathering ended because nothing more was there.
    dry: bool,
    opened: Instant,
    timeout: Duration,
}

/// What a watch is bringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The objects that there are.
    Initial,
    /// What happens to them.
    Live,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Nothing,
    /// Bytes; perhaps a refusal, perhaps a part of an event.
    Something,
    /// An event or a bookmark.
    News,
}

/// How a watch ended.
#[derive(Debug)]
pub(super) enum End {
    /// In good order.
    Closed,
    /// Not so.
    Failed(Failure),
}

impl Watching {
    /// Asks for a watch.
    pub(super) async fn open(
        session: &Session,
        source: &Source,
        selector: usize,
        next: &Next,
        protobuf: bool,
    ) -> Result<Self, Failure> {
        let timeout = SHORTEST + LONGEST.saturating_sub(SHORTEST).mul_f64(dice());
        let request = match next {
            Next::Watch { from } => source.watch(selector, from, timeout, protobuf)?,
            Next::StreamList | Next::List => source.stream_list(timeout, protobuf)?,
        };
        let answer = session.send(request).await?.check().await?;
        Ok(Self {
            asked: next.clone(),
            path: source.path.clone(),
            server: session.server.clone(),
            events: Events::new(Encoding::of(&answer.headers)),
            body: answer.body,
            position: None,
            phase: if *next == Next::StreamList { Phase::Initial } else { Phase::Live },
            objects: 0,
            said: Said::Nothing,
            heard: false,
            bookmarks: false,
            pace: Pace::new(Instant::now()),
            dry: false,
            opened: Instant::now(),
            timeout,
        })
    }

    /// Waits for the next pieces of the stream and takes them apart; when they come thickly, for a moment longer.
    pub(super) async fn read(&mut self, out: &mut Vec<Heard>) -> Option<End> {
        self.said = Said::Nothing;
        let patience = self.patience();
        match tokio::time::timeout(patience, self.body.next()).await {
            Ok(Some(Ok(piece))) => match self.take(piece, out).or_else(|| self.rest(out)) {
                None if self.pace.note(out.len(), Instant::now()) => self.gather(out).await,
                end => end,
            },
            Ok(Some(Err(failure))) => Some(End::Failed(failure)),
            Ok(None) => Some(self.closed()),
            Err(_) => Some(End::Failed(Failure::Timeout {
                server: self.server.clone(),
                stage: Stage::Body,
                after: Some(patience),
            })),
        }
    }

    /// Takes in what else is here already: servers send every event in a piece of its own.
    fn rest(&mut self, out: &mut Vec<Heard>) -> Option<End> {
        while out.len() < LARGEST_BATCH {
            let next = self.body.next().now_or_never()?;
            if let Some(end) = self.piece(next, out) {
                return Some(end);
            }
        }
        None
    }

    /// Lets a flood's events come together, and takes them in: whoever listens is woken once for all of them, and so
    /// is this. The initial objects are waited for only where they come more slowly than they are read.
    async fn gather(&mut self, out: &mut Vec<Heard>) -> Option<End> {
        match (self.initial(), self.dry) {
            (false, _) => tokio::time::sleep(GATHER).await,
            (true, true) => tokio::time::sleep(TRICKLE).await,
            (true, false) => {}
        }
        let (before, mut taken) = (out.len(), 0);
        let mut end = None;
        while end.is_none() && out.len() < LARGEST_BATCH && taken < BITE {
            let Some(next) = self.body.at_hand().await else { break };
            taken += next.as_ref().map_or(0, |piece| piece.as_ref().map_or(0, Bytes::len));
            end = self.piece(next, out);
        }
        self.dry = taken < BITE && out.len() < LARGEST_BATCH;
        self.pace.note(out.len() - before, Instant::now());
        end
    }

    fn piece(&mut self, next: Option<Result<Bytes, Failure>>, out: &mut Vec<Heard>) -> Option<End> {
        match next {
            Some(Ok(piece)) => self.take(piece, out),
            Some(Err(failure)) => Some(End::Failed(failure)),
            None => Some(self.closed()),
        }
    }

    fn closed(&self) -> End {
        match self.phase {
            Phase::Initial => End::Failed(Failure::HungUp { server: self.server.clone() }),
            Phase::Live => End::Closed,
        }
    }

    fn patience(&self) -> Duration {
        if self.initial() {
            INITIAL
        } else if self.bookmarks {
            BOOKMARKS
        } else {
            (self.timeout + GRACE).saturating_sub(self.opened.elapsed())
        }
    }

    fn take(&mut self, piece: Bytes, out: &mut Vec<Heard>) -> Option<End> {
        self.said = self.said.max(Said::Something);
        self.events.feed(piece);
        let mut skipped = 0;
        let mut last: Vec<Raw> = Vec::new();
        let end = loop {
            match self.events.next() {
                Ok(None) => break None,
                Ok(Some((EventType::Error, status))) => break Some(End::Failed(refusal(&status))),
                Ok(Some((kind, raw))) => self.event(kind, raw, &mut last, out),
                Err(Broken::Event) => skipped += 1,
                Err(Broken::Stream(error)) => {
                    let why = error.to_string();
                    break Some(End::Failed(Failure::Undecodable { path: self.path.clone(), why }));
                }
            }
        };
        // Only the newest version counts, so only the last object that has one is looked into.
        let version = last.iter().rev().find_map(version);
        self.position = version.or(self.position.take());
        out.extend((skipped > 0).then_some(Heard::Skipped(skipped)));
        end
    }

    fn event(&mut self, kind: EventType, raw: Raw, last: &mut Vec<Raw>, out: &mut Vec<Heard>) {
        self.heard = true;
        if !matches!(kind, EventType::Error | EventType::Unknown) {
            self.said = Said::News;
        }
        match kind {
            EventType::Applied => {
                self.objects += 1;
                out.push(Heard::Object(raw.clone()));
            }
            EventType::Deleted => out.push(Heard::Gone(raw.clone())),
            EventType::Bookmark => {
                self.bookmarks = true;
                if self.initial() && ends_initial(&raw) {
                    self.phase = Phase::Live;
                    out.push(Heard::Synced);
                }
            }
            EventType::Error | EventType::Unknown => return,
        }
        // While the initial objects arrive their versions are in no order, and say nothing about the stream.
        if !self.initial() {
            last.push(raw);
        }
    }

    /// What was asked.
    pub(super) fn asked(&self) -> Next {
        self.asked.clone()
    }

    /// Whether the initial objects are still arriving.
    pub(super) fn initial(&self) -> bool {
        self.phase == Phase::Initial
    }

    /// Whether the last read brought anything.
    pub(super) fn has_spoken(&self) -> bool {
        self.said != Said::Nothing
    }

    /// Whether the last read brought an event or a bookmark.
    pub(super) fn has_brought(&self) -> bool {
        self.said == Said::News
    }

    /// Whether it has brought any event or bookmark.
    pub(super) fn heard(&self) -> bool {
        self.heard
    }

    /// Whether it has brought no object.
    pub(super) fn found_nothing(&self) -> bool {
        self.objects == 0
    }

    /// Where another watch would continue.
    pub(super) fn position(&self) -> Option<String> {
        self.position.clone()
    }

    /// How long it has been open.
    pub(super) fn lasted(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How far the initial objects are.
    pub(super) fn freshness(&self) -> Freshness {
        Freshness::Listing { seen: self.objects, remaining: None }
    }
}

fn version(raw: &Raw) -> Option<String> {
    let version = raw.read::<Named>().ok()?.metadata?.resource_version;
    (!version.is_empty()).then_some(version)
}

fn ends_initial(raw: &Raw) -> bool {
    let metadata = raw.read::<Named>().ok().and_then(|it| it.metadata);
    metadata.is_some_and(|it| it.annotations.get(INITIAL_END).is_some_and(|value| value == "true"))
}

fn refusal(raw: &Raw) -> Failure {
    let code = raw.read::<Status>().map(|it| it.code).unwrap_or_default();
    Failure::from_status(u16::try_from(code).ok().filter(|it| *it != 0).unwrap_or(500), &raw.status())
}
