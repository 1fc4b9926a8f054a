//! Zones in disruption on a real control plane of its own: what foretop says of them, and what the controllers do. Zones
//! belong to the whole cluster, so there is one test at a time, with the nodes that it makes.
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
mod support;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
    use std::time::Duration;

    use foretop::analysis::assumptions::{Assumptions, stated};
    use foretop::client::connect::{Wish, connect};
    use foretop::client::watch::{Beside, WatchOptions, spawn};
    use foretop::model::change::Freshness;
    use foretop::model::cluster::Cluster;
    use foretop::model::flag::Flag;
    use foretop::model::kind::Kind;
    use serde_json::{Value, json};
    use tokio::sync::{Notify, mpsc};

    use crate::support::api::{Api, runtime};
    use crate::support::controlplane::{self, ControlPlane, GRACE, PERIOD, lifecycle_flags};
    use crate::support::credentials::User;
    use crate::support::fixtures::{self, Heart, SOON};
    use crate::support::objects;
    use crate::support::program::run;
    use crate::support::screen;

    const LEADER: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager";
    const POD: &str = "kube-controller-manager-real";

    /// The control plane, for one test at a time.
    struct Alone {
        plane: &'static ControlPlane,
        admin: Api,
        _turn: MutexGuard<'static, ()>,
    }

    /// With a mirror pod that shows the controller manager's flags, as kubeadm's does, so that nothing is assumed.
    fn alone() -> Option<Alone> {
        static ALONE: Mutex<()> = Mutex::new(());
        static MIRROR: OnceLock<()> = OnceLock::new();
        let plane = controlplane::shared()?;
        let turn = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let admin = plane.api(User::Admin);
        MIRROR.get_or_init(|| {
            admin.wait_for_one("/api/v1/namespaces", "metadata.name%3Dkube-system", SOON, |_| true);
            admin.create(&objects::pods("kube-system"), &mirror());
        });
        Some(Alone { plane, admin, _turn: turn })
    }

    fn mirror() -> Value {
        let mut pod = objects::pod(POD, "real");
        pod["metadata"]["labels"] =
            json!({ "component": "kube-controller-manager", "tier": "control-plane" });
        pod["metadata"]["annotations"] = json!({ "kubernetes.io/config.mirror": "abc" });
        let command = std::iter::once("kube-controller-manager".to_owned()).chain(lifecycle_flags());
        pod["spec"]["containers"][0]["command"] = command.collect::<Vec<_>>().into();
        pod
    }

    impl Alone {
        fn kubeconfig(&self) -> PathBuf {
            self.plane.kubeconfig(User::Admin)
        }

        /// What the program says now, with everything that it knows.
        fn snapshot(&self) -> Value {
            let args = ["snapshot", "-o", "json", "--timeout=30s", "--view", "nodes,zones"];
            let finished = run(&self.kubeconfig(), &args);
            assert_eq!(finished.code, Some(screen::FINE), "{}", finished.stderr);
            finished.json()
        }

        /// Puts a pod on a node that tolerates any taint for so many seconds.
        fn pod(&self, namespace: &str, node: &str, seconds: u64) -> String {
            let mut pod = objects::pod(node, node);
            let tolerates =
                json!({ "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds });
            pod["spec"]["tolerations"] = json!([tolerates]);
            self.admin.create(&objects::pods(namespace), &pod);
            format!("{}/{node}", objects::pods(namespace))
        }

        fn node(&self, name: &str) -> Value {
            self.admin.get(&objects::node_path(name))
        }

        fn wait_for_node(&self, name: &str, what: &str, ok: impl Fn(&Value) -> bool) -> Value {
            self.admin.wait_for(&objects::node_path(name), what, GRACE + SOON, ok)
        }

        fn stays(&self, pod: &str) {
            let pod = self.admin.get(pod);
            assert!(pod["metadata"]["deletionTimestamp"].is_null(), "{pod}");
        }
    }

    fn evicts(node: &Value) -> bool {
        fixtures::taints(node).iter().any(|taint| taint.ends_with(":NoExecute"))
    }

    fn unknown(node: &Value) -> bool {
        let keeps_away = "node.kubernetes.io/unreachable:NoSchedule".to_owned();
        fixtures::condition(node, "Ready") == Some("Unknown") && fixtures::taints(node).contains(&keeps_away)
    }

    fn row<'a>(snapshot: &'a Value, view: &str, column: &str, name: &str) -> &'a Value {
        let rows = snapshot["views"][view]["rows"].as_array().expect("rows");
        let found = rows.iter().find(|row| row[column] == name);
        found.unwrap_or_else(|| panic!("no {name} among the {view}: {snapshot:#}"))
    }

    fn next<'a>(snapshot: &'a Value, node: &str) -> &'a str {
        row(snapshot, "nodes", "name", node)["next"].as_str().unwrap_or_default()
    }

    /// What the engine knows of the cluster once it knows everything that the user may read.
    fn gathered(plane: &ControlPlane, user: User) -> Cluster {
        let wish = Wish { kubeconfig: Some(plane.kubeconfig(user)), ..Wish::default() };
        let gather = async {
            let session = Arc::new(connect(&wish).await.expect("a session"));
            let (sender, mut batches) = mpsc::channel(16);
            let options = WatchOptions { beside: vec![Beside::Controllers], ..WatchOptions::default() };
            let _watches = spawn(session, &options, sender, Arc::new(Notify::new()));
            let mut cluster = Cluster::default();
            let settled = |cluster: &Cluster, kind: &Kind| match cluster.freshness(*kind) {
                Freshness::Live { .. } => cluster.synced(*kind),
                freshness => matches!(freshness, Freshness::Forbidden { .. }),
            };
            while cluster.server.observed.is_none() || !Kind::ALL.iter().all(|kind| settled(&cluster, kind)) {
                cluster.apply_all(batches.recv().await.expect("more"));
            }
            cluster
        };
        runtime().block_on(async { tokio::time::timeout(SOON, gather).await }).expect("everything in time")
    }

    #[test]
    fn the_leader_and_the_flags_are_read_where_they_may_be_read() {
        let Some(alone) = alone() else { return };
        let lease = alone.admin.wait_for(LEADER, "be held", SOON, |it| it["spec"]["acquireTime"].is_string());
        let acquired = lease["spec"]["acquireTime"].as_str().expect("a time").parse().expect("a time");
        let cluster = gathered(alone.plane, User::Admin);
        assert_eq!(cluster.server.leader, Some(acquired));
        let assumptions = Assumptions::of(&cluster);
        assert_eq!(
            (assumptions.grace, assumptions.period),
            (GRACE.as_secs() as i64, PERIOD.as_secs() as i64)
        );
        let told = stated(&cluster, Flag::MonitorGracePeriod);
        assert!(told.contains(&format!("read from pod kube-system/{POD}")), "{told}");

        let little = gathered(alone.plane, User::NodeReader);
        assert_eq!((little.server.leader, little.server.observed.as_deref()), (None, Some(&[][..])));
        let told = stated(&little, Flag::MonitorGracePeriod);
        assert!(told.contains("assumed, the default"), "{told}");
    }

    #[test]
    fn a_zone_in_partial_disruption_is_held_as_we_say() {
        let Some(alone) = alone() else { return };
        let east = ["held-1", "held-2", "held-3", "held-4", "held-5"];
        let hearts: Vec<Heart> =
            east.into_iter().zip(30..).map(|(it, n)| Heart::in_zone(&alone.admin, "east", it, n)).collect();
        let witness = Heart::in_zone(&alone.admin, "west", "witness", 40);
        let _calm = Heart::in_zone(&alone.admin, "west", "calm", 41);
        let namespace = fixtures::namespace(&alone.admin, "held");
        let pods = ["held-1", "held-2", "held-3"].map(|node| (node, alone.pod(&namespace, node, 0)));
        hearts[..3].iter().for_each(Heart::stop);
        for (node, _) in &pods {
            alone.wait_for_node(node, "be Unknown and tainted NoSchedule", unknown);
        }
        let said = alone.snapshot();
        let zone = row(&said, "zones", "zone", "east");
        assert_eq!(
            (&zone["state"], &zone["tainting"]),
            (&json!("PartialDisruption"), &json!("none")),
            "{zone}"
        );
        assert_eq!((&zone["ready"], &zone["down"]), (&json!(2), &json!(3)), "{zone}");
        let found = said["findings"].to_string();
        assert!(found.contains(&format!("unhealthy-zone-threshold=0.55 (read from pod kube-system/{POD})")));
        // Before the controller had judged the zone, its limiter may have let one node pass.
        let held: Vec<_> = pods.iter().filter(|(node, _)| !evicts(&alone.node(node))).collect();
        assert!(held.len() >= 2, "{held:?}");
        for (node, _) in &held {
            assert_eq!(next(&said, node), "no evictions: zone in disruption", "{node}");
        }

        // A node of another zone goes through everything that these would go through, behind them.
        let behind = alone.pod(&namespace, "witness", 0);
        witness.complain();
        alone.wait_for_node("witness", "be tainted NoExecute", evicts);
        alone.admin.wait_until_deleted(&behind, SOON);
        for (node, pod) in &held {
            let now = alone.node(node);
            assert!(unknown(&now) && !evicts(&now), "{now}");
            alone.stays(pod);
        }
        let said = alone.snapshot();
        assert_eq!(row(&said, "zones", "zone", "west")["state"], "Normal");
    }

    #[test]
    fn while_every_zone_is_down_nothing_is_evicted_and_the_first_that_returns_gives_all_a_fresh_grace() {
        let Some(alone) = alone() else { return };
        let nodes = [("north", "down-1"), ("north", "down-2"), ("south", "down-3")];
        let mut hearts: Vec<Heart> =
            nodes.iter().zip(50..).map(|((zone, it), n)| Heart::in_zone(&alone.admin, zone, it, n)).collect();
        let namespace = fixtures::namespace(&alone.admin, "down");
        // Long enough that none is due before all zones are down.
        let pods = nodes.map(|(_, node)| alone.pod(&namespace, node, 60));
        hearts[0].stop();
        alone.wait_for_node("down-1", "be tainted NoExecute", evicts);
        hearts[1].stop();
        alone.wait_for_node("down-2", "be tainted NoExecute", evicts);
        assert_eq!(row(&alone.snapshot(), "zones", "zone", "north")["state"], "FullDisruption");

        // With the last node that was Ready all waits are cancelled; its lease stands still from now on.
        hearts[2].complain();
        hearts[2].stop();
        for node in ["down-1", "down-2"] {
            alone.wait_for_node(node, "lose its NoExecute taint", |node| unknown(node) && !evicts(node));
        }
        let said = alone.snapshot();
        for node in ["down-1", "down-2", "down-3"] {
            assert_eq!(next(&said, node), "no evictions: all zones down", "{node}");
        }
        let found = said["findings"].to_string();
        assert!(found.contains("evictions are suspended") && found.contains("fresh grace period"), "{found}");
        for pod in &pods {
            alone.stays(pod);
        }

        let back = fixtures::clock();
        hearts[0].start();
        let south = alone.wait_for_node("down-3", "be Unknown", unknown);
        let late = fixtures::transition(&south, "Ready").expect("a time").duration_since(back);
        // The time has no fractions; without a fresh grace it would have been Unknown seconds before.
        let fresh = GRACE.checked_sub(Duration::from_secs(1)).expect("a long grace");
        assert!(late.as_secs() >= fresh.as_secs() as i64, "Unknown {} s after the return", late.as_secs());
        for event in ["down-1", "down-2"] {
            let events = format!("/api/v1/namespaces/{namespace}/events");
            let of = format!("involvedObject.name%3D{event},reason%3DTaintManagerEviction");
            alone.admin.wait_for_one(&events, &of, SOON, |it| {
                it["message"].as_str().is_some_and(|text| text.starts_with("Cancelling deletion"))
            });
        }
        for pod in &pods {
            alone.stays(pod);
        }
    }
}
