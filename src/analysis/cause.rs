//! Why a kubelet says that its node is not ready: told by the words of its message, which joins what the runtime, the
//! network, the storage and a shutdown have to say. It decides nothing else.
//!
//! Source: `pkg/kubelet/runtime.go`, `pkg/kubelet/nodestatus/setters.go`, `pkg/kubelet/nodeshutdown`.

/// What keeps a node from being ready. Of several that a message names, the one that explains the others counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The machine is being shut down in order.
    Shutdown,
    /// Its disk is full.
    Disk,
    /// A certificate or the rights that hang on it.
    Certificate,
    /// The container runtime does not answer, or says that it is not ready.
    Runtime,
    /// The runtime answers too slowly for the kubelet to know its pods (the pod lifecycle event generator).
    Pleg,
    /// No network plugin is there, or it is not ready.
    Network,
    /// The CSI drivers have not registered.
    Storage,
    /// The kubelet could not find out what the machine has.
    Capacity,
    /// The kubelet has only just begun to look.
    Starting,
    /// Anything else.
    Other,
}

/// What a message says for a cause, in lower case. The order decides: what explains the rest comes first.
const WORDS: &[(Cause, &[&str])] = &[
    (Cause::Shutdown, &["shutting down"]),
    (Cause::Disk, &["no space left on device", "disk quota exceeded", "read-only file system"]),
    (Cause::Certificate, &["x509", "certificate", "unauthorized"]),
    (Cause::Runtime, &["container runtime is down", "container runtime not ready", "runtimeready=false"]),
    (Cause::Pleg, &["pleg is not healthy", "pleg was last seen"]),
    (
        Cause::Network,
        &[
            "networkready=false",
            "networkpluginnotready",
            "network plugin is not ready",
            "network not ready",
            "cni plugin not initialized",
            "cni config uninitialized",
        ],
    ),
    (Cause::Storage, &["csinode", "csi driver"]),
    (Cause::Capacity, &["missing node capacity"]),
    (Cause::Starting, &["status check may not have completed"]),
];

impl Cause {
    /// The cause that a Ready condition's message names.
    pub fn of(message: &str) -> Self {
        let message = message.to_lowercase();
        let says = |words: &&(Self, &[&str])| words.1.iter().any(|word| message.contains(word));
        WORDS.iter().find(says).map_or(Self::Other, |(cause, _)| *cause)
    }

    /// In few words; empty when the message is all there is.
    pub fn words(self) -> &'static str {
        match self {
            Self::Shutdown => "the machine is shutting down",
            Self::Disk => "its disk is full or cannot be written",
            Self::Certificate => "a certificate or its rights are not accepted",
            Self::Runtime => "its container runtime is down",
            Self::Pleg => "its container runtime is too slow (PLEG)",
            Self::Network => "its network plugin is not ready",
            Self::Storage => "its CSI drivers have not registered",
            Self::Capacity => "its kubelet cannot tell what the machine has",
            Self::Starting => "its kubelet has just started",
            Self::Other => "",
        }
    }

    /// What mends it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Shutdown => {
                "Wait for the machine to come back; the kubelet ends its pods within shutdownGracePeriod and takes no new ones."
            }
            Self::Disk => "On the machine: df -h and df -i; then crictl rmi --prune, old logs, emptyDirs.",
            Self::Certificate => {
                "On the machine: the dates of /var/lib/kubelet/pki; in the cluster: kubectl get csr, and whether any waits."
            }
            Self::Runtime => {
                "On the machine: systemctl status containerd (or crio), crictl info, and the log of that service; then restart it."
            }
            Self::Pleg => {
                "On the machine: load, disk latency, crictl ps; containers that hang, or far too many of them, slow the runtime."
            }
            Self::Network => {
                "See whether the network's agent (its DaemonSet) runs on this node and has written /etc/cni/net.d."
            }
            Self::Storage => "See whether the CSI drivers' DaemonSets run here, and kubectl get csinode.",
            Self::Capacity => {
                "Read the kubelet's log: cadvisor or the runtime does not say how much there is."
            }
            Self::Starting => "Wait half a minute; if it lasts, look at the container runtime.",
            Self::Other => {
                "Read the message: the kubelet names what it waits for (runtime, network plugin, storage)."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn messages_of_real_kubelets() {
        let cases = [
            ("node is shutting down", Cause::Shutdown),
            ("container runtime is down", Cause::Runtime),
            (
                "[container runtime is down, PLEG is not healthy: pleg was last seen active 3m14.6s ago; threshold is 3m0s]",
                Cause::Runtime,
            ),
            (
                "container runtime not ready: RuntimeReady=false reason:ContainerdNotReady message:cannot connect",
                Cause::Runtime,
            ),
            ("PLEG is not healthy: pleg was last seen active 5m1s ago; threshold is 3m0s", Cause::Pleg),
            (
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
                Cause::Network,
            ),
            (
                "runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized",
                Cause::Network,
            ),
            ("CSINode is not yet initialized", Cause::Storage),
            (
                "[container runtime network not ready: NetworkReady=false, CSINode is not yet initialized]",
                Cause::Network,
            ),
            ("missing node capacity for resources: ephemeral-storage", Cause::Capacity),
            ("PLEG is not healthy: mkdir /run/x: no space left on device", Cause::Disk),
            ("csi: x509: certificate has expired or is not yet valid", Cause::Certificate),
            ("container runtime status check may not have completed yet", Cause::Starting),
            ("something new", Cause::Other),
            ("", Cause::Other),
        ];
        for (message, cause) in cases {
            assert_eq!(Cause::of(message), cause, "{message}");
        }
    }
}
