//! What the metrics of the simulated cluster read, and how many replicas each asks for. Loads are counted in replicas
//! that would meet the target exactly, so that every kind of target follows the same curve.

use serde_json::{Value, json};

use super::scaling::is_tolerable;
use crate::demo::json::{at, has, list, number, text};
use crate::demo::quantity::{decimal, milli};
use crate::demo::random::fraction;
use crate::demo::scenario::Load;

/// The pods of a target.
pub(super) struct Target<'a> {
    /// The replicas asked for.
    pub(super) spec: i64,
    /// The replicas there are.
    pub(super) status: i64,
    /// Pods with samples.
    pub(super) ready: Vec<&'a Value>,
    /// Pods that are starting.
    pub(super) unready: i64,
}

/// One metric read.
pub(super) struct Reading {
    /// autoscaling/v2 MetricStatus.
    pub(super) status: Value,
    pub(super) proposal: i64,
    /// How events name the metric.
    pub(super) name: String,
}

/// Why a metric could not be read: the condition's reason and the error.
pub(super) type Failure = (&'static str, String);

/// The load at an instant: a rise and fall, and some chance.
pub(super) fn load_at(load: Load, seed: u64, place: &str, second: i64) -> f64 {
    let period = load.period.0.max(1);
    let shift = (fraction(seed, place) * period as f64) as i64;
    let part = (second + shift).rem_euclid(period) as f64 / period as f64;
    // A triangle with rounded tips; no library's sine, so that every machine sees the same cluster.
    let triangle = if part < 0.5 { 4.0 * part - 1.0 } else { 3.0 - 4.0 * part };
    let wave = triangle * (1.5 - 0.5 * triangle * triangle);
    let chance = fraction(seed, &format!("{place}@{second}")) * 2.0 - 1.0;
    (load.mean * (1.0 + load.swing * wave + load.noise * chance)).max(0.0)
}

/// Reads one metric of an autoscaler under a load.
///
/// # Errors
/// With the words for the condition when the metric cannot be read.
pub(super) fn read(
    spec: &Value,
    behavior: &Value,
    load: f64,
    target: &Target<'_>,
) -> Result<Reading, Failure> {
    match text(spec, "/type") {
        "Resource" => resource(spec, "resource", behavior, load, target),
        "ContainerResource" => resource(spec, "containerResource", behavior, load, target),
        "Pods" => pods(spec, behavior, load, target),
        "Object" => Ok(object(spec, "object", behavior, load, target)),
        "External" => Ok(object(spec, "external", behavior, load, target)),
        _ => Err(("InvalidMetricSourceType", "unknown metric source type".to_owned())),
    }
}

/// The reason that a failure of one kind of metric has.
pub(super) fn failure_reason(kind: &str) -> &'static str {
    match kind {
        "Resource" => "FailedGetResourceMetric",
        "ContainerResource" => "FailedGetContainerResourceMetric",
        "Pods" => "FailedGetPodsMetric",
        "Object" => "FailedGetObjectMetric",
        _ => "FailedGetExternalMetric",
    }
}

fn resource(
    spec: &Value,
    field: &str,
    behavior: &Value,
    load: f64,
    target: &Target<'_>,
) -> Result<Reading, Failure> {
    let name = text(spec, &format!("/{field}/name"));
    let container = text(spec, &format!("/{field}/container"));
    let reason = failure_reason(text(spec, "/type"));
    let count = target.ready.len() as i64;
    if count == 0 {
        let error = "did not receive metrics for targeted pods (pods might be unready)";
        return Err((reason, format!("failed to get {name} utilization: {error}")));
    }
    let wanted = format!("/{field}/target");
    let mut current = json!({});
    let (ratio, label) = if has(spec, &format!("{wanted}/averageUtilization")) {
        let goal = number(spec, &format!("{wanted}/averageUtilization"));
        let mut asked = 0;
        for pod in &target.ready {
            let request = request(pod, name, container)
                .map_err(|error| (reason, format!("failed to get {name} utilization: {error}")))?;
            asked += request;
        }
        let used = (load * goal as f64 / 100.0 * asked as f64 / count as f64) as i64;
        let utilization = 100 * used / asked.max(1);
        current = json!({"averageUtilization": utilization, "averageValue": decimal(used / count)});
        let what = if container.is_empty() { "resource" } else { "container resource" };
        (
            utilization as f64 / goal.max(1) as f64,
            format!("{name} {what} utilization (percentage of request)"),
        )
    } else {
        let goal = milli(text(spec, &format!("{wanted}/averageValue")));
        let average = ((load * goal as f64 / count as f64) as i64) / 1000 * 1000;
        current["averageValue"] = Value::from(decimal(average));
        (average as f64 / goal.max(1) as f64, format!("{name} resource"))
    };
    let mut status = json!({"name": name, "current": current});
    if !container.is_empty() {
        status["container"] = Value::from(container);
    }
    Ok(Reading {
        status: named(spec, field, &status),
        proposal: by_pods(behavior, ratio, target),
        name: label,
    })
}

/// What the containers of a pod ask for, or one of them.
fn request(pod: &Value, resource: &str, container: &str) -> Result<i64, String> {
    let mut sum = 0;
    let mut found = false;
    for one in list(pod, "/spec/containers") {
        let name = text(one, "/name");
        if !container.is_empty() && container != name {
            continue;
        }
        found = true;
        let asked = milli(text(one, &format!("/resources/requests/{resource}")));
        let pod = text(pod, "/metadata/name");
        if asked == 0 {
            return Err(format!("missing request for {resource} in container {name} of Pod {pod}"));
        }
        sum += asked;
    }
    if found {
        Ok(sum)
    } else {
        Err(format!("container {container} not found in Pod {}", text(pod, "/metadata/name")))
    }
}

fn pods(spec: &Value, behavior: &Value, load: f64, target: &Target<'_>) -> Result<Reading, Failure> {
    let name = text(spec, "/pods/metric/name");
    let count = target.ready.len() as i64;
    if count == 0 {
        let error = format!("unable to get metric {name}: no metrics returned from custom metrics API");
        return Err(("FailedGetPodsMetric", error));
    }
    let goal = milli(text(spec, "/pods/target/averageValue"));
    let average = (load * goal as f64 / count as f64) as i64;
    let status = json!({"metric": at(spec, "/pods/metric"), "current": {"averageValue": decimal(average)}});
    let proposal = by_pods(behavior, average as f64 / goal.max(1) as f64, target);
    Ok(Reading { status: named(spec, "pods", &status), proposal, name: format!("pods metric {name}") })
}

fn object(spec: &Value, field: &str, behavior: &Value, load: f64, target: &Target<'_>) -> Reading {
    let metric = at(spec, &format!("/{field}/metric"));
    let ready = target.ready.len() as i64;
    let average_goal = milli(text(spec, &format!("/{field}/target/averageValue")));
    let (current, proposal) = if average_goal > 0 {
        let used = (load * average_goal as f64) as i64;
        let ratio = used as f64 / (average_goal * target.status.max(1)) as f64;
        let enough = (used as f64 / average_goal as f64).ceil() as i64;
        let proposal = if is_tolerable(behavior, ratio) { target.status } else { enough };
        let average = (used as f64 / target.status.max(1) as f64).ceil() as i64;
        (json!({"averageValue": decimal(average)}), proposal)
    } else {
        let goal = milli(text(spec, &format!("/{field}/target/value"))).max(1);
        // More replicas make the value better, as with a latency or a backlog.
        let value = ((load * goal as f64 / ready.max(1) as f64) as i64) / 1000 * 1000;
        let ratio = value as f64 / goal as f64;
        let proposal =
            if is_tolerable(behavior, ratio) { target.spec } else { (ratio * ready as f64).ceil() as i64 };
        (json!({"value": decimal(value)}), proposal)
    };
    let mut status = json!({"metric": metric, "current": current});
    if field == "object" {
        status["describedObject"] = at(spec, "/object/describedObject").clone();
    }
    let label = if field == "object" {
        format!("{} metric {}", text(spec, "/object/describedObject/kind"), text(metric, "/name"))
    } else {
        format!("external metric {}({})", text(metric, "/name"), written_selector(at(metric, "/selector")))
    };
    Reading { status: named(spec, field, &status), proposal, name: label }
}

/// A selector as Go prints a pointer to one.
fn written_selector(selector: &Value) -> String {
    if selector.is_null() {
        return "nil".to_owned();
    }
    let labels: Vec<_> = crate::demo::json::pairs(selector, "/matchLabels")
        .map(|(key, value)| format!("{key}: {value},"))
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}",
        labels.join("")
    )
}

fn named(spec: &Value, field: &str, status: &Value) -> Value {
    json!({"type": text(spec, "/type"), field: status})
}

/// How many replicas a ratio per pod asks for; pods that are starting count as idle when it goes up.
fn by_pods(behavior: &Value, ratio: f64, target: &Target<'_>) -> i64 {
    let ready = target.ready.len() as i64;
    if ratio <= 1.0 || target.unready == 0 {
        return if is_tolerable(behavior, ratio) {
            target.spec
        } else {
            (ratio * ready as f64).ceil() as i64
        };
    }
    let all = ready + target.unready;
    let shared = ratio * ready as f64 / all as f64;
    let proposal = (shared * all as f64).ceil() as i64;
    if is_tolerable(behavior, shared) || shared < 1.0 || proposal < target.spec {
        target.spec
    } else {
        proposal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Value {
        json!({"metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "app", "resources": {"requests": {"cpu": "200m"}}},
            {"name": "proxy", "resources": {"requests": {"cpu": "50m"}}}]}})
    }

    fn target(pods: &[Value], unready: i64) -> Target<'_> {
        let all = pods.len() as i64 + unready;
        Target { spec: all, status: all, ready: pods.iter().collect(), unready }
    }

    #[test]
    fn utilization_is_truncated_before_it_is_compared() {
        let spec = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}});
        let pods = vec![pod(), pod(), pod()];
        let reading = read(&spec, &Value::Null, 4.2, &target(&pods, 0)).ok().unwrap();
        assert_eq!(number(&reading.status, "/resource/current/averageUtilization"), 84);
        assert_eq!(reading.proposal, 5);
        assert_eq!(
            read(&spec, &Value::Null, 3.2, &target(&pods, 0)).ok().unwrap().proposal,
            3,
            "within the tolerance"
        );
        assert_eq!(
            read(&spec, &Value::Null, 4.2, &target(&pods, 2)).ok().unwrap().proposal,
            5,
            "two more are coming"
        );
        let bare = vec![json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "app"}]}})];
        let (reason, error) = read(&spec, &Value::Null, 1.0, &target(&bare, 0)).err().unwrap();
        assert_eq!(reason, "FailedGetResourceMetric");
        assert!(error.ends_with("missing request for cpu in container app of Pod p"), "{error}");
    }

    #[test]
    fn average_values_of_external_metrics_divide_by_the_replicas() {
        let spec = json!({"type": "External", "external": {"metric": {"name": "lag"}, "target": {"type": "AverageValue", "averageValue": "100"}}});
        let pods = vec![pod(), pod()];
        let reading = read(&spec, &Value::Null, 5.0, &target(&pods, 0)).ok().unwrap();
        assert_eq!(text(&reading.status, "/external/current/averageValue"), "250");
        assert_eq!((reading.proposal, reading.name.as_str()), (5, "external metric lag(nil)"));
    }

    #[test]
    fn a_load_stays_within_its_swing_and_is_the_same_again() {
        let load = Load { mean: 10.0, swing: 0.5, period: crate::demo::scenario::Span(600), noise: 0.0 };
        for second in 0..1200 {
            let at = load_at(load, 3, "x", second);
            assert!((5.0..=15.0).contains(&at), "{at}");
            assert!((at - load_at(load, 3, "x", second + 600)).abs() < 1e-9);
        }
    }
}
