//! Which requests a rule is about.

use serde::Deserialize;

use super::asked::{Paging, Request};
use crate::demo::resources::{ALL, Description};

/// The APIs of adapters, which are matched as a whole; the name is the metric's.
const ADAPTERS: [&str; 2] = ["custom.metrics.k8s.io", "external.metrics.k8s.io"];

/// What a request must be; what is not said may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Matching {
    /// For example `pods`, or `nodes.metrics.k8s.io`.
    resource: Option<String>,
    verb: Option<Verb>,
    /// Empty for requests to all namespaces.
    namespace: Option<String>,
    /// The object's name.
    name: Option<String>,
    /// Whether a list begins or goes on, and whether a watch begins with everything or at a version.
    page: Option<Paging>,
    /// The whole path, for what is no resource, for example `/version`.
    path: Option<String>,
}

/// What a client does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

impl Matching {
    /// Whether it can match anything.
    ///
    /// # Errors
    /// With a sentence when there is no such resource.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(resource) = &self.resource else { return Ok(()) };
        let known: Vec<_> = ALL.iter().map(Description::known_as).chain(ADAPTERS).collect();
        if known.iter().any(|name| name == resource) {
            return Ok(());
        }
        Err(format!("there is no resource {resource:?}; there are: {}", known.join(", ")))
    }

    /// Whether a request is meant.
    pub(super) fn takes(&self, request: &Request) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        same(&self.resource, request.resource)
            && self.verb.is_none_or(|verb| verb.name() == request.verb)
            && same(&self.namespace, &request.namespace)
            && same(&self.name, &request.name)
            && self.page.is_none_or(|page| page == request.paging)
            && same(&self.path, &request.path)
    }
}
