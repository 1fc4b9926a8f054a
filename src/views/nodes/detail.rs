//! All that is known and forecast of one node: the kubelet's clock, conditions and taints, who leaves and when, its
//! zone, its room. Lists that can be long end with how much more there is.

use jiff::Timestamp;

use super::leaving::{self, Budgets, lost, owners};
use super::{list, room};
use crate::analysis::assumptions::{Assumptions, minor, stated};
use crate::analysis::checks::nodes::{consequence, fates};
use crate::analysis::eviction::{Fate, Prospect};
use crate::analysis::heartbeat::Heartbeat;
use crate::analysis::lifecycle::{Disagreement, EvictionTaint};
use crate::analysis::node::{bad, status};
use crate::analysis::standing::{Plan, Standing};
use crate::analysis::tolerations::{NO_EXECUTE, Writer, compares};
use crate::analysis::trouble::oldest_skew;
use crate::analysis::zones::{self, State};
use crate::analysis::{taints, zones::Zone};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::flag::Flag;
use crate::model::key::Key;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::node::{Node, Taint};
use crate::model::value::age;
use crate::views::{Line, Section};

/// So many pods, and so many zones, are listed one by one.
const LISTED: usize = 40;

pub(super) fn describe(cluster: &Cluster, key: &Key, now: Timestamp) -> Vec<Section> {
    let Some(node) = cluster.node(&key.name) else { return Vec::new() };
    let standing = Standing::of(cluster, node, now);
    let addresses = node.addresses.iter().map(|(kind, ip)| Line::new(kind.to_string(), ip.to_string()));
    let mut sections = vec![about(cluster, node, now), clock(cluster, &standing), conditions(node, now)];
    sections.extend(forecast(cluster, &standing));
    sections.extend([
        zone(cluster, node),
        room::section(cluster, node, now),
        list("Addresses", addresses, "none"),
    ]);
    sections.extend(static_pods(cluster, node));
    sections
}

fn about(cluster: &Cluster, node: &Node, now: Timestamp) -> Section {
    let status = status(node);
    let skew = skew(cluster, node);
    let or_none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    let mut lines = vec![
        Line::marked("status", status.words.join(", "), status.severity),
        Line::new("roles", or_none(&node.roles.join(", "))),
        Line::new("zone", node.zone.as_deref().unwrap_or("<none>")),
        Line::new("region", node.region.as_deref().unwrap_or("<none>")),
        Line::new(
            "age",
            node.meta.created.map_or("<unknown>".into(), |at| age(now.duration_since(at.into()).as_secs())),
        ),
        Line::marked("kubelet", format!("{}{}", or_none(&node.system.kubelet), skew.0), skew.1),
        Line::new("runtime", or_none(&node.system.runtime)),
        Line::new("os", or_none(&node.system.os_image)),
        Line::new("platform", or_none(&node.system.platform)),
        Line::new("kernel", or_none(&node.system.kernel)),
        Line::new("pod CIDRs", or_none(&node.pod_cidrs.join(", "))),
    ];
    lines.extend(node.rebooted.map(|at| {
        let since = age(now.duration_since(at).as_secs());
        Line::marked("rebooted", format!("about {since} ago: its bootID changed"), Severity::Info)
    }));
    Section { title: "Node".to_owned(), lines }
}

/// How the kubelet's version stands to the API server's, by the rule of supported skew.
fn skew(cluster: &Cluster, node: &Node) -> (String, Severity) {
    let Some(server) = cluster.server.version.as_deref() else { return (String::new(), Severity::Ok) };
    let (kubelet, older) = (minor(&node.system.kubelet), oldest_skew(server));
    let (text, severity) = match (kubelet, minor(server)) {
        (Some(kubelet), Some(of)) if kubelet > of => {
            ("newer than the API server, which is not supported".to_owned(), Severity::Warning)
        }
        (Some(kubelet), Some(of)) if kubelet == of => ("as the API server".to_owned(), Severity::Ok),
        (Some(kubelet), Some(of)) if of - kubelet <= older => (
            format!("{} minor older than the API server; up to {older} are supported", of - kubelet),
            Severity::Ok,
        ),
        (Some(kubelet), Some(of)) => (
            format!("{} minor older than the API server; only {older} are supported", of - kubelet),
            Severity::Warning,
        ),
        _ => return (String::new(), Severity::Ok),
    };
    (format!(" ({text}: {server})"), severity)
}

/// The static pods, which only their kubelet starts and stops.
fn static_pods(cluster: &Cluster, node: &Node) -> Option<Section> {
    let mirrors = cluster.pods_on(&node.meta.key.name).filter(|pod| pod.template.mirror);
    let mut lines: Vec<Line> =
        mirrors.map(|pod| Line::new(pod.meta.key.to_string(), pod.status.to_string())).collect();
    lines.sort_by(|a, b| a.label.cmp(&b.label));
    let more = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    lines.extend((more > 0).then(|| Line::new("", format!("and {more} more"))));
    (!lines.is_empty()).then(|| Section { title: "Static pods".to_owned(), lines })
}

fn clock(cluster: &Cluster, standing: &Standing) -> Section {
    let now = standing.terms.now;
    let since = |at: Timestamp| age(now.duration_since(at).as_secs());
    let ago = |at: Timestamp| format!("renewed {} ago, at {at}", since(at));
    let text = match standing.heartbeat {
        Heartbeat::Fresh(at) | Heartbeat::Silent(at) => ago(at),
        Heartbeat::Late(at, left) => {
            let latest = left + Assumptions::of(cluster).period;
            format!("{}; Unknown in {left} to {latest} s unless renewed", ago(at))
        }
        Heartbeat::Never => "never renewed".to_owned(),
        Heartbeat::NoLease => "there is no lease of this name in kube-node-lease".to_owned(),
        Heartbeat::Unknown => "not known: leases are not readable, or still being listed".to_owned(),
    };
    let mut lines = vec![Line::marked("lease", text, standing.heartbeat.severity())];
    if let Some(lag) = standing.lease.and_then(crate::model::node::NodeLease::lag) {
        lines.push(Line::new("heard", format!("{} s after what the node's clock says", lag.as_secs())));
    }
    let posted = standing.node.reported.map_or("never".to_owned(), |at| format!("{} ago", since(at)));
    lines.push(Line::new("status", format!("posted {posted}; every 5 minutes unless something changes")));
    lines.push(Line::new("grace", stated(cluster, Flag::MonitorGracePeriod)));
    lines.push(Line::new("pass", format!("up to one later: {}", stated(cluster, Flag::MonitorPeriod))));
    let leader = standing.terms.restarted.map_or_else(
        || "not known: nothing is adjusted for a restart of the controller".to_owned(),
        |at| format!("took over {} ago: the controller's clocks began anew then", since(at)),
    );
    lines.push(Line::new("leader", leader));
    Section { title: "Kubelet clock".to_owned(), lines }
}

fn conditions(node: &Node, now: Timestamp) -> Section {
    let mut lines: Vec<Line> = node.conditions.iter().map(|it| condition(it, now)).collect();
    lines.extend(node.taints.iter().map(|taint| taint_line(taint, now)));
    lines.extend(disagreement(Disagreement::of(node)));
    if node.taints.is_empty() {
        lines.push(Line::new("taints", "none"));
    }
    list("Conditions and taints", lines.into_iter(), "the kubelet has posted no conditions")
}

fn condition(condition: &Condition, now: Timestamp) -> Line {
    let since =
        condition.since.map_or(String::new(), |at| format!(" for {}", age(now.duration_since(at).as_secs())));
    let severity = match (&*condition.kind, condition.status) {
        ("Ready", ConditionStatus::True) => Severity::Ok,
        ("Ready", _) => Severity::Critical,
        _ if bad(condition) => Severity::Warning,
        _ => Severity::Ok,
    };
    let text = format!("{}{since}, {}: {}", condition.status.as_str(), condition.reason, condition.message);
    Line::marked(condition.kind.to_string(), text, severity)
}

fn taint_line(taint: &Taint, now: Timestamp) -> Line {
    let age = |at: Timestamp| age(now.duration_since(at).as_secs());
    let since = match (taint.added, taint.since) {
        (Some(at), _) => format!("for {}", age(at)),
        (None, Some(at)) => format!("no time recorded, seen for {}", age(at)),
        (None, None) => "no time recorded".to_owned(),
    };
    let severity = if &*taint.effect == NO_EXECUTE { Severity::Warning } else { Severity::Ok };
    Line::marked(taints::full(taint), format!("{since}; by: {}", taints::writer(taint)), severity)
}

/// What the lifecycle controller will change about the taints.
fn disagreement(it: Disagreement) -> Vec<Line> {
    let line = |what: &str, taint: String| Line::marked(what, taint, Severity::Warning);
    let adds =
        it.adds.iter().map(|key| line("will be added", format!("{key}:NoSchedule, for its condition")));
    let removes =
        it.removes.iter().map(|key| line("will go", format!("{key}:NoSchedule: no condition calls for it")));
    let mut lines: Vec<Line> = adds.chain(removes).collect();
    match it.eviction {
        EvictionTaint::Surplus => {
            lines.push(line("will go", "its NoExecute taint: the node is Ready".to_owned()));
        }
        EvictionTaint::Swapped => {
            lines.push(line("will be swapped", "its NoExecute taint, at once; waits run on".to_owned()));
        }
        EvictionTaint::None | EvictionTaint::Borne | EvictionTaint::Queued => {}
    }
    lines
}

fn forecast(cluster: &Cluster, standing: &Standing) -> Option<Section> {
    let consequence = consequence(standing);
    if consequence.is_none() && standing.toll.stuck == 0 {
        return None;
    }
    let leave = standing.toll.leave() + standing.toll.stuck > 0;
    let severity = if leave { Severity::Warning } else { Severity::Ok };
    let mut lines = vec![Line::marked("pods", fates(standing, &standing.toll), severity)];
    lines.extend(
        consequence.filter(|_| leave || standing.plan != Plan::Nothing).map(|it| Line::new("next", it)),
    );
    let mut eviction = standing.eviction();
    let prospects = eviction.prospects(cluster.pods_on(&standing.node.meta.key.name));
    if prospects.iter().any(|it| it.pod.template.tolerations.iter().any(compares)) {
        lines.push(Line::new("assumed", stated(cluster, Flag::ComparisonOperators)));
    }
    let budgets = Budgets::of(cluster, &prospects);
    if standing.toll.leave() > 0 {
        lines.push(budgets.line(&prospects));
    }
    if leave {
        lines.extend(owners(cluster, &prospects));
    }
    lines.extend(prospects.iter().take(LISTED).map(|it| prospect(it, &budgets, standing.terms.now)));
    let more = prospects.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(Line::new("", format!("and {more} more")));
    }
    Some(Section { title: "Eviction forecast".to_owned(), lines })
}

/// One pod: when, by which toleration, whose it is, and what is lost.
fn prospect(it: &Prospect, budgets: &Budgets, now: Timestamp) -> Line {
    let (when, severity) = match it.fate {
        Fate::Stuck => ("stuck Terminating".to_owned(), Severity::Critical),
        Fate::Now => ("now".to_owned(), Severity::Warning),
        Fate::At(at) if at <= now => ("due".to_owned(), Severity::Warning),
        Fate::At(at) => (format!("in {}", age(at.duration_since(now).as_secs())), Severity::Warning),
        Fate::Leaving => ("is ending".to_owned(), Severity::Info),
        Fate::Never => ("stays".to_owned(), Severity::Ok),
    };
    let mut parts = vec![when];
    parts.extend(because(it));
    parts.extend(it.pod.meta.controller.as_ref().map(|owner| format!("{} {}", owner.kind, owner.name)));
    let leaves = !matches!(it.fate, Fate::Never);
    if leaves && it.pod.meta.controller.is_none() {
        parts.push("nothing makes a new one".to_owned());
    }
    if leaving::leaves(it.fate) {
        let named = budgets.matching(it.pod);
        parts.extend(
            (!named.is_empty())
                .then(|| format!("taint eviction does not ask its budget {}", named.join(", "))),
        );
    }
    parts.extend(lost(it.pod).filter(|_| leaves));
    Line::marked(it.pod.meta.key.to_string(), parts.join("; "), severity)
}

/// What decides: the toleration that runs out, the taint that none answers, or who may stay.
fn because(it: &Prospect) -> Option<String> {
    match (it.fate, it.taint, it.toleration) {
        (Fate::Never, ..) if it.pod.template.mirror => Some("static pod".to_owned()),
        (_, Some(taint), Some(toleration)) => {
            let seconds = toleration.seconds.unwrap_or_default();
            let writer = Writer::of(it.pod, toleration).words();
            Some(format!("tolerates {} for {seconds} s, {writer}", taint.key))
        }
        (_, Some(taint), None) => Some(format!("does not tolerate {}", taints::full(taint))),
        _ => None,
    }
}

/// The node's zone, and the others that are not well.
fn zone(cluster: &Cluster, node: &Node) -> Section {
    let assumptions = Assumptions::of(cluster);
    let own = (node.region.clone(), node.zone.clone());
    let mut all = zones::all(cluster, &assumptions);
    let down = zones::all_down(cluster);
    all.sort_by_key(|(key, zone)| (**key != own, std::cmp::Reverse(zone.state)));
    let mut lines: Vec<Line> =
        all.iter().take(LISTED).map(|(key, zone)| zone_line(zones::name(key), zone)).collect();
    if down {
        let text = "evictions are suspended, and waits that ran are cancelled";
        lines.insert(0, Line::marked("all zones down", text, Severity::Critical));
    }
    if node.excluded {
        lines.push(Line::new("excluded", "the label exclude-disruption keeps this node from being counted"));
    }
    Section { title: "Zones".to_owned(), lines }
}

fn zone_line(name: &str, zone: &Zone) -> Line {
    let severity = if zone.state == State::Normal { Severity::Ok } else { Severity::Critical };
    let pace = match zone.longest_wait() {
        _ if zone.waiting == 0 => String::new(),
        Some(wait) => format!("; {} wait for their NoExecute taint, at most {}", zone.waiting, age(wait)),
        None => format!("; {} would wait, but no node is tainted NoExecute now", zone.waiting),
    };
    let counts = format!("{} of {} nodes Ready", zone.ready, zone.size());
    Line::marked(name, format!("{}: {counts}{pace}", zone.state.word()), severity)
}
