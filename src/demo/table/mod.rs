//! The server's own tables: for each kind the columns and the cells that `kubectl get` shows.
//!
//! Source: `pkg/printers/internalversion/printers.go`.

mod autoscalers;
mod nodes;
mod others;
mod pods;
mod workloads;

use std::ops::Deref;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{at, list, pairs, text, time};
use super::resources::Resource;
use super::time::{age, seconds_between};

/// What the rows carry beside their cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Include {
    Nothing,
    Metadata,
    Object,
}

/// Where a column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Always,
    Wide,
}

/// One column.
struct Column {
    name: &'static str,
    kind: &'static str,
    shown: Shown,
}

const fn column(name: &'static str) -> Column {
    Column { name, kind: "string", shown: Shown::Always }
}

const fn wide(name: &'static str) -> Column {
    Column { name, kind: "string", shown: Shown::Wide }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: "integer", shown: Shown::Always }
}

/// A kind's columns, and how it fills them.
struct Layout {
    columns: &'static [Column],
    cells: fn(&Value, Timestamp) -> Vec<Value>,
}

fn layout(resource: Resource) -> Layout {
    match resource {
        Resource::Nodes => nodes::NODES,
        Resource::Pods => pods::PODS,
        Resource::HorizontalPodAutoscalers => autoscalers::AUTOSCALERS,
        Resource::Deployments => workloads::DEPLOYMENTS,
        Resource::ReplicaSets => workloads::REPLICA_SETS,
        Resource::StatefulSets => workloads::STATEFUL_SETS,
        Resource::DaemonSets => workloads::DAEMON_SETS,
        Resource::PodDisruptionBudgets => others::BUDGETS,
        Resource::Leases => others::LEASES,
        Resource::Events => others::EVENTS,
        Resource::ConfigMaps => others::CONFIG_MAPS,
        Resource::Namespaces => others::NAMESPACES,
        Resource::NodeMetrics | Resource::PodMetrics => others::METRICS,
        Resource::ScaledObjects => others::SCALED_OBJECTS,
        Resource::VerticalPodAutoscalers => others::VERTICALS,
    }
}

/// The table of some objects, without its metadata. No object is held longer than its row takes to make.
pub(crate) fn of<V: Deref<Target = Value>>(
    resource: Resource,
    objects: impl Iterator<Item = V>,
    now: Timestamp,
    include: Include,
) -> Value {
    let layout = layout(resource);
    let columns: Vec<_> = layout
        .columns
        .iter()
        .map(|column| {
            let format = if column.name == "Name" { "name" } else { "" };
            json!({"name": column.name, "type": column.kind, "format": format, "description": "",
                "priority": i32::from(column.shown == Shown::Wide)})
        })
        .collect();
    let rows: Vec<_> = objects
        .map(|object| {
            let carried = match include {
                Include::Nothing => Value::Null,
                Include::Metadata => partial(&object),
                Include::Object => Value::clone(&object),
            };
            json!({"cells": (layout.cells)(&object, now), "object": carried})
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns, "rows": rows})
}

/// An object's metadata as PartialObjectMetadata.
pub(crate) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": at(object, "/metadata")})
}

/// How long ago the time at a pointer is.
fn since(object: &Value, pointer: &str, now: Timestamp) -> String {
    time(object, pointer).map_or_else(|| "<unknown>".to_owned(), |then| age(seconds_between(then, now)))
}

fn name(object: &Value) -> Value {
    Value::from(text(object, "/metadata/name"))
}

fn created(object: &Value, now: Timestamp) -> Value {
    Value::from(since(object, "/metadata/creationTimestamp", now))
}

fn or_none(text: &str) -> Value {
    Value::from(if text.is_empty() { "<none>" } else { text })
}

/// The names and images of a template's containers, each joined by commas.
fn containers(object: &Value) -> [Value; 2] {
    let joined = |field: &str| {
        let all =
            list(object, "/spec/template/spec/containers").iter().map(|container| text(container, field));
        Value::from(all.collect::<Vec<_>>().join(","))
    };
    [joined("/name"), joined("/image")]
}

/// A label selector as tables write it.
fn selector(object: &Value, pointer: &str) -> Value {
    let all: Vec<_> = pairs(object, pointer).map(|(key, value)| format!("{key}={value}")).collect();
    or_none(&all.join(","))
}
