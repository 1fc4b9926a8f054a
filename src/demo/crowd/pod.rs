//! A pod of the crowd: what distinguishes it from its thousand siblings, in about a hundred bytes. All else is in its
//! template. How it is written is in `write`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::named;
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
    /// What its name ends with.
    pub(crate) letters: [u8; 5],
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
            _ if self.template.on_the_host => Some(site.host(self.node).to_owned()),
            _ => Some(Site::address(self.node, self.host)),
        }
    }

    /// The API's word for its state.
    pub(super) fn phase(&self) -> &'static str {
        if self.state == State::Starting { "Pending" } else { "Running" }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        named(&self.template.prefix, self.letters)
    }

    /// Its uid as the API writes it.
    pub(super) fn uid(&self) -> [u8; 36] {
        let mut out = [b'-'; 36];
        let digits = digits(self.uid);
        for (from, to) in [(0..8, 0), (8..12, 9), (12..16, 14), (16..20, 19), (20..32, 24)] {
            out[to..to + from.len()].copy_from_slice(&digits[from]);
        }
        out
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
            "metadata": {"name": self.name(), "namespace": template.namespace, "labels": template.labels},
            "spec": {"nodeName": template.site.name(self.node), "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "serviceAccountName": "default",
                "hostNetwork": template.on_the_host},
            "status": {"phase": self.phase(), "podIP": self.address()},
        })
    }
}

/// Hexadecimal digits.
pub(super) fn digits(number: u128) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 32];
    for (pair, byte) in out.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out
}
