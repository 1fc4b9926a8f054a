//! What the controllers' flags are: what the user says, else what the controller manager's mirror pods show, else the
//! defaults of the server's version. It judges nothing.
//!
//! Source: kube-controller-manager's flags; the grace period grew from 40 s to 50 s in 1.32. Those of the autoscaler's
//! controller: `pkg/controller/podautoscaler/config/v1alpha1/defaults.go`, and `pkg/features/kube_features.go`.

use jiff::Timestamp;

use super::tolerations::Comparisons;
use crate::model::cluster::Cluster;
use crate::model::flag::Flag;
use crate::model::server::{Observed, Server};
use crate::model::text::Str;

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

/// A flag's value, and where it is from.
enum Origin<'a> {
    /// The user says so.
    Said(f64),
    /// It is on the command lines of the controller manager.
    Seen(&'a Observed),
    /// Nobody says anything else.
    Default(f64),
}

impl<'a> Origin<'a> {
    fn of(server: &'a Server, flag: Flag) -> Self {
        let said = server.assumed.iter().find(|(known, _)| *known == flag);
        let seen = || server.observed.iter().flatten().find(|it| it.flag == flag);
        match said {
            Some((_, value)) => Self::Said(*value),
            None => {
                seen().map_or_else(|| Self::Default(default(flag, server.version.as_deref())), Self::Seen)
            }
        }
    }

    fn value(&self) -> f64 {
        match self {
            Self::Said(value) | Self::Default(value) => *value,
            Self::Seen(observed) => observed.value,
        }
    }
}

fn value(server: &Server, flag: Flag) -> f64 {
    Origin::of(server, flag).value()
}

fn default(flag: Flag, version: Option<&str>) -> f64 {
    match flag {
        Flag::MonitorGracePeriod => match version.and_then(minor) {
            Some(minor) if minor < 32 => 40.0,
            _ => 50.0,
        },
        Flag::MonitorPeriod => 5.0,
        Flag::StartupGracePeriod => 60.0,
        Flag::EvictionRate | Flag::Tolerance => 0.1,
        Flag::SecondaryEvictionRate => 0.01,
        Flag::LargeClusterSize => 50.0,
        Flag::UnhealthyZone => 0.55,
        Flag::ComparisonOperators | Flag::ScaleToZero => 0.0,
        Flag::SyncPeriod => 15.0,
        Flag::DownscaleStabilization | Flag::CpuInitialization => 300.0,
        Flag::InitialReadiness => 30.0,
        // Beta and on since 1.35.
        Flag::ConfigurableTolerance => match version.and_then(minor) {
            Some(minor) if minor < 35 => 0.0,
            _ => 1.0,
        },
    }
}

/// A flag's value, and whether it is known: said by the user or seen on a command line. Where command lines are seen
/// that do not name it, it is the default for sure.
pub fn known(cluster: &Cluster, flag: Flag) -> (f64, bool) {
    let server = &cluster.server;
    let origin = Origin::of(server, flag);
    let seen = server.observed.as_ref().is_some_and(|flags| !flags.is_empty());
    (origin.value(), seen || !matches!(origin, Origin::Default(_)))
}

/// A flag with its value and where that is from, for whoever wants to know what a forecast stands on.
pub fn stated(cluster: &Cluster, flag: Flag) -> String {
    let server = &cluster.server;
    let origin = Origin::of(server, flag);
    let source = match (&origin, &server.version) {
        (Origin::Said(_), _) => "as you said".to_owned(),
        (Origin::Seen(observed), _) => read_from(&observed.pods),
        (Origin::Default(_), Some(version)) => format!("assumed, the default of {version}"),
        (Origin::Default(_), None) => "assumed, the default".to_owned(),
    };
    format!("{}={} ({source})", flag.name(), flag.show(origin.value()))
}

/// `read from pod kube-system/kube-controller-manager-cp-1`
fn read_from(pods: &[Str]) -> String {
    match pods {
        [] => "read from a pod".to_owned(),
        [pod] => format!("read from pod kube-system/{pod}"),
        [pod, others @ ..] => format!("read from pod kube-system/{pod} and {} more that agree", others.len()),
    }
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

    #[test]
    fn what_the_mirror_pod_says_counts_more_than_a_default_and_less_than_the_users_word() {
        let mut cluster = Cluster::default();
        let observed = |value, pods: &[&str]| {
            let pods = pods.iter().map(|pod| Str::from(*pod)).collect();
            let flags = vec![Observed { flag: Flag::MonitorGracePeriod, value, pods }];
            Change::Server(ServerNews::Observed(flags))
        };
        let told = |cluster: &Cluster| stated(cluster, Flag::MonitorGracePeriod);
        cluster.apply(observed(20.0, &["kube-controller-manager-a"]));
        assert_eq!(Assumptions::of(&cluster).grace, 20);
        let read = "node-monitor-grace-period=20s (read from pod kube-system/kube-controller-manager-a)";
        assert_eq!(told(&cluster), read);
        cluster.apply(observed(30.0, &["a", "b", "c"]));
        let read = "node-monitor-grace-period=30s (read from pod kube-system/a and 2 more that agree)";
        assert_eq!(told(&cluster), read);
        cluster.apply(Change::Server(ServerNews::Assume(Flag::MonitorGracePeriod, 16.0)));
        assert_eq!(told(&cluster), "node-monitor-grace-period=16s (as you said)");
        let judged = cluster.judged(&[]);
        cluster.apply(observed(30.0, &["a", "b", "c"]));
        assert_eq!(cluster.judged(&[]), judged, "what says nothing new judges nobody anew");
        cluster.apply(Change::Server(ServerNews::Observed(Vec::new())));
        assert!(cluster.judged(&[]) > judged);
    }
}
