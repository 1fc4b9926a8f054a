//! The format of the scenario files: what a simulated cluster is made of and what befalls it. It holds no numbers of
//! its own and builds nothing.

mod incident;
mod span;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DemoError, Life};
pub(crate) use incident::{Incident, What};
pub(crate) use span::Span;

/// Every scenario: its name, one line about it, and its file.
const FILES: &[(&str, &str, &str)] = &[
    ("calm", "a healthy shop on twelve nodes in three zones", include_str!("../scenarios/calm.yaml")),
    (
        "zone-outage",
        "one of three zones loses its kubelets; another is under pressure",
        include_str!("../scenarios/zone-outage.yaml"),
    ),
    (
        "large",
        "5,000 nodes with 150,000 pods that no controller looks after; load for measuring",
        include_str!("../scenarios/large.yaml"),
    ),
];

/// The scenarios' names, each with one line about it.
pub const SCENARIOS: [(&str, &str); FILES.len()] = {
    let mut all = [("", ""); FILES.len()];
    let mut index = 0;
    while index < FILES.len() {
        all[index] = (FILES[index].0, FILES[index].1);
        index += 1;
    }
    all
};

/// One scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Another scenario that this one adds to.
    pub(crate) extends: Option<String>,
    /// Seconds that are simulated before the first request is served.
    pub(crate) settle: Option<i64>,
    /// How many changes the server remembers for watches.
    pub(crate) history: Option<usize>,
    /// The flannel network's configuration and where pods get their addresses from.
    pub(crate) network: Option<Network>,
    /// Pods by the thousand; the nodes are then made of the node groups in turn.
    pub(crate) crowd: Option<CrowdSpec>,
    #[serde(default)]
    pub(crate) nodes: Vec<NodeGroup>,
    #[serde(default)]
    pub(crate) workloads: Vec<Workload>,
    #[serde(default)]
    pub(crate) budgets: Vec<Budget>,
    #[serde(default)]
    pub(crate) autoscalers: Vec<Autoscaler>,
    #[serde(default)]
    pub(crate) incidents: Vec<Incident>,
}

/// Pods by the thousand.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CrowdSpec {
    /// Pods in all.
    pub(crate) pods: usize,
    /// Pods on each node, among them two of daemon sets.
    pub(crate) per_node: usize,
    /// Pods of a deployment.
    pub(crate) replicas: usize,
    /// Pods for each namespace.
    pub(crate) per_namespace: usize,
    /// Pods for each autoscaler.
    pub(crate) per_autoscaler: usize,
    /// Whether kubelets are heard.
    #[serde(skip)]
    pub(crate) life: Life,
}

/// The pod network.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Network {
    /// The first two numbers of the pods' addresses, for example `10.244`.
    pub(crate) prefix: String,
    /// flannel's net-conf.json.
    pub(crate) net_conf: String,
    /// flannel's cni-conf.json.
    pub(crate) cni_conf: String,
}

/// Nodes that differ in name and address alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct NodeGroup {
    /// The names are this with `-1`, `-2` and so on.
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) region: String,
    pub(crate) zone: String,
    /// For example `m6i.2xlarge`.
    pub(crate) instance_type: String,
    pub(crate) cpu: i64,
    pub(crate) memory_gi: i64,
    #[serde(default = "ordinary_pods")]
    pub(crate) pods: i64,
    pub(crate) kubelet: String,
    pub(crate) os: String,
    pub(crate) kernel: String,
    pub(crate) runtime: String,
    #[serde(default = "amd64")]
    pub(crate) architecture: String,
    pub(crate) age: Span,
    /// The first two numbers of the nodes' own addresses and the third, for example `10.0.1`.
    pub(crate) addresses: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// `key=value:Effect`.
    #[serde(default)]
    pub(crate) taints: Vec<String>,
    /// Numbers of the nodes that someone cordoned.
    #[serde(default)]
    pub(crate) cordoned: Vec<usize>,
}

/// What keeps a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    /// One mirror pod on every node with the workload's node selector.
    Static,
    /// One pod that nothing replaces.
    Bare,
}

/// A workload.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Workload {
    pub(crate) kind: WorkloadKind,
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(default = "one")]
    pub(crate) replicas: i64,
    pub(crate) image: String,
    /// An earlier image: the workload has rolled from it to `image`, at a quarter of its age.
    pub(crate) before: Option<String>,
    #[serde(default)]
    pub(crate) cpu: String,
    #[serde(default)]
    pub(crate) memory: String,
    /// Containers beside the first, as `name=image`; each asks for 20m and 32Mi.
    #[serde(default)]
    pub(crate) sidecars: Vec<String>,
    /// emptyDir volumes as `NAME`, `NAME:MEDIUM` or `NAME:MEDIUM:LIMIT`.
    #[serde(default)]
    pub(crate) empty_dirs: Vec<String>,
    /// The first container's command line.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) node_selector: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) tolerations: Vec<serde_json::Value>,
    #[serde(default)]
    pub(crate) host_network: bool,
    #[serde(default)]
    pub(crate) priority_class: String,
    pub(crate) age: Span,
    /// Seconds from being bound to being Ready.
    #[serde(default = "ordinary_start")]
    pub(crate) start: i64,
    /// Restarts that the first pod has behind it.
    #[serde(default)]
    pub(crate) restarts: i64,
    /// Whether its main process ends with an error again and again.
    #[serde(default)]
    pub(crate) crashes: bool,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Budget {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The workload whose pods it selects.
    pub(crate) workload: String,
    pub(crate) min_available: Option<serde_json::Value>,
    pub(crate) max_unavailable: Option<serde_json::Value>,
    pub(crate) unhealthy: Option<String>,
    pub(crate) age: Span,
}

/// A HorizontalPodAutoscaler and the load on its target.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Autoscaler {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `Deployment/name` or `StatefulSet/name`.
    pub(crate) target: String,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// autoscaling/v2 behavior.
    pub(crate) behavior: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) owner: Option<Owner>,
    pub(crate) metrics: Vec<Metric>,
}

/// An owner that is not served, such as a KEDA ScaledObject.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Owner {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// One metric: its specification as the API has it, and what it will read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Metric {
    /// autoscaling/v2 MetricSpec.
    pub(crate) spec: serde_json::Value,
    #[serde(default)]
    pub(crate) load: Load,
    /// Why the metric cannot be read, when it cannot.
    pub(crate) fails: Option<String>,
}

/// A load in replicas: how many would meet the target exactly.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Load {
    pub(crate) mean: f64,
    /// How far it goes up and down, as a fraction of the mean.
    #[serde(default)]
    pub(crate) swing: f64,
    /// Seconds of one rise and fall.
    #[serde(default)]
    pub(crate) period: Span,
    /// Random part of each reading, as a fraction of the mean.
    #[serde(default)]
    pub(crate) noise: f64,
}

fn one() -> i64 {
    1
}

fn ordinary_pods() -> i64 {
    110
}

fn ordinary_start() -> i64 {
    6
}

fn amd64() -> String {
    "amd64".to_owned()
}

/// Reads a scenario with everything it extends.
///
/// # Errors
/// When there is no scenario of that name, or its file is wrong.
pub(crate) fn read(name: &str) -> Result<Scenario, DemoError> {
    let Some((_, _, file)) = FILES.iter().find(|(known, _, _)| *known == name) else {
        let known: Vec<_> = FILES.iter().map(|(name, _, _)| *name).collect();
        return Err(DemoError::UnknownScenario { name: name.to_owned(), known: known.join(", ") });
    };
    let wrong =
        |error: serde_yaml::Error| DemoError::Scenario { name: name.to_owned(), why: error.to_string() };
    let mut document: serde_yaml::Value = serde_yaml::from_str(file).map_err(wrong)?;
    document.apply_merge().map_err(wrong)?;
    let scenario: Scenario = serde_yaml::from_value(document).map_err(wrong)?;
    let Some(base) = scenario.extends.clone() else { return Ok(scenario) };
    let mut base = read(&base)?;
    base.settle = scenario.settle.or(base.settle);
    base.history = scenario.history.or(base.history);
    base.network = scenario.network.or(base.network);
    base.crowd = scenario.crowd.or(base.crowd);
    base.nodes.extend(scenario.nodes);
    base.workloads.extend(scenario.workloads);
    base.budgets.extend(scenario.budgets);
    base.autoscalers.extend(scenario.autoscalers);
    base.incidents.extend(scenario.incidents);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_reads_and_is_whole() {
        for (name, about) in SCENARIOS {
            let scenario = read(name).unwrap();
            assert!(!about.is_empty() && !scenario.nodes.is_empty() && scenario.network.is_some(), "{name}");
        }
        let error = read("nonsense").err().unwrap().to_string();
        assert!(error.contains("calm") && error.contains("zone-outage"), "{error}");
    }
}
