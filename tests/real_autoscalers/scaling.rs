//! The key `s` on an autoscaler: what its plan says that the autoscaler will make of the change, and what the real
//! controller then does. The plan is carried out as it stands; dialogs have tests of their own.
use foretop::actions;
use foretop::analysis::autoscaling::{Forecast, after_bounds, after_scale};
use foretop::model::autoscaler::Autoscaler;
use foretop::model::cluster::Cluster;
use foretop::model::key::{Key, Target};
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, RequestVerb};
use http::Method;
use serde_json::{Value, json};

use crate::support::fixtures::{self, SOON};
use crate::support::measured::Series;
use crate::support::objects;
use crate::world::{NODE, World, world};

const HOME: &str = "by-hand";
const MIN: u32 = 2;
const MAX: u32 = 6;

/// What a person does to an autoscaler whose target has the replicas that its metric asks for.
struct Act {
    name: &'static str,
    wanted: u32,
    action: &'static str,
    answer: &'static str,
    /// What the plan says.
    words: &'static str,
    /// What the controller makes of it.
    written: u32,
}

/// Each ends where its metric wants it too, or the pass after the next would do something else.
const ACTS: [Act; 6] = [
    act("within", 4, "scale", ("5", 4), "goes from 5 to 4"),
    act("above", MAX, "scale", ("9", MAX), "above sets it back to its maximum, 6, within 10 s"),
    act("below", MIN, "scale", ("1", MIN), "below raises it to its minimum, 2, within 10 s"),
    act("nothing", 3, "scale", ("0", 0), "nothing stops scaling at 0 replicas"),
    act("raised", 3, "bounds", ("5..9", 5), "It sets its target from 3 to 5 within 10 s"),
    act("lowered", 5, "bounds", ("1..3", 3), "It sets its target from 5 to 3 within 10 s"),
];

const fn act(
    name: &'static str,
    wanted: u32,
    action: &'static str,
    (answer, written): (&'static str, u32),
    words: &'static str,
) -> Act {
    Act { name, wanted, action, answer, words, written }
}

impl Act {
    fn key(&self) -> Key {
        Key { namespace: HOME.into(), name: self.name.into() }
    }

    fn autoscaler(&self) -> String {
        format!("{}/{}", objects::autoscalers(HOME), self.name)
    }

    fn deployment(&self) -> String {
        format!("{}/{}", objects::deployments(HOME), self.name)
    }

    /// Sets the stage: a deployment that has what its autoscaler wants, and both the controller and the program know it.
    fn prepare(&self, world: &World) {
        let depth = format!("{}-depth", self.name);
        world.metrics.change(|measured| {
            let value = (10 * self.wanted).to_string();
            let series = Series { labels: [("queue".to_owned(), self.name.to_owned())].into(), value };
            measured.external.insert((HOME.to_owned(), depth.clone()), Ok(vec![series]));
        });
        fixtures::running_deployment(&world.admin, HOME, self.name, NODE, self.wanted);
        let mut autoscaler = objects::autoscaler(self.name, MIN, MAX);
        let target = json!({"type": "AverageValue", "averageValue": "10"});
        autoscaler["spec"]["metrics"] =
            json!([{"type": "External", "external": {"metric": {"name": depth}, "target": target}}]);
        world.admin.create(&objects::autoscalers(HOME), &autoscaler);
    }

    fn wait_until_known(&self, world: &World) {
        let looked_at = |it: &Value| it["status"]["desiredReplicas"] == self.wanted;
        world.admin.wait_for(&self.autoscaler(), "have been looked at", SOON, looked_at);
        world.engine.wait_until("know what the autoscaler knows", SOON, || {
            let cluster = world.engine.cluster();
            let looked_at = |it: &Autoscaler| it.desired == self.wanted as i32;
            let known = cluster.autoscaler(&self.key()).is_some_and(looked_at)
                && cluster.probe(&self.key()).is_some_and(|probe| probe.answers.len() == 1);
            (!known).then(|| self.name.to_owned())
        });
    }

    /// The program's plan of the act, and its forecast.
    fn plan(&self, world: &World) -> (Operation, Forecast) {
        let cluster = world.engine.cluster();
        let now = fixtures::clock() + cluster.server.skew;
        let target = Target { kind: Kind::HorizontalPodAutoscaler, key: self.key() };
        let action = actions::ALL.iter().find(|it| it.name == self.action).expect("the action");
        let plan = (action.plan)(&cluster, &target, self.answer, now).expect("a plan");
        let autoscaler = cluster.autoscaler(&self.key()).expect("the autoscaler");
        (plan, self.forecast(&cluster, autoscaler, now))
    }

    fn forecast(&self, cluster: &Cluster, autoscaler: &Autoscaler, now: jiff::Timestamp) -> Forecast {
        let number = |text: &str| text.parse().expect("a number");
        match self.answer.split_once("..") {
            Some((min, max)) => after_bounds(cluster, autoscaler, number(min), number(max), now),
            None => after_scale(cluster, autoscaler, number(self.answer), now),
        }
    }
}

fn carry_out(world: &World, plan: &Operation) {
    for request in &plan.requests {
        assert_eq!(request.verb, RequestVerb::MergePatch, "{request:?}");
        world.admin.send_all(vec![(Method::PATCH, request.path.clone(), request.body.clone())]);
    }
}

#[test]
fn what_is_set_by_hand_ends_as_the_plan_says() {
    let Some(world) = world() else { return };
    fixtures::namespace(&world.admin, HOME);
    for act in &ACTS {
        act.prepare(world);
    }
    for act in &ACTS {
        act.wait_until_known(world);
    }
    let plans = ACTS.each_ref().map(|act| act.plan(world));
    for (act, (plan, forecast)) in ACTS.iter().zip(&plans) {
        let told = plan.consequences.join("\n");
        assert!(told.contains(act.words), "{}: {told}", act.name);
        // Where metrics decide, pods are made or deleted meanwhile.
        assert_eq!(forecast.is_certain(), forecast.winner.is_none(), "{}: {forecast:#?}", act.name);
        assert!(forecast.next.holds(act.written as i32), "{}: {forecast:#?}", act.name);
        carry_out(world, plan);
    }
    // A pass that stood at the gate when the bounds changed is still one of the old ones, and the first of the new ones
    // begins at the turn after that.
    let scales = ACTS.each_ref().map(|act| format!("{}/scale", act.deployment())).into();
    let turn = world.gate.beats();
    for next in 1..=2 {
        world.gate.wait_for_beat(turn + next, SOON);
        world.gate.wait_until_held(&scales, SOON);
    }
    for act in &ACTS {
        let autoscaler = world.admin.get(&act.autoscaler());
        assert_eq!(autoscaler["status"]["desiredReplicas"], act.written, "{autoscaler:#}");
        assert_eq!(world.admin.get(&act.deployment())["spec"]["replicas"], act.written, "{}", act.name);
        let disabled = autoscaler["status"].to_string().contains("ScalingDisabled");
        assert_eq!(disabled, act.written == 0, "{autoscaler:#}");
    }
}
