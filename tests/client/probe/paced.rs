//! How often it is asked, and when not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn many(count: usize) -> Vec<Question> {
    (0..count).map(|number| question(&format!("web-{number:03}"), vec![])).collect()
}

fn scales(asked: &[Asked]) -> usize {
    asked.iter().filter(|it| it.path.ends_with("/scale")).count()
}

#[tokio::test(start_paused = true)]
async fn four_times_a_minute_and_nothing_when_there_is_nothing_to_ask() {
    let mut asking = Asking::start(Vec::new(), usual).await;
    assert_eq!(asking.during(Duration::from_mins(2)).await.len(), 0);
    assert_eq!(asking.told, 0);
    asking.questions.send_replace(vec![question("web", vec![cpu()])].into());
    asking.once().await;
    let asked = asking.during(Duration::from_mins(10)).await;
    assert!((37..=43).contains(&scales(&asked)), "{} rounds in ten minutes", scales(&asked));
    asking.questions.send_replace(Arc::default());
    asking.during(Duration::from_secs(20)).await;
    assert_eq!(asking.during(Duration::from_mins(2)).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_after_nobody_was_asked_for_waits_for_nothing() {
    let mut asking = Asking::start(Vec::new(), usual).await;
    asking.during(STEP).await;
    let start = tokio::time::Instant::now();
    asking.questions.send_replace(vec![question("web", vec![cpu()])].into());
    asking.once().await;
    assert!(start.elapsed() <= 2 * STEP, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_new_spec_is_asked_for_at_once_and_no_other_sooner_for_it() {
    let mut asking = Asking::start(many(3), usual).await;
    asking.once().await;
    let mut changed = many(3);
    changed[1].generation = 2;
    let start = tokio::time::Instant::now();
    asking.questions.send_replace(changed.into());
    asking.until("the new spec", |asking| asking.probe("web-001").generation == 2).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let asked = asking.server.asked();
    let of =
        |name: &str| on(&asked, &format!("/apis/apps/v1/namespaces/shop/deployments/{name}/scale")).len();
    assert_eq!((of("web-000"), of("web-001"), of("web-002")), (1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_changed_without_a_generation_is_asked_for_at_once_too() {
    let mut asking = Asking::start(many(4), usual).await;
    asking.once().await;
    let mut changed = many(4);
    changed[1].metrics = vec![cpu()];
    changed[2].target.name = "other".into();
    changed[3].renewed = 7;
    let wanted: Vec<u64> = changed.iter().map(Question::asks).collect();
    asking.questions.send_replace(changed.into());
    let are = |asking: &Asking| (0..4).all(|it| asking.probe(&format!("web-{it:03}")).asks == wanted[it]);
    asking.until("what changed", are).await;
    let asked = asking.server.asked();
    let of =
        |name: &str| on(&asked, &format!("/apis/apps/v1/namespaces/shop/deployments/{name}/scale")).len();
    let counts = ["web-000", "web-001", "web-002", "other", "web-003"].map(of);
    assert_eq!(counts, [1, 2, 1, 1, 2], "and no other sooner for it");
}

#[tokio::test(start_paused = true)]
async fn more_than_a_hundred_take_turns() {
    let mut asking = Asking::start(many(250), usual).await;
    asking.once().await;
    assert_eq!((scales(&asking.server.asked()), asking.told), (100, 100), "no more in a round");
    let asked = asking.during(Duration::from_mins(2)).await;
    let count = scales(&asked);
    assert!((600..=900).contains(&count), "{count} in eight rounds");
    assert_eq!(asking.probes.len(), 250, "and everybody has his turn");
    let each =
        |name: &str| on(&asked, &format!("/apis/apps/v1/namespaces/shop/deployments/{name}/scale")).len();
    let counts: Vec<usize> = (0..250).map(|number| each(&format!("web-{number:03}"))).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least >= 2 && most - least <= 2, "{least} to {most}");
}

#[tokio::test(start_paused = true)]
async fn four_questions_at_once_and_no_fifth() {
    let mut asking = Asking::of(many(30), |_| Deed::Freeze).await;
    asking.during(Duration::from_secs(9)).await;
    assert_eq!(asking.server.asked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_hangs_is_given_up_and_not_asked_soon() {
    let questions = vec![question("slow", vec![external("depth", "")]), question("web", vec![cpu()])];
    let mut asking = Asking::of(questions, |asked| {
        if asked.path.starts_with(EXTERNAL) { Deed::Freeze } else { Deed::Answer(usual(asked)) }
    })
    .await;
    asking.once().await;
    assert_eq!(
        asking.answers("slow"),
        [Answer::NotAsked("no answer in time")],
        "the controller waits longer"
    );
    let asked = asking.during(Duration::from_mins(5)).await;
    let count = on(&asked, &format!("{EXTERNAL}/depth")).len();
    assert!((2..=6).contains(&count), "{count} times in five minutes");
    let others = on(&asked, PODS).len();
    assert!((12..=22).contains(&others), "{others} times in five minutes");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_wait_is_left_alone_for_up_to_a_minute() {
    let busy = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&busy);
    let mut asking = Asking::start(many(50), move |asked| {
        if !now.load(Ordering::SeqCst) {
            return usual(asked);
        }
        let mut reply = refusal(429, "TooManyRequests", "too many requests, please try again later");
        reply.headers_mut().insert("retry-after", "3600".parse().unwrap());
        reply
    })
    .await;
    asking.until("the refusal", |asking| asking.told > 0).await;
    let first = asking.server.asked().len();
    assert!(first <= 4, "{first} questions before anybody was heard");
    busy.store(false, Ordering::SeqCst);
    assert_eq!(asking.during(Duration::from_secs(50)).await.len(), 0);
    let probe = asking.probes.values().next().unwrap();
    assert_eq!(probe.scale.as_ref().unwrap_err(), "too many requests, please try again later");
    let start = tokio::time::Instant::now();
    asking.until("the answers", |asking| asking.probes.len() == 50).await;
    assert!(start.elapsed() < Duration::from_mins(2), "{:?}", start.elapsed());
}

/// A server whose adapter of external metrics answers with `code` while it is `busy`, and asks to wait for an hour.
async fn with_adapter(code: u16, busy: &Arc<AtomicBool>, questions: Vec<Question>) -> Asking {
    let busy = Arc::clone(busy);
    Asking::start(questions, move |asked| {
        if !asked.path.starts_with(EXTERNAL) || !busy.load(Ordering::SeqCst) {
            return usual(asked);
        }
        let mut reply = refusal(code, "Busy", "please wait");
        reply.headers_mut().insert("retry-after", "3600".parse().unwrap());
        reply
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn one_adapter_that_asks_to_wait_holds_nobody_else() {
    for code in [429, 503, 504] {
        let questions = vec![question("depth", vec![external("depth", "")]), question("web", vec![cpu()])];
        let mut asking = with_adapter(code, &Arc::new(AtomicBool::new(true)), questions).await;
        asking.once().await;
        let first = asking.answers("depth");
        let said = matches!(first[..], [Answer::Failed(_)]);
        assert_eq!(said, code != 429, "{code}: who has too many of us may answer others: {first:?}");
        let asked = asking.during(Duration::from_mins(5)).await;
        let others = on(&asked, PODS).len();
        assert!((17..=23).contains(&others), "{code}: {others} times in five minutes");
        let count = on(&asked, &format!("{EXTERNAL}/depth")).len();
        assert!((3..=5).contains(&count), "{code}: {count} times in five minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn one_busy_adapter_withholds_no_other_answer() {
    let questions = vec![question("web", vec![cpu(), external("depth", ""), per_pod("requests", "")])];
    let mut asking = with_adapter(429, &Arc::new(AtomicBool::new(true)), questions).await;
    asking.once().await;
    for _ in 0..3 {
        let answers = asking.again("web").await.answers.clone();
        let busy = Answer::NotAsked("the server has too many requests");
        assert!(
            matches!(&answers[..], [Answer::Pods(_), it, Answer::PerPod(_)] if *it == busy),
            "{answers:?}"
        );
    }
    let count = on(&asking.server.asked(), &format!("{EXTERNAL}/depth")).len();
    assert_eq!(count, 1, "and it is left alone meanwhile");
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_answers_nobody_does_not_keep_all_waiting() {
    let name = |number: usize| format!("web-{number:02}");
    let questions = (0..40).map(|it| question(&name(it), vec![cpu(), external(&name(it), "")])).collect();
    let mut asking = Asking::of(questions, |asked| {
        if asked.path.starts_with(EXTERNAL) { Deed::Freeze } else { Deed::Answer(usual(asked)) }
    })
    .await;
    asking.once().await;
    for number in 0..40 {
        let answers = asking.answers(&name(number));
        let late = Answer::NotAsked("no answer in time");
        assert!(matches!(&answers[..], [Answer::Pods(_), it] if *it == late), "{number}: {answers:?}");
    }
    let asked = asking.server.asked();
    let count = asked.iter().filter(|it| it.path.starts_with(EXTERNAL)).count();
    assert!((4..8).contains(&count), "as many as are asked at once, twice at most, and then nobody: {count}");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_asked_for_keeps_what_was_answered() {
    let busy = Arc::new(AtomicBool::new(false));
    let names = ["a", "b", "c", "d", "e", "f"];
    let questions = names.map(|name| question(name, vec![external(name, "")])).into();
    let mut asking = with_adapter(429, &busy, questions).await;
    asking.once().await;
    busy.store(true, Ordering::SeqCst);
    asking.during(Duration::from_secs(40)).await;
    let kept = names.iter().filter(|name| asking.answers(name) == [Answer::Value(2000)]).count();
    assert!((1..6).contains(&kept), "{kept} were not asked for");
    busy.store(false, Ordering::SeqCst);
    let all = |it: &Asking| names.iter().all(|name| it.answers(name) == [Answer::Value(2000)]);
    asking.until("all answers", all).await;
}

#[tokio::test(start_paused = true)]
async fn while_the_server_does_not_answer_it_is_not_asked() {
    let away = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&away);
    let server = Server::doing(move |asked| match asked.path.as_str() {
        _ if now.load(Ordering::SeqCst) => Deed::HangUp,
        "/version" => Deed::Answer(version(31)),
        _ => Deed::Answer(usual(asked)),
    })
    .await;
    let mut asking = Asking::on(server, many(20)).await;
    asking.once().await;
    away.store(true, Ordering::SeqCst);
    asking.during(Duration::from_secs(30)).await;
    let told = asking.told;
    assert_eq!(asking.during(Duration::from_mins(10)).await.len(), 0, "not one question");
    assert_eq!(asking.told, told, "and nothing is made of it");
    away.store(false, Ordering::SeqCst);
    let start = tokio::time::Instant::now();
    asking.until("its return", |asking| asking.told >= told + 20).await;
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_answered_because_the_server_was_frozen_is_asked_soon_after_its_return() {
    let frozen = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&frozen);
    let server = Server::doing(move |asked| match asked.path.as_str() {
        _ if now.load(Ordering::SeqCst) => Deed::Freeze,
        "/version" => Deed::Answer(version(31)),
        _ => Deed::Answer(usual(asked)),
    })
    .await;
    let mut asking = Asking::on(server, many(2)).await;
    asking.once().await;
    frozen.store(true, Ordering::SeqCst);
    asking.until("no answer", |asking| asking.probe("web-000").scale.is_err()).await;
    asking.during(Duration::from_mins(1)).await;
    frozen.store(false, Ordering::SeqCst);
    let asked = asking.during(Duration::from_secs(5)).await;
    assert_eq!(scales(&asked), 2, "each once");
    assert!(asking.probe("web-000").scale.is_ok());
}
