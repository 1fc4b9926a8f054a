//! Ground floor: foretop's own small types for what a cluster holds, their indexes and running totals.
//! Nothing here does I/O, reads a clock or knows what anything means; `analysis` does the judging.

pub mod autoscaler;
pub mod budget;
pub mod certificate;
pub mod change;
pub mod cluster;
pub mod event;
pub mod filter;
pub mod finding;
pub mod flag;
pub mod key;
pub mod kind;
pub mod kubelet;
pub mod machine;
pub mod meta;
pub mod node;
pub mod operation;
pub mod overlay;
pub mod pod;
pub mod quantity;
pub mod room;
pub mod scope;
pub mod second;
pub mod server;
pub mod store;
pub mod table;
pub mod text;
pub mod totals;
pub mod usage;
pub mod value;
pub mod workload;
