//! The table of autoscalers: current values against targets, two of them at most.

use jiff::Timestamp;
use serde_json::Value;

use super::{Layout, column, created, name};
use crate::demo::json::{at, has, list, number, text};

pub(super) const AUTOSCALERS: Layout = Layout {
    columns: &[
        column("Name"),
        column("Reference"),
        column("Targets"),
        column("MinPods"),
        column("MaxPods"),
        column("Replicas"),
        column("Age"),
    ],
    cells,
};

fn cells(autoscaler: &Value, now: Timestamp) -> Vec<Value> {
    let target = at(autoscaler, "/spec/scaleTargetRef");
    let min =
        at(autoscaler, "/spec/minReplicas").as_i64().map_or("<unset>".to_owned(), |min| min.to_string());
    vec![
        name(autoscaler),
        format!("{}/{}", text(target, "/kind"), text(target, "/name")).into(),
        targets(autoscaler).into(),
        min.into(),
        number(autoscaler, "/spec/maxReplicas").into(),
        number(autoscaler, "/status/currentReplicas").into(),
        created(autoscaler, now),
    ]
}

fn targets(autoscaler: &Value) -> String {
    let metrics = list(autoscaler, "/spec/metrics");
    if metrics.is_empty() {
        return "<none>".to_owned();
    }
    let current = |index: usize| at(autoscaler, &format!("/status/currentMetrics/{index}"));
    let all: Vec<_> = metrics.iter().enumerate().map(|(index, spec)| target(spec, current(index))).collect();
    match all.as_slice() {
        [first, second, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second} + {} more...", rest.len())
        }
        all => all.join(", "),
    }
}

fn target(spec: &Value, status: &Value) -> String {
    let (field, labelled) = match text(spec, "/type") {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".to_owned(),
    };
    let goal = at(spec, &format!("/{field}/target"));
    let now = at(status, &format!("/{field}/current"));
    let read = |pointer: &str| match at(now, pointer) {
        Value::String(value) => value.clone(),
        Value::Number(value) => format!("{value}%"),
        _ => "<unknown>".to_owned(),
    };
    let label = if labelled { format!("{}: ", text(spec, &format!("/{field}/name"))) } else { String::new() };
    if has(goal, "/averageUtilization") {
        return format!("{label}{}/{}%", read("/averageUtilization"), number(goal, "/averageUtilization"));
    }
    if has(goal, "/averageValue") {
        let average = if matches!(field, "object" | "external") { " (avg)" } else { "" };
        return format!("{label}{}/{}{average}", read("/averageValue"), text(goal, "/averageValue"));
    }
    format!("{label}{}/{}", read("/value"), text(goal, "/value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_targets_and_how_many_more() {
        let cpu =
            json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}});
        let lag = json!({"type": "External", "external": {"metric": {"name": "lag"}, "target": {"averageValue": "30"}}});
        let value = json!({"type": "Object", "object": {"target": {"value": "2k"}}});
        let autoscaler = json!({"spec": {"metrics": [cpu, lag, value]}, "status": {"currentMetrics": [
            {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 61, "averageValue": "122m"}}}, {"type": ""}]}});
        assert_eq!(targets(&autoscaler), "cpu: 61%/70%, <unknown>/30 (avg) + 1 more...");
    }
}
