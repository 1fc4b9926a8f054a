//! What is asked, and what is made of the answers.

use std::collections::HashMap;

use foretop::model::autoscaler::Amount;
use foretop::model::quantity::Milli;
use foretop::model::sample::{ContainerUse, PodSample};
use foretop::model::second::Second;

use super::*;

/// Path and query of every question, sorted.
fn written(asked: &[Asked]) -> Vec<String> {
    let mut all: Vec<String> = asked
        .iter()
        .map(|asked| {
            let mut query: Vec<String> =
                asked.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
            query.sort();
            format!("{} {}", asked.path, query.join(" "))
        })
        .collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn each_question_is_the_controllers() {
    let metrics = vec![
        cpu(),
        metric(MetricSource::ContainerResource { name: "memory".into(), container: "app".into() }),
        per_pod("requests", "verb=GET"),
        object("hits", "networking.k8s.io/v1", "Ingress/front"),
        object("quota", "v1", "Namespace/other"),
        external("subscriptions|depth", "queue in (a,b)"),
        external("depth", ""),
        metric(MetricSource::Unknown { kind: "Oracle".into() }),
    ];
    let mut asking = Asking::start(vec![question("web", metrics)], usual).await;
    asking.once().await;
    let apps = "/apis/apps/v1/namespaces/shop/deployments/web";
    let custom = format!("{CUSTOM}/v1beta2/namespaces/shop");
    assert_eq!(
        written(&asking.server.asked()),
        [
            format!("{apps} "),
            format!("{apps}/scale "),
            format!("{CUSTOM} "),
            format!("{custom}/ingresses.networking.k8s.io/front/hits "),
            format!("{custom}/metrics/quota "),
            format!("{custom}/pods/*/requests labelSelector=app=web metricLabelSelector=verb=GET"),
            format!("{EXTERNAL}/depth "),
            format!("{EXTERNAL}/subscriptions|depth labelSelector=queue in (a,b)"),
            format!("{PODS} labelSelector=app=web"),
        ]
    );
    let accepts: HashMap<_, _> =
        asking.server.asked().iter().map(|it| (it.path.clone(), it.headers["accept"].clone())).collect();
    assert!(accepts[apps].to_str().unwrap().starts_with("application/json;as=PartialObjectMetadata;"));
    assert!(accepts.iter().all(|(path, accept)| path == apps || accept == "application/json"), "{accepts:?}");
    let probe = asking.probe("web");
    let found = probe.scale.as_ref().unwrap();
    assert_eq!((found.spec, found.status, found.selector.as_str()), (4, 3, "app=web"));
    assert_eq!(probe.generation, 1);
    let containers = vec![ContainerUse::new("app".into(), Some(100), Some(1 << 20))].into();
    let at = Second::of("2026-03-01T10:00:00Z".parse().unwrap()).unwrap();
    let pods = Answer::Pods([PodSample { pod: "web-0".into(), at, window: 15_500, containers }].into());
    let (requests, two) = (Answer::PerPod([("web-0".into(), 2000)].into()), Answer::Value(2000));
    let all = [&pods, &pods, &requests, &two, &two, &two, &two, &Answer::NotAsked("unknown kind")];
    assert_eq!(probe.answers.iter().collect::<Vec<_>>(), all);
}

#[tokio::test(start_paused = true)]
async fn amounts_are_rounded_up_and_series_added_up() {
    let metrics = vec![cpu(), per_pod("requests", ""), external("depth", "")];
    let mut asking = Asking::start(vec![question("web", metrics)], |asked| match asked.path.as_str() {
        PODS => whole(200, &json!({ "items": [sample("a", "1000001n", "1500m"), sample("b", "0", "1Ki")] })),
        path if path.starts_with(EXTERNAL) => values(&[("", "1500001u"), ("", "2"), ("", "1n")]),
        path if path.starts_with(&format!("{CUSTOM}/")) => {
            values(&[("a", "1n"), ("b", "-1500m"), ("a", "9P")])
        }
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    let answers = asking.answers("web");
    let Answer::Pods(samples) = &answers[0] else { panic!("{answers:?}") };
    let used: Vec<_> = samples.iter().map(|it| (it.containers[0].cpu(), it.containers[0].memory())).collect();
    assert_eq!(used, [(Some(2), Some(2)), (Some(0), Some(1024))]);
    let most = 9_000_000_000_000_000_000;
    let per_pod = [("a".into(), 1), ("b".into(), -1500), ("a".into(), most)].into();
    assert_eq!(answers[1..], [Answer::PerPod(per_pod), Answer::Value(1501 + 2000 + 1)]);
}

#[tokio::test(start_paused = true)]
async fn of_a_value_that_is_too_large_for_thousandths_nobody_knows_what_the_controller_makes() {
    let metrics = vec![per_pod("requests", ""), external("depth", ""), object("rate", "v1", "Service/web")];
    let mut asking = Asking::start(vec![question("web", metrics)], |asked| match asked.path.as_str() {
        path if path.starts_with(EXTERNAL) => values(&[("", "1"), ("", "-9E")]),
        path if path.starts_with(&format!("{CUSTOM}/")) => values(&[("a", "10P")]),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    let unknown = || Answer::NotAsked("a value is too large for the controller");
    assert_eq!(asking.answers("web"), [unknown(), unknown(), unknown()]);
}

#[tokio::test(start_paused = true)]
async fn a_sum_below_zero_is_the_largest_number_where_it_counts_per_pod() {
    let metric = |goal| Metric { goal, ..external("depth", "") };
    let amount = Amount { milli: Milli(1000), text: "1".into() };
    let metrics = vec![metric(Goal::Value(amount.clone())), metric(Goal::AverageValue(amount))];
    let mut asking = Asking::start(vec![question("web", metrics)], |asked| match asked.path.as_str() {
        path if path.starts_with(EXTERNAL) => values(&[("", "-3"), ("", "1")]),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    assert_eq!(asking.answers("web"), [Answer::Value(-2000), Answer::Value(i64::MAX)]);
}

#[tokio::test(start_paused = true)]
async fn what_several_ask_is_asked_once_in_a_round() {
    let metrics = || vec![cpu(), cpu(), per_pod("requests", ""), external("depth", "")];
    let names = ["a", "b", "c"];
    let questions = names.map(|name| question(name, metrics())).into();
    let mut asking = Asking::start(questions, |asked| match asked.path.rsplit_once('/') {
        Some((_, "scale")) => scale("all"),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    for name in names {
        let answers = asking.answers(name);
        let [Answer::Pods(one), Answer::Pods(other), ..] = &answers[..] else { panic!("{answers:?}") };
        assert!(Arc::ptr_eq(one, other), "and what was read of it is kept once");
    }
    let asked = asking.server.asked();
    assert_eq!(asked.iter().filter(|it| it.path.ends_with("/scale")).count(), 3);
    for path in [
        PODS,
        CUSTOM,
        &format!("{CUSTOM}/v1beta2/namespaces/shop/pods/*/requests"),
        &format!("{EXTERNAL}/depth"),
    ] {
        assert_eq!(on(&asked, path).len(), 1, "{path}");
    }
    for name in names {
        assert_eq!(asking.answers(name), asking.answers("a"), "and all are told");
    }
    asking.again("c").await;
    let asked = asking.server.asked();
    assert_eq!(on(&asked, CUSTOM).len(), 1, "the version is learnt once");
    assert!(on(&asked, PODS).len() <= 2, "once in each round");
}

#[tokio::test(start_paused = true)]
async fn who_owns_the_replicas_is_asked_when_their_number_changes_and_once_in_a_while() {
    let replicas = Arc::new(std::sync::atomic::AtomicI32::new(4));
    let now = Arc::clone(&replicas);
    let mut asking = Asking::start(vec![question("web", vec![])], move |asked| {
        if asked.path.ends_with("/scale") {
            let replicas = now.load(std::sync::atomic::Ordering::SeqCst);
            return whole(200, &json!({ "spec": { "replicas": replicas }, "status": { "selector": "a=b" } }));
        }
        let entry = |manager: &str, subresource: &str, fields: Value| {
            json!({ "manager": manager, "subresource": subresource, "time": "2026-03-01T10:00:00Z", "fieldsV1": fields })
        };
        let owns = json!({ "f:spec": { "f:replicas": {} } });
        let fields = json!([entry("argocd-controller", "", owns.clone()), entry("kube-controller-manager", "scale", owns),
            entry("kubectl", "", json!({ "f:spec": { "f:paused": {} } }))]);
        whole(200, &json!({ "metadata": { "name": "web", "managedFields": fields } }))
    })
    .await;
    asking.once().await;
    let probe = asking.probe("web");
    let writers = |probe: &Probe| {
        let writers = &probe.scale.as_ref().unwrap().writers;
        writers.iter().map(|it| format!("{}/{}", it.manager, it.subresource)).collect::<Vec<_>>()
    };
    assert_eq!(writers(&probe), ["argocd-controller/", "kube-controller-manager/scale"]);
    let path = "/apis/apps/v1/namespaces/shop/deployments/web";
    let asked = asking.during(Duration::from_mins(20)).await;
    let count = on(&asked, path).len();
    assert!((3..=4).contains(&count), "{count} times in twenty minutes");
    assert_eq!(writers(&asking.probe("web")).len(), 2, "and it is said each time");
    replicas.store(7, std::sync::atomic::Ordering::SeqCst);
    let asked = asking.during(Duration::from_secs(20)).await;
    assert!(!on(&asked, path).is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_a_watched_target_the_scale_is_asked_when_its_replicas_change_and_once_in_a_while() {
    let watched = |replicas, renewed| {
        vec![Question { replicas: Some(replicas), renewed, ..question("web", vec![cpu()]) }]
    };
    let mut asking = Asking::start(watched(4, 0), usual).await;
    asking.once().await;
    let scales = |asked: &[Asked]| on(asked, "/apis/apps/v1/namespaces/shop/deployments/web/scale").len();
    let asked = asking.during(Duration::from_mins(20)).await;
    assert!((3..=4).contains(&scales(&asked)), "{} times in twenty minutes", scales(&asked));
    assert!((74..=86).contains(&on(&asked, PODS).len()), "and its pods in each round");
    let scale = asking.probe("web").scale.clone().unwrap();
    assert_eq!((scale.spec, scale.status, &*scale.selector), (4, 3, "app=web"));
    asking.questions.send_replace(watched(5, 0).into());
    let asked = asking.during(Duration::from_mins(2)).await;
    assert!((7..=9).contains(&scales(&asked)), "{}: as long as it says another number", scales(&asked));
    asking.questions.send_replace(watched(4, 1).into());
    assert_eq!(scales(&asking.during(Duration::from_secs(5)).await), 1, "another one of that name");
}

#[tokio::test(start_paused = true)]
async fn the_time_is_the_servers() {
    let server = Server::doing(|asked| {
        let mut reply = if asked.path == "/version" { version(31) } else { usual(asked) };
        reply.headers_mut().insert("date", "Sun, 01 Mar 2026 10:00:00 GMT".parse().unwrap());
        Deed::Answer(reply)
    })
    .await;
    let mut asking = Asking::on(server, vec![question("web", vec![])]).await;
    asking.once().await;
    let probe = asking.again("web").await;
    let noon: jiff::Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    assert!(probe.at.duration_since(noon).as_secs().abs() < 3600, "{}", probe.at);
}
