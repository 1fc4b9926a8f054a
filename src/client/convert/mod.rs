//! From the wire to the model: what the fields of an object mean to foretop. It asks nothing and judges nothing.
//!
//! Every conversion succeeds. A server may send anything, and an object that exists must be seen to exist: a
//! quantity that cannot be read counts as zero, a time that cannot be read is absent.

mod autoscaler;
mod budget;
mod certificate;
mod event;
mod lease;
mod meta;
mod metric;
mod network;
mod node;
mod pod;
mod pod_status;
mod probe;
mod requests;
mod rival;
mod shared;
mod usage;
mod workload;

#[cfg(test)]
mod tests;

pub(super) use certificate::{Asked, asked};
pub(super) use event::event;
pub(super) use probe::{milli, per_pod, pod_samples, scale, sum, writers};
pub(super) use rival::{scaled_object, vertical};
pub use shared::Shared;
pub(super) use usage::sample;
