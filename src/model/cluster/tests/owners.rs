//! Which pods a workload controls, also through its ReplicaSets.

use super::*;

fn owned(kind: Kind, name: &str, owner: (&str, &str)) -> Change {
    workload(kind, meta(name, Some(owner)), Selector::default(), 1)
}

fn put_owned_pod(cluster: &mut Cluster, name: &str, owner: (&str, &str)) {
    put_pod(cluster, Pod { meta: meta(name, Some(owner)), ..pod(name, "app=web") });
}

fn pods(cluster: &Cluster, kind: Kind, name: &str) -> String {
    let pods = cluster.pods_of(kind, &Key::new("shop", name));
    let mut names: Vec<String> = pods.iter().map(|pod| pod.meta.key.name.to_string()).collect();
    names.sort();
    names.join(" ")
}

#[test]
fn a_deployment_controls_the_pods_of_its_replica_sets() {
    let mut it = Cluster::default();
    it.apply_all(["web-1", "web-2"].map(|set| owned(Kind::ReplicaSet, set, ("Deployment", "web"))));
    put_owned_pod(&mut it, "a", ("ReplicaSet", "web-1"));
    put_owned_pod(&mut it, "b", ("ReplicaSet", "web-2"));
    put_owned_pod(&mut it, "c", ("StatefulSet", "web-1"));
    assert_eq!(pods(&it, Kind::Deployment, "web"), "a b");
    assert_eq!(pods(&it, Kind::ReplicaSet, "web-1"), "a");
    it.apply(owned(Kind::ReplicaSet, "web-2", ("Deployment", "other")));
    assert_eq!(pods(&it, Kind::Deployment, "web"), "a", "another one controls the second now");
    assert_eq!(pods(&it, Kind::Deployment, "other"), "b");
    it.apply(Change::Gone(Kind::ReplicaSet, Key::new("shop", "web-1")));
    it.apply(owned(Kind::ReplicaSet, "new", ("Deployment", "next")));
    assert_eq!(pods(&it, Kind::Deployment, "web"), "", "what stands where it stood is not its own");
}

#[test]
fn owners_in_a_ring_control_their_pods_once() {
    let mut it = Cluster::default();
    it.apply(owned(Kind::ReplicaSet, "own", ("ReplicaSet", "own")));
    it.apply(owned(Kind::ReplicaSet, "one", ("ReplicaSet", "two")));
    it.apply(owned(Kind::ReplicaSet, "two", ("ReplicaSet", "one")));
    for name in ["own", "one", "two"] {
        put_owned_pod(&mut it, name, ("ReplicaSet", name));
    }
    assert_eq!(pods(&it, Kind::ReplicaSet, "own"), "own");
    assert_eq!(pods(&it, Kind::ReplicaSet, "one"), "one two");
}
