//! Flags of the controller manager that decide what happens next, and that the API does not show. It knows their names
//! and how their values are written; what they are by default is assumed elsewhere.

/// A flag, or a feature gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// Seconds of silence until a node is Unknown.
    MonitorGracePeriod,
    /// Seconds between two passes over the nodes.
    MonitorPeriod,
    /// Seconds until a node that never reported is Unknown.
    StartupGracePeriod,
    /// Nodes per second and zone that get their NoExecute taint.
    EvictionRate,
    /// The same in a large zone in partial disruption.
    SecondaryEvictionRate,
    /// With more nodes than this a zone is large.
    LargeClusterSize,
    /// The fraction of a zone's nodes that makes a partial disruption.
    UnhealthyZone,
    /// One when the toleration operators `Gt` and `Lt` work.
    ComparisonOperators,
    /// Seconds between two passes over an autoscaler.
    SyncPeriod,
    /// How far from one a ratio may be without an autoscaler doing anything.
    Tolerance,
    /// For how many seconds recommendations count for scaling down.
    DownscaleStabilization,
    /// Seconds after a pod's start in which its processor time counts only when all of it is from after readiness.
    CpuInitialization,
    /// Seconds after its start in which a pod's readiness is taken for its first.
    InitialReadiness,
    /// One when an autoscaler's own tolerance counts.
    ConfigurableTolerance,
    /// One when an autoscaler may scale to zero.
    ScaleToZero,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 15] = [
        Self::MonitorGracePeriod,
        Self::MonitorPeriod,
        Self::StartupGracePeriod,
        Self::EvictionRate,
        Self::SecondaryEvictionRate,
        Self::LargeClusterSize,
        Self::UnhealthyZone,
        Self::ComparisonOperators,
        Self::SyncPeriod,
        Self::Tolerance,
        Self::DownscaleStabilization,
        Self::CpuInitialization,
        Self::InitialReadiness,
        Self::ConfigurableTolerance,
        Self::ScaleToZero,
    ];

    /// Its name on the controller manager's command line; of a gate, its name among the feature gates.
    pub fn name(self) -> &'static str {
        match self {
            Self::MonitorGracePeriod => "node-monitor-grace-period",
            Self::MonitorPeriod => "node-monitor-period",
            Self::StartupGracePeriod => "node-startup-grace-period",
            Self::EvictionRate => "node-eviction-rate",
            Self::SecondaryEvictionRate => "secondary-node-eviction-rate",
            Self::LargeClusterSize => "large-cluster-size-threshold",
            Self::UnhealthyZone => "unhealthy-zone-threshold",
            Self::ComparisonOperators => "TaintTolerationComparisonOperators",
            Self::SyncPeriod => "horizontal-pod-autoscaler-sync-period",
            Self::Tolerance => "horizontal-pod-autoscaler-tolerance",
            Self::DownscaleStabilization => "horizontal-pod-autoscaler-downscale-stabilization",
            Self::CpuInitialization => "horizontal-pod-autoscaler-cpu-initialization-period",
            Self::InitialReadiness => "horizontal-pod-autoscaler-initial-readiness-delay",
            Self::ConfigurableTolerance => "HPAConfigurableTolerance",
            Self::ScaleToZero => "HPAScaleToZero",
        }
    }

    /// Whether its value is a time.
    pub fn is_time(self) -> bool {
        matches!(
            self,
            Self::MonitorGracePeriod
                | Self::MonitorPeriod
                | Self::StartupGracePeriod
                | Self::SyncPeriod
                | Self::DownscaleStabilization
                | Self::CpuInitialization
                | Self::InitialReadiness
        )
    }

    /// Its value as the controller manager takes it.
    pub fn show(self, value: f64) -> String {
        match self {
            _ if self.is_gate() => (value > 0.0).to_string(),
            _ if self.is_time() => format!("{value}s"),
            _ => value.to_string(),
        }
    }

    /// Reads `name=value`, as on the controller manager's command line: a number, a time such as `40s` or `1m`, or
    /// `true` and `false` for a gate.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<(Self, f64), String> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("{text:?} is no flag; write name=value"))?;
        let flag = Self::named(name.trim_start_matches("--")).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|flag| flag.name()).collect();
            format!("{name:?} is no flag that matters here; known are {}", known.join(", "))
        })?;
        let read = flag.value(value);
        read.map(|value| (flag, value)).ok_or_else(|| format!("{value:?} is no value of {}", flag.name()))
    }

    /// The flags that matter among the words of a controller manager's command line: `--name=value` or `--name value`,
    /// gates within `--feature-gates`. Where one is said twice the last counts, as there; what cannot be read is left
    /// out.
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<(Self, f64)> {
        let mut found: Vec<(Self, f64)> = Vec::new();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(said) = word.strip_prefix("--") else { continue };
            let (name, value) = match said.split_once('=') {
                Some(parts) => parts,
                None if said == GATES || Self::named(said).is_some() => {
                    (said, words.next().unwrap_or_default())
                }
                None => continue,
            };
            let gates = name == GATES;
            let pairs = value.split(',').filter(|_| gates).filter_map(|gate| gate.split_once('='));
            for (name, value) in pairs.chain((!gates).then_some((name, value))) {
                let Some(flag) = Self::named(name.trim()).filter(|flag| flag.is_gate() == gates) else {
                    continue;
                };
                found.retain(|(known, _)| *known != flag);
                found.extend(flag.value(value.trim()).map(|value| (flag, value)));
            }
        }
        found
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    fn is_gate(self) -> bool {
        matches!(self, Self::ComparisonOperators | Self::ConfigurableTolerance | Self::ScaleToZero)
    }

    fn value(self, text: &str) -> Option<f64> {
        let read = match text {
            "true" if self.is_gate() => Some(1.0),
            "false" if self.is_gate() => Some(0.0),
            _ if self.is_gate() => None,
            _ if self.is_time() => seconds(text),
            _ => text.parse().ok(),
        };
        read.filter(|number: &f64| number.is_finite() && (0.0..=1e9).contains(number))
    }
}

/// The flag that holds the gates, with commas between them.
const GATES: &str = "feature-gates";

/// Seconds of a time as Go writes it, such as `40s`, `1m` or `1m30s`.
fn seconds(text: &str) -> Option<f64> {
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit_ends = rest[split..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| split + at);
        let unit = match &rest[split..unit_ends] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        sum += rest[..split].parse::<f64>().ok()? * unit;
        rest = &rest[unit_ends..];
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_as_the_controller_manager_takes_them_or_refused() {
        let grace = Flag::MonitorGracePeriod;
        assert_eq!(Flag::parse("node-monitor-grace-period=40s"), Ok((grace, 40.0)));
        assert_eq!(Flag::parse("--node-monitor-grace-period=1m30s"), Ok((grace, 90.0)));
        assert_eq!(Flag::parse("node-eviction-rate=0.5"), Ok((Flag::EvictionRate, 0.5)));
        let gate = Flag::ComparisonOperators;
        assert_eq!(Flag::parse("TaintTolerationComparisonOperators=true"), Ok((gate, 1.0)));
        for wrong in
            ["node-eviction-rate", "colour=1", "node-eviction-rate=fast", "node-monitor-period=5", ""]
        {
            assert!(Flag::parse(wrong).is_err(), "{wrong}");
        }
        assert!(
            Flag::parse("node-eviction-rate=-1").is_err() && Flag::parse("node-eviction-rate=NaN").is_err()
        );
        assert_eq!((grace.show(40.0), gate.show(1.0)), ("40s".to_owned(), "true".to_owned()));
        let window = Flag::DownscaleStabilization;
        assert_eq!(
            Flag::parse("horizontal-pod-autoscaler-downscale-stabilization=5m0s"),
            Ok((window, 300.0))
        );
        assert_eq!(Flag::parse("--horizontal-pod-autoscaler-tolerance=0.05"), Ok((Flag::Tolerance, 0.05)));
        assert_eq!(Flag::ALL.map(|flag| Flag::parse(&format!("{}={}", flag.name(), flag.show(1.0)))), {
            Flag::ALL.map(|flag| Ok((flag, 1.0)))
        });
    }

    #[test]
    fn a_command_line_is_read_in_every_way_that_it_is_written() {
        let read = |line: &str| Flag::read(line.split(' '));
        let grace = (Flag::MonitorGracePeriod, 90.0);
        assert_eq!(read("kube-controller-manager --v=2 --node-monitor-grace-period=1m30s"), [grace]);
        assert_eq!(read("--node-monitor-grace-period 1m30s --leader-elect"), [grace]);
        assert_eq!(read("--node-monitor-grace-period=40s --node-monitor-grace-period=90s"), [grace]);
        let gate = |on| [(Flag::ComparisonOperators, on)];
        assert_eq!(read("--feature-gates=A=true,TaintTolerationComparisonOperators=true"), gate(1.0));
        assert_eq!(read("--feature-gates TaintTolerationComparisonOperators=false"), gate(0.0));
        for nothing in [
            "--node-monitor-grace-period=soon",
            "--node-monitor-grace-period=40s --node-monitor-grace-period=$(GRACE)",
            "--feature-gates=node-eviction-rate=1",
            "--TaintTolerationComparisonOperators=true",
            "node-eviction-rate=1",
            "--node-eviction-rate",
            "",
        ] {
            assert_eq!(read(nothing), [], "{nothing}");
        }
    }
}
