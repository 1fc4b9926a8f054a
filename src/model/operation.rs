//! Operations: an intended change as data, comparable, printable, loggable. It sends nothing.

use std::fmt;

use super::key::Target;

/// An intended change. Made by an action's `plan`, sent by `client::perform` and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The action's name, for example `cordon`.
    pub action: &'static str,
    /// What the user had selected when the key went down, resolved to the object that changes.
    pub target: Target,
    /// The object that changes where it is of a kind that is not watched and `target` is how it was found: `rollout.argoproj.io` and
    /// its name.
    pub other: Option<(String, String)>,
    /// The field that changes, for example `spec.unschedulable`.
    pub field: &'static str,
    /// The value before, as last seen.
    pub old: String,
    /// The value after.
    pub new: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// What the controllers will make of it, and what the user should know before saying yes.
    pub consequences: Vec<String>,
    /// The same thing done with kubectl.
    pub kubectl: String,
    /// What the server must allow.
    pub permission: Permission,
    /// The exact requests, in order.
    pub requests: Vec<ApiRequest>,
    /// Whether the server is asked first whether it would accept them.
    pub rehearsal: Rehearsal,
    /// How to undo it, as the kubectl command; `None` when it cannot be undone.
    pub inverse: Option<String>,
}

impl Operation {
    /// The kind of the object that changes, in lower case, and its name.
    pub fn object(&self) -> (String, &str) {
        match &self.other {
            Some((kind, name)) => (kind.clone(), name),
            None => (self.target.kind.name().to_lowercase(), &self.target.key.name),
        }
    }

    /// The object that changes, as kubectl names it: `deployment/shop/web`.
    pub fn subject(&self) -> String {
        match &self.other {
            Some((kind, name)) => format!("{kind}/{}/{name}", self.target.key.namespace),
            None => self.target.to_string(),
        }
    }

    /// The same operation in the words of a dry run: the command changes nothing, and there is nothing to undo.
    #[must_use]
    pub fn as_dry_run(mut self) -> Self {
        self.kubectl = match self.kubectl.split_once(" --raw ") {
            Some((before, after)) => {
                let (path, rest) = after.split_once(' ').unwrap_or((after, ""));
                format!("{before} --raw '{path}?dryRun=All' {rest}")
            }
            None => format!("{} --dry-run=server", self.kubectl),
        };
        self.inverse = None;
        self
    }
}

/// How much harm an operation can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Undone with one key; disturbs nothing that runs.
    Low,
    /// Stops or starts pods.
    Disruptive,
}

/// Whether requests are sent as a dry run before they are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rehearsal {
    /// They are sent at once.
    #[default]
    None,
    /// First all of them as a dry run; when the server would refuse one, nothing is changed.
    First,
}

/// One request to the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiRequest {
    /// How.
    pub verb: RequestVerb,
    /// Path from the server's root, without a query.
    pub path: String,
    /// The JSON body.
    pub body: serde_json::Value,
}

/// The mutating verbs that foretop uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestVerb {
    /// PATCH with `application/merge-patch+json`.
    MergePatch,
    /// PATCH with `application/strategic-merge-patch+json`.
    StrategicMergePatch,
    /// PATCH with `application/json-patch+json`, whose `test` operations are conditions: when one fails, the object is
    /// no longer what the user saw.
    JsonPatch,
    /// POST with `application/json`.
    Create,
}

/// A right, as RBAC names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    /// For example `patch`.
    pub verb: &'static str,
    /// API group, empty for the core group.
    pub group: String,
    /// For example `deployments`.
    pub resource: String,
    /// For example `scale`, or empty.
    pub subresource: &'static str,
    /// The namespace asked about, `None` for cluster-scoped resources or all namespaces.
    pub namespace: Option<String>,
}

impl fmt::Display for Permission {
    /// `create pods/eviction in namespace shop`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => Ok(()),
        }
    }
}

/// Why an action makes no sense here: a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was tried.
    pub operation: Operation,
    /// What came of it.
    pub result: OutcomeResult,
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OutcomeResult {
    /// The server accepted it; the watch will show the new state.
    Accepted,
    /// The server accepted it as a dry run; nothing changed.
    AcceptedDryRun,
    /// No answer came: whether anything changed is not known.
    Unknown {
        /// What happened.
        why: String,
        /// What to do next.
        hint: String,
    },
    /// It could not be sent, so nothing changed.
    NotSent {
        /// What happened.
        why: String,
        /// What to do next.
        hint: String,
    },
    /// The server or foretop refused: the sentence in full, and what to do next.
    Refused {
        /// In the server's own words where there are any.
        why: String,
        /// What to do next, possibly empty.
        hint: String,
    },
}
