//! spec.behavior in words: how fast an autoscaler may go up and down, and how long it waits. It computes no limits.
//!
//! Source: `pkg/controller/podautoscaler/horizontal.go` (normalizeDesiredReplicas without, and
//! normalizeDesiredReplicasWithBehaviors with `spec.behavior`); defaults of `pkg/apis/autoscaling/v2/defaults.go`.

use crate::model::autoscaler::{Amount, Autoscaler, Policy, PolicyKind, Rules, Select};
use crate::model::quantity::decimal;
use crate::model::value::age;
use crate::views::{Line, Section};

/// Both directions in words.
pub(super) fn section(autoscaler: &Autoscaler) -> Section {
    let lines = match &autoscaler.behavior {
        Some(behavior) => {
            vec![
                Line::new("up", words(&behavior.up, Way::Up)),
                Line::new("down", words(&behavior.down, Way::Down)),
            ]
        }
        None => vec![
            Line::new("", "spec.behavior is absent, which is an algorithm of its own:"),
            Line::new("up", "to twice the size, or to 4 where that is more, in one pass; it does not wait"),
            Line::new("down", "to the largest proposal of the controller's window, in one pass"),
        ],
    };
    Section { title: "Behaviour".to_owned(), lines }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// One direction: the policies, which of them counts, the window, the tolerance.
fn words(rules: &Rules, way: Way) -> String {
    if rules.select == Select::Disabled {
        return "never: selectPolicy is Disabled".to_owned();
    }
    let policies: Vec<String> = rules.policies.iter().map(|it| policy(it, way)).collect();
    let which = match (policies.len(), rules.select) {
        (0 | 1, _) => "",
        (_, Select::Min) => ", whichever is less",
        (..) => ", whichever is more",
    };
    let pace = if policies.is_empty() { "no policy".to_owned() } else { policies.join(" or ") };
    let window = match (rules.window, way) {
        (Some(seconds), _) if seconds <= 0 => "; it does not wait".to_owned(),
        (Some(seconds), Way::Up) => {
            format!("; no further than the smallest proposal of the last {}", span(seconds))
        }
        (Some(seconds), Way::Down) => {
            format!("; no further than the largest proposal of the last {}", span(seconds))
        }
        (None, Way::Up) => "; it does not wait".to_owned(),
        (None, Way::Down) => "; no further than the largest proposal of the controller's window".to_owned(),
    };
    let percent = |it: &Amount| decimal(it.milli.0.saturating_mul(100));
    let tolerance = rules.tolerance.as_ref().map(|it| format!("; tolerance {}%", percent(it)));
    format!("{pace}{which}{window}{}", tolerance.unwrap_or_default())
}

/// `4 pods in any 15s`
fn policy(policy: &Policy, way: Way) -> String {
    let amount = match (policy.kind, policy.value) {
        (PolicyKind::Pods, 1) => "1 pod".to_owned(),
        (PolicyKind::Pods, value) => format!("{value} pods"),
        (PolicyKind::Percent, value) => format!("{value}%"),
    };
    let word = if way == Way::Up { "more" } else { "fewer" };
    format!("at most {amount} {word} in any {}", span(policy.period))
}

fn span(seconds: i32) -> String {
    age(i64::from(seconds))
}
