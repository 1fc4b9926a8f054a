//! Autoscalers: what each wants, what holds it, what it does next, and whether its workload follows. What is forecast
//! comes from `analysis`; this only tells it.

use jiff::Timestamp;

use super::nodes::worst;
use super::{Opens, Rows, View};
use crate::analysis::autoscaling::forecast;
use crate::analysis::checks::autoscalers::{CHECK, foreseen, restless};
use crate::analysis::overlay::Mesh;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Column, Row};
use crate::model::value::Value;

mod behaviour;
mod conditions;
mod detail;
mod history;
mod metrics;
mod next;
mod others;
mod replicas;

use replicas::Replicas;

/// The autoscalers view.
pub const VIEW: View = View {
    id: "autoscalers",
    title: "Autoscalers",
    question: "What does each autoscaler want, what holds it, and what does it do next?",
    rows: Rows::Objects(Kind::HorizontalPodAutoscaler),
    pane: true,
    kinds: KINDS,
    columns: COLUMNS,
    judged: |cluster, mesh| (CHECK.judged)(cluster, mesh).max(cluster.judged(KINDS)),
    keys: |cluster, _| cluster.autoscalers().map(|it| it.meta.key.clone()).collect(),
    restless,
    measured: None,
    at_once: 60,
    row: keyed,
    opens: Opens::Detail(detail::describe),
    banner: None,
    foot: &["next", "metrics"],
    above: 1,
};

/// What rows are computed from: forecasts are made of pods once all of them are known.
const KINDS: &[Kind] =
    &[Kind::HorizontalPodAutoscaler, Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet, Kind::Pod];

const COLUMNS: &[Column] = &[
    Column::text("name", "AUTOSCALER", 0, 40, "namespace and name").comfortable(22),
    Column::text(
        "bar",
        "MIN TO MAX",
        1,
        18,
        "from spec.minReplicas to spec.maxReplicas: ● what the target asks for, ▶ or ◀ what the controller wants",
    ),
    Column::text("next", "NEXT", 0, 160, "what its next pass does and why, and what stands between")
        .comfortable(50),
    Column::text("metrics", "METRICS", 4, 200, "every metric as current/target, the one that decides first")
        .comfortable(30),
    Column::number(
        "current",
        "CURRENT",
        5,
        8,
        "replicas asked for when the controller last looked: status.currentReplicas",
    ),
    Column::number("desired", "DESIRED", 3, 8, "replicas that the controller wants: status.desiredReplicas"),
    Column::number("spec", "SPEC", 6, 8, "replicas that the target asks for now: its spec.replicas"),
    Column::number("created", "CREATED", 8, 8, "replicas of the target that exist"),
    Column::number("updated", "UPDATED", 8, 8, "replicas of the target with its newest template"),
    Column::number("ready", "READY", 2, 9, "ready replicas of the target"),
    Column::number("available", "AVAIL", 7, 8, "available replicas of the target"),
    Column::text(
        "desired-trend",
        "WANTED TREND",
        3,
        12,
        "desired replicas in the last minutes, the newest right",
    ),
    Column::text(
        "ready-trend",
        "READY TREND",
        10,
        12,
        "ready replicas in the last minutes, drawn between the same bounds",
    ),
    Column::text("target", "TARGET", 9, 32, "what it scales"),
    Column::number("scaled", "SCALED", 9, 8, "since the last scale"),
    Column::text(
        "conditions",
        "CONDITIONS",
        10,
        34,
        "AbleToScale, ScalingActive, ScalingLimited, as far as they say something",
    ),
    Column::number("min", "MIN", 11, 8, "spec.minReplicas"),
    Column::number("max", "MAX", 11, 8, "spec.maxReplicas"),
    Column::number("age", "AGE", 12, 8, "since it was made"),
];

fn keyed(cluster: &Cluster, _mesh: &Mesh, _scope: &Scope, key: &Key, now: Timestamp) -> Option<Row> {
    cluster.autoscaler(key).map(|autoscaler| row(cluster, autoscaler, now))
}

fn row(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Row {
    let forecast = forecast(cluster, autoscaler, now);
    let severity = worst(&foreseen(cluster, autoscaler, &forecast, now));
    let replicas = Replicas::of(cluster, autoscaler);
    let [spec, created, updated, ready, available] = replicas.cells(cluster, autoscaler);
    let [current, desired] = replicas::said_cells(autoscaler);
    let [wanted_trend, ready_trend] = history::cells(cluster, autoscaler);
    let count = |number: i32| Value::Count(i64::from(number));
    Row {
        subject: Target::new(Kind::HorizontalPodAutoscaler, autoscaler.meta.key.clone()).into(),
        severity,
        cells: vec![
            Value::text(autoscaler.meta.key.to_string()).into(),
            replicas::bar_cell(autoscaler, replicas),
            next::cell(&forecast, autoscaler),
            metrics::cell(autoscaler, &forecast),
            current,
            desired,
            spec,
            created,
            updated,
            ready,
            available,
            wanted_trend,
            ready_trend,
            Value::text(format!("{}/{}", autoscaler.target.kind, autoscaler.target.name)).into(),
            autoscaler.last_scale.map_or(Value::Missing("never"), Value::Since).into(),
            conditions::cell(autoscaler),
            count(autoscaler.min).into(),
            count(autoscaler.max).into(),
            autoscaler.meta.created.map_or(Value::NONE, |at| Value::Since(at.into())).into(),
        ],
    }
}
