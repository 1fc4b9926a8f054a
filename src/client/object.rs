//! One object in full, as YAML, for reading. It is fetched when somebody looks and kept nowhere.
//!
//! A target is of a watched kind, and Secrets are none, so that no Secret can be fetched this way.

use http::Request;
use http::header::ACCEPT;
use serde_json::Value;

use super::connect::{Failure, Session};
use super::machine;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::machine::Machine;

/// etcd stores no object larger than 1.5 MB; JSON may make it somewhat longer.
const LARGEST: usize = 16 << 20;

/// Whether to show who last set which field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagedFields {
    /// As kubectl does unless it is asked.
    #[default]
    Hide,
    /// As they are.
    Show,
}

/// An object in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// As YAML text.
    pub yaml: String,
    /// What a node says beyond what is kept of every node; `None` for other kinds.
    pub machine: Option<Machine>,
}

/// Fetches an object as YAML text.
///
/// # Errors
/// When the server cannot be reached, refuses, or answers with something that is no object.
pub async fn yaml(session: &Session, target: &Target, managed: ManagedFields) -> Result<String, Failure> {
    Ok(whole(session, target, managed).await?.yaml)
}

/// Fetches an object as YAML text, and reads from the same answer what is shown of it beside that.
///
/// # Errors
/// As for [`yaml`].
pub async fn whole(session: &Session, target: &Target, managed: ManagedFields) -> Result<Whole, Failure> {
    let path = target.path();
    let undecodable =
        |why: &dyn std::fmt::Display| Failure::Undecodable { path: path.clone(), why: why.to_string() };
    let request = Request::get(&path)
        .header(ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|error| undecodable(&error))?;
    let body = session.send(request).await?.check().await?.body.collect(LARGEST).await?;
    let mut object: Value = serde_json::from_slice(&body).map_err(|error| undecodable(&error))?;
    if managed == ManagedFields::Hide
        && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
    {
        // The other fields keep their places.
        metadata.shift_remove("managedFields");
    }
    let machine = (target.kind == Kind::Node).then(|| machine::read(&object));
    let yaml = serde_yaml::to_string(&object).map_err(|error| undecodable(&error))?;
    Ok(Whole { yaml, machine })
}
