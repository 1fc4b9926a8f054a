//! How full a node is: for each resource what it has, what its pods ask for and may use at most, and what it was
//! measured to use. It forecasts nothing.

use jiff::Timestamp;

use super::usage;
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::kind::Kind;
use crate::model::node::{Extended, Node};
use crate::model::quantity::{bytes, cores};
use crate::model::room::Limits;
use crate::model::table::Cell;
use crate::model::totals::NodeLoad;
use crate::model::usage::Measured;
use crate::model::value::Value;
use crate::views::{Line, Section};

/// Limits of what there is. That they exceed it is common; it is where memory runs out first.
pub(super) fn limits_cell(
    cluster: &Cluster,
    node: &Node,
    of: fn(&NodeLoad) -> Limits,
    allocatable: i64,
    value: fn(i64, i64) -> Value,
) -> Cell {
    let load = cluster.load(&node.meta.key.name);
    if !cluster.knows_all(Kind::Pod) {
        return super::counting(cluster, load.map_or(0, |load| i64::from(load.pods))).into();
    }
    let limits = load.map(of).unwrap_or_default();
    // That no container has a limit is not the same as a limit of nothing.
    if limits.most.get() == 0 {
        return Value::NONE.into();
    }
    let most = limits.most.get();
    Cell::marked(value(most, allocatable), if most > allocatable { Severity::Info } else { Severity::Ok })
}

/// All of it.
pub(super) fn section(cluster: &Cluster, node: &Node, now: Timestamp) -> Section {
    let load = cluster.load(&node.meta.key.name).cloned().unwrap_or_default();
    let (can, has) = (&node.allocatable, &node.capacity);
    let mut lines = Vec::new();
    if let Some(why) = uncounted(cluster) {
        lines.push(Line::new("pods", why));
    }
    lines.push(pods(i64::from(load.pods), (can.pods, has.pods)));
    lines.push(requests("cpu", load.cpu.get(), (can.cpu, has.cpu), cores));
    lines.push(limits("cpu limits", load.room.cpu, can.cpu, cores));
    lines.extend(usage::lines(cluster, node, Measured::Cpu, now));
    lines.push(requests("memory", load.memory.get(), (can.memory, has.memory), bytes));
    lines.push(limits("memory limits", load.room.memory, can.memory, bytes));
    lines.extend(usage::lines(cluster, node, Measured::Memory, now));
    lines.extend(usage::remark(cluster, node, now));
    let disk = (can.ephemeral_storage, has.ephemeral_storage);
    lines.push(requests("ephemeral-storage", load.room.storage.get(), disk, bytes));
    let disk = Limits { most: load.room.storage_limit, open: 0 };
    if disk.most.get() > 0 {
        lines.push(limits("ephemeral-storage limits", disk, can.ephemeral_storage, bytes));
    }
    lines.extend(others(node, &load));
    Section { title: "Room and load".to_owned(), lines }
}

/// Why what the pods ask for is not all that there may be.
fn uncounted(cluster: &Cluster) -> Option<&'static str> {
    match cluster.freshness(Kind::Pod) {
        Freshness::Forbidden { .. } => Some("may not be read: what they ask for is not known"),
        _ if cluster.narrowed(Kind::Pod).is_some() => {
            Some("may be read in one namespace only: what those of others ask for is not known")
        }
        _ if !cluster.synced(Kind::Pod) => {
            Some("are still being listed: what they ask for is counted so far")
        }
        _ => None,
    }
}

fn share(used: i64, all: i64) -> String {
    if all > 0 { format!(" ({}%)", i128::from(used) * 100 / i128::from(all)) } else { String::new() }
}

fn requests(name: &str, asked: i64, (can, has): (i64, i64), show: impl Fn(i64) -> String) -> Line {
    let over = asked > can;
    let more = if over { ", more than there is" } else { "" };
    let text = format!(
        "{} of {} requested{}{more}; capacity {}",
        show(asked),
        show(can),
        share(asked, can),
        show(has)
    );
    Line::marked(name, text, if over { Severity::Warning } else { Severity::Ok })
}

fn pods(taken: i64, (can, has): (i64, i64)) -> Line {
    let text = format!("{taken} of {can}{}; capacity {has}", share(taken, can));
    Line::marked("pods", text, if taken >= can && taken > 0 { Severity::Warning } else { Severity::Ok })
}

fn limits(name: &str, limits: Limits, can: i64, show: impl Fn(i64) -> String) -> Line {
    let most = limits.most.get();
    let open = match limits.open {
        0 => String::new(),
        1 => "1 pod has none".to_owned(),
        some => format!("{some} pods have none"),
    };
    let over = most > can;
    let text = match (most, open.is_empty()) {
        (0, true) => "none".to_owned(),
        (0, false) => format!("none; {open}"),
        _ => {
            let more = if over { ", overcommitted" } else { "" };
            let open = if open.is_empty() { open } else { format!("; {open}") };
            format!("{} of {}{}{more}{open}", show(most), show(can), share(most, can))
        }
    };
    Line::marked(name, text, if over { Severity::Info } else { Severity::Ok })
}

/// Devices and huge pages: those that the node has, and those that its pods ask for though it has none.
fn others(node: &Node, load: &NodeLoad) -> Vec<Line> {
    let unknown = load.room.names().filter(|name| !node.extended.iter().any(|it| it.name == **name));
    let unknown = unknown.map(|name| Extended { name: name.clone(), capacity: None, allocatable: None });
    let mut all: Vec<Extended> = node.extended.iter().cloned().chain(unknown).collect();
    all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    all.iter().map(|it| other(it, load.room.of(&it.name))).collect()
}

fn other(it: &Extended, asked: i64) -> Line {
    let show = |amount: Option<i64>| match amount {
        None => "<none>".to_owned(),
        Some(amount) if it.name.starts_with("hugepages-") => bytes(amount),
        Some(amount) => amount.to_string(),
    };
    let can = it.allocatable.unwrap_or(0);
    let over = asked > can;
    let more = if over { ", more than there is" } else { "" };
    let text = format!(
        "{} of {} requested{}{more}; capacity {}",
        show(Some(asked)),
        show(it.allocatable),
        share(asked, can),
        show(it.capacity)
    );
    Line::marked(it.name.to_string(), text, if over { Severity::Warning } else { Severity::Ok })
}
