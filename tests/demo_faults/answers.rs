//! Refusals, and answers that are none.

use foretop::demo::Faults;

use crate::watched::{PODS, Watched, survives};

#[tokio::test]
async fn without_faults_two_requests_are_enough() {
    let mut watched = Watched::with(Faults::default()).await;
    watched.agrees().await;
    watched.demo.churn(200);
    watched.agrees().await;
    let asked = watched.asked_for_pods();
    assert!(asked.len() <= 1 + PODS.div_ceil(500), "{asked:#?}");
    assert!(watched.told.is_empty(), "{:?}", watched.told);
}

#[tokio::test]
async fn requests_without_an_answer_are_made_again() {
    let told =
        survives("- {match: {resource: pods, namespace: ''}, times: 3, fault: {kind: drop}}", 10).await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_busy_server_that_says_when_to_come_back() {
    let script = "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: answer, code: 429, retry-after: 20}}";
    let told = survives(script, 10).await;
    assert!(told.iter().any(|why| why.contains("busy")), "{told:?}");
}

#[tokio::test]
async fn a_busy_server_that_does_not_say_when_to_come_back() {
    let told = survives(
        "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: answer, code: 429}}",
        10,
    )
    .await;
    assert!(told.iter().any(|why| why.contains("busy")), "{told:?}");
}

#[tokio::test]
async fn a_server_with_internal_errors() {
    for code in [500, 502, 503] {
        let script = format!(
            "- {{match: {{resource: pods, namespace: ''}}, times: 3, fault: {{kind: answer, code: {code}}}}}"
        );
        let told = survives(&script, 12).await;
        assert!(!told.is_empty(), "the screen says so");
    }
}

#[tokio::test]
async fn credentials_that_are_refused_for_a_while() {
    let told = survives(
        "- {match: {resource: pods, namespace: ''}, times: 3, fault: {kind: answer, code: 401}}",
        12,
    )
    .await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_login_page_in_place_of_an_answer() {
    let script = "- {match: {resource: pods, namespace: ''}, times: 2, fault: {kind: content-type, type: text/html, body: '<html>Please log in</html>'}}";
    let mut watched = Watched::with(script.parse().unwrap()).await;
    watched.agrees().await;
    assert_eq!(watched.asked_for_pods().iter().filter(|asked| !asked.faults.is_empty()).count(), 2);
}
