//! The workloads of a crowd: what a busy company's deployments look like, with everything that makes pods large.

use std::sync::Arc;

use serde_json::{Value, json};

use super::template::{Site, Template};
use crate::demo::json::{put, text};
use crate::demo::random::name_hash;
use crate::demo::resources::Resource;
use crate::demo::time::{later, stamp};
use crate::demo::world::World;

/// The name of an image.
pub(super) fn image(number: usize) -> String {
    let what = ["api", "worker", "web", "cache", "ingest", "sidecar"][number % 6];
    format!("registry.example.com/team-{}/{what}", ["a", "b", "c", "d"][number / 6 % 4])
}

/// The labels and the spec of the pods of a deployment.
pub(super) fn pod(number: usize, app: &str, team: &str) -> (Value, Value) {
    let tier = ["web", "api", "db", "batch"][number % 4];
    let labels = json!({"app.kubernetes.io/name": app, "app.kubernetes.io/part-of": team,
        "tier": tier});
    let mut main = container(number, "app", &image(number), 8080);
    put(&mut main, "/args", json!(["--config=/etc/app/config.yaml", "--port=8080", "--log-level=info"]));
    put(&mut main, "/env", environment(app));
    put(
        &mut main,
        "/livenessProbe",
        json!({"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
        "initialDelaySeconds": 10, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}),
    );
    put(
        &mut main,
        "/securityContext",
        json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
        "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}}),
    );
    put(
        &mut main,
        "/volumeMounts",
        json!([{"name": "tmp", "mountPath": "/tmp"},
        {"name": "config", "readOnly": true, "mountPath": "/etc/app"}]),
    );
    let mut proxy = container(number, "proxy", "registry.example.com/mesh/proxy", 15090);
    put(
        &mut proxy,
        "/env",
        json!([{"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}]),
    );
    let spec = json!({"containers": [main, proxy],
        "volumes": [{"name": "config", "configMap": {"name": format!("{app}-config"), "defaultMode": 420, "optional": true}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default", "securityContext": {"runAsUser": 1000, "fsGroup": 1000},
        "schedulerName": "default-scheduler"});
    (labels, spec)
}

fn environment(app: &str) -> Value {
    let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}});
    json!([field("POD_NAME", "metadata.name"), field("POD_NAMESPACE", "metadata.namespace"), field("NODE_NAME", "spec.nodeName"),
        {"name": "DATABASE_URL", "value": format!("postgres://{app}@db.{app}.svc.cluster.local:5432/{app}?sslmode=verify-full")},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": format!("{app}-secret"), "key": "token", "optional": true}}}])
}

fn container(number: usize, name: &str, image: &str, port: usize) -> Value {
    let cpu = format!("{}m", 50 + 25 * (number % 8));
    json!({"name": name, "image": format!("{image}:v1.{}.0", number % 16),
        "ports": [{"name": if name == "app" { "http" } else { "metrics" }, "containerPort": port, "protocol": "TCP"}],
        "resources": {"limits": {"memory": format!("{}Mi", 128 * (1 + number % 6))},
            "requests": {"cpu": cpu, "memory": format!("{}Mi", 64 * (1 + number % 6))}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": port, "scheme": "HTTP"}, "timeoutSeconds": 1,
            "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent"})
}

/// Makes a deployment with its replica set; gives the replica set's place and the template of its pods.
pub(super) fn deployment(
    world: &mut World,
    site: &Arc<Site>,
    team: &str,
    number: usize,
    replicas: usize,
) -> ((String, String), Arc<Template>) {
    let app = format!("app-{number:05}");
    let (labels, spec) = pod(number, &app, team);
    let annotations = json!({"prometheus.io/scrape": "true", "prometheus.io/port": "15090"});
    let selector = json!({"app.kubernetes.io/name": app});
    let now = stamp(world.now);
    let object = json!({
        "metadata": {"name": app, "namespace": team, "labels": labels, "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
        "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas,
            "availableReplicas": replicas, "conditions": [
                {"type": "Available", "status": "True", "lastUpdateTime": now, "lastTransitionTime": now,
                    "reason": "MinimumReplicasAvailable", "message": "Deployment has minimum availability."},
                {"type": "Progressing", "status": "True", "lastUpdateTime": now, "lastTransitionTime": now,
                    "reason": "NewReplicaSetAvailable", "message": "ReplicaSet has successfully progressed."}]},
    });
    let uid = created(world, Resource::Deployments, object, "helm");
    let hash = name_hash(&format!("{team}/{app}"));
    let mut own = labels;
    put(&mut own, "/pod-template-hash", hash.as_str());
    let inside = json!({"metadata": {"labels": own, "annotations": annotations}, "spec": spec});
    let mut set = json!({
        "metadata": {"name": format!("{app}-{hash}"), "namespace": team, "labels": own,
            "annotations": {"deployment.kubernetes.io/desired-replicas": replicas.to_string(), "deployment.kubernetes.io/revision": "1"},
            "ownerReferences": [reference("Deployment", &app, &uid)]},
        "spec": {"replicas": replicas, "selector": {"matchLabels": selector}, "template": inside},
        "status": {"replicas": replicas, "fullyLabeledReplicas": replicas, "readyReplicas": replicas,
            "availableReplicas": replicas, "observedGeneration": 1},
    });
    put(&mut set, "/spec/selector/matchLabels/pod-template-hash", hash.as_str());
    let uid = created(world, Resource::ReplicaSets, set.clone(), "kube-controller-manager");
    let name = text(&set, "/metadata/name");
    let template = Template::new(site, &set, &reference("ReplicaSet", name, &uid), &inside, &now);
    ((team.to_owned(), name.to_owned()), Arc::new(template))
}

/// Makes a daemon set; gives its place and the template of its pods.
pub(super) fn daemon_set(
    world: &mut World,
    site: &Arc<Site>,
    [namespace, name]: [&str; 2],
    nodes: usize,
) -> ((String, String), Arc<Template>) {
    let flannel = name.contains("flannel");
    let labels = if flannel { json!({"app": "flannel", "tier": "node"}) } else { json!({"k8s-app": name}) };
    let image = if flannel { "ghcr.io/flannel-io/flannel" } else { "registry.k8s.io/kube-proxy" };
    let mut container = container(2, name, image, 10249);
    put(&mut container, "/securityContext", json!({"privileged": true}));
    let spec = json!({"containers": [container], "hostNetwork": true, "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}], "restartPolicy": "Always", "serviceAccountName": "default"});
    let inside = json!({"metadata": {"labels": labels}, "spec": spec});
    let object = json!({
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": inside, "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}},
        "status": {"currentNumberScheduled": nodes, "numberMisscheduled": 0, "desiredNumberScheduled": nodes,
            "numberReady": nodes, "observedGeneration": 1, "updatedNumberScheduled": nodes, "numberAvailable": nodes},
    });
    let uid = created(world, Resource::DaemonSets, object.clone(), "kubectl-client-side-apply");
    let time = stamp(world.now);
    let template = Template::new(site, &object, &reference("DaemonSet", name, &uid), &inside, &time);
    ((namespace.to_owned(), name.to_owned()), Arc::new(template))
}

/// Makes the autoscaler of a deployment; some stand at their maximum, and some cannot read their metrics.
pub(super) fn autoscaler(world: &mut World, team: &str, number: usize, replicas: usize) {
    let app = format!("app-{number:05}");
    let (limited, failing) = (number % 12 == 7, number % 24 == 23);
    let (metric, reading) = second_metric(number, &app);
    let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}});
    let used = json!({"type": "Resource", "resource": {"name": "cpu",
        "current": {"averageUtilization": 35 + number % 60, "averageValue": format!("{}m", 120 + number % 200)}}});
    let now = stamp(later(world.now, 600));
    let condition = |kind: &str, status: bool, reason: &str, message: &str| json!({"type": kind, "status": if status { "True" } else { "False" }, "lastTransitionTime": now, "reason": reason, "message": message});
    let mut status = json!({"observedGeneration": 1, "lastScaleTime": now, "currentReplicas": replicas, "desiredReplicas": replicas,
    "currentMetrics": [used, reading], "conditions": [
        condition("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size"),
        if failing {
            condition("ScalingActive", false, "FailedGetResourceMetric",
                "the HPA was unable to compute the replica count: no metrics returned from resource metrics API")
        } else {
            condition("ScalingActive", true, "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)")
        },
        if limited {
            condition("ScalingLimited", true, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
        } else {
            condition("ScalingLimited", false, "DesiredWithinRange", "the desired count is within the acceptable range")
        }]});
    if failing {
        put(&mut status, "/currentMetrics", json!([]));
    }
    let object = json!({"metadata": {"name": app, "namespace": team, "labels": {"app.kubernetes.io/name": app}},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": app, "apiVersion": "apps/v1"}, "minReplicas": replicas.div_ceil(2),
            "maxReplicas": if limited { replicas } else { replicas * 3 + 2 }, "metrics": [cpu, metric]},
        "status": status});
    world.create(Resource::HorizontalPodAutoscalers, object, "helm");
}

/// A metric beside the CPU, and what it reads.
fn second_metric(number: usize, app: &str) -> (Value, Value) {
    match number % 3 {
        0 => (
            json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "500Mi"}}}),
            json!({"type": "Resource", "resource": {"name": "memory", "current": {"averageValue": "412Mi"}}}),
        ),
        1 => (
            json!({"type": "Pods", "pods": {"metric": {"name": "http_requests_per_second"}, "target": {"type": "AverageValue", "averageValue": "1k"}}}),
            json!({"type": "Pods", "pods": {"metric": {"name": "http_requests_per_second"}, "current": {"averageValue": "731500m"}}}),
        ),
        _ => (
            json!({"type": "External", "external": {"metric": {"name": "queue_messages_ready", "selector": {"matchLabels": {"queue": app}}},
                "target": {"type": "AverageValue", "averageValue": "30"}}}),
            json!({"type": "External", "external": {"metric": {"name": "queue_messages_ready", "selector": {"matchLabels": {"queue": app}}},
                "current": {"averageValue": "17"}}}),
        ),
    }
}

fn reference(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true})
}

/// Creates an object and gives its uid.
fn created(world: &mut World, resource: Resource, object: Value, manager: &str) -> String {
    let key = world.create(resource, object, manager);
    world.store.get(&key).map(|object| text(object, "/metadata/uid").to_owned()).unwrap_or_default()
}
