//! What the node pane and the detail say of room and load, and that totals are what a recount finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::ConditionStatus;
use foretop::model::node::{Extended, Resources};
use foretop::model::pod::{Phase, Pod, Template};
use foretop::model::room::{Limit, Room, Sum};
use foretop::model::scope::Scope;
use foretop::model::table::Table;
use foretop::model::usage::Sample;
use foretop::views;

use super::support::{at, condition, described, node, pod};

const NOW: &str = "12:00:00";
const GPU: &str = "nvidia.com/gpu";

/// A node that is well, with four cores, eight gibibytes and two devices.
fn cluster() -> Cluster {
    let mut cluster = Cluster::default();
    for kind in Kind::ALL {
        cluster.apply(Change::Synced(kind));
        cluster.apply(Change::Freshness(kind, Freshness::Live { since: at("11:00:00") }));
    }
    let mut node = node("worker");
    node.conditions.push(condition("Ready", ConditionStatus::True));
    node.capacity = Resources { cpu: 4100, memory: 9 << 30, ephemeral_storage: 100 << 30, pods: 110 };
    node.allocatable = Resources { cpu: 4000, memory: 8 << 30, ephemeral_storage: 90 << 30, pods: 110 };
    node.extended = vec![
        Extended { name: "hugepages-2Mi".into(), capacity: Some(1 << 30), allocatable: Some(1 << 30) },
        Extended { name: GPU.into(), capacity: Some(2), allocatable: Some(2) },
    ];
    cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    cluster
}

fn room(cpu: (i64, bool), memory: (i64, bool), storage: i64, extended: &[(&str, i64)]) -> Arc<Room> {
    Arc::new(Room {
        cpu_limit: Limit { most: cpu.0, open: cpu.1 },
        memory_limit: Limit { most: memory.0, open: memory.1 },
        storage,
        storage_limit: 2 * storage,
        extended: extended.iter().map(|(name, amount)| ((*name).into(), *amount)).collect(),
    })
}

fn put(cluster: &mut Cluster, name: &str, (cpu, memory): (i64, i64), room: &Arc<Room>) {
    let mut it = pod(Vec::new());
    it.meta.key = Key::new("shop", name);
    it.template = Arc::new(Template { cpu, memory, room: Arc::clone(room), ..Template::clone(&it.template) });
    cluster.apply(Change::Upsert(Object::Pod(Box::new(it))));
}

fn measure(cluster: &mut Cluster, clock: &str, cpu: i64, memory: i64) {
    let sample = Sample { at: at(clock), window: 15, cpu: Some(cpu), memory: Some(memory) };
    cluster.apply(Change::Measured("worker".into(), sample));
    cluster.apply(Change::Measuring(Freshness::Live { since: at("11:00:00") }));
}

fn cell(cluster: &Cluster, column: &str, now: &str) -> String {
    let view = views::named("nodes").unwrap();
    let table = view.table(cluster, &Scope::default(), at(now));
    let column = Table::column(view.columns, column).unwrap();
    table.rows[0].cells[column].value.show(at(now)).into_owned()
}

fn section(cluster: &Cluster, now: &str) -> Vec<(String, String)> {
    let section =
        described(cluster, "worker", now).into_iter().find(|it| it.title == "Room and load").unwrap();
    section.lines.into_iter().map(|line| (line.label, line.value)).collect()
}

fn line(cluster: &Cluster, label: &str) -> String {
    section(cluster, NOW).into_iter().find(|(it, _)| it == label).map(|(_, value)| value).unwrap_or_default()
}

#[test]
fn limits_may_exceed_what_there_is_and_their_absence_is_no_zero() {
    let mut cluster = cluster();
    assert_eq!(cell(&cluster, "cpu-limits", NOW), "<none>");
    assert_eq!(line(&cluster, "cpu limits"), "none");
    put(&mut cluster, "open", (100, 1 << 20), &room((0, true), (0, true), 0, &[]));
    assert_eq!(cell(&cluster, "memory-limits", NOW), "<none>");
    assert_eq!(line(&cluster, "memory limits"), "none; 1 pod has none");
    put(
        &mut cluster,
        "greedy",
        (3000, 4 << 30),
        &room((6000, false), (12 << 30, false), 3 << 30, &[(GPU, 1)]),
    );
    assert_eq!(cell(&cluster, "cpu-limits", NOW), "6/4 150%");
    assert_eq!(cell(&cluster, "memory-limits", NOW), "12Gi/8Gi 150%");
    assert_eq!(line(&cluster, "cpu limits"), "6 of 4 (150%), overcommitted; 1 pod has none");
    assert_eq!(line(&cluster, "cpu"), "3.1 of 4 requested (77%); capacity 4.1");
    assert_eq!(line(&cluster, "ephemeral-storage"), "3Gi of 90Gi requested (3%); capacity 100Gi");
    assert_eq!(line(&cluster, "ephemeral-storage limits"), "6Gi of 90Gi (6%)");
    assert_eq!(line(&cluster, GPU), "1 of 2 requested (50%); capacity 2");
    assert_eq!(line(&cluster, "hugepages-2Mi"), "0 of 1Gi requested (0%); capacity 1Gi");
    put(&mut cluster, "lost", (0, 0), &room((0, false), (0, false), 0, &[(GPU, 2), ("example.com/fpga", 1)]));
    assert_eq!(line(&cluster, GPU), "3 of 2 requested (150%), more than there is; capacity 2");
    assert_eq!(
        line(&cluster, "example.com/fpga"),
        "1 of <none> requested, more than there is; capacity <none>"
    );
}

#[test]
fn what_is_used_says_its_age_once_it_is_old() {
    let mut cluster = cluster();
    measure(&mut cluster, "11:59:30", 290, 5 << 30);
    measure(&mut cluster, "11:59:45", 1160, 5 << 30);
    assert_eq!(cell(&cluster, "cpu-used", NOW), "1.2 28%", "as kubectl top rounds it: 29 would be the truth");
    assert_eq!(cell(&cluster, "memory-used", NOW), "5Gi 62%");
    assert_eq!(cell(&cluster, "cpu-trend", NOW), "▁▃");
    assert_eq!(line(&cluster, "cpu used"), "1.2 of 4 (28%) over 15 s, 15s ago");
    assert_eq!(line(&cluster, "memory used"), "5Gi of 8Gi (62%), 15s ago");
    assert_eq!(line(&cluster, "cpu trend"), "▁▃ 7% to 29%");
    assert_eq!(line(&cluster, "usage"), "");
    assert_eq!(cell(&cluster, "cpu-used", "12:02:45"), "1.2 28% 3m old");
    let later = section(&cluster, "12:02:45");
    assert!(later.contains(&("cpu used".into(), "1.2 of 4 (28%) over 15 s, 3m ago, which is old".into())));
    cluster.apply(Change::Gone(Kind::Node, Key::new("", "worker")));
    assert!(cluster.usage("worker").is_none(), "it goes with its node");
}

#[test]
fn every_way_of_having_no_usage_is_told_apart_and_none_is_zero() {
    let retry_at = at(NOW);
    let forbidden = Freshness::Forbidden { verb: "list", resource: "nodes.metrics.k8s.io".into(), retry_at };
    let stale = Freshness::Stale { since: at("11:57:00"), why: "HTTP 503".into(), retry_at };
    for (freshness, word, sentence) in [
        (Freshness::Connecting, "<unknown>", "no usage yet: metrics.k8s.io is asked"),
        (Freshness::Absent { retry_at }, "<not served>", "no usage: metrics.k8s.io is not served"),
        (forbidden, "<forbidden>", "no usage: may not list nodes.metrics.k8s.io"),
        (stale, "<unavailable>", "no usage for 3m: metrics.k8s.io: HTTP 503"),
        (
            Freshness::Live { since: at(NOW) },
            "<unknown>",
            "no usage: metrics.k8s.io says nothing of this node",
        ),
    ] {
        let mut cluster = cluster();
        cluster.apply(Change::Measuring(freshness));
        for column in ["cpu-used", "memory-used", "cpu-trend"] {
            assert_eq!(cell(&cluster, column, NOW), word);
        }
        assert_eq!(line(&cluster, "usage"), sentence);
    }
}

#[test]
fn a_nodes_wrong_clock_does_not_make_its_samples_old() {
    use foretop::model::meta::Meta;
    use foretop::model::node::NodeLease;
    let mut cluster = cluster();
    measure(&mut cluster, "11:49:45", 100, 1 << 30);
    assert!(cell(&cluster, "cpu-used", NOW).ends_with("old"));
    // Every renewal is heard ten minutes after what the node's clock says.
    for minute in [40, 41, 42, 43] {
        let renewed = at(&format!("11:{minute}:00"));
        let heard = at(&format!("11:{}:00", minute + 10));
        let meta = Meta { key: Key::new("kube-node-lease", "worker"), ..pod(Vec::new()).meta };
        let lease = NodeLease {
            meta,
            renewed: Some(renewed),
            duration_seconds: 40,
            heard: Some(heard),
            lags: [None; 2],
        };
        cluster.apply(Change::Upsert(Object::NodeLease(Box::new(lease))));
    }
    assert_eq!(cell(&cluster, "cpu-used", NOW), "100m 2%");
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn amount(&mut self) -> i64 {
        [0, 1, 250, 1 << 30, 1 << 50, i64::MAX][self.below(6)]
    }
}

/// What a recount of one node's pods finds: pods, then every sum, then what is asked for by name.
type Count = (u32, [i64; 6], [u32; 2], BTreeMap<String, i64>);

fn recount(cluster: &Cluster, node: &str) -> Count {
    let on_it = cluster.pods().filter(|pod| pod.node.as_deref() == Some(node) && !pod.finished());
    let pods: Vec<&Pod> = on_it.collect();
    let sum = |of: fn(&Pod) -> i64| {
        let exact: i128 = pods.iter().map(|pod| i128::from(of(pod))).sum();
        i64::try_from(exact).unwrap_or(i64::MAX)
    };
    let open = |of: fn(&Pod) -> bool| pods.iter().filter(|pod| of(pod)).count() as u32;
    let mut named: BTreeMap<String, i128> = BTreeMap::new();
    for (name, amount) in pods.iter().flat_map(|pod| &pod.template.room.extended) {
        *named.entry(name.to_string()).or_default() += i128::from(*amount);
    }
    let sums = [
        sum(|pod| pod.template.cpu),
        sum(|pod| pod.template.memory),
        sum(|pod| pod.template.room.cpu_limit.most),
        sum(|pod| pod.template.room.memory_limit.most),
        sum(|pod| pod.template.room.storage),
        sum(|pod| pod.template.room.storage_limit),
    ];
    let open =
        [open(|pod| pod.template.room.cpu_limit.open), open(|pod| pod.template.room.memory_limit.open)];
    let named = named.into_iter().map(|(name, sum)| (name, i64::try_from(sum).unwrap_or(i64::MAX)));
    (pods.len() as u32, sums, open, named.collect())
}

fn kept(cluster: &Cluster, node: &str) -> Count {
    let load = cluster.load(node).cloned().unwrap_or_default();
    let room = &load.room;
    let sums = [load.cpu, load.memory, room.cpu.most, room.memory.most, room.storage, room.storage_limit]
        .map(Sum::get);
    let named = room.names().map(|name| (name.to_string(), room.of(name))).collect();
    (load.pods, sums, [room.cpu.open, room.memory.open], named)
}

fn churn(cluster: &mut Cluster, dice: &mut Dice) {
    let mut it = pod(Vec::new());
    it.meta.key = Key::new("shop", &format!("pod-{}", dice.below(12)));
    match dice.below(12) {
        0..3 => return cluster.apply(Change::Gone(Kind::Pod, it.meta.key)),
        3 => {
            // A list that names some of them.
            cluster.apply(Change::Relisting(Kind::Pod));
            let some: Vec<Pod> = cluster.pods().filter(|_| dice.below(2) == 0).cloned().collect();
            cluster.apply_all(some.into_iter().map(|pod| Change::Upsert(Object::Pod(Box::new(pod)))));
            return cluster.apply(Change::Synced(Kind::Pod));
        }
        _ => {}
    }
    it.node.clone_from(&[None, Some("worker".into()), Some("other".into())][dice.below(3)]);
    it.phase = [Phase::Running, Phase::Pending, Phase::Succeeded, Phase::Failed][dice.below(4)];
    let mut extended: Vec<(&str, i64)> = Vec::new();
    for name in ["example.com/fpga", "hugepages-2Mi", GPU] {
        if dice.below(3) == 0 {
            extended.push((name, 1 + dice.amount() / 2));
        }
    }
    let (cpu, memory) = ((dice.amount(), dice.below(2) == 0), (dice.amount(), dice.below(2) == 0));
    let room = room(cpu, memory, dice.amount() / 2, &extended);
    let template =
        Template { cpu: dice.amount(), memory: dice.amount(), room, ..Template::clone(&it.template) };
    it.template = Arc::new(template);
    cluster.apply(Change::Upsert(Object::Pod(Box::new(it))));
}

#[test]
fn whatever_comes_and_goes_the_totals_are_those_of_a_recount() {
    for seed in 0..8 {
        let (mut cluster, mut dice) = (cluster(), Dice(seed));
        for step in 0..400 {
            churn(&mut cluster, &mut dice);
            for node in ["worker", "other"] {
                assert_eq!(kept(&cluster, node), recount(&cluster, node), "seed {seed}, step {step}, {node}");
            }
        }
        for number in 0..12 {
            cluster.apply(Change::Gone(Kind::Pod, Key::new("shop", &format!("pod-{number}"))));
        }
        assert!(cluster.load("worker").is_none() && cluster.load("other").is_none());
        assert_eq!(cluster.count(Kind::Pod), 0);
    }
}
