//! The kubelets' leases.

use super::Shared;
use super::meta::time;
use crate::client::clock;
use crate::model::node::NodeLease;
use crate::wire::core::Lease;

/// What the API assumes where a lease does not say, in seconds; the kubelet always says.
const DEFAULT_DURATION: i32 = 40;

impl Shared {
    /// A node's lease.
    pub fn lease(&mut self, lease: Lease) -> NodeLease {
        let spec = lease.spec.unwrap_or_default();
        NodeLease {
            meta: self.meta(&lease.metadata.unwrap_or_default()),
            renewed: time(spec.renew_time),
            heard: Some(clock::now()),
            lags: [None; 2],
            duration_seconds: spec.lease_duration_seconds.unwrap_or(DEFAULT_DURATION),
        }
    }
}
