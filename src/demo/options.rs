//! What can be asked of the embedded cluster, and why it may not start. It serves nothing.

use std::net::SocketAddr;

use jiff::Timestamp;

use super::faults::Faults;
use super::scenario::Scenario;

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// One of the names in [`SCENARIOS`](super::SCENARIOS).
    pub scenario: String,
    /// Equal seeds and equal starts make equal clusters.
    pub seed: u64,
    /// The loopback address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How simulated time passes.
    pub clock: Clock,
    /// What goes wrong, and when.
    pub faults: Faults,
    /// How large the scenario `large` is, and how much happens in it.
    pub load: Load,
}

/// How large the scenario `large` is, and how much happens in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Pods, instead of the scenario's number; there is a node for each 30.
    pub pods: Option<usize>,
    /// Events of pods in a second.
    pub churn: u32,
    /// Whether kubelets are heard.
    pub life: Life,
}

/// Whether kubelets are heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// They renew leases and post statuses.
    #[default]
    Beating,
    /// Nothing moves by itself.
    Quiet,
}

impl Default for Options {
    /// The calm cluster on a free port, in the machine's time, without faults.
    fn default() -> Self {
        Self {
            scenario: "calm".to_owned(),
            seed: 1,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Clock::Wall,
            faults: Faults::default(),
            load: Load::default(),
        }
    }
}

/// How simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// With the machine's clock: the scenario has settled by now, and goes on.
    Wall,
    /// Not at all: it stands still where the scenario has settled since this instant. Writes take effect, and what
    /// follows from them has followed when they are answered.
    Frozen(Timestamp),
    /// When [`Demo::advance`](super::Demo::advance) says so: the scenario has settled since this instant, and pods take
    /// their seconds to come and go.
    Driven(Timestamp),
}

/// Why the embedded cluster did not start; each is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no scenario of that name.
    #[error("there is no scenario {name:?}; there are: {known}")]
    UnknownScenario {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A scenario's file is wrong.
    #[error("the scenario {name:?} cannot be read: {why}")]
    Scenario {
        /// Which one.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A load was asked of a scenario that has none.
    #[error("the scenario {0:?} has its own size; pods, churn and quiet belong to the scenario \"large\"")]
    NoLoad(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
}

/// A scenario of the size that is asked for.
pub(super) fn sized(mut scenario: Scenario, options: &Options) -> Result<Scenario, DemoError> {
    match &mut scenario.crowd {
        None if options.load != Load::default() => Err(DemoError::NoLoad(options.scenario.clone())),
        None => Ok(scenario),
        Some(crowd) => {
            crowd.pods = options.load.pods.unwrap_or(crowd.pods);
            crowd.life = options.load.life;
            Ok(scenario)
        }
    }
}
