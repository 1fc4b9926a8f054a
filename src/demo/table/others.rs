//! The tables of budgets, leases, events, config maps, namespaces and of what other projects add.

use jiff::Timestamp;
use serde_json::Value;

use super::{Layout, column, created, name, number as integer, since, wide};
use crate::demo::json::{at, number, text};
use crate::demo::world::writes::condition;

pub(super) const BUDGETS: Layout = Layout {
    columns: &[
        column("Name"),
        column("Min Available"),
        column("Max Unavailable"),
        integer("Allowed Disruptions"),
        column("Age"),
    ],
    cells: budget,
};

fn budget(object: &Value, now: Timestamp) -> Vec<Value> {
    let limit = |field: &str| match at(object, &format!("/spec/{field}")) {
        Value::Number(limit) => limit.to_string(),
        Value::String(limit) => limit.clone(),
        _ => "N/A".to_owned(),
    };
    vec![
        name(object),
        limit("minAvailable").into(),
        limit("maxUnavailable").into(),
        number(object, "/status/disruptionsAllowed").into(),
        created(object, now),
    ]
}

/// Measurements are never asked for as a table; this is what there is to say of one.
pub(super) const METRICS: Layout = Layout {
    columns: &[column("Name"), column("Window")],
    cells: |object, _| vec![name(object), text(object, "/window").into()],
};

pub(super) const SCALED_OBJECTS: Layout = Layout {
    columns: &[
        column("Name"),
        column("ScaleTargetKind"),
        column("ScaleTargetName"),
        column("Min"),
        column("Max"),
        column("Ready"),
        column("Active"),
        column("Fallback"),
        column("Paused"),
        column("Age"),
    ],
    cells: |object, now| {
        let is = |kind: &str| text(condition(object, kind), "/status").into();
        vec![
            name(object),
            text(object, "/status/scaleTargetKind").into(),
            text(object, "/spec/scaleTargetRef/name").into(),
            at(object, "/spec/minReplicaCount").clone(),
            at(object, "/spec/maxReplicaCount").clone(),
            is("Ready"),
            is("Active"),
            is("Fallback"),
            is("Paused"),
            created(object, now),
        ]
    },
};

pub(super) const VERTICALS: Layout = Layout {
    columns: &[
        column("Name"),
        column("Mode"),
        column("CPU"),
        column("Mem"),
        column("Provided"),
        column("Age"),
    ],
    cells: |object, now| {
        let target = |of: &str| {
            text(object, &format!("/status/recommendation/containerRecommendations/0/target/{of}")).into()
        };
        vec![
            name(object),
            text(object, "/spec/updatePolicy/updateMode").into(),
            target("cpu"),
            target("memory"),
            text(condition(object, "RecommendationProvided"), "/status").into(),
            created(object, now),
        ]
    },
};

pub(super) const LEASES: Layout =
    Layout { columns: &[column("Name"), column("Holder"), column("Age")], cells: lease };

fn lease(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), text(object, "/spec/holderIdentity").into(), created(object, now)]
}

pub(super) const EVENTS: Layout = Layout {
    columns: &[
        column("Last Seen"),
        column("Type"),
        column("Reason"),
        column("Object"),
        wide("Subobject"),
        wide("Source"),
        column("Message"),
        wide("First Seen"),
        wide("Count"),
        wide("Name"),
    ],
    cells: event,
};

fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    let involved = at(object, "/involvedObject");
    let host = text(object, "/source/host");
    let mut source = text(object, "/source/component").to_owned();
    if !host.is_empty() {
        source = format!("{source}, {host}");
    }
    vec![
        since(object, "/lastTimestamp", now).into(),
        text(object, "/type").into(),
        text(object, "/reason").into(),
        format!("{}/{}", text(involved, "/kind").to_lowercase(), text(involved, "/name")).into(),
        text(involved, "/fieldPath").into(),
        source.into(),
        text(object, "/message").trim().into(),
        since(object, "/firstTimestamp", now).into(),
        number(object, "/count").into(),
        name(object),
    ]
}

pub(super) const CONFIG_MAPS: Layout =
    Layout { columns: &[column("Name"), column("Data"), column("Age")], cells: config_map };

fn config_map(object: &Value, now: Timestamp) -> Vec<Value> {
    let keys = at(object, "/data").as_object().map_or(0, serde_json::Map::len);
    vec![name(object), keys.into(), created(object, now)]
}

pub(super) const NAMESPACES: Layout =
    Layout { columns: &[column("Name"), column("Status"), column("Age")], cells: namespace };

fn namespace(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), text(object, "/status/phase").into(), created(object, now)]
}
