//! foretop: a terminal inspector of live Kubernetes clusters.
pub mod model;
pub mod wire;
