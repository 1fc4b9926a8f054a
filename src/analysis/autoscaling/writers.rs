//! Who owns spec.replicas of an autoscaler's target, by managedFields: whether that is the autoscaler, a person, the
//! creator, or somebody who will write it again. It asks nobody.
//!
//! Source: kubernetes `staging/src/k8s.io/apimachinery/pkg/util/managedfields`: an update that changes a value takes it
//! from all other managers, so whoever owns a value after the autoscaler has scaled has written it since.

use jiff::Timestamp;

use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::probe::{Scale, Writer};

/// The subresource by which autoscalers and `kubectl scale` write.
const SCALE: &str = "scale";
/// Programs that hold the horizontal autoscaler's controller.
const CONTROLLERS: [&str; 4] = ["kube-controller-manager", "k3s", "kubelite", "hyperkube"];
/// Programs that write what is in a repository again and again.
const RECONCILERS: [&str; 7] =
    ["argocd", "kustomize-controller", "helm-controller", "flux", "fleet", "kapp", "configsync"];
/// Programs by which a person writes once.
const PEOPLE: [&str; 3] = ["kubectl-edit", "kubectl-patch", "foretop"];
/// The controller notes its own scaling within so many seconds of it.
const SAME: i64 = 2;

/// How often somebody is expected to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Habit {
    /// With every deployment of a manifest that has replicas in it.
    Deploys,
    /// By itself, again and again.
    Reconciles,
}

/// Somebody else owns the replicas of an autoscaler's target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim<'a> {
    /// Who.
    pub writer: &'a Writer,
    /// How often.
    pub habit: Habit,
    /// Whether it has written since the autoscaler scaled last. If not, the autoscaler has not scaled yet, and the
    /// quarrel begins when it does.
    pub open: bool,
}

/// The claim of somebody else on the replicas, the most stubborn first. A person who scales once claims nothing, and the
/// creator owns the field until the autoscaler scales for the first time.
pub fn claim<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Option<Claim<'a>> {
    let scale = cluster.probe(&autoscaler.meta.key)?.scale.as_ref().ok()?;
    let made = cluster.target_of(autoscaler).and_then(|it| it.meta.created).map(Timestamp::from);
    // A target that was made anew since is its creator's again.
    let scaled = autoscaler.last_scale.filter(|at| made.is_none_or(|made| made <= *at));
    let claims = scale.writers.iter().filter_map(|writer| judge(writer, scaled));
    claims.max_by_key(|claim| (claim.habit, claim.open, claim.writer.at))
}

/// When an autoscaler's controller set the replicas last, as far as their owner tells it.
pub(super) fn set_by_controller(scale: &Scale) -> Option<Timestamp> {
    let controllers = scale.writers.iter().filter(|it| &*it.subresource == SCALE);
    controllers.filter(|it| CONTROLLERS.contains(&&*it.manager)).filter_map(|it| it.at).max()
}

fn judge(writer: &Writer, scaled: Option<Timestamp>) -> Option<Claim<'_>> {
    let manager = &*writer.manager;
    let close =
        |at: Timestamp| scaled.is_some_and(|scaled| at.duration_since(scaled).as_secs().abs() <= SAME);
    let reconciles = RECONCILERS.iter().any(|name| manager.contains(name));
    if &*writer.subresource == SCALE {
        let controller = CONTROLLERS.contains(&manager) || writer.at.is_some_and(close);
        if controller || !reconciles {
            return None;
        }
    }
    if PEOPLE.contains(&manager) {
        return None;
    }
    let open = scaled.is_some_and(|scaled| writer.at.is_none_or(|at| at > scaled));
    let habit = if reconciles { Habit::Reconciles } else { Habit::Deploys };
    // Who only deployed it before the autoscaler came is its creator.
    (reconciles || open).then_some(Claim { writer, habit, open })
}
