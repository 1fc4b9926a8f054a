//! Scale: changes the replicas of a workload, found from an autoscaler's target or a pod's owner, and of whatever else an
//! autoscaler scales, by the scale that was asked for it. DaemonSets have none.

use jiff::Timestamp;
use serde_json::json;

use super::{Action, Prelude, Question, Reach};
use crate::analysis::autoscaling::room::Room;
use crate::analysis::autoscaling::{consequences as follows, fights};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};
use crate::model::probe::{Place, Scale};
use crate::model::workload::Workload;

/// Scales a workload.
pub const SCALE: Action = Action {
    name: "scale",
    key: 's',
    help: "set the replicas of the workload, or on an autoscaler its bounds",
    reach: Reach::One,
    prelude: Prelude::None,
    applies: |cluster, target| scaled(cluster, target).map(drop),
    offers: |target| if target.kind == Kind::HorizontalPodAutoscaler { &["scale", "bounds"] } else { &[] },
    permission: |cluster, target| scaled(cluster, target).ok().map(|it| it.permission()),
    question: |cluster, target| scaled(cluster, target).ok().map(|it| it.question()),
    plan: |cluster, target, answer, now| {
        scaled(cluster, target).and_then(|scaled| plan(cluster, &scaled, answer, now))
    },
};

/// What is scaled.
struct Scaled<'a> {
    what: What<'a>,
    /// The object that must be there: the workload, or the autoscaler that names its target.
    target: Target,
    key: Key,
    /// Its replicas now.
    replicas: i32,
    /// `deployment`, `rollout.argoproj.io`
    kind: String,
    place: Place,
}

enum What<'a> {
    /// A workload that is watched.
    Workload(&'a Workload),
    /// The target of this autoscaler, of a kind that is not.
    Other(&'a Autoscaler),
}

impl<'a> Scaled<'a> {
    fn workload(it: &'a Workload) -> Self {
        let (target, kind) = (it.target(), it.kind);
        let (group, plural) = (kind.group().into(), kind.resource().into());
        Self {
            what: What::Workload(it),
            key: it.meta.key.clone(),
            replicas: it.desired,
            kind: kind.name().to_lowercase(),
            place: Place { path: format!("{}/scale", target.path()), group, plural },
            target,
        }
    }

    /// By its scale as last asked for.
    fn other(it: &'a Autoscaler, scale: &Scale, place: &Place) -> Self {
        Self {
            what: What::Other(it),
            target: Target::new(Kind::HorizontalPodAutoscaler, it.meta.key.clone()),
            key: it.target_key(),
            replicas: scale.spec,
            kind: full_kind(it),
            place: place.clone(),
        }
    }

    fn named(&self) -> String {
        format!("{}/{}", self.kind, self.key)
    }

    /// Its kind as kubectl takes it for certain.
    fn resource(&self) -> String {
        let Place { group, plural, .. } = &self.place;
        match self.what {
            What::Workload(_) => self.kind.clone(),
            What::Other(_) if group.is_empty() => plural.clone(),
            What::Other(_) => format!("{plural}.{group}"),
        }
    }

    fn permission(&self) -> Permission {
        let Place { group, plural, .. } = self.place.clone();
        let namespace = Some(self.key.namespace.to_string());
        Permission { verb: "patch", group, resource: plural, subresource: "scale", namespace }
    }

    fn question(&self) -> Question {
        let now = self.replicas;
        Question { text: format!("Replicas of {} (now {now})", self.named()), initial: now.to_string() }
    }
}

/// The kind of an autoscaler's target with its group, as kubectl tells namesakes apart.
fn full_kind(autoscaler: &Autoscaler) -> String {
    let (kind, group) = (autoscaler.target.kind.to_lowercase(), autoscaler.target.group());
    if group.is_empty() { kind } else { format!("{kind}.{group}") }
}

/// What a row stands for.
fn scaled<'a>(cluster: &'a Cluster, target: &Target) -> Result<Scaled<'a>, Refusal> {
    let is_autoscaler = target.kind == Kind::HorizontalPodAutoscaler;
    let watched =
        |it: &&Autoscaler| Kind::named(&it.target.kind).is_some_and(|kind| kind.group() == it.target.group());
    match cluster.autoscaler(&target.key).filter(|it| is_autoscaler && !watched(it)) {
        Some(autoscaler) => other(cluster, autoscaler),
        None => workload(cluster, target).map(Scaled::workload),
    }
}

/// The target of an autoscaler, where it is of a kind that is not watched: its scale was asked for.
fn other<'a>(cluster: &'a Cluster, autoscaler: &'a Autoscaler) -> Result<Scaled<'a>, Refusal> {
    let name = format!("{}/{}", full_kind(autoscaler), autoscaler.target_key());
    // An answer to an older spec may be of another target.
    let asked = cluster.probe(&autoscaler.meta.key).filter(|probe| probe.generation == autoscaler.generation);
    let scale = match asked.map(|probe| &probe.scale) {
        Some(Ok(scale)) => scale,
        Some(Err(words)) => {
            return Err(Refusal(format!("the scale of its target {name} cannot be read: {words}")));
        }
        None => {
            let why = format!("the scale of its target {name} has not been read yet; try again in a moment");
            return Err(Refusal(why));
        }
    };
    let place = scale.place.as_ref();
    let place = place.ok_or_else(|| Refusal(format!("where its target {name} is scaled is not known")))?;
    Ok(Scaled::other(autoscaler, scale, place))
}

/// The workload that a row stands for: an autoscaler's target, a pod's owner, or the workload itself.
fn workload<'a>(cluster: &'a Cluster, target: &Target) -> Result<&'a Workload, Refusal> {
    let found = match target.kind {
        Kind::HorizontalPodAutoscaler => of_autoscaler(cluster, &target.key)?,
        Kind::Pod => of_pod(cluster, &target.key)?,
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
            cluster.workload(target.kind, &target.key).ok_or_else(|| Refusal(format!("{target} is gone")))?
        }
        _ => return Err(Refusal(format!("{target} has no replicas"))),
    };
    if !found.scalable() {
        return Err(Refusal(format!("{} runs one pod per node; it has no replicas to set", found.target())));
    }
    Ok(found)
}

fn of_autoscaler<'a>(cluster: &'a Cluster, key: &Key) -> Result<&'a Workload, Refusal> {
    let autoscaler =
        cluster.autoscaler(key).ok_or_else(|| Refusal(format!("horizontalpodautoscaler/{key} is gone")))?;
    let target = &autoscaler.target;
    if let Some(kind) =
        Kind::named(&target.kind).filter(|kind| kind.group() == target.group() && !cluster.synced(*kind))
    {
        return Err(Refusal(format!("{} are not listed yet; try again when they are", kind.plural())));
    }
    cluster.target_of(autoscaler).ok_or_else(|| {
        Refusal(format!(
            "its target {} {}/{} is not a workload that was found",
            target.kind, key.namespace, target.name
        ))
    })
}

fn of_pod<'a>(cluster: &'a Cluster, key: &Key) -> Result<&'a Workload, Refusal> {
    let pod = cluster.pod(key).ok_or_else(|| Refusal(format!("pod/{key} is gone")))?;
    let mut owner = pod.meta.controller.as_ref();
    let mut found = None;
    // A pod's ReplicaSet belongs to a Deployment, which would undo any change made below it.
    while let Some(next) = owner {
        let Some(workload) = cluster.workload_named(&next.kind, &key.namespace, &next.name) else {
            let name = format!("{} {}", next.kind, next.name);
            return Err(Refusal(format!("{name} owns it, and its replicas are not foretop's to set")));
        };
        owner = workload.meta.controller.as_ref();
        found = Some(workload);
    }
    found.ok_or_else(|| Refusal(format!("no controller owns pod/{key}")))
}

fn plan(cluster: &Cluster, scaled: &Scaled<'_>, answer: &str, now: Timestamp) -> Result<Operation, Refusal> {
    let replicas: i32 = answer
        .trim()
        .parse()
        .ok()
        .filter(|number| *number >= 0)
        .ok_or_else(|| Refusal(format!("{answer:?} is not a number of replicas")))?;
    if replicas == scaled.replicas {
        return Err(Refusal(format!("{} already has {replicas} replicas", scaled.named())));
    }
    let Key { namespace, name } = &scaled.key;
    let kind = scaled.resource();
    let command = |count: i32| format!("kubectl -n {namespace} scale {kind}/{name} --replicas={count}");
    let is_other = matches!(scaled.what, What::Other(_));
    Ok(Operation {
        action: "scale",
        target: scaled.target.clone(),
        other: is_other.then(|| (scaled.kind.clone(), name.to_string())),
        field: "spec.replicas",
        old: scaled.replicas.to_string(),
        new: replicas.to_string(),
        risk: Risk::Disruptive,
        consequences: consequences(cluster, scaled, replicas, now),
        kubectl: command(replicas),
        permission: scaled.permission(),
        requests: vec![ApiRequest {
            verb: RequestVerb::MergePatch,
            path: scaled.place.path.clone(),
            body: json!({ "spec": { "replicas": replicas } }),
        }],
        rehearsal: Rehearsal::First,
        inverse: Some(command(scaled.replicas)),
    })
}

fn consequences(cluster: &Cluster, scaled: &Scaled<'_>, replicas: i32, now: Timestamp) -> Vec<String> {
    let mut lines = vec![if replicas < scaled.replicas {
        let fewer = scaled.replicas.saturating_sub(replicas);
        format!("Pods to delete: {fewer}; scaling down honours no disruption budget.")
    } else {
        let more = replicas.saturating_sub(scaled.replicas);
        format!("Pods to add: {more}{}.", room(cluster, scaled, more))
    }];
    let mut scalers: Vec<&Autoscaler> = match scaled.what {
        What::Workload(workload) => {
            let owner = workload.meta.controller.as_ref();
            lines.extend(owner.map(|it| format!("{} {} owns it and may set it back.", it.kind, it.name)));
            cluster.autoscalers_of(&scaled.target).collect()
        }
        What::Other(own) => fights::sharers(cluster, own).into_iter().chain([own]).collect(),
    };
    scalers.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    lines.extend(scalers.into_iter().flat_map(|it| follows::scaled(cluster, it, replicas, now)));
    lines
}

/// Whether nodes have room for so many more pods like those that there are.
fn room(cluster: &Cluster, scaled: &Scaled<'_>, more: i32) -> String {
    let pods = match scaled.what {
        What::Workload(workload) => cluster.pods_of(workload.kind, &workload.meta.key),
        What::Other(autoscaler) => cluster.selector_of(autoscaler).map_or_else(Vec::new, |selector| {
            cluster.selected(&autoscaler.meta.key.namespace, &selector).collect()
        }),
    };
    let newest = pods.into_iter().max_by_key(|pod| (pod.meta.created.map(Timestamp::from), &pod.meta.key));
    match newest.and_then(|pod| Room::of(cluster, pod)) {
        None => ", if nodes have room".to_owned(),
        Some(room) if room.fits >= i64::from(more) => {
            "; by requests and taints nodes have room for them".to_owned()
        }
        Some(room) => format!("; by requests and taints nodes have room for {} of them", room.fits),
    }
}
