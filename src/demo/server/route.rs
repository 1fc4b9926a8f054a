//! What a path asks for. It looks at no object.

use crate::demo::resources::{Key, Resource, Scope};

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Version,
    Health,
    Metrics,
    /// `/api`, `/apis`, `/apis/GROUP`: the groups and versions; the group's name, when it is only one.
    Groups(Root),
    /// `/api/v1`, `/apis/GROUP/VERSION`: the kinds of one version.
    Kinds {
        group: String,
        version: String,
    },
    /// `selfsubjectaccessreviews` or `selfsubjectrulesreviews`.
    Review(Review),
    /// A path of a node's kubelet, below `nodes/NAME/proxy`.
    Kubelet {
        node: String,
        path: String,
    },
    /// What an adapter measures.
    Adapter(Measure),
    /// Objects.
    Objects(Place),
    Unknown,
}

/// A path above the versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    Core,
    Named,
    Group(String),
}

/// A review of one's own rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    Access,
    Rules,
}

/// A collection, an object, or a part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) resource: Resource,
    /// Empty for cluster scope and for all namespaces.
    pub(crate) namespace: String,
    /// Empty for a collection.
    pub(crate) name: String,
    pub(crate) subresource: String,
}

/// A custom or an external metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) namespace: String,
    /// What a custom metric is about, for example `pods`; empty for external metrics.
    pub(crate) resource: String,
    /// The name of that, or `*`.
    pub(crate) name: String,
    pub(crate) metric: String,
}

/// The groups and versions that adapters serve; of each group the preferred version first.
pub(crate) const ADAPTERS: [(&str, &str); 3] = [
    ("custom.metrics.k8s.io", "v1beta2"),
    ("custom.metrics.k8s.io", "v1beta1"),
    ("external.metrics.k8s.io", "v1beta1"),
];

impl Place {
    /// The object's key.
    pub(crate) fn key(&self) -> Key {
        Key::new(self.resource, &self.namespace, &self.name)
    }

    /// The namespace to list, or all.
    pub(crate) fn scope(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(self.namespace.as_str())
    }
}

/// Reads a path.
pub(crate) fn read(path: &str) -> Route {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["version"] => Route::Version,
        ["metrics"] => Route::Metrics,
        ["healthz" | "livez" | "readyz", ..] => Route::Health,
        ["api"] => Route::Groups(Root::Core),
        ["apis"] => Route::Groups(Root::Named),
        ["apis", group] => Route::Groups(Root::Group((*group).to_owned())),
        ["api", version] => Route::Kinds { group: String::new(), version: (*version).to_owned() },
        ["apis", group, version] => {
            Route::Kinds { group: (*group).to_owned(), version: (*version).to_owned() }
        }
        ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] => Route::Review(Review::Access),
        ["apis", "authorization.k8s.io", "v1", "selfsubjectrulesreviews"] => Route::Review(Review::Rules),
        ["api", "v1", "nodes", node, "proxy", rest @ ..] => {
            Route::Kubelet { node: (*node).to_owned(), path: rest.join("/") }
        }
        ["api", version, rest @ ..] => objects("", version, rest),
        ["apis", group, version, rest @ ..] => match ADAPTERS.iter().find(|it| **it == (*group, *version)) {
            Some(adapter) => measure(*adapter, rest),
            None => objects(group, version, rest),
        },
        _ => Route::Unknown,
    }
}

fn measure((group, version): (&'static str, &'static str), rest: &[&str]) -> Route {
    let [namespace, resource, name, metric] = match (group, rest) {
        ("external.metrics.k8s.io", ["namespaces", namespace, metric]) => [*namespace, "", "", *metric],
        ("custom.metrics.k8s.io", ["namespaces", namespace, "metrics", metric]) => {
            [*namespace, "namespaces", *namespace, *metric]
        }
        ("custom.metrics.k8s.io", ["namespaces", namespace, resource, name, metric]) => {
            [*namespace, *resource, *name, *metric]
        }
        ("custom.metrics.k8s.io", [resource, name, metric]) => ["", *resource, *name, *metric],
        _ => return Route::Unknown,
    };
    let [namespace, resource, name, metric] = [namespace, resource, name, metric].map(str::to_owned);
    Route::Adapter(Measure { group, version, namespace, resource, name, metric })
}

fn objects(group: &str, version: &str, rest: &[&str]) -> Route {
    let (namespace, rest) = match rest {
        ["namespaces", namespace, resource, rest @ ..]
            if *resource != "status" && *resource != "finalize" =>
        {
            (*namespace, [&[*resource], rest].concat())
        }
        _ => ("", rest.to_vec()),
    };
    let (plural, name, subresource) = match rest.as_slice() {
        [plural] => (*plural, "", ""),
        [plural, name] => (*plural, *name, ""),
        [plural, name, subresource] => (*plural, *name, *subresource),
        _ => return Route::Unknown,
    };
    let Some(resource) = Resource::find(group, version, plural) else { return Route::Unknown };
    let description = resource.description();
    let namespaced = description.scope == Scope::Namespaced;
    let fits = if namespaced { name.is_empty() || !namespace.is_empty() } else { namespace.is_empty() };
    if !fits || !subresource.is_empty() && !description.subresources.contains(&subresource) {
        return Route::Unknown;
    }
    Route::Objects(Place {
        resource,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        subresource: subresource.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> (Resource, String) {
        match read(path) {
            Route::Objects(place) => {
                (place.resource, format!("{}/{}/{}", place.namespace, place.name, place.subresource))
            }
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn paths_of_objects() {
        assert_eq!(place("/api/v1/pods"), (Resource::Pods, "//".to_owned()));
        assert_eq!(
            place("/api/v1/namespaces/shop/pods/p/eviction"),
            (Resource::Pods, "shop/p/eviction".to_owned())
        );
        assert_eq!(place("/api/v1/namespaces/shop"), (Resource::Namespaces, "/shop/".to_owned()));
        assert_eq!(
            place("/api/v1/namespaces/shop/status"),
            (Resource::Namespaces, "/shop/status".to_owned())
        );
        assert_eq!(place("/apis/apps/v1/namespaces/a/deployments/b/scale").1, "a/b/scale");
        let measure = |path: &str| match read(path) {
            Route::Adapter(it) => format!("{}/{}/{}/{}", it.namespace, it.resource, it.name, it.metric),
            other => panic!("{path} is {other:?}"),
        };
        assert_eq!(
            measure("/apis/custom.metrics.k8s.io/v1beta2/namespaces/a/pods/*/requests"),
            "a/pods/*/requests"
        );
        assert_eq!(measure("/apis/custom.metrics.k8s.io/v1beta1/namespaces/a/metrics/m"), "a/namespaces/a/m");
        assert_eq!(measure("/apis/external.metrics.k8s.io/v1beta1/namespaces/a/m"), "a///m");
        for path in [
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/a/pods/*/m",
            "/api/v1/pods/p",
            "/api/v1/namespaces/a/nodes",
            "/api/v1/nodes/n/scale",
            "/apis/apps/v2/deployments",
            "/x",
        ] {
            assert_eq!(read(path), Route::Unknown, "{path}");
        }
    }
}
