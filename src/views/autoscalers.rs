//! Autoscalers: what each wants, what it has, and whether it can act. It does not compute the next proposal.

use jiff::Timestamp;

use super::nodes::{list, worst};
use super::{Line, Opens, Rows, Section, View, never};
use crate::analysis::checks;
use crate::analysis::metrics::{self, Paired, paired};
use crate::analysis::overlay::Mesh;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::scope::Scope;
use crate::model::table::{Cell, Column, Row};
use crate::model::value::{Value, age};
use crate::model::workload::Workload;

/// The autoscalers view.
pub const VIEW: View = View {
    id: "autoscalers",
    title: "Autoscalers",
    question: "What does each autoscaler want, and does its workload follow?",
    rows: Rows::Objects(Kind::HorizontalPodAutoscaler),
    pane: true,
    kinds: &[Kind::HorizontalPodAutoscaler, Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet],
    columns: COLUMNS,
    judged: checks::autoscalers::CHECK.judged,
    keys: |cluster, _| cluster.autoscalers().map(|it| it.meta.key.clone()).collect(),
    restless: never,
    measured: None,
    row: keyed,
    opens: Opens::Detail(describe),
    banner: None,
};

const COLUMNS: &[Column] = &[
    Column::text("name", "AUTOSCALER", 0, 40, "namespace and name"),
    Column::text("target", "TARGET", 5, 32, "what it scales"),
    Column::text("metrics", "METRICS", 1, 60, "every metric as current/target"),
    Column::number("min", "MIN", 3, 8, "spec.minReplicas"),
    Column::number("max", "MAX", 2, 8, "spec.maxReplicas"),
    Column::number("current", "CURRENT", 2, 8, "replicas of the target when the controller last looked"),
    Column::number("desired", "DESIRED", 0, 8, "replicas that the controller wants"),
    Column::number("ready", "READY", 1, 8, "ready replicas of the target"),
    Column::number("scaled", "SCALED", 6, 8, "since the last scale"),
    Column::text(
        "conditions",
        "CONDITIONS",
        4,
        34,
        "AbleToScale, ScalingActive, ScalingLimited, as far as they say something",
    ),
    Column::number("age", "AGE", 9, 8, "since it was made"),
];

fn keyed(cluster: &Cluster, _mesh: &Mesh, _scope: &Scope, key: &Key, now: Timestamp) -> Option<Row> {
    cluster.autoscaler(key).map(|autoscaler| row(cluster, autoscaler, now))
}

fn target_of<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Option<&'a Workload> {
    let target = &autoscaler.target;
    let found = cluster.workload_named(&target.kind, &autoscaler.meta.key.namespace, &target.name)?;
    (found.kind.group() == target.group()).then_some(found)
}

fn row(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Row {
    let severity = worst(&checks::autoscalers::of(cluster, autoscaler, now));
    let texts: Vec<String> = paired(autoscaler).iter().map(Paired::text).collect();
    let count = |number: i32| Value::Count(i64::from(number));
    let limit = autoscaler.desired >= autoscaler.max && autoscaler.max > autoscaler.min;
    Row {
        subject: Target::new(Kind::HorizontalPodAutoscaler, autoscaler.meta.key.clone()).into(),
        severity,
        cells: vec![
            Value::text(autoscaler.meta.key.to_string()).into(),
            Value::text(format!("{}/{}", autoscaler.target.kind, autoscaler.target.name)).into(),
            metrics_cell(autoscaler, texts),
            count(autoscaler.min).into(),
            Cell::marked(count(autoscaler.max), if limit { Severity::Warning } else { Severity::Ok }),
            count(autoscaler.current).into(),
            count(autoscaler.desired).into(),
            ready_cell(cluster, autoscaler),
            autoscaler.last_scale.map_or(Value::Missing("never"), Value::Since).into(),
            conditions_cell(autoscaler),
            autoscaler.meta.created.map_or(Value::NONE, |at| Value::Since(at.into())).into(),
        ],
    }
}

fn metrics_cell(autoscaler: &Autoscaler, texts: Vec<String>) -> Cell {
    if texts.is_empty() {
        return Value::NONE.into();
    }
    let unread = paired(autoscaler).iter().any(|pair| pair.reading.is_none());
    Cell::marked(Value::List(texts), if unread { Severity::Warning } else { Severity::Ok })
}

fn ready_cell(cluster: &Cluster, autoscaler: &Autoscaler) -> Cell {
    let Some(workload) = target_of(cluster, autoscaler) else {
        let kind =
            Kind::named(&autoscaler.target.kind).filter(|kind| kind.group() == autoscaler.target.group());
        return match kind {
            Some(kind) if cluster.knows_all_in(kind, &autoscaler.meta.key.namespace) => {
                Cell::marked(Value::Missing("no target"), Severity::Critical)
            }
            Some(kind) => unknown(cluster, kind).into(),
            // A custom kind with a scale subresource: its replicas are not watched.
            None => Value::Missing("<unknown>").into(),
        };
    };
    let severity = if workload.ready < workload.desired { Severity::Warning } else { Severity::Ok };
    Cell::marked(Value::Count(i64::from(workload.ready)), severity)
}

fn unknown(cluster: &Cluster, kind: Kind) -> Value {
    match cluster.freshness(kind) {
        crate::model::change::Freshness::Forbidden { .. } => Value::Missing("<forbidden>"),
        _ => Value::Missing("…"),
    }
}

/// Only what deviates is said; all three well is `ok`.
fn conditions_cell(autoscaler: &Autoscaler) -> Cell {
    let mut words = Vec::new();
    let mut severity = Severity::Ok;
    for (kind, good) in [
        ("AbleToScale", ConditionStatus::True),
        ("ScalingActive", ConditionStatus::True),
        ("ScalingLimited", ConditionStatus::False),
    ] {
        let Some(condition) = autoscaler.condition(kind) else { continue };
        if condition.status != good {
            words.push(format!("{kind}={} {}", condition.status.as_str(), condition.reason));
            severity = severity.max(weight(condition));
        }
    }
    let value = match (autoscaler.conditions.is_empty(), words.is_empty()) {
        (true, _) => Value::Missing("not evaluated yet"),
        (false, true) => Value::text("ok"),
        (false, false) => Value::List(words),
    };
    Cell::marked(value, severity)
}

fn weight(condition: &Condition) -> Severity {
    match (&*condition.kind, &*condition.reason) {
        ("ScalingActive", "ScalingDisabled")
        | ("ScalingLimited", "TooFewReplicas" | "ScaleUpLimit" | "ScaleDownLimit") => Severity::Info,
        ("ScalingLimited", _) => Severity::Warning,
        _ => Severity::Critical,
    }
}

fn describe(cluster: &Cluster, key: &Key, now: Timestamp) -> Vec<Section> {
    let Some(autoscaler) = cluster.autoscaler(key) else { return Vec::new() };
    vec![replicas(cluster, autoscaler, now), measured(autoscaler), conditions(autoscaler, now)]
}

fn replicas(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let ago = |at: Option<Timestamp>| {
        at.map_or("never".to_owned(), |at| format!("{} ago, at {at}", age(now.duration_since(at).as_secs())))
    };
    let target = &autoscaler.target;
    let mut lines = vec![
        Line::new("target", format!("{} {} ({})", target.kind, target.name, target.api_version)),
        Line::new("bounds", format!("{} to {}", autoscaler.min, autoscaler.max)),
        Line::new("current", autoscaler.current.to_string()),
        Line::new("desired", autoscaler.desired.to_string()),
        Line::new("last scale", ago(autoscaler.last_scale)),
    ];
    match target_of(cluster, autoscaler) {
        Some(workload) => {
            let short = workload.ready < workload.desired;
            let text = format!(
                "{} asked for, {} created, {} updated, {} ready, {} available",
                workload.desired, workload.created, workload.updated, workload.ready, workload.available
            );
            lines.push(Line::marked("replicas", text, if short { Severity::Warning } else { Severity::Ok }));
        }
        None => lines
            .push(Line::new("replicas", "not known: the target is not among the workloads that are watched")),
    }
    Section { title: "Replicas".to_owned(), lines }
}

fn measured(autoscaler: &Autoscaler) -> Section {
    let pairs = paired(autoscaler);
    let lines = pairs.iter().map(|pair| {
        let ratio =
            pair.ratio().map_or(String::new(), |ratio| format!("  ({:.0}% of target)", ratio * 100.0));
        let severity = if pair.reading.is_none() { Severity::Warning } else { Severity::Ok };
        Line::marked(metrics::name(&pair.metric.source), format!("{}{ratio}", pair.values()), severity)
    });
    list("Metrics", lines, "spec.metrics is empty: the API server's default is cpu at 80%")
}

fn conditions(autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let lines = autoscaler.conditions.iter().map(|condition| {
        let since = condition
            .since
            .map_or(String::new(), |at| format!(" for {}", age(now.duration_since(at).as_secs())));
        let good =
            if &*condition.kind == "ScalingLimited" { ConditionStatus::False } else { ConditionStatus::True };
        let severity = if condition.status == good { Severity::Ok } else { weight(condition) };
        let text =
            format!("{}{since}, {}: {}", condition.status.as_str(), condition.reason, condition.message);
        Line::marked(condition.kind.to_string(), text, severity)
    });
    list("Conditions", lines, "the controller has not looked at it yet")
}
