//! The paths and queries of the questions that the autoscaler's controller asks. Pure; it sends nothing.
//!
//! Source: kubernetes `pkg/controller/podautoscaler/metrics/client.go`, k8s.io/metrics `pkg/client/custom_metrics` and
//! `pkg/client/external_metrics`.

use std::fmt::Write as _;

use crate::client::watch::request::encode;

/// Measurements of pods.
pub(super) const METRICS: &str = "metrics.k8s.io";
/// Values of pods and of other objects.
pub(super) const CUSTOM: &str = "custom.metrics.k8s.io";
/// Values from outside the cluster.
pub(super) const EXTERNAL: &str = "external.metrics.k8s.io";

/// Where objects of a kind are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// For example `deployments`.
    pub plural: String,
}

impl Resource {
    /// The resource as custom.metrics.k8s.io names it: with its group after a dot.
    fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// An object; `None` here and below when a name is none that a path may hold.
pub(super) fn object(resource: &Resource, namespace: &str, name: &str) -> Option<String> {
    let below = ["namespaces", namespace, &resource.plural, name];
    path(&group_version(&resource.group, &resource.version), &below)
}

/// The scale of an object.
pub(super) fn scale(resource: &Resource, namespace: &str, name: &str) -> Option<String> {
    Some(format!("{}/scale", object(resource, namespace, name)?))
}

/// What the selected pods use.
pub(super) fn pods(namespace: &str, selector: &str) -> Option<String> {
    let path = path(&group_version(METRICS, "v1beta1"), &["namespaces", namespace, "pods"])?;
    Some(query(path, &[("labelSelector", selector)]))
}

/// A custom metric of the selected pods.
pub(super) fn per_pod(
    version: &str,
    [namespace, selector]: [&str; 2],
    [metric, metric_selector]: [&str; 2],
) -> Option<String> {
    let path = path(&group_version(CUSTOM, version), &["namespaces", namespace, "pods", "*", metric])?;
    Some(query(path, &[("labelSelector", selector), ("metricLabelSelector", metric_selector)]))
}

/// A custom metric of one object.
pub(super) fn of_object(
    version: &str,
    (namespace, resource, name): (&str, &Resource, &str),
    [metric, metric_selector]: [&str; 2],
) -> Option<String> {
    let below = ["namespaces", namespace, &resource.qualified(), name, metric];
    Some(query(path(&group_version(CUSTOM, version), &below)?, &[("metricLabelSelector", metric_selector)]))
}

/// A custom metric of the namespace itself.
pub(super) fn of_namespace(
    version: &str,
    namespace: &str,
    [metric, metric_selector]: [&str; 2],
) -> Option<String> {
    let path = path(&group_version(CUSTOM, version), &["namespaces", namespace, "metrics", metric])?;
    Some(query(path, &[("metricLabelSelector", metric_selector)]))
}

/// An external metric.
pub(super) fn external(namespace: &str, [metric, selector]: [&str; 2]) -> Option<String> {
    let path = path(&group_version(EXTERNAL, "v1beta1"), &["namespaces", namespace, metric])?;
    Some(query(path, &[("labelSelector", selector)]))
}

/// The group of the API of measurements that serves a path, empty for all that the server serves itself.
pub(super) fn adapter(path: &str) -> &str {
    let group = path.strip_prefix("/apis/").and_then(|it| it.split(['/', '?']).next());
    group.filter(|it| [METRICS, CUSTOM, EXTERNAL].contains(it)).unwrap_or_default()
}

/// What versions of a group there are.
pub(super) fn group(group: &str) -> Option<String> {
    path("/apis", &[group])
}

/// What resources of a version there are.
pub(super) fn resources(group: &str, version: &str) -> Option<String> {
    if group.is_empty() { path("/api", &[version]) } else { path("/apis", &[group, version]) }
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

fn path(root: &str, below: &[&str]) -> Option<String> {
    let root_is_plain = root.trim_start_matches('/').split('/').all(plain);
    (root_is_plain && below.iter().all(|it| plain(it))).then(|| format!("{root}/{}", below.join("/")))
}

/// Whether a text is one segment of a path as it stands. What would have to be written otherwise could be read as
/// another path on the way, and the gate lets none such pass; Google's metrics have bars in their names.
fn plain(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@|".contains(&byte);
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
}

/// With what is not empty, as Go's clients leave out the rest.
fn query(mut path: String, pairs: &[(&str, &str)]) -> String {
    let mut sign = '?';
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(path, "{sign}{key}={}", encode(value));
        sign = '&';
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(group: &str, plural: &str) -> Resource {
        Resource { group: group.into(), version: "v1".into(), plural: plural.into() }
    }

    #[test]
    fn the_paths_are_those_of_the_controller() {
        let some = |path: Option<String>| path.unwrap();
        let (deployments, services) = (resource("apps", "deployments"), resource("", "services"));
        assert_eq!(
            some(scale(&deployments, "shop", "web")),
            "/apis/apps/v1/namespaces/shop/deployments/web/scale"
        );
        assert_eq!(some(object(&services, "shop", "web")), "/api/v1/namespaces/shop/services/web");
        assert_eq!(
            some(pods("shop", "app=web,tier in (a,b)")),
            "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29"
        );
        assert_eq!(
            some(per_pod("v1beta2", ["shop", "app=web"], ["requests", "verb=GET"])),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/requests?labelSelector=app%3Dweb\
             &metricLabelSelector=verb%3DGET"
        );
        assert_eq!(
            some(of_object("v1beta1", ("shop", &deployments, "web"), ["queue", ""])),
            "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/deployments.apps/web/queue"
        );
        assert_eq!(
            some(of_namespace("v1beta2", "shop", ["queue", ""])),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/metrics/queue"
        );
        assert_eq!(
            some(external("shop", ["pubsub.googleapis.com|depth", ""])),
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/pubsub.googleapis.com|depth"
        );
        assert_eq!(some(resources("", "v1")), "/api/v1");
        assert_eq!(some(resources("example.org", "v2")), "/apis/example.org/v2");
    }

    #[test]
    fn who_serves_a_path_is_an_adapter_or_the_server_itself() {
        let paths = [pods("shop", "a=b"), external("shop", ["depth", ""]), group(CUSTOM)];
        let adapters: Vec<_> = paths.iter().flatten().map(|it| adapter(it)).collect();
        assert_eq!(adapters, [METRICS, EXTERNAL, CUSTOM]);
        for path in ["/api/v1/namespaces/shop/pods/a", "/apis/apps/v1", "/apis", "/apis/x/metrics.k8s.io"] {
            assert_eq!(adapter(path), "", "{path}");
        }
    }

    #[test]
    fn no_name_leads_elsewhere() {
        for odd in ["", ".", "..", "a/b", "a b", "a%2fb", "a?b", "a#b", "ä", "a\nb"] {
            assert_eq!(external("shop", [odd, ""]), None, "{odd:?}");
            assert_eq!(scale(&resource("apps", "deployments"), "shop", odd), None, "{odd:?}");
            assert_eq!(group(odd), None, "{odd:?}");
        }
        let mean = Resource { group: "x/../..".into(), version: "v1".into(), plural: "nodes".into() };
        assert_eq!(object(&mean, "shop", "web"), None);
    }
}
