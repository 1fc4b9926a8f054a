//! The program against a real etcd, API server and controller manager, which all tests in here share. Each test makes
//! nodes and namespaces of its own, so that they can run at the same time; none of them disturbs the servers
//! (`real_outage` does).
#[cfg(test)]
mod access;
#[cfg(test)]
mod actions;
#[cfg(test)]
mod evictions;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod plane;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod taints;

#[cfg(test)]
mod cluster {
    use std::path::PathBuf;
    use std::sync::OnceLock;

    use crate::support::api::Api;
    use crate::support::controlplane::{self, ControlPlane};
    use crate::support::credentials::User;
    use crate::support::fixtures::{self, Heart};

    /// The shared control plane with two nodes that stay healthy, so that it never looks as if every node had failed.
    pub(crate) struct Cluster {
        pub(crate) plane: &'static ControlPlane,
        pub(crate) admin: Api,
        _hearts: [Heart; 2],
    }

    impl Cluster {
        pub(crate) fn kubeconfig(&self) -> PathBuf {
            self.plane.kubeconfig(User::Admin)
        }
    }

    /// The node on which pods may be put by any test.
    pub(crate) const CALM: &str = "calm-1";

    /// Nothing when there are no binaries to start it from.
    pub(crate) fn cluster() -> Option<&'static Cluster> {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        let plane = controlplane::shared()?;
        Some(CLUSTER.get_or_init(|| {
            let admin = plane.api(User::Admin);
            fixtures::flannel(&admin);
            let hearts = [Heart::of_new_node(&admin, CALM, 1), Heart::of_new_node(&admin, "calm-2", 2)];
            Cluster { plane, admin, _hearts: hearts }
        }))
    }
}
