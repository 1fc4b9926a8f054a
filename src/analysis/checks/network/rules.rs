//! What the codes `F...` mean. It finds nothing.

use crate::analysis::checks::Rule;

/// Every code of this check.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "F101",
        title: "node never joined the overlay",
        rule: "The annotation flannel.alpha.coreos.com/kube-subnet-manager=true is missing, while other \
              nodes have it. Peers ignore the node.",
        source: "flannel pkg/subnet/kube/kube.go",
        remedy: "Look at the agent's pod on that node and its log.",
    },
    Rule {
        code: "F102",
        title: "node has no pod CIDR",
        rule: "spec.podCIDRs is empty; the agent waits for it and starts no network.",
        source: "flannel pkg/subnet/kube/kube.go; kubernetes pkg/controller/nodeipam",
        remedy: "Start kube-controller-manager with --allocate-node-cidrs, or give it a larger \
              --cluster-cidr.",
    },
    Rule {
        code: "F103",
        title: "pod CIDR outside the network",
        rule: "A pod CIDR of the node does not lie in Network of net-conf.json: the agent refuses to \
              start, or packets are not masqueraded as they should be.",
        source: "flannel pkg/subnet/kube/kube.go, containsCIDR",
        remedy: "Make Network and --cluster-cidr the same.",
    },
    Rule {
        code: "F104",
        title: "pod CIDRs overlap",
        rule: "Two nodes have pod CIDRs that overlap: they hold no routes to each other, and third nodes \
              reach only one of them.",
        source: "flannel pkg/backend/vxlan/vxlan_network.go",
        remedy: "Delete and re-register all but one of these nodes.",
    },
    Rule {
        code: "F105",
        title: "tunnel endpoints collide",
        rule: "Two nodes announce the same public IP: peers send both nodes' traffic to one machine.",
        source: "flannel pkg/subnet/kube/kube.go",
        remedy: "Set --iface or the annotation public-ip-overwrite, then restart the agents.",
    },
    Rule {
        code: "F106",
        title: "VTEP MACs collide",
        rule: "Two nodes announce the same VTEP MAC: forwarding entries overwrite each other.",
        source: "flannel pkg/backend/vxlan/device.go",
        remedy: "Restart the agents; look for machines cloned with their network device.",
    },
    Rule {
        code: "F107",
        title: "backends differ",
        rule: "The node's backend-type is not that of most nodes. Peers with another backend ignore each \
              other.",
        source: "flannel pkg/backend/vxlan/vxlan_network.go, handleSubnetEvents",
        remedy: "Restart the agents after changing net-conf.json.",
    },
    Rule {
        code: "F108",
        title: "VNIs differ",
        rule: "The VXLAN network identifier in backend-data is not that of most nodes: packets between \
              them are dropped.",
        source: "flannel pkg/backend/vxlan/vxlan.go",
        remedy: "Restart the agents after changing net-conf.json.",
    },
    Rule {
        code: "F109",
        title: "tunnel endpoint is not the node's",
        rule: "The announced public IP is none of status.addresses: right only behind an address \
              translation.",
        source: "flannel pkg/subnet/kube/kube.go",
        remedy: "If it is not meant, set --iface and restart the agent.",
    },
    Rule {
        code: "F110",
        title: "agent is missing or not ready",
        rule: "No ready pod of the overlay's DaemonSet is on the node. What is in the kernel stays; \
              changes of peers do not arrive.",
        source: "flannel Documentation/kubernetes.md",
        remedy: "Look at the agent's pod and its log.",
    },
    Rule {
        code: "F111",
        title: "annotation cannot be read",
        rule: "The node's backend-data is not what its backend writes: peers ignore the node.",
        source: "flannel pkg/subnet/kube/kube.go",
        remedy: "Restart the agent's pod on that node: it writes the annotation anew.",
    },
];
