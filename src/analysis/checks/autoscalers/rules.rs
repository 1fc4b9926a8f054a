//! What the codes `A...` mean. It finds nothing.

use crate::analysis::checks::Rule;

/// Every code of this check.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "A101",
        title: "metrics cannot be read",
        rule: "ScalingActive is False for another reason than ScalingDisabled: not one metric could be \
              read, or some failed and the others ask for fewer, so nothing is scaled. \
              status.desiredReplicas is what was computed last. Missing requests (A111) and pods of \
              several autoscalers (A112) have codes of their own.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics",
        remedy: "The condition's message names the cause: nobody who serves the metrics API (metrics-server \
              for cpu and memory, an adapter such as prometheus-adapter for custom metrics, that or KEDA \
              for external ones) or one that is silent, a metric that is not there, pods without \
              measurements, a scale without a selector.",
    },
    Rule {
        code: "A102",
        title: "some metrics cannot be read",
        rule: "A metric of the spec has no reading in status.currentMetrics, by index and identity. While \
              any cannot be read, the autoscaler may scale up by the others, and never down.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics",
        remedy: "Look at what serves the metric: metrics-server for cpu and memory, an adapter such as \
              prometheus-adapter for custom metrics, that or KEDA for external ones.",
    },
    Rule {
        code: "A103",
        title: "the target cannot be scaled",
        rule: "AbleToScale is False: the target's scale could not be read or written. The controller tries \
              again every 15 s.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler",
        remedy: "Check spec.scaleTargetRef: an object that exists, of a kind that the server knows and that \
              has a scale subresource; then admission and the controller's rights.",
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
        remedy: "Set the target's replicas to at least 1; of one that KEDA owns, look at why no trigger is \
              active.",
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
        rule: "The target has fewer ready replicas than it should, or it says that it cannot go on \
              (ReplicaFailure True of a Deployment or a ReplicaSet, Progressing False of a Deployment; a \
              StatefulSet says it in events alone): the autoscaler has done its part, the pods have not. Told are the pods' own words: no node, image, configuration, crash, scheduling \
              gates, a lost node. While pods are only young (5 minutes, 30 s for one without a node) it is \
              for information.",
        source: "kubernetes apps/v1 status.readyReplicas; kubernetes \
              pkg/controller/deployment/util/deployment_util.go; kubernetes pkg/kubelet/images/types.go",
        remedy: "Look at its pods: pending, pulling, crashing, or not yet ready.",
    },
    Rule {
        code: "A109",
        title: "at its maximum for long",
        rule: "status.currentReplicas and desiredReplicas have been spec.maxReplicas for more than an hour \
              since status.lastScaleTime, though the metrics ask for no more than that.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithRules",
        remedy: "Raise spec.maxReplicas if more load is to come.",
    },
    Rule {
        code: "A110",
        title: "minimum equals maximum",
        rule: "spec.minReplicas and spec.maxReplicas are one number: whatever the metrics say, the target \
              is set to it.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithRules",
        remedy: "Make the maximum larger than the minimum, or delete the autoscaler.",
    },
    Rule {
        code: "A111",
        title: "missing requests",
        rule: "A Resource or ContainerResource metric with a target utilization is a share of the requests. \
              One container without the request, in any pod that the scale's selector matches, makes the \
              whole metric fail; restartable init containers count. Where a pod has requests for the pod \
              as a whole, those count instead, unless the metric names a container.",
        source: "kubernetes pkg/controller/podautoscaler/replica_calculator.go, calculatePodRequests",
        remedy: "Give every container the request, injected sidecars included, or use a ContainerResource \
              metric or an average value.",
    },
    Rule {
        code: "A112",
        title: "pods of several autoscalers",
        rule: "A pod that the target's selector matches is matched by that of another autoscaler's target \
              in the namespace. The controller then sets ScalingActive False with reason \
              AmbiguousSelector on each of them, and none scales. Two over one target always meet this, \
              and so do selectors of different targets that overlap on a pod.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, hpasControllingPodsUnderSelector",
        remedy: "Delete all but one, or make the selectors of their targets distinct.",
    },
    Rule {
        code: "A113",
        title: "flapping",
        rule: "In this session it changed direction at least four times within ten minutes, by its own \
              rescales.",
        source: "kubernetes documentation, Horizontal Pod Autoscaling, flapping; \
              pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendationWithBehaviors",
        remedy: "Lengthen spec.behavior.scaleDown.stabilizationWindowSeconds, widen the tolerance, or use a \
              steadier metric.",
    },
    Rule {
        code: "A114",
        title: "limited by its policy for long",
        rule: "ScalingLimited has been True for more than ten minutes, now with reason ScaleUpLimit or \
              ScaleDownLimit. Its lastTransitionTime moves with the status and not with the reason, so \
              part of the time it may have been limited otherwise. A direction whose selectPolicy is \
              Disabled is A107, however long it lasts.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, \
              convertDesiredReplicasWithBehaviorRate",
        remedy: "Let spec.behavior take larger steps, if the load comes faster than its policies follow.",
    },
    Rule {
        code: "A115",
        title: "fought over by two writers",
        rule: "Somebody else writes spec.replicas of the target: by metadata.managedFields a program that \
              reconciles (Argo CD, Flux, Fleet, kapp, Config Sync) owns it, or somebody has set it since \
              status.lastScaleTime; or within the last hour of this session it was changed from outside, \
              the autoscaler scaled, and it was changed from outside again. A person who scales is no fight, and neither is the creator before the autoscaler has \
              scaled for the first time.",
        source: "kubernetes staging/src/k8s.io/apimachinery/pkg/util/managedfields; kubernetes \
              pkg/controller/podautoscaler/horizontal.go",
        remedy: "Leave spec.replicas out of what the other one writes, or delete the autoscaler.",
    },
    Rule {
        code: "A116",
        title: "a vertical autoscaler on the same resource",
        rule: "A VerticalPodAutoscaler of the same target, whose updateMode is not Off, controls a resource \
              that a metric measures. Changed requests shift a utilization without any load.",
        source: "autoscaler vertical-pod-autoscaler, known limitations; kubernetes \
              pkg/controller/podautoscaler/replica_calculator.go",
        remedy: "Let one of them work on another resource, or set updateMode to Off.",
    },
    Rule {
        code: "A117",
        title: "paused by KEDA",
        rule: "The ScaledObject that owns the autoscaler bears autoscaling.keda.sh/paused or \
              autoscaling.keda.sh/paused-replicas.",
        source: "KEDA documentation, Scaling Deployments, pause autoscaling",
        remedy: "Take the annotation away when it is to go on.",
    },
    Rule {
        code: "A118",
        title: "KEDA cannot read its triggers",
        rule: "The ScaledObject that owns the autoscaler has Ready not True, or Fallback True: the number \
              of replicas is then spec.fallback.replicas.",
        source: "KEDA documentation, ScaledObject specification, fallback",
        remedy: "Read the ScaledObject's conditions and the log of keda-operator.",
    },
    Rule {
        code: "A119",
        title: "the wish is stale",
        rule: "ScalingActive is False because metrics fail, and status.desiredReplicas is another number \
              than currentReplicas: it is what was computed before, and nobody goes there.",
        source: "kubernetes pkg/controller/podautoscaler/horizontal.go, \
              setCurrentReplicasAndMetricsInStatus",
        remedy: "Mend what keeps the metrics from being read; the next pass computes anew.",
    },
];
