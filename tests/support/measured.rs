//! The values that the tests' metrics server holds, and the answers of the three metrics APIs made of them. It is told
//! everything by the test; it knows no cluster and no clock.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

/// A refusal with the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: u16,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: u16, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }
}

/// What one container uses, as quantities; an empty one is left out.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) container: String,
    pub(crate) cpu: String,
    pub(crate) memory: String,
}

/// What was measured of one pod at one time.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) pod: String,
    pub(crate) at: Timestamp,
    /// Seconds.
    pub(crate) window: u32,
    pub(crate) containers: Vec<Use>,
}

/// One value of an external metric with its labels.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: String,
}

/// Values by pod, or one failure for all.
pub(crate) type Values = Result<Vec<(String, String)>, Failure>;

/// Everything that is measured. An app is the value of the pods' label `app`, by which the tests select them.
#[derive(Default)]
pub(crate) struct Measured {
    /// By namespace and app.
    pub(crate) pods: BTreeMap<(String, String), Result<Vec<Sample>, Failure>>,
    /// By namespace, app and metric.
    pub(crate) per_pod: BTreeMap<(String, String, String), Values>,
    /// By namespace, RESOURCE/NAME and metric.
    pub(crate) objects: BTreeMap<(String, String, String), Result<String, Failure>>,
    /// By namespace and metric.
    pub(crate) external: BTreeMap<(String, String), Result<Vec<Series>, Failure>>,
}

impl Measured {
    /// What one of the three APIs answers to a GET of the path.
    pub(crate) fn answer(&self, path: &str, query: &str) -> Result<Value, Failure> {
        let path = decoded(path.trim_start_matches("/apis/"));
        let parts: Vec<&str> = path.split('/').collect();
        let labels = Selector::parse(&parameter(query, "labelSelector"));
        match parts[..] {
            ["metrics.k8s.io", _, "nodes"] => Ok(json!({
                "kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": [],
            })),
            ["metrics.k8s.io", _, "namespaces", namespace, "pods"] => self.pods(namespace, &labels),
            ["custom.metrics.k8s.io", _, "namespaces", namespace, "pods", "*", metric] => {
                self.per_pod(namespace, &labels, metric)
            }
            ["custom.metrics.k8s.io", _, "namespaces", namespace, "metrics", metric] => {
                self.object(namespace, "namespaces", namespace, metric)
            }
            ["custom.metrics.k8s.io", _, "namespaces", namespace, resource, name, metric] => {
                self.object(namespace, resource, name, metric)
            }
            ["external.metrics.k8s.io", _, "namespaces", namespace, metric] => {
                self.external(namespace, metric, &labels)
            }
            _ => Err(Failure::new(404, "the server could not find the requested resource")),
        }
    }

    fn pods(&self, namespace: &str, labels: &Selector) -> Result<Value, Failure> {
        let mut items = Vec::new();
        for ((_, app), samples) in self.pods.iter().filter(|((home, _), _)| home == namespace) {
            if labels.takes(&app_label(app)) {
                items
                    .extend(samples.as_ref().map_err(Clone::clone)?.iter().map(|it| it.show(namespace, app)));
            }
        }
        Ok(json!({
            "kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items,
        }))
    }

    fn per_pod(&self, namespace: &str, labels: &Selector, metric: &str) -> Result<Value, Failure> {
        let known = |(home, app, name): &(String, String, String)| {
            home == namespace && name == metric && labels.takes(&app_label(app))
        };
        let found: Vec<&Values> =
            self.per_pod.iter().filter(|(key, _)| known(key)).map(|(_, it)| it).collect();
        if found.is_empty() {
            return Err(unknown(metric));
        }
        let mut items = Vec::new();
        for values in found {
            let values = values.as_ref().map_err(Clone::clone)?;
            items.extend(values.iter().map(|(pod, value)| described(namespace, "Pod", pod, metric, value)));
        }
        Ok(value_list(&items))
    }

    fn object(&self, namespace: &str, resource: &str, name: &str, metric: &str) -> Result<Value, Failure> {
        let key = (namespace.to_owned(), format!("{resource}/{name}"), metric.to_owned());
        let value = self.objects.get(&key).ok_or_else(|| unknown(metric))?.as_ref().map_err(Clone::clone)?;
        Ok(value_list(&[described(namespace, resource, name, metric, value)]))
    }

    fn external(&self, namespace: &str, metric: &str, labels: &Selector) -> Result<Value, Failure> {
        let key = (namespace.to_owned(), metric.to_owned());
        let series =
            self.external.get(&key).ok_or_else(|| unknown(metric))?.as_ref().map_err(Clone::clone)?;
        let items: Vec<Value> = series
            .iter()
            .filter(|it| labels.takes(&it.labels))
            .map(|it| {
                json!({
                    "metricName": metric, "metricLabels": it.labels,
                    "timestamp": "2026-01-01T00:00:00Z", "value": it.value,
                })
            })
            .collect();
        Ok(json!({
            "kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1",
            "metadata": {}, "items": items,
        }))
    }
}

impl Sample {
    fn show(&self, namespace: &str, app: &str) -> Value {
        let containers: Vec<Value> = self.containers.iter().map(Use::show).collect();
        json!({
            "metadata": {"name": self.pod, "namespace": namespace, "labels": {"app": app}},
            "timestamp": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "window": format!("{}s", self.window),
            "containers": containers,
        })
    }
}

impl Use {
    fn show(&self) -> Value {
        let mut used = serde_json::Map::new();
        for (resource, quantity) in [("cpu", &self.cpu), ("memory", &self.memory)] {
            if !quantity.is_empty() {
                used.insert(resource.to_owned(), quantity.as_str().into());
            }
        }
        json!({"name": self.container, "usage": used})
    }
}

fn app_label(app: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("app".to_owned(), app.to_owned())])
}

fn described(namespace: &str, kind: &str, name: &str, metric: &str, value: &str) -> Value {
    json!({
        "describedObject": {"kind": kind, "namespace": namespace, "name": name},
        "metric": {"name": metric}, "timestamp": "2026-01-01T00:00:00Z", "value": value,
    })
}

fn value_list(items: &[Value]) -> Value {
    json!({
        "kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": {}, "items": items,
    })
}

fn unknown(metric: &str) -> Failure {
    Failure::new(404, &format!("the server could not find the metric {metric}"))
}

/// A label selector as it is written in a query: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`.
#[derive(Debug, PartialEq, Eq)]
struct Selector(Vec<(String, Wanted)>);

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Any,
    Absent,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
}

impl Selector {
    fn parse(text: &str) -> Self {
        let mut depth = 0;
        let at_top = |c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        };
        Self(text.split(at_top).map(str::trim).filter(|it| !it.is_empty()).map(requirement).collect())
    }

    fn takes(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(label, wanted)| match (wanted, labels.get(label)) {
            (Wanted::Any, value) => value.is_some(),
            (Wanted::Absent, value) => value.is_none(),
            (Wanted::In(values), value) => value.is_some_and(|value| values.contains(value)),
            (Wanted::NotIn(values), value) => !value.is_some_and(|value| values.contains(value)),
        })
    }
}

fn requirement(text: &str) -> (String, Wanted) {
    let set = |list: &str| {
        let list = list.trim().trim_start_matches('(').trim_end_matches(')');
        list.split(',').map(|it| it.trim().to_owned()).collect()
    };
    let one = |value: &str| BTreeSet::from([value.trim_start_matches('=').trim().to_owned()]);
    let (label, wanted) = if let Some((label, values)) = text.split_once(" notin ") {
        (label, Wanted::NotIn(set(values)))
    } else if let Some((label, values)) = text.split_once(" in ") {
        (label, Wanted::In(set(values)))
    } else if let Some((label, value)) = text.split_once("!=") {
        (label, Wanted::NotIn(one(value)))
    } else if let Some((label, value)) = text.split_once('=') {
        (label, Wanted::In(one(value)))
    } else if let Some(label) = text.strip_prefix('!') {
        (label, Wanted::Absent)
    } else {
        (text, Wanted::Any)
    };
    (label.trim().to_owned(), wanted)
}

/// A parameter of a query, decoded.
fn parameter(query: &str, name: &str) -> String {
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    decoded(&found.unwrap_or_default().replace('+', " "))
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|it| char::from(it).to_digit(16)).unwrap_or_default();
        decoded.push(if byte == b'%' { (digit() * 16 + digit()) as u8 } else { byte });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
