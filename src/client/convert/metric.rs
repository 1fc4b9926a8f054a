//! An autoscaler's metrics: what identifies them, what they should be, what was read. It compares nothing.

use super::Shared;
use crate::model::autoscaler::{Amount, Goal, Metric, MetricSource, Reading};
use crate::model::quantity::Milli;
use crate::model::text::Str;
use crate::wire::autoscaling::{
    CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};
use crate::wire::meta::Quantity;

impl Shared {
    /// One entry of spec.metrics.
    pub(super) fn metric(&mut self, metric: &MetricSpec) -> Metric {
        let found = self.spec_source(metric);
        let (source, target) =
            found.unwrap_or_else(|| (MetricSource::Unknown { kind: self.texts.get(&metric.type_) }, None));
        let object = metric.object.as_ref().filter(|_| matches!(source, MetricSource::Object { .. }));
        let described = object.and_then(|it| self.texts.some(&it.described_object.as_ref()?.api_version));
        let goal = target.map_or(Goal::Missing, |target| self.goal(&source, target));
        Metric { source, goal, described }
    }

    fn spec_source<'a>(
        &mut self,
        metric: &'a MetricSpec,
    ) -> Option<(MetricSource, Option<&'a MetricTarget>)> {
        Some(match metric.type_.as_str() {
            "Resource" => {
                let it = metric.resource.as_ref()?;
                (MetricSource::Resource { name: self.texts.get(&it.name) }, it.target.as_ref())
            }
            "ContainerResource" => {
                let it = metric.container_resource.as_ref()?;
                (self.container_resource(&it.name, &it.container), it.target.as_ref())
            }
            "Pods" => {
                let it = metric.pods.as_ref()?;
                let (name, selector) = self.identifier(it.metric.as_ref());
                (MetricSource::Pods { name, selector }, it.target.as_ref())
            }
            "Object" => {
                let it = metric.object.as_ref()?;
                (self.object(it.metric.as_ref(), it.described_object.as_ref()), it.target.as_ref())
            }
            "External" => {
                let it = metric.external.as_ref()?;
                let (name, selector) = self.identifier(it.metric.as_ref());
                (MetricSource::External { name, selector }, it.target.as_ref())
            }
            _ => return None,
        })
    }

    /// One entry of status.currentMetrics; the controller leaves an empty one for a metric that it could not read.
    pub(super) fn reading(&mut self, status: &MetricStatus) -> Reading {
        let (source, value) = match self.status_source(status) {
            Some((source, value)) => (Some(source), value),
            None => (None, None),
        };
        let value = value.cloned().unwrap_or_default();
        Reading {
            source,
            utilization: value.average_utilization,
            value: self.amount(value.value.as_ref()),
            average: self.amount(value.average_value.as_ref()),
        }
    }

    fn status_source<'a>(
        &mut self,
        status: &'a MetricStatus,
    ) -> Option<(MetricSource, Option<&'a MetricValueStatus>)> {
        Some(match status.type_.as_str() {
            "" => return None,
            "Resource" => {
                let it = status.resource.as_ref()?;
                (MetricSource::Resource { name: self.texts.get(&it.name) }, it.current.as_ref())
            }
            "ContainerResource" => {
                let it = status.container_resource.as_ref()?;
                (self.container_resource(&it.name, &it.container), it.current.as_ref())
            }
            "Pods" => {
                let it = status.pods.as_ref()?;
                let (name, selector) = self.identifier(it.metric.as_ref());
                (MetricSource::Pods { name, selector }, it.current.as_ref())
            }
            "Object" => {
                let it = status.object.as_ref()?;
                (self.object(it.metric.as_ref(), it.described_object.as_ref()), it.current.as_ref())
            }
            "External" => {
                let it = status.external.as_ref()?;
                let (name, selector) = self.identifier(it.metric.as_ref());
                (MetricSource::External { name, selector }, it.current.as_ref())
            }
            kind => (MetricSource::Unknown { kind: self.texts.get(kind) }, None),
        })
    }

    fn container_resource(&mut self, name: &str, container: &str) -> MetricSource {
        MetricSource::ContainerResource { name: self.texts.get(name), container: self.texts.get(container) }
    }

    fn object(
        &mut self,
        metric: Option<&MetricIdentifier>,
        object: Option<&CrossVersionObjectReference>,
    ) -> MetricSource {
        let (name, selector) = self.identifier(metric);
        let object = object.map_or_else(String::new, |it| format!("{}/{}", it.kind, it.name));
        MetricSource::Object { name, selector, object: self.texts.get(&object) }
    }

    /// Name and selector; the selector as text, because it is only ever compared and shown.
    fn identifier(&mut self, metric: Option<&MetricIdentifier>) -> (Str, Str) {
        let Some(metric) = metric else { return (self.texts.get(""), self.texts.get("")) };
        let selector = metric.selector.as_ref().map(|it| self.selector(it).to_string()).unwrap_or_default();
        (self.texts.get(&metric.name), self.texts.get(&selector))
    }

    /// What a metric should be. The controller minds the type of the target for objects only: of the others it takes
    /// what is set, and the API server does not refuse a type that does not fit that.
    /// Source: kubernetes `pkg/controller/podautoscaler/horizontal.go`, computeStatusFor*.
    fn goal(&mut self, source: &MetricSource, target: &MetricTarget) -> Goal {
        let value = self.amount(target.value.as_ref()).map(Goal::Value);
        let average = self.amount(target.average_value.as_ref()).map(Goal::AverageValue);
        let goal = match source {
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => {
                average.or_else(|| target.average_utilization.map(Goal::Utilization))
            }
            MetricSource::Pods { .. } => average,
            MetricSource::External { .. } => average.or(value),
            MetricSource::Object { .. } | MetricSource::Unknown { .. } => match target.type_.as_str() {
                "Value" => value,
                "AverageValue" => average,
                _ => None,
            },
        };
        goal.unwrap_or(Goal::Missing)
    }

    pub(super) fn amount(&mut self, quantity: Option<&Quantity>) -> Option<Amount> {
        let text = &quantity?.string;
        Some(Amount { milli: Milli::parse(text)?, text: self.texts.get(text) })
    }
}
