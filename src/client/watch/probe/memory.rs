//! What is remembered from round to round: what was refused and need not be asked again soon, what was learnt of the
//! API, who owned the replicas. It asks nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::ask::{BUSY, LATE, Refusal};
use super::paths::Resource;
use crate::client::watch::backoff::{SLOW, dice, jitter};
use crate::model::probe::Scale;

/// How long a scale, and who owns its replicas, is believed while their number stays.
const BELIEVED: Duration = Duration::from_mins(5);
/// Who says that he is busy is left alone at least for so long.
const SHORTEST_HOLD: Duration = Duration::from_secs(1);

/// After so many questions in a row that were not answered in time an API is left alone: as many as are asked at once.
const TOO_LATE: u32 = 4;

/// The memory; the questions of a round share it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// What was refused, by path or by name.
    refused: FxHashMap<String, Refused>,
    /// Where the objects of a kind are found, by API version and kind.
    kinds: FxHashMap<(String, String), Learnt<Arc<Resource>>>,
    /// The version of custom.metrics.k8s.io that is asked.
    custom: Option<Learnt<String>>,
    /// What a scale was, by its path.
    scales: FxHashMap<String, Scaled>,
    /// Until when an API is left alone and why, by its group; the server as a whole by the empty one.
    busy: FxHashMap<String, (Instant, &'static str)>,
    /// How many questions in a row an API has not answered in time, by its group.
    late: FxHashMap<String, u32>,
}

/// What was refused, when, and until when that is believed.
#[derive(Debug)]
struct Refused {
    refusal: Refusal,
    since: Instant,
    until: Instant,
}

/// Something that was learnt, and when.
#[derive(Debug)]
struct Learnt<T> {
    what: T,
    at: Instant,
}

impl<T> Learnt<T> {
    fn now(what: T) -> Self {
        Self { what, at: Instant::now() }
    }

    /// Whether it is worth asking again when it led nowhere.
    fn is_old(&self) -> bool {
        self.at.elapsed() >= SLOW
    }
}

#[derive(Debug)]
struct Scaled {
    scale: Scale,
    /// Which of several targets of that name it was; see `Question`.
    renewed: u64,
    until: Instant,
}

impl Kept {
    fn hold(&mut self, group: &str, wait: Duration, why: &'static str) {
        let until = Instant::now() + wait.clamp(SHORTEST_HOLD, SLOW);
        let busy = self.busy.entry(group.to_owned()).or_insert((until, why));
        if busy.0 < until {
            *busy = (until, why);
        }
    }
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was refused not long ago; before `fresh` it is only remembered.
    pub(super) fn refused(&self, what: &str, fresh: Instant) -> Option<Refusal> {
        let kept = self.kept();
        let it = kept.refused.get(what).filter(|it| Instant::now() < it.until)?;
        let refusal = it.refusal.clone();
        Some(if it.since < fresh { refusal.remembered() } else { refusal })
    }

    /// Remembers a refusal for about a minute.
    pub(super) fn refuse(&self, what: &str, refusal: Refusal) {
        self.refuse_for(jitter(SLOW, dice()), what, refusal);
    }

    /// Remembers it for so long, and no longer than that minute.
    pub(super) fn refuse_for(&self, wait: Duration, what: &str, refusal: Refusal) {
        let since = Instant::now();
        let until = since + wait.min(jitter(SLOW, 1.0));
        self.kept().refused.insert(what.to_owned(), Refused { refusal, since, until });
    }

    /// Lets everything be asked again.
    pub(super) fn forgive(&self) {
        let mut kept = self.kept();
        kept.refused.clear();
        kept.busy.clear();
        kept.late.clear();
    }

    /// Forgets what is not believed any more.
    pub(super) fn tidy(&self) {
        let (mut kept, now) = (self.kept(), Instant::now());
        kept.refused.retain(|_, it| now < it.until);
        kept.busy.retain(|_, (until, _)| now < *until);
        kept.scales.retain(|_, it| now < it.until);
    }

    /// Where the objects of a kind are, if that was learnt.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        let key = (api_version.to_owned(), kind.to_owned());
        self.kept().kinds.get(&key).map(|learnt| Arc::clone(&learnt.what))
    }

    /// Learns it.
    pub(super) fn learn_kind(&self, api_version: &str, kind: &str, resource: &Arc<Resource>) {
        let key = (api_version.to_owned(), kind.to_owned());
        self.kept().kinds.insert(key, Learnt::now(Arc::clone(resource)));
    }

    /// Nothing was found there: unless it was learnt just now, it is to be learnt anew.
    pub(super) fn doubt_kind(&self, api_version: &str, kind: &str) {
        let (mut kept, key) = (self.kept(), (api_version.to_owned(), kind.to_owned()));
        if kept.kinds.get(&key).is_some_and(Learnt::is_old) {
            kept.kinds.remove(&key);
        }
    }

    /// The version of custom.metrics.k8s.io, if that was learnt.
    pub(super) fn custom(&self) -> Option<String> {
        self.kept().custom.as_ref().map(|learnt| learnt.what.clone())
    }

    /// Learns it.
    pub(super) fn learn_custom(&self, version: &str) {
        self.kept().custom = Some(Learnt::now(version.to_owned()));
    }

    /// As `doubt_kind`.
    pub(super) fn doubt_custom(&self) {
        let mut kept = self.kept();
        if kept.custom.as_ref().is_some_and(Learnt::is_old) {
            kept.custom = None;
        }
    }

    /// What the scale of that path was not long ago, when it had as many replicas as now.
    pub(super) fn scale(&self, path: &str, renewed: u64, replicas: i32) -> Option<Scale> {
        let kept = self.kept();
        let known = kept.scales.get(path).filter(|it| (it.renewed, it.scale.spec) == (renewed, replicas))?;
        (Instant::now() < known.until).then(|| known.scale.clone())
    }

    /// Remembers it.
    pub(super) fn learn_scale(&self, path: &str, renewed: u64, scale: &Scale) {
        let until = Instant::now() + jitter(BELIEVED, dice());
        self.kept().scales.insert(path.to_owned(), Scaled { scale: scale.clone(), renewed, until });
    }

    /// The API of that group wants to be left alone for so long, the empty one being all of the server. Nobody is left
    /// alone for more than a minute.
    pub(super) fn hold(&self, group: &str, wait: Duration) {
        self.kept().hold(group, wait, BUSY);
    }

    /// The API of that group did not answer in time. One question may be a hard one; when several in a row were, nobody
    /// waits for it for a minute, and others are not kept waiting by those who would.
    pub(super) fn late(&self, group: &str) {
        let mut kept = self.kept();
        let late = kept.late.entry(group.to_owned()).or_default();
        *late = late.saturating_add(1);
        if *late >= TOO_LATE {
            kept.hold(group, SLOW, LATE);
        }
    }

    /// The API of that group has answered, whatever.
    pub(super) fn prompt(&self, group: &str) {
        self.kept().late.remove(group);
    }

    /// Why it is left alone, or all of the server is.
    pub(super) fn held(&self, group: &str) -> Option<&'static str> {
        let (kept, now) = (self.kept(), Instant::now());
        let busy = ["", group].into_iter().filter_map(|it| kept.busy.get(it));
        busy.filter(|(until, _)| now < *until).map(|(_, why)| *why).next()
    }

    /// Until when all of the server is.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.kept().busy.get("").map(|(until, _)| *until)
    }
}
