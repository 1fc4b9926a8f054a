//! Random autoscalers with their workloads, made of a seed: all metric kinds and bounds. How fast they may scale, and how
//! they are edited, is `edits`; what their pods are made of is `template`; what is measured of them and how their pods are
//! is `values` and `kubelet`.
use foretop::model::key::Key;
use serde_json::{Value, json};

use crate::edits;
use crate::support::dice::Dice;
use crate::template::Template;
use crate::things;

/// What a metric is of.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Resource { name: &'static str },
    Container { name: &'static str, container: &'static str },
    Pods { name: String },
    Object { name: String, kind: &'static str },
    External { name: String, selector: Option<Value> },
}

/// What a metric should be.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// Percent.
    Utilization(u32),
    /// Thousandths, or MiB for memory.
    Value(u32),
    AverageValue(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) source: Source,
    pub(crate) goal: Goal,
    /// A type of the target that does not fit what is set, which the API takes.
    pub(crate) odd: Option<&'static str>,
}

/// An autoscaler and what it scales.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) template: Template,
    /// Whether pods that are deleted stay for a while.
    pub(crate) lingers: bool,
    pub(crate) replicas: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) metrics: Vec<Metric>,
    /// Null for none.
    pub(crate) behavior: Value,
    /// What it scales in relation to others.
    pub(crate) target: Target,
}

/// Whether a target is there, and whose its pods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Own,
    /// There is none.
    Missing,
    /// Its selector takes the pods of the narrow one too.
    Wide,
    /// Its pods are taken by the wide one too.
    Narrow,
    /// A custom resource, whose pods the tests look after.
    Custom,
}

/// The kinds of objects that metrics are of, with what the API calls them.
const OBJECTS: [(&str, &str, &str); 3] = [
    ("Service", "v1", "services"),
    ("Ingress", "networking.k8s.io/v1", "ingresses.networking.k8s.io"),
    ("Namespace", "v1", "namespaces"),
];

impl Case {
    pub(crate) fn roll(dice: &mut Dice, namespace: &str, number: usize, target: Target) -> Self {
        let template = Template::roll(dice);
        let metrics = metrics(dice, &template);
        let (min, max) = bounds(dice, &metrics);
        let kind = dice.pick(&["Deployment", "Deployment", "Deployment", "ReplicaSet"]);
        Self {
            namespace: namespace.to_owned(),
            name: format!("as-{number}"),
            kind: match target {
                Target::Own => kind,
                Target::Custom => "Thing",
                Target::Missing | Target::Wide | Target::Narrow => "Deployment",
            },
            template,
            lingers: dice.percent(20),
            replicas: dice.pick(&[1, 2, 3, 4, 5]),
            min,
            max,
            metrics,
            behavior: edits::behavior(dice),
            target,
        }
    }

    pub(crate) fn key(&self) -> Key {
        Key { namespace: self.namespace.as_str().into(), name: self.name.as_str().into() }
    }

    pub(crate) fn collection(&self) -> String {
        let (group, resource) = match self.kind {
            "Thing" => (things::GROUP, "things"),
            "ReplicaSet" => ("apps", "replicasets"),
            _ => ("apps", "deployments"),
        };
        format!("/apis/{group}/v1/namespaces/{}/{resource}", self.namespace)
    }

    fn api_version(&self) -> String {
        let group = if self.target == Target::Custom { things::GROUP } else { "apps" };
        format!("{group}/v1")
    }

    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.name)
    }

    pub(crate) fn scale(&self) -> String {
        format!("{}/scale", self.path())
    }

    pub(crate) fn workload(&self, node: &str) -> Value {
        if self.target == Target::Custom {
            return things::thing(&self.name, self.replicas);
        }
        let selector = match self.target {
            Target::Wide => json!({"pool": "shared"}),
            Target::Narrow => json!({"pool": "shared", "app": self.name}),
            _ => json!({"app": self.name}),
        };
        let mut template = self.pod(node);
        if let (Some(labels), Some(more)) =
            (template["metadata"]["labels"].as_object_mut(), selector.as_object())
        {
            labels.extend(more.clone());
        }
        json!({
            "metadata": {"name": self.name},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": selector},
                "template": template,
            },
        })
    }

    /// One of its pods, without a name.
    pub(crate) fn pod(&self, node: &str) -> Value {
        let mut spec = self.template.show();
        spec["nodeName"] = node.into();
        spec["terminationGracePeriodSeconds"] = if self.lingers { 600.into() } else { 0.into() };
        json!({"metadata": {"labels": {"app": self.name}}, "spec": spec})
    }

    pub(crate) fn autoscaler(&self) -> Value {
        let metrics = self.shown();
        let mut object = json!({
            "metadata": {"name": self.name},
            "spec": {
                "scaleTargetRef": {"apiVersion": self.api_version(), "kind": self.kind, "name": self.name},
                "minReplicas": self.min,
                "maxReplicas": self.max,
                "metrics": metrics,
            },
        });
        if !self.behavior.is_null() {
            object["spec"]["behavior"] = self.behavior.clone();
        }
        object
    }

    /// Its spec.metrics.
    pub(crate) fn shown(&self) -> Vec<Value> {
        self.metrics.iter().map(|it| it.show(&self.name)).collect()
    }
}

/// One to three.
pub(crate) fn metrics(dice: &mut Dice, template: &Template) -> Vec<Metric> {
    let count = dice.pick(&[1, 1, 2, 2, 3]);
    (0..count).map(|_| metric(dice, template)).collect()
}

/// spec.minReplicas and spec.maxReplicas; without replicas at all only where a metric can be read without pods.
pub(crate) fn bounds(dice: &mut Dice, metrics: &[Metric]) -> (u32, u32) {
    let outer = metrics.iter().any(|it| matches!(it.source, Source::Object { .. } | Source::External { .. }));
    let min = if outer && dice.percent(25) { 0 } else { dice.pick(&[1, 1, 2, 3]) };
    let max = min + dice.pick(&[0, 3, 5, 7, 9, 24]) + u32::from(min == 0);
    (min, max)
}

fn metric(dice: &mut Dice, template: &Template) -> Metric {
    let resource = dice.pick(&["cpu", "cpu", "memory"]);
    let number = dice.below(1_000_000);
    let source = match dice.below(8) {
        0..=2 => Source::Resource { name: resource },
        3 => {
            let known = dice.pick(&template.containers).name;
            Source::Container { name: resource, container: if dice.percent(8) { "gone" } else { known } }
        }
        4 => Source::Pods { name: format!("hits-{number}") },
        5 => {
            let (kind, ..) = dice.pick(&OBJECTS);
            Source::Object { name: format!("rate-{number}"), kind }
        }
        _ => Source::External { name: format!("depth-{number}"), selector: selector(dice) },
    };
    let plain = dice.pick(&[100, 700, 1000, 1500, 30_000]);
    let goal = match source {
        Source::Resource { .. } | Source::Container { .. } => match dice.below(3) {
            0 => Goal::AverageValue(dice.pick(&[50, 64, 100, 250])),
            _ => Goal::Utilization(dice.pick(&[30, 50, 80, 80, 120])),
        },
        Source::Pods { .. } => Goal::AverageValue(plain),
        _ if dice.percent(50) => Goal::Value(plain),
        _ => Goal::AverageValue(plain),
    };
    let odd = dice.percent(8).then(|| dice.pick(&["Utilization", "Value", "AverageValue"]));
    // Of objects the type decides.
    let odd = odd.filter(|_| !matches!(source, Source::Object { .. }));
    Metric { source, goal, odd }
}

fn selector(dice: &mut Dice) -> Option<Value> {
    dice.pick(&[
        None,
        Some(json!({"matchLabels": {"queue": "orders"}})),
        Some(json!({"matchLabels": {"queue": "orders", "tier": "gold"}})),
        Some(json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}]})),
        Some(json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["gold"]}]})),
        Some(json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]})),
    ])
}

/// `resource` and `name` of the object that a metric of this kind is of.
pub(crate) fn described(kind: &str, case: &Case) -> (&'static str, String) {
    let (.., resource) = OBJECTS.iter().find(|it| it.0 == kind).expect("a kind of object");
    let name = if kind == "Namespace" { case.namespace.clone() } else { case.name.clone() };
    (resource, name)
}

impl Metric {
    fn show(&self, app: &str) -> Value {
        let target = self.target();
        match &self.source {
            Source::Resource { name } => {
                json!({"type": "Resource", "resource": {"name": name, "target": target}})
            }
            Source::Container { name, container } => json!({
                "type": "ContainerResource",
                "containerResource": {"name": name, "container": container, "target": target},
            }),
            Source::Pods { name } => {
                json!({"type": "Pods", "pods": {"metric": {"name": name}, "target": target}})
            }
            Source::Object { name, kind } => {
                let (_, version, _) = OBJECTS.iter().find(|it| it.0 == *kind).expect("a kind of object");
                let object = json!({"apiVersion": version, "kind": kind, "name": app});
                json!({"type": "Object", "object": {
                    "metric": {"name": name}, "describedObject": object, "target": target,
                }})
            }
            Source::External { name, selector } => {
                let mut metric = json!({"name": name});
                if let Some(selector) = selector {
                    metric["selector"] = selector.clone();
                }
                json!({"type": "External", "external": {"metric": metric, "target": target}})
            }
        }
    }

    fn target(&self) -> Value {
        let mut target = match self.goal {
            Goal::Utilization(percent) => json!({"type": "Utilization", "averageUtilization": percent}),
            Goal::Value(value) => json!({"type": "Value", "value": self.quantity(value)}),
            Goal::AverageValue(value) => {
                json!({"type": "AverageValue", "averageValue": self.quantity(value)})
            }
        };
        if let Some(odd) = self.odd {
            target["type"] = odd.into();
        }
        target
    }

    fn quantity(&self, value: u32) -> String {
        if self.is_memory() { format!("{value}Mi") } else { format!("{value}m") }
    }

    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.source, Source::Resource { name } | Source::Container { name, .. } if name == "memory")
    }
}
