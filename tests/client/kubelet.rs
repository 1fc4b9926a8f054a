//! Kubelets asked through the server, by those who want it and by those who do not.

use foretop::client::gate::Mode;
use foretop::client::kubelet::ask;
use foretop::model::kubelet::{Question, Told};
use http::Method;
use serde_json::json;

use crate::script::{Deed, Server, bytes, refusal, soon, version, whole};

fn why(told: Told) -> String {
    match told {
        Told::Unreached(why) | Told::Nothing(_, why) => why,
        other => panic!("an answer: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn three_questions_are_asked_even_when_read_only() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/api/v1/nodes/a/proxy/healthz" => bytes(200, "text/plain", b"ok".to_vec()),
        "/api/v1/nodes/a/proxy/configz" => whole(200, &json!({"kubeletconfig": {"maxPods": 110}})),
        "/api/v1/nodes/a/proxy/stats/summary" => whole(200, &json!({"node": {"cpu": {"usageNanoCores": 7}}})),
        other => panic!("{other}"),
    })
    .await;
    let session = server.session_asking_kubelets(Mode::ReadOnly).await;
    let mut told = Vec::new();
    for question in Question::ALL {
        told.push(soon("an answer", ask(&session, "a", question)).await);
    }
    assert_eq!(told[0], Told::Health("ok".into()));
    assert_eq!(told[1], Told::Config(vec![("maxPods".into(), "110".into())]));
    assert!(matches!(&told[2], Told::Stats(stats) if stats.cpu == Some(7)), "{told:?}");
    let asked = server.asked();
    assert!(asked.len() == 3 && asked.iter().all(|asked| asked.method == Method::GET), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_without_the_option() {
    let server = Server::start(|_| bytes(200, "text/plain", b"ok".to_vec())).await;
    for mode in [Mode::Real, Mode::DryRun, Mode::ReadOnly] {
        let session = server.session(mode).await;
        for question in Question::ALL {
            let why = why(soon("no answer", ask(&session, "a", question)).await);
            assert!(why.contains("only with --kubelet"), "{why}");
        }
    }
    assert!(server.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_right_and_an_unreachable_kubelet_is_said() {
    let forbidden = "nodes \"a\" is forbidden: User \"viewer\" cannot get resource \"nodes/proxy\" in API group \"\" at the \
                     cluster scope";
    let server = Server::start(move |asked| {
        if asked.path.ends_with("healthz") {
            return refusal(403, "Forbidden", forbidden);
        }
        refusal(
            503,
            "ServiceUnavailable",
            "error trying to reach service: dial tcp 10.0.0.7:10250: i/o timeout",
        )
    })
    .await;
    let session = server.session_asking_kubelets(Mode::Real).await;
    let refused = why(soon("a refusal", ask(&session, "a", Question::Health)).await);
    assert!(refused.contains(forbidden) && refused.contains("close to root"), "{refused}");
    let away = why(soon("a refusal", ask(&session, "a", Question::Stats)).await);
    assert!(away.contains("10.0.0.7:10250: i/o timeout"), "{away}");
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_does_not_answer_is_given_up_soon() {
    let server = Server::doing(|asked| match asked.path.as_str() {
        "/version" => Deed::Answer(version(36)),
        _ => Deed::Freeze,
    })
    .await;
    let session = server.session_asking_kubelets(Mode::Real).await;
    let begun = tokio::time::Instant::now();
    let why = why(soon("giving up", ask(&session, "a", Question::Config)).await);
    assert!(why.contains("2 s") || why.contains("2s"), "{why}");
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "by the paused clock: long before the server would"
    );
    assert_eq!(server.asked().len(), 1, "it is not asked again");
}

#[tokio::test(start_paused = true)]
async fn an_unwell_kubelet_says_which_of_its_checks_failed_and_is_reached() {
    let server = Server::start(|asked| {
        if asked.path.ends_with("healthz") {
            return bytes(500, "text/plain; charset=utf-8", b"[+]ping ok\n[-]syncloop failed".to_vec());
        }
        refusal(401, "Unauthorized", "Unauthorized")
    })
    .await;
    let session = server.session_asking_kubelets(Mode::Real).await;
    let health = soon("an answer", ask(&session, "a", Question::Health)).await;
    assert_eq!(health, Told::Health("[+]ping ok\n[-]syncloop failed".into()));
    let refused = why(soon("a refusal", ask(&session, "a", Question::Config)).await);
    assert!(refused.contains("the API server's own credentials"), "{refused}");
    assert_eq!(
        server.asked().len(),
        2,
        "a kubelet's refusal is no reason to ask again with other credentials"
    );
}
