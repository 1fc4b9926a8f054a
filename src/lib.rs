//! foretop: a terminal inspector of live Kubernetes clusters.
pub mod demo;
pub mod wire;
