//! Who made an autoscaler, and who works on what it is measured by: KEDA and vertical autoscalers. It judges nothing.

use std::fmt;

use crate::model::autoscaler::{Autoscaler, Goal, MetricSource};
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::model::rival::{ScaledObject, VerticalAutoscaler};
use crate::model::text::Str;

/// How KEDA names the autoscaler of a ScaledObject, where its name is not given.
const KEDA_NAME: &str = "keda-hpa-";
/// The label by which KEDA's metrics name their ScaledObject.
const KEDA_LABEL: &str = "scaledobject.keda.sh/name=";
/// Requests of pods are left alone.
const OFF: &str = "Off";

/// KEDA's ScaledObject that an autoscaler was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Keda<'a> {
    /// Its name.
    pub key: Key,
    /// What it says, where it can be read.
    pub object: Option<&'a ScaledObject>,
}

impl fmt::Display for Keda<'_> {
    /// `ScaledObject shop/web`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScaledObject {}", self.key)
    }
}

/// The ScaledObject that an autoscaler was made for: its owner, else the one that its metrics or its name tell.
pub fn keda<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Option<Keda<'a>> {
    let name = owner(autoscaler).or_else(|| labelled(autoscaler)).or_else(|| named(autoscaler))?;
    let key = Key { namespace: Str::clone(&autoscaler.meta.key.namespace), name };
    let object = cluster.scaled_object_of(autoscaler).filter(|object| object.key.namespace == key.namespace);
    // What a name is cut to may be less than the name.
    let key = object.map_or(key, |object| object.key.clone());
    Some(Keda { key, object })
}

fn owner(autoscaler: &Autoscaler) -> Option<Str> {
    let owner = autoscaler.meta.controller.as_ref()?;
    (&*owner.kind == "ScaledObject").then(|| Str::clone(&owner.name))
}

fn labelled(autoscaler: &Autoscaler) -> Option<Str> {
    autoscaler.metrics.iter().find_map(|metric| match &metric.source {
        MetricSource::External { selector, .. } => {
            let (_, rest) = selector.split_once(KEDA_LABEL)?;
            rest.split(',').next().filter(|name| !name.is_empty()).map(Str::from)
        }
        _ => None,
    })
}

fn named(autoscaler: &Autoscaler) -> Option<Str> {
    autoscaler.meta.key.name.strip_prefix(KEDA_NAME).filter(|name| !name.is_empty()).map(Str::from)
}

/// A vertical autoscaler of the same target, and what of an autoscaler's measure it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Vertical<'a> {
    /// The vertical autoscaler.
    pub object: &'a VerticalAutoscaler,
    /// The resources that both work on.
    pub shared: Vec<Str>,
    /// Whether a metric is a share of the requests that the other one changes.
    pub of_requests: bool,
}

/// The vertical autoscaler that changes requests of a resource by which an autoscaler scales.
pub fn vertical<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Option<Vertical<'a>> {
    let object = cluster.vertical_of(autoscaler).filter(|object| &*object.mode != OFF)?;
    let controls = |name: &Str| {
        if object.resources.is_empty() {
            matches!(&**name, "cpu" | "memory")
        } else {
            object.resources.contains(name)
        }
    };
    let mut shared: Vec<Str> = Vec::new();
    let mut of_requests = false;
    for metric in &autoscaler.metrics {
        let (MetricSource::Resource { name } | MetricSource::ContainerResource { name, .. }) = &metric.source
        else {
            continue;
        };
        if controls(name) {
            of_requests |= matches!(metric.goal, Goal::Utilization(_));
            if !shared.contains(name) {
                shared.push(Str::clone(name));
            }
        }
    }
    (!shared.is_empty()).then_some(Vertical { object, shared, of_requests })
}
