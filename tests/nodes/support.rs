//! Taints, tolerations, pods and times in few words.

use std::sync::Arc;

use foretop::analysis::eviction::{Ending, Terms};
use foretop::analysis::tolerations::Comparisons;
use foretop::model::cluster::Cluster;
use foretop::model::key::{Key, Uid};
use foretop::model::meta::{Condition, ConditionStatus, Meta};
use foretop::model::node::{Node, Resources, System, Taint, Volumes};
use foretop::model::pod::{Phase, Pod, Template, Toleration};
use foretop::model::second::Second;
use foretop::views::{self, Opens, Section};
use jiff::Timestamp;

/// A time of the day on which everything happens: `10:04:30`.
pub(crate) fn at(clock: &str) -> Timestamp {
    format!("2026-03-01T{clock}Z").parse().unwrap()
}

/// `key`, `key=value`, with `:Effect`; without an effect it is NoExecute.
pub(crate) fn taint(text: &str) -> Taint {
    let (rest, effect) = text.split_once(':').unwrap_or((text, "NoExecute"));
    let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
    Taint { key: key.into(), value: value.into(), effect: effect.into(), added: None, since: None }
}

/// A NoExecute taint that a controller added.
pub(crate) fn added(key: &str, clock: &str) -> Taint {
    Taint { added: Some(at(clock)), since: Some(at(clock)), ..taint(key) }
}

/// `key operator value effect seconds`, of which `_` leaves one empty; missing seconds are for ever.
pub(crate) fn toleration(text: &str) -> Toleration {
    let mut words = text.split(' ').map(|word| if word == "_" { "" } else { word });
    let mut next = || words.next().unwrap_or_default();
    Toleration {
        key: next().into(),
        operator: next().into(),
        value: next().into(),
        effect: next().into(),
        seconds: Some(next()).filter(|word| !word.is_empty()).map(|word| word.parse().unwrap()),
    }
}

/// Tolerations of NoExecute taints: `key seconds`, or `key` for ever.
pub(crate) fn tolerating(all: &[&str]) -> Vec<Toleration> {
    let one = |text: &&str| {
        let (key, seconds) = text.split_once(' ').unwrap_or((text, ""));
        let key = if key == "*" { "_" } else { key };
        toleration(&format!("{key} Exists _ NoExecute {seconds}"))
    };
    all.iter().map(one).collect()
}

/// A pod that came long ago.
pub(crate) fn pod(tolerations: Vec<Toleration>) -> Pod {
    Pod {
        meta: Meta {
            key: Key::new("shop", "web"),
            uid: Uid::from(1),
            created: Second::of(at("01:00:00")),
            deleted: None,
            controller: None,
        },
        template: Arc::new(Template { tolerations: tolerations.into(), ..Template::default() }),
        node: Some("worker".into()),
        status: "Running".into(),
        ip: None,
        bound: Second::of(at("01:00:00")),
        started: Second::of(at("01:00:00")),
        ready_since: Second::of(at("01:00:00")),
        ready_unknown: false,
        restarts: 0,
        containers: (1, 1),
        phase: Phase::Running,
        ready: true,
        addresses: 1,
    }
}

/// A forecast made at that time, with nothing else known.
pub(crate) fn terms(clock: &str) -> Terms {
    Terms { now: at(clock), restarted: None, comparisons: Comparisons::Off, ending: Ending::Confirmed }
}

/// All that the node's detail says of it.
pub(crate) fn described(cluster: &Cluster, node: &str, clock: &str) -> Vec<Section> {
    match views::nodes::VIEW.opens {
        Opens::Detail(describe) => describe(cluster, &Key::new("", node), at(clock)),
        Opens::Rows(..) => Vec::new(),
    }
}

/// A node of which nothing is known yet.
pub(crate) fn node(name: &str) -> Node {
    let key = Key::new("", name);
    Node {
        meta: Meta {
            key,
            uid: Uid::from(2),
            created: Second::of(at("01:00:00")),
            deleted: None,
            controller: None,
        },
        roles: Vec::new(),
        zone: None,
        region: None,
        excluded: false,
        unschedulable: false,
        reported: None,
        taints: Vec::new(),
        conditions: Vec::new(),
        addresses: Vec::new(),
        pod_cidrs: Vec::new(),
        capacity: Resources::default(),
        allocatable: Resources::default(),
        extended: Vec::new(),
        system: System::default(),
        overlay: None,
        volumes: Volumes::default(),
        rebooted: None,
    }
}

/// A condition that has been so for an hour or so.
pub(crate) fn condition(kind: &str, status: ConditionStatus) -> Condition {
    Condition {
        kind: kind.into(),
        status,
        reason: "Reason".into(),
        message: "as said".into(),
        since: Some(at("09:00:00")),
    }
}
