//! What leaves with the pods of one node: whose they are, which disruption budgets match them without being asked, and
//! what is lost. It is made for the node that somebody looks at, never for all.

use std::collections::BTreeMap;

use crate::analysis::eviction::{Fate, Prospect, Toll};
use crate::model::budget::DisruptionBudget;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::kind::Kind;
use crate::model::pod::Pod;
use crate::model::text::Str;
use crate::views::Line;

/// So many owners, and so many budgets, are named.
const NAMED: usize = 12;

/// Whether the taints delete the pod; who is deleted already may have been by anything.
pub(super) fn leaves(fate: Fate) -> bool {
    matches!(fate, Fate::Now | Fate::At(_))
}

/// The budgets in the namespaces of some pods.
pub(super) struct Budgets<'a>(Vec<&'a DisruptionBudget>);

impl<'a> Budgets<'a> {
    /// Those that could match any of the pods that leave.
    pub(super) fn of(cluster: &'a Cluster, prospects: &[Prospect<'a>]) -> Self {
        let mut namespaces: Vec<&Str> =
            prospects.iter().filter(|it| leaves(it.fate)).map(|it| &it.pod.meta.key.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let near = |it: &&DisruptionBudget| namespaces.binary_search(&&it.meta.key.namespace).is_ok();
        Self(cluster.budgets().filter(near).collect())
    }

    /// The names of those that match a pod.
    pub(super) fn matching(&self, pod: &Pod) -> Vec<&'a str> {
        let matches = |it: &&&DisruptionBudget| {
            it.meta.key.namespace == pod.meta.key.namespace
                && it.selector.as_ref().is_some_and(|selector| selector.matches(&pod.template.labels))
        };
        let mut names: Vec<&str> = self.0.iter().filter(matches).map(|it| &*it.meta.key.name).collect();
        names.sort_unstable();
        names
    }

    /// What the deletions mean for budgets.
    pub(super) fn line(&self, prospects: &[Prospect<'a>]) -> Line {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for it in prospects.iter().filter(|it| leaves(it.fate)) {
            for name in self.matching(it.pod) {
                *counts.entry(format!("{}/{name}", it.pod.meta.key.namespace)).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Line::new("budgets", "are not asked: this is a plain deletion");
        }
        let more = counts.len().saturating_sub(NAMED);
        let mut named: Vec<String> =
            counts.into_iter().take(NAMED).map(|(name, pods)| format!("{name} ({pods})")).collect();
        named.extend((more > 0).then(|| format!("{more} more")));
        let text =
            format!("are not asked: taint eviction is a plain deletion; they match {}", named.join(", "));
        Line::marked("budgets", text, Severity::Warning)
    }
}

/// What becomes of the pods of one owner.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    stuck: u32,
    leave: u32,
    stay: u32,
}

/// Each owner of several pods that loses any, those that lose most first: `deployment shop/web   3 leave, 1 stays`. An
/// owner of one pod is told with that pod.
pub(super) fn owners(cluster: &Cluster, prospects: &[Prospect]) -> Vec<Line> {
    let mut shares: BTreeMap<(&str, &str, String), Share> = BTreeMap::new();
    for it in prospects {
        let (kind, name) = owner(cluster, it.pod);
        let share = shares.entry((name, &it.pod.meta.key.namespace, kind)).or_default();
        match it.fate {
            Fate::Stuck => share.stuck += 1,
            Fate::Now | Fate::At(_) => share.leave += 1,
            Fate::Never => share.stay += 1,
            Fate::Leaving => {}
        }
    }
    let loses = |share: &Share| share.lost() > 0 && share.lost() + share.stay > 1;
    let mut losing: Vec<_> = shares.into_iter().filter(|(_, share)| loses(share)).collect();
    losing.sort_by_key(|(_, share)| std::cmp::Reverse(share.lost()));
    let more = losing.len().saturating_sub(NAMED);
    let line = |((name, namespace, kind), share): ((&str, &str, String), Share)| {
        let label = if name.is_empty() {
            format!("{kind} in {namespace}")
        } else {
            format!("{kind} {namespace}/{name}")
        };
        Line::new(label, share.words())
    };
    let mut lines: Vec<Line> = losing.into_iter().take(NAMED).map(line).collect();
    lines.extend((more > 0).then(|| Line::new("", format!("and {more} more owners"))));
    lines
}

impl Share {
    fn lost(self) -> u32 {
        self.stuck + self.leave
    }

    fn words(self) -> String {
        let mut parts = Vec::new();
        if self.stuck > 0 {
            parts.push(format!("{} stuck", self.stuck));
        }
        if self.leave > 0 {
            parts.push(Toll::leaves(self.leave));
        }
        if self.stay > 0 {
            parts.push(if self.stay == 1 { "1 stays".to_owned() } else { format!("{} stay", self.stay) });
        }
        parts.join(", ")
    }
}

/// The kind, in lower case, and the name of what a pod belongs to: of a ReplicaSet its Deployment, where it has one.
/// Without an owner the name is empty.
fn owner<'a>(cluster: &'a Cluster, pod: &'a Pod) -> (String, &'a str) {
    let Some(owner) = &pod.meta.controller else { return ("pods without owner".to_owned(), "") };
    let above = (Kind::named(&owner.kind) == Some(Kind::ReplicaSet))
        .then(|| cluster.workload_named(&owner.kind, &pod.meta.key.namespace, &owner.name))
        .flatten()
        .and_then(|set| set.meta.controller.as_ref());
    let owner = above.unwrap_or(owner);
    (owner.kind.to_lowercase(), &owner.name)
}

/// What does not survive the pod.
pub(super) fn lost(pod: &Pod) -> Option<String> {
    if pod.template.machine() {
        // Its emptyDirs hold nothing of the machine's own.
        return Some("a KubeVirt machine: killed, not migrated".to_owned());
    }
    pod.template.scratch().map(|what| format!("{what}: lost"))
}
