//! From what was measured to the replicas that one metric asks for: missing pods, pods that are not ready, tolerance.
//! It reads no metric.
//!
//! Source: `pkg/controller/podautoscaler/replica_calculator.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::grouping::{Groups, Sample, Samples, requests};
use super::scaling::is_tolerable;
use crate::demo::json::{has, text};
use crate::demo::quantity::{decimal, milli};
use crate::demo::store::selector::Labels;
use crate::demo::world::writes::is_ready;

/// The target of an autoscaler.
pub(super) struct Target<'w> {
    pub(super) namespace: &'w str,
    /// What its scale's selector selects.
    pub(super) labels: &'w Labels,
    pub(super) pods: Vec<&'w Value>,
    /// The replicas asked for.
    pub(super) spec: i64,
    /// The replicas there are.
    pub(super) status: i64,
    pub(super) behavior: &'w Value,
}

/// A proposal from utilisations.
pub(super) struct Shared {
    pub(super) utilization: i64,
    /// Thousandths for each pod.
    pub(super) average: i64,
    pub(super) proposal: i64,
}

/// The utilisation of what pods ask for, and what follows from it.
///
/// # Errors
/// With the controller's words when nothing follows.
pub(super) fn by_share(
    now: Timestamp,
    mut samples: Samples,
    goal: i64,
    [resource, container]: [&str; 2],
    target: &Target<'_>,
) -> Result<Shared, String> {
    let groups = sort(now, &mut samples, resource == "cpu", target)?;
    let asked = requests(&target.pods, resource, container)?;
    let share = |samples: &Samples| -> Result<(i64, i64), String> {
        let both = samples.iter().filter_map(|(name, sample)| Some((sample.milli, asked.get(name)?)));
        let (used, wanted, count) = both.fold((0_i64, 0_i64, 0), |(used, wanted, count), (one, asked)| {
            (used.saturating_add(one), wanted.saturating_add(*asked), count + 1)
        });
        if wanted == 0 {
            return Err("no metrics returned matched known pods".to_owned());
        }
        Ok((used.saturating_mul(100) / wanted, used / count))
    };
    let (utilization, average) = share(&samples)?;
    let ratio = utilization as f64 / goal as f64;
    let fallback =
        |name: &String| asked.get(name).map_or(0, |asked| asked.saturating_mul(goal.max(100)) / 100);
    let again = |samples: &Samples| Ok(share(samples)?.0 as f64 / goal as f64);
    let proposal = propose(samples, &groups, ratio, target, fallback, again)?;
    Ok(Shared { utilization, average, proposal })
}

/// The average and the proposal of a metric with a value for each pod.
///
/// # Errors
/// With the controller's words when nothing follows.
pub(super) fn by_value(
    now: Timestamp,
    mut samples: Samples,
    goal: i64,
    cpu: bool,
    target: &Target<'_>,
) -> Result<(i64, i64), String> {
    let groups = sort(now, &mut samples, cpu, target)?;
    let average = |samples: &Samples| {
        let sum = samples.values().fold(0_i64, |sum, sample| sum.saturating_add(sample.milli));
        sum / samples.len().max(1) as i64
    };
    let usual = average(&samples);
    let again = |samples: &Samples| Ok(average(samples) as f64 / goal as f64);
    let proposal = propose(samples, &groups, usual as f64 / goal as f64, target, |_| goal, again)?;
    Ok((usual, proposal))
}

fn sort(now: Timestamp, samples: &mut Samples, cpu: bool, target: &Target<'_>) -> Result<Groups, String> {
    if target.pods.is_empty() {
        return Err("no pods returned by selector while calculating replica count".to_owned());
    }
    let groups = Groups::of(&target.pods, samples, cpu, now);
    groups.prune(samples);
    if samples.is_empty() {
        return Err("did not receive metrics for targeted pods (pods might be unready)".to_owned());
    }
    Ok(groups)
}

/// From a ratio to replicas. Pods without a sample are taken for as busy as would make the change smaller; `fallback`
/// is their use when it would go down.
fn propose(
    mut samples: Samples,
    groups: &Groups,
    ratio: f64,
    target: &Target<'_>,
    fallback: impl Fn(&String) -> i64,
    again: impl Fn(&Samples) -> Result<f64, String>,
) -> Result<i64, String> {
    let with_unready = !groups.unready.is_empty() && ratio > 1.0;
    if !with_unready && groups.missing.is_empty() {
        let near = is_tolerable(target.behavior, ratio);
        return Ok(if near { target.spec } else { (ratio * groups.ready as f64).ceil() as i64 });
    }
    let taken_for = |milli: i64| Sample { milli, at: 0, window: 0 };
    for name in &groups.missing {
        if ratio < 1.0 {
            samples.insert(name.clone(), taken_for(fallback(name)));
        } else if ratio > 1.0 {
            samples.insert(name.clone(), taken_for(0));
        }
    }
    if with_unready {
        samples.extend(groups.unready.iter().map(|name| (name.clone(), taken_for(0))));
    }
    let next = again(&samples)?;
    let turns = ratio < 1.0 && next > 1.0 || ratio > 1.0 && next < 1.0;
    if turns || is_tolerable(target.behavior, next) {
        return Ok(target.spec);
    }
    let replicas = (next * samples.len() as f64).ceil() as i64;
    let astray = next < 1.0 && replicas > target.spec || next > 1.0 && replicas < target.spec;
    Ok(if astray { target.spec } else { replicas })
}

/// What one value for all pods together comes to: the current value as the status has it, and the proposal.
pub(super) fn of_one(used: i64, goals: &Value, target: &Target<'_>) -> Result<(Value, i64), String> {
    if has(goals, "/averageValue") {
        let goal = milli(text(goals, "/averageValue")) as f64;
        let ratio = used as f64 / (goal * target.status as f64);
        let enough = (used as f64 / goal).ceil().min(f64::from(i32::MAX)) as i64;
        let proposal = if is_tolerable(target.behavior, ratio) { target.status } else { enough };
        let average = (used as f64 / target.status as f64).ceil() as i64;
        return Ok((json!({"averageValue": decimal(average)}), proposal));
    }
    if target.pods.is_empty() {
        return Err(
            "unable to calculate ready pods: no pods returned by selector while calculating replica count"
                .to_owned(),
        );
    }
    let ratio = used as f64 / milli(text(goals, "/value")) as f64;
    let ready =
        target.pods.iter().filter(|pod| text(pod, "/status/phase") == "Running" && is_ready(pod)).count();
    let wanted = (ratio * ready as f64).ceil().min(f64::from(i32::MAX)) as i64;
    let proposal = if is_tolerable(target.behavior, ratio) { target.spec } else { wanted };
    Ok((json!({"value": decimal(used)}), proposal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> jiff::Timestamp {
        "2026-03-01T10:00:00Z".parse().unwrap()
    }

    /// A ready pod that asks for a tenth of a processor, unless it is only coming.
    fn pod(name: &str, phase: &str) -> Value {
        let since = "2026-02-01T00:00:00Z";
        json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]},
            "status": {"phase": phase, "startTime": since,
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]}})
    }

    fn proposal(used: &[i64], goal: i64, pods: &[Value], behavior: &Value) -> Result<(i64, i64), String> {
        let sample = |(pod, milli): (&Value, &i64)| {
            let sample = Sample { milli: *milli, at: now().as_millisecond(), window: 15_000 };
            (text(pod, "/metadata/name").to_owned(), sample)
        };
        let samples = pods.iter().zip(used).filter(|(_, used)| **used >= 0).map(sample).collect();
        let all = pods.len() as i64;
        let target = Target {
            namespace: "d",
            labels: &Labels::default(),
            pods: pods.iter().collect(),
            spec: all,
            status: all,
            behavior,
        };
        by_share(now(), samples, goal, ["cpu", ""], &target).map(|it| (it.utilization, it.proposal))
    }

    #[test]
    fn utilization_is_truncated_before_it_is_compared() {
        let names = |count: usize| (0..count).map(|it| pod(&format!("p{it}"), "Running")).collect::<Vec<_>>();
        let none = &Value::Null;
        assert_eq!(proposal(&[300, 500, 700], 30, &names(3), none), Ok((50, 5)));
        assert_eq!(proposal(&[300, 300, 300], 28, &names(3), none), Ok((30, 3)), "within the tolerance");
        let eager = json!({"scaleUp": {"tolerance": "50m"}, "scaleDown": {}});
        assert_eq!(proposal(&[300, 300, 300], 28, &names(3), &eager), Ok((30, 4)), "a tolerance of its own");
        let error = "no pods returned by selector while calculating replica count";
        assert_eq!(proposal(&[], 28, &[], none), Err(error.to_owned()));
    }

    #[test]
    fn pods_that_are_not_measured_or_not_ready_dampen_the_change() {
        let running = |name| pod(name, "Running");
        let none = &Value::Null;
        let three = [pod("a", "Pending"), running("b"), running("c")];
        assert_eq!(proposal(&[-1, 500, 700], 30, &three, none), Ok((60, 4)), "a pod that comes uses nothing");
        let two = [running("a"), running("b")];
        assert_eq!(proposal(&[1900, -1], 100, &two, none), Ok((190, 2)), "it would go the other way");
        assert_eq!(proposal(&[600, -1], 100, &two, none), Ok((60, 2)));
        let error = "did not receive metrics for targeted pods (pods might be unready)";
        assert_eq!(proposal(&[-1, -1], 100, &two, none), Err(error.to_owned()));
    }

    #[test]
    fn one_value_for_all_divides_by_the_replicas_or_multiplies_the_ready() {
        let pods: Vec<Value> = (0..3).map(|it| pod(&format!("p{it}"), "Running")).collect();
        let target = Target {
            namespace: "d",
            labels: &Labels::default(),
            pods: pods.iter().collect(),
            spec: 3,
            status: 3,
            behavior: &Value::Null,
        };
        let average = json!({"averageValue": "5"});
        assert_eq!(of_one(20_000, &average, &target), Ok((json!({"averageValue": "6667m"}), 4)));
        let value = json!({"value": "15"});
        assert_eq!(of_one(20_000, &value, &target), Ok((json!({"value": "20"}), 4)));
        assert_eq!(of_one(i64::MAX, &json!({"value": "1m"}), &target).unwrap().1, i64::from(i32::MAX));
    }
}
