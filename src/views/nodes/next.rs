//! The cell that says what happens next to a node, in few words and from sums.

use jiff::SignedDuration;

use super::counting;
use crate::analysis::eviction::Toll;
use crate::analysis::heartbeat::Heartbeat;
use crate::analysis::node::down;
use crate::analysis::standing::{Plan, Standing};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::table::Cell;
use crate::model::value::{Countdown, Value, age};

/// What happens next to a node.
pub(super) fn cell(cluster: &Cluster, standing: &Standing) -> Cell {
    let toll = &standing.toll;
    let uncounted = !standing.counted && standing.threatened();
    let value = match standing.plan {
        Plan::Suspended => Value::text(format!("{}no evictions: all zones down", stuck(toll))),
        Plan::Held => Value::text(format!("{}no evictions: zone in disruption", stuck(toll))),
        _ if uncounted => counting(cluster, i64::from(toll.leave() + toll.stuck)),
        Plan::Queued(wait) => {
            let then = match toll.leave() {
                0 => String::new(),
                some => format!(", then {}", Toll::leaves(some)),
            };
            Value::text(format!("{}taint in {} at most{then}", stuck(toll), age(wait)))
        }
        Plan::Nothing if standing.threatened() || toll.stuck > 0 => pods(toll),
        Plan::Nothing => kubelet(standing).unwrap_or_else(|| taints(standing)),
    };
    let leaves = toll.stuck + toll.leave() > 0 || standing.plan != Plan::Nothing;
    Cell::marked(value, if leaves { Severity::Warning } else { Severity::Ok })
}

fn stuck(toll: &Toll) -> String {
    if toll.stuck > 0 { format!("{} stuck, ", toll.stuck) } else { String::new() }
}

/// `12 leave in 4m10s, 3 never`
fn pods(toll: &Toll) -> Value {
    let mut before = stuck(toll);
    if toll.now > 0 {
        before = format!("{before}{} now, ", Toll::leaves(toll.now));
    }
    let never = if toll.never > 0 { format!(", {} never", toll.never) } else { String::new() };
    let (Some(next), Some(last)) = (toll.next, toll.last) else {
        let alone = before.is_empty() && toll.leaving == 0;
        let text = match toll.never {
            0 => before.trim_end_matches(", ").to_owned(),
            1 if alone => "its pod stays".to_owned(),
            all if alone => format!("all {all} stay"),
            some => format!("{before}{some} never"),
        };
        return if text.is_empty() { Value::Missing("") } else { Value::text(text) };
    };
    let (word, after) = if next == last { ("in", never) } else { ("from", format!(" on{never}")) };
    Countdown { before: format!("{before}{} {word} ", Toll::leaves(toll.later)), at: next, after }.into()
}

fn kubelet(standing: &Standing) -> Option<Value> {
    match standing.heartbeat {
        _ if down(standing.node) => None,
        Heartbeat::Late(_, left) => {
            let at = standing.terms.now.checked_add(SignedDuration::from_secs(left)).ok()?;
            let (before, after) = ("Unknown in ".to_owned(), " unless renewed".to_owned());
            Some(Countdown { before, at, after }.into())
        }
        Heartbeat::Silent(_) => Some(Value::text("Unknown at any moment")),
        _ => None,
    }
}

/// The taints that the controller will add or take away.
fn taints(standing: &Standing) -> Value {
    let short = |key: &'static str| key.trim_start_matches("node.kubernetes.io/");
    let disagreement = standing.disagreement;
    let adds = disagreement.adds.iter().map(|key| format!("taint {} comes", short(key)));
    let removes = disagreement.removes.iter().map(|key| format!("taint {} goes", short(key)));
    let all: Vec<String> = adds.chain(removes).collect();
    if all.is_empty() { Value::Missing("") } else { Value::List(all) }
}
