//! KEDA's ScaledObjects and vertical autoscalers, followed where they are served and may be read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, WatchOptions, Watches, spawn};
use foretop::model::change::Change;
use foretop::model::rival::{Paused, ScaledObject, VerticalAutoscaler};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::script::{Asked, Reply, Server, by_hand, refusal, soon, whole};
use crate::told::{event, quiet, told_during};

const SCALED: &str = "/apis/keda.sh/v1alpha1/scaledobjects";
const VERTICAL: &str = "/apis/autoscaling.k8s.io/v1/verticalpodautoscalers";

struct Followed {
    batches: mpsc::Receiver<Vec<Change>>,
    scaled: Option<Vec<ScaledObject>>,
    verticals: Option<Vec<VerticalAutoscaler>>,
    /// How often anything was told.
    told: usize,
    retry: Arc<Notify>,
    _watches: Watches,
}

impl Followed {
    async fn on(server: &Server, namespace: Option<&str>) -> Self {
        let (sender, batches) = mpsc::channel(8);
        let options = WatchOptions {
            namespace: namespace.map(str::to_owned),
            kinds: Vec::new(),
            beside: vec![Beside::Scalers],
            ..WatchOptions::default()
        };
        let retry = Arc::new(Notify::new());
        let watches = spawn(server.session(Mode::ReadOnly).await, &options, sender, Arc::clone(&retry));
        Self { batches, scaled: None, verticals: None, told: 0, retry, _watches: watches }
    }

    fn take(&mut self, batch: Vec<Change>) {
        for change in batch {
            match change {
                Change::ScaledObjects(all) => (self.scaled, self.told) = (Some(all), self.told + 1),
                Change::Verticals(all) => (self.verticals, self.told) = (Some(all), self.told + 1),
                other => assert!(matches!(other, Change::Server(_)), "{other:?}"),
            }
        }
    }

    async fn until(&mut self, what: &str, found: impl Fn(&Self) -> bool) {
        while !found(self) {
            let batch = soon(what, self.batches.recv()).await.unwrap();
            self.take(batch);
        }
    }

    async fn both(&mut self) {
        self.until("both", |it| it.scaled.is_some() && it.verticals.is_some()).await;
    }

    async fn during(&mut self, time: Duration) {
        let told = told_during(&mut self.batches, time, Duration::from_secs(1)).await;
        self.take(told);
    }

    fn names(&self) -> Vec<String> {
        self.scaled.iter().flatten().map(|it| it.key.to_string()).collect()
    }
}

fn scaled_object(namespace: &str, name: &str, annotations: &Value, active: &str) -> Value {
    json!({ "metadata": { "name": name, "namespace": namespace, "resourceVersion": "8", "annotations": annotations },
        "spec": { "scaleTargetRef": { "name": name }, "maxReplicaCount": 9, "triggers": [{ "type": "kafka", "metadata": {} }] },
        "status": { "lastActiveTime": format!("2026-03-01T10:00:0{}Z", active.len()),
            "conditions": [{ "type": "Ready", "status": "True" }, { "type": "Active", "status": active }] } })
}

fn vertical(name: &str) -> Value {
    json!({ "metadata": { "name": name, "namespace": "shop", "resourceVersion": "8" },
        "spec": { "targetRef": { "kind": "Deployment", "name": "web" }, "updatePolicy": { "updateMode": "Auto" } } })
}

fn list(items: &[Value]) -> Reply {
    whole(200, &json!({ "metadata": { "resourceVersion": "7" }, "items": items }))
}

#[tokio::test(start_paused = true)]
async fn both_are_listed_once_and_then_watched() {
    let (sender, reply) = by_hand();
    let watch = Mutex::new(Some(reply));
    let server = Server::start(move |asked| {
        let scaled = asked.path == SCALED;
        assert!(scaled || asked.path == VERTICAL, "{}", asked.path);
        match (asked.watches(), scaled) {
            (true, true) => watch.lock().unwrap().take().unwrap_or_else(quiet),
            (true, false) => quiet(),
            (false, true) => list(&[
                scaled_object("shop", "web", &json!({}), "True"),
                scaled_object("other", "web", &Value::Null, "False"),
            ]),
            (false, false) => list(&[vertical("all")]),
        }
    })
    .await;
    let mut followed = Followed::on(&server, None).await;
    followed.both().await;
    assert_eq!(followed.names(), ["other/web", "shop/web"], "of all namespaces, told in one order");
    let web = followed.scaled.as_ref().unwrap()[1].clone();
    assert_eq!((&*web.target.0, &*web.target.1, web.max, web.active), ("Deployment", "web", Some(9), true));
    let vertical = &followed.verticals.as_ref().unwrap()[0];
    assert_eq!(
        (vertical.key.to_string(), &*vertical.mode, &*vertical.target_name),
        ("shop/all".into(), "Auto", "web")
    );
    let say = |kind: &str, object: &Value| sender.send(Ok(event(kind, object))).unwrap();
    let paused = json!({ "autoscaling.keda.sh/paused-replicas": "2" });
    say("MODIFIED", &scaled_object("shop", "web", &paused, "True"));
    let paused =
        |it: &Followed| it.scaled.as_ref().unwrap().iter().any(|it| it.paused == Some(Paused::At(2)));
    followed.until("the pause", paused).await;
    say("ADDED", &scaled_object("shop", "new", &json!({}), "Unknown"));
    followed.until("the new one", |it| it.names().len() == 3).await;
    say("DELETED", &scaled_object("other", "web", &json!({}), "False"));
    followed.until("the end of one", |it| it.names() == ["shop/new", "shop/web"]).await;
    let told = followed.told;
    say("MODIFIED", &scaled_object("shop", "new", &json!({}), "False"));
    followed.during(Duration::from_secs(5)).await;
    assert_eq!(followed.told, told, "what is kept of it has not changed");
    assert_eq!(server.asked().iter().filter(|it| !it.watches()).count(), 2, "two lists");
}

fn lists(server: &Server, path: &str) -> usize {
    server.asked().iter().filter(|it| it.path == path && !it.watches()).count()
}

#[tokio::test(start_paused = true)]
async fn what_nobody_has_installed_is_looked_for_every_ten_minutes() {
    let installed = Arc::new(Mutex::new(false));
    let now = Arc::clone(&installed);
    let server = Server::start(move |asked: &Asked| match *now.lock().unwrap() {
        false => refusal(404, "NotFound", "404 page not found"),
        true if asked.watches() => quiet(),
        true => list(&[scaled_object("shop", "web", &json!({}), "True")]),
    })
    .await;
    let mut followed = Followed::on(&server, Some("shop")).await;
    followed.both().await;
    assert_eq!(
        (followed.names().len(), followed.verticals.as_ref().unwrap().len()),
        (0, 0),
        "known to be none"
    );
    followed.during(Duration::from_hours(1)).await;
    let count = lists(&server, SCALED);
    assert!((5..=8).contains(&count), "{count} times in an hour");
    assert_eq!(followed.told, 2, "and told once");
    *installed.lock().unwrap() = true;
    followed.retry.notify_waiters();
    followed.until("the new one", |it| it.names() == ["shop/web"]).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_all_reads_his_own_namespace() {
    let server = Server::start(|asked| {
        let own = asked.path == "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects";
        match (own, asked.watches()) {
            (true, true) => quiet(),
            (true, false) => list(&[scaled_object("shop", "web", &json!({}), "True")]),
            _ => refusal(403, "Forbidden", "scaledobjects.keda.sh is forbidden"),
        }
    })
    .await;
    let mut followed = Followed::on(&server, Some("shop")).await;
    followed.both().await;
    assert_eq!(followed.names(), ["shop/web"]);
    assert_eq!(followed.verticals.as_ref().unwrap().len(), 0, "forbidden in both places, and known");
    let mut nowhere = Followed::on(&server, None).await;
    nowhere.both().await;
    assert_eq!(nowhere.names().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_may_read_all_only_later_gets_all_without_starting_anew() {
    let granted = Arc::new(Mutex::new(false));
    let now = Arc::clone(&granted);
    let server = Server::start(move |asked| {
        let own = asked.path == "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects";
        let web = scaled_object("shop", "web", &json!({}), "True");
        match (own, *now.lock().unwrap() && asked.path == SCALED, asked.watches()) {
            (true, _, true) | (_, true, true) => quiet(),
            (true, _, false) => list(&[web]),
            (_, true, false) => list(&[web, scaled_object("other", "api", &json!({}), "True")]),
            _ => refusal(403, "Forbidden", "scaledobjects.keda.sh is forbidden"),
        }
    })
    .await;
    let mut followed = Followed::on(&server, Some("shop")).await;
    followed.both().await;
    assert_eq!(followed.names(), ["shop/web"]);
    let (before, told) = (lists(&server, SCALED), followed.told);
    followed.during(Duration::from_hours(1)).await;
    let count = lists(&server, SCALED) - before;
    assert!((6..=10).contains(&count), "asked {count} times in an hour");
    assert_eq!((followed.names().len(), followed.told), (1, told), "and nothing new is told meanwhile");
    *granted.lock().unwrap() = true;
    followed.during(Duration::from_mins(15)).await;
    assert_eq!(followed.names(), ["other/api", "shop/web"]);
    let settled = lists(&server, SCALED);
    followed.during(Duration::from_hours(1)).await;
    assert_eq!(lists(&server, SCALED), settled, "it is watched, and asked for no more");
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_stays_while_a_server_refuses_it_for_a_moment() {
    let refuses = Arc::new(Mutex::new(false));
    let now = Arc::clone(&refuses);
    let server = Server::start(move |asked| match (*now.lock().unwrap(), asked.watches()) {
        (true, _) => refusal(403, "Forbidden", "scaledobjects.keda.sh is forbidden"),
        // The watch ends at once, and is asked for again.
        (false, true) => refusal(410, "Expired", "too old"),
        (false, false) => list(&[scaled_object("shop", "web", &json!({}), "True")]),
    })
    .await;
    let mut followed = Followed::on(&server, None).await;
    followed.both().await;
    *refuses.lock().unwrap() = true;
    let before = lists(&server, SCALED);
    followed.during(Duration::from_mins(5)).await;
    assert!(lists(&server, SCALED) > before, "it was refused");
    assert_eq!(followed.names(), ["shop/web"]);
}

#[tokio::test(start_paused = true)]
async fn who_reads_his_own_namespace_does_so_after_it_was_installed_anew() {
    let installed = Arc::new(Mutex::new(false));
    let now = Arc::clone(&installed);
    let server = Server::start(move |asked| {
        let own = asked.path == "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects";
        match (own, *now.lock().unwrap(), asked.watches()) {
            (false, _, _) => refusal(403, "Forbidden", "scaledobjects.keda.sh is forbidden"),
            (true, false, _) => refusal(404, "NotFound", "404 page not found"),
            (true, true, true) => quiet(),
            (true, true, false) => list(&[scaled_object("shop", "web", &json!({}), "True")]),
        }
    })
    .await;
    let mut followed = Followed::on(&server, Some("shop")).await;
    followed.both().await;
    assert_eq!(followed.names().len(), 0);
    followed.during(Duration::from_mins(30)).await;
    *installed.lock().unwrap() = true;
    followed.during(Duration::from_mins(15)).await;
    assert_eq!(followed.names(), ["shop/web"]);
}
