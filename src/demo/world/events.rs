//! core/v1 Events: recorded as the event recorder does it, counted up when the same thing happens again, and gone
//! after an hour.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Work, World};
use crate::demo::json::{at, number, put, text, time};
use crate::demo::random::hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};

/// Seconds an event stays after it was last seen; the API server's `--event-ttl`.
const STAYS: i64 = 3600;

/// The events that can still be counted up, by what they say.
#[derive(Default)]
pub(crate) struct Book {
    known: BTreeMap<(String, String, String), Key>,
}

/// Whether an event is part of normal life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Normal,
    Warning,
}

/// What an event says and who says it.
pub(crate) struct Note<'a> {
    pub(crate) mood: Mood,
    pub(crate) component: &'a str,
    /// The node of the reporting kubelet, or nothing.
    pub(crate) host: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: String,
    /// For example `spec.containers{app}`, or nothing.
    pub(crate) field: String,
}

impl<'a> Note<'a> {
    /// A normal event of a controller.
    pub(crate) fn normal(component: &'a str, reason: &'a str, message: String) -> Self {
        Self { mood: Mood::Normal, component, host: "", reason, message, field: String::new() }
    }

    /// A warning of a controller.
    pub(crate) fn warning(component: &'a str, reason: &'a str, message: String) -> Self {
        Self { mood: Mood::Warning, ..Self::normal(component, reason, message) }
    }

    /// The same, said by the kubelet of a node.
    pub(crate) fn on(self, node: &'a str) -> Self {
        Self { host: node, ..self }
    }

    /// The same, about one container.
    pub(crate) fn container(self, name: &str) -> Self {
        Self { field: format!("spec.containers{{{name}}}"), ..self }
    }
}

impl World {
    /// Records an event about an object.
    pub(crate) fn record(&mut self, about: &Key, note: Note<'_>) {
        let uid = self.store.get(about).map_or("", |object| text(object, "/metadata/uid")).to_owned();
        let said = (format!("{uid}/{}", note.component), note.reason.to_owned(), note.message.clone());
        let now = stamp(self.now);
        if let Some(key) = self.events.known.get(&said).cloned() {
            let counted = self.store.update(&key, |event| {
                put(event, "/count", number(event, "/count") + 1);
                put(event, "/lastTimestamp", now.as_str());
            });
            if counted {
                return;
            }
        }
        let namespace = if about.namespace.is_empty() { "default" } else { about.namespace.as_str() };
        let number = hash(self.seed, &format!("{}{}{}{}", said.0, said.1, said.2, now));
        let key = Key::new(Resource::Events, namespace, &format!("{}.{number:016x}", about.name));
        let event = self.event(&key, about, &uid, note);
        self.events.known.insert(said, key.clone());
        self.store.put(&key, event);
    }

    fn event(&mut self, key: &Key, about: &Key, uid: &str, note: Note<'_>) -> Value {
        let description = about.resource.description();
        let now = stamp(self.now);
        let mut source = json!({"component": note.component});
        if !note.host.is_empty() {
            put(&mut source, "/host", note.host);
        }
        let mut involved = json!({"kind": description.kind, "name": about.name, "uid": uid,
            "apiVersion": description.api_version()});
        for (pointer, value) in
            [("/namespace", about.namespace.as_str()), ("/fieldPath", note.field.as_str())]
        {
            if !value.is_empty() {
                put(&mut involved, pointer, value);
            }
        }
        if let Some(version) =
            self.store.get(about).map(|object| at(object, "/metadata/resourceVersion").clone())
        {
            put(&mut involved, "/resourceVersion", version);
        }
        json!({
            "kind": "Event", "apiVersion": "v1",
            "metadata": {"name": key.name, "namespace": key.namespace, "uid": self.random.uuid(),
                "creationTimestamp": now,
                "managedFields": [{"manager": note.component, "operation": "Update", "apiVersion": "v1", "time": now,
                    "fieldsType": "FieldsV1", "fieldsV1": {"f:count": {}, "f:lastTimestamp": {}, "f:message": {}}}]},
            "involvedObject": involved, "reason": note.reason, "message": Value::from(note.message), "source": source,
            "firstTimestamp": now, "lastTimestamp": now, "count": 1,
            "type": match note.mood { Mood::Normal => "Normal", Mood::Warning => "Warning" },
            "eventTime": null, "reportingComponent": note.component, "reportingInstance": note.host,
        })
    }

    /// Takes away what was last seen an hour ago, and looks again in a minute.
    pub(crate) fn expire_events(&mut self) {
        let limit = later(self.now, -STAYS);
        let old = |event: &Value| time(event, "/lastTimestamp").is_some_and(|seen: Timestamp| seen < limit);
        let gone: Vec<Key> = self
            .store
            .list(Resource::Events, None)
            .filter(|(_, event)| old(event))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            self.store.delete(&key);
            self.events.known.retain(|_, known| *known != key);
        }
        self.at(later(self.now, 60), Work::ExpireEvents);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_event_is_counted_and_leaves_after_an_hour() {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut world = World::empty(start, 1, 100);
        let node = Key::node("n");
        world.store.put(&node, json!({"metadata": {"name": "n", "uid": "u"}}));
        for _ in 0..3 {
            world.record(&node, Note::normal("node-controller", "NodeNotReady", "gone".into()));
        }
        let events: Vec<_> =
            world.store.list(Resource::Events, None).map(|(_, event)| event.clone()).collect();
        assert_eq!(events.len(), 1);
        assert_eq!(number(&events[0], "/count"), 3);
        assert_eq!(text(&events[0], "/metadata/namespace"), "default");
        world.now = later(start, STAYS + 1);
        world.expire_events();
        assert_eq!(world.store.list(Resource::Events, None).count(), 0);
    }
}
