//! The control plane that the tests in here share: the passes of all autoscalers begin together at a gate, and
//! measurements come from the tests' own server. A mirror pod shows the flags, so that nothing need be assumed.
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::support::api::Api;
use crate::support::controlplane::{self, Wishes};
use crate::support::credentials::User;
use crate::support::fixtures::{Heart, SOON};
use crate::support::gate::Gate;
use crate::support::metrics::MetricsServer;
use crate::support::objects;

/// Where all pods are.
pub(crate) const NODE: &str = "scaled-1";
/// How far apart the gate lets passes begin; a round is prepared in less.
pub(crate) const PERIOD: Duration = Duration::from_secs(10);
/// The flags that decide what an autoscaler does. The window ends between two passes of the same world.
const FLAGS: [&str; 2] =
    ["--horizontal-pod-autoscaler-downscale-stabilization=12s", "--feature-gates=HPAScaleToZero=true"];
/// The controller is back at the gate soon, every autoscaler may wait there at once, and nothing waits for a turn to ask
/// the server.
const ROOM: [&str; 4] = [
    "--horizontal-pod-autoscaler-sync-period=1s",
    "--concurrent-horizontal-pod-autoscaler-syncs=100",
    "--kube-api-qps=1000",
    "--kube-api-burst=2000",
];

pub(crate) struct World {
    pub(crate) admin: Api,
    pub(crate) gate: Arc<Gate>,
    pub(crate) metrics: MetricsServer,
    pub(crate) engine: Engine,
    _heart: Heart,
}

/// Nothing when there are no binaries to start it from.
pub(crate) fn world() -> Option<&'static World> {
    static WORLD: OnceLock<Option<World>> = OnceLock::new();
    WORLD.get_or_init(World::start).as_ref()
}

impl World {
    fn start() -> Option<Self> {
        let gate = Arc::<Gate>::default();
        let wishes = || Wishes {
            controllers: FLAGS.into_iter().chain(ROOM).map(str::to_owned).collect(),
            apiserver: FLAGS[1..].iter().map(|flag| (*flag).to_owned()).collect(),
            gate: Some(Arc::clone(&gate)),
        };
        let plane = controlplane::shared_with(wishes)?;
        let admin = plane.api(User::Admin);
        let metrics = MetricsServer::start(plane.folder(), &admin);
        let heart = Heart::of_new_node(&admin, NODE, 1);
        admin.wait_for_one("/api/v1/namespaces", "metadata.name%3Dkube-system", SOON, |_| true);
        admin.create(&objects::pods("kube-system"), &mirror());
        let engine = Engine::start(plane);
        gate.beat(PERIOD);
        Some(Self { admin, gate, metrics, engine, _heart: heart })
    }
}

/// As kubeadm's. The time between passes is the gate's.
fn mirror() -> Value {
    let mut pod = objects::pod("kube-controller-manager-real", NODE);
    pod["metadata"]["labels"] = json!({ "component": "kube-controller-manager", "tier": "control-plane" });
    pod["metadata"]["annotations"] = json!({ "kubernetes.io/config.mirror": "abc" });
    let period = format!("--horizontal-pod-autoscaler-sync-period={}s", PERIOD.as_secs());
    let command = ["kube-controller-manager".to_owned(), period];
    let command = command.into_iter().chain(FLAGS.map(str::to_owned));
    pod["spec"]["containers"][0]["command"] = command.collect::<Vec<_>>().into();
    pod
}
