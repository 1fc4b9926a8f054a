//! A list in pages, under way. It decides nothing when a page fails.

use super::decode::{Encoding, Raw, page};
use super::request::Source;
use crate::client::connect::{Failure, Session};
use crate::model::change::Freshness;

/// One page of the largest objects that etcd stores would be 750 MB; pages of real clusters have a few.
const LARGEST_PAGE: usize = 1 << 30;

/// A list under way, over all selectors of its source.
#[derive(Debug, Default)]
pub(super) struct Listing {
    selector: usize,
    token: String,
    seen: u64,
    remaining: Option<u64>,
    /// The selector to watch and its list's version: the first that found anything, or else the first.
    chosen: Option<(usize, String)>,
    found: bool,
    begun: bool,
    done: bool,
}

impl Listing {
    /// Whether nothing has been fetched yet.
    pub(super) fn begins(&self) -> bool {
        !self.begun
    }

    /// The next page.
    pub(super) async fn fetch(
        &mut self,
        session: &Session,
        source: &Source,
        protobuf: bool,
    ) -> Result<Vec<Raw>, Failure> {
        let request = source.page(self.selector, &self.token, protobuf)?;
        let answer = session.send(request).await?.check().await?;
        let encoding = Encoding::of(&answer.headers);
        let body = answer.body.collect(LARGEST_PAGE).await?;
        let page = page(encoding, body)
            .map_err(|error| Failure::Undecodable { path: source.path.clone(), why: error.to_string() })?;
        self.begun = true;
        self.seen += page.items.len() as u64;
        self.remaining = page.metadata.remaining_item_count.and_then(|count| u64::try_from(count).ok());
        if self.chosen.is_none() || (!self.found && !page.items.is_empty()) {
            self.found = !page.items.is_empty();
            self.chosen = Some((self.selector, page.metadata.resource_version));
        }
        self.token = page.metadata.continue_token;
        if self.token.is_empty() {
            self.selector += 1;
            self.done = self.selector >= source.selectors.len();
        }
        Ok(page.items)
    }

    /// Once all pages are here: the list's version, and the selector to watch.
    pub(super) fn complete(&self) -> Option<(String, usize)> {
        let (selector, at) = self.chosen.as_ref().filter(|_| self.done)?;
        Some((at.clone(), *selector))
    }

    /// How far it is.
    pub(super) fn freshness(&self) -> Freshness {
        Freshness::Listing { seen: self.seen, remaining: self.remaining }
    }
}
