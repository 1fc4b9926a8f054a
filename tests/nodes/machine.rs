//! Findings about the machine behind a node: why it is not ready, whether it is off for good, its volumes, its
//! certificates, its reboots.

use foretop::analysis;
use foretop::model::certificate::{Signer, Unissued, Verdict};
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::finding::Severity;
use foretop::model::meta::{Condition, ConditionStatus};
use foretop::model::node::{Astray, NamedBy, Node, Volumes};
use foretop::model::second::Second;
use jiff::SignedDuration;

use super::findings::{NOW, ago, cluster, codes, dead, only, put, well};
use super::support::{at, condition, pod, taint, tolerating};

/// A node whose kubelet says that it is not ready, in these words.
fn saying(message: &str) -> Node {
    let mut node = well("a");
    let said = Condition { message: message.into(), ..condition("Ready", ConditionStatus::False) };
    node.conditions = vec![said];
    node.taints =
        vec![taint("node.kubernetes.io/not-ready:NoSchedule"), taint("node.kubernetes.io/not-ready")];
    node
}

fn upsert(cluster: &mut Cluster, node: Node) {
    cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
}

#[test]
fn not_ready_is_told_by_its_cause_with_the_remedy_for_it() {
    let cases = [
        ("container runtime is down", "its container runtime is down", "crictl info"),
        (
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network \
             plugin returns error: cni plugin not initialized",
            "its network plugin is not ready",
            "/etc/cni/net.d",
        ),
        (
            "PLEG is not healthy: pleg was last seen active 4m ago",
            "its container runtime is too slow",
            "disk latency",
        ),
        ("node is shutting down", "the machine is shutting down", "shutdownGracePeriod"),
        ("write /x: no space left on device", "its disk is full", "crictl rmi"),
        ("Unauthorized", "a certificate or its rights", "kubectl get csr"),
        ("as said", "its kubelet says Reason", "Read the message"),
    ];
    for (message, summary, remedy) in cases {
        let found = only(&cluster(vec![saying(message)]), "N101");
        assert!(found.summary.contains(summary), "{message}: {}", found.summary);
        assert!(found.remedy.contains(remedy), "{message}: {}", found.remedy);
        assert!(found.evidence[0].contains(message), "{message}: {:?}", found.evidence);
    }
}

#[test]
fn a_kubelet_that_never_posted_is_told_from_one_that_stopped() {
    let mut node = dead("a");
    assert!(only(&cluster(vec![node.clone()]), "N102").summary.contains("its kubelet is silent"));
    node.conditions[0].reason = "NodeStatusNeverUpdated".into();
    assert!(only(&cluster(vec![node]), "N102").summary.contains("never posted its status"));
}

#[test]
fn a_dead_machine_with_something_left_on_it_may_be_declared_off() {
    let mut down = dead("a");
    down.volumes = Volumes { attached: 2, in_use: 2, astray: Vec::new() };
    let mut cluster = cluster(vec![down.clone()]);
    let mut gone = pod(tolerating(&["*"]));
    gone.meta.deleted = Second::of(ago(200));
    put(&mut cluster, "a", "hangs", gone);
    let found = only(&cluster, "N122");
    assert_eq!(
        found.summary,
        "down for 3h, and nobody says that it is off: 1 pod hangs and 2 volumes stay attached"
    );
    assert!(found.remedy.starts_with("Only if the machine is off for certain"), "{}", found.remedy);
    assert!(
        found
            .remedy
            .contains("kubectl taint node a node.kubernetes.io/out-of-service=nodeshutdown:NoExecute")
    );
    let mut declared = down.clone();
    declared.taints.push(taint("node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"));
    upsert(&mut cluster, declared);
    assert!(!codes(&cluster, "a").contains(&"N122"), "somebody has");
    let mut fresh = down;
    fresh.conditions[0].since = Some(ago(299));
    upsert(&mut cluster, fresh);
    assert!(!codes(&cluster, "a").contains(&"N122"), "it may come back by itself");
}

#[test]
fn nothing_left_on_a_dead_machine_is_no_reason_to_declare_it_off() {
    let mut cluster = cluster(vec![dead("a")]);
    put(&mut cluster, "a", "stays", pod(tolerating(&["*"])));
    assert!(!codes(&cluster, "a").contains(&"N122"));
}

fn astray(name: &str, named_by: NamedBy, seconds: i64) -> Astray {
    Astray { name: name.into(), named_by, seen: ago(seconds) }
}

#[test]
fn volumes_that_are_astray_for_long_are_a_warning() {
    let mut node = well("a");
    let all = vec![astray("csi^vol-1", NamedBy::Attached, 30), astray("csi^vol-2", NamedBy::InUse, 10)];
    node.volumes = Volumes { attached: 3, in_use: 3, astray: all };
    let mut cluster = cluster(vec![node.clone()]);
    let found = only(&cluster, "N123");
    assert_eq!(found.summary, "volumes attached and not in use: 1, in use and not attached: 1");
    assert_eq!(found.severity, Severity::Info, "that takes a while");
    assert!(found.evidence[0].contains("volumesAttached alone: csi^vol-1"), "{:?}", found.evidence);
    // The next state names one of them again: it is astray since it was seen first.
    node.volumes.astray = vec![astray("csi^vol-1", NamedBy::Attached, 0)];
    upsert(&mut cluster, node.clone());
    assert_eq!(cluster.node("a").unwrap().volumes.astray[0].seen, ago(30));
    let later = at(NOW) + SignedDuration::from_secs(100);
    let found = analysis::findings(&cluster, later);
    let found = found.iter().find(|it| it.code == "N123").unwrap();
    assert_eq!(found.severity, Severity::Warning);
    assert!(found.remedy.contains("volumeattachments"), "{}", found.remedy);
    // The other way round is another disagreement.
    node.volumes.astray = vec![astray("csi^vol-1", NamedBy::InUse, 0)];
    upsert(&mut cluster, node.clone());
    assert_eq!(cluster.node("a").unwrap().volumes.astray[0].seen, ago(0));
    node.volumes.astray.clear();
    upsert(&mut cluster, node);
    assert_eq!(codes(&cluster, "a"), Vec::<&str>::new());
}

#[test]
fn a_dead_node_says_nothing_new_of_the_volumes_that_it_uses() {
    let mut node = dead("a");
    node.volumes.astray = vec![astray("csi^vol-1", NamedBy::InUse, 600)];
    assert!(!codes(&cluster(vec![node]), "a").contains(&"N123"));
}

#[test]
fn another_boot_id_is_a_reboot_and_is_remembered() {
    let booted = |id: &str, reported: i64| {
        let mut node = well("a");
        node.system.boot_id = id.into();
        node.reported = Some(ago(reported));
        node
    };
    let mut cluster = cluster(vec![booted("one", 400)]);
    assert_eq!(codes(&cluster, "a"), Vec::<&str>::new(), "the first that is seen is none");
    upsert(&mut cluster, booted("two", 180));
    let found = only(&cluster, "N125");
    assert_eq!((found.summary.as_str(), found.severity), ("rebooted about 3m ago", Severity::Info));
    upsert(&mut cluster, booted("two", 5));
    assert_eq!(
        only(&cluster, "N125").summary,
        "rebooted about 3m ago",
        "since its first report, not its last"
    );
    upsert(&mut cluster, booted("", 1));
    assert_eq!(cluster.node("a").unwrap().rebooted, Some(ago(180)), "no bootID is no other one");
    let hours = analysis::findings(&cluster, at(NOW) + SignedDuration::from_hours(1));
    assert!(!hours.iter().any(|it| it.code == "N125"), "after an hour it is no news");
    let mut other = booted("three", 1);
    other.meta.uid = foretop::model::key::Uid::from(99);
    upsert(&mut cluster, other);
    assert_eq!(cluster.node("a").unwrap().rebooted, None, "another machine of that name");
}

#[test]
fn a_kubelet_that_waits_for_a_certificate() {
    let mut cluster = cluster(vec![well("a")]);
    let asked = |seconds: i64, verdict| {
        Some(Unissued { name: "csr-x7".into(), verdict, since: ago(seconds), count: 2 })
    };
    let mut tell = |signer, unissued| {
        cluster.apply(Change::Certificate("a".into(), signer, unissued));
        codes(&cluster, "a")
    };
    assert!(tell(Signer::Serving, asked(30, Verdict::Waiting)).is_empty(), "it may still come");
    assert_eq!(tell(Signer::Serving, asked(3600, Verdict::Waiting)), ["N124"]);
    assert_eq!(tell(Signer::Client, asked(3600, Verdict::Denied)), ["N124", "N124"]);
    assert_eq!(tell(Signer::Serving, None), ["N124"]);
    let found = only(&cluster, "N124");
    assert!(found.summary.contains("denied"), "{}", found.summary);
    assert!(found.evidence[0].contains("kube-apiserver-client-kubelet"), "{:?}", found.evidence);
    assert!(found.remedy.contains("kubectl certificate approve csr-x7"), "{}", found.remedy);
}

#[test]
fn the_passing_of_time_makes_a_request_overdue() {
    let mut cluster = cluster(vec![well("a")]);
    let it = Unissued { name: "csr-x7".into(), verdict: Verdict::Waiting, since: ago(30), count: 1 };
    let mut outlook = analysis::outlook::Outlook::of(&cluster, at(NOW));
    cluster.apply(Change::Certificate("a".into(), Signer::Serving, Some(it)));
    outlook.follow(&cluster, at(NOW));
    assert!(outlook.findings().is_empty());
    outlook.follow(&cluster, at(NOW) + SignedDuration::from_secs(40));
    assert!(outlook.findings().iter().any(|it| it.code == "N124"));
}
