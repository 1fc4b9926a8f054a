//! spec.behavior: what is said and what the API server fills in.

use super::*;
use crate::model::autoscaler::{Behavior, Policy, PolicyKind, Rules, Select};

fn behavior(behavior: &Value) -> Option<Behavior> {
    let text =
        json!({ "metadata": { "name": "a", "generation": 7 }, "spec": { "behavior": behavior } }).to_string();
    let it = both(&text, |shared, wire: autoscaling::HorizontalPodAutoscaler| shared.autoscaler(wire));
    assert_eq!((it.generation, it.observed), (7, None));
    it.behavior
}

#[test]
fn no_behavior_is_not_the_default_one() {
    assert_eq!(behavior(&Value::Null), None);
    assert_eq!(behavior(&json!({})), Some(Behavior { up: Rules::up(), down: Rules::down() }));
}

#[test]
fn what_a_direction_says_is_kept_and_the_rest_filled_in() {
    let it = behavior(&json!({
        "scaleUp": { "selectPolicy": "Min", "policies": [{ "type": "Percent", "value": 10, "periodSeconds": 60 }] },
        "scaleDown": { "selectPolicy": "Disabled", "stabilizationWindowSeconds": 0, "tolerance": "0.05" } })).unwrap();
    let policies = vec![Policy { kind: PolicyKind::Percent, value: 10, period: 60 }];
    assert_eq!(it.up, Rules { select: Select::Min, policies, ..Rules::up() });
    assert_eq!(
        (it.down.select, it.down.window, &it.down.policies),
        (Select::Disabled, Some(0), &Rules::down().policies)
    );
    assert_eq!(it.down.tolerance.unwrap().milli, Milli(50));
    assert_eq!(
        (it.up.window, Rules::down().window),
        (Some(0), None),
        "down waits as long as the controller is told to"
    );
}

#[test]
fn absurd_numbers_are_kept_as_they_are() {
    let it = behavior(&json!({ "scaleUp": { "stabilizationWindowSeconds": -1, "selectPolicy": "Sideways",
        "policies": [{ "type": "", "value": i32::MAX, "periodSeconds": i32::MIN }] } }))
    .unwrap();
    assert_eq!((it.up.window, it.up.select), (Some(-1), Select::Max));
    assert_eq!(it.up.policies, [Policy { kind: PolicyKind::Pods, value: i32::MAX, period: i32::MIN }]);
}
