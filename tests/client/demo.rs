//! The client against the embedded cluster: all kinds, all users, real operations.

use std::sync::Arc;
use std::time::Duration;

use foretop::actions::{bounds, cordon, evict, scale, taint};
use foretop::client::access::review;
use foretop::client::audit::Audit;
use foretop::client::connect::{Session, Wish, connect};
use foretop::client::convert::Shared;
use foretop::client::events::{EventNews, follow};
use foretop::client::gate::Mode;
use foretop::client::object::{ManagedFields, yaml};
use foretop::client::perform::perform;
use foretop::client::watch::{WatchOptions, Watches, spawn};
use foretop::demo::{Clock, Demo, Options, serve};
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::key::Target;
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, OutcomeResult};
use foretop::model::pod::{Phase, Pod};
use foretop::model::server::{Access, Identity};
use foretop::wire;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Notify, mpsc};

/// Nothing that a test waits for may take longer.
const DEADLINE: Duration = Duration::from_mins(4);

/// An embedded cluster with a client that watches it.
struct Watched {
    demo: Demo,
    folder: tempfile::TempDir,
    session: Arc<Session>,
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    _watches: Watches,
}

async fn session(demo: &Demo, folder: &tempfile::TempDir, user: &str, mode: Mode) -> Arc<Session> {
    let file = folder.path().join("kubeconfig");
    std::fs::write(&file, demo.kubeconfig()).unwrap();
    let wish = Wish { kubeconfig: Some(file), context: Some(user.to_owned()), mode, ..Wish::default() };
    Arc::new(connect(&wish).await.unwrap())
}

impl Watched {
    async fn by(user: &str, mode: Mode) -> Self {
        Self::with(Clock::Wall, user, mode).await
    }

    async fn with(clock: Clock, user: &str, mode: Mode) -> Self {
        let options = Options { seed: 7, clock, ..Options::default() };
        let demo = serve(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let session = session(&demo, &folder, user, mode).await;
        let (sender, batches) = mpsc::channel(16);
        let watches = spawn(Arc::clone(&session), &WatchOptions::default(), sender, Arc::new(Notify::new()));
        Self { demo, folder, session, cluster: Cluster::default(), batches, _watches: watches }
    }

    /// Takes in changes until the cluster is as wanted.
    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        let gather = async {
            while !found(&self.cluster) {
                for change in self.batches.recv().await.unwrap() {
                    self.cluster.apply(change);
                }
            }
        };
        assert!(tokio::time::timeout(DEADLINE, gather).await.is_ok(), "{what}: not within {DEADLINE:?}");
    }

    async fn all_live(&mut self) {
        self.until("all kinds live", |cluster| {
            cluster.server.version.is_some()
                && Kind::ALL.iter().all(|kind| cluster.freshness(*kind).is_live())
        })
        .await;
    }

    async fn perform(&self, operation: Operation, mode: Mode) -> OutcomeResult {
        let audit = Audit::new(self.folder.path(), Identity::default());
        let outcome = tokio::time::timeout(DEADLINE, perform(&self.session, operation, mode, &audit)).await;
        outcome.unwrap().result
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap()
    }

    async fn listed<T: serde::de::DeserializeOwned>(&self, kind: Kind) -> Vec<T> {
        let request = http::Request::get(kind.collection(None)).body(Vec::new()).unwrap();
        let answer = self.session.send(request).await.unwrap().check().await.unwrap();
        let body = answer.body.collect(64 << 20).await.unwrap();
        serde_json::from_slice::<wire::List<T>>(&body).unwrap().items
    }
}

fn a_worker(cluster: &Cluster) -> Target {
    let mut workers: Vec<_> =
        cluster.nodes().filter(|node| node.roles.is_empty() && !node.unschedulable).collect();
    workers.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    Target::new(Kind::Node, workers[0].meta.key.clone())
}

#[tokio::test]
async fn everything_is_seen_as_a_plain_list_says_it() {
    let mut watched = Watched::by("demo", Mode::ReadOnly).await;
    watched.all_live().await;
    let cluster = &watched.cluster;
    for kind in Kind::ALL {
        assert!(cluster.synced(kind) && cluster.count(kind) > 0, "{kind:?}");
    }
    assert_eq!(cluster.server.version.as_deref(), Some("v1.36.3"));
    assert_eq!(
        (cluster.server.identity.context.as_str(), cluster.server.identity.user.as_str()),
        ("demo", "demo")
    );
    assert_eq!(&*cluster.network().unwrap().backend, "vxlan");
    assert!(cluster.nodes().all(|node| node.overlay.as_ref().is_some_and(|it| it.vtep_mac.is_some())));
    assert!(
        cluster.pods().any(|pod| pod.template.overlay_agent) && cluster.pods().any(|pod| pod.template.mirror)
    );

    // Protobuf and JSON, watch and list, must come to the same; what moves by itself is left out.
    let mut shared = Shared::default();
    for budget in watched.listed::<wire::apps::PodDisruptionBudget>(Kind::PodDisruptionBudget).await {
        let listed = shared.budget(budget);
        let seen = watched.cluster.budgets().find(|it| it.meta.key == listed.meta.key).unwrap();
        assert_eq!((&seen.selector, &seen.meta), (&listed.selector, &listed.meta));
    }
    for node in watched.listed::<wire::core::Node>(Kind::Node).await {
        let listed = shared.node(node);
        let seen = watched.cluster.node(&listed.meta.key.name).unwrap();
        assert_eq!(
            (&seen.overlay, &seen.capacity, &seen.system),
            (&listed.overlay, &listed.capacity, &listed.system)
        );
        assert_eq!((&seen.roles, &seen.zone, &seen.meta), (&listed.roles, &listed.zone, &listed.meta));
    }
}

#[tokio::test]
async fn a_cordon_comes_back_through_the_watch_and_a_dry_run_does_not() {
    let mut watched = Watched::by("demo", Mode::Real).await;
    watched.all_live().await;
    let target = a_worker(&watched.cluster);
    let planned = (cordon::CORDON.plan)(&watched.cluster, &target, "", Timestamp::UNIX_EPOCH).unwrap();

    assert_eq!(watched.perform(planned.clone(), Mode::DryRun).await, OutcomeResult::AcceptedDryRun);
    let text = yaml(&watched.session, &target, ManagedFields::Hide).await.unwrap();
    assert!(!text.contains("unschedulable: true"), "{text}");

    assert_eq!(watched.perform(planned, Mode::Real).await, OutcomeResult::Accepted);
    let name = target.key.name.clone();
    watched.until("the cordon", |cluster| cluster.node(&name).unwrap().unschedulable).await;
    assert_eq!(watched.log().lines().count(), 2);
}

#[tokio::test]
async fn a_taint_is_put_on_and_taken_away_unless_the_taints_are_others_by_now() {
    let mut watched = Watched::by("demo", Mode::Real).await;
    watched.all_live().await;
    let target = a_worker(&watched.cluster);
    let name = target.key.name.clone();
    let plan = |cluster: &Cluster, spec: &str| {
        (taint::TAINT.plan)(cluster, &target, spec, Timestamp::UNIX_EPOCH).unwrap()
    };
    let first = plan(&watched.cluster, "maintenance=disk:NoSchedule");
    let late = plan(&watched.cluster, "other:NoSchedule");
    assert_eq!(watched.perform(first, Mode::Real).await, OutcomeResult::Accepted);
    // Planned when the node bore nothing: what somebody wrote meanwhile is not lost.
    match watched.perform(late, Mode::Real).await {
        OutcomeResult::Refused { why, hint } => {
            assert!(why.contains("has changed since you looked: spec.taints is not what it was"), "{why}");
            assert!(hint.starts_with("Nothing was changed. Look at it again"), "{hint}");
        }
        other => panic!("{other:?}"),
    }
    let keys = |cluster: &Cluster| -> Vec<String> {
        cluster.node(&name).unwrap().taints.iter().map(|taint| taint.key.to_string()).collect()
    };
    watched.until("the taint", |cluster| keys(cluster) == ["maintenance"]).await;
    let removal = plan(&watched.cluster, "maintenance:NoSchedule-");
    assert_eq!(watched.perform(removal, Mode::Real).await, OutcomeResult::Accepted);
    watched.until("no taint", |cluster| keys(cluster).is_empty()).await;
}

#[tokio::test]
async fn a_scaled_workload_gets_its_pods() {
    let mut watched = Watched::by("demo", Mode::Real).await;
    watched.all_live().await;
    let target = Target::new(Kind::Deployment, foretop::model::key::Key::new("data", "exporter"));
    let operation = (scale::SCALE.plan)(&watched.cluster, &target, "3", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(watched.perform(operation, Mode::Real).await, OutcomeResult::Accepted);
    watched
        .until("three pods", |cluster| {
            let workload = cluster.workload(Kind::Deployment, &target.key).unwrap();
            workload.desired == 3 && cluster.pods_of(Kind::Deployment, &target.key).len() == 3
        })
        .await;
}

#[tokio::test]
async fn other_bounds_come_back_through_the_watch_and_what_the_server_refuses_does_not() {
    let mut watched = Watched::by("demo", Mode::Real).await;
    watched.all_live().await;
    let mut all: Vec<_> = watched.cluster.autoscalers().map(|it| it.meta.key.clone()).collect();
    all.sort();
    let key = all.remove(0);
    let target = Target::new(Kind::HorizontalPodAutoscaler, key.clone());
    let planned = |cluster: &Cluster, answer: &str| {
        (bounds::BOUNDS.plan)(cluster, &target, answer, Timestamp::UNIX_EPOCH).unwrap()
    };
    let before = watched.cluster.autoscaler(&key).map(|it| (it.min, it.max)).unwrap();
    let operation = planned(&watched.cluster, "3..77");
    // What the dry run is refused is not sent.
    let mut wrong = operation.clone();
    wrong.requests[0].body = json!({ "spec": { "minReplicas": 78, "maxReplicas": 77 } });
    let refused = watched.perform(wrong, Mode::Real).await;
    assert!(matches!(refused, OutcomeResult::Refused { .. }), "{refused:?}");
    assert_eq!(watched.perform(operation, Mode::Real).await, OutcomeResult::Accepted);
    watched
        .until("the new bounds", |cluster| {
            cluster.autoscaler(&key).is_some_and(|it| (it.min, it.max) == (3, 77))
        })
        .await;
    let back = planned(&watched.cluster, &format!("{}..{}", before.0, before.1));
    assert_eq!(watched.perform(back, Mode::Real).await, OutcomeResult::Accepted);
    watched
        .until("the old bounds", |cluster| {
            cluster.autoscaler(&key).is_some_and(|it| (it.min, it.max) == before)
        })
        .await;
}

#[tokio::test]
async fn an_eviction_that_a_budget_forbids_names_the_budget() {
    let clock = Clock::Driven("2026-03-01T10:00:00Z".parse().unwrap());
    let mut watched = Watched::with(clock, "demo", Mode::Real).await;
    watched.all_live().await;
    // The budget that allows the least is used up; nobody lets time pass, so no pod comes back.
    let budget =
        watched.cluster.budgets().filter(|it| it.healthy > 0).min_by_key(|it| it.allowed).unwrap().clone();
    let mut pods: Vec<Target> = watched
        .cluster
        .pods()
        .filter(|pod| {
            pod.meta.key.namespace == budget.meta.key.namespace && pod.ready && pod.phase == Phase::Running
        })
        .filter(|pod| budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.template.labels)))
        .map(|pod| Target::new(Kind::Pod, pod.meta.key.clone()))
        .collect();
    pods.sort();
    let mut last = None;
    for pod in &pods {
        let operation = (evict::EVICT.plan)(&watched.cluster, pod, "", Timestamp::UNIX_EPOCH).unwrap();
        let result = watched.perform(operation, Mode::Real).await;
        if result != OutcomeResult::Accepted {
            last = Some(result);
            break;
        }
    }
    match last {
        Some(OutcomeResult::Refused { why, .. }) => {
            assert!(
                why.starts_with(&format!("PodDisruptionBudget {} does not allow", budget.meta.key)),
                "{why}"
            );
        }
        other => panic!("{budget:?} allowed all {} evictions: {other:?}", pods.len()),
    }
}

#[tokio::test]
async fn a_viewer_sees_all_and_changes_nothing() {
    let mut watched = Watched::by("viewer", Mode::Real).await;
    watched.all_live().await;
    let planned =
        (cordon::CORDON.plan)(&watched.cluster, &a_worker(&watched.cluster), "", Timestamp::UNIX_EPOCH)
            .unwrap();
    assert!(matches!(review(&watched.session, &planned.permission).await, Access::Denied(_)));
    match watched.perform(planned.clone(), Mode::Real).await {
        OutcomeResult::Refused { why, .. } => assert!(why.starts_with("you may not patch nodes: "), "{why}"),
        other => panic!("{other:?}"),
    }
    let admin = session(&watched.demo, &watched.folder, "demo", Mode::ReadOnly).await;
    assert_eq!(review(&admin, &planned.permission).await, Access::Allowed);
}

#[tokio::test]
async fn a_node_reader_sees_nodes_and_what_is_missing_for_the_rest() {
    let mut watched = Watched::by("node-reader", Mode::Real).await;
    watched
        .until("every kind live or forbidden", |cluster| {
            let settled = |kind: &Kind| {
                matches!(cluster.freshness(*kind), Freshness::Live { .. } | Freshness::Forbidden { .. })
            };
            Kind::ALL.iter().all(settled)
        })
        .await;
    assert!(watched.cluster.freshness(Kind::Node).is_live() && watched.cluster.count(Kind::Node) > 0);
    match watched.cluster.freshness(Kind::HorizontalPodAutoscaler) {
        Freshness::Forbidden { verb, resource, .. } => {
            assert_eq!((*verb, resource.as_str()), ("list", "horizontalpodautoscalers.autoscaling"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn read_only_changes_nothing() {
    let mut watched = Watched::by("demo", Mode::ReadOnly).await;
    watched.all_live().await;
    let target = a_worker(&watched.cluster);
    let planned = (cordon::CORDON.plan)(&watched.cluster, &target, "", Timestamp::UNIX_EPOCH).unwrap();
    assert!(matches!(watched.perform(planned, Mode::Real).await, OutcomeResult::Refused { .. }));
    let text = yaml(&watched.session, &target, ManagedFields::Hide).await.unwrap();
    assert!(!text.contains("unschedulable: true"), "{text}");
}

#[tokio::test]
async fn the_events_of_a_pod_are_followed() {
    let mut watched = Watched::by("demo", Mode::ReadOnly).await;
    watched.all_live().await;
    let crashing = |pod: &&Pod| &*pod.status == "CrashLoopBackOff";
    watched.until("a pod that crashes", |cluster| cluster.pods().any(|pod| crashing(&pod))).await;
    let crashing = watched.cluster.pods().find(crashing).unwrap();
    let (target, uid) = (Target::new(Kind::Pod, crashing.meta.key.clone()), crashing.meta.uid);
    let (sender, mut news) = mpsc::channel(4);
    let _following = follow(Arc::clone(&watched.session), &target, uid, sender);
    let found = async {
        loop {
            match news.recv().await.unwrap() {
                EventNews::Current(events) if events.iter().any(|it| it.reason == "BackOff") => return,
                EventNews::Current(_) => {}
                EventNews::Unavailable(why) => panic!("{why}"),
            }
        }
    };
    tokio::time::timeout(DEADLINE, found).await.unwrap();
}
