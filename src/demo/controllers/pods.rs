//! How a pod is made from a template, and the defaults that admission gives every pod. It binds and starts nothing.

use serde_json::{Value, json};

use crate::demo::json::{at, has, list, list_mut, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::store::index::requests;
use crate::demo::world::World;
use crate::demo::world::events::Note;
use crate::demo::world::writes::is_active;

/// Creates a pod of a controller from the controller's template, and records it.
pub(super) fn create(
    world: &mut World,
    owner: &Key,
    name: &str,
    (component, message): (&str, String),
    shape: impl FnOnce(&mut Value),
) -> Key {
    let object = world.store.get(owner).cloned().unwrap_or_default();
    let description = owner.resource.description();
    let mut pod = json!({"metadata": at(&object, "/spec/template/metadata").clone(), "spec": at(&object, "/spec/template/spec").clone()});
    put(&mut pod, "/metadata/name", name);
    put(&mut pod, "/metadata/namespace", owner.namespace.as_str());
    put(
        &mut pod,
        "/metadata/ownerReferences",
        json!([{
        "apiVersion": description.api_version(), "kind": description.kind, "name": owner.name,
        "uid": text(&object, "/metadata/uid"), "controller": true, "blockOwnerDeletion": true}]),
    );
    shape(&mut pod);
    complete(&mut pod);
    let key = world.create(Resource::Pods, pod, "kube-controller-manager");
    world.record(owner, Note::normal(component, "SuccessfulCreate", message));
    key
}

/// Deletes a pod of a controller, and records it.
pub(super) fn delete(world: &mut World, owner: &Key, pod: &Key, component: &str) {
    world.delete_pod(pod, None);
    world.record(owner, Note::normal(component, "SuccessfulDelete", format!("Deleted pod: {}", pod.name)));
}

/// The pods that an owner controls and that are neither finished nor being deleted.
pub(super) fn active(world: &World, owner: &Value) -> Vec<Key> {
    let all = world.store.index.owned_by(text(owner, "/metadata/uid"));
    let counts =
        |key: &Key| key.resource == Resource::Pods && world.store.get(key).is_some_and(|pod| is_active(pod));
    all.into_iter().filter(counts).collect()
}

/// Adds what defaulting and admission add to every pod: tolerations, token volume, class of service, first status.
pub(crate) fn complete(pod: &mut Value) {
    if !has(pod, "/metadata/generation") {
        put(pod, "/metadata/generation", 1);
    }
    for (pointer, default) in [
        ("/spec/restartPolicy", json!("Always")),
        ("/spec/terminationGracePeriodSeconds", json!(30)),
        ("/spec/dnsPolicy", json!("ClusterFirst")),
        ("/spec/serviceAccountName", json!("default")),
        ("/spec/securityContext", json!({})),
        ("/spec/schedulerName", json!("default-scheduler")),
        ("/spec/preemptionPolicy", json!("PreemptLowerPriority")),
        ("/spec/enableServiceLinks", json!(true)),
    ] {
        if !has(pod, pointer) {
            put(pod, pointer, default);
        }
    }
    let priority = match text(pod, "/spec/priorityClassName") {
        "system-node-critical" => 2_000_001_000,
        "system-cluster-critical" => 2_000_000_000,
        _ => 0,
    };
    put(pod, "/spec/priority", priority);
    tolerate_bad_nodes(pod);
    mount_token(pod);
    let class = quality(pod);
    put(pod, "/status", json!({"phase": "Pending", "qosClass": class}));
}

/// The DefaultTolerationSeconds admission plugin.
fn tolerate_bad_nodes(pod: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let answered = list(pod, "/spec/tolerations").iter().any(|toleration| {
            let about = text(toleration, "/key");
            (about.is_empty() || about == key) && matches!(text(toleration, "/effect"), "" | "NoExecute")
        });
        if !answered {
            list_mut(pod, "/spec/tolerations").push(
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
}

fn mount_token(pod: &mut Value) {
    if list(pod, "/spec/volumes").iter().any(|volume| has(volume, "/projected"))
        || has(pod, "/metadata/annotations/kubernetes.io~1config.mirror")
    {
        return;
    }
    let sources = json!([{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]);
    list_mut(pod, "/spec/volumes")
        .push(json!({"name": "kube-api-access", "projected": {"sources": sources, "defaultMode": 420}}));
    for container in list_mut(pod, "/spec/containers") {
        list_mut(container, "/volumeMounts").push(
            json!({"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}),
        );
    }
}

fn quality(pod: &Value) -> &'static str {
    let asked = requests(pod);
    let guaranteed = list(pod, "/spec/containers").iter().all(|container| {
        let amount =
            |kind: &str, resource: &str| text(container, &format!("/resources/{kind}/{resource}")).to_owned();
        ["cpu", "memory"].iter().all(|resource| {
            let limit = amount("limits", resource);
            !limit.is_empty() && limit == amount("requests", resource)
        })
    });
    match (guaranteed, asked.cpu_milli + asked.memory_milli) {
        (true, _) => "Guaranteed",
        (false, 0) => "BestEffort",
        (false, _) => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admission_adds_tolerations_only_where_none_answers() {
        let tolerations = |given: Value| {
            let mut pod = json!({"spec": {"containers": [], "tolerations": given}});
            complete(&mut pod);
            list(&pod, "/spec/tolerations").len()
        };
        assert_eq!(tolerations(json!([])), 2);
        assert_eq!(tolerations(json!([{"operator": "Exists"}])), 1);
        assert_eq!(tolerations(json!([{"operator": "Exists", "effect": "NoSchedule"}])), 3);
        assert_eq!(
            tolerations(
                json!([{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 30}])
            ),
            2
        );
    }
}
