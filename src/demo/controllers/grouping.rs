//! How an autoscaler sorts the pods of its target: those that count, those that are not ready or not measured yet, and
//! those that it ignores; and what they ask for.
//!
//! Source: `groupPods` and `calculateRequests` in `pkg/controller/podautoscaler/replica_calculator.go`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::demo::json::{at, has, list, text, time};
use crate::demo::quantity::milli;
use crate::demo::time::later;
use crate::demo::world::writes::condition;

/// Seconds after a pod's start in which its processor use counts only while it is ready.
const INITIALIZATION: i64 = 300;
/// Seconds after a pod's start in which a first readiness may fail.
const FIRST_READINESS: i64 = 30;

/// A pod's value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Thousandths.
    pub(super) milli: i64,
    /// When it was taken, and over how long a time before, in milliseconds.
    pub(super) at: i64,
    pub(super) window: i64,
}

/// Values by the pod's name.
pub(super) type Samples = BTreeMap<String, Sample>;

/// The pods of a target, sorted.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) ready: usize,
    pub(super) unready: Vec<String>,
    pub(super) missing: Vec<String>,
    ignored: Vec<String>,
}

impl Groups {
    /// Sorts pods; `cpu` says whether readiness matters.
    pub(super) fn of(pods: &[&Value], samples: &Samples, cpu: bool, now: Timestamp) -> Self {
        let mut groups = Self::default();
        for pod in pods {
            let name = text(pod, "/metadata/name").to_owned();
            let phase = text(pod, "/status/phase");
            if has(pod, "/metadata/deletionTimestamp") || phase == "Failed" {
                groups.ignored.push(name);
            } else if phase == "Pending" {
                groups.unready.push(name);
            } else if let Some(sample) = samples.get(&name) {
                if cpu && !counts(pod, sample, now) {
                    groups.unready.push(name);
                } else {
                    groups.ready += 1;
                }
            } else {
                groups.missing.push(name);
            }
        }
        groups
    }

    /// Drops the samples that do not count.
    pub(super) fn prune(&self, samples: &mut Samples) {
        for name in self.unready.iter().chain(&self.ignored) {
            samples.remove(name);
        }
    }
}

/// Whether the processor use of a running pod says anything.
fn counts(pod: &Value, sample: &Sample, now: Timestamp) -> bool {
    let ready = condition(pod, "Ready");
    let (Some(started), false) = (time(pod, "/status/startTime"), ready.is_null()) else { return false };
    let turned = time(ready, "/lastTransitionTime").unwrap_or(Timestamp::UNIX_EPOCH);
    let unready = text(ready, "/status") == "False";
    if later(started, INITIALIZATION) > now {
        !unready && sample.at >= turned.as_millisecond().saturating_add(sample.window)
    } else {
        !(unready && later(started, FIRST_READINESS) > turned)
    }
}

/// What each pod asks for of a resource in thousandths, or one container of each.
///
/// # Errors
/// With the controller's words when a pod asks for nothing.
pub(super) fn requests(
    pods: &[&Value],
    resource: &str,
    container: &str,
) -> Result<BTreeMap<String, i64>, String> {
    pods.iter()
        .map(|pod| Ok((text(pod, "/metadata/name").to_owned(), request(pod, resource, container)?)))
        .collect()
}

fn request(pod: &Value, resource: &str, container: &str) -> Result<i64, String> {
    let pod_name = text(pod, "/metadata/name");
    let asked = |of: &Value| {
        let amount = text(of, &format!("/resources/requests/{resource}"));
        (!amount.is_empty()).then(|| milli(amount))
    };
    if container.is_empty() && has(pod, "/spec/resources/requests") {
        return asked(at(pod, "/spec"))
            .ok_or_else(|| format!("missing pod-level request for {resource} in Pod {pod_name}"));
    }
    let sidecars =
        list(pod, "/spec/initContainers").iter().filter(|it| text(it, "/restartPolicy") == "Always");
    let (mut sum, mut found) = (0_i64, container.is_empty());
    for one in list(pod, "/spec/containers").iter().chain(sidecars) {
        let name = text(one, "/name");
        if !container.is_empty() && container != name {
            continue;
        }
        found = true;
        let one = asked(one)
            .ok_or_else(|| format!("missing request for {resource} in container {name} of Pod {pod_name}"))?;
        sum = sum.saturating_add(one);
    }
    if found { Ok(sum) } else { Err(format!("container {container} not found in Pod {pod_name}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-03-01T10:00:00Z".parse().unwrap()
    }

    fn pod(started: i64, ready: Option<(&str, i64)>) -> Value {
        let at = |seconds| crate::demo::time::stamp(later(now(), seconds));
        let ready = ready.map(
            |(status, turned)| json!({"type": "Ready", "status": status, "lastTransitionTime": at(turned)}),
        );
        json!({"metadata": {"name": "p"}, "status": {"phase": "Running", "startTime": at(started),
            "conditions": ready.into_iter().collect::<Vec<_>>()}})
    }

    fn group(pod: &Value, sample: Option<(i64, i64)>, cpu: bool) -> &'static str {
        let at = |seconds: i64| now().as_millisecond() + seconds * 1000;
        let sample = sample.map(|(age, window)| Sample { milli: 1, at: at(age), window: window * 1000 });
        let samples = sample.into_iter().map(|sample| ("p".to_owned(), sample)).collect();
        let groups = Groups::of(&[pod], &samples, cpu, now());
        match (groups.ready, groups.unready.len(), groups.missing.len(), groups.ignored.len()) {
            (1, 0, 0, 0) => "counted",
            (0, 1, 0, 0) => "unready",
            (0, 0, 1, 0) => "missing",
            (0, 0, 0, 1) => "ignored",
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn readiness_matters_for_processors_alone() {
        let young = pod(-60, Some(("True", -30)));
        assert_eq!(group(&young, Some((0, 30)), true), "counted", "a fresh sample during initialisation");
        assert_eq!(group(&young, Some((0, 60)), true), "unready", "its window began before the readiness");
        assert_eq!(group(&young, Some((0, 60)), false), "counted");
        let old = pod(-400, Some(("True", -400)));
        assert_eq!(group(&old, Some((-120, 60)), true), "counted", "later, freshness is not required");
        assert_eq!(group(&pod(-600, Some(("False", -560))), Some((0, 15)), true), "counted", "it was ready");
        assert_eq!(group(&pod(-600, Some(("False", -580))), Some((0, 15)), true), "unready", "it never was");
        assert_eq!(group(&pod(-600, None), Some((0, 15)), true), "unready");
        assert_eq!(group(&pod(-600, None), Some((0, 15)), false), "counted");
        assert_eq!(group(&old, None, true), "missing");
        let mut pending = pod(-60, None);
        pending["status"]["phase"] = json!("Pending");
        assert_eq!(group(&pending, None, false), "unready");
        pending["metadata"]["deletionTimestamp"] = json!("2026-03-01T10:00:30Z");
        assert_eq!(group(&pending, None, false), "ignored");
    }

    #[test]
    fn one_container_without_a_request_spoils_it() {
        let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "app", "resources": {"requests": {"cpu": "200m"}}}, {"name": "proxy"}],
            "initContainers": [{"name": "mesh", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}}]}});
        let of = |container| requests(&[&pod], "cpu", container).map(|all| all["p"]);
        assert_eq!(of(""), Err("missing request for cpu in container proxy of Pod p".to_owned()));
        assert_eq!((of("app"), of("mesh")), (Ok(200), Ok(50)));
        assert_eq!(of("none"), Err("container none not found in Pod p".to_owned()));
        let mut whole = pod.clone();
        whole["spec"]["resources"] = json!({"requests": {"cpu": "1"}});
        assert_eq!(requests(&[&whole], "cpu", "").map(|all| all["p"]), Ok(1000));
        let none = requests(&[&whole], "memory", "");
        assert_eq!(none, Err("missing pod-level request for memory in Pod p".to_owned()));
    }
}
