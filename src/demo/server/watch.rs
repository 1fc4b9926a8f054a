//! Watching: the changes of a kind as they happen, from any version that the history still has.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::sync::watch as signal;
use tokio::time::Instant;

use super::encode::{self, Style};
use super::list::{Selection, style};
use super::negotiate::Format;
use super::refusal::{Answer, Refusal};
use super::request::{Pieces, Request};
use super::route::Place;
use super::{Body, Server};
use crate::demo::faults::Cut;
use crate::demo::store::object::Object;
use crate::demo::store::{Entry, Kind};

/// How long a watch lasts when the client does not say: the server's `--min-request-timeout`.
const LASTS: u64 = 1800;
/// How often a watch that changes nothing says which version it has reached.
const BOOKMARKS: Duration = Duration::from_mins(1);
/// How long before its end a watch says so once more.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// Events that are there together are sent together, up to about so many bytes.
const PIECE: usize = 64 << 10;

/// Whether the client reads bookmarks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bookmarks {
    Wanted,
    Unwanted,
}

struct Watch {
    server: Arc<Server>,
    changed: signal::Receiver<u64>,
    place: Place,
    selection: Selection,
    style: Style,
    bookmarks: Bookmarks,
    /// Everything up to this version has been sent.
    position: u64,
    /// How many of the newest versions are not known here yet.
    behind: u64,
    /// What there was when the watch began, as far as it is not sent yet.
    backlog: std::vec::IntoIter<Object>,
    /// The bookmark behind it.
    end_of_backlog: Option<Bytes>,
    pending: VecDeque<Bytes>,
    pieces: Pieces,
    columns_sent: bool,
    ended: bool,
    next_bookmark: Instant,
    deadline: Instant,
}

/// Answers with a stream of changes.
pub(super) fn answer(server: &Arc<Server>, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let selection = Selection::read(request, place)?;
    let begin = Begin::read(request)?;
    let seconds = request.number("timeoutSeconds")?.filter(|seconds| *seconds > 0).unwrap_or(LASTS);
    let wanted = request.number("resourceVersion")?.unwrap_or(0);
    let now = Instant::now();
    let mut watch = Watch {
        server: Arc::clone(server),
        changed: server.changed.subscribe(),
        place: place.clone(),
        selection,
        style,
        bookmarks: if request.is_set("allowWatchBookmarks") {
            Bookmarks::Wanted
        } else {
            Bookmarks::Unwanted
        },
        position: wanted,
        behind: request.behind,
        backlog: Vec::new().into_iter(),
        end_of_backlog: None,
        pending: VecDeque::new(),
        pieces: request.pieces,
        columns_sent: false,
        ended: false,
        next_bookmark: now,
        deadline: now + Duration::from_secs(seconds),
    };
    watch.next_bookmark = watch.after_bookmark(now);
    watch.begin(begin, wanted)?;
    let frames = stream::unfold(watch, |mut watch| async {
        let bytes = watch.next().await?;
        Some((Ok::<_, Cut>(Frame::data(bytes)), watch))
    });
    let body = StreamBody::new(frames);
    Ok(server.stream(style.format.stream_type(), body.boxed_unsync()))
}

/// Where a watch begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// After a version.
    After,
    /// With everything that there is.
    WithAll,
    /// With everything, and a bookmark where it ends.
    Streaming,
    /// Now.
    Now,
}

impl Begin {
    fn read(request: &Request) -> Answer<Self> {
        let matching = request.parameter("resourceVersionMatch");
        match (request.parameter("sendInitialEvents"), matching) {
            ("", "") => Ok(match request.parameter("resourceVersion") {
                "" | "0" => Self::WithAll,
                _ => Self::After,
            }),
            ("", _) => Err(Refusal::invalid_options(
                "resourceVersionMatch",
                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )),
            (_, "NotOlderThan") => {
                match (request.is_set("sendInitialEvents"), request.parameter("resourceVersion")) {
                    (true, _) => Ok(Self::Streaming),
                    (false, "" | "0") => Ok(Self::Now),
                    (false, _) => Ok(Self::After),
                }
            }
            _ => Err(Refusal::invalid_options(
                "resourceVersionMatch",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            )),
        }
    }
}

impl Watch {
    fn begin(&mut self, begin: Begin, wanted: u64) -> Answer<()> {
        let server = Arc::clone(&self.server);
        let world = server.world();
        let current = world.store.version_behind(self.behind);
        if wanted > current {
            return Err(Refusal::too_large(wanted, current));
        }
        if begin == Begin::After {
            return Ok(());
        }
        self.position = current;
        if begin == Begin::Now {
            return Ok(());
        }
        let all = world
            .store
            .snapshot(self.place.resource, self.place.scope(), current)
            .map_err(|_| Refusal::too_old(current, world.store.version()))?;
        let objects = all.after(None).map(|(_, object)| object);
        let objects: Vec<_> = objects.filter(|object| self.selection.selects(object)).cloned().collect();
        self.backlog = objects.into_iter();
        if begin == Begin::Streaming && self.bookmarks == Bookmarks::Wanted {
            let bookmark = encode::bookmark(self.place.resource, current, true);
            let mut event = Vec::new();
            encode::event(self.style, "BOOKMARK", &bookmark, false, &mut event);
            self.end_of_backlog = Some(event.into());
        }
        Ok(())
    }

    /// The next piece: one event when pieces go apart, otherwise as many as are there and fit.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.is_ready() {
            self.wait().await?;
        }
        let first = self.pending.front().map_or(0, Bytes::len);
        let room = if self.backlog.len() > 0 { PIECE + (PIECE >> 2) } else { first };
        let mut piece = Vec::with_capacity(room);
        while self.is_ready() && piece.len() < PIECE {
            self.write_next(&mut piece);
            if self.pieces == Pieces::Apart {
                break;
            }
        }
        Some(piece.into())
    }

    /// Whether there is an event that need not be waited for.
    fn is_ready(&self) -> bool {
        self.backlog.len() > 0 || self.end_of_backlog.is_some() || !self.pending.is_empty()
    }

    /// Appends the next of those.
    fn write_next(&mut self, out: &mut Vec<u8>) {
        if let Some(object) = self.backlog.next() {
            self.write("ADDED", &object, out);
        } else if let Some(event) = self.end_of_backlog.take().or_else(|| self.pending.pop_front()) {
            out.extend_from_slice(&event);
        }
    }

    /// Waits until something may have happened; none when the watch has ended.
    async fn wait(&mut self) -> Option<()> {
        if self.ended {
            return None;
        }
        self.changed.mark_unchanged();
        self.pull();
        if self.is_ready() {
            return Some(());
        }
        tokio::select! {
            changed = self.changed.changed() => self.ended = changed.is_err(),
            () = tokio::time::sleep_until(self.deadline) => self.ended = true,
            () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks == Bookmarks::Wanted => {
                let bookmark = encode::bookmark(self.place.resource, self.position, false);
                self.push("BOOKMARK", &bookmark);
                self.next_bookmark = self.after_bookmark(Instant::now());
            }
        }
        Some(())
    }

    /// When the next bookmark is due: in a minute, or shortly before the end.
    fn after_bookmark(&self, now: Instant) -> Instant {
        let last = self.deadline.checked_sub(LAST_BOOKMARK).unwrap_or(now);
        let due = now + BOOKMARKS;
        // After the last one comes none.
        if last <= now { self.deadline + BOOKMARKS } else { due.min(last) }
    }

    /// Takes what happened since the last look.
    fn pull(&mut self) {
        let server = Arc::clone(&self.server);
        let world = server.world();
        let current = world.store.version_behind(self.behind).max(self.position);
        let Ok(changes) = world.store.changes_since(self.position) else {
            let refusal = Refusal::too_old(self.position, current);
            self.pending.push_back(encode::error_event(self.style.format, &refusal.status));
            self.ended = true;
            return;
        };
        let known = changes.take_while(|change| change.version <= current);
        let changes: Vec<Entry> = known.filter(|change| self.concerns(change)).cloned().collect();
        self.position = current;
        self.style.now = server.pulse.now();
        drop(world);
        for change in changes {
            self.tell(&change);
        }
    }

    fn concerns(&self, change: &Entry) -> bool {
        change.key.resource == self.place.resource
            && self.place.scope().is_none_or(|namespace| namespace == change.key.namespace)
    }

    /// What a change is for someone who sees only what is selected.
    fn tell(&mut self, change: &Entry) {
        let was = change.previous.as_ref().is_some_and(|object| self.selection.selects(object));
        let is = change.kind != Kind::Deleted && self.selection.selects(&change.object);
        match (was, is) {
            (true, true) => self.push("MODIFIED", &change.object),
            (false, true) => self.push("ADDED", &change.object),
            (true, false) => {
                let last = change.previous.as_ref().map(|last| last.at_version(change.version));
                if let Some(last) = last {
                    self.push("DELETED", &last);
                }
            }
            (false, false) => {}
        }
    }

    fn push(&mut self, kind: &str, object: &Object) {
        let event = self.event(kind, object);
        self.pending.push_back(event);
    }

    fn event(&mut self, kind: &str, object: &Object) -> Bytes {
        let mut event = Vec::new();
        self.write(kind, object, &mut event);
        event.into()
    }

    fn write(&mut self, kind: &str, object: &Object, out: &mut Vec<u8>) {
        encode::event(self.style, kind, object, !self.columns_sent, out);
        self.columns_sent |= self.style.format == Format::Table;
    }
}
