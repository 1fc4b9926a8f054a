//! A list in pages, under way: each page is taken apart while it arrives, and the next one is asked for as soon as its
//! token is known. It decides nothing when a page fails, but can go on with that page.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::decode::{Encoding, Page, Part, Undecodable};
use super::follower::Heard;
use super::pace::{AT_HAND, BITE};
use super::request::{Source, limit};
use crate::client::connect::{Answer, Body, Failure, Session};
use crate::model::change::Freshness;
use crate::wire::meta::ListMeta;

/// A list under way, over all selectors of its source.
#[derive(Debug, Default)]
pub(super) struct Listing {
    selector: usize,
    /// The token of the page that is arriving or comes next; empty for the first.
    token: String,
    /// How many objects the pages before it had.
    seen: u64,
    /// How many objects are still to come behind those pages, where the server says so.
    left: Option<u64>,
    /// The selector to watch and its list's version: the first that found anything, or else the first.
    chosen: Option<(usize, String)>,
    found: bool,
    begun: bool,
    done: bool,
    age: Option<NotBefore>,
    page: Option<Arriving>,
    /// The request for the page behind the one that is arriving; it ends when this is dropped.
    ahead: JoinSet<Result<Answer, Failure>>,
}

/// The version that the list must have reached to be believed, as of its first page.
#[derive(Clone, Copy, Debug)]
struct NotBefore(Option<u64>);

/// A page that is arriving.
#[derive(Debug)]
struct Arriving {
    body: Body,
    parts: Page,
    metadata: Option<ListMeta>,
    items: u64,
    not_before: Option<u64>,
}

/// What a list asks with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    /// Whom.
    pub session: &'a Arc<Session>,
    /// For what.
    pub source: &'a Source,
    /// Whether to offer protobuf.
    pub protobuf: bool,
    /// A list that is older than this version comes from a server that is behind.
    pub not_before: Option<u64>,
}

impl Asking<'_> {
    fn undecodable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Undecodable { path: self.source.path.clone(), why: why.to_string() }
    }
}

impl Listing {
    /// Waits for the next bytes and takes them apart. After a failure the next call asks for the same page again;
    /// objects that come twice then are as good as those that come once.
    pub(super) async fn read(&mut self, asking: Asking<'_>, out: &mut Vec<Heard>) -> Result<(), Failure> {
        let read = self.bite(asking, out).await;
        if read.is_err() {
            self.interrupt();
        }
        read
    }

    /// Gives up the requests that are under way; the page that was arriving will be asked for again.
    pub(super) fn interrupt(&mut self) {
        self.page = None;
        self.ahead = JoinSet::new();
    }

    async fn bite(&mut self, asking: Asking<'_>, out: &mut Vec<Heard>) -> Result<(), Failure> {
        let mut page = match self.page.take() {
            Some(page) => page,
            None => self.open(asking, out).await?,
        };
        let mut taken = 0;
        let mut piece = Some(page.body.piece().await?);
        // What is as good as here belongs to the same bite.
        let until = Instant::now() + AT_HAND;
        while let Some(here) = piece {
            let Some(bytes) = here else { return self.turn(page, asking) };
            taken += bytes.len();
            match page.take(&bytes, out).map_err(|error| asking.undecodable(&error))? {
                News::Nothing => {}
                News::Metadata => self.look_ahead(&page, asking)?,
                News::TooOld => return Err(Failure::behind()),
            }
            let next = if taken < BITE { page.body.before(until).await } else { None };
            piece = next.map(Option::transpose).transpose()?;
        }
        self.page = Some(page);
        Ok(())
    }

    async fn open(&mut self, asking: Asking<'_>, out: &mut Vec<Heard>) -> Result<Arriving, Failure> {
        let answer = if let Some(Ok(answer)) = self.ahead.join_next().await {
            answer?
        } else {
            let request = asking.source.page(self.selector, &self.token, asking.protobuf)?;
            asking.session.send(request).await?.check().await?
        };
        if !std::mem::replace(&mut self.begun, true) {
            out.push(Heard::Relisting);
        }
        let parts = Page::new(Encoding::of(&answer.headers));
        // All pages of a list are of one age: what was good enough for the first one is so for the others.
        let NotBefore(not_before) = *self.age.get_or_insert(NotBefore(asking.not_before));
        Ok(Arriving { body: answer.body, parts, metadata: None, items: 0, not_before })
    }

    /// Asks for the page behind this one, whose metadata has arrived.
    fn look_ahead(&mut self, page: &Arriving, asking: Asking<'_>) -> Result<(), Failure> {
        let Some(metadata) = &page.metadata else { return Ok(()) };
        let token = &metadata.continue_token;
        if token.is_empty() {
            return Ok(());
        }
        let behind = metadata.remaining_item_count.and_then(|count| u64::try_from(count).ok());
        // A page with others behind it is full.
        self.left = behind.map(|behind| behind + u64::from(limit(&self.token)));
        let request = asking.source.page(self.selector, token, asking.protobuf)?;
        let session = Arc::clone(asking.session);
        self.ahead.spawn(async move { session.send(request).await?.check().await });
        Ok(())
    }

    /// Goes on to the next page, or to the next selector, or is done.
    fn turn(&mut self, page: Arriving, asking: Asking<'_>) -> Result<(), Failure> {
        page.parts.finish().map_err(|error| asking.undecodable(&error))?;
        let metadata = page.metadata.ok_or_else(|| asking.undecodable(&"the list has no metadata"))?;
        if self.chosen.is_none() || (!self.found && page.items > 0) {
            self.found = page.items > 0;
            self.chosen = Some((self.selector, metadata.resource_version));
        }
        self.seen += page.items;
        self.left = metadata.remaining_item_count.and_then(|count| u64::try_from(count).ok());
        self.token = metadata.continue_token;
        if self.token.is_empty() {
            self.selector += 1;
            self.done = self.selector >= asking.source.selectors.len();
        }
        Ok(())
    }

    /// Once all pages are here: the list's version, and the selector to watch.
    pub(super) fn complete(&self) -> Option<(String, usize)> {
        let (selector, at) = self.chosen.as_ref().filter(|_| self.done)?;
        Some((at.clone(), *selector))
    }

    /// Whether a page has just been completed.
    pub(super) fn between_pages(&self) -> bool {
        self.page.is_none()
    }

    /// How far it is.
    pub(super) fn freshness(&self) -> Freshness {
        let items = self.page.as_ref().map_or(0, |page| page.items);
        Freshness::Listing {
            seen: self.seen + items,
            remaining: self.left.map(|left| left.saturating_sub(items)),
        }
    }
}

/// What a piece of a page brought besides objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Nothing,
    Metadata,
    /// Metadata of an older version than is known; nothing behind it was taken in.
    TooOld,
}

impl Arriving {
    fn take(&mut self, piece: &[u8], out: &mut Vec<Heard>) -> Result<News, Undecodable> {
        let mut news = News::Nothing;
        self.parts.feed(piece);
        while let Some(part) = self.parts.next_part()? {
            match part {
                Part::Metadata(metadata) => {
                    let version = metadata.resource_version.parse::<u64>().ok();
                    if version.zip(self.not_before).is_some_and(|(version, known)| version < known) {
                        return Ok(News::TooOld);
                    }
                    self.metadata = Some(metadata);
                    news = News::Metadata;
                }
                Part::Item(raw) => {
                    self.items += 1;
                    out.push(Heard::Object(raw));
                }
            }
        }
        Ok(news)
    }
}
