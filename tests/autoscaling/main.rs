//! What foretop says of autoscalers against tables of examples taken from Kubernetes' own tests and rules: proposals of
//! metrics, pod groups, clamps, rates, windows, projections. A test's name begins with the number of its example.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bounds;
mod forecasts;
mod groups;
mod rates;
mod remembered;
mod resources;
mod simulated;
mod status;
mod support;
mod telling;
mod values;
mod windows;
