//! Everything that speaks to a cluster: how it is reached, what is watched, asked and changed. It decides nothing and
//! draws nothing.

pub mod access;
pub mod audit;
pub mod clock;
pub mod connect;
pub mod convert;
pub mod events;
pub mod gate;
pub mod kubelet;
pub mod machine;
pub mod network;
pub mod object;
pub mod perform;
mod refusal;
pub mod watch;
