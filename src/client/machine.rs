//! What a node's object says beyond what is kept of every node, read from the JSON that its YAML is made of. Whatever
//! is missing or of another shape counts as not said.

use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::model::machine::{Image, Machine, NAMED_IMAGES};

/// Where the facts about a machine stand.
const FACTS: &[(&str, &str)] = &[
    ("provider ID", "/spec/providerID"),
    ("machine ID", "/status/nodeInfo/machineID"),
    ("system UUID", "/status/nodeInfo/systemUUID"),
    ("boot ID", "/status/nodeInfo/bootID"),
    ("swap", "/status/nodeInfo/swap/capacity"),
    ("kube-proxy", "/status/nodeInfo/kubeProxyVersion"),
    ("kubelet's port", "/status/daemonEndpoints/kubeletEndpoint/Port"),
];

/// Reads a node's object.
pub fn read(node: &Value) -> Machine {
    let mut images: Vec<Image> = items(node, "/status/images").map(image).collect();
    images.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    let image_bytes = images.iter().fold(0_i64, |sum, image| sum.saturating_add(image.bytes));
    let count = images.len();
    images.truncate(NAMED_IMAGES);
    let attached: FxHashSet<&str> =
        items(node, "/status/volumesAttached").filter_map(|it| it.get("name")?.as_str()).collect();
    let in_use: FxHashSet<&str> = items(node, "/status/volumesInUse").filter_map(Value::as_str).collect();
    Machine {
        images: count,
        image_bytes,
        largest: images,
        volumes: sorted(attached.intersection(&in_use)),
        attached: sorted(attached.difference(&in_use)),
        in_use: sorted(in_use.difference(&attached)),
        handlers: items(node, "/status/runtimeHandlers").map(handler).collect(),
        features: features(node),
        facts: FACTS.iter().filter_map(|(what, at)| Some((*what, fact(node.pointer(at)?)?))).collect(),
    }
}

fn items<'a>(node: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    node.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn sorted<'a>(names: impl Iterator<Item = &'a &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| (*name).to_owned()).collect();
    names.sort_unstable();
    names
}

fn image(image: &Value) -> Image {
    let names = || items(image, "/names").filter_map(Value::as_str);
    let name = names().find(|name| !name.contains('@')).or_else(|| names().next()).unwrap_or("<none>");
    let bytes = image.get("sizeBytes").and_then(Value::as_i64).unwrap_or(0).max(0);
    Image { name: name.to_owned(), bytes }
}

/// The names of the fields of an object that are true.
fn set(object: Option<&Value>) -> Vec<String> {
    let fields = object.and_then(Value::as_object).into_iter().flatten();
    fields.filter(|(_, value)| value.as_bool() == Some(true)).map(|(name, _)| name.clone()).collect()
}

fn handler(handler: &Value) -> String {
    let name = handler.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let (name, can) = (name.unwrap_or("<default>"), set(handler.get("features")));
    if can.is_empty() { name.to_owned() } else { format!("{name}: {}", can.join(", ")) }
}

fn features(node: &Value) -> Vec<String> {
    let declared = items(node, "/status/declaredFeatures").filter_map(Value::as_str).map(ToOwned::to_owned);
    set(node.pointer("/status/features")).into_iter().chain(declared).collect()
}

fn fact(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn images_volumes_handlers_and_facts() {
        let node = json!({
            "spec": {"providerID": "aws:///a/i-1"},
            "status": {
                "images": [
                    {"names": ["x/small@sha256:1", "x/small:1"], "sizeBytes": 10},
                    {"names": ["x/large@sha256:2"], "sizeBytes": 30},
                    {"names": null, "sizeBytes": -5}, {"sizeBytes": "many"}
                ],
                "volumesInUse": ["v1", "v3"],
                "volumesAttached": [{"name": "v1", "devicePath": ""}, {"name": "v2", "devicePath": ""}],
                "runtimeHandlers": [{"name": "", "features": {"userNamespaces": true, "x": false}}, {"name": "kata"}],
                "features": {"supplementalGroupsPolicy": true},
                "declaredFeatures": ["GuaranteedQoSPodCPUResize"],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "nodeInfo": {"bootID": "b", "kubeProxyVersion": "", "swap": {"capacity": 0}}
            }
        });
        let machine = read(&node);
        assert_eq!((machine.images, machine.image_bytes), (4, 40));
        assert_eq!(machine.largest[0], Image { name: "x/large@sha256:2".into(), bytes: 30 });
        assert_eq!(machine.largest[1].name, "x/small:1");
        assert_eq!(
            (machine.volumes, machine.attached, machine.in_use),
            (vec!["v1".into()], vec!["v2".into()], vec!["v3".into()])
        );
        assert_eq!(machine.handlers, ["<default>: userNamespaces", "kata"]);
        assert_eq!(machine.features, ["supplementalGroupsPolicy", "GuaranteedQoSPodCPUResize"]);
        let facts: Vec<_> = machine.facts.iter().map(|(what, value)| format!("{what} {value}")).collect();
        assert_eq!(facts, ["provider ID aws:///a/i-1", "boot ID b", "swap 0", "kubelet's port 10250"]);
    }

    #[test]
    fn nothing_said_is_nothing() {
        assert_eq!(read(&json!({})), Machine::default());
        assert_eq!(read(&json!({"status": {"images": "x", "volumesInUse": [7, null]}})), Machine::default());
    }

    #[test]
    fn only_the_largest_are_named() {
        let images: Vec<_> = (0..50).map(|n| json!({"names": [format!("i{n}")], "sizeBytes": n})).collect();
        let machine = read(&json!({"status": {"images": images}}));
        assert_eq!((machine.images, machine.largest.len(), machine.image_bytes), (50, 10, 1225));
        assert_eq!(machine.largest[9].name, "i40");
    }
}
