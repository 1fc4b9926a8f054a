//! The server's state by independent lists, and the engine's beside it. The lists are decoded here, object by object;
//! of the engine only the meaning of the fields (`convert`) is shared.

use std::collections::HashMap;
use std::sync::Arc;

use foretop::client::convert::Shared;
use foretop::model::change::Object;
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::wire::meta::ObjectMeta;
use foretop::wire::{apps, autoscaling, core, frame};
use prost::Message;
use prost::bytes::Bytes;

use crate::support::Result;
use crate::support::raw::Curl;

/// How often a list is asked for again when a fault strikes it.
const ATTEMPTS: usize = 30;

/// No more differences than this are told one by one.
const TOLD: usize = 10;

/// All objects that foretop watches.
pub(crate) type World = HashMap<(Kind, Key), Listed>;

/// An object of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    /// Its resourceVersion: what changed and changed back is not what stood still.
    version: String,
    object: Object,
}

/// Any object, of which only the metadata is read.
#[derive(Clone, PartialEq, prost::Message)]
struct Versioned {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
}

/// What comparing brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compared {
    /// So many objects are as the server has them, in every field.
    pub(crate) equal: usize,
    /// So many changed meanwhile and say nothing.
    pub(crate) moving: usize,
    /// So many differ, are missing or are too many.
    pub(crate) different: usize,
    /// The first of those.
    pub(crate) first: Vec<String>,
}

/// Lists everything, again where a fault strikes.
pub(crate) fn list(curl: &Curl<'_>) -> Result<World> {
    let mut shared = Shared::default();
    let mut world = World::default();
    for kind in Kind::ALL {
        let mut attempts = 0..ATTEMPTS;
        loop {
            let listed = curl.list(kind).and_then(|body| objects(kind, body, &mut shared));
            match (listed, attempts.next()) {
                (Ok(objects), _) => {
                    world.extend(objects.into_iter().map(|(key, object)| ((kind, key), object)));
                    break;
                }
                (Err(_), Some(_)) => {}
                (Err(why), None) => return Err(why),
            }
        }
    }
    Ok(world)
}

fn objects(kind: Kind, body: Option<Bytes>, shared: &mut Shared) -> Result<Vec<(Key, Listed)>> {
    let mut objects = Vec::new();
    let Some(body) = body else { return Ok(objects) };
    frame::split_items(frame::open(body)?.raw, |bytes| {
        let metadata = Versioned::decode(bytes.clone())?.metadata;
        let version = metadata.map(|it| it.resource_version).unwrap_or_default();
        let listed = |(key, object)| (key, Listed { version, object });
        objects.extend(object(kind, bytes, shared)?.map(listed));
        Ok(())
    })?;
    Ok(objects)
}

fn object(
    kind: Kind,
    bytes: Bytes,
    shared: &mut Shared,
) -> std::result::Result<Option<(Key, Object)>, prost::DecodeError> {
    let object = match kind {
        Kind::Node => Object::Node(Box::new(shared.node(core::Node::decode(bytes)?))),
        Kind::NodeLease => Object::NodeLease(Box::new(shared.lease(core::Lease::decode(bytes)?))),
        Kind::HorizontalPodAutoscaler => {
            let it = autoscaling::HorizontalPodAutoscaler::decode(bytes)?;
            Object::Autoscaler(Box::new(shared.autoscaler(it)))
        }
        Kind::Deployment => Object::Workload(Box::new(shared.deployment(apps::Deployment::decode(bytes)?))),
        Kind::ReplicaSet => Object::Workload(Box::new(shared.replica_set(apps::ReplicaSet::decode(bytes)?))),
        Kind::StatefulSet => {
            Object::Workload(Box::new(shared.stateful_set(apps::StatefulSet::decode(bytes)?)))
        }
        Kind::DaemonSet => Object::Workload(Box::new(shared.daemon_set(apps::DaemonSet::decode(bytes)?))),
        Kind::PodDisruptionBudget => {
            let budget = apps::PodDisruptionBudget::decode(bytes)?;
            Object::DisruptionBudget(Box::new(shared.budget(budget)))
        }
        Kind::NetworkConfig => match shared.network(&core::ConfigMap::decode(bytes)?) {
            Some(config) => Object::NetworkConfig(Box::new(config)),
            None => return Ok(None),
        },
        Kind::Pod => Object::Pod(Box::new(shared.pod(core::Pod::decode(bytes)?))),
    };
    Ok(Some((key(&object), object)))
}

fn key(object: &Object) -> Key {
    match object {
        Object::Node(it) => it.meta.key.clone(),
        Object::NodeLease(it) => it.meta.key.clone(),
        Object::Autoscaler(it) => it.meta.key.clone(),
        Object::Workload(it) => it.meta.key.clone(),
        Object::DisruptionBudget(it) => it.meta.key.clone(),
        Object::NetworkConfig(it) => it.meta.key.clone(),
        Object::Pod(it) => it.meta.key.clone(),
    }
}

/// What the engine holds, copied at one moment.
#[derive(Debug)]
pub(crate) struct Held {
    objects: Vec<(Kind, Key, Option<Object>)>,
    counts: Vec<(Kind, usize)>,
    /// The keys of all pods, also of those that the server does not have.
    pods: Vec<Key>,
}

/// Copies from the engine's cluster what stands under the keys of the server's list.
pub(crate) fn hold(cluster: &Cluster, world: &Arc<World>) -> Held {
    let held = |(kind, key): &(Kind, Key)| (*kind, key.clone(), find(cluster, *kind, key));
    Held {
        objects: world.keys().map(held).collect(),
        counts: Kind::ALL.iter().map(|kind| (*kind, cluster.count(*kind))).collect(),
        pods: cluster.pods().map(|pod| pod.meta.key.clone()).collect(),
    }
}

fn find(cluster: &Cluster, kind: Kind, key: &Key) -> Option<Object> {
    Some(match kind {
        Kind::Node => Object::Node(Box::new(cluster.node(&key.name)?.clone())),
        Kind::NodeLease => Object::NodeLease(Box::new(cluster.lease(&key.name)?.clone())),
        Kind::HorizontalPodAutoscaler => Object::Autoscaler(Box::new(cluster.autoscaler(key)?.clone())),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
            Object::Workload(Box::new(cluster.workload(kind, key)?.clone()))
        }
        Kind::PodDisruptionBudget => {
            let budget = cluster.budgets().find(|budget| budget.meta.key == *key)?;
            Object::DisruptionBudget(Box::new(budget.clone()))
        }
        Kind::NetworkConfig => Object::NetworkConfig(Box::new(cluster.network()?.clone())),
        Kind::Pod => Object::Pod(Box::new(cluster.pod(key)?.clone())),
    })
}

/// Compares what the engine held between two lists with the objects that are equal in both: these did not change
/// meanwhile, so that the engine must have them just so.
pub(crate) fn compare(before: &World, held: &Held, after: &World) -> Compared {
    let mut compared = Compared::default();
    for (kind, key, object) in &held.objects {
        let at = (*kind, key.clone());
        let still = before.get(&at).filter(|one| after.get(&at) == Some(*one));
        match (still, object) {
            (None, _) => compared.moving += 1,
            (Some(server), Some(ours)) if server.object == *ours => compared.equal += 1,
            (Some(server), ours) => {
                let ours = ours.as_ref().map_or_else(|| "nothing".to_owned(), |it| format!("{it:?}"));
                compared.tell(format!(
                    "{} {key}: the server has {:?}, foretop {ours}",
                    kind.name(),
                    server.object
                ));
            }
        }
    }
    for key in &held.pods {
        let at = (Kind::Pod, key.clone());
        // One that came and went between the lists is gone at the next look.
        if !before.contains_key(&at) && !after.contains_key(&at) {
            compared.tell(format!("Pod {key}: the server has none"));
        }
    }
    for (kind, count) in &held.counts {
        let all = |world: &World| world.keys().filter(|(of, _)| of == kind).count();
        let either =
            after.keys().filter(|at| at.0 == *kind && !before.contains_key(at)).count() + all(before);
        // An object may have come and gone between the lists, so that only a kind that stood still is judged.
        if either == all(before) && either == all(after) && *count != either {
            compared.tell(format!("{}: the server has {either}, foretop {count}", kind.name()));
        }
    }
    compared
}

impl Compared {
    fn tell(&mut self, what: String) {
        self.different += 1;
        if self.first.len() < TOLD {
            self.first.push(what);
        }
    }
}
