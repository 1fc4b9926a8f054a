//! The findings about nodes: each code where it belongs and not where it does not, and what is said of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use foretop::analysis::{self, checks};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::finding::{Finding, Severity};
use foretop::model::key::{Key, Uid};
use foretop::model::kind::Kind;
use foretop::model::meta::{ConditionStatus, Meta};
use foretop::model::node::{Node, NodeLease, Taint};
use foretop::model::pod::Pod;
use foretop::model::second::Second;
use foretop::model::server::ServerNews;
use jiff::{SignedDuration, Timestamp};

use super::support::{added, at, condition, node, pod, taint, tolerating};

pub(crate) const NOW: &str = "12:00:00";
pub(crate) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

pub(crate) fn ago(seconds: i64) -> Timestamp {
    at(NOW) - SignedDuration::from_secs(seconds)
}

/// A node that is well.
pub(crate) fn well(name: &str) -> Node {
    let mut node = node(name);
    node.conditions.push(condition("Ready", ConditionStatus::True));
    node.pod_cidrs.push("10.244.1.0/24".into());
    node.allocatable.pods = 3;
    node.system.kubelet = "v1.36.1".into();
    node
}

/// A node that has been Unknown for some time, with the taints that it should have.
pub(crate) fn dead(name: &str) -> Node {
    let mut node = well(name);
    node.conditions = vec![condition("Ready", ConditionStatus::Unknown)];
    node.taints = vec![taint(&format!("{UNREACHABLE}:NoSchedule")), added(UNREACHABLE, "11:58:00")];
    node
}

pub(crate) fn lease(node: &str, seconds: i64) -> NodeLease {
    let key = Key::new("kube-node-lease", node);
    let meta = Meta { key, uid: Uid::from(4), created: None, deleted: None, controller: None };
    NodeLease { meta, renewed: Some(ago(seconds)), duration_seconds: 40, heard: None, lags: [None; 2] }
}

/// Those nodes, each with a fresh lease unless it is Unknown, beside one that is well.
pub(crate) fn cluster(nodes: Vec<Node>) -> Cluster {
    let mut cluster = Cluster::default();
    cluster.apply(Change::Server(ServerNews::Version("v1.36.3".to_owned())));
    for kind in Kind::ALL {
        cluster.apply(Change::Synced(kind));
        cluster.apply(Change::Freshness(kind, Freshness::Live { since: at("11:00:00") }));
    }
    for node in nodes.into_iter().chain([well("zz-well")]) {
        let age = if node.ready() { 3 } else { 130 };
        let lease = lease(&node.meta.key.name, age);
        cluster.apply(Change::Upsert(Object::NodeLease(Box::new(lease))));
        cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    }
    cluster
}

pub(crate) fn put(cluster: &mut Cluster, node: &str, name: &str, mut pod: Pod) {
    pod.node = Some(node.into());
    pod.meta.key = Key::new("shop", name);
    cluster.apply(Change::Upsert(Object::Pod(Box::new(pod))));
}

fn findings(cluster: &Cluster) -> Vec<Arc<Finding>> {
    analysis::findings(cluster, at(NOW))
}

/// The codes found on a node.
pub(crate) fn codes(cluster: &Cluster, node: &str) -> Vec<&'static str> {
    let found = findings(cluster);
    found.iter().filter(|it| &*it.target.key.name == node).map(|it| it.code).collect()
}

pub(crate) fn only(cluster: &Cluster, code: &str) -> Arc<Finding> {
    let mut found = findings(cluster);
    found.retain(|it| it.code == code);
    assert_eq!(found.len(), 1, "{code} once, in {found:#?}");
    found.remove(0)
}

#[test]
fn a_node_that_is_well_has_no_findings() {
    assert_eq!(codes(&cluster(vec![well("a")]), "a"), Vec::<&str>::new());
}

#[test]
fn readiness_pressure_and_network() {
    let mut sick = well("a");
    sick.conditions = vec![
        condition("Ready", ConditionStatus::False),
        condition("DiskPressure", ConditionStatus::True),
        condition("NetworkUnavailable", ConditionStatus::True),
    ];
    sick.taints = ["not-ready", "disk-pressure", "network-unavailable"]
        .map(|name| taint(&format!("node.kubernetes.io/{name}:NoSchedule")))
        .to_vec();
    sick.taints.push(added("node.kubernetes.io/not-ready", "11:58:00"));
    let mut cluster = cluster(vec![sick]);
    cluster.apply(Change::Upsert(Object::NodeLease(Box::new(lease("a", 3)))));
    // The zone without a name has one node of two that is not Ready, so it is normal.
    assert_eq!(codes(&cluster, "a"), ["N101", "N103", "N104"]);
}

#[test]
fn silence_and_a_missing_lease() {
    let mut cluster = cluster(vec![well("a"), well("b"), well("c")]);
    cluster.apply(Change::Upsert(Object::NodeLease(Box::new(lease("a", 30)))));
    cluster.apply(Change::Upsert(Object::NodeLease(Box::new(lease("b", 70)))));
    cluster.apply(Change::Gone(Kind::NodeLease, Key::new("kube-node-lease", "c")));
    assert_eq!(codes(&cluster, "a"), ["N105"]);
    assert_eq!(codes(&cluster, "c"), ["N108"]);
    let found = findings(&cluster);
    let of = |name: &str| found.iter().find(|it| &*it.target.key.name == name).unwrap();
    assert_eq!((of("a").severity, of("b").severity), (Severity::Warning, Severity::Critical));
    assert!(of("a").forecast.as_ref().unwrap().contains("in 20 to 25 s"), "{:?}", of("a").forecast);
    assert!(of("a").evidence.iter().any(|line| line.contains("node-monitor-grace-period=50s")));
}

#[test]
fn a_cordon_that_is_a_day_old_is_long() {
    let cordoned = |hours: i64| {
        let mut node = well("a");
        node.unschedulable = true;
        let key = "node.kubernetes.io/unschedulable";
        let added = Some(ago(hours * 3600));
        node.taints = vec![Taint { added, ..taint(&format!("{key}:NoSchedule")) }];
        codes(&cluster(vec![node]), "a")
    };
    assert_eq!((cordoned(23), cordoned(25)), (vec!["N106"], vec!["N107"]));
}

#[test]
fn taints_that_nothing_calls_for_and_taints_that_are_missing() {
    let mut bears = well("a");
    bears.taints =
        vec![Taint { added: Some(ago(30)), ..taint("node.kubernetes.io/disk-pressure:NoSchedule") }];
    let mut lacks = well("b");
    lacks.conditions.push(condition("MemoryPressure", ConditionStatus::True));
    let cluster = cluster(vec![bears, lacks]);
    assert_eq!(only(&cluster, "N109").severity, Severity::Info, "the controller has had no time yet");
    let missing = only(&cluster, "N110");
    assert_eq!(missing.severity, Severity::Warning, "it has had an hour");
    assert!(missing.summary.contains("memory-pressure:NoSchedule"), "{}", missing.summary);
}

#[test]
fn evictions_are_told_with_their_times_and_what_hangs() {
    let mut cluster = cluster(vec![dead("a"), well("b"), well("c")]);
    let limit = format!("{UNREACHABLE} 300");
    put(&mut cluster, "a", "leaves", pod(tolerating(&[&limit])));
    put(&mut cluster, "a", "stays", pod(tolerating(&["*"])));
    let mut gone = pod(tolerating(&[&limit]));
    gone.meta.deleted = Second::of(ago(60));
    put(&mut cluster, "a", "hangs", gone);
    assert_eq!(codes(&cluster, "a"), ["N102", "N111", "N116", "N122"]);
    let evicting = only(&cluster, "N111");
    assert_eq!(evicting.summary, "pods are evicted: 1 stuck Terminating, 1 leaves in 3m, 1 stays");
    assert!(only(&cluster, "N116").evidence[0].contains("shop/hangs"));
    cluster.apply(Change::Server(ServerNews::Leader(Some(ago(20)))));
    assert!(only(&cluster, "N111").summary.contains("leaves in 4m40s"), "waits begin anew at a restart");
}

#[test]
fn nothing_is_said_of_pods_that_are_not_all_known() {
    let mut cluster = Cluster::default();
    cluster.apply(Change::Upsert(Object::Node(Box::new(dead("a")))));
    put(&mut cluster, "a", "leaves", pod(Vec::new()));
    assert_eq!(codes(&cluster, "a"), ["N102"], "nor of a zone whose nodes are not all known");
    cluster.apply(Change::Synced(Kind::Node));
    assert_eq!(codes(&cluster, "a"), ["N102", "N115"]);
    cluster.apply(Change::Upsert(Object::Node(Box::new(well("b")))));
    assert_eq!(
        only(&cluster, "N102").forecast.as_deref(),
        Some(
            "Its pods: not all known. No kubelet is there to \
        confirm: deleted pods stay Terminating, and StatefulSets do not replace them."
        )
    );
    cluster.apply(Change::Synced(Kind::Pod));
    assert_eq!(codes(&cluster, "a"), ["N102", "N111"]);
}

#[test]
fn a_node_that_waits_for_its_taint_says_how_long_at_most() {
    let mut queued = dead("a");
    queued.taints.truncate(1);
    let mut other = queued.clone();
    other.meta.key.name = "b".into();
    let mut cluster = cluster(vec![queued, other, well("c"), well("d")]);
    put(&mut cluster, "a", "leaves", pod(tolerating(&[&format!("{UNREACHABLE} 300")])));
    assert_eq!(codes(&cluster, "a"), ["N102", "N112"]);
    let found = findings(&cluster);
    let wait = found.iter().find(|it| it.code == "N112").unwrap();
    assert!(wait.summary.ends_with("at most 20s"), "{}", wait.summary);
    assert_eq!(wait.forecast.as_deref(), Some("Then its pods: 1 leaves in 5m20s."));
}

#[test]
fn a_zone_in_disruption_is_told_once_by_the_first_of_its_nodes() {
    let zoned = |names: &[&str], zone: &str, make: fn(&str) -> Node| -> Vec<Node> {
        let one = |name: &&str| Node { zone: Some(zone.into()), ..make(name) };
        names.iter().map(one).collect()
    };
    let mut nodes = zoned(&["b", "a", "c"], "one", dead);
    nodes.extend(zoned(&["x", "y"], "one", well));
    let partial = cluster(nodes.clone());
    let found = only(&partial, "N113");
    assert_eq!(&*found.target.key.name, "a");
    assert!(found.summary.contains("3 of 5"), "{}", found.summary);
    let full = cluster(zoned(&["b", "a"], "one", dead));
    assert_eq!(&*only(&full, "N114").target.key.name, "a");
    let mut all = full.clone();
    all.apply(Change::Gone(Kind::Node, Key::new("", "zz-well")));
    assert_eq!(only(&all, "N115").severity, Severity::Critical);
    put(&mut all, "a", "leaves", pod(Vec::new()));
    assert!(!codes(&all, "a").contains(&"N111"), "nothing is evicted then");
}

#[test]
fn versions_room_cidr_and_a_false_out_of_service() {
    let mut old = well("old");
    old.system.kubelet = "v1.32.9".into();
    let mut newer = well("newer");
    newer.system.kubelet = "v1.37.0".into();
    let mut fits = well("fits");
    fits.system.kubelet = "v1.33.0".into();
    let mut bare = well("bare");
    bare.pod_cidrs.clear();
    let mut marked = well("marked");
    marked.taints.push(taint("node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"));
    let mut cluster = cluster(vec![old, newer, fits, bare, marked]);
    for name in ["a", "b", "c", "d"] {
        put(&mut cluster, "fits", name, pod(Vec::new()));
    }
    assert_eq!(codes(&cluster, "old"), ["N117"]);
    assert_eq!(codes(&cluster, "newer"), ["N117"]);
    assert_eq!(codes(&cluster, "fits"), ["N118"]);
    assert_eq!(codes(&cluster, "bare"), ["N119"]);
    assert_eq!(codes(&cluster, "marked"), ["N121"]);
}

#[test]
fn a_wrong_clock_is_found_by_when_renewals_are_heard() {
    let mut cluster = cluster(vec![well("a")]);
    for heard in [23, 13, 3] {
        let renewal = NodeLease { heard: Some(ago(heard)), ..lease("a", heard + 40) };
        cluster.apply(Change::Upsert(Object::NodeLease(Box::new(renewal))));
    }
    assert_eq!(codes(&cluster, "a"), ["N120"], "it is not silent");
    assert!(only(&cluster, "N120").summary.contains("40s behind"));
}

/// The codes that the sources of the checks name.
fn named_in_the_sources() -> BTreeSet<String> {
    fn walk(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.file_name().is_some_and(|name| name != "rules.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let parts = text.split('"').filter(|part| is_code(part));
                found.extend(parts.map(ToOwned::to_owned));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis/checks"), &mut found);
    found
}

fn is_code(text: &str) -> bool {
    text.len() == 4
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text[1..].bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn every_code_that_any_check_can_find_is_explained_and_no_other() {
    let explained: Vec<&str> = checks::rules().map(|rule| rule.code).collect();
    let distinct: BTreeSet<String> = explained.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(distinct.len(), explained.len(), "no code twice");
    assert_eq!(distinct, named_in_the_sources());
    assert!(distinct.len() > 35);
    for rule in checks::rules() {
        assert!(rule.rule.len() > 40 && rule.rule.ends_with('.'), "{}: {}", rule.code, rule.rule);
        assert!(!rule.source.is_empty() && rule.remedy.len() > 20, "{}", rule.code);
    }
    assert!(checks::rule("n111").is_some() && checks::rule("N999").is_none());
}
