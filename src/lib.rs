//! foretop: a terminal inspector of live Kubernetes clusters.
pub mod actions;
pub mod analysis;
pub mod client;
pub mod model;
pub mod views;
pub mod wire;
