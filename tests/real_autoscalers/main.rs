//! What foretop forecasts of autoscalers against what the real controller does, on a control plane of its own with a
//! metrics server of the tests' own.
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod kubelet;
#[cfg(test)]
mod random;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod scaling;
#[cfg(test)]
mod stage;
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod template;
#[cfg(test)]
mod things;
#[cfg(test)]
mod values;
#[cfg(test)]
mod world;
