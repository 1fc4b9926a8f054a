//! Answers spoiled on their way out: cut, stopped, corrupted, slowed. It knows items and events only as pieces of the
//! body, and nothing of what is in them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use super::fault::{Point, Wait};
use super::script::Script;

/// The connection is to be broken here.
#[derive(Debug, thiserror::Error)]
#[error("the fault script breaks the connection")]
pub(crate) struct Cut;

/// The body of an answer, in pieces.
type Body = UnsyncBoxBody<Bytes, Cut>;

/// Which pieces of a body are items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The first piece is the head of a list; items follow, and perhaps an end.
    List,
    /// Each piece is an event, or the one object.
    Items,
}

/// What befalls a body.
#[derive(Clone, Debug)]
pub(crate) enum Harm {
    End {
        at: Point,
        how: How,
    },
    Corrupt(u64),
    /// These bytes come after so many items, and nothing more.
    Last {
        after: u64,
        bytes: Bytes,
    },
    Drip {
        bytes: usize,
        every: Duration,
    },
    HoldBack(Wait),
}

/// How a body ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Broken,
    InGoodOrder,
    Silent,
}

struct Spoiled {
    inner: Body,
    shape: Shape,
    harms: Vec<Harm>,
    script: Arc<Script>,
    /// Pieces taken from the inner body.
    pieces: u64,
    /// Items among them.
    items: u64,
    /// Bytes taken and not cut off.
    bytes: u64,
    waiting: VecDeque<Bytes>,
    end: Option<How>,
}

/// A body that suffers what is to befall it.
pub(crate) fn spoil(inner: Body, shape: Shape, harms: Vec<Harm>, script: Arc<Script>) -> Body {
    let waiting = VecDeque::new();
    let spoiled = Spoiled { inner, shape, harms, script, pieces: 0, items: 0, bytes: 0, waiting, end: None };
    let frames = stream::unfold(Some(spoiled), |spoiled| async {
        let mut spoiled = spoiled?;
        match spoiled.next().await? {
            Ok(bytes) => Some((Ok(Frame::data(bytes)), Some(spoiled))),
            Err(cut) => Some((Err(cut), None)),
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

impl Spoiled {
    async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                if let Some((_, every)) = self.drip() {
                    tokio::time::sleep(every).await;
                }
                return Some(Ok(bytes));
            }
            if let Some(how) = self.end {
                return finish(how).await;
            }
            self.look_for_the_end();
            if self.end.is_some() {
                continue;
            }
            match self.inner.frame().await? {
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.take(bytes).await;
                    }
                }
                Err(cut) => return Some(Err(cut)),
            }
        }
    }

    /// Ends that need no further piece: a quiet watch would never bring one.
    fn look_for_the_end(&mut self) {
        let begun = self.shape == Shape::Items || self.pieces > 0;
        for harm in &self.harms {
            match harm {
                Harm::End { at: Point::Items(items), how } if begun && self.items >= *items => {
                    self.end = Some(*how);
                }
                Harm::End { at: Point::Bytes(bytes), how } if self.bytes >= *bytes => self.end = Some(*how),
                Harm::Last { after, bytes } if self.items >= *after => {
                    self.waiting.push_back(bytes.clone());
                    self.end = Some(How::InGoodOrder);
                }
                _ => {}
            }
            if self.end.is_some() {
                return;
            }
        }
    }

    async fn take(&mut self, mut bytes: Bytes) {
        let item = (self.shape == Shape::Items || self.pieces > 0).then_some(self.items);
        self.pieces += 1;
        self.items += u64::from(item.is_some());
        for harm in self.harms.clone() {
            match harm {
                Harm::HoldBack(wait) if item.is_some() => self.script.wait(&wait).await,
                Harm::Corrupt(number) if item == Some(number) => bytes = overwritten(&bytes),
                Harm::End { at: Point::InsideItem(number), how } if item == Some(number) => {
                    bytes.truncate(bytes.len() / 2);
                    self.end = Some(how);
                }
                Harm::End { at: Point::Bytes(most), how } if self.bytes + bytes.len() as u64 > most => {
                    bytes.truncate((most - self.bytes) as usize);
                    self.end = Some(how);
                }
                _ => {}
            }
        }
        self.bytes += bytes.len() as u64;
        let size = self.drip().map_or(bytes.len(), |(size, _)| size).max(1);
        while !bytes.is_empty() {
            self.waiting.push_back(bytes.split_to(size.min(bytes.len())));
        }
    }

    fn drip(&self) -> Option<(usize, Duration)> {
        self.harms.iter().find_map(|harm| match harm {
            Harm::Drip { bytes, every } => Some((*bytes, *every)),
            _ => None,
        })
    }
}

/// What no encoding takes for the beginning of anything.
fn overwritten(bytes: &Bytes) -> Bytes {
    let mut spoiled = BytesMut::from(&bytes[..]);
    spoiled.iter_mut().take(12).for_each(|byte| *byte = 0xff);
    spoiled.freeze()
}

async fn finish(how: How) -> Option<Result<Bytes, Cut>> {
    match how {
        How::InGoodOrder => None,
        How::Silent => std::future::pending().await,
        How::Broken => {
            // What was given so far is written out while nothing more is ready.
            tokio::task::yield_now().await;
            Some(Err(Cut))
        }
    }
}
