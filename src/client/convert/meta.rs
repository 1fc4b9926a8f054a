//! Metadata, times, conditions, selectors: what every kind carries.

use std::sync::Arc;

use jiff::Timestamp;

use super::Shared;
use super::shared::only;
use crate::model::key::{Key, Uid};
use crate::model::meta::{Condition, ConditionStatus, Meta, Owner, Requirement, Selector};
use crate::model::second::Second;
use crate::model::text::Str;
use crate::wire::meta::{LabelSelector, ObjectMeta, OwnerReference, Time};

/// The instant, if there is one that can be read.
pub(super) fn time(time: Option<Time>) -> Option<Timestamp> {
    // Go's zero time means that nothing was set; some writers send it instead of leaving the field out.
    time.filter(|time| time.seconds != ZERO_TIME)?.timestamp()
}

/// The second, if there is one that can be read.
pub(super) fn second(at: Option<Time>) -> Option<Second> {
    time(at).and_then(Second::of)
}

/// 0001-01-01T00:00:00Z in seconds since 1970.
const ZERO_TIME: i64 = -62_135_596_800;

/// The group of an owner that only has the name of a native kind with replicas. DaemonSets have none to set, and what
/// runs one pod per node is alike in every group.
fn foreign(owner: &OwnerReference) -> Option<&str> {
    let (group, _) = owner.api_version.split_once('/')?;
    let named = matches!(owner.kind.as_str(), "Deployment" | "ReplicaSet" | "StatefulSet");
    // Objects that have been there since before `apps` still name `extensions`.
    (named && !matches!(group, "apps" | "extensions")).then_some(group)
}

impl Shared {
    /// The metadata's part that foretop uses. Names are not shared: hardly two objects have the same.
    pub(super) fn meta(&mut self, meta: &ObjectMeta) -> Meta {
        Meta {
            key: self.key(meta),
            uid: Uid::parse(&meta.uid),
            created: second(meta.creation_timestamp),
            deleted: second(meta.deletion_timestamp),
            controller: self.controller(meta),
        }
    }

    /// The controlling owner, shared by all that it owns.
    pub(super) fn controller(&mut self, meta: &ObjectMeta) -> Option<Arc<Owner>> {
        let owner = meta.owner_references.iter().find(|owner| owner.controller == Some(true))?;
        let kind = match foreign(owner) {
            Some(group) => self.texts.get(&format!("{}.{group}", owner.kind)),
            None => self.texts.get(&owner.kind),
        };
        let owner = Owner { kind, name: self.texts.get(&owner.name) };
        Some(only(&mut self.owners, owner))
    }

    /// Namespace and name alone, which is all that a deletion needs.
    pub fn key(&mut self, meta: &ObjectMeta) -> Key {
        Key { namespace: self.texts.get(&meta.namespace), name: Str::from(meta.name.as_str()) }
    }

    pub(super) fn condition(
        &mut self,
        kind: &str,
        status: &str,
        [reason, message]: [&str; 2],
        since: Option<Time>,
    ) -> Condition {
        Condition {
            kind: self.texts.get(kind),
            status: ConditionStatus::parse(status),
            reason: self.texts.get(reason),
            message: self.texts.get(message),
            since: time(since),
        }
    }

    /// The selector with its labels sorted, so that equal selectors read alike.
    pub(super) fn selector(&mut self, selector: &LabelSelector) -> Selector {
        let mut labels: Vec<(Str, Str)> = selector
            .match_labels
            .iter()
            .map(|(key, value)| (self.texts.get(key), self.texts.get(value)))
            .collect();
        labels.sort();
        let requirements = selector
            .match_expressions
            .iter()
            .map(|it| Requirement {
                key: self.texts.get(&it.key),
                operator: self.texts.get(&it.operator),
                values: it.values.iter().map(|value| self.texts.get(value)).collect(),
            })
            .collect();
        Selector { labels, requirements }
    }
}
