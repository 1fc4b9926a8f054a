//! The format of the scenario files: what a simulated cluster is made of and what befalls it. It holds no numbers of
//! its own and builds nothing.

mod autoscaler;
mod incident;
mod span;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DemoError, Life};
pub(crate) use autoscaler::{Autoscaler, Blind, Custom, Load, Point};
pub(crate) use incident::{Api, Incident, What};
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
        "hpa-at-max",
        "autoscalers that are held: by maximum, rate, window, failing metrics, each other",
        include_str!("../scenarios/hpa-at-max.yaml"),
    ),
    (
        "black-friday",
        "load comes in waves within minutes, and somebody sets replicas back",
        include_str!("../scenarios/black-friday.yaml"),
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
    /// Another scenario that this one adds to. What has the namespace and the name of something in the other takes its
    /// place.
    pub(crate) extends: Option<String>,
    /// Whether the incidents of the other scenario are left out.
    #[serde(default)]
    pub(crate) quiet: bool,
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
    /// keda.sh/v1alpha1 ScaledObjects. Nothing acts on them but their autoscalers.
    #[serde(default)]
    pub(crate) scaled_objects: Vec<Custom>,
    /// autoscaling.k8s.io/v1 VerticalPodAutoscalers. Nothing acts on them.
    #[serde(default)]
    pub(crate) verticals: Vec<Custom>,
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
    /// Containers beside the first, as `name=image`; each asks for 20m and 32Mi, or for nothing as `name=image!`.
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
    replace(&mut base.workloads, scenario.workloads, |it| (&it.namespace, &it.name));
    replace(&mut base.budgets, scenario.budgets, |it| (&it.namespace, &it.name));
    replace(&mut base.autoscalers, scenario.autoscalers, |it| (&it.namespace, &it.name));
    replace(&mut base.scaled_objects, scenario.scaled_objects, |it| (&it.namespace, &it.name));
    replace(&mut base.verticals, scenario.verticals, |it| (&it.namespace, &it.name));
    if scenario.quiet {
        base.incidents.clear();
    }
    base.incidents.extend(scenario.incidents);
    Ok(base)
}

/// Adds to a list; what has the place of something that is there takes it.
fn replace<T>(all: &mut Vec<T>, more: Vec<T>, place: fn(&T) -> (&String, &String)) {
    for one in more {
        match all.iter_mut().find(|known| place(known) == place(&one)) {
            Some(known) => *known = one,
            None => all.push(one),
        }
    }
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
