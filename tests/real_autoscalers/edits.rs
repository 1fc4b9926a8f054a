//! How fast random autoscalers may scale, and what somebody makes of them while their controller is at work: other bounds,
//! another behaviour, other metrics.
use serde_json::{Value, json};

use crate::random::{self, Case};
use crate::support::dice::Dice;

/// Changes the case, and returns what the autoscaler is to be patched with.
pub(crate) fn edit(dice: &mut Dice, case: &mut Case, current: u32) -> Value {
    match dice.below(4) {
        0 => {
            case.behavior = behavior(dice);
            json!({"spec": {"behavior": case.behavior}})
        }
        1 => {
            // Other metrics need other bounds, as only some of them allow for no replicas at all.
            case.metrics = random::metrics(dice, &case.template);
            (case.min, case.max) = random::bounds(dice, &case.metrics);
            json!({"spec": {"metrics": case.shown(), "minReplicas": case.min, "maxReplicas": case.max}})
        }
        2 => {
            case.min = current + dice.pick(&[0, 1, 2]);
            case.min = case.min.max(1);
            case.max = case.min + dice.pick(&[0, 1, 5]);
            json!({"spec": {"minReplicas": case.min, "maxReplicas": case.max}})
        }
        _ => {
            case.max = current.saturating_sub(dice.pick(&[0, 1, 2])).max(1);
            case.min = case.min.min(case.max);
            json!({"spec": {"minReplicas": case.min, "maxReplicas": case.max}})
        }
    }
}

/// spec.behavior; null for none.
pub(crate) fn behavior(dice: &mut Dice) -> Value {
    if dice.percent(35) {
        return Value::Null;
    }
    let mut behavior = json!({});
    for direction in ["scaleUp", "scaleDown"] {
        if dice.percent(80) {
            behavior[direction] = rules(dice);
        }
    }
    behavior
}

/// Windows and periods that end within the test, or long after it.
fn rules(dice: &mut Dice) -> Value {
    let mut rules = json!({});
    if dice.percent(70) {
        rules["stabilizationWindowSeconds"] = dice.pick(&[0, 0, 0, 10, 30]).into();
    }
    if dice.percent(50) {
        rules["selectPolicy"] = dice.pick(&["Max", "Max", "Min", "Min", "Disabled"]).into();
    }
    if dice.percent(30) {
        rules["tolerance"] = dice.pick(&["0", "50m", "0.3"]).into();
    }
    if dice.percent(60) {
        let count = dice.pick(&[1, 2, 2, 3]);
        let mut policy = || {
            let (kind, values) =
                dice.pick(&[("Pods", [1, 2, 4]), ("Percent", [10, 50, 100]), ("Percent", [1, 33, 300])]);
            json!({"type": kind, "value": dice.pick(&values), "periodSeconds": dice.pick(&[5, 20, 60, 1800])})
        };
        rules["policies"] = (0..count).map(|_| policy()).collect();
    }
    rules
}
