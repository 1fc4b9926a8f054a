//! What is seen of the controller manager: since when its leader leads, and its flags. Time is paused, as in `watch`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use foretop::analysis::assumptions::stated;
use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, WatchOptions, Watches, spawn};
use foretop::model::change::Change;
use foretop::model::cluster::Cluster;
use foretop::model::flag::Flag;
use foretop::model::kind::Kind;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::script::{Asked, Reply, Server, by_hand, pass, refusal, soon, whole};
use crate::told::{event, quiet};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const PODS: &str = "/api/v1/namespaces/kube-system/pods";

/// What is told of a server's controller manager, and nothing else.
struct Seen {
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    _watches: Watches,
}

impl Seen {
    async fn of(server: &Server) -> Self {
        let (sender, batches) = mpsc::channel(8);
        let options =
            WatchOptions { kinds: Vec::new(), beside: vec![Beside::Controllers], ..WatchOptions::default() };
        let session = server.session(Mode::ReadOnly).await;
        let watches = spawn(session, &options, sender, Arc::new(Notify::new()));
        Self { cluster: Cluster::default(), batches, _watches: watches }
    }

    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        soon(what, async {
            while !found(&self.cluster) {
                let batch = self.batches.recv().await.unwrap();
                assert!(batch.iter().all(|change| matches!(change, Change::Server(_))), "{batch:?}");
                self.cluster.apply_all(batch);
            }
        })
        .await;
    }

    async fn looked(&mut self) {
        self.until("a look at the controllers", |cluster| cluster.server.observed.is_some()).await;
    }

    fn leader(&self) -> Option<Timestamp> {
        self.cluster.server.leader
    }

    fn grace(&self) -> String {
        stated(&self.cluster, Flag::MonitorGracePeriod)
    }
}

fn at(hour: u32) -> Timestamp {
    format!("2026-08-01T{hour:02}:00:00.123456Z").parse().unwrap()
}

fn lease(holder: &str, hour: u32, renewed: u32) -> Value {
    let acquired = at(hour).to_string();
    json!({ "metadata": { "name": "kube-controller-manager", "namespace": "kube-system",
            "resourceVersion": (10 + renewed).to_string() },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": 15, "acquireTime": acquired,
            "renewTime": format!("2026-08-01T23:00:{renewed:02}.000000Z") } })
}

/// The mirror of a controller manager's static pod.
fn mirror(node: &str, arguments: &[&str]) -> Value {
    json!({ "metadata": { "name": format!("kube-controller-manager-{node}"), "namespace": "kube-system",
            "resourceVersion": "7", "annotations": { "kubernetes.io/config.mirror": "abc" } },
        "spec": { "nodeName": node, "containers": [
            { "name": "kube-controller-manager", "command": ["kube-controller-manager"], "args": arguments }] } })
}

fn list(items: &[Value]) -> Reply {
    whole(200, &json!({ "metadata": { "resourceVersion": "9" }, "items": items }))
}

/// A server with these leases and pods; what its watch of leases brings is sent by hand.
async fn serving(
    leases: impl Fn() -> Reply + Send + Sync + 'static,
    pods: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Server, mpsc::UnboundedSender<std::io::Result<Bytes>>) {
    let (sender, reply) = by_hand();
    let first = Mutex::new(Some(reply));
    let server = Server::start(move |asked: &Asked| match (asked.path.as_str(), asked.watches()) {
        (LEASES, false) => leases(),
        (LEASES, true) => first.lock().unwrap().take().unwrap_or_else(quiet),
        (PODS, false) => pods(),
        (PODS, true) => quiet(),
        (other, _) => panic!("{other}"),
    })
    .await;
    (server, sender)
}

#[tokio::test(start_paused = true)]
async fn the_leader_is_followed_through_its_lease_and_renewals_are_no_news() {
    let (server, watch) = serving(|| list(&[lease("cp-1_a", 1, 1)]), || list(&[])).await;
    let mut seen = Seen::of(&server).await;
    seen.looked().await;
    assert_eq!(seen.leader(), Some(at(1)));
    let asked = server.asked();
    let listed = asked.iter().find(|it| it.path == LEASES).unwrap();
    assert_eq!(listed.query("fieldSelector"), "metadata.name=kube-controller-manager");
    let listed = asked.iter().find(|it| it.path == PODS).unwrap();
    assert_eq!(listed.query("labelSelector"), "component=kube-controller-manager");

    let (revision, tell) =
        (seen.cluster.revision(), |kind: &str, lease: &Value| watch.send(Ok(event(kind, lease))).unwrap());
    for renewed in 2..30 {
        tell("MODIFIED", &lease("cp-1_a", 1, renewed));
    }
    tell("MODIFIED", &lease("cp-2_b", 2, 30));
    seen.until("another leader", |cluster| cluster.server.leader == Some(at(2))).await;
    assert_eq!(seen.cluster.revision(), revision + 1, "renewals say nothing");
    tell("DELETED", &lease("cp-2_b", 2, 31));
    seen.until("no leader", |cluster| cluster.server.leader.is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_it_knows_no_leader_and_no_flags_and_misses_nothing_else() {
    for (code, reason) in [(403, "Forbidden"), (404, "NotFound"), (500, "InternalError")] {
        let refused = move || refusal(code, reason, "no");
        let (server, _watch) = serving(refused, refused).await;
        let mut seen = Seen::of(&server).await;
        seen.until("a version", |cluster| cluster.server.version.is_some()).await;
        seen.looked().await;
        assert_eq!((seen.leader(), seen.cluster.server.observed.as_deref()), (None, Some(&[][..])), "{code}");
        assert_eq!(seen.grace(), "node-monitor-grace-period=40s (assumed, the default of v1.31.0)");
        assert!(Kind::ALL.iter().all(|kind| !seen.cluster.synced(*kind)), "it counts as no kind");
    }
}

#[tokio::test(start_paused = true)]
async fn the_flags_are_those_of_the_leaders_mirror_pod() {
    let pods = || {
        let stranger = json!({ "metadata": { "name": "of-another-cluster", "resourceVersion": "7" },
            "spec": { "nodeName": "cp-2", "containers": [{ "args": ["--node-monitor-grace-period=9s"] }] } });
        let one = mirror("cp-1", &["--v=2", "--node-monitor-grace-period=1m30s"]);
        list(&[one, mirror("cp-2", &["--node-monitor-grace-period", "20s"]), stranger])
    };
    let (server, watch) = serving(|| list(&[lease("cp-1_a", 1, 1)]), pods).await;
    let mut seen = Seen::of(&server).await;
    seen.looked().await;
    let from = |pod: &str| format!("read from pod kube-system/kube-controller-manager-{pod}");
    assert_eq!(seen.grace(), format!("node-monitor-grace-period=90s ({})", from("cp-1")));
    watch.send(Ok(event("MODIFIED", &lease("cp-2_b", 2, 2)))).unwrap();
    seen.until("the other's flags", |cluster| stated(cluster, Flag::MonitorGracePeriod).contains("=20s"))
        .await;
    assert_eq!(seen.grace(), format!("node-monitor-grace-period=20s ({})", from("cp-2")));
    watch.send(Ok(event("DELETED", &lease("cp-2_b", 2, 3)))).unwrap();
    seen.until("no leader", |cluster| cluster.server.leader.is_none()).await;
    assert!(seen.grace().contains("assumed, the default"), "they disagree: {}", seen.grace());
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_quiet_lists_neither_again() {
    let (server, _watch) = serving(|| list(&[lease("cp-1_a", 1, 1)]), || list(&[mirror("cp-1", &[])])).await;
    let mut seen = Seen::of(&server).await;
    seen.looked().await;
    pass(Duration::from_hours(1), Duration::from_secs(2), || seen.batches.try_recv().is_ok()).await;
    let lists = server.asked().iter().filter(|asked| !asked.watches()).count();
    assert_eq!(lists, 2, "one of leases, one of pods");
}
