//! A pod of the crowd: what distinguishes it from its thousand siblings, in about a hundred bytes. All else is in its
//! template. How it is written is in `write`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::template::{Site, Template};
use super::write;
use crate::demo::json::{has, list_mut, put};
use crate::demo::protobuf;

/// What a pod does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Bound, with its containers being made.
    Starting,
    /// Running and ready.
    Ready,
    /// Running, while its probe fails.
    Unready,
    /// Waiting to be started again.
    Crashing,
}

/// A pod.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) template: Arc<Template>,
    pub(crate) name: Box<str>,
    pub(crate) uid: u128,
    pub(crate) version: u64,
    /// How many bytes its protobuf has.
    pub(crate) size: u32,
    /// The number of its node.
    pub(crate) node: usize,
    /// The last number of its address.
    pub(crate) host: u8,
    /// When it was created, in seconds since 1970.
    pub(crate) born: i64,
    /// When its state last changed.
    pub(crate) turned: i64,
    pub(crate) restarts: u32,
    pub(crate) state: State,
}

impl Pod {
    /// Its address; none while it is not running.
    pub(super) fn address(&self) -> Option<String> {
        let site = &self.template.site;
        match self.state {
            State::Starting => None,
            _ if self.template.on_the_host => Some(site.nodes[self.node].address.clone()),
            _ => Some(Site::address(self.node, self.host)),
        }
    }

    /// The API's word for its state.
    pub(super) fn phase(&self) -> &'static str {
        if self.state == State::Starting { "Pending" } else { "Running" }
    }

    /// Its uid as the API writes it.
    pub(super) fn uid(&self) -> String {
        let digits = format!("{:032x}", self.uid);
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    }

    /// The same pod under another version.
    pub(crate) fn at_version(mut self, version: u64) -> Self {
        self.version = version;
        self.size = write::length(&self) as u32;
        self
    }

    /// Appends its protobuf, without an envelope.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        write::pod(self, out);
    }

    /// All of it as JSON.
    pub(crate) fn value(&self) -> Value {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        let mut value = json!({"kind": "Pod", "apiVersion": "v1"});
        if let Some(Value::Object(fields)) = protobuf::decode("Pod", &bytes) {
            fields.into_iter().for_each(|(name, field)| put(&mut value, &format!("/{name}"), field));
        }
        // Protobuf does not say whether a nothing is one that JSON shows.
        if !has(&value, "/spec/priority") {
            put(&mut value, "/spec/priority", 0);
        }
        for status in list_mut(&mut value, "/status/containerStatuses") {
            for (field, nothing) in
                [("/ready", json!(false)), ("/restartCount", json!(0)), ("/started", json!(false))]
            {
                if !has(status, field) {
                    put(status, field, nothing);
                }
            }
        }
        value
    }

    /// As much of it as selectors look at.
    pub(crate) fn sketch(&self) -> Value {
        let template = &self.template;
        json!({
            "metadata": {"name": self.name, "namespace": template.namespace, "labels": template.labels},
            "spec": {"nodeName": template.site.nodes[self.node].name, "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "serviceAccountName": "default",
                "hostNetwork": template.on_the_host},
            "status": {"phase": self.phase(), "podIP": self.address()},
        })
    }
}
