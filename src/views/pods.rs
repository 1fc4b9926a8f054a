//! Pods: those of one node or one workload, or those in trouble; all of them only for reports that ask for them.

use jiff::Timestamp;

use super::nodes::list;
use super::{Line, Opens, Rows, Section, View, never};
use crate::analysis::node;
use crate::analysis::overlay::Mesh;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::pod::{Phase, Pod, Toleration};
use crate::model::quantity::{bytes, cores};
use crate::model::scope::{Extent, Scope};
use crate::model::second::Second;
use crate::model::table::{Cell, Column, Row};
use crate::model::text::Str;
use crate::model::value::{Value, age};

/// The pods view; it opens from a row, and reports show it for pods in trouble.
pub const VIEW: View = View {
    id: "pods",
    title: "Pods",
    question: "Which pods are there, and what keeps them from running?",
    rows: Rows::Objects(Kind::Pod),
    pane: false,
    kinds: &[Kind::Pod, Kind::ReplicaSet, Kind::DaemonSet, Kind::PodDisruptionBudget],
    columns: COLUMNS,
    // A node that goes down takes all its pods into the list.
    judged: |cluster, _| cluster.judged(&[Kind::Pod, Kind::Node]).max(cluster.flipped()),
    keys,
    restless: never,
    measured: None,
    at_once: 4000,
    row: keyed,
    opens: Opens::Detail(describe),
    banner: None,
    foot: &[],
    above: 0,
};

const COLUMNS: &[Column] = &[
    Column::text("name", "POD", 0, 70, "namespace and name"),
    Column::number("ready", "READY", 1, 9, "ready containers"),
    Column::text("status", "STATUS", 0, 28, "phase, or the reason that says more"),
    Column::number("restarts", "RESTARTS", 3, 9, "restarts of all containers"),
    Column::text("node", "NODE", 2, 36, "where it runs"),
    Column::text("owner", "OWNER", 4, 40, "what makes a new one when it goes"),
    Column::number("cpu", "CPU REQ", 5, 9, "requested cores"),
    Column::number("memory", "MEM REQ", 5, 9, "requested bytes"),
    Column::text("ip", "IP", 6, 39, "its address"),
    Column::number("age", "AGE", 2, 9, "since it was made"),
];

fn keys(cluster: &Cluster, scope: &Scope) -> Vec<Key> {
    let pods: Vec<&Pod> = match (&scope.of, scope.extent) {
        (Some(target), _) => related(cluster, target),
        (None, Extent::Trouble) => in_trouble(cluster),
        (None, Extent::All) => cluster.pods().collect(),
    };
    pods.iter().map(|pod| pod.meta.key.clone()).collect()
}

fn keyed(cluster: &Cluster, _mesh: &Mesh, scope: &Scope, key: &Key, _now: Timestamp) -> Option<Row> {
    let pod = cluster.pod(key)?;
    let belongs =
        scope.of.is_some() || scope.extent == Extent::All || pod.troubled() || on_down(cluster, pod);
    belongs.then(|| row(pod))
}

/// The pods that a row of another view stands for.
fn related<'a>(cluster: &'a Cluster, target: &Target) -> Vec<&'a Pod> {
    match target.kind {
        Kind::Node => cluster.pods_on(&target.key.name).collect(),
        Kind::Pod => cluster.pod(&target.key).into_iter().collect(),
        Kind::HorizontalPodAutoscaler => cluster
            .autoscaler(&target.key)
            .and_then(|autoscaler| {
                Kind::named(&autoscaler.target.kind)
                    .map(|kind| cluster.pods_of(kind, &autoscaler.target_key()))
            })
            .unwrap_or_default(),
        kind => cluster.pods_of(kind, &target.key),
    }
}

/// Pods that are not as they should be, and all pods on nodes that are not Ready.
fn in_trouble(cluster: &Cluster) -> Vec<&Pod> {
    let mut pods: Vec<&Pod> = cluster.troubled_pods().filter(|pod| !on_down(cluster, pod)).collect();
    for node in cluster.nodes().filter(|node| node::down(node)) {
        pods.extend(cluster.pods_on(&node.meta.key.name));
    }
    pods
}

/// Whether a pod's node is not Ready.
fn on_down(cluster: &Cluster, pod: &Pod) -> bool {
    let node = pod.node.as_deref().and_then(|name| cluster.node(name));
    node.is_some_and(node::down)
}

/// How bad a pod's state is.
fn severity(pod: &Pod) -> Severity {
    match pod.phase {
        Phase::Succeeded => Severity::Ok,
        Phase::Failed | Phase::Unknown => Severity::Critical,
        _ if pod.status.contains("CrashLoop") || pod.status.contains("Err") => Severity::Critical,
        _ if pod.meta.deleted.is_some() => Severity::Info,
        Phase::Running if pod.ready => Severity::Ok,
        Phase::Pending | Phase::Running => Severity::Warning,
    }
}

fn row(pod: &Pod) -> Row {
    let severity = severity(pod);
    let text = |text: Option<&Str>| text.map_or(Value::NONE, |text| Value::text(text.to_string()));
    let owner = pod.meta.controller.as_ref();
    let (ready, all) = pod.containers;
    Row {
        subject: Target::new(Kind::Pod, pod.meta.key.clone()).into(),
        severity,
        cells: vec![
            Value::text(pod.meta.key.to_string()).into(),
            Value::Share(i64::from(ready), i64::from(all)).into(),
            Cell::marked(Value::text(pod.status.to_string()), severity),
            Value::Count(i64::from(pod.restarts)).into(),
            text(pod.node.as_ref()).into(),
            owner.map_or(Value::NONE, |owner| Value::text(format!("{}/{}", owner.kind, owner.name))).into(),
            Value::text(cores(pod.template.cpu)).into(),
            Value::text(bytes(pod.template.memory)).into(),
            pod.ip.map_or(Value::NONE, |ip| Value::text(ip.to_string())).into(),
            pod.meta.created.map_or(Value::NONE, |at| Value::Since(at.into())).into(),
        ],
    }
}

fn describe(cluster: &Cluster, key: &Key, now: Timestamp) -> Vec<Section> {
    let Some(pod) = cluster.pod(key) else { return Vec::new() };
    let tolerations = list("Tolerations", pod.template.tolerations.iter().map(toleration), "none");
    vec![about(pod, now), budgets(cluster, pod), tolerations]
}

fn about(pod: &Pod, now: Timestamp) -> Section {
    let or_none = |text: Option<&Str>| text.map_or("<none>".to_owned(), ToString::to_string);
    let ip = pod.ip.map_or("<none>".to_owned(), |ip| ip.to_string());
    let ago =
        |at: Option<Second>| at.map_or("<none>".into(), |at| age(now.duration_since(at.into()).as_secs()));
    let owner = pod
        .meta
        .controller
        .as_ref()
        .map_or("none: nothing makes a new one".into(), |owner| format!("{} {}", owner.kind, owner.name));
    let mut lines = vec![
        Line::marked("status", pod.status.to_string(), severity(pod)),
        Line::new(
            "containers",
            format!("{} of {} ready, {} restarts", pod.containers.0, pod.containers.1, pod.restarts),
        ),
        Line::new("node", or_none(pod.node.as_ref())),
        Line::new("ip", format!("{ip}{}", if pod.template.host_network { " (the host's)" } else { "" })),
        Line::new("owner", owner),
        Line::new(
            "requests",
            format!("cpu {}, memory {}", cores(pod.template.cpu), bytes(pod.template.memory)),
        ),
        Line::new("age", ago(pod.meta.created)),
        Line::new(
            "labels",
            pod.template.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", "),
        ),
    ];
    if !pod.template.empty_dirs.is_empty() {
        let names: Vec<String> = pod.template.empty_dirs.iter().map(ToString::to_string).collect();
        lines.push(Line::new("emptyDirs", format!("{}: their content goes with the pod", names.join(", "))));
    }
    if pod.template.mirror {
        lines.push(Line::new("static", "the mirror of a static pod: only its kubelet starts and stops it"));
    }
    if let Some(at) = pod.meta.deleted {
        let gone = age(now.duration_since(at.into()).as_secs());
        lines.push(Line::marked("terminating", format!("since {gone}"), Severity::Info));
    }
    Section { title: "Pod".to_owned(), lines }
}

fn budgets(cluster: &Cluster, pod: &Pod) -> Section {
    let mut covering: Vec<_> = cluster
        .budgets()
        .filter(|budget| budget.meta.key.namespace == pod.meta.key.namespace)
        .filter(|budget| {
            budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.template.labels))
        })
        .collect();
    covering.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    let lines = covering.into_iter().map(|budget| {
        let rule = match (&budget.min_available, &budget.max_unavailable) {
            (Some(min), _) => format!("minAvailable {min}"),
            (None, Some(max)) => format!("maxUnavailable {max}"),
            (None, None) => "no rule".to_owned(),
        };
        let severity = if budget.allowed > 0 { Severity::Ok } else { Severity::Warning };
        let text = format!(
            "{rule}: {} disruptions allowed, {} of {} required are healthy",
            budget.allowed, budget.healthy, budget.desired_healthy
        );
        Line::marked(budget.meta.key.name.to_string(), text, severity)
    });
    list("Disruption budgets", lines, "none covers it")
}

fn toleration(toleration: &Toleration) -> Line {
    let key = if toleration.key.is_empty() { "every key" } else { &*toleration.key };
    let value = if toleration.value.is_empty() { String::new() } else { format!("={}", toleration.value) };
    let effect = if toleration.effect.is_empty() { "every effect" } else { &*toleration.effect };
    let time = match toleration.seconds {
        None => "for ever".to_owned(),
        Some(seconds) if seconds <= 0 => "not at all".to_owned(),
        Some(seconds) => format!("for {seconds} s"),
    };
    Line::new(format!("{key}{value}"), format!("{effect}, {time}"))
}
