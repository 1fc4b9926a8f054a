//! Sets the stage for a round: objects, the replicas that somebody else sets, pods, measurements; and waits until
//! controllers and program have seen all of it.
use std::collections::{BTreeMap, BTreeSet};

use foretop::model::key::Key;
use foretop::model::kind::Kind;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::edits;
use crate::kubelet::{self, Condition};
use crate::random::{Case, Target};
use crate::support::dice::Dice;
use crate::support::fixtures::{self, SOON};
use crate::support::objects;
use crate::things;
use crate::values;
use crate::world::{NODE, World};

/// The namespace of objects that only show how far the program has seen.
const MARKS: &str = "marks";

pub(crate) struct Stage<'a> {
    world: &'a World,
    pub(crate) cases: Vec<Case>,
    /// Whether the first round is over.
    begun: bool,
    marks: usize,
}

/// Pods by namespace and app.
type Pods = BTreeMap<(String, String), Vec<Value>>;

impl<'a> Stage<'a> {
    /// Creates the workloads, lets their pods run, and creates the autoscalers.
    pub(crate) fn set(world: &'a World, cases: Vec<Case>, dice: &mut Dice) -> Self {
        let namespaces: BTreeSet<&str> = cases.iter().map(|case| case.namespace.as_str()).collect();
        for namespace in namespaces.into_iter().chain([MARKS]) {
            fixtures::namespace(&world.admin, namespace);
        }
        things::define(&world.admin);
        let workload = |case: &Case| (Method::POST, case.collection(), case.workload(NODE));
        world.admin.send_all(present(&cases).map(workload).collect());
        let stage = Self { world, cases, begun: false, marks: 0 };
        stage.play(dice);
        let autoscaler =
            |case: &Case| (Method::POST, objects::autoscalers(&case.namespace), case.autoscaler());
        world.admin.send_all(stage.cases.iter().map(autoscaler).collect());
        let mark = objects::autoscaler("mark", 1, 1);
        world.admin.create(&objects::autoscalers(MARKS), &mark);
        stage
    }

    /// The next round, once the last passes are over. When the world is to change, somebody scales a few workloads, and
    /// pods and values become others.
    pub(crate) fn next(&mut self, dice: &mut Dice, changes: bool) {
        // The controller learns of a new kind within 30 s.
        self.world.gate.wait_until_held(&self.scales(), 2 * SOON);
        if changes && self.begun {
            self.scale_some(dice);
            self.play(dice);
        } else {
            self.settled();
        }
        self.begun = true;
        self.wait_until_seen();
    }

    /// Edits some autoscalers, of which it is told which ones the pass that stands at the gate leaves as they are, and
    /// what their targets have. That pass has begun with the old ones, and what it writes may not be taken. Returns
    /// whether each was edited.
    pub(crate) fn edit_some(&mut self, dice: &mut Dice, idle: &[Option<i32>]) -> Vec<bool> {
        let mut patches = Vec::new();
        let mut edited = Vec::new();
        for (case, idle) in self.cases.iter_mut().zip(idle) {
            let current = idle.and_then(|it| u32::try_from(it).ok()).filter(|_| dice.percent(15));
            edited.push(current.is_some());
            if let Some(current) = current {
                let path = format!("{}/{}", objects::autoscalers(&case.namespace), case.name);
                patches.push((Method::PATCH, path, edits::edit(dice, case, current)));
            }
        }
        self.world.admin.send_all(patches);
        edited
    }

    fn scale_some(&self, dice: &mut Dice) {
        let scaled = present(&self.cases).filter_map(|case| {
            let replicas =
                dice.percent(12).then(|| dice.pick(&[0, 1, case.min, case.max, case.max + 2, 5]))?;
            Some((Method::PATCH, case.scale(), json!({"spec": {"replicas": replicas}})))
        });
        self.world.admin.send_all(scaled.collect());
    }

    /// Rolls how pods are and what is measured.
    fn play(&self, dice: &mut Dice) {
        let mut pods = self.settled();
        let now = fixtures::clock();
        let mut reports = Vec::new();
        for case in &self.cases {
            let unrest = kubelet::unrest(dice);
            for pod in living(&pods, case) {
                reports.push(kubelet::report(pod, kubelet::roll(dice, unrest), now));
            }
        }
        self.world.admin.send_all(reports);
        // Whatever failed has been replaced; the new ones run at once or stay behind.
        pods = self.settled();
        let late = self.cases.iter().flat_map(|case| living(&pods, case));
        let fresh = late.filter(|pod| pod["status"]["startTime"].is_null() && dice.percent(70));
        let reports = fresh.map(|pod| kubelet::report(pod, Condition::Ready, now)).collect();
        self.world.admin.send_all(reports);
        self.measure(dice, &self.settled(), now);
    }

    fn measure(&self, dice: &mut Dice, pods: &Pods, now: Timestamp) {
        self.world.metrics.change(|measured| {
            for case in &self.cases {
                let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                let pods: Vec<String> = all(pods, case).iter().map(name).collect();
                values::roll(dice, case, &pods, now, measured);
            }
        });
    }

    /// Waits until every workload has exactly the pods that it should have, and returns all pods.
    fn settled(&self) -> Pods {
        let api = &self.world.admin;
        let mut found = Pods::new();
        self.world.engine.wait_until("see settled workloads", 2 * SOON, || {
            // Again each time: a pass may come in between.
            things::tend(api, &self.cases, NODE);
            found = by_app(&api.get("/api/v1/pods"));
            let lists = ["apps/v1/deployments", "apps/v1/replicasets", "foretop.test/v1/things"];
            let workloads = lists.map(|list| api.get(&format!("/apis/{list}")));
            let unsettled = |case: &&Case| {
                let items = workloads.iter().filter_map(|it| it["items"].as_array()).flatten();
                let mut own = items.filter(|it| {
                    it["metadata"]["namespace"] == case.namespace && it["metadata"]["name"] == case.name
                });
                let alive = living(&found, case).count();
                !own.next().is_some_and(|it| is_settled(case, it, alive as u64))
            };
            present(&self.cases).find(unsettled).map(|case| format!("the pods of {}", case.path()))
        });
        found
    }

    /// Puts a mark behind everything that has happened to each kind, and waits until the program sees the marks.
    fn wait_until_seen(&mut self) {
        let World { admin, engine, .. } = self.world;
        self.marks += 1;
        let name = format!("mark-{}", self.marks);
        let empty = objects::deployment(&name, NODE, 0);
        admin.create(&objects::deployments(MARKS), &empty);
        admin.create(&format!("/apis/apps/v1/namespaces/{MARKS}/replicasets"), &empty);
        // Without their labels: the ReplicaSet wants no pods, and would have this one deleted before anybody has seen it.
        let mut pod = objects::pod(&name, NODE);
        pod["metadata"]["labels"] = json!({});
        admin.create(&objects::pods(MARKS), &pod);
        let limit = self.marks as i32 + 1;
        admin.merge(
            &format!("{}/mark", objects::autoscalers(MARKS)),
            &json!({"spec": {"maxReplicas": limit}}),
        );
        let key = |name: &str| Key { namespace: MARKS.into(), name: name.into() };
        let (autoscaler, mark) = (key("mark"), key(&name));
        engine.wait_until("see the marks", SOON, || {
            let cluster = engine.cluster();
            let workload = |kind| cluster.workload(kind, &mark).is_some();
            let seen = [
                (
                    Kind::HorizontalPodAutoscaler,
                    cluster.autoscaler(&autoscaler).is_some_and(|it| it.max == limit),
                ),
                (Kind::Pod, cluster.pod(&mark).is_some()),
                (Kind::Deployment, workload(Kind::Deployment)),
                (Kind::ReplicaSet, workload(Kind::ReplicaSet)),
            ];
            seen.iter().find(|(_, seen)| !seen).map(|(kind, _)| format!("the mark of {}", kind.plural()))
        });
        self.wait_until_asked();
    }

    /// Waits until all metrics have been asked for since now; for a target that is gone nothing is asked.
    fn wait_until_asked(&self) {
        let engine = &self.world.engine;
        let now = fixtures::clock();
        let keys: Vec<Key> = present(&self.cases).map(Case::key).collect();
        engine.wait_until("ask for everything", 2 * SOON, || {
            let cluster = engine.cluster();
            let generation = |key| cluster.autoscaler(key).map(|it| it.generation);
            let asked = |key| {
                let probe = cluster.probe(key).filter(|probe| probe.at > now);
                probe.is_some_and(|probe| Some(probe.generation) == generation(key))
            };
            let left = keys.iter().find(|key| !asked(key));
            if left.is_some() {
                engine.hurry();
            }
            left.map(|key| format!("a probe of {key}"))
        });
    }

    /// The paths of the scales that the controller asks for.
    pub(crate) fn scales(&self) -> BTreeSet<String> {
        self.cases.iter().map(Case::scale).collect()
    }
}

/// Whether a workload has what it wants and says so.
fn is_settled(case: &Case, workload: &Value, alive: u64) -> bool {
    let (wanted, status) = (workload["spec"]["replicas"].as_u64(), &workload["status"]);
    let observed = status["observedGeneration"] == workload["metadata"]["generation"];
    (case.target == Target::Custom || observed)
        && wanted == Some(status["replicas"].as_u64().unwrap_or_default())
        && wanted == Some(alive)
}

/// Those whose target is there.
fn present(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().filter(|case| case.target != Target::Missing)
}

fn by_app(list: &Value) -> Pods {
    let mut found = Pods::new();
    for pod in list["items"].as_array().into_iter().flatten() {
        let meta = &pod["metadata"];
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        found.entry((text(&meta["namespace"]), text(&meta["labels"]["app"]))).or_default().push(pod.clone());
    }
    found
}

fn all<'a>(pods: &'a Pods, case: &Case) -> &'a [Value] {
    pods.get(&(case.namespace.clone(), case.name.clone())).map(Vec::as_slice).unwrap_or_default()
}

fn living<'a>(pods: &'a Pods, case: &Case) -> impl Iterator<Item = &'a Value> {
    all(pods, case).iter().filter(|pod| !kubelet::has_ended(pod))
}
