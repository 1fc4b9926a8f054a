//! Each way of not getting an answer.

use std::sync::atomic::{AtomicU16, Ordering};

use super::*;

/// An autoscaler with one metric of each API.
fn one_of_each() -> Vec<Question> {
    vec![question("web", vec![cpu(), per_pod("requests", ""), external("depth", "")])]
}

fn failed(words: &str) -> Answer {
    Answer::Failed(words.to_owned())
}

#[tokio::test(start_paused = true)]
async fn one_failure_is_told_in_clean_words_and_stops_nothing() {
    let mut questions = one_of_each();
    questions.push(question("gone", vec![cpu()]));
    questions.push(question("fine", vec![cpu()]));
    let mut asking = Asking::start(questions, |asked| match asked.path.as_str() {
        path if path.starts_with(EXTERNAL) => {
            let words = format!("prometheus\u{1b}[2J is\r\naway{}", "!".repeat(5000));
            refusal(500, "InternalError", &words)
        }
        path if path.ends_with("/gone/scale") => {
            refusal(404, "NotFound", "deployments.apps \"gone\" not found")
        }
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    let answers = asking.answers("web");
    assert!(matches!(answers[..2], [Answer::Pods(_), Answer::PerPod(_)]), "{answers:?}");
    let Answer::Failed(words) = &answers[2] else { panic!("{answers:?}") };
    assert!(words.starts_with("prometheus [2J is away!!!") && words.chars().count() < 310, "{words}");
    assert_eq!(asking.probe("gone").scale.as_ref().unwrap_err(), "deployments.apps \"gone\" not found");
    assert_eq!(asking.answers("gone"), [Answer::NotAsked("the target's scale cannot be read")]);
    assert!(matches!(asking.answers("fine")[..], [Answer::Pods(_)]));
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_is_asked_once_a_minute() {
    let mut asking = Asking::start(one_of_each(), |asked| {
        if asked.path.contains("metrics.k8s.io") && asked.path != CUSTOM {
            refusal(403, "Forbidden", "pods.metrics.k8s.io is forbidden: User \"x\" cannot list")
        } else {
            usual(asked)
        }
    })
    .await;
    asking.once().await;
    assert_eq!(asking.answers("web"), vec![Answer::NotAsked("forbidden"); 3]);
    let asked = asking.during(Duration::from_mins(10)).await;
    let scales = asked.iter().filter(|it| it.path.ends_with("/scale")).count();
    assert!((37..=43).contains(&scales), "the rest is asked as ever: {scales}");
    for path in [PODS, &format!("{EXTERNAL}/depth")] {
        let count = on(&asked, path).len();
        assert!((7..=11).contains(&count), "{path}: {count} times in ten minutes");
    }
    assert_eq!(asking.answers("web"), vec![Answer::NotAsked("forbidden"); 3]);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_the_scale_is_still_told_what_needs_no_pods() {
    let mut asking = Asking::start(one_of_each(), |asked| match asked.path.rsplit_once('/') {
        Some((_, "scale")) => refusal(403, "Forbidden", "deployments.apps \"web\" is forbidden"),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    assert_eq!(asking.probe("web").scale.as_ref().unwrap_err(), "deployments.apps \"web\" is forbidden");
    let unasked = Answer::NotAsked("the target's scale cannot be read");
    assert_eq!(asking.answers("web"), [unasked.clone(), unasked, Answer::Value(2000)]);
}

#[tokio::test(start_paused = true)]
async fn a_scale_without_a_selector_ends_it_as_for_the_controller() {
    let mut asking = Asking::start(one_of_each(), |asked| match asked.path.rsplit_once('/') {
        Some((_, "scale")) => whole(200, &json!({ "spec": { "replicas": 1 }, "status": { "replicas": 1 } })),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    assert_eq!(
        asking.answers("web"),
        vec![Answer::NotAsked("the HPA target's scale is missing a selector"); 3]
    );
    let asked = asking.server.asked();
    assert!(!asked.iter().any(|it| it.path.contains("metrics.k8s.io")));
}

#[tokio::test(start_paused = true)]
async fn an_api_that_is_not_there_is_asked_once_a_minute_until_it_is() {
    let there = Arc::new(AtomicU16::new(0));
    let now = Arc::clone(&there);
    let mut asking = Asking::start(one_of_each(), move |asked| {
        let missing = asked.path.contains("metrics.k8s.io") && now.load(Ordering::SeqCst) == 0;
        if missing {
            crate::script::bytes(404, "text/plain", b"404 page not found".to_vec())
        } else {
            usual(asked)
        }
    })
    .await;
    asking.once().await;
    let words = "the server could not find the requested resource";
    let all = [
        failed(&format!("{words} (get pods.metrics.k8s.io)")),
        failed("no custom metrics API (custom.metrics.k8s.io) registered"),
        failed(&format!("{words} (get depth.external.metrics.k8s.io)")),
    ];
    assert_eq!(asking.answers("web"), all);
    let (mut remembered, mut count) = (0, 0);
    asking.probes.clear();
    while asking.told < 12 {
        let answers = asking.again("web").await.answers.clone();
        count += 1;
        for (answer, failed) in answers.iter().zip(&all) {
            let (Answer::Failed(now) | Answer::NotAgain(now)) = answer else { panic!("{answer:?}") };
            assert_eq!(&Answer::Failed(now.clone()), failed, "in the same words");
        }
        remembered += usize::from(answers.iter().all(|it| matches!(it, Answer::NotAgain(_))));
    }
    assert!(remembered >= count / 2 && remembered < count, "only when asked: {remembered} of {count}");
    let asked = asking.during(Duration::from_mins(10)).await;
    for path in [PODS, CUSTOM, &format!("{EXTERNAL}/depth"), "/apis/external.metrics.k8s.io"] {
        let count = on(&asked, path).len();
        assert!((7..=11).contains(&count), "{path}: {count} times in ten minutes");
    }
    there.store(1, Ordering::SeqCst);
    let bad = |it: &Answer| matches!(it, Answer::Failed(_) | Answer::NotAgain(_) | Answer::NotAsked(_));
    let good = |asking: &Asking| !asking.answers("web").iter().any(bad);
    asking.until("the new API", good).await;
}

#[tokio::test(start_paused = true)]
async fn an_api_that_is_found_missing_is_missing_for_all_of_that_round() {
    let questions = ["a", "b"].map(|name| question(name, vec![cpu(), external(name, "")]));
    let mut asking = Asking::start(questions.into(), |asked| {
        let missing = asked.path.contains("metrics.k8s.io");
        if missing { refusal(404, "NotFound", "404 page not found") } else { usual(asked) }
    })
    .await;
    asking.once().await;
    for name in ["a", "b"] {
        let answers = asking.answers(name);
        assert!(answers.iter().all(|it| matches!(it, Answer::Failed(_))), "{name}: {answers:?}");
        let Answer::Failed(words) = &answers[1] else { panic!("{answers:?}") };
        assert!(words.ends_with(&format!("(get {name}.external.metrics.k8s.io)")), "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_another_metric_of_a_missing_api_is_told_of_his_own_while_it_is_not_asked_again() {
    let metrics = || vec![external("depth", ""), external("width", "")];
    let mut asking = Asking::start(vec![question("web", metrics())], |asked| {
        let missing = asked.path.contains("external.metrics.k8s.io");
        if missing { refusal(404, "NotFound", "404 page not found") } else { usual(asked) }
    })
    .await;
    asking.once().await;
    let later = asking.again("web").await;
    let words = |name: &str| {
        let words = "the server could not find the requested resource";
        Answer::NotAgain(format!("{words} (get {name}.external.metrics.k8s.io)"))
    };
    assert_eq!(later.answers, [words("depth"), words("width")]);
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_is_not_there_is_no_api_that_is_not_there() {
    let metrics = vec![external("depth", ""), external("width", ""), per_pod("requests", "")];
    let mut asking = Asking::start(vec![question("web", metrics)], |asked| {
        let missing = asked.path.ends_with("/depth") || asked.path.ends_with("/requests");
        if missing { refusal(404, "NotFound", "there is no such metric") } else { usual(asked) }
    })
    .await;
    asking.once().await;
    let missing = failed("there is no such metric");
    assert_eq!(asking.answers("web"), [missing.clone(), Answer::Value(2000), missing]);
    let asked = asking.during(Duration::from_mins(1)).await;
    assert!(on(&asked, &format!("{EXTERNAL}/depth")).len() >= 3, "it is asked in every round");
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_is_down_is_told_as_the_controller_tells_it() {
    let mut asking = Asking::start(one_of_each(), |asked| {
        let down = asked.path.contains("metrics.k8s.io") && asked.path != CUSTOM;
        if down {
            crate::script::bytes(503, "text/plain", b"service unavailable".to_vec())
        } else {
            usual(asked)
        }
    })
    .await;
    asking.once().await;
    let down = failed("the server is currently unable to handle the request: service unavailable");
    assert_eq!(asking.answers("web"), vec![down; 3]);
}

#[tokio::test(start_paused = true)]
async fn no_series_is_a_failure_and_no_pod_is_not() {
    let mut asking = Asking::start(one_of_each(), |asked| {
        let empty = asked.path.contains("/namespaces/shop/") && asked.path.contains("metrics.k8s.io");
        if empty { whole(200, &json!({ "items": [] })) } else { usual(asked) }
    })
    .await;
    asking.once().await;
    let none = failed("no metrics returned from external metrics API");
    assert_eq!(asking.answers("web"), [Answer::Pods([].into()), Answer::PerPod([].into()), none]);
}

#[tokio::test(start_paused = true)]
async fn absurd_answers_are_failures_at_most() {
    let bodies: [&[u8]; 9] = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html>",
        b"{\"items\":{}}",
        b"{\"items\":[null]}",
        b"{\"items\":[{\"value\":\"lots\",\"containers\":{},\"timestamp\":7}],\"spec\":{\"replicas\":1e99},\"resources\":7}",
        b"\x1b]0;title\x07",
    ];
    for body in bodies {
        let metrics = vec![
            cpu(),
            per_pod("requests", ""),
            external("depth", ""),
            object("hits", "x.org/v1", "Thing/a"),
        ];
        let both = vec![question("web", metrics.clone()), question_of("odd", "x.org/v1", "Thing", metrics)];
        let mut asking = Asking::start(both, move |asked| {
            let spared = asked.path.ends_with("deployments/web/scale") || asked.path == CUSTOM;
            if spared { usual(asked) } else { crate::script::bytes(200, "application/json", body.to_vec()) }
        })
        .await;
        asking.once().await;
        assert_eq!(asking.answers("web").len(), 4);
        assert!(asking.probe("odd").scale.is_err(), "{:?}", asking.probe("odd"));
        for answer in asking.answers("web").iter().chain(&asking.answers("odd")) {
            let Answer::Failed(words) = answer else { continue };
            assert!(!words.chars().any(char::is_control), "{words:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_given_up() {
    let mut asking = Asking::start(vec![question("web", vec![cpu()])], |asked| match asked.path.as_str() {
        PODS => crate::script::bytes(200, "application/json", vec![b' '; 17 << 20]),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    let answers = asking.answers("web");
    assert_eq!(answers, [Answer::NotAsked("the question failed")], "the controller may take it");
}

#[tokio::test(start_paused = true)]
async fn names_that_no_path_can_hold_are_not_asked_for() {
    let questions =
        vec![question("web", vec![external("../../../../api/v1/secrets", ""), external("a b", "")])];
    let mut asking = Asking::start(questions, usual).await;
    asking.once().await;
    assert_eq!(asking.answers("web"), vec![Answer::NotAsked("a name that no path can hold"); 2]);
    assert!(!asking.server.asked().iter().any(|it| it.path.contains("external")));
}
