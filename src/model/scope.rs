//! Which part of the cluster the user looks at. It holds no rows.

use super::key::Target;
use super::text::Str;

/// What a view is narrowed to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// One namespace, or all.
    pub namespace: Option<Str>,
    /// For the pods view: whose pods; `None` is those that are in trouble.
    pub of: Option<Target>,
}

impl Scope {
    /// Whether objects of this namespace are in scope; cluster-scoped objects always are.
    pub fn admits(&self, namespace: &str) -> bool {
        namespace.is_empty() || self.namespace.as_deref().is_none_or(|only| only == namespace)
    }
}
