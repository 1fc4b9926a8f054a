//! The tables of deployments, replica sets, stateful sets and daemon sets.

use jiff::Timestamp;
use serde_json::Value;

use super::{Layout, column, containers, created, name, number as integer, selector, wide};
use crate::demo::json::number;

pub(super) const DEPLOYMENTS: Layout = Layout {
    columns: &[
        column("Name"),
        column("Ready"),
        column("Up-to-date"),
        column("Available"),
        column("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: deployment,
};

fn ready(object: &Value) -> Value {
    format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas")).into()
}

fn deployment(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object);
    vec![
        name(object),
        ready(object),
        number(object, "/status/updatedReplicas").into(),
        number(object, "/status/availableReplicas").into(),
        created(object, now),
        names,
        images,
        selector(object, "/spec/selector/matchLabels"),
    ]
}

pub(super) const REPLICA_SETS: Layout = Layout {
    columns: &[
        column("Name"),
        integer("Desired"),
        integer("Current"),
        integer("Ready"),
        column("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: replica_set,
};

fn replica_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object);
    vec![
        name(object),
        number(object, "/spec/replicas").into(),
        number(object, "/status/replicas").into(),
        number(object, "/status/readyReplicas").into(),
        created(object, now),
        names,
        images,
        selector(object, "/spec/selector/matchLabels"),
    ]
}

pub(super) const STATEFUL_SETS: Layout = Layout {
    columns: &[column("Name"), column("Ready"), column("Age"), wide("Containers"), wide("Images")],
    cells: stateful_set,
};

fn stateful_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object);
    vec![name(object), ready(object), created(object, now), names, images]
}

pub(super) const DAEMON_SETS: Layout = Layout {
    columns: &[
        column("Name"),
        integer("Desired"),
        integer("Current"),
        integer("Ready"),
        integer("Up-to-date"),
        integer("Available"),
        column("Node Selector"),
        column("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: daemon_set,
};

fn daemon_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object);
    let count = |field: &str| Value::from(number(object, &format!("/status/{field}")));
    vec![
        name(object),
        count("desiredNumberScheduled"),
        count("currentNumberScheduled"),
        count("numberReady"),
        count("updatedNumberScheduled"),
        count("numberAvailable"),
        selector(object, "/spec/template/spec/nodeSelector"),
        created(object, now),
        names,
        images,
        selector(object, "/spec/selector/matchLabels"),
    ]
}
