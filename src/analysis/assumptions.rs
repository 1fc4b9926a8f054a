//! What is assumed of the controllers because the API does not show it: defaults of the server's version, or what the
//! user says. It judges nothing.
//!
//! Source: kube-controller-manager's flags; the grace period grew from 40 s to 50 s in 1.32.

use jiff::Timestamp;

use super::tolerations::Comparisons;
use crate::model::cluster::Cluster;
use crate::model::flag::Flag;
use crate::model::server::Server;

/// What the forecasts are made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumptions {
    /// Seconds of silence until a node is Unknown.
    pub grace: i64,
    /// Seconds between two passes over the nodes.
    pub period: i64,
    /// Seconds until a node that never reported is Unknown.
    pub startup: i64,
    /// Nodes per second and zone that get their NoExecute taint.
    pub rate: f64,
    /// The same in a large zone in partial disruption.
    pub slow_rate: f64,
    /// With more nodes than this a zone is large.
    pub large: u32,
    /// The fraction of nodes that makes a partial disruption.
    pub unhealthy: f32,
    /// Whether `Gt` and `Lt` work.
    pub comparisons: Comparisons,
    /// When the controller manager's leader took over, where its lease can be read: its clocks began anew then.
    pub restarted: Option<Timestamp>,
}

impl Assumptions {
    /// What is assumed of this cluster's controllers.
    pub fn of(cluster: &Cluster) -> Self {
        let server = &cluster.server;
        let value = |flag| value(server, flag);
        Self {
            grace: value(Flag::MonitorGracePeriod) as i64,
            period: value(Flag::MonitorPeriod) as i64,
            startup: value(Flag::StartupGracePeriod) as i64,
            rate: value(Flag::EvictionRate),
            slow_rate: value(Flag::SecondaryEvictionRate),
            large: value(Flag::LargeClusterSize) as u32,
            unhealthy: value(Flag::UnhealthyZone) as f32,
            comparisons: if value(Flag::ComparisonOperators) > 0.0 {
                Comparisons::On
            } else {
                Comparisons::Off
            },
            restarted: server.leader,
        }
    }
}

/// A flag's value: what the user says, else the default.
fn value(server: &Server, flag: Flag) -> f64 {
    let said = server.assumed.iter().find(|(known, _)| *known == flag);
    said.map_or_else(|| default(flag, server.version.as_deref()), |(_, value)| *value)
}

fn default(flag: Flag, version: Option<&str>) -> f64 {
    match flag {
        Flag::MonitorGracePeriod => match version.and_then(minor) {
            Some(minor) if minor < 32 => 40.0,
            _ => 50.0,
        },
        Flag::MonitorPeriod => 5.0,
        Flag::StartupGracePeriod => 60.0,
        Flag::EvictionRate => 0.1,
        Flag::SecondaryEvictionRate => 0.01,
        Flag::LargeClusterSize => 50.0,
        Flag::UnhealthyZone => 0.55,
        Flag::ComparisonOperators => 0.0,
    }
}

/// A flag with its value and where that is from, for whoever wants to know what a forecast stands on.
pub fn stated(cluster: &Cluster, flag: Flag) -> String {
    let server = &cluster.server;
    let said = server.assumed.iter().any(|(known, _)| *known == flag);
    let source = match &server.version {
        _ if said => "as you said".to_owned(),
        Some(version) => format!("assumed, the default of {version}"),
        None => "assumed, the default".to_owned(),
    };
    format!("{}={} ({source})", flag.name(), flag.show(value(server, flag)))
}

/// The minor number of a version such as `v1.36.3` or `v1.31.4+k3s1`.
pub fn minor(version: &str) -> Option<u32> {
    let minor = version.trim_start_matches('v').split('.').nth(1)?;
    minor.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Change;
    use crate::model::server::ServerNews;

    #[test]
    fn the_grace_period_follows_the_servers_version_and_the_user_knows_better() {
        let mut cluster = Cluster::default();
        for (version, grace) in [("v1.31.4+k3s1", 40), ("v1.32.0", 50), ("v1.36.3", 50), ("nonsense", 50)] {
            cluster.apply(Change::Server(ServerNews::Version(version.to_owned())));
            assert_eq!(Assumptions::of(&cluster).grace, grace, "{version}");
        }
        assert_eq!(minor("v1.28+"), Some(28));
        let before = stated(&cluster, Flag::MonitorGracePeriod);
        cluster.apply(Change::Server(ServerNews::Assume(Flag::MonitorGracePeriod, 16.0)));
        assert_eq!(Assumptions::of(&cluster).grace, 16);
        assert_eq!(stated(&cluster, Flag::MonitorGracePeriod), "node-monitor-grace-period=16s (as you said)");
        assert_eq!(before, "node-monitor-grace-period=50s (assumed, the default of nonsense)");
    }
}
