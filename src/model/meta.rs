//! What every object carries: key, UID, owner, times, conditions. Labels are kept only where an index needs them.

use std::sync::Arc;

use jiff::Timestamp;

use super::key::{Key, Uid};
use super::second::Second;
use super::text::Str;

/// The part of metav1.ObjectMeta that foretop uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    /// Namespace and name.
    pub key: Key,
    /// Tells an object from a later one of the same name.
    pub uid: Uid,
    /// creationTimestamp.
    pub created: Option<Second>,
    /// deletionTimestamp: set while the object is terminating.
    pub deleted: Option<Second>,
    /// The owner reference with `controller: true`, shared by all that it owns.
    pub controller: Option<Arc<Owner>>,
}

/// The controlling owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// For example `ReplicaSet`. A kind with replicas of another group than `apps`, where the group has one of that name,
    /// bears it, as kubectl takes it: `StatefulSet.apps.kruise.io`.
    pub kind: Str,
    /// The owner's name, in the object's own namespace.
    pub name: Str,
}

/// A condition's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConditionStatus {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`, or anything else.
    Unknown,
}

impl ConditionStatus {
    /// Reads the API's text; anything but `True` and `False` is unknown.
    pub fn parse(text: &str) -> Self {
        match text {
            "True" => Self::True,
            "False" => Self::False,
            _ => Self::Unknown,
        }
    }

    /// The API's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition of a node or an autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// For example `Ready`.
    pub kind: Str,
    /// Its status.
    pub status: ConditionStatus,
    /// CamelCase reason, possibly empty.
    pub reason: Str,
    /// The writer's sentence, possibly empty.
    pub message: Str,
    /// lastTransitionTime: when the status, not the reason, last changed.
    pub since: Option<Timestamp>,
}

/// Finds a condition by its type.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| &*condition.kind == kind)
}

/// A label selector as far as an exact match needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// Every pair must be present.
    pub labels: Vec<(Str, Str)>,
    /// Every requirement must hold.
    pub requirements: Vec<Requirement>,
}

/// One matchExpressions entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// The label's key.
    pub key: Str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Str,
    /// The values, for `In` and `NotIn`.
    pub values: Vec<Str>,
}

impl Selector {
    /// Reads the text form that the API takes in a query: `app=web,tier in (a,b),track notin (canary),new,!old`;
    /// `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut selector = Self::default();
        let (mut depth, mut start) = (0_u32, 0);
        let ends = text.char_indices().chain([(text.len(), ',')]);
        for (at, c) in ends {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.checked_sub(1)?,
                ',' if depth == 0 => {
                    selector.require(text.get(start..at)?.trim())?;
                    start = at + 1;
                }
                _ => {}
            }
        }
        selector.labels.sort();
        (depth == 0).then_some(selector)
    }

    /// Adds one requirement in its text form.
    fn require(&mut self, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        let operator = |name: &str, key: &str, values: Vec<Str>| {
            let key = key.trim();
            let whole = !key.is_empty() && !key.contains([' ', '(', ')', '=', '!']);
            whole.then(|| Requirement { key: key.into(), operator: name.into(), values })
        };
        let list = |text: &str| {
            let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.split(',').map(|value| Str::from(value.trim())).collect())
        };
        let found = if let Some((key, values)) = text.split_once(" notin ") {
            operator("NotIn", key, list(values)?)?
        } else if let Some((key, values)) = text.split_once(" in ") {
            operator("In", key, list(values)?)?
        } else if let Some((key, value)) = text.split_once("!=") {
            operator("NotIn", key, vec![value.trim().into()])?
        } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            let pair = operator("In", key, Vec::new())?;
            self.labels.push((pair.key, value.trim().into()));
            return Some(());
        } else if let Some(key) = text.strip_prefix('!') {
            operator("DoesNotExist", key, Vec::new())?
        } else {
            operator("Exists", text, Vec::new())?
        };
        self.requirements.push(found);
        Some(())
    }

    /// Whether it asks for any of these keys.
    pub fn names(&self, keys: &[&str]) -> bool {
        let mut named =
            self.labels.iter().map(|(key, _)| key).chain(self.requirements.iter().map(|it| &it.key));
        named.any(|key| keys.contains(&&**key))
    }

    /// Whether these labels are selected. An empty selector selects everything.
    pub fn matches(&self, labels: &[(Str, Str)]) -> bool {
        let value = |key: &str| labels.iter().find(|(k, _)| &**k == key).map(|(_, v)| v);
        self.labels.iter().all(|(k, v)| value(k) == Some(v))
            && self.requirements.iter().all(|requirement| {
                let value = value(&requirement.key);
                match &*requirement.operator {
                    "In" => value.is_some_and(|v| requirement.values.contains(v)),
                    "NotIn" => value.is_none_or(|v| !requirement.values.contains(v)),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pairs = self.labels.iter().map(|(k, v)| format!("{k}={v}"));
        let rest = self.requirements.iter().map(|r| match &*r.operator {
            "In" => format!("{} in ({})", r.key, r.values.join(",")),
            "NotIn" => format!("{} notin ({})", r.key, r.values.join(",")),
            "Exists" => r.key.to_string(),
            _ => format!("!{}", r.key),
        });
        f.write_str(&pairs.chain(rest).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selectors_text_is_read_back() {
        for text in ["app=web,tier=front,track notin (a,b)", "app in (x),new,!old", "a=", ""] {
            assert_eq!(Selector::parse(text).unwrap().to_string(), text);
        }
        let loose = Selector::parse(" app == web , b!=c,d in ( x , y ) ").unwrap();
        assert_eq!(loose.to_string(), "app=web,b notin (c),d in (x,y)");
        for text in ["=a", "a in b", "a in (b", "a)", "a b", "!"] {
            assert_eq!(Selector::parse(text), None, "{text:?}");
        }
    }
}
