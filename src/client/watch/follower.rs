//! One stream followed for ever: lists, watches, resumes, waits. It drives `machine` with what really happens, and
//! hands on objects still encoded, so that it serves every kind and both encodings.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff::dice;
use super::decode::Raw;
use super::line::Line;
use super::listing::{Asking, Listing};
use super::machine::{Happened, Machine, Next, Plan, QUIET, Standing, Trouble};
use super::request::Source;
use super::trouble::trouble;
use super::watching::{End, Watching};
use crate::client::clock;
use crate::client::connect::{Failure, Session};
use crate::model::change::Freshness;
use crate::model::text::Str;

/// What a stream brings.
#[derive(Debug)]
pub(crate) enum Heard {
    /// What follows is of this namespace alone, because all of them together may not be read.
    Narrowed(Str),
    /// A list begins.
    Relisting,
    /// An object as it is now.
    Object(Raw),
    /// An object that is gone.
    Gone(Raw),
    /// The list is complete.
    Synced,
    /// How fresh it all is.
    Freshness(Freshness),
    /// This many events could not be taken apart and were passed over.
    Skipped(usize),
}

/// Where the stream is.
#[derive(Debug)]
enum State {
    /// Waiting for a moment.
    Pause(Instant),
    /// About to ask.
    Ready,
    /// In a list.
    Listing,
    /// With an open watch.
    Watching(Box<Watching>),
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Follower {
    session: Arc<Session>,
    source: Source,
    machine: Machine,
    line: Line,
    state: State,
    /// The list that is under way, also while waiting to go on with it.
    listing: Option<Box<Listing>>,
    /// Which of the source's selectors is watched.
    selector: usize,
    /// When the server was last heard.
    heard: Timestamp,
    /// When it was last asked or heard, by the clock that never jumps.
    spoke: Instant,
    /// Whether the user has last been told that the stream is live.
    live: bool,
    /// When the user was last told how far a list is.
    told: Option<Instant>,
}

/// How long a number must stand to be read.
const READABLE: Duration = Duration::from_millis(100);

impl Follower {
    /// A stream that nothing wakes but `retry`.
    pub(crate) fn new(session: Arc<Session>, source: Source, streaming: bool, retry: Arc<Notify>) -> Self {
        Self::on(session, source, streaming, Line::alone(retry))
    }

    /// A stream that is told when the server was away.
    pub(super) fn on(session: Arc<Session>, source: Source, streaming: bool, line: Line) -> Self {
        Self {
            machine: Machine::new(streaming && source.selectors.len() == 1),
            session,
            source,
            line,
            state: State::Ready,
            listing: None,
            selector: 0,
            heard: clock::now(),
            spoke: Instant::now(),
            live: false,
            told: None,
        }
    }

    /// Goes one step on: at most one request, or one read. What it brings may be nothing. A step that is dropped
    /// before its end begins anew.
    pub(crate) async fn step(&mut self) -> Vec<Heard> {
        let mut out = Vec::new();
        match self.state {
            State::Pause(until) => {
                self.line.pause(until, self.spoke).await;
                self.state = State::Ready;
                return out;
            }
            State::Ready => {
                self.forgive();
                self.spoke = Instant::now();
            }
            State::Listing | State::Watching(_) => {}
        }
        // What comes over an open watch comes unasked; the initial objects are still an answer. What the user counts as
        // live is doubted at once.
        let open = matches!(&self.state, State::Watching(watching) if !watching.initial());
        let (line, spoke, counts) = (self.line.clone(), self.spoke, self.live);
        tokio::select! {
            biased;
            () = self.go_on(&mut out) => return out,
            () = line.lost(spoke), if counts => {}
            () = line.unanswered(spoke), if !open => {}
        }
        // What was waited for may never come.
        if let Some(listing) = &mut self.listing {
            listing.interrupt();
        }
        self.happen(Happened::Doubted, &mut out);
        out
    }

    /// What failed before the server came back says nothing of what it does now.
    fn forgive(&mut self) {
        if self.line.returned() {
            // A list in pages that is under way is worth more than a fresh streaming one.
            let streaming = self.line.streams() && self.listing.is_none() && self.source.selectors.len() == 1;
            self.machine.hear(Happened::Returned { streaming }, dice());
        }
    }

    async fn go_on(&mut self, out: &mut Vec<Heard>) {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Pause(_) => {}
            State::Ready => self.ask(out).await,
            State::Listing => self.list(out).await,
            State::Watching(watching) => self.read(watching, out).await,
        }
    }

    async fn ask(&mut self, out: &mut Vec<Heard>) {
        let next = self.machine.next();
        if next == Next::List {
            return self.list(out).await;
        }
        let opened =
            Watching::open(&self.session, &self.source, self.selector, &next, self.machine.protobuf()).await;
        match opened {
            Ok(watching) => {
                self.machine.hear(Happened::Opened, dice());
                if watching.initial() {
                    out.push(Heard::Relisting);
                } else {
                    self.is_live(out);
                }
                self.state = State::Watching(Box::new(watching));
            }
            Err(failure) => self.fail(&failure, &next, out),
        }
    }

    async fn list(&mut self, out: &mut Vec<Heard>) {
        let asking = Asking {
            session: &self.session,
            source: &self.source,
            protobuf: self.machine.protobuf(),
            not_before: self.machine.not_before(),
        };
        let listing = self.listing.get_or_insert_default();
        let read = listing.read(asking, out).await;
        let (complete, between, freshness) =
            (listing.complete(), listing.between_pages(), listing.freshness());
        if let Err(failure) = read {
            return self.fail(&failure, &Next::List, out);
        }
        self.has_spoken();
        if let Some((at, selector)) = complete {
            (self.listing, self.selector) = (None, selector);
            // A list that says nothing of itself is no reason to let go of anything.
            out.extend((!at.is_empty()).then_some(Heard::Synced));
            return self.happen(Happened::Synced { at }, out);
        }
        if between {
            self.happen(Happened::Page, out);
        }
        self.is_listing(freshness, out);
        self.state = State::Listing;
    }

    async fn read(&mut self, mut watching: Box<Watching>, out: &mut Vec<Heard>) {
        let initial = watching.initial();
        let end = watching.read(out).await;
        if watching.has_spoken() {
            self.has_spoken();
        }
        if initial && !watching.initial() {
            self.happen(Happened::Synced { at: watching.position().unwrap_or_default() }, out);
            self.is_live(out);
        } else if initial && end.is_none() {
            self.is_listing(watching.freshness(), out);
        } else if !initial && (watching.has_brought() || watching.lasted() >= QUIET) {
            // What has been open so long went well, whatever was before and whatever ends it.
            self.happen(Happened::Heard { at: watching.position() }, out);
        }
        match end {
            None => self.state = State::Watching(watching),
            Some(End::Failed(failure)) if cut(&failure) && !initial && watching.lasted() >= QUIET => {
                // Something on the way has lost patience with a stream that had little to say.
                self.line.suspect();
                self.happen(Happened::Ended { heard: watching.heard(), lasted: watching.lasted() }, out);
            }
            Some(End::Failed(failure)) => self.fail(&failure, &watching.asked(), out),
            Some(End::Closed) => {
                if self.source.selectors.len() > 1 && watching.found_nothing() {
                    // Another of the selectors may have something by now.
                    self.machine.forget();
                }
                let lasted = watching.lasted();
                self.happen(Happened::Ended { heard: watching.heard(), lasted }, out);
            }
        }
    }

    fn has_spoken(&mut self) {
        (self.heard, self.spoke) = (clock::now(), Instant::now());
    }

    fn is_live(&mut self, out: &mut Vec<Heard>) {
        self.has_spoken();
        if !self.live {
            self.live = true;
            out.push(Heard::Freshness(Freshness::Live { since: self.heard }));
        }
    }

    /// Tells how far a list is, but not more often than anybody can read.
    fn is_listing(&mut self, freshness: Freshness, out: &mut Vec<Heard>) {
        self.live = false;
        if self.told.is_none_or(|at| at.elapsed() >= READABLE) {
            self.told = Some(Instant::now());
            out.push(Heard::Freshness(freshness));
        }
    }

    fn fail(&mut self, failure: &Failure, asked: &Next, out: &mut Vec<Heard>) {
        tracing::debug!(resource = self.source.resource, failure = failure.short(), "a stream failed");
        let trouble = trouble(failure, asked);
        if matches!(trouble, Trouble::Passing { .. }) {
            self.line.suspect();
        } else {
            // Only after what passes is it worth going on with the page that failed.
            self.listing = None;
        }
        self.happen(Happened::Failed(trouble), out);
        if let Some(Heard::Freshness(Freshness::Forbidden { verb, .. })) = out.last_mut() {
            *verb = if *asked == Next::List { "list" } else { "watch" };
        }
    }

    fn happen(&mut self, happened: Happened, out: &mut Vec<Heard>) {
        self.forgive();
        let Plan { delay, standing } = self.machine.hear(happened, dice());
        self.state = if delay.is_zero() { State::Ready } else { State::Pause(Instant::now() + delay) };
        let retry_at = later(clock::now(), delay);
        let resource = || self.source.resource.clone();
        let freshness = match standing {
            Standing::Same => return,
            Standing::Stale { why } => Freshness::Stale { since: self.heard, why, retry_at },
            Standing::Forbidden => Freshness::Forbidden { verb: "list", resource: resource(), retry_at },
            Standing::Absent => Freshness::Absent { retry_at },
        };
        self.live = false;
        out.push(Heard::Freshness(freshness));
    }
}

/// Whether the connection was cut, and not refused or broken by its content.
fn cut(failure: &Failure) -> bool {
    matches!(failure, Failure::HungUp { .. } | Failure::Reset { .. })
}

fn later(now: Timestamp, delay: Duration) -> Timestamp {
    now.checked_add(jiff::SignedDuration::try_from(delay).unwrap_or_default()).unwrap_or(now)
}
