//! The fields of Kubernetes' API that foretop reads, decodable from protobuf and from JSON alike, and the framing
//! of both encodings. It knows no defaults, no meaning and no network: `client` decodes with it, `demo` encodes.
//!
//! Field numbers are those of the `generated.proto` files of `k8s.io/api`; a field that is not declared here is
//! skipped while decoding, which costs next to nothing.

pub mod apps;
pub mod autoscaling;
pub mod certificates;
pub mod command;
pub mod core;
pub mod discovery;
pub mod frame;
pub mod list;
pub mod meta;
pub mod metrics;
pub mod rivals;
pub mod scale;

pub use frame::{FrameError, List};
