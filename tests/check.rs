//! `check` and `explain` as a script meets them: outputs, exit codes, and that every finding can be explained.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

fn foretop(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
    command.env_clear().env("HOME", home.path()).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_zone_outage_fails_the_check_and_all_that_it_finds_is_explained() {
    let output = foretop(&["--demo=zone-outage", "check", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["kind"], &document["complete"]), (&Value::from("Findings"), &Value::from(true)));
    let findings = document["findings"].as_array().unwrap();
    let codes: BTreeSet<&str> = findings.iter().map(|it| it["code"].as_str().unwrap()).collect();
    for code in ["N102", "N103", "N106", "N111", "N114"] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
    for finding in findings {
        assert!(!finding["remedy"].as_str().unwrap().is_empty(), "{finding}");
        assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding}");
    }
    for code in codes {
        let output = foretop(&["explain", code]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{code}");
        for part in [code, "Rule\n", "Source\n", "Remedy\n"] {
            assert!(said.contains(part), "{code}: {said}");
        }
    }
}

#[test]
fn the_exit_code_follows_what_the_user_calls_bad() {
    for (fail_on, code) in [("critical", 0), ("info", 1)] {
        let output = foretop(&["--demo", "-n", "kube-system", "check", "--fail-on", fail_on]);
        assert_eq!(output.status.code(), Some(code), "{fail_on}: {}", text(&output.stdout));
        let table = text(&output.stdout);
        assert!(table.starts_with("SEVERITY") && table.contains("N106"), "{table}");
    }
    assert_eq!(foretop(&["--demo", "check", "--fail-on", "always"]).status.code(), Some(2));
}

#[test]
fn assumptions_are_taken_and_nonsense_is_refused() {
    let output = foretop(&["--demo", "--assume", "node-eviction-rate=fast", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no value of node-eviction-rate"), "{}", text(&output.stderr));
    // With a grace period of one second every kubelet is silent.
    let impatient = ["--demo", "--assume", "node-monitor-grace-period=1ms", "check", "-o", "json"];
    let document: Value = serde_json::from_slice(&foretop(&impatient).stdout).unwrap();
    let silent = document["findings"].as_array().unwrap().iter().find(|it| it["code"] == "N105").unwrap();
    assert!(silent["evidence"].to_string().contains("(as you said)"), "{silent}");
}

#[test]
fn a_code_that_is_none_is_refused_with_those_like_it() {
    let output = foretop(&["explain", "N199"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean N125"), "{}", text(&output.stderr));
    let output = foretop(&["explain", "zone"]);
    assert!(text(&output.stderr).contains("N113"), "a word from the title finds it");
    let all = foretop(&["explain"]);
    let lines = text(&all.stdout).lines().count();
    assert_eq!((all.status.code(), lines), (Some(0), foretop::analysis::checks::rules().count()));
}

#[test]
fn a_picture_that_is_taken_after_a_while_has_a_history() {
    let picture = |more: &[&str]| {
        let mut args = vec!["--demo", "snapshot", "--view", "autoscalers", "-o", "json"];
        args.extend(more);
        let output = foretop(&args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        document["views"]["autoscalers"]["rows"].as_array().unwrap().clone()
    };
    assert!(picture(&[]).iter().all(|row| row["desired-trend"].is_null()));
    // The first note is taken at once, however short the while is.
    let rows = picture(&["--after", "0.001ms"]);
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row["desired-trend"][0].is_i64() && row["next"]["next"].is_i64(), "{row}");
        assert!(row["bar"]["min"].is_i64() && row["bar"]["max"].is_i64(), "{row}");
    }
}
