//! One object as the store keeps it: a tree that controllers read and write, or a pod of the crowd, which is little more
//! than a name until somebody asks for it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use crate::demo::crowd::pod::Pod;
use crate::demo::json::at;
use crate::demo::protobuf;

/// One object. Copies share it.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    /// JSON, and its protobuf once somebody asked for it: written once, however many lists and watches send it.
    Tree(Arc<Value>, Arc<OnceLock<Bytes>>),
    /// A pod that no controller looks after.
    Pod(Arc<Pod>),
}

impl From<Arc<Value>> for Object {
    fn from(value: Arc<Value>) -> Self {
        Self::Tree(value, Arc::default())
    }
}

impl Object {
    /// The tree, when it is one.
    pub(super) fn tree(&self) -> Option<&Arc<Value>> {
        match self {
            Self::Tree(value, _) => Some(value),
            Self::Pod(_) => None,
        }
    }

    /// The whole object as JSON.
    pub(crate) fn value(&self) -> Arc<Value> {
        match self {
            Self::Tree(value, _) => Arc::clone(value),
            Self::Pod(pod) => Arc::new(pod.value()),
        }
    }

    /// As much of it as selectors look at.
    pub(crate) fn sketch(&self) -> Arc<Value> {
        match self {
            Self::Tree(value, _) => Arc::clone(value),
            Self::Pod(pod) => Arc::new(pod.sketch()),
        }
    }

    /// Its labels.
    pub(crate) fn labels(&self) -> &Value {
        match self {
            Self::Tree(value, _) => at(value, "/metadata/labels"),
            Self::Pod(pod) => &pod.template.labels,
        }
    }

    /// How many bytes its protobuf has.
    pub(crate) fn length(&self, kind: &str) -> usize {
        match self {
            Self::Tree(value, encoded) => encode(kind, value, encoded).len(),
            Self::Pod(pod) => pod.size as usize,
        }
    }

    /// Appends its protobuf, without an envelope.
    pub(crate) fn write(&self, kind: &str, out: &mut Vec<u8>) {
        match self {
            Self::Tree(value, encoded) => out.extend_from_slice(encode(kind, value, encoded)),
            Self::Pod(pod) => pod.write(out),
        }
    }

    /// The same object under a later version, as the event of its deletion shows it.
    pub(crate) fn at_version(&self, version: u64) -> Self {
        match self {
            Self::Tree(value, _) => {
                let mut value = Value::clone(value);
                crate::demo::json::put(&mut value, "/metadata/resourceVersion", version.to_string());
                Arc::new(value).into()
            }
            Self::Pod(pod) => Self::Pod(Arc::new(Pod::clone(pod).at_version(version))),
        }
    }
}

fn encode<'c>(kind: &str, value: &Value, encoded: &'c OnceLock<Bytes>) -> &'c Bytes {
    encoded.get_or_init(|| protobuf::encode(kind, value).into())
}
