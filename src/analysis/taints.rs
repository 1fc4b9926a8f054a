//! Taints as people read them: short keys, the worst effect first, equal keys joined. No tolerations are matched here.

use crate::model::node::Taint;

/// Domains that every reader of a taint knows; their keys are shown without them.
const KNOWN: [&str; 3] =
    ["node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/"];

/// `key=value:Effect` in full, as kubectl takes it.
pub fn full(taint: &Taint) -> String {
    if taint.value.is_empty() {
        format!("{}:{}", taint.key, taint.effect)
    } else {
        format!("{}={}:{}", taint.key, taint.value, taint.effect)
    }
}

fn rank(taint: &Taint) -> u8 {
    match &*taint.effect {
        "NoExecute" => 0,
        "NoSchedule" => 1,
        _ => 2,
    }
}

/// Who writes such a taint, as far as its key tells.
pub fn writer(taint: &Taint) -> &'static str {
    let keeps_away = &*taint.effect == "NoSchedule";
    match &*taint.key {
        "node.kubernetes.io/unschedulable" if keeps_away => {
            "lifecycle controller, while the node is cordoned"
        }
        "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable" => "lifecycle controller",
        "node.kubernetes.io/memory-pressure"
        | "node.kubernetes.io/disk-pressure"
        | "node.kubernetes.io/pid-pressure"
        | "node.kubernetes.io/network-unavailable"
            if keeps_away =>
        {
            "lifecycle controller"
        }
        "node.kubernetes.io/out-of-service" => "somebody who knows that the machine is off",
        "node.cloudprovider.kubernetes.io/uninitialized" => "kubelet; the cloud controller takes it away",
        "node.cloudprovider.kubernetes.io/shutdown" => "cloud controller, while the machine is stopped",
        "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master" => {
            "installer, to keep workloads off the control plane"
        }
        "ToBeDeletedByClusterAutoscaler" | "DeletionCandidateOfClusterAutoscaler" => "cluster autoscaler",
        key if key.starts_with("karpenter.sh/") => "Karpenter",
        key if key.starts_with("kubevirt.io/") => "KubeVirt, or somebody who drains its machines",
        _ => "a person or another controller",
    }
}

/// All taints of a node: NoExecute first, known domains left out, the effects of one key and value joined by `+`.
pub fn short(taints: &[Taint]) -> String {
    let mut sorted: Vec<&Taint> = taints.iter().collect();
    sorted.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.key.cmp(&b.key)));
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for taint in sorted {
        let key = KNOWN.iter().find_map(|domain| taint.key.strip_prefix(domain)).unwrap_or(&taint.key);
        let name = if taint.value.is_empty() { key.to_owned() } else { format!("{key}={}", taint.value) };
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, effects)) => effects.push(&taint.effect),
            None => groups.push((name, vec![&taint.effect])),
        }
    }
    groups
        .into_iter()
        .map(|(name, effects)| format!("{name}:{}", effects.join("+")))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, value: &str, effect: &str) -> Taint {
        Taint { key: key.into(), value: value.into(), effect: effect.into(), added: None, since: None }
    }

    #[test]
    fn what_evicts_stands_first_and_effects_of_a_key_are_joined() {
        let taints = [
            taint("gpu", "yes", "NoSchedule"),
            taint("node.kubernetes.io/unreachable", "", "NoSchedule"),
            taint("node.kubernetes.io/unreachable", "", "NoExecute"),
        ];
        assert_eq!(short(&taints), "unreachable:NoExecute+NoSchedule gpu=yes:NoSchedule");
        assert_eq!(full(&taints[0]), "gpu=yes:NoSchedule");
    }
}
