//! Which part of the cluster the user looks at. It holds no rows.

use super::key::Target;
use super::text::Str;

/// Which pods a list of nobody's in particular holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Those in trouble, and those on nodes in trouble: what fits a screen.
    #[default]
    Trouble,
    /// All of them, for reports that ask for pods by name.
    All,
}

/// What a view is narrowed to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// One namespace, or all.
    pub namespace: Option<Str>,
    /// For the pods view: whose pods; `None` is nobody's in particular.
    pub of: Option<Target>,
    /// For the pods view, when they are nobody's in particular: which.
    pub extent: Extent,
}

impl Scope {
    /// Whether objects of this namespace are in scope; cluster-scoped objects always are.
    pub fn admits(&self, namespace: &str) -> bool {
        namespace.is_empty() || self.namespace.as_deref().is_none_or(|only| only == namespace)
    }
}
