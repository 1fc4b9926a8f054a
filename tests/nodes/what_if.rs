//! What an edit of taints would do: who leaves and why, whom the node would no longer take, what would be undone.

use std::sync::Arc;

use foretop::analysis::eviction::{Ending, Fate};
use foretop::analysis::placing::Audience;
use foretop::analysis::standing::Plan;
use foretop::analysis::taint_edit::Edit;
use foretop::analysis::what_if::{Effects, Loss, PodFate, Undone, WhatIf, Why, tell};
use foretop::model::budget::DisruptionBudget;
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::{ConditionStatus, Meta, Owner, Selector};
use foretop::model::node::{Node, Resources};
use foretop::model::pod::{EmptyDir, Pod, Template, Toleration};

use super::support::{added, at, condition, node, pod, taint, tolerating, toleration};

const NOW: &str = "10:00:00";

struct World(Cluster);

impl World {
    /// A Ready node `a` without taints, another one beside it, and nothing on them.
    fn new() -> Self {
        let mut world = Self(Cluster::default());
        world.node(ready("a"));
        world.node(ready("other"));
        world
    }

    fn node(&mut self, node: Node) {
        self.0.apply(Change::Upsert(Object::Node(Box::new(node))));
    }

    /// A pod on node `a`, with an owner `Kind/name` or none.
    fn pod(&mut self, name: &str, owner: &str, tolerations: Vec<Toleration>) {
        self.put(named(name, owner, tolerations));
    }

    fn put(&mut self, pod: Pod) {
        self.0.apply(Change::Upsert(Object::Pod(Box::new(pod))));
    }

    fn all(&mut self) -> &Cluster {
        for kind in Kind::ALL {
            self.0.apply(Change::Synced(kind));
            self.0.apply(Change::Freshness(kind, Freshness::Live { since: at("09:00:00") }));
        }
        &self.0
    }

    fn what_if(&mut self, edit: &str) -> WhatIf {
        self.on(&["a"], edit)
    }

    fn on(&mut self, nodes: &[&str], edit: &str) -> WhatIf {
        let cluster = self.all();
        let nodes: Vec<&Node> = nodes.iter().map(|name| cluster.node(name).unwrap()).collect();
        WhatIf::of(cluster, &nodes, &Edit::parse(edit).unwrap(), &Audience::of(cluster), at(NOW))
    }
}

fn ready(name: &str) -> Node {
    let allocatable = Resources { cpu: 4000, memory: 8 << 30, ephemeral_storage: 0, pods: 110 };
    Node { conditions: vec![condition("Ready", ConditionStatus::True)], allocatable, ..node(name) }
}

fn down(name: &str, status: ConditionStatus) -> Node {
    Node { conditions: vec![condition("Ready", status)], ..ready(name) }
}

fn named(name: &str, owner: &str, tolerations: Vec<Toleration>) -> Pod {
    let mut pod = pod(tolerations);
    pod.meta.key = Key::new("shop", name);
    pod.node = Some("a".into());
    pod.meta.controller =
        owner.split_once('/').map(|(kind, name)| Arc::new(Owner { kind: kind.into(), name: name.into() }));
    pod
}

fn effects(what_if: &WhatIf) -> &Effects {
    what_if.nodes[0].result.as_ref().unwrap()
}

fn fates(what_if: &WhatIf) -> Vec<(&str, Fate)> {
    effects(what_if).pods.iter().map(|pod| (&*pod.key.name, pod.after)).collect()
}

fn find<'w>(what_if: &'w WhatIf, name: &str) -> &'w PodFate {
    what_if.pods().find(|pod| &*pod.key.name == name).unwrap()
}

fn head(what_if: &WhatIf) -> String {
    tell::headline(what_if, at(NOW)).1
}

fn notes(what_if: &WhatIf) -> String {
    tell::notes(what_if).into_iter().map(|(_, note)| note).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_execute_names_each_pods_fate_and_what_decides_it() {
    let mut world = World::new();
    world.pod("goes", "ReplicaSet/web", Vec::new());
    world.pod("waits", "ReplicaSet/web", tolerating(&["k 300"]));
    world.pod("stays", "DaemonSet/agent", tolerating(&["*"]));
    let what_if = world.what_if("k=v:NoExecute");
    let expected = [("goes", Fate::Now), ("waits", Fate::At(at("10:05:00"))), ("stays", Fate::Never)];
    assert_eq!(fates(&what_if), expected);
    assert_eq!(find(&what_if, "goes").why, Why::Untolerated("k=v:NoExecute".into()));
    assert!(matches!(&find(&what_if, "waits").why, Why::Limited(key, 300, _) if &**key == "k"));
    assert!(matches!(find(&what_if, "stays").why, Why::Tolerated(_)));
    assert!(
        head(&what_if).starts_with("1 pod leaves at once, 1 after 300 s, 1 stays; "),
        "{}",
        head(&what_if)
    );
    assert!(notes(&what_if).contains("plain deletion would ask none"), "{}", notes(&what_if));
}

#[test]
fn what_is_lost_is_said_of_those_who_leave_alone() {
    let mut world = World::new();
    let scratch = EmptyDir { name: "tmp".into(), medium: "".into(), limit: "".into() };
    let template = |label: (&str, &str), empty_dirs: &[EmptyDir]| {
        let labels = Arc::from([(label.0.into(), label.1.into())]);
        Arc::new(Template { labels, empty_dirs: empty_dirs.into(), ..Template::default() })
    };
    let mut machine = named("vm", "VirtualMachineInstance/vm", Vec::new());
    machine.template = template(("kubevirt.io", "virt-launcher"), std::slice::from_ref(&scratch));
    let mut cache = named("cache", "ReplicaSet/cache", Vec::new());
    cache.template = template(("app", "cache"), &[scratch]);
    world.put(machine);
    world.put(cache);
    world.pod("bare", "", Vec::new());
    world.pod("stays", "", tolerating(&["*"]));
    let meta = Meta {
        key: Key::new("shop", "cache"),
        ..foretop::model::meta::Meta::clone(&named("x", "", Vec::new()).meta)
    };
    let budget = DisruptionBudget {
        meta,
        selector: Some(Selector { labels: vec![("app".into(), "cache".into())], requirements: Vec::new() }),
        min_available: None,
        max_unavailable: None,
        allowed: 0,
        healthy: 1,
        desired_healthy: 1,
        expected: 1,
    };
    world.0.apply(Change::Upsert(Object::DisruptionBudget(Box::new(budget))));
    let what_if = world.what_if("k:NoExecute");
    assert_eq!(find(&what_if, "vm").losses, [Loss::Machine]);
    assert_eq!(find(&what_if, "cache").losses, [Loss::Scratch, Loss::Budget("cache".into())]);
    assert_eq!(find(&what_if, "bare").losses, [Loss::Bare]);
    assert_eq!(find(&what_if, "stays").losses, []);
    let notes = notes(&what_if);
    for words in [
        "Machines of KubeVirt killed, not migrated: 1.",
        "Pods that no controller makes anew: 1.",
        "Pods whose emptyDir data is lost: 1.",
        "Disruption budgets are not asked, as this is plain deletion: shop/cache.",
    ] {
        assert!(notes.contains(words), "{words}\n{notes}");
    }
}

#[test]
fn no_schedule_moves_nobody_and_names_whom_it_keeps_away() {
    let mut world = World::new();
    world.pod("web-1", "ReplicaSet/web", Vec::new());
    world.pod("agent-1", "DaemonSet/agent", vec![toleration("k Exists _ NoSchedule")]);
    world.pod("db-0", "StatefulSet/db", Vec::new());
    world.pod("job", "Job/once", Vec::new());
    let what_if = world.what_if("k:NoSchedule");
    assert_eq!(head(&what_if), "nobody leaves; 2 of 3 workloads could no longer be placed there");
    let shut: Vec<String> = what_if.placing.shut.iter().map(ToString::to_string).collect();
    assert_eq!(shut, ["replicaset/shop/web", "statefulset/shop/db"]);
    assert!(notes(&what_if).contains("cpu 4, memory 8Gi, 106 pods"), "{}", notes(&what_if));
    let what_if = world.what_if("k:PreferNoSchedule");
    assert_eq!(head(&what_if), "nobody leaves; the scheduler will prefer other nodes for 3 of 3 workloads");
    // Whom the node does not take anyway is not kept away by one taint more.
    world.node(Node { unschedulable: true, ..ready("a") });
    let what_if = world.what_if("k:NoSchedule");
    assert_eq!(head(&what_if), "nobody leaves; no workload is kept away, of 3");
}

#[test]
fn a_removal_lets_in_and_cancels_waits() {
    let mut world = World::new();
    world.node(Node { taints: vec![added("k", "09:59:00"), taint("m:NoSchedule")], ..ready("a") });
    world.pod("waits", "ReplicaSet/web", tolerating(&["k 300"]));
    world.pod("stays", "ReplicaSet/web", tolerating(&["*"]));
    let what_if = world.what_if("k-");
    assert_eq!(find(&what_if, "waits").before, Fate::At(at("10:04:00")));
    assert_eq!(find(&what_if, "waits").after, Fate::Never);
    assert_eq!(head(&what_if), "1 pod that would be deleted stays");
    let concerned = |pod: &&PodFate| tell::concerned(&what_if, pod);
    assert_eq!(what_if.pods().filter(concerned).count(), 1, "who stays anyway is not listed");
    let what_if = world.what_if("m:NoSchedule-");
    assert_eq!(
        head(&what_if),
        "nobody who runs there is touched; 1 of 1 workload could be placed there again"
    );
    assert_eq!(world.what_if("x-").nodes[0].result.as_ref().unwrap_err(), "node a bears no taint x");
}

#[test]
fn what_the_lifecycle_controller_would_undo_is_said() {
    let unreachable = "node.kubernetes.io/unreachable";
    let borne =
        |node: Node, taints: &[&str]| Node { taints: taints.iter().map(|it| taint(it)).collect(), ..node };
    let unknown = || down("a", ConditionStatus::Unknown);
    let cordoned = Node { unschedulable: true, ..ready("a") };
    for (node, edit, expected) in [
        (ready("a"), "node.kubernetes.io/disk-pressure:NoSchedule", vec![Undone::Surplus]),
        (ready("a"), "node.kubernetes.io/disk-pressure:NoExecute", vec![]),
        (ready("a"), "node.kubernetes.io/unreachable:NoExecute", vec![Undone::NextPass(5)]),
        (unknown(), "node.kubernetes.io/not-ready:NoExecute", vec![Undone::Swapped]),
        (unknown(), "node.kubernetes.io/unreachable:NoExecute", vec![]),
        (ready("a"), "mine:NoExecute", vec![]),
        (
            borne(cordoned, &["node.kubernetes.io/unschedulable:NoSchedule"]),
            "node.kubernetes.io/unschedulable-",
            vec![Undone::Missing],
        ),
        (
            borne(unknown(), &[&format!("{unreachable}:NoSchedule"), &format!("{unreachable}:NoExecute")]),
            "node.kubernetes.io/unreachable-",
            vec![Undone::Missing, Undone::Again(Plan::Queued(10))],
        ),
    ] {
        let mut world = World::new();
        world.node(node);
        let what_if = world.what_if(edit);
        assert_eq!(effects(&what_if).undone, expected, "{edit}");
        assert_eq!(notes(&what_if).contains("node lifecycle controller"), !expected.is_empty(), "{edit}");
    }
}

#[test]
fn a_taint_that_goes_at_the_next_pass_evicts_only_who_does_not_tolerate_it() {
    let mut world = World::new();
    world.pod("waits", "ReplicaSet/web", tolerating(&["node.kubernetes.io/unreachable 300"]));
    world.pod("goes", "ReplicaSet/web", Vec::new());
    let what_if = world.what_if("node.kubernetes.io/unreachable:NoExecute");
    assert_eq!(fates(&what_if), [("goes", Fate::Now), ("waits", Fate::Never)]);
    assert_eq!(find(&what_if, "waits").why, Why::Cancelled(300));
}

#[test]
fn a_taint_that_comes_while_all_zones_are_down_stays_and_one_that_goes_does_not_come_again() {
    let unreachable = "node.kubernetes.io/unreachable";
    let mut world = World::new();
    world.node(down("a", ConditionStatus::Unknown));
    world.node(down("other", ConditionStatus::Unknown));
    world.pod("waits", "ReplicaSet/web", tolerating(&[&format!("{unreachable} 300")]));
    let what_if = world.what_if(&format!("{unreachable}:NoExecute"));
    assert_eq!(effects(&what_if).undone, []);
    assert_eq!(fates(&what_if), [("waits", Fate::At(at("10:05:00")))]);
    world.node(Node { taints: vec![taint(unreachable)], ..down("a", ConditionStatus::Unknown) });
    let what_if = world.what_if(&format!("{unreachable}:NoExecute-"));
    assert_eq!(effects(&what_if).undone, [Undone::Again(Plan::Suspended)]);
    let words = "will not add node.kubernetes.io/unreachable:NoExecute again while no zone has a Ready node.";
    assert!(notes(&what_if).contains(words), "{}", notes(&what_if));
}

#[test]
fn out_of_service_collects_what_hangs() {
    let mut world = World::new();
    world.node(down("a", ConditionStatus::Unknown));
    world.pod("web", "ReplicaSet/web", Vec::new());
    assert_eq!(effects(&world.what_if("k:NoExecute")).ending, Ending::Hanging);
    let what_if = world.what_if("node.kubernetes.io/out-of-service=nodeshutdown:NoExecute");
    assert_eq!(effects(&what_if).ending, Ending::Collected);
    assert!(notes(&what_if).contains("pod garbage collection removes deleted pods by force"));
}

#[test]
fn several_nodes_are_told_apart_and_added_up() {
    let mut world = World::new();
    world.node(Node { taints: vec![taint("k:NoExecute")], ..ready("b") });
    world.pod("web-1", "ReplicaSet/web", Vec::new());
    let mut far = named("web-2", "ReplicaSet/web", Vec::new());
    far.node = Some("other".into());
    world.put(far);
    let what_if = world.on(&["a", "b", "other"], "k:NoExecute");
    assert_eq!(what_if.nodes[1].result.as_ref().unwrap_err(), "node b already bears k:NoExecute");
    assert!(head(&what_if).starts_with("2 pods leave at once; 1 of 1 workload"), "{}", head(&what_if));
    assert!(notes(&what_if).contains("Left out: node b already bears k:NoExecute."), "{}", notes(&what_if));
}

#[test]
fn nothing_is_claimed_of_pods_that_are_not_all_known() {
    let mut world = World::new();
    world.pod("web", "ReplicaSet/web", Vec::new());
    let cluster = &world.0;
    let nodes = [cluster.node("a").unwrap()];
    let edit = Edit::parse("k:NoExecute").unwrap();
    let what_if = WhatIf::of(cluster, &nodes, &edit, &Audience::of(cluster), at(NOW));
    assert!(head(&what_if).starts_with("not all pods are known; "), "{}", head(&what_if));
    let words = "as this is plain deletion; not all of them are known.";
    assert!(notes(&what_if).contains(words), "{}", notes(&what_if));
}
