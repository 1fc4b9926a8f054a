//! Zones on screen and on paper: the table of all, the lines above the nodes when some are not well, and what enter does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod screen;

use fixture::now;
use foretop::client::convert::Shared;
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::scope::Scope;
use foretop::report::{self, Render, Report};
use foretop::ui::Effect;
use foretop::views::{self, View};
use screen::{Screen, settings};
use serde_json::json;

/// Nodes by zone: how many are Ready, how many are not.
fn cluster(zones: &[(&str, u32, u32)]) -> Cluster {
    let mut cluster = Cluster::default();
    for (zone, ready, not_ready) in zones {
        for number in 0..ready + not_ready {
            cluster.apply(node(zone, number, number < *ready));
        }
    }
    for kind in Kind::ALL {
        cluster.apply(Change::Synced(kind));
        cluster.apply(Change::Freshness(kind, Freshness::Live { since: now() }));
    }
    cluster
}

fn node(zone: &str, number: u32, ready: bool) -> Change {
    let status = if ready { "True" } else { "Unknown" };
    let node = json!({
        "metadata": { "name": format!("{zone}-{number}"), "labels": {
            "topology.kubernetes.io/region": "eu-west-1", "topology.kubernetes.io/zone": zone } },
        "status": { "conditions": [{ "type": "Ready", "status": status, "reason": "Reason" }] },
    });
    let node = Shared::default().node(serde_json::from_value(node).unwrap());
    Change::Upsert(Object::Node(Box::new(node)))
}

fn screen(zones: &[(&str, u32, u32)], size: (u16, u16)) -> Screen {
    Screen::new(settings(), cluster(zones), now(), size)
}

fn command(screen: &mut Screen, line: &str) {
    screen.press(":");
    screen.type_text(line);
    screen.press("enter");
}

const OUTAGE: &[(&str, u32, u32)] = &[("eu-west-1a", 4, 0), ("eu-west-1b", 0, 4), ("eu-west-1c", 1, 3)];
const WORST: &str = "✖ zone eu-west-1b: FullDisruption, 0/4 ready, one taint per 10s, 4 wait ≤40s";

#[test]
fn nothing_is_said_above_the_nodes_when_all_is_well() {
    let text = screen(&[("eu-west-1a", 4, 0), ("eu-west-1b", 3, 1)], (80, 24)).text();
    assert!(!text.contains("zone eu-west"), "{text}");
}

#[test]
fn zones_in_disruption_are_said_above_the_nodes_whole_at_80_columns() {
    let mut screen = screen(OUTAGE, (80, 24));
    let text = screen.text();
    insta::assert_snapshot!("zones_banner_80x24", text);
    assert!(text.contains(WORST), "{text}");
    assert!(text.contains("✖ zone eu-west-1c: PartialDisruption, 1/4 ready, no taints, 3 held"), "{text}");
    assert_eq!(text.matches("eu-west-1b-").count(), 4, "no row is crowded out\n{text}");
    screen.size = (60, 12);
    let small = screen.text();
    assert!(
        small.contains("zone eu-west-1b: FullDisruption") && small.contains("+1 more, :zones"),
        "{small}"
    );
    assert!(small.matches("eu-west-1").count() >= 5, "four rows at least\n{small}");
}

#[test]
fn of_many_zones_two_are_said_and_the_others_counted() {
    let many: Vec<(String, u32, u32)> = (0..5).map(|it| (format!("z{it}"), 0, 3)).collect();
    let mut zones: Vec<(&str, u32, u32)> =
        many.iter().map(|(name, up, down)| (&**name, *up, *down)).collect();
    zones.push(("well", 1, 0));
    let text = screen(&zones, (80, 24)).text();
    assert_eq!((text.matches("zone z").count(), text.matches("+3 more, :zones").count()), (2, 1), "{text}");
}

#[test]
fn when_all_zones_are_down_one_line_says_what_that_means() {
    let mut screen = screen(&[("a", 0, 2), ("b", 0, 1)], (80, 24));
    let all = "✖ all zones down, 0/3 ready: evictions suspended, waits cancelled";
    assert!(screen.text().contains(all), "{}", screen.text());
    screen.cluster.apply(node("b", 0, true));
    let text = screen.text();
    assert!(!text.contains("all zones down") && text.contains("zone a: FullDisruption, 0/2 ready"), "{text}");
}

#[test]
fn a_zone_opens_its_nodes_and_nothing_can_be_done_to_it() {
    let mut screen = screen(OUTAGE, (120, 30));
    screen.press("G space");
    assert!(screen.text().contains("◆ 1 marked"), "{}", screen.text());
    command(&mut screen, "zones");
    insta::assert_snapshot!("zones_120x30", screen.text());
    screen.press("c");
    assert!(screen.ui.status().unwrap().contains("is no object"), "{:?}", screen.ui.status());
    assert_eq!(screen.press("y"), None, "it has no YAML");
    command(&mut screen, "zones");
    assert_eq!(screen.press("enter"), None);
    let text = screen.text();
    assert!(text.contains("/zone:^eu\\-west\\-1b$") && text.contains("eu-west-1b-3"), "{text}");
    assert!(!text.contains("eu-west-1a-0") && !text.contains("marked"), "{text}");
    assert!(matches!(screen.press("enter"), Some(Effect::Open(target)) if target.kind == Kind::Node));
}

#[test]
fn the_zones_follow_their_nodes_and_keep_the_selection() {
    let mut screen = screen(OUTAGE, (120, 30));
    command(&mut screen, "zones");
    screen.press("j");
    assert!(screen.selected().contains("eu-west-1c"));
    for number in 1..4 {
        screen.cluster.apply(node("eu-west-1c", number, true));
    }
    assert!(screen.selected().contains("eu-west-1c") && screen.selected().contains("Normal"));
    for number in 0..4 {
        screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", &format!("eu-west-1b-{number}"))));
    }
    assert!(!screen.text().contains("eu-west-1b"), "a zone goes with its last node");
}

#[test]
fn zones_of_which_not_all_nodes_are_known_are_not_judged() {
    let mut cluster = Cluster::default();
    cluster.apply(node("a", 0, false));
    let mut screen = Screen::new(settings(), cluster, now(), (120, 30));
    assert!(!screen.text().contains("zone a:"), "{}", screen.text());
    command(&mut screen, "zones");
    assert!(screen.text().contains("counting 1"), "{}", screen.text());
}

/// What a report in that format says.
fn reported(cluster: &Cluster, format: &str, views: &[&'static View]) -> String {
    let scope = Scope { namespace: Some("shop".into()), ..Scope::default() };
    let report = Report {
        cluster,
        views,
        scope: &scope,
        sort_by: None,
        filter: String::new(),
        no_headers: false,
        now: now(),
    };
    match report::named(format).unwrap().render {
        Render::Tables(render) => render(&report),
        Render::Screen(_) => String::new(),
    }
}

#[test]
fn reports_have_the_zones_and_what_is_said_above_the_nodes_in_any_namespace() {
    let cluster = cluster(OUTAGE);
    let (nodes, zones) = (views::named("nodes").unwrap(), views::named("zones").unwrap());
    let table = reported(&cluster, "table", &[nodes]);
    assert!(table.starts_with("critical: zone eu-west-1b: FullDisruption"), "{table}");
    let document: serde_json::Value =
        serde_json::from_str(&reported(&cluster, "json", &[nodes, zones])).unwrap();
    assert_eq!(document["views"]["nodes"]["banner"].as_array().unwrap().len(), 2);
    let rows = document["views"]["zones"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let worst = &rows[0];
    assert_eq!((&worst["object"], &worst["zone"]), (&json!(null), &json!("eu-west-1b")));
    assert_eq!((&worst["state"], &worst["wait"]), (&json!("FullDisruption"), &json!({ "seconds": 40 })));
    assert_eq!((&worst["ready"], &worst["down"]), (&json!(0), &json!(4)));
}
