//! All that is known and forecast of one autoscaler, the forecast first. Each section is made in its own room.

use jiff::Timestamp;

use super::{behaviour, conditions, history, metrics, next, others, replicas};
use crate::analysis::autoscaling::forecast;
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::views::Section;

pub(super) fn describe(cluster: &Cluster, key: &Key, now: Timestamp) -> Vec<Section> {
    let Some(autoscaler) = cluster.autoscaler(key) else { return Vec::new() };
    let forecast = forecast(cluster, autoscaler, now);
    vec![
        next::section(cluster, autoscaler, &forecast, now),
        metrics::section(autoscaler, &forecast),
        replicas::section(cluster, autoscaler, now),
        history::section(cluster, autoscaler, now),
        others::section(cluster, autoscaler, now),
        behaviour::section(autoscaler),
        next::assumed(cluster),
        conditions::section(autoscaler, now),
    ]
}
