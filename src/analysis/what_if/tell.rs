//! A what-if in words: headlines with counts, what there is to know besides, and one line for each pod. It judges
//! nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::sums::Sums;
use super::{Effects, Loss, OfNode, PodFate, Undone, WhatIf, Why};
use crate::analysis::eviction::{Ending, Fate};
use crate::analysis::standing::Plan;
use crate::analysis::taint_edit::{Edit, PREFER_NO_SCHEDULE, Sense};
use crate::analysis::taints;
use crate::analysis::tolerations::{NO_EXECUTE, Writer};
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::node::Taint;
use crate::model::quantity::{bytes, cores};
use crate::model::value::age;

/// How many workloads and budgets are named in a sentence.
const NAMED: usize = 8;

/// A sentence and how much it weighs.
pub type Told = (Severity, String);

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// The whole in one line.
pub fn headline(what_if: &WhatIf, now: Timestamp) -> Told {
    if let [OfNode { result: Err(why), .. }] = what_if.nodes.as_slice() {
        return (Severity::Info, format!("nothing changes: {why}"));
    }
    if what_if.nodes.iter().all(|node| node.result.is_err()) {
        return (Severity::Info, "nothing changes on any of these nodes".to_owned());
    }
    let sums = Sums::of(what_if.pods(), now);
    let mut parts = Vec::new();
    if !what_if.counted {
        parts.push("not all pods are known".to_owned());
    }
    parts.push(movement(&what_if.edit, &sums));
    parts.extend(placed(what_if));
    let worst = if what_if.edit.adds(NO_EXECUTE) && sums.leave() > 0 {
        Severity::Warning
    } else if what_if.placing.shut.is_empty() {
        Severity::Ok
    } else {
        Severity::Info
    };
    (worst, parts.join("; "))
}

/// What becomes of the pods of one node, where the edit is about that.
pub fn node(edit: &Edit, effects: &Effects, now: Timestamp) -> Option<String> {
    evicts(edit).then(|| movement(edit, &Sums::of(effects.pods.iter(), now)))
}

/// Whether a pod is worth a line: every pod when the edit evicts, and those that are spared when it no longer does.
pub fn concerned(what_if: &WhatIf, pod: &PodFate) -> bool {
    match what_if.edit.sense {
        Sense::Add => evicts(&what_if.edit),
        Sense::Remove => evicts(&what_if.edit) && pod.before != Fate::Never,
    }
}

fn evicts(edit: &Edit) -> bool {
    edit.effect.is_none_or(|effect| effect == NO_EXECUTE)
}

/// Who leaves, or no longer does.
fn movement(edit: &Edit, sums: &Sums) -> String {
    let evicts = evicts(edit);
    match edit.sense {
        Sense::Add if evicts => sums.words(),
        Sense::Add => "nobody leaves".to_owned(),
        Sense::Remove if evicts && sums.spared > 0 => {
            let stay = if sums.spared == 1 { "stays" } else { "stay" };
            format!("{} that would be deleted {stay}", counted(sums.spared, "pod"))
        }
        Sense::Remove if evicts && sums.leave() > 0 => {
            format!("still, {}", Sums { anyway: 0, ..*sums }.words())
        }
        Sense::Remove => "nobody who runs there is touched".to_owned(),
    }
}

/// Who may be scheduled there, or no longer.
fn placed(what_if: &WhatIf) -> Option<String> {
    let placing = &what_if.placing;
    let of = |count: usize| format!("{count} of {}", counted(placing.all, "workload"));
    if !placing.shut.is_empty() {
        Some(format!("{} could no longer be placed there", of(placing.shut.len())))
    } else if !placing.opened.is_empty() {
        Some(format!("{} could be placed there again", of(placing.opened.len())))
    } else if !placing.steered.is_empty() {
        Some(format!("the scheduler will prefer other nodes for {}", of(placing.steered.len())))
    } else if what_if.edit.sense == Sense::Add {
        Some(format!("no workload is kept away, of {}", placing.all))
    } else {
        None
    }
}

/// What there is to know besides, the worst first: for a dialog, or above the list of pods.
pub fn notes(what_if: &WhatIf) -> Vec<Told> {
    let effects: Vec<&Effects> = what_if.nodes.iter().filter_map(|node| node.result.as_ref().ok()).collect();
    let mut told: Vec<Told> = Vec::new();
    let undone = effects.iter().flat_map(|it| &it.undone).map(|undone| undo(*undone, &what_if.edit.key));
    let endings = effects.iter().filter_map(|it| ends(it)).map(str::to_owned);
    for text in undone.chain(endings) {
        // What is the same on several nodes is said once.
        if !told.iter().any(|(_, said)| *said == text) {
            told.push((Severity::Warning, text));
        }
    }
    told.extend(lost(what_if));
    told.extend(places(what_if, &effects));
    let passed_over = what_if.nodes.iter().filter_map(|node| node.result.as_ref().err());
    if what_if.nodes.len() > 1 {
        told.extend(passed_over.map(|why| (Severity::Info, format!("Left out: {why}."))));
    }
    told
}

/// What the lifecycle controller makes of the edit.
fn undo(undone: Undone, key: &str) -> String {
    let controller = "The node lifecycle controller";
    match undone {
        Undone::Surplus => {
            format!(
                "{controller} takes {key}:NoSchedule away at the node's next event: no condition calls for it."
            )
        }
        Undone::Missing if key == crate::analysis::lifecycle::UNSCHEDULABLE => {
            format!(
                "{controller} adds {key}:NoSchedule again at the node's next event: uncordon the node instead."
            )
        }
        Undone::Missing => format!(
            "{controller} adds {key}:NoSchedule again at the node's next event: a condition calls for it."
        ),
        Undone::NextPass(seconds) => format!(
            "{controller} takes {key}:NoExecute away at its next pass, within {seconds} s; longer waits are then \
             cancelled, but who does not tolerate it is gone by then."
        ),
        Undone::Swapped => {
            format!(
                "{controller} swaps {key}:NoExecute at once for the taint that the Ready condition calls for."
            )
        }
        Undone::Again(Plan::Queued(wait)) => {
            format!("{controller} adds {key}:NoExecute again within {}: the node is not Ready.", age(wait))
        }
        Undone::Again(Plan::Held) => format!(
            "{controller} will not add {key}:NoExecute again while the node's zone is in partial disruption."
        ),
        Undone::Again(Plan::Suspended) => {
            format!("{controller} will not add {key}:NoExecute again while no zone has a Ready node.")
        }
        Undone::Again(Plan::Nothing) => {
            format!("{controller} adds {key}:NoExecute again: the node is not Ready.")
        }
    }
}

/// How deleted pods end, where that is not as usual.
fn ends(effects: &Effects) -> Option<&'static str> {
    if !effects.pods.iter().any(|pod| pod.after != Fate::Never) {
        return None;
    }
    match effects.ending {
        Ending::Confirmed => None,
        Ending::Hanging => Some(
            "No kubelet is there to confirm: deleted pods stay Terminating, and StatefulSets do not replace them.",
        ),
        Ending::Collected => Some(
            "The node is not Ready and marked out of service: pod garbage collection removes deleted pods by force. \
             On a machine that still runs this corrupts volumes.",
        ),
    }
}

/// What goes with the pods that leave, in counts.
fn lost(what_if: &WhatIf) -> Vec<Told> {
    let holding = |loss: &Loss| what_if.pods().filter(|pod| pod.losses.contains(loss)).count();
    let mut told = Vec::new();
    let mut add = |count: usize, severity: Severity, text: String| {
        if count > 0 {
            told.push((severity, text));
        }
    };
    let machines = holding(&Loss::Machine);
    let text = format!("Machines of KubeVirt killed, not migrated: {machines}.");
    add(machines, Severity::Critical, text);
    let bare = holding(&Loss::Bare);
    add(bare, Severity::Warning, format!("Pods that no controller makes anew: {bare}."));
    let scratch = holding(&Loss::Scratch);
    add(scratch, Severity::Warning, format!("Pods whose emptyDir data is lost: {scratch}."));
    let leave = what_if.pods().any(|pod| matches!(pod.after, Fate::Now | Fate::At(_)));
    let budgets: BTreeSet<String> = what_if
        .pods()
        .flat_map(|pod| pod.losses.iter().map(move |loss| (pod, loss)))
        .filter_map(|(pod, loss)| match loss {
            Loss::Budget(name) => Some(format!("{}/{name}", pod.key.namespace)),
            _ => None,
        })
        .collect();
    if !budgets.is_empty() {
        let names = named(budgets.iter().map(String::as_str));
        let text = format!("Disruption budgets are not asked, as this is plain deletion: {names}.");
        told.push((Severity::Warning, text));
    } else if leave && !what_if.covered {
        told.push((
            Severity::Info,
            "Disruption budgets are not asked, as this is plain deletion; not all of them are known."
                .to_owned(),
        ));
    } else if leave {
        told.push((
            Severity::Ok,
            "No disruption budget covers them, and plain deletion would ask none.".to_owned(),
        ));
    }
    told
}

/// Who is kept away or let in, by name, and what room that is about.
fn places(what_if: &WhatIf, effects: &[&Effects]) -> Vec<Told> {
    let placing = &what_if.placing;
    let names = |targets: &[Target]| {
        let texts: Vec<String> = targets.iter().map(ToString::to_string).collect();
        named(texts.iter().map(String::as_str))
    };
    let mut told = Vec::new();
    if !placing.shut.is_empty() {
        told.push((Severity::Info, format!("Kept away: {}.", names(&placing.shut))));
        told.push((Severity::Info, format!("Room that is then closed to them: {}.", room(effects))));
    }
    if !placing.opened.is_empty() {
        told.push((Severity::Ok, format!("Let in again: {}.", names(&placing.opened))));
        told.push((Severity::Ok, format!("Room that is then open to them: {}.", room(effects))));
    }
    if !placing.steered.is_empty() {
        told.push((Severity::Info, format!("Steered away: {}.", names(&placing.steered))));
    }
    if what_if.edit.adds(PREFER_NO_SCHEDULE) {
        told.push((Severity::Ok, "Pods that fit nowhere else still come.".to_owned()));
    }
    if !told.is_empty() {
        let text =
            "Judged by the tolerations of one pod of each workload, not by selectors, affinity or size.";
        told.push((Severity::Ok, text.to_owned()));
    }
    told
}

fn room(effects: &[&Effects]) -> String {
    let sum = |read: fn(&Effects) -> i64| effects.iter().map(|it| read(it)).sum::<i64>();
    let (cpu, memory, pods) = (sum(|it| it.free.cpu), sum(|it| it.free.memory), sum(|it| it.free.pods));
    format!("cpu {}, memory {}, {} pods, not requested so far", cores(cpu), bytes(memory), pods)
}

/// Some names, and how many more.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let list = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

/// One pod in one line: when, why, whose it is, what is lost.
pub fn pod(edit: &Edit, pod: &PodFate, now: Timestamp) -> Told {
    let (when, severity) = match (pod.after, pod.before) {
        (Fate::Stuck, _) => ("stuck Terminating".to_owned(), Severity::Critical),
        (Fate::Now, _) => ("at once".to_owned(), Severity::Warning),
        (Fate::At(at), _) if at <= now => ("due".to_owned(), Severity::Warning),
        (Fate::At(at), _) => (format!("after {} s", at.duration_since(now).as_secs()), Severity::Warning),
        (Fate::Leaving, _) => ("is ending".to_owned(), Severity::Info),
        (Fate::Never, Fate::Now | Fate::At(_)) => ("stays, and would not have".to_owned(), Severity::Ok),
        (Fate::Never, _) => ("stays".to_owned(), Severity::Ok),
    };
    let mut parts = vec![when];
    parts.extend(because(edit, &pod.why));
    parts.extend(pod.owner.as_ref().map(|owner| format!("{} {}", owner.kind, owner.name)));
    parts.extend(pod.losses.iter().map(|loss| match loss {
        Loss::Machine => "a KubeVirt machine: killed, not migrated".to_owned(),
        Loss::Scratch => "its emptyDir data is lost".to_owned(),
        Loss::Bare => "nothing makes a new one".to_owned(),
        Loss::Budget(name) => format!("budget {name} is not asked"),
    }));
    (severity, parts.join("; "))
}

/// What decides; the taint that is typed stands above and is not named again.
fn because(edit: &Edit, why: &Why) -> Option<String> {
    let typed = edit.to_string();
    let by = |writer: &Writer| writer.words();
    Some(match why {
        Why::Nothing => return None,
        Why::Static => "static pod".to_owned(),
        Why::Untolerated(taint) if *taint == typed => "does not tolerate it".to_owned(),
        Why::Untolerated(taint) => format!("does not tolerate {taint}"),
        Why::Limited(key, seconds, writer) if *key == edit.key && edit.adds(NO_EXECUTE) => {
            format!("tolerates it for {seconds} s, {}", by(writer))
        }
        Why::Limited(key, seconds, writer) => format!("tolerates {key} for {seconds} s, {}", by(writer)),
        Why::Tolerated(writer) => format!("tolerates it for ever, {}", by(writer)),
        Why::Cancelled(seconds) => format!("its wait of {seconds} s ends with the taint"),
    })
}

/// A list of taints for a field's old and new value.
pub fn list(all: &[Taint]) -> String {
    if all.is_empty() {
        "<none>".to_owned()
    } else {
        all.iter().map(taints::full).collect::<Vec<_>>().join(", ")
    }
}
