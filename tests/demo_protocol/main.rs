//! The embedded cluster over HTTP: what every client of a Kubernetes API server relies on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod adapters;
mod client;
mod faults;
mod fetch;
mod forecast;
mod kubelet;
mod large;
mod measured;
mod reading;
mod watching;
mod writing;

use serde_json::Value;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

fn version(list: &Value) -> String {
    list["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}
