//! Everything that speaks to a cluster: how it is reached, and what is asked of it. It decides nothing and draws
//! nothing.

pub mod clock;
pub mod connect;
