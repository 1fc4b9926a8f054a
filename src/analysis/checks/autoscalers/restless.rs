//! Which autoscalers time alone may bring into other trouble, or give another forecast. It judges none.

use jiff::Timestamp;

use super::{KINDS, following, limits};
use crate::analysis::autoscaling::fights::REMEMBERED;
use crate::analysis::autoscaling::flapping::WINDOW;
use crate::analysis::autoscaling::groups::past;
use crate::analysis::autoscaling::{BLUR, Calendar};
use crate::analysis::vigil::Vigil;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::history::{Event, History};
use crate::model::key::Key;

/// Those for which something has begun or ended by itself since they were looked at last. `now` is the server's clock.
pub fn restless(vigil: &mut Vigil, cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let calendar = Calendar::of(cluster);
    let after = vigil.begin(cluster.revision(), cluster.judged(KINDS));
    let since = vigil.look(now);
    let next = |it: &Autoscaler, since| {
        calendar.next(cluster, it, since, now).min(turning(cluster, it, since).unwrap_or(Timestamp::MAX))
    };
    for (at, it) in cluster.autoscalers_touched(after) {
        // What became of it may have been looked at before now.
        vigil.set(at, next(it, since));
    }
    let due: Vec<u32> = vigil.due(now.saturating_add(BLUR).unwrap_or(now)).collect();
    let all = due.into_iter().filter_map(|at| Some((at, cluster.autoscaler_at(at)?)));
    let named = all.map(|(at, it)| {
        vigil.set(at, next(it, now));
        it.meta.key.clone()
    });
    named.collect()
}

/// The first instant since another one at which something is long enough, or too long ago to count.
fn turning(cluster: &Cluster, it: &Autoscaler, since: Timestamp) -> Option<Timestamp> {
    let from = since.saturating_sub(BLUR).unwrap_or(since);
    let history = cluster.history(&it.meta.key);
    let events = || history.into_iter().flat_map(History::events);
    // Its own rescales are remembered for so long where somebody else's stand beside them.
    let contested = events().any(|it| matches!(it, Event::Outside { .. }));
    let counts: &[i64] = if contested { &[WINDOW, REMEMBERED] } else { &[WINDOW] };
    let forgotten = events().flat_map(|it| counts.iter().map(|seconds| past(it.at(), *seconds)));
    let long = limits::lengthen(it).into_iter().flatten();
    let turns = forgotten.chain(long).filter(|at| *at >= from);
    turns.chain(following::worsens(cluster, it, from)).min()
}
