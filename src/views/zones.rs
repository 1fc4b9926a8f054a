//! Zones: how the node lifecycle controller sees each, and what that does to the nodes in it. A row is a zone, which is
//! no object: it opens its nodes. The worst of it stands above the nodes.

use jiff::Timestamp;

use super::{Banner, Notice, Opens, Rows, View, never};
use crate::analysis::assumptions::Assumptions;
use crate::analysis::overlay::Mesh;
use crate::analysis::zones::{self, State, Zone};
use crate::model::cluster::{Cluster, ZoneKey};
use crate::model::finding::Severity;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Cell, Column, Row};
use crate::model::text::Str;
use crate::model::value::{Value, age};

/// The zones view; it opens by its name.
pub const VIEW: View = View {
    id: "zones",
    title: "Zones",
    question: "Which zones are in disruption, and does the controller evict in them?",
    rows: Rows::Groups("zones"),
    pane: false,
    kinds: &[Kind::Node],
    columns: COLUMNS,
    judged: |cluster, _| changed(cluster),
    keys,
    restless: never,
    at_once: 100,
    row: keyed,
    opens: Opens::Rows("nodes", nodes_of),
    banner: None,
    foot: &[],
    above: 0,
    measured: None,
};

/// What is said above the nodes when a zone is not well.
pub(super) const BANNER: Banner = Banner { since: changed, lines, more: "zones" };

const COLUMNS: &[Column] = &[
    Column::text("zone", "ZONE", 0, 40, "the topology zone, or the region of nodes that have no zone"),
    Column::text("region", "REGION", 3, 24, "the topology region"),
    Column::text(
        "state",
        "STATE",
        0,
        18,
        "Normal, PartialDisruption or FullDisruption, as the controller says",
    ),
    Column::number("ready", "READY", 0, 7, "nodes that count and are Ready"),
    Column::number("down", "NOT READY", 0, 9, "nodes that count and are not Ready"),
    Column::text("tainting", "TAINTING", 1, 16, "how fast its nodes get their NoExecute taint"),
    Column::number("waiting", "WAITING", 1, 7, "nodes that wait for their NoExecute taint"),
    Column::number("wait", "AT MOST", 1, 7, "how long the last of them waits at most"),
    Column::text("means", "WHAT THAT MEANS", 2, 100, "what the controller does in such a zone"),
];

/// The revision at which something last changed by which zones are judged.
fn changed(cluster: &Cluster) -> u64 {
    cluster.judged(&[Kind::Node]).max(cluster.zoned())
}

fn keys(cluster: &Cluster, _scope: &Scope) -> Vec<Key> {
    cluster.zones().map(|(key, _)| Key::new("", &named(key))).collect()
}

/// Region and zone in one text; no label's value has a slash in it.
fn named((region, zone): &ZoneKey) -> String {
    format!("{}/{}", region.as_deref().unwrap_or_default(), zone.as_deref().unwrap_or_default())
}

fn zone_key(name: &str) -> Option<ZoneKey> {
    let (region, zone) = name.split_once('/')?;
    let some = |text: &str| (!text.is_empty()).then(|| Str::from(text));
    Some((some(region), some(zone)))
}

/// The filter that leaves a zone's nodes.
fn nodes_of(key: &Key) -> String {
    let zone = zone_key(&key.name).and_then(|(_, zone)| zone);
    format!("zone:^{}$", regex::escape(zone.as_deref().unwrap_or("<none>")))
}

fn keyed(cluster: &Cluster, _mesh: &Mesh, _scope: &Scope, key: &Key, _now: Timestamp) -> Option<Row> {
    let known = zone_key(&key.name)?;
    let zone = Zone::named(cluster, &known, &Assumptions::of(cluster))?;
    let (state, severity) = if cluster.synced(Kind::Node) {
        (Value::text(zone.state.word()), severity(&zone))
    } else {
        // A zone of which only some nodes are known looks worse or better than it is.
        (Value::Counting(i64::from(zone.size())), Severity::Ok)
    };
    let count = |count: u32| Value::Count(i64::from(count));
    let down = if zone.not_ready > 0 { Severity::Warning } else { Severity::Ok };
    Some(Row {
        subject: VIEW.rows.subject(key.clone()),
        severity,
        cells: vec![
            Value::text(zones::name(&known).to_owned()).into(),
            known.0.as_deref().map_or(Value::NONE, |region| Value::text(region.to_owned())).into(),
            Cell::marked(state, severity),
            count(zone.ready).into(),
            Cell::marked(count(zone.not_ready), down),
            Value::text(pace(&zone)).into(),
            count(zone.waiting).into(),
            wait(&zone).into(),
            Value::text(meaning(&zone)).into(),
        ],
    })
}

fn severity(zone: &Zone) -> Severity {
    match zone.state {
        State::Normal if zone.waiting == 0 => Severity::Ok,
        State::Normal => Severity::Warning,
        State::PartialDisruption | State::FullDisruption => Severity::Critical,
    }
}

/// `one per 10s`, `none`
fn pace(zone: &Zone) -> String {
    if zone.rate <= 0.0 {
        "none".to_owned()
    } else if zone.rate > 1.0 {
        format!("{} per 1s", zone.rate)
    } else {
        format!("one per {}", age((1.0 / zone.rate).round() as i64))
    }
}

fn wait(zone: &Zone) -> Value {
    match zone.longest_wait() {
        _ if zone.waiting == 0 => Value::Missing(""),
        Some(wait) => Value::Lasts(wait),
        None => Value::Missing("held"),
    }
}

fn meaning(zone: &Zone) -> &'static str {
    match zone.state {
        _ if zone.all_down => {
            "all zones down: no evictions, waits are cancelled; the first Ready node gives all a fresh grace"
        }
        State::Normal if zone.waiting == 0 => "nothing is due",
        State::Normal => "NoExecute taints come one after the other",
        State::FullDisruption => "evicted at the normal rate: another zone is not down",
        State::PartialDisruption if zone.rate > 0.0 => "a large zone: evicted slowly",
        State::PartialDisruption => "no more are tainted; waits that run go on",
    }
}

/// The zones that are not well, the worst first; one line for all when none has a Ready node.
fn lines(cluster: &Cluster, most: usize) -> (Vec<Notice>, usize) {
    if !cluster.synced(Kind::Node) {
        return (Vec::new(), 0);
    }
    let critical = |text: String| Notice { severity: Severity::Critical, text };
    if zones::all_down(cluster) {
        let nodes: u32 = cluster.zones().map(|(_, load)| load.size()).sum();
        let text = format!("all zones down, 0/{nodes} ready: evictions suspended, waits cancelled");
        return (vec![critical(text)], 0);
    }
    let mut bad = zones::all(cluster, &Assumptions::of(cluster));
    bad.retain(|(_, zone)| zone.state != State::Normal);
    bad.sort_by_key(|(_, zone)| std::cmp::Reverse(zone.state));
    let shown = bad.iter().take(most).map(|(key, zone)| critical(line(zones::name(key), zone)));
    (shown.collect(), bad.len().saturating_sub(most))
}

/// `zone eu-west-1b: FullDisruption, 0/4 ready, one taint per 10s, 2 wait ≤20s`
fn line(name: &str, zone: &Zone) -> String {
    let pace =
        if zone.rate > 0.0 { pace(zone).replacen(" per", " taint per", 1) } else { "no taints".to_owned() };
    let wait = match zone.longest_wait() {
        _ if zone.waiting == 0 => String::new(),
        Some(wait) => format!(", {} wait ≤{}", zone.waiting, age(wait)),
        None => format!(", {} held", zone.waiting),
    };
    format!("zone {name}: {}, {}/{} ready, {pace}{wait}", zone.state.word(), zone.ready, zone.size())
}
