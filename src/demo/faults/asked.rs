//! What the server was asked, and how often: for rules to match, for tests to wait for, for counting from outside.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use tokio::sync::watch;

/// No more requests than this are remembered one by one; all are counted.
const REMEMBERED: usize = 10_000;

/// Where a list or a watch begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paging {
    /// A list from its beginning, a watch with everything that there is, or neither.
    #[default]
    First,
    /// A list that a continue token continues, or a watch from a resourceVersion on.
    Next,
}

/// A request before it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) verb: &'static str,
    /// The plural name; empty for what is no resource.
    pub(crate) resource: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
    pub(crate) paging: Paging,
    pub(crate) path: String,
    pub(crate) query: String,
}

/// A request as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: &'static str,
    /// The plural name, for example `pods`; empty for what is no resource.
    pub resource: &'static str,
    /// For example `scale`; mostly empty.
    pub subresource: String,
    /// Where a list or a watch begins.
    pub paging: Paging,
    /// The path, without a token.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The HTTP status; 0 when there was no answer.
    pub code: u16,
    /// The names of the faults that befell it.
    pub faults: Vec<&'static str>,
}

/// The requests so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    recent: VecDeque<Asked>,
    counts: BTreeMap<(&'static str, String, u16), u64>,
}

/// The book of requests.
#[derive(Debug, Default)]
pub(crate) struct Book {
    seen: watch::Sender<Seen>,
}

impl Book {
    /// Notes an answered request.
    pub(crate) fn note(&self, request: &Request, code: u16, faults: Vec<&'static str>) {
        let asked = Asked {
            verb: request.verb,
            resource: request.resource,
            subresource: request.subresource.clone(),
            paging: request.paging,
            path: request.path.clone(),
            query: request.query.clone(),
            code,
            faults,
        };
        let whole = match (asked.resource, asked.subresource.as_str()) {
            (resource, "") => resource.to_owned(),
            (resource, subresource) => format!("{resource}/{subresource}"),
        };
        self.seen.send_modify(|seen| {
            *seen.counts.entry((asked.verb, whole, code)).or_default() += 1;
            seen.recent.push_back(asked);
            if seen.recent.len() > REMEMBERED {
                seen.recent.pop_front();
            }
        });
    }

    /// The newest requests, oldest first.
    pub(crate) fn recent(&self) -> Vec<Asked> {
        self.seen.borrow().recent.iter().cloned().collect()
    }

    /// How often each was asked: by verb, by resource with its subresource, and by status.
    pub(crate) fn counts(&self) -> BTreeMap<(&'static str, String, u16), u64> {
        self.seen.borrow().counts.clone()
    }

    /// Waits until at least so many requests of the newest are as wanted, and gives these.
    pub(crate) async fn until(&self, times: usize, wanted: impl Fn(&Asked) -> bool) -> Vec<Asked> {
        let mut seen = self.seen.subscribe();
        loop {
            let found: Vec<Asked> =
                seen.borrow_and_update().recent.iter().filter(|asked| wanted(asked)).cloned().collect();
            if found.len() >= times || seen.changed().await.is_err() {
                return found;
            }
        }
    }
}
