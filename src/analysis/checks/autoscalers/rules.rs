//! What the codes `A...` mean. It finds nothing.

use crate::analysis::checks::Rule;

/// Every code of this check.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "A101",
        title: "metrics cannot be read",
        rule: "ScalingActive is False for another reason than ScalingDisabled: not one metric could be \
              read, so nothing is scaled. status.desiredReplicas is what was computed last.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics",
        remedy: "The condition's message names the cause: a missing request, a missing or silent adapter, \
              overlapping selectors.",
    },
    Rule {
        code: "A102",
        title: "some metrics cannot be read",
        rule: "A metric of the spec has no reading in status.currentMetrics, by index and identity. While \
              any cannot be read, the autoscaler may scale up by the others, and never down.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics",
        remedy: "Look at the adapter that serves the metric.",
    },
    Rule {
        code: "A103",
        title: "the target cannot be scaled",
        rule: "AbleToScale is False: the target's scale could not be read or written. The controller tries \
              again every 15 s.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler",
        remedy: "Check spec.scaleTargetRef; then quota, admission, and the controller's rights.",
    },
    Rule {
        code: "A104",
        title: "the target does not exist",
        rule: "spec.scaleTargetRef names a workload of a kind that is watched, and there is none of that \
              name in the namespace.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go",
        remedy: "Create the workload or delete the autoscaler.",
    },
    Rule {
        code: "A105",
        title: "switched off",
        rule: "ScalingActive is False with reason ScalingDisabled: the target has 0 replicas, and the \
              autoscaler leaves it alone.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler",
        remedy: "Set the target's replicas to at least 1.",
    },
    Rule {
        code: "A106",
        title: "at its maximum",
        rule: "ScalingLimited is True with reason TooManyReplicas: the metrics ask for more than \
              spec.maxReplicas.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithRules",
        remedy: "Raise spec.maxReplicas, or make each pod do more.",
    },
    Rule {
        code: "A107",
        title: "slowed down by its policy",
        rule: "ScalingLimited is True with reason ScaleUpLimit or ScaleDownLimit: spec.behavior allows a \
              smaller step than the metrics ask for.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, \
              convertDesiredReplicasWithBehaviorRate",
        remedy: "Nothing, if the pace is intended; else change spec.behavior.",
    },
    Rule {
        code: "A108",
        title: "replicas are not ready",
        rule: "The target has fewer ready replicas than it should: the autoscaler has done its part, the \
              pods have not.",
        source: "kubernetes apps/v1 status.readyReplicas",
        remedy: "Look at its pods: pending, pulling, crashing, or not yet ready.",
    },
];
