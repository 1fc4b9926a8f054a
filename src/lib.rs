//! foretop: a terminal inspector of live Kubernetes clusters.
pub mod client;
pub mod wire;
