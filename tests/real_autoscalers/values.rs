//! What is measured of a random autoscaler in one round: loads around the targets, samples that are missing, old or
//! without a container, metrics that fail. It knows nothing of what follows from that.

use jiff::{SignedDuration, Timestamp};

use crate::random::{Case, Goal, Metric, Source, described};
use crate::support::dice::Dice;
use crate::support::measured::{Failure, Measured, Sample, Series, Use};
use crate::template::Role;

/// Seconds over which processor time is measured.
const WINDOW: u32 = 15;

/// Rolls everything about the case's metrics anew. `pods` are its pods by name.
pub(crate) fn roll(dice: &mut Dice, case: &Case, pods: &[String], now: Timestamp, measured: &mut Measured) {
    let home = || case.namespace.clone();
    // Mostly hardly anything fails, and sometimes several metrics of the same autoscaler.
    let trouble = dice.pick(&[3, 3, 3, 3, 40]);
    let failure = |dice: &mut Dice| failure(dice, trouble);
    // That all pods of an app are not found is nothing that a metrics server says.
    let samples = match failure(dice).filter(|failure| failure.code != 404) {
        Some(failure) => Err(failure),
        None => Ok(samples(dice, case, pods, now)),
    };
    measured.pods.insert((home(), case.name.clone()), samples);
    for metric in &case.metrics {
        let load = load(dice);
        let replicas = pods.len().max(1) as f64;
        match &metric.source {
            Source::Resource { .. } | Source::Container { .. } => {}
            Source::Pods { name } => {
                let each = |dice: &mut Dice, pod: &String| {
                    (!dice.percent(6))
                        .then(|| (pod.clone(), milli(metric.plain() * load * dice.between(0.8, 1.2))))
                };
                let values = pods.iter().filter_map(|pod| each(dice, pod)).collect();
                let values = failure(dice).map_or(Ok(values), Err);
                measured.per_pod.insert((home(), case.name.clone(), name.clone()), values);
            }
            Source::Object { name, kind } => {
                let (resource, object) = described(kind, case);
                let value = failure(dice).map_or_else(|| Ok(milli(metric.whole(replicas) * load)), Err);
                measured.objects.insert((home(), format!("{resource}/{object}"), name.clone()), value);
            }
            Source::External { name, .. } => {
                let series = series(dice, metric.whole(replicas) * load);
                let series = failure(dice).map_or(Ok(series), Err);
                measured.external.insert((home(), name.clone()), series);
            }
        }
    }
}

/// How many times its target a metric is: often near to it, and near to the edges of the tolerance.
fn load(dice: &mut Dice) -> f64 {
    dice.pick(&[0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0, 1.0, 1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 8.0, 20.0])
}

fn failure(dice: &mut Dice, percent: usize) -> Option<Failure> {
    dice.percent(percent).then(|| {
        let (code, message) = dice.pick(&[
            (404, "the server could not find the metric"),
            (500, "the adapter lost its backend"),
            (503, "the server is currently unable to handle the request"),
        ]);
        Failure::new(code, message)
    })
}

/// Of each container what the first metric of the resource makes of the load, spread around the pods.
fn samples(dice: &mut Dice, case: &Case, pods: &[String], now: Timestamp) -> Vec<Sample> {
    let loads = [load(dice), load(dice)];
    let gaps = dice.pick(&[0, 0, 0, 25]);
    let mut samples = Vec::new();
    for pod in pods {
        if dice.percent(gaps) {
            continue;
        }
        let spread = dice.between(0.7, 1.3);
        let running = case.template.containers.iter().filter(|it| it.role != Role::Init);
        let used = running.map(|container| {
            let cpu = f64::from(container.cpu.unwrap_or(100)) * loads[0] * spread;
            let memory = f64::from(container.memory.unwrap_or(100)) * loads[1] * spread;
            let name = container.name.to_owned();
            Use {
                container: name,
                cpu: cores(dice, cpu * goal(case, false)),
                memory: bytes(memory * goal(case, true)),
            }
        });
        let mut containers: Vec<Use> = used.collect();
        if dice.percent(gaps / 3) {
            containers[0].cpu.clear();
        }
        let age = dice.pick(&[5, 20, 90]);
        let at = now - SignedDuration::from_secs(age);
        samples.push(Sample { pod: pod.clone(), at, window: WINDOW, containers });
    }
    samples
}

/// The share of a request that the case wants to be used.
fn goal(case: &Case, memory: bool) -> f64 {
    let mut wanted = case.metrics.iter().filter(|it| it.is_memory() == memory);
    let share = |metric: &Metric| match (&metric.source, &metric.goal) {
        (Source::Resource { .. } | Source::Container { .. }, Goal::Utilization(percent)) => {
            Some(f64::from(*percent) / 100.0)
        }
        _ => None,
    };
    wanted.find_map(share).unwrap_or(1.0)
}

/// Series whose sum is about the value, or the opposite of it, with every label that a selector of the cases speaks of.
fn series(dice: &mut Dice, value: f64) -> Vec<Series> {
    let labels = |queue: &str, tier: Option<&str>| {
        let tier = tier.map(|tier| ("tier".to_owned(), tier.to_owned()));
        [Some(("queue".to_owned(), queue.to_owned())), tier].into_iter().flatten().collect()
    };
    let all = [labels("orders", Some("gold")), labels("orders", None), labels("mails", Some("silver"))];
    let some = dice.pick(&[3, 3, 3, 1, 0]);
    let value = if dice.percent(4) { -value } else { value };
    let share = |labels| Series { labels, value: milli(value / 2.0) };
    all.into_iter().take(some).map(share).collect()
}

impl Metric {
    /// The target as a number.
    fn plain(&self) -> f64 {
        match self.goal {
            Goal::Utilization(percent) => f64::from(percent),
            Goal::Value(value) | Goal::AverageValue(value) => f64::from(value) / 1000.0,
        }
    }

    /// What all pods together should be.
    fn whole(&self, replicas: f64) -> f64 {
        if matches!(self.goal, Goal::AverageValue(_)) { self.plain() * replicas } else { self.plain() }
    }
}

fn milli(value: f64) -> String {
    format!("{}m", (value * 1000.0).round())
}

/// Thousandths of a core in one of the forms that measurements come in.
fn cores(dice: &mut Dice, milli: f64) -> String {
    match dice.below(3) {
        0 => format!("{}n", (milli * 1e6).round()),
        1 => format!("{}u", (milli * 1e3).round()),
        _ => format!("{}m", milli.round()),
    }
}

fn bytes(mebi: f64) -> String {
    format!("{}Ki", (mebi * 1024.0).round())
}
