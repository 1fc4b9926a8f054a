//! What only somebody who has watched knows, carried over from an object's old state to its new one: since when a
//! NoExecute taint counts, since when a volume is astray, when a node came back from a reboot, and when a lease's
//! renewals were heard of. It judges nothing.

use jiff::{SignedDuration, Timestamp};

use crate::model::node::{Node, NodeLease, Taint};

/// The two taints of which one replaces the other without a pod's wait beginning anew.
const LIFECYCLE: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

fn evicts(taint: &Taint) -> bool {
    &*taint.effect == "NoExecute"
}

/// Lets a node's taints keep the times that its old state knew. What was first seen just now was seen by our clock,
/// which is `skew` behind the server's.
pub(super) fn keep_times(old: Option<&Node>, new: &mut Node, skew: SignedDuration) {
    if !new.taints.iter().any(evicts) {
        return;
    }
    let before: &[Taint] = old.map_or(&[], |node| &node.taints);
    let borne: Vec<_> =
        new.taints.iter().filter(|it| evicts(it)).map(|it| std::sync::Arc::clone(&it.key)).collect();
    let gone =
        |taint: &&Taint| evicts(taint) && LIFECYCLE.contains(&&*taint.key) && !borne.contains(&taint.key);
    let replaced = before.iter().find(gone).and_then(|taint| taint.since);
    for taint in new.taints.iter_mut().filter(|taint| evicts(taint)) {
        let same = before.iter().find(|it| {
            (&it.key, &it.value, &it.effect, it.added)
                == (&taint.key, &taint.value, &taint.effect, taint.added)
        });
        taint.since = match same {
            Some(same) => same.since,
            None if taint.added.is_none() => taint.since.and_then(|seen| seen.checked_add(skew).ok()),
            None => taint.since,
        };
        if LIFECYCLE.contains(&&*taint.key)
            && let Some(earlier) = replaced.filter(|at| taint.since.is_none_or(|since| *at < since))
        {
            taint.since = Some(earlier);
        }
    }
}

/// Lets a node's volumes that are astray keep since when they are, and tells a reboot by a bootID that is another one.
/// When the machine was off is not shown; that its kubelet reported again comes soon after.
pub(super) fn keep_seen(old: Option<&Node>, new: &mut Node, skew: SignedDuration) {
    for volume in &mut new.volumes.astray {
        let known = old.into_iter().flat_map(|old| &old.volumes.astray);
        let same = known.into_iter().find(|it| it.name == volume.name && it.named_by == volume.named_by);
        volume.seen =
            same.map_or_else(|| volume.seen.checked_add(skew).unwrap_or(volume.seen), |same| same.seen);
    }
    let Some(old) = old else { return };
    let other = |one: &Node, two: &Node| {
        let (one, two) = (&one.system.boot_id, &two.system.boot_id);
        !one.is_empty() && !two.is_empty() && one != two
    };
    // A node that was made anew under its name is another machine, as far as anybody knows.
    if old.meta.uid == new.meta.uid {
        new.rebooted = if other(old, new) { new.reported } else { old.rebooted };
    }
}

/// Lets a lease keep what was heard of its renewals.
pub(super) fn keep_lags(old: Option<&NodeLease>, new: &mut NodeLease, skew: SignedDuration) {
    match old {
        Some(old) if old.renewed == new.renewed => (new.heard, new.lags) = (old.heard, old.lags),
        _ => {
            new.heard = new.heard.and_then(|heard| heard.checked_add(skew).ok());
            if old.is_some_and(|old| came_late(old, new)) {
                new.lags = [None, None];
                return;
            }
            let lag = old.and(new.heard).zip(new.renewed).map(|(heard, at)| heard.duration_since(at));
            new.lags = [lag, old.and_then(|old| old.lags[0])];
        }
    }
}

/// Whether a renewal was heard much sooner after the one before than it was made after it: both waited for us, and how
/// long says nothing about the node's clock.
fn came_late(old: &NodeLease, new: &NodeLease) -> bool {
    let between = |one: Option<Timestamp>, other: Option<Timestamp>| Some(other?.duration_since(one?));
    let (heard, made) = (between(old.heard, new.heard), between(old.renewed, new.renewed));
    heard.zip(made).is_some_and(|(heard, made)| heard < made / 2)
}
