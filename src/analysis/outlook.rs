//! What is wrong with the cluster, kept up to date: only objects that changed, and those that time alone may change,
//! are checked anew. It reads no clock and draws nothing.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::checks::{self, Check, Diagnosis};
use super::overlay::Mesh;
use super::vigil::Vigil;
use crate::model::cluster::Cluster;
use crate::model::finding::Finding;
use crate::model::key::Key;

/// The findings about a cluster, and the overlay that some of them are judged by.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    mesh: Mesh,
    /// What each check found, in the order of `checks::ALL`.
    found: Vec<Found>,
    list: Vec<Arc<Finding>>,
    /// Grows whenever the list changes.
    edition: u64,
    /// Where the next step goes on.
    next: usize,
    /// Whether the steps before it found anything that is not as it was.
    news: bool,
}

/// What one check found.
#[derive(Clone, Debug, Default)]
struct Found {
    by: FxHashMap<Key, Told>,
    /// The revision up to which everything has been checked.
    seen: u64,
    /// What they are judged by, as of this revision.
    judged: u64,
    removals: u64,
    vigil: Vigil,
}

/// What was found about one object, and before when time changes no word of it.
#[derive(Clone, Debug)]
struct Told {
    findings: Vec<Arc<Finding>>,
    until: Timestamp,
}

impl Outlook {
    /// Everything that is wrong now.
    pub fn of(cluster: &Cluster, now: Timestamp) -> Self {
        let mut outlook = Self::default();
        outlook.follow(cluster, now);
        outlook
    }

    /// The overlay as a whole, as it was when last followed.
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// The findings, the worst first; equal ones stand by code and name.
    pub fn findings(&self) -> &[Arc<Finding>] {
        &self.list
    }

    /// Grows whenever the findings are not those that they were.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Brings the overlay up to date.
    pub fn follow_mesh(&mut self, cluster: &Cluster) {
        if cluster.meshed() > self.mesh.revision {
            self.mesh = Mesh::of(cluster);
        }
    }

    /// Brings the findings up to date.
    pub fn follow(&mut self, cluster: &Cluster, now: Timestamp) {
        self.next = 0;
        self.follow_some(cluster, now, usize::MAX);
    }

    /// Brings the findings up to date in steps: check by check, until so many objects have been looked at. The list
    /// changes with the last one. Tells whether this was it.
    pub fn follow_some(&mut self, cluster: &Cluster, now: Timestamp, most: usize) -> bool {
        self.follow_mesh(cluster);
        self.found.resize_with(checks::ALL.len(), Found::default);
        let mut looked = 0;
        for (check, found) in checks::ALL.iter().zip(&mut self.found).skip(self.next) {
            if looked >= most {
                return false;
            }
            let (news, count) = found.follow(check, cluster, &self.mesh, now);
            self.news |= news;
            (self.next, looked) = (self.next + 1, looked + count);
        }
        self.next = 0;
        if std::mem::take(&mut self.news) || self.edition == 0 {
            let all = self.found.iter().flat_map(|found| found.by.values().flat_map(|told| &told.findings));
            self.list = all.map(Arc::clone).collect();
            self.list.sort_unstable_by(|a, b| {
                let by_weight = b.severity.cmp(&a.severity).then_with(|| a.code.cmp(b.code));
                by_weight.then_with(|| a.target.cmp(&b.target)).then_with(|| a.summary.cmp(&b.summary))
            });
            self.edition += 1;
        }
        true
    }
}

impl Found {
    /// Checks what needs it; tells whether anything is not as it was, and how many objects it looked at.
    fn follow(&mut self, check: &Check, cluster: &Cluster, mesh: &Mesh, now: Timestamp) -> (bool, usize) {
        let restless = (check.restless)(&mut self.vigil, cluster, now);
        let judged = (check.judged)(cluster, mesh);
        let whole = judged != self.judged || self.seen == 0;
        let removals = cluster.removals(check.subjects);
        // What is gone is found no more, and words about times change.
        let gone = removals != self.removals;
        let old = self.by.iter().filter(|(_, told)| whole || gone || told.until <= now).map(|(key, _)| key);
        let mut keys: FxHashSet<Key> = old.cloned().collect();
        if whole {
            keys.extend((check.keys)(cluster));
        } else {
            keys.extend(cluster.touched(check.subjects, self.seen));
            keys.extend(restless);
        }
        (self.seen, self.judged, self.removals) = (cluster.revision(), judged, removals);
        let (mut news, count) = (false, keys.len());
        for key in keys {
            let found = (check.of)(cluster, mesh, &key, now);
            news |= self.put(key, found);
        }
        (news, count)
    }

    fn put(&mut self, key: Key, Diagnosis { findings, until }: Diagnosis) -> bool {
        let old = self.by.get_mut(&key);
        if findings.is_empty() {
            return self.by.remove(&key).is_some();
        }
        if let Some(old) = old.filter(|old| old.findings.iter().map(|it| &**it).eq(&findings)) {
            old.until = until;
            return false;
        }
        self.by.insert(key, Told { findings: findings.into_iter().map(Arc::new).collect(), until });
        true
    }
}
