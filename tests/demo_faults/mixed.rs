//! Several faults at once, and scripts in files.

use std::path::Path;

use foretop::demo::Faults;

use crate::watched::Watched;

#[test]
fn a_file_that_is_no_script_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.yaml");
    for (text, words) in [
        (
            Some("- {match: {resource: widgets}, fault: {kind: drop}}"),
            "rule 1: there is no resource \"widgets\"",
        ),
        (Some("- {fault: {kind: melt}}"), "unknown variant `melt`"),
        (None, "cannot read the fault script"),
    ] {
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_foretop"));
        let ended = command.args(["demo", "--faults"]).arg(&file).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(words) && ended.stdout.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn everything_at_once_as_the_example_has_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/rough-day.yaml");
    let mut watched = Watched::with(Faults::read(&file).unwrap()).await;
    for _ in 0..6 {
        watched.agrees().await;
        watched.demo.churn(40);
    }
    watched.agrees().await;
    let asked = watched.asked_for_pods();
    let struck = asked.iter().filter(|asked| !asked.faults.is_empty()).count();
    assert!(struck >= 4 && asked.len() <= 40, "{struck} of {}", asked.len());
}

#[tokio::test]
async fn faults_of_every_sort_by_chance() {
    let faults = [
        "kind: drop",
        "kind: answer, code: 500",
        "kind: answer, code: 410",
        "kind: cut, at: {inside-item: 200}",
        "kind: cut, at: {items: 7}",
        "kind: close, at: {items: 3}",
        "kind: corrupt, item: 5",
        "kind: error, code: 410, after: 2",
    ];
    let rule = |fault| {
        format!(
            "- {{match: {{resource: pods, namespace: ''}}, probability: 0.1, times: 4, fault: {{{fault}}}}}\n"
        )
    };
    let script: String = faults.into_iter().map(rule).collect();
    let mut watched = Watched::with(script.parse().unwrap()).await;
    for _ in 0..12 {
        watched.agrees().await;
        watched.demo.churn(60);
    }
    watched.agrees().await;
    assert!(watched.asked_for_pods().len() <= 150);
}
