//! Node checks `N...`: conditions, heartbeat, taints, evictions, zones, and whether a node fits its cluster. What is
//! judged is in `analysis::standing`; here it is put into words.

use jiff::Timestamp;

use super::{Check, Diagnosis, all_nodes};
use crate::analysis::standing::{Standing, restless};
use crate::analysis::trouble::Trouble;
use crate::model::cluster::Cluster;
use crate::model::finding::Finding;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::meta::Condition;
use crate::model::node::Node;
use crate::model::value::age;

mod conditions;
mod fit;
mod heartbeat;
mod machine;
mod pods;
mod rules;
mod taints;
mod zone;

pub use pods::{consequence, fates};

/// Findings about nodes.
pub const CHECK: Check = Check {
    name: "nodes",
    subjects: Kind::Node,
    rules: rules::RULES,
    judged: |cluster, _| cluster.judged(&[Kind::Node, Kind::NodeLease, Kind::Pod]),
    keys: all_nodes,
    restless,
    of: |cluster, _, key, now| {
        let node = cluster.node(&key.name);
        Diagnosis::for_now(node.map_or_else(Vec::new, |node| of(cluster, node, now)))
    },
};

/// Everything that is wrong with one node.
pub fn of(cluster: &Cluster, node: &Node, now: Timestamp) -> Vec<Finding> {
    let standing = Standing::of(cluster, node, now);
    let troubles = standing.troubles(cluster);
    troubles.iter().map(|trouble| tell(cluster, &standing, trouble)).collect()
}

/// What is known when a trouble is put into words.
struct Case<'a> {
    cluster: &'a Cluster,
    standing: &'a Standing<'a>,
    trouble: &'a Trouble<'a>,
}

fn tell(cluster: &Cluster, standing: &Standing<'_>, trouble: &Trouble<'_>) -> Finding {
    let case = Case { cluster, standing, trouble };
    match *trouble {
        Trouble::NotReady(ready) => conditions::not_ready(&case, ready),
        Trouble::Unknown(ready) => conditions::unknown(&case, ready),
        Trouble::Pressure(condition) => conditions::pressure(&case, condition),
        Trouble::Late(left) => heartbeat::late(&case, left),
        Trouble::Silent(at) => heartbeat::silent(&case, at),
        Trouble::NoLease => heartbeat::no_lease(&case),
        Trouble::Clock(lag) => heartbeat::clock(&case, lag),
        Trouble::Cordoned(seconds) => taints::cordoned(&case, seconds),
        Trouble::Surplus => taints::surplus(&case),
        Trouble::Missing => taints::missing(&case),
        Trouble::FalselyOff => taints::falsely_off(&case),
        Trouble::Evicting => pods::evicting(&case),
        Trouble::Queued(wait) => pods::queued(&case, wait),
        Trouble::Stuck => pods::stuck(&case),
        Trouble::Zone => zone::disrupted(&case),
        Trouble::Version(kubelet, server) => fit::version(&case, kubelet, server),
        Trouble::Crowded => fit::crowded(&case),
        Trouble::NoCidr => fit::no_cidr(&case),
        Trouble::Abandoned(seconds) => machine::abandoned(&case, seconds),
        Trouble::Astray(seconds) => machine::astray(&case, seconds),
        Trouble::Certificate(signer, unissued) => machine::certificate(&case, signer, unissued),
        Trouble::Rebooted(at) => machine::rebooted(&case, at),
    }
}

impl<'a> Case<'a> {
    fn node(&self) -> &'a Node {
        self.standing.node
    }

    fn now(&self) -> Timestamp {
        self.standing.terms.now
    }

    fn finding(&self, code: &'static str, summary: String) -> Finding {
        Finding {
            code,
            severity: self.standing.severity(self.trouble),
            target: Target::new(Kind::Node, self.node().meta.key.clone()),
            summary,
            evidence: Vec::new(),
            forecast: None,
            remedy: "".into(),
        }
    }

    /// How long ago, as kubectl shows it.
    fn ago(&self, at: Timestamp) -> String {
        age(self.now().duration_since(at).as_secs())
    }

    /// A condition as evidence: type, status, reason, message, since.
    fn evidence(&self, condition: &Condition) -> String {
        let since = condition.since.map_or(String::new(), |at| format!(", for {}", self.ago(at)));
        let (kind, status) = (&condition.kind, condition.status.as_str());
        format!("status.conditions[{kind}]={status} {}: {}{since}", condition.reason, condition.message)
    }

    /// The taints as evidence.
    fn taints(&self) -> impl Iterator<Item = String> {
        self.node()
            .taints
            .iter()
            .map(|taint| format!("spec.taints: {}", crate::analysis::taints::full(taint)))
    }
}
