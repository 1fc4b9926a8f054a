//! Where each watched kind is listed, and how its objects become changes. It follows nothing.

use super::decode::{Named, Raw, Undecodable};
use super::request::Source;
use crate::client::convert::Shared;
use crate::client::network;
use crate::model::change::{Change, Object};
use crate::model::kind::Kind;
use crate::wire::{apps, autoscaling, core};

/// The namespace of the kubelets' leases.
const NODE_LEASES: &str = "kube-node-lease";

/// Where a kind is listed: in all namespaces, then, for who may not do that, in one.
pub(super) fn sources(kind: Kind, namespace: Option<&str>) -> Vec<Source> {
    let mut sources = vec![source(kind, None)];
    let fixed = matches!(kind, Kind::NodeLease | Kind::NetworkConfig) || !kind.namespaced();
    if let Some(namespace) = namespace.filter(|_| !fixed) {
        sources.push(source(kind, Some(namespace)));
    }
    sources
}

fn source(kind: Kind, namespace: Option<&str>) -> Source {
    let resource = match kind.group() {
        "" => kind.resource().to_owned(),
        group => format!("{}.{group}", kind.resource()),
    };
    let (namespace, selectors) = match kind {
        Kind::NodeLease => (Some(NODE_LEASES), vec![String::new()]),
        Kind::NetworkConfig => {
            let names = network::ALL.iter().flat_map(|provider| provider.config_names);
            (None, names.map(|name| format!("metadata.name={name}")).collect())
        }
        _ => (namespace, vec![String::new()]),
    };
    let path = kind.collection(namespace);
    // Where a kind has its place, nothing is missing elsewhere.
    let namespace = namespace.filter(|_| kind != Kind::NodeLease).map(str::to_owned);
    Source { path, resource, namespace, selectors, labels: "" }
}

/// The change that an object of the kind means; `None` for one that does not concern foretop.
pub(super) fn upsert(kind: Kind, raw: &Raw, shared: &mut Shared) -> Result<Option<Change>, Undecodable> {
    let object = match kind {
        Kind::Node => Object::Node(Box::new(shared.node(raw.read::<core::Node>()?))),
        Kind::NodeLease => Object::NodeLease(Box::new(shared.lease(raw.read::<core::Lease>()?))),
        Kind::HorizontalPodAutoscaler => {
            let it = raw.read::<autoscaling::HorizontalPodAutoscaler>()?;
            Object::Autoscaler(Box::new(shared.autoscaler(it)))
        }
        Kind::Deployment => Object::Workload(Box::new(shared.deployment(raw.read::<apps::Deployment>()?))),
        Kind::ReplicaSet => Object::Workload(Box::new(shared.replica_set(raw.read::<apps::ReplicaSet>()?))),
        Kind::StatefulSet => {
            Object::Workload(Box::new(shared.stateful_set(raw.read::<apps::StatefulSet>()?)))
        }
        Kind::DaemonSet => Object::Workload(Box::new(shared.daemon_set(raw.read::<apps::DaemonSet>()?))),
        Kind::PodDisruptionBudget => {
            Object::DisruptionBudget(Box::new(shared.budget(raw.read::<apps::PodDisruptionBudget>()?)))
        }
        Kind::NetworkConfig => match shared.network(&raw.read::<core::ConfigMap>()?) {
            Some(config) => Object::NetworkConfig(Box::new(config)),
            None => return Ok(None),
        },
        Kind::Pod => Object::Pod(Box::new(shared.pod(raw.read::<core::Pod>()?))),
    };
    Ok(Some(Change::Upsert(object)))
}

/// The change that the deletion of an object means.
pub(super) fn gone(kind: Kind, raw: &Raw, shared: &mut Shared) -> Result<Change, Undecodable> {
    let metadata = raw.read::<Named>()?.metadata.unwrap_or_default();
    Ok(Change::Gone(kind, shared.key(&metadata)))
}
