use serde_json::Value;

use super::*;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::operation::{Permission, Rehearsal, Risk};

fn identity() -> Identity {
    Identity {
        context: "prod".into(),
        cluster: "prod-1".into(),
        server: "https://192.0.2.1".into(),
        user: "ada".into(),
    }
}

fn cordon() -> Operation {
    Operation {
        other: None,
        action: "cordon",
        target: Target::new(Kind::Node, Key::new("", "worker-1")),
        field: "spec.unschedulable",
        old: "false".into(),
        new: "true".into(),
        risk: Risk::Low,
        consequences: Vec::new(),
        kubectl: "kubectl cordon worker-1".into(),
        permission: Permission {
            verb: "patch",
            group: String::new(),
            resource: "nodes".into(),
            subresource: "",
            namespace: None,
        },
        rehearsal: Rehearsal::None,
        requests: Vec::new(),
        inverse: None,
    }
}

fn lines(audit: &Audit) -> Vec<Value> {
    let text = std::fs::read_to_string(audit.file()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_attempt_is_one_line_that_says_it_all() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(&folder.path().join("state/foretop"), identity());
    audit.begin(&cordon(), false).unwrap().finish(&OutcomeResult::Accepted).unwrap();
    let refused = OutcomeResult::Refused { why: "no\nright".into(), hint: String::new() };
    audit.begin(&cordon(), true).unwrap().finish(&refused).unwrap();

    let lines = lines(&audit);
    assert_eq!(lines.len(), 2);
    let mut first = lines[0].clone();
    assert!(first["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    first["time"] = Value::Null;
    assert_eq!(
        first,
        serde_json::json!({
            "time": null, "context": "prod", "cluster": "prod-1", "user": "ada", "operation": "cordon",
            "target": "node/worker-1", "field": "spec.unschedulable", "old": "false", "new": "true",
            "dryRun": false, "kubectl": "kubectl cordon worker-1", "result": "accepted", "message": "",
        })
    );
    assert_eq!((&lines[1]["dryRun"], &lines[1]["result"]), (&true.into(), &"refused".into()));
    assert_eq!(lines[1]["message"], "no\nright");
}

#[test]
fn an_attempt_that_is_given_up_is_logged_as_unanswered() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(folder.path(), identity());
    drop(audit.begin(&cordon(), false).unwrap());
    assert_eq!(lines(&audit)[0]["result"], "unanswered");
}

#[test]
fn no_attempt_begins_that_cannot_be_logged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    std::fs::write(&file, "not a folder").unwrap();
    let audit = Audit::new(&file, identity());
    let why = audit.begin(&cordon(), false).unwrap_err();
    assert!(why.contains("cannot be written"), "{why}");
    assert!(why.contains("audit.jsonl"), "{why}");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(folder.path(), identity());
    std::fs::write(audit.file(), "").unwrap();
    std::fs::set_permissions(audit.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    audit.begin(&cordon(), false).unwrap().finish(&OutcomeResult::Accepted).unwrap();
    assert_eq!(std::fs::metadata(audit.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

/// /dev/full accepts being opened and refuses every write, as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_could_not_be_written_comes_before_the_next_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(folder.path(), identity());
    let mut attempt = audit.begin(&cordon(), false).unwrap();
    attempt.file = File::options().append(true).open("/dev/full").unwrap();
    let why = attempt.finish(&OutcomeResult::Accepted).unwrap_err();
    assert!(why.contains("cannot be written"), "{why}");
    assert!(audit.trouble().unwrap().contains("lacks 1 line"));

    audit.begin(&cordon(), true).unwrap().finish(&OutcomeResult::AcceptedDryRun).unwrap();
    let dry: Vec<Value> = lines(&audit).iter().map(|line| line["dryRun"].clone()).collect();
    assert_eq!(dry, [Value::Bool(false), Value::Bool(true)], "in the order in which they happened");
    assert_eq!(audit.trouble(), None);
}
