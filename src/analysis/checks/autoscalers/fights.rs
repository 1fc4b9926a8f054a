//! Who works against an autoscaler: two over the same pods, another writer of the replicas, a vertical autoscaler.

use super::Case;
use crate::analysis::autoscaling::fights::{self, Fight};
use crate::analysis::autoscaling::owner::Vertical;
use crate::analysis::autoscaling::writers::Claim;
use crate::model::autoscaler::Autoscaler;
use crate::model::finding::{Finding, Severity};

/// Everything of the kind; of several quarrels over the same field the worst speaks for all.
pub(super) fn found(case: &Case) -> Vec<Finding> {
    let fights = fights::opponents(case.cluster, case.autoscaler, case.now);
    let quarrels = fights.iter().filter(|it| matches!(it, Fight::Writer(_) | Fight::Outside { .. }));
    let vertical = fights.iter().filter_map(|fight| match fight {
        Fight::Vertical(vertical) => Some(vertically(case, fight, vertical)),
        _ => None,
    });
    let mut found: Vec<Finding> = ambiguous(case, &fights).into_iter().collect();
    found.extend(quarrel(case, &quarrels.collect::<Vec<_>>()));
    found.extend(vertical);
    found
}

/// Two over the same pods: the controller's word, or ours before it has looked.
fn ambiguous(case: &Case, fights: &[Fight]) -> Option<Finding> {
    let word = case.inactive().filter(|condition| &*condition.reason == "AmbiguousSelector");
    let rivals = fights.iter().find_map(|fight| match fight {
        Fight::SameTarget(others) | Fight::SamePods(others) => Some((fight, others)),
        _ => None,
    });
    let summary = match (&rivals, word) {
        (Some((fight, _)), _) => fight.told(),
        (None, Some(condition)) => format!("others scale the same pods: {}", condition.message),
        (None, None) => return None,
    };
    let severity = if word.is_some() { Severity::Critical } else { Severity::Warning };
    let mut found = case.finding("A112", severity, summary);
    let target = |it: &&Autoscaler| {
        format!("{}: spec.scaleTargetRef={}/{}", it.meta.key, it.target.kind, it.target.name)
    };
    found.evidence = word.into_iter().map(|condition| case.evidence(condition)).collect();
    found.evidence.extend(rivals.iter().flat_map(|(_, others)| others.iter()).map(target));
    found.forecast = Some(if word.is_some() {
        "None of them scales while there are pods that several select.".to_owned()
    } else {
        "As soon as the controller finds a pod that both select, none of them scales any more.".to_owned()
    });
    found.remedy = "Delete all but one, or make the selectors of their targets distinct.".into();
    Some(found)
}

/// Others that write the replicas.
fn quarrel(case: &Case, fights: &[&Fight]) -> Option<Finding> {
    let mut worst = fights.first()?;
    for fight in fights {
        if fight.severity() > worst.severity() {
            worst = fight;
        }
    }
    let mut found = case.finding("A115", worst.severity(), worst.told());
    found.evidence = fights.iter().filter_map(|fight| proof(case, fight)).collect();
    found.forecast = Some(if worst.severity() > Severity::Info {
        "Each sets its own number again; pods start and stop between the two.".to_owned()
    } else {
        "When it writes next, its own number stands until the autoscaler's next pass.".to_owned()
    });
    found.remedy =
        "Leave spec.replicas out of what the other one writes (for Argo CD: ignoreDifferences), or delete the autoscaler."
            .into();
    Some(found)
}

fn proof(case: &Case, fight: &Fight) -> Option<String> {
    match fight {
        Fight::Writer(Claim { writer, .. }) => {
            let unknown = || "at an unknown time".to_owned();
            let at = writer.at.map_or_else(unknown, |at| format!("{} ago", case.age(at)));
            let sub = &writer.subresource;
            let through = if sub.is_empty() { String::new() } else { format!(" by /{sub}") };
            Some(format!("metadata.managedFields: {} owns spec.replicas{through}, {at}", writer.manager))
        }
        Fight::Outside { last, step: (from, to), .. } => {
            let ago = case.age(*last);
            Some(format!("seen in this session: spec.replicas {from} → {to}, {ago} ago"))
        }
        Fight::SameTarget(_) | Fight::SamePods(_) | Fight::Vertical(_) | Fight::Budget(_) => None,
    }
}

fn vertically(case: &Case, fight: &Fight, vertical: &Vertical) -> Finding {
    let object = vertical.object;
    let mut found = case.finding("A116", fight.severity(), fight.told());
    let mode = if object.mode.is_empty() { "the default" } else { &*object.mode };
    found.evidence = vec![format!(
        "VerticalPodAutoscaler {} for {}/{}: updatePolicy.updateMode={mode}",
        object.key, object.target_kind, object.target_name
    )];
    found.forecast = Some(if vertical.of_requests {
        "When it changes requests, utilization changes without any load, and this autoscaler scales for it."
            .to_owned()
    } else {
        "Its targets are absolute, so that changed requests do not shift them; both still answer the same load."
            .to_owned()
    });
    found.remedy = "Let one of them work on another resource, or set updateMode to Off.".into();
    found
}
