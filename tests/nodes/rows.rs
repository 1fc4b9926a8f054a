//! What the node pane says happens next, and what the detail says of each pod.

use foretop::analysis::overlay::Mesh;
use foretop::model::budget::DisruptionBudget;
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::ConditionStatus;
use foretop::model::meta::{Owner, Selector};
use foretop::model::node::Node;
use foretop::model::pod::{EmptyDir, Pod, Template};
use foretop::model::scope::Scope;
use foretop::model::second::Second;
use foretop::model::table::Table;
use foretop::model::workload::Workload;
use foretop::views;
use std::sync::Arc;

use super::support::{added, at, condition, described, node, pod, taint, tolerating};

const NOW: &str = "12:00:00";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Nodes that are not Ready by zone, with taints, beside one Ready node in the same zone.
fn cluster(nodes: Vec<Node>) -> Cluster {
    let mut cluster = Cluster::default();
    for kind in Kind::ALL {
        cluster.apply(Change::Synced(kind));
        cluster.apply(Change::Freshness(kind, Freshness::Live { since: at("11:00:00") }));
    }
    for node in nodes {
        cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    }
    cluster
}

fn with(name: &str, ready: ConditionStatus) -> Node {
    let mut node = node(name);
    node.conditions.push(condition("Ready", ready));
    node
}

fn unknown(name: &str) -> Node {
    let mut node = with(name, ConditionStatus::Unknown);
    node.taints.push(taint(&format!("{UNREACHABLE}:NoSchedule")));
    node
}

/// Puts so many pods with these tolerations on the node `dead`.
fn put(cluster: &mut Cluster, count: usize, name: &str, tolerations: &[&str]) {
    for number in 0..count {
        let mut pod = pod(tolerating(tolerations));
        pod.meta.key = Key::new("shop", &format!("{name}-{number}"));
        upsert(cluster, pod);
    }
}

fn upsert(cluster: &mut Cluster, mut pod: Pod) {
    pod.node = Some("dead".into());
    cluster.apply(Change::Upsert(Object::Pod(Box::new(pod))));
}

fn next(cluster: &Cluster) -> String {
    let view = views::named("nodes").unwrap();
    let (mesh, key) = (Mesh::of(cluster), Key::new("", "dead"));
    let row = (view.row)(cluster, &mesh, &Scope::default(), &key, at(NOW)).unwrap();
    let column = Table::column(view.columns, "next").unwrap();
    row.cells[column].value.show(at(NOW)).into_owned()
}

/// A dead node that was tainted fifty seconds ago, beside a node that is well.
fn tainted() -> Cluster {
    let mut dead = unknown("dead");
    dead.taints.push(added(UNREACHABLE, "11:59:10"));
    cluster(vec![dead, with("well", ConditionStatus::True)])
}

#[test]
fn who_leaves_when_and_who_stays() {
    let mut cluster = tainted();
    let limit = format!("{UNREACHABLE} 300");
    put(&mut cluster, 3, "daemon", &["*"]);
    assert_eq!(next(&cluster), "all 3 stay");
    put(&mut cluster, 12, "web", &[&limit]);
    assert_eq!(next(&cluster), "12 leave in 4m10s, 3 never");
    put(&mut cluster, 1, "quick", &[&format!("{UNREACHABLE} 60")]);
    assert_eq!(next(&cluster), "13 leave from 10s on, 3 never");
    put(&mut cluster, 1, "bare", &[]);
    assert_eq!(next(&cluster), "1 leaves now, 13 leave from 10s on, 3 never");
    let mut gone = pod(tolerating(&[&limit]));
    gone.meta.deleted = Second::of(at("11:59:00"));
    upsert(&mut cluster, gone);
    assert_eq!(next(&cluster), "1 stuck, 1 leaves now, 13 leave from 10s on, 3 never");
}

#[test]
fn a_node_that_waits_is_held_back_or_suspended() {
    let limit = format!("{UNREACHABLE} 300");
    let well = |name: &str| with(name, ConditionStatus::True);
    let mut queued = cluster(vec![unknown("dead"), well("b")]);
    put(&mut queued, 2, "web", &[&limit]);
    assert_eq!(next(&queued), "taint in 10s at most, then 2 leave");
    let held = cluster(vec![unknown("dead"), unknown("b"), unknown("c"), well("d")]);
    assert_eq!(next(&held), "no evictions: zone in disruption");
    let mut tainted = unknown("dead");
    tainted.taints.push(added(UNREACHABLE, "11:59:10"));
    let mut suspended = cluster(vec![tainted]);
    put(&mut suspended, 2, "web", &[]);
    assert_eq!(next(&suspended), "no evictions: all zones down");
}

#[test]
fn taints_that_come_and_go_are_told_of_a_node_that_is_well() {
    let mut node = with("dead", ConditionStatus::True);
    node.unschedulable = true;
    node.taints.push(taint("node.kubernetes.io/disk-pressure:NoSchedule"));
    assert_eq!(next(&cluster(vec![node])), "taint unschedulable comes, taint disk-pressure goes");
    assert_eq!(next(&cluster(vec![with("dead", ConditionStatus::True)])), "");
}

#[test]
fn pods_of_one_namespace_are_not_taken_for_all_pods_of_a_node() {
    let mut cluster = tainted();
    put(&mut cluster, 3, "web", &[&format!("{UNREACHABLE} 300")]);
    assert_eq!(next(&cluster), "3 leave in 4m10s");
    cluster.apply(Change::Narrowed(Kind::Pod, "shop".into()));
    assert_eq!(next(&cluster), "<not all>");
    let table = views::named("nodes").unwrap().table(&cluster, &Scope::default(), at(NOW));
    for column in ["pods", "cpu", "memory"] {
        let at_column = Table::column(table.columns, column).unwrap();
        let shown: Vec<_> =
            table.rows.iter().map(|row| row.cells[at_column].value.show(at(NOW)).into_owned()).collect();
        assert_eq!(shown, ["<not all>", "<not all>"], "{column}");
    }
}

#[test]
fn the_detail_says_of_each_pod_when_why_and_what_is_lost() {
    let mut cluster = tainted();
    let mut machine = pod(tolerating(&[&format!("{UNREACHABLE} 300")]));
    machine.template = Arc::new(Template {
        labels: Arc::from([("kubevirt.io".into(), "virt-launcher".into())]),
        empty_dirs: Arc::from([scratch("disk", "", "")]),
        ..Template::clone(&machine.template)
    });
    upsert(&mut cluster, machine);
    put(&mut cluster, 60, "daemon", &["*"]);
    let sections = described(&cluster, "dead", NOW);
    let titles: Vec<&str> = sections.iter().map(|section| section.title.as_str()).collect();
    let wanted =
        ["Node", "Kubelet clock", "Conditions and taints", "Eviction forecast", "Zones", "Room and load"];
    assert_eq!(titles[..6], wanted);
    let forecast = &sections[3].lines;
    let first = forecast.iter().find(|line| line.label.starts_with("shop/")).unwrap();
    assert_eq!(first.label, "shop/web", "the worst stands first");
    assert_eq!(
        first.value,
        "in 4m10s; tolerates node.kubernetes.io/unreachable for 300 s, added by admission, which gives every pod \
         300 s; nothing makes a new one; a KubeVirt machine: killed, not migrated"
    );
    assert_eq!(forecast.last().unwrap().value, "and 21 more", "a long list ends");
    assert!(forecast.iter().any(|line| line.label == "budgets"));
}

fn scratch(name: &str, medium: &str, limit: &str) -> EmptyDir {
    EmptyDir { name: name.into(), medium: medium.into(), limit: limit.into() }
}

/// A pod of a ReplicaSet of the Deployment `web`, with these tolerations and emptyDirs.
fn web(name: &str, tolerations: &[&str], dirs: &[EmptyDir]) -> Pod {
    let mut pod = pod(tolerating(tolerations));
    pod.meta.key = Key::new("shop", name);
    pod.meta.controller = Some(Arc::new(Owner { kind: "ReplicaSet".into(), name: "web-1".into() }));
    pod.template = Arc::new(Template {
        labels: Arc::from([("app".into(), "web".into())]),
        empty_dirs: Arc::from(dirs),
        ..Template::clone(&pod.template)
    });
    pod
}

fn budget(namespace: &str, name: &str, app: &str) -> DisruptionBudget {
    let mut meta = pod(Vec::new()).meta;
    meta.key = Key::new(namespace, name);
    DisruptionBudget {
        meta,
        selector: Some(Selector { labels: vec![("app".into(), app.into())], requirements: Vec::new() }),
        min_available: None,
        max_unavailable: None,
        allowed: 0,
        healthy: 0,
        desired_healthy: 0,
        expected: 0,
    }
}

/// The ReplicaSet `web-1` of the Deployment `web`.
fn set() -> Workload {
    let mut meta = pod(Vec::new()).meta;
    meta.key = Key::new("shop", "web-1");
    meta.controller = Some(Arc::new(Owner { kind: "Deployment".into(), name: "web".into() }));
    Workload {
        kind: Kind::ReplicaSet,
        meta,
        desired: 3,
        created: 3,
        updated: 3,
        ready: 3,
        available: 3,
        outdated: false,
        selector: Selector::default(),
        held: None,
    }
}

#[test]
fn the_forecast_names_owners_budgets_and_what_is_lost() {
    let mut cluster = tainted();
    let limit = format!("{UNREACHABLE} 300");
    cluster.apply(Change::Upsert(Object::Workload(Box::new(set()))));
    for (namespace, name, app) in [("shop", "web", "web"), ("shop", "other", "db"), ("mail", "web", "web")] {
        cluster.apply(Change::Upsert(Object::DisruptionBudget(Box::new(budget(namespace, name, app)))));
    }
    let dirs = [scratch("cache", "Memory", "1Gi"), scratch("index", "", "2Gi"), scratch("tmp", "", "")];
    upsert(&mut cluster, web("web-a", &[&limit], &dirs));
    upsert(&mut cluster, web("web-b", &[&limit], &[]));
    upsert(&mut cluster, web("web-c", &["*"], &dirs));
    let mut hung = web("web-d", &["*"], &[]);
    hung.meta.deleted = hung.meta.created;
    upsert(&mut cluster, hung);
    put(&mut cluster, 2, "bare", &[]);
    let sections = described(&cluster, "dead", NOW);
    let forecast = &sections.iter().find(|section| section.title == "Eviction forecast").unwrap().lines;
    let value = |label: &str| {
        let found = forecast.iter().find(|line| line.label == label);
        found.unwrap_or_else(|| panic!("{label} in {forecast:#?}")).value.clone()
    };
    assert_eq!(value("deployment shop/web"), "1 stuck, 2 leave, 1 stays");
    let stuck = value("shop/web-d");
    assert!(stuck.starts_with("stuck Terminating") && !stuck.contains("taint eviction"), "{stuck}");
    assert_eq!(value("pods without owner in shop"), "2 leave");
    assert_eq!(
        value("budgets"),
        "are not asked: taint eviction is a plain deletion; they match shop/web (2)"
    );
    let first = value("shop/web-a");
    assert!(
        first.ends_with(
            "ReplicaSet web-1; taint eviction does not ask its budget web; emptyDirs cache (memory, 1Gi), \
             index (limit 2Gi), tmp: lost"
        ),
        "{first}"
    );
    assert!(value("shop/web-c").starts_with("stays") && !value("shop/web-c").contains("lost"));
    assert!(value("shop/bare-0").contains("nothing makes a new one"));
}
