//! custom.metrics.k8s.io and external.metrics.k8s.io as adapters serve them: values of pods and objects, and series of
//! external metrics, to be read and no more. What they are is `controllers::adapters`' affair.

use http::{Method, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{User, Wish};
use super::negotiate::{self, Offer};
use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::Measure;
use super::{Body, Server, encode};
use crate::demo::controllers::adapters::{About, external, kind_of, of_object, of_pods};
use crate::demo::controllers::usage;
use crate::demo::quantity::decimal;
use crate::demo::resources::Key;
use crate::demo::scenario::Blind;
use crate::demo::store::selector::Labels;
use crate::demo::time::stamp;
use crate::demo::world::World;

/// Answers with the values of one metric.
pub(super) fn answer(
    server: &Server,
    user: User,
    request: &Request,
    measure: &Measure,
) -> Answer<Response<Body>> {
    if request.method != Method::GET {
        return Err(Refusal::method_not_allowed());
    }
    may(user, measure)?;
    let format = negotiate::choose(&request.accept, Offer::Text)?;
    let world = server.world();
    let items = if measure.resource.is_empty() {
        series(&world, request, measure)?
    } else {
        values(&world, request, measure)?
    };
    drop(world);
    let kind = if measure.resource.is_empty() { "ExternalMetricValueList" } else { "MetricValueList" };
    let list = json!({"kind": kind, "apiVersion": format!("{}/{}", measure.group, measure.version),
        "metadata": {}, "items": items});
    Ok(server.respond(200, format.content_type(), encode::plain(format, &list)))
}

/// Lets pass who may read the metric. To the authorizer a custom metric is a part of the object that it is about.
fn may(user: User, measure: &Measure) -> Answer<()> {
    let custom = !measure.resource.is_empty();
    let resource = measure.resource.split('.').next().unwrap_or_default();
    let wish = Wish {
        verb: if custom { "get" } else { "list" },
        group: measure.group,
        resource: if custom { resource } else { &measure.metric },
        subresource: if custom { &measure.metric } else { "" },
        namespace: &measure.namespace,
        name: &measure.name,
    };
    if user.may(&wish) {
        return Ok(());
    }
    let what = format!("{}.{}", wish.resource, wish.group);
    let name = if custom { format!(" {:?}", measure.name) } else { String::new() };
    Err(Refusal::new(403, "Forbidden", format!("{what}{name} is forbidden: {}", user.refusal(&wish))))
}

/// The selector of a parameter.
fn selector(request: &Request, parameter: &str) -> Answer<Labels> {
    Labels::parse(request.parameter(parameter)).map_err(Refusal::bad_request)
}

/// The values of a custom metric.
fn values(world: &World, request: &Request, measure: &Measure) -> Answer<Vec<Value>> {
    let series = selector(request, "metricLabelSelector")?;
    let (namespace, metric) = (&measure.namespace, &measure.metric);
    if measure.resource != "pods" {
        let about = About { resource: &measure.resource, name: &measure.name };
        let value = of_object(world, namespace, metric, about, &series);
        let value = value.map_err(|blind| refusal(blind, measure, &format!(" {}", measure.name)))?;
        let kind = kind_of(world, namespace, &measure.resource);
        return Ok(vec![self::value(world, measure, (&kind, &measure.name), value)]);
    }
    let labels = selector(request, "labelSelector")?;
    let wanted = |key: &Key| {
        (measure.name == "*" || measure.name == key.name)
            && world.store.object(key).is_some_and(|pod| labels.takes(pod.labels()))
    };
    let found = match of_pods(world, namespace, metric, wanted, &series) {
        Err(Blind::Empty) => return Ok(Vec::new()),
        other => other.map_err(|blind| refusal(blind, measure, ""))?,
    };
    let kind = ("v1".to_owned(), "Pod".to_owned());
    Ok(found.into_iter().map(|(pod, value)| self::value(world, measure, (&kind, &pod), value)).collect())
}

/// One value in the shape of the version.
fn value(
    world: &World,
    measure: &Measure,
    ((version, kind), name): (&(String, String), &str),
    milli: i64,
) -> Value {
    let described =
        json!({"kind": kind, "namespace": measure.namespace, "name": name, "apiVersion": version});
    let (at, value) = (taken(world), decimal(milli));
    if measure.version == "v1beta1" {
        return json!({"describedObject": described, "metricName": measure.metric, "timestamp": at, "value": value, "selector": null});
    }
    json!({"describedObject": described, "metric": {"name": measure.metric, "selector": null}, "timestamp": at, "value": value})
}

/// The series of an external metric.
fn series(world: &World, request: &Request, measure: &Measure) -> Answer<Vec<Value>> {
    let selector = selector(request, "labelSelector")?;
    let found = match external(world, &measure.namespace, &measure.metric, &selector) {
        Err(Blind::Empty) => return Ok(Vec::new()),
        other => other.map_err(|blind| refusal(blind, measure, ""))?,
    };
    let at = taken(world);
    let one = |(labels, milli): (Value, i64)| json!({"metricName": measure.metric, "metricLabels": labels, "timestamp": at, "value": decimal(milli)});
    Ok(found.into_iter().map(one).collect())
}

/// When the values were taken.
fn taken(world: &World) -> String {
    stamp(Timestamp::from_second(usage::served(world)).unwrap_or(world.now))
}

/// Why there are no values.
fn refusal(blind: Blind, measure: &Measure, of: &str) -> Refusal {
    match blind {
        Blind::Unavailable => Refusal::unavailable(),
        _ if measure.resource.is_empty() => Refusal::no_such_resource(),
        _ => {
            let (metric, resource) = (&measure.metric, &measure.resource);
            let message = format!("the server could not find the metric {metric} for {resource}{of}");
            Refusal::new(404, "NotFound", message)
        }
    }
}
