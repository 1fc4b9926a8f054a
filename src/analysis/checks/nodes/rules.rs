//! What the codes `N...` mean. It finds nothing.

use crate::analysis::checks::Rule;

/// Every code of this check.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "N101",
        title: "node is not ready",
        rule: "The Ready condition is False: the kubelet lives and says itself what it waits for. The \
              lifecycle controller sets its pods not ready at once, taints the node not-ready:NoSchedule \
              at once, and queues it for not-ready:NoExecute, by which pods leave when their toleration \
              (300 s by default) is over. The cause is told by the message's words: a shutdown, a full \
              disk, certificates, the container runtime, PLEG, the network plugin, CSI, missing capacity; \
              of several, the one that explains the others.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go; kubernetes \
              pkg/kubelet/nodestatus/setters.go",
        remedy: "Read the condition's message: it names the runtime, the network plugin, the storage or a \
              shutdown. Then look at the kubelet's log on that machine.",
    },
    Rule {
        code: "N102",
        title: "node is unknown",
        rule: "The Ready condition is Unknown, or there is none: the controller heard nothing of the \
              kubelet for the grace period (--node-monitor-grace-period, 50 s since 1.32, 40 s before) \
              or, if it never reported, for 60 s since it registered. The node is tainted unreachable, \
              its pods are set not ready. What is deleted there stays Terminating, because no kubelet \
              confirms.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, tryUpdateNodeHealth",
        remedy: "Look at the machine: power, network to the API server, the kubelet's service and log. If \
              the lease is renewed although the node is Unknown, wait for the kubelet's next status.",
    },
    Rule {
        code: "N103",
        title: "node is under pressure",
        rule: "MemoryPressure, DiskPressure or PIDPressure is True: a kubelet's eviction signal has \
              crossed its threshold. The node is tainted NoSchedule for it; the kubelet evicts pods by \
              itself, in the order of use over requests and priority, without asking disruption budgets. \
              The condition lasts 5 minutes longer than its cause.",
        source: "kubernetes pkg/kubelet/eviction; kubernetes \
              pkg/controller/nodelifecycle/node_lifecycle_controller.go",
        remedy: "Free what is short, set requests and limits, or move pods away.",
    },
    Rule {
        code: "N104",
        title: "node has no network",
        rule: "NetworkUnavailable is True: the network's controller or the cloud has not made routes for \
              this node. It is tainted network-unavailable:NoSchedule; pods that run there stay.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go",
        remedy: "Look at the overlay network's agent on that node, or at the cloud's route controller.",
    },
    Rule {
        code: "N105",
        title: "kubelet is late or silent",
        rule: "The kubelet renews its lease in kube-node-lease every 10 s. Longer than 20 s is a missed \
              heartbeat; longer than the grace period is silence, and Ready becomes Unknown at the \
              controller's next pass (every 5 s). Measured by the server's clock, corrected by how late \
              two renewals were heard; a restart of the controller counts as a sign of life. Nobody is \
              blamed while no lease at all is renewed, or while the server does not answer.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go; kubernetes \
              pkg/kubelet/kubelet.go, nodeLeaseRenewIntervalFraction",
        remedy: "Look at the kubelet and at its way to the API server.",
    },
    Rule {
        code: "N106",
        title: "node is cordoned",
        rule: "spec.unschedulable is true. New pods stay away but those that tolerate the taint \
              unschedulable:NoSchedule, such as DaemonSet pods; pods that run there stay.",
        source: "kubernetes pkg/scheduler/framework/plugins/nodeunschedulable; kubernetes \
              pkg/controller/nodelifecycle/node_lifecycle_controller.go",
        remedy: "kubectl uncordon NODE, when the work on it is done.",
    },
    Rule {
        code: "N107",
        title: "node has been cordoned for long",
        rule: "As N106, and the taint unschedulable:NoSchedule was added more than a day ago: room that is \
              paid for and not used, or a drain that somebody forgot.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go",
        remedy: "Finish the work, then kubectl uncordon NODE; or remove the node.",
    },
    Rule {
        code: "N108",
        title: "node has no lease",
        rule: "There is no lease of the node's name in kube-node-lease, or it was never renewed, while \
              leases are readable. The controller then judges by the node's status, which kubelets write \
              only every 5 minutes: longer than the grace period.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go; kubernetes \
              pkg/kubelet/nodestatus",
        remedy: "See in the kubelet's log why it cannot write its lease: rights, clock, or a deleted \
              namespace kube-node-lease.",
    },
    Rule {
        code: "N109",
        title: "a taint that nothing calls for",
        rule: "Among not-ready, unreachable, the pressures, network-unavailable and unschedulable, the \
              lifecycle controller takes away every NoSchedule taint that no condition or cordon calls \
              for, whoever wrote it, and both NoExecute taints once the node is Ready. Other keys it \
              leaves alone. After a minute the finding becomes a warning: the controller does not do its \
              work.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, \
              doNoScheduleTaintingPass",
        remedy: "Nothing, if it goes by itself. To keep pods away use a key of your own, or a cordon.",
    },
    Rule {
        code: "N110",
        title: "a taint is missing",
        rule: "A condition or the cordon calls for a NoSchedule taint that the node does not bear. The \
              lifecycle controller adds it at the node's next event. After a minute the finding becomes a \
              warning: the controller does not do its work.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, \
              doNoScheduleTaintingPass",
        remedy: "See whether kube-controller-manager runs, leads, and may patch nodes.",
    },
    Rule {
        code: "N111",
        title: "pods are being evicted",
        rule: "The node bears a NoExecute taint. For each such taint the first toleration in the pod's \
              order that answers it counts; a pod without one is deleted at once, otherwise after the \
              shortest tolerationSeconds, counted from when a limited toleration first applied, the pod \
              came, or the controller restarted, whichever is last. Later taints do not move the time. \
              Static pods and DaemonSet pods stay by tolerations of their own. It is a plain deletion: no \
              disruption budget is asked, KubeVirt machines are killed and not migrated, emptyDirs are \
              lost.",
        source: "kubernetes pkg/controller/tainteviction/taint_eviction.go",
        remedy: "Bring the node back, or take the taint away, before the time is up: waits that run are then \
              cancelled.",
    },
    Rule {
        code: "N112",
        title: "node waits for its NoExecute taint",
        rule: "The node is not Ready and not yet tainted NoExecute: its zone's limiter lets one node \
              through per 10 s (--node-eviction-rate 0.1), per 100 s in a large zone in partial \
              disruption. The bound is the whole queue of its zone; its own place in it is not shown by \
              the API.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, setLimiterInZone",
        remedy: "Bring the kubelet back before its turn; the node then leaves the queue.",
    },
    Rule {
        code: "N113",
        title: "zone in partial disruption",
        rule: "More than two nodes of the zone, and at least 55 % of it (--unhealthy-zone-threshold), are \
              not Ready. In a zone of up to 50 nodes (--large-cluster-size-threshold) no node gets a \
              NoExecute taint then; in a larger one, one per 100 s. Nodes labelled \
              node.kubernetes.io/exclude-disruption do not count.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, ComputeZoneState, \
              handleDisruption",
        remedy: "So many nodes at once share a cause: network, power, the way to the API server, a \
              certificate.",
    },
    Rule {
        code: "N114",
        title: "zone in full disruption",
        rule: "No node of the zone is Ready, while another zone has some that are. Its nodes are tainted \
              at the normal rate of one per 10 s.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, ComputeZoneState, \
              handleDisruption",
        remedy: "So many nodes at once share a cause: network, power, the way to the API server, a \
              certificate.",
    },
    Rule {
        code: "N115",
        title: "all zones are down",
        rule: "No zone has a Ready node; a cluster of one zone or one node is in this state as soon as all \
              are down. The controller then suspects itself: it taints nobody, takes NoExecute taints of \
              not-ready and unreachable away, and so cancels what waits. When a node is back, all get a \
              fresh grace period.",
        source: "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, handleDisruption",
        remedy: "Look at the control plane's own network first, then at what all nodes share.",
    },
    Rule {
        code: "N116",
        title: "deleted pods hang",
        rule: "Pods have a deletionTimestamp, and the node's kubelet is silent: nobody stops them or \
              confirms. They go when the kubelet returns, when the Node object is deleted (pod garbage \
              collection, after about a minute), or when a node that is not Ready bears the \
              out-of-service taint.",
        source: "kubernetes pkg/controller/podgc/gc_controller.go",
        remedy: "Bring the machine back. Only if it is off for certain: kubectl taint node NODE \
              node.kubernetes.io/out-of-service=nodeshutdown:NoExecute. On a machine that still runs, two \
              pods then write to one volume.",
    },
    Rule {
        code: "N117",
        title: "kubelet's version is not supported",
        rule: "A kubelet may be up to three minor versions older than the API server (two before 1.28), \
              and never newer.",
        source: "kubernetes.io/releases/version-skew-policy",
        remedy: "Upgrade the API server before kubelets; drain and upgrade kubelets that are too old.",
    },
    Rule {
        code: "N118",
        title: "more pods than the node takes",
        rule: "The pods on the node that have not ended are more than status.allocatable.pods. Pods that \
              name their node, and static pods, are not counted by the scheduler's choice.",
        source: "kubernetes pkg/scheduler/framework/plugins/noderesources; \
              pkg/kubelet/lifecycle/predicate.go",
        remedy: "Move pods away, or raise maxPods as far as the node's pod CIDR reaches.",
    },
    Rule {
        code: "N119",
        title: "node has no pod CIDR",
        rule: "spec.podCIDRs is empty, other nodes have one, and no overlay network of which foretop knows \
              (whose own finding is F102) is in use.",
        source: "kubernetes pkg/controller/nodeipam/ipam",
        remedy: "See whether --allocate-node-cidrs is on and --cluster-cidr has ranges left.",
    },
    Rule {
        code: "N120",
        title: "node's clock is wrong",
        rule: "The last two renewals of the node's lease were heard more than 10 s after, or before, the \
              renewTime that the node wrote. Delays on the way add to it, so the smaller of the two \
              counts. The controllers judge by their own clock and do not mind.",
        source: "kubernetes pkg/kubelet/util/nodelease; kubernetes \
              pkg/controller/nodelifecycle/node_lifecycle_controller.go",
        remedy: "Look at the time service on that machine: certificates and tokens depend on it.",
    },
    Rule {
        code: "N121",
        title: "out of service, yet Ready",
        rule: "The node bears the taint node.kubernetes.io/out-of-service although it is Ready. The taint \
              says that the machine is off for certain; while it is there, the node's deleted pods and \
              volume attachments are removed by force as soon as it is not Ready.",
        source: "kubernetes pkg/controller/podgc/gc_controller.go; KEP 2268",
        remedy: "kubectl taint node NODE node.kubernetes.io/out-of-service-",
    },
    Rule {
        code: "N122",
        title: "a dead machine that nobody has declared off",
        rule: "The node has not been Ready for more than five minutes, no kubelet is there to confirm, its \
              deleted pods hang or volumes stay attached to it (status.volumesAttached), and it does not \
              bear node.kubernetes.io/out-of-service. By that taint, and only then, pod garbage collection \
              deletes its terminating pods by force and the attach/detach controller detaches their volumes \
              without waiting. Precondition: the machine is off for certain. The API cannot show that.",
        source: "KEP 2268; kubernetes pkg/controller/podgc/gc_controller.go; kubernetes \
              pkg/controller/volume/attachdetach/reconciler",
        remedy: "Bring the machine back. Only if it is off for certain: kubectl taint node NODE \
              node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, and take it away afterwards.",
    },
    Rule {
        code: "N123",
        title: "volumes attached and in use do not agree",
        rule: "status.volumesAttached, which the attach/detach controller writes, and status.volumesInUse, \
              which the kubelet writes, name different volumes of a Ready node. For moments that is normal; \
              when one has been so for more than two minutes, attaching or detaching is stuck, and the \
              finding becomes a warning. The time counts from when foretop first saw it.",
        source: "kubernetes pkg/controller/volume/attachdetach; kubernetes pkg/kubelet/volumemanager, \
              GetVolumesInUse",
        remedy: "kubectl get volumeattachments: their status names the error; then the CSI driver's \
              controller and its log.",
    },
    Rule {
        code: "N124",
        title: "kubelet waits for a certificate",
        rule: "The newest CertificateSigningRequest of system:node:NODE to kubernetes.io/kubelet-serving or \
              kubernetes.io/kube-apiserver-client-kubelet has had no certificate for more than a minute, or \
              was denied, or failed. Nobody approves serving certificates by default; the controller manager \
              approves renewals of client certificates. Said only when certificatesigningrequests may be \
              listed and watched. Whether a certificate has expired on the machine the API does not show.",
        source: "kubernetes pkg/controller/certificates/approver; kubernetes \
              pkg/kubelet/certificate; kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping",
        remedy: "kubectl get csr; after checking who asked: kubectl certificate approve NAME. For serving \
              certificates install an approver.",
    },
    Rule {
        code: "N125",
        title: "node was rebooted",
        rule: "status.nodeInfo.bootID became another one while foretop watched, within the last hour. The \
              time is that of the kubelet's first status after the boot, by the node's clock. A reboot from \
              before is not seen; the event Rebooted tells of it for as long as events are kept.",
        source: "kubernetes pkg/kubelet/kubelet_node_status.go; kubernetes pkg/kubelet/nodestatus/setters.go",
        remedy: "Nothing if it was meant; else the machine's log of the boot before, and what its cloud or \
              its operator says.",
    },
];
