//! The requests of kubelets for certificates, followed so far as they have had none: one watch for each of the two
//! signers, where the user may list them. Who may not, or has no such API, is told nothing and misses nothing else.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::mpsc;

use super::LARGEST_BATCH;
use super::decode::{Named, Raw};
use super::follower::{Follower, Heard};
use super::line::{Line, Reach};
use super::request::Source;
use crate::client::connect::Session;
use crate::client::convert::{Asked, asked};
use crate::model::certificate::{Signer, Unissued};
use crate::model::change::{Change, Freshness};
use crate::model::text::Str;
use crate::wire::certificates::CertificateSigningRequest;

/// Follows the requests to one signer until nobody listens any more.
pub(super) async fn follow(
    session: Arc<Session>,
    signer: Signer,
    mut line: Line,
    changes: mpsc::Sender<Vec<Change>>,
) {
    let streaming = matches!(line.first().await, Reach::Made { streaming: true });
    let source = Source {
        path: "/apis/certificates.k8s.io/v1/certificatesigningrequests".to_owned(),
        resource: "certificatesigningrequests.certificates.k8s.io".to_owned(),
        namespace: None,
        selectors: vec![format!("spec.signerName={}", signer.name())],
        labels: "",
    };
    let mut follower = Follower::on(session, source, streaming, line);
    let mut requests = Requests::new(signer);
    loop {
        let heard = tokio::select! {
            heard = follower.step() => heard,
            () = changes.closed() => return,
        };
        let news: Vec<Change> = heard.into_iter().flat_map(|heard| requests.hear(heard)).collect();
        for batch in news.chunks(LARGEST_BATCH) {
            if changes.send(batch.to_vec()).await.is_err() {
                return;
            }
        }
    }
}

/// The requests of kubelets to one signer; the API keeps them for an hour, and those that wait for a day.
struct Requests {
    signer: Signer,
    by_name: FxHashMap<String, Asked>,
    /// What a list that is under way has not named yet.
    unseen: Option<FxHashSet<String>>,
    by_node: FxHashMap<String, FxHashSet<String>>,
    told: FxHashMap<String, Unissued>,
}

impl Requests {
    fn new(signer: Signer) -> Self {
        Self {
            signer,
            by_name: FxHashMap::default(),
            unseen: None,
            by_node: FxHashMap::default(),
            told: FxHashMap::default(),
        }
    }

    fn hear(&mut self, heard: Heard) -> Vec<Change> {
        match heard {
            Heard::Relisting => {
                self.unseen = Some(self.by_name.keys().cloned().collect());
                Vec::new()
            }
            Heard::Object(raw) => self.put(&raw).into_iter().collect(),
            Heard::Gone(raw) => name(&raw).and_then(|name| self.forget(&name)).into_iter().collect(),
            Heard::Synced => {
                let gone = self.unseen.take().unwrap_or_default();
                let mut news: Vec<Change> = gone.iter().filter_map(|name| self.forget(name)).collect();
                news.push(Change::Certificates(self.signer));
                news
            }
            Heard::Freshness(freshness) => self.freshness(&freshness),
            // They are in no namespace.
            Heard::Skipped(_) | Heard::Narrowed(_) => Vec::new(),
        }
    }

    /// What may no longer be read is no longer said. Nobody is to wait for a server that stumbles over this question.
    fn freshness(&mut self, freshness: &Freshness) -> Vec<Change> {
        let all: Vec<String> = match freshness {
            Freshness::Forbidden { verb: "list", .. } | Freshness::Absent { .. } => {
                self.by_name.keys().cloned().collect()
            }
            Freshness::Stale { .. } => Vec::new(),
            // What was listed stays known to who may not watch: he lists again.
            Freshness::Forbidden { .. }
            | Freshness::Connecting
            | Freshness::Listing { .. }
            | Freshness::Live { .. } => return Vec::new(),
        };
        let mut news: Vec<Change> = all.iter().filter_map(|name| self.forget(name)).collect();
        news.push(Change::Certificates(self.signer));
        news
    }

    fn put(&mut self, raw: &Raw) -> Option<Change> {
        let request = asked(raw.read::<CertificateSigningRequest>().ok()?)?;
        if let Some(unseen) = &mut self.unseen {
            unseen.remove(&request.name);
        }
        let node = request.node.clone();
        self.by_node.entry(node.clone()).or_default().insert(request.name.clone());
        self.by_name.insert(request.name.clone(), request);
        self.tell(&node)
    }

    fn forget(&mut self, name: &str) -> Option<Change> {
        let request = self.by_name.remove(name)?;
        if let Some(names) = self.by_node.get_mut(&request.node) {
            names.remove(name);
            if names.is_empty() {
                self.by_node.remove(&request.node);
            }
        }
        self.tell(&request.node)
    }

    /// What is new to say of a node.
    fn tell(&mut self, node: &str) -> Option<Change> {
        let names = self.by_node.get(node).into_iter().flatten();
        let unissued = unissued(names.filter_map(|name| self.by_name.get(name)));
        if self.told.get(node) == unissued.as_ref() {
            return None;
        }
        match &unissued {
            Some(it) => drop(self.told.insert(node.to_owned(), it.clone())),
            None => drop(self.told.remove(node)),
        }
        Some(Change::Certificate(Str::from(node), self.signer, unissued))
    }
}

fn name(raw: &Raw) -> Option<String> {
    raw.read::<Named>().ok()?.metadata.map(|metadata| metadata.name)
}

/// The requests since the last that was answered with a certificate; `None` when the newest was.
fn unissued<'a>(requests: impl Iterator<Item = &'a Asked>) -> Option<Unissued> {
    let mut all: Vec<&Asked> = requests.collect();
    all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.name.cmp(&a.name)));
    let open: Vec<&Asked> = all.into_iter().take_while(|it| it.verdict.is_some()).collect();
    let (newest, oldest) = (open.first()?, open.last()?);
    let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
    Some(Unissued {
        name: Str::from(newest.name.as_str()),
        verdict: newest.verdict?,
        since: oldest.created,
        count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::certificate::Verdict;

    fn asked(name: &str, minute: u32, verdict: Option<Verdict>) -> Asked {
        let created = format!("2026-03-01T10:{minute:02}:00Z").parse().unwrap();
        Asked { name: name.into(), node: "a".into(), created, verdict }
    }

    #[test]
    fn only_what_was_asked_since_the_last_certificate_counts() {
        let waiting = Some(Verdict::Waiting);
        let all = [
            asked("old", 0, waiting),
            asked("issued", 10, None),
            asked("b", 20, waiting),
            asked("c", 30, Some(Verdict::Denied)),
        ];
        let it = unissued(all.iter()).unwrap();
        assert_eq!((&*it.name, it.verdict, it.count), ("c", Verdict::Denied, 2));
        assert_eq!(it.since, "2026-03-01T10:20:00Z".parse().unwrap());
        assert_eq!(unissued(all[..2].iter()), None);
        assert_eq!(unissued(std::iter::empty()), None);
    }
}
