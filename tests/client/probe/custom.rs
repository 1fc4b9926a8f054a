//! Custom resources and versions of the API that have to be found first.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const SCALE: &str = "/apis/games.example.org/v2/namespaces/shop/fleets/web/scale";

fn fleets(version: &str) -> Reply {
    let resource =
        |name: &str, kind: &str| json!({ "name": name, "kind": kind, "namespaced": true, "verbs": ["get"] });
    let group = format!("games.example.org/{version}");
    let resources =
        [resource("fleets/scale", "Scale"), resource("fleets/status", "Fleet"), resource("fleets", "Fleet")];
    whole(200, &json!({ "kind": "APIResourceList", "groupVersion": group, "resources": resources }))
}

fn of_fleet(api_version: &str, metrics: Vec<Metric>) -> Vec<Question> {
    vec![question_of("web", api_version, "Fleet", metrics)]
}

#[tokio::test(start_paused = true)]
async fn a_custom_kinds_scale_is_found_by_discovery_once() {
    let mut asking =
        Asking::start(of_fleet("games.example.org/v2", vec![cpu()]), |asked| match asked.path.as_str() {
            "/apis/games.example.org/v2" => fleets("v2"),
            SCALE => scale("web"),
            _ => usual(asked),
        })
        .await;
    asking.once().await;
    let scale = asking.probe("web").scale.clone().unwrap();
    let place = scale.place.unwrap();
    assert_eq!((scale.spec, &*place.path), (4, SCALE));
    assert_eq!((&*place.group, &*place.plural), ("games.example.org", "fleets"));
    assert!(matches!(asking.answers("web")[0], Answer::Pods(_)));
    asking.during(Duration::from_mins(5)).await;
    assert_eq!(on(&asking.server.asked(), "/apis/games.example.org/v2").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_version_that_is_served_is_taken() {
    let mut asking =
        Asking::start(of_fleet("games.example.org/v1alpha1", vec![]), |asked| match asked.path.as_str() {
            "/apis/games.example.org" => group_of("games.example.org", &["v2"], "v2"),
            "/apis/games.example.org/v2" => fleets("v2"),
            SCALE => scale("web"),
            _ => usual(asked),
        })
        .await;
    asking.once().await;
    assert_eq!(asking.probe("web").scale.as_ref().unwrap().selector, "app=web");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_nobody_serves_is_looked_for_once_a_minute() {
    let installed = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&installed);
    let questions = of_fleet("games.example.org/v2", vec![cpu(), external("depth", "")]);
    let mut asking = Asking::start(questions, move |asked| match asked.path.as_str() {
        "/apis/games.example.org/v2" if now.load(Ordering::SeqCst) > 0 => fleets("v2"),
        path if path.starts_with("/apis/games.example.org") && path != SCALE => {
            refusal(404, "NotFound", "404")
        }
        SCALE => scale("web"),
        _ => usual(asked),
    })
    .await;
    asking.once().await;
    let words = asking.probe("web").scale.clone().unwrap_err();
    assert_eq!(words, "no matches for kind \"Fleet\" in group \"games.example.org\"");
    let unasked = Answer::NotAsked("the target's scale cannot be read");
    assert_eq!(asking.answers("web"), [unasked.clone(), unasked], "as the controller, which gives up there");
    let asked = asking.during(Duration::from_mins(10)).await;
    let count = on(&asked, "/apis/games.example.org/v2").len();
    assert!((8..=11).contains(&count), "{count} times in ten minutes");
    assert!(asking.told > 30, "and it is said every time");
    installed.store(1, Ordering::SeqCst);
    asking.retry.notify_waiters();
    assert!(asking.again("web").await.scale.is_ok(), "the user need not wait");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_has_moved_is_found_again_with_patience() {
    let moved = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&moved);
    let mut asking = Asking::start(of_fleet("games.example.org/v2", vec![]), move |asked| {
        let moved = now.load(Ordering::SeqCst) > 0;
        match asked.path.as_str() {
            "/apis/games.example.org/v2" if moved => {
                let resources = json!([{ "name": "armadas", "kind": "Fleet" }]);
                whole(200, &json!({ "resources": resources }))
            }
            "/apis/games.example.org/v2" => fleets("v2"),
            SCALE if !moved => scale("web"),
            "/apis/games.example.org/v2/namespaces/shop/armadas/web/scale" if moved => scale("moved"),
            _ => usual(asked),
        }
    })
    .await;
    asking.once().await;
    moved.store(1, Ordering::SeqCst);
    let after = asking.again("web").await;
    assert_eq!(after.scale.as_ref().unwrap_err(), "the server could not find the requested resource");
    asking.until("the new place", |asking| asking.probe("web").scale.is_ok()).await;
    assert_eq!(asking.probe("web").scale.as_ref().unwrap().selector, "app=moved");
    let lists = on(&asking.server.asked(), "/apis/games.example.org/v2").len();
    assert_eq!(lists, 2, "not in every round");
}

#[tokio::test(start_paused = true)]
async fn custom_metrics_are_asked_in_the_version_that_the_controller_takes() {
    let offers: [(&[&str], &str, Option<&str>); 5] = [
        (&["v1beta1", "v1beta2"], "v1beta2", Some("v1beta2")),
        (&["v1beta1"], "v1beta1", Some("v1beta1")),
        (&["v1beta2", "v1beta1"], "v1beta1", Some("v1beta1")),
        (&["v3", "v1beta1"], "v3", Some("v1beta1")),
        (&["v3"], "v3", None),
    ];
    for (versions, preferred, wanted) in offers {
        let metrics = vec![per_pod("requests", ""), object("hits", "v1", "Service/front")];
        let mut asking =
            Asking::start(vec![question("web", metrics)], move |asked| match asked.path.as_str() {
                CUSTOM => group_of("custom.metrics.k8s.io", versions, preferred),
                _ => usual(asked),
            })
            .await;
        asking.once().await;
        let asked = asking.server.asked();
        let custom = asked.iter().filter(|it| it.path.starts_with(&format!("{CUSTOM}/")));
        let paths: Vec<&str> = custom.map(|it| it.path.as_str()).collect();
        if let Some(version) = wanted {
            let root = format!("{CUSTOM}/{version}/namespaces/shop");
            assert_eq!(paths, [format!("{root}/pods/*/requests"), format!("{root}/services/front/hits")]);
            assert_eq!(asking.answers("web")[1], Answer::Value(2000));
        } else {
            let words = "no custom metrics API (custom.metrics.k8s.io) registered".to_owned();
            assert_eq!(asking.answers("web")[0], Answer::Failed(words));
            assert!(paths.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_has_exactly_one_value() {
    for count in [0, 2] {
        let metrics = vec![object("hits", "v1", "Service/front")];
        let mut asking = Asking::start(vec![question("web", metrics)], move |asked| {
            let is_value = asked.path.ends_with("/hits");
            if is_value { values(&vec![("front", "1"); count]) } else { usual(asked) }
        })
        .await;
        asking.once().await;
        let words =
            format!("the custom metrics API server returned {count} results when we asked for exactly one");
        assert_eq!(asking.answers("web"), [Answer::Failed(words)]);
    }
}
