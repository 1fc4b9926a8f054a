//! Who else has a hand in an autoscaler: its owner, who writes the replicas, who works against it, and what holds the
//! workload. What is judged of them comes from `analysis`.

use jiff::Timestamp;

use crate::analysis::autoscaling::fights::fights;
use crate::analysis::autoscaling::following::Lag;
use crate::analysis::autoscaling::owner::{Keda, keda};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::rival::{Paused, ScaledObject};
use crate::model::value::age;
use crate::views::nodes::list;
use crate::views::{Line, Section};

pub(super) fn section(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let mut lines: Vec<Line> = owner(cluster, autoscaler).into_iter().collect();
    lines.extend(writers(cluster, autoscaler, now));
    lines.extend(
        fights(cluster, autoscaler, now).iter().map(|it| Line::marked("fight", it.told(), it.severity())),
    );
    if let Some(lag) = Lag::of(cluster, autoscaler, now) {
        lines.extend(lag.held.map(|held| {
            Line::marked("workload", format!("{}: {}", held.reason, held.message), Severity::Warning)
        }));
        lines.extend(
            lag.waits.iter().map(|wait| {
                Line::marked("workload", wait.told(wait.room(cluster).as_ref()), wait.severity())
            }),
        );
        lines.extend(lag.untold().map(|text| Line::marked("workload", text, lag.severity())));
    }
    list(
        "Owner, fights and followers",
        lines.into_iter(),
        "nobody else has a hand in it, and its workload follows",
    )
}

fn owner(cluster: &Cluster, autoscaler: &Autoscaler) -> Option<Line> {
    if let Some(keda) = keda(cluster, autoscaler) {
        let well = keda.object.is_none_or(|object| object.ready && !object.falling_back);
        let severity = if well { Severity::Ok } else { Severity::Warning };
        return Some(Line::marked("owner", described(&keda), severity));
    }
    let owner = autoscaler.meta.controller.as_ref()?;
    Some(Line::new("owner", format!("{} {}", owner.kind, owner.name)))
}

fn described(keda: &Keda) -> String {
    let Some(object) = keda.object else {
        return format!("KEDA's {keda}, of which nothing more is known; edit that one, not this");
    };
    let ScaledObject { triggers, min, max, idle, paused, falling_back, ready, active, .. } = object;
    let triggers: Vec<&str> = triggers.iter().map(|it| &**it).collect();
    // KEDA's own defaults.
    let mut parts = vec![format!("{} to {} replicas", min.unwrap_or(0), max.unwrap_or(100))];
    parts.extend(idle.map(|idle| format!("{idle} when idle")));
    parts.push(if *ready { "ready" } else { "not ready" }.to_owned());
    parts.push(if *active { "active" } else { "not active" }.to_owned());
    parts.extend(falling_back.then(|| "fallen back".to_owned()));
    parts.extend(paused.map(|paused| match paused {
        Paused::At(replicas) => format!("paused at {replicas}"),
        Paused::Here => "paused".to_owned(),
    }));
    format!("KEDA's {keda} by {}: {}; edit that one, not this", triggers.join(", "), parts.join(", "))
}

/// Who owns spec.replicas of the target, as managedFields tell.
fn writers(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Option<Line> {
    let scale = cluster.probe(&autoscaler.meta.key)?.scale.as_ref().ok()?;
    let one = |writer: &crate::model::probe::Writer| {
        let through = if writer.subresource.is_empty() {
            String::new()
        } else {
            format!(" by /{}", writer.subresource)
        };
        let ago = |at: Timestamp| format!(", {} ago", age(now.duration_since(at).as_secs()));
        format!("{}{through}{}", writer.manager, writer.at.map_or_else(String::new, ago))
    };
    let all: Vec<String> = scale.writers.iter().map(one).collect();
    (!all.is_empty()).then(|| Line::new("spec.replicas", format!("owned by {}", all.join("; "))))
}
