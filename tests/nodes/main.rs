//! What foretop says of nodes against tables of examples taken from Kubernetes' own tests and rules: tolerations,
//! evictions, default tolerations, zones, heartbeats. A test's name begins with the number of its example.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod eviction;
mod findings;
mod lifecycle;
mod machine;
mod room;
mod rows;
mod support;
mod taint_edit;
mod tolerations;
mod what_if;
mod zones;
