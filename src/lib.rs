//! foretop: a terminal inspector of live Kubernetes clusters.
//!
//! The floors, from the ground up; a floor uses only those below it:
//! [`wire`] and [`model`] hold fields and types, [`analysis`], [`views`] and [`actions`] think,
//! `client` and `demo` do the I/O, `ui` and `report` show, and `cli`, `live` and `snapshot` wire it all together.

pub mod actions;
pub mod analysis;
pub mod check;
pub mod cli;
pub mod client;
pub mod demo;
pub mod exit;
pub mod link;
pub mod live;
pub mod model;
pub mod report;
pub mod snapshot;
pub mod terminal;
pub mod ui;
pub mod views;
pub mod wire;
