//! What an autoscaler's metrics were measured to be, and the scale of its target: amounts as the controller reads them.
//! It adds nothing up and judges nothing.

use std::sync::Arc;

use jiff::Timestamp;

use super::meta::time;
use super::usage::millis;
use crate::model::probe::{Scale, Writer};
use crate::model::quantity::{Milli, whole};
use crate::model::sample::{ContainerUse, PodSample};
use crate::model::second::Second;
use crate::model::text::{Interner, Str};
use crate::wire::metrics::{ContainerMetrics, MetricValue, MetricValueList, PodMetrics, PodMetricsList};
use crate::wire::scale::{self as wire, ManagedFields};

/// What pods were measured to use; what has no name is nobody's.
pub(in crate::client) fn pod_samples(list: &PodMetricsList) -> Arc<[PodSample]> {
    // All pods of a workload have the same containers.
    let mut names = Interner::default();
    let samples: Vec<PodSample> = list.items.iter().filter_map(|it| pod_sample(it, &mut names)).collect();
    samples.into()
}

fn pod_sample(it: &PodMetrics, names: &mut Interner) -> Option<PodSample> {
    let name = it.metadata.as_ref().map(|it| it.name.as_str()).filter(|name| !name.is_empty())?;
    Some(PodSample {
        pod: Str::from(name),
        // No time is to Go the beginning of all time, and no later one can be mistaken for it.
        at: Second::of(time(it.timestamp).unwrap_or(Timestamp::UNIX_EPOCH))?,
        window: millis(&it.window),
        containers: it.containers.iter().map(|it| container(it, names)).collect(),
    })
}

/// What cannot be read is as good as missing.
fn container(it: &ContainerMetrics, names: &mut Interner) -> ContainerUse {
    let cpu = it.usage.cpu.as_ref().and_then(|amount| Milli::parse(&amount.string)).map(|milli| milli.0);
    let memory = it.usage.memory.as_ref().and_then(|amount| whole(&amount.string));
    ContainerUse::new(names.get(&it.name), cpu, memory)
}

/// A value for each pod in thousandths; `None` when one cannot be read, because the controller then reads none.
pub(in crate::client) fn per_pod(list: &MetricValueList) -> Option<Arc<[(Str, i64)]>> {
    let name = |it: &MetricValue| Str::from(it.described_object.as_ref().map_or("", |it| it.name.as_str()));
    list.items.iter().map(|it| Some((name(it), milli(it)?))).collect()
}

/// A value in thousandths, rounded up; nothing is zero, as it is in Go.
pub(in crate::client) fn milli(it: &MetricValue) -> Option<i64> {
    it.value.as_ref().map_or(Some(0), |amount| Milli::parse(&amount.string).map(|milli| milli.0))
}

/// The sum of an external metric's values, as the controller adds them for an absolute target or for one per pod: both
/// stop at the largest number, and the second one takes every sum below zero for such an overflow.
/// Source: kubernetes `pkg/controller/podautoscaler/replica_calculator.go`, GetExternalMetricReplicas and
/// GetExternalPerPodMetricReplicas.
pub(in crate::client) fn sum(values: &[i64], per_pod: bool) -> i64 {
    let mut sum = 0i64;
    for value in values {
        let beyond = *value > 0 && sum.checked_add(*value).is_none();
        sum = sum.wrapping_add(*value);
        if beyond || (per_pod && sum < 0) {
            return i64::MAX;
        }
    }
    sum
}

/// A scale, without those who write it: the subresource does not name them.
pub(in crate::client) fn scale(it: wire::Scale) -> Scale {
    let status = it.status.unwrap_or_default();
    let spec = it.spec.unwrap_or_default().replicas;
    Scale { spec, status: status.replicas, selector: status.selector, writers: Vec::new(), place: None }
}

/// Who owns spec.replicas of an object.
pub(in crate::client) fn writers(it: wire::Managed) -> Vec<Writer> {
    let owns = |it: &ManagedFields| {
        let spec = it.fields_v1.as_ref().and_then(|fields| fields.spec.as_ref());
        spec.is_some_and(|spec| spec.replicas.is_some())
    };
    let fields = it.metadata.unwrap_or_default().managed_fields;
    let writer = |it: &ManagedFields| Writer {
        manager: Str::from(it.manager.as_str()),
        subresource: Str::from(it.subresource.as_str()),
        at: time(it.time),
    };
    fields.iter().filter(|it| owns(it)).map(writer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_pods_are_what_was_sent_rounded_up() {
        let text = r#"{"items":[
            {"metadata":{"name":"web-0","labels":{"a":"b"}},"timestamp":"2026-03-01T10:00:00Z","window":"15.5s",
             "containers":[{"name":"app","usage":{"cpu":"1000001n","memory":"64Mi"}},{"name":"sidecar","usage":{"memory":"1500m"}}]},
            {"metadata":{"name":"absurd"},"timestamp":"soon","window":null,
             "containers":[{"name":null,"usage":{"cpu":"-9E","memory":"much"}},{"usage":null}]},
            {"metadata":{"name":"bare"},"containers":null},
            {"metadata":null}]}"#;
        let samples = pod_samples(&serde_json::from_str(text).unwrap());
        let uses = |at: usize, container: usize| {
            let it = &samples[at].containers[container];
            (&*it.name, it.cpu(), it.memory())
        };
        assert_eq!((&*samples[0].pod, samples[0].window), ("web-0", 15_500));
        assert_eq!(uses(0, 0), ("app", Some(2), Some(64 << 20)));
        assert_eq!(uses(0, 1), ("sidecar", None, Some(2)), "what is missing is not nothing");
        assert_eq!((samples[1].at.timestamp(), samples[1].window), (Timestamp::UNIX_EPOCH, 0));
        assert_eq!((uses(1, 0), uses(1, 1)), (("", Some(i64::MIN), None), ("", None, None)));
        assert_eq!((&*samples[2].pod, samples[2].containers.len(), samples.len()), ("bare", 0, 3));
    }

    #[test]
    fn values_are_in_thousandths_and_one_that_cannot_be_read_spoils_the_list() {
        let read = |items: &str| {
            let list: MetricValueList = serde_json::from_str(&format!(r#"{{"items":{items}}}"#)).unwrap();
            per_pod(&list)
        };
        let values = r#"[{"describedObject":{"kind":"Pod","name":"a"},"metricName":"m","value":"1500001u"},
            {"describedObject":{"name":"b"},"value":7},{"describedObject":null}]"#;
        assert_eq!(read(values), Some([("a".into(), 1501), ("b".into(), 7000), ("".into(), 0)].into()));
        assert_eq!(read(r#"[{"value":"1"},{"value":"lots"}]"#), None);
        assert_eq!(read("null"), Some(Arc::default()));
    }

    #[test]
    fn a_sum_stops_at_the_largest_number_and_per_pod_below_zero_too() {
        assert_eq!((sum(&[2000, 500], false), sum(&[2000, 500], true)), (2500, 2500));
        assert_eq!((sum(&[], false), sum(&[], true)), (0, 0));
        assert_eq!(sum(&[i64::MAX, 1, -5], false), i64::MAX, "what follows no longer counts");
        assert_eq!((sum(&[-1000], false), sum(&[-1000], true)), (-1000, i64::MAX));
        assert_eq!(
            (sum(&[5000, -1000], true), sum(&[-1000, 5000], true)),
            (4000, i64::MAX),
            "the order decides"
        );
    }

    #[test]
    fn who_owns_the_replicas() {
        let text = r#"{"metadata":{"managedFields":[
            {"manager":"argocd","operation":"Apply","time":"2026-03-01T10:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}},
            {"manager":"kube-controller-manager","subresource":"scale","fieldsV1":{"f:spec":{"f:replicas":{}}}},
            {"manager":"kubectl","fieldsV1":{"f:spec":{"f:template":{}},"f:metadata":{}}},
            {"manager":"odd","fieldsV1":null},{"fieldsV1":{"f:status":{"f:replicas":{}}}}]}}"#;
        let found = writers(serde_json::from_str(text).unwrap());
        let found: Vec<_> =
            found.iter().map(|it| (&*it.manager, &*it.subresource, it.at.is_some())).collect();
        assert_eq!(found, [("argocd", "", true), ("kube-controller-manager", "scale", false)]);
        assert_eq!(writers(serde_json::from_str("{}").unwrap()), []);
    }
}
