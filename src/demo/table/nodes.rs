//! The table of nodes.

use jiff::Timestamp;
use serde_json::Value;

use super::{Layout, column, created, name, or_none, wide};
use crate::demo::json::{list, pairs, text, truth};
use crate::demo::world::writes::condition;

pub(super) const NODES: Layout = Layout {
    columns: &[
        column("Name"),
        column("Status"),
        column("Roles"),
        column("Age"),
        column("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ],
    cells,
};

fn cells(node: &Value, now: Timestamp) -> Vec<Value> {
    let mut status = match text(condition(node, "Ready"), "/status") {
        "True" => "Ready",
        "" => "Unknown",
        _ => "NotReady",
    }
    .to_owned();
    if truth(node, "/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let mut roles: Vec<_> = pairs(node, "/metadata/labels")
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    let address = |kind: &str| {
        let found = list(node, "/status/addresses").iter().find(|address| text(address, "/type") == kind);
        or_none(found.map_or("", |address| text(address, "/address")))
    };
    let detail = |field: &str| text(node, &format!("/status/nodeInfo/{field}")).to_owned();
    let kernel = format!("{} ({})", detail("kernelVersion"), detail("architecture"));
    vec![
        name(node),
        status.into(),
        or_none(&roles.join(",")),
        created(node, now),
        detail("kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        detail("osImage").into(),
        kernel.into(),
        detail("containerRuntimeVersion").into(),
    ]
}
