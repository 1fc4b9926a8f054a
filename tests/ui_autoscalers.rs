//! Autoscalers on screen, at the sizes that people have: those that others cut short or show wrongly.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod screen;

use fixture::{Fixture, at, now};
use foretop::model::autoscaler::{
    Amount, Autoscaler, Behavior, Goal, Metric, MetricSource, Policy, PolicyKind, Reading, Rules,
    ScaleTarget, Select,
};
use foretop::model::change::{Change, Object};
use foretop::model::event::Event;
use foretop::model::history::Point;
use foretop::model::key::{Key, Uid};
use foretop::model::kind::Kind;
use foretop::model::meta::{Condition, ConditionStatus, Meta, Selector};
use foretop::model::quantity::Milli;
use foretop::model::scope::Scope;
use foretop::model::second::Second;
use foretop::model::table::Table;
use foretop::model::workload::Workload;
use foretop::ui::Msg;
use foretop::views;
use screen::{Screen, settings};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

fn amount(text: &str) -> Amount {
    Amount { milli: Milli::parse(text).unwrap(), text: text.into() }
}

fn meta(name: &str) -> Meta {
    Meta {
        key: Key::new("shop", name),
        uid: Uid::from(7),
        created: Second::of(at(86_400)),
        deleted: None,
        controller: None,
    }
}

fn condition(kind: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    let (kind, reason, message) = (kind.into(), reason.into(), message.into());
    Condition { kind, status, reason, message, since: Some(at(600)) }
}

/// One that is evaluated and well, from 2 to 10 replicas, at 4.
fn autoscaler(name: &str, kind: &str) -> Autoscaler {
    let version = if kind == "Rollout" { "argoproj.io/v1alpha1" } else { "apps/v1" };
    Autoscaler {
        meta: meta(name),
        target: ScaleTarget { api_version: version.into(), kind: kind.into(), name: name.into() },
        min: 2,
        max: 10,
        metrics: Vec::new(),
        behavior: None,
        generation: 1,
        observed: Some(1),
        readings: Vec::new(),
        current: 4,
        desired: 4,
        last_scale: Some(at(700)),
        conditions: vec![
            condition("AbleToScale", ConditionStatus::True, "ReadyForNewScale", "recommended size matches"),
            condition("ScalingActive", ConditionStatus::True, "ValidMetricFound", "it could compute"),
            condition("ScalingLimited", ConditionStatus::False, "DesiredWithinRange", "within the range"),
        ],
    }
}

impl Measured {
    fn put(self, it: &mut Autoscaler) {
        it.metrics.push(Metric { source: self.source.clone(), goal: self.goal, described: None });
        it.readings.push(Reading {
            source: self.read.then_some(self.source),
            utilization: self.utilization,
            value: self.value.map(amount),
            average: self.average.map(amount),
        });
    }
}

/// A metric and what was read of it.
struct Measured {
    source: MetricSource,
    goal: Goal,
    read: bool,
    utilization: Option<i32>,
    value: Option<&'static str>,
    average: Option<&'static str>,
}

fn percent(source: MetricSource, goal: i32, now: i32) -> Measured {
    let goal = Goal::Utilization(goal);
    Measured { source, goal, read: true, utilization: Some(now), value: None, average: None }
}

fn value(source: MetricSource, goal: &str, now: &'static str) -> Measured {
    let goal = Goal::Value(amount(goal));
    Measured { source, goal, read: true, utilization: None, value: Some(now), average: None }
}

fn average(source: MetricSource, goal: &str, now: &'static str) -> Measured {
    let goal = Goal::AverageValue(amount(goal));
    Measured { source, goal, read: true, utilization: None, value: None, average: Some(now) }
}

fn resource(name: &str) -> MetricSource {
    MetricSource::Resource { name: name.into() }
}

fn external(name: &str, selector: &str) -> MetricSource {
    MetricSource::External { name: name.into(), selector: selector.into() }
}

fn container(name: &str, container: &str) -> MetricSource {
    MetricSource::ContainerResource { name: name.into(), container: container.into() }
}

/// Eight metrics of all kinds and targets, one of which cannot be read.
fn eight() -> Autoscaler {
    let mut it = autoscaler("eight", "Deployment");
    let pods =
        MetricSource::Pods { name: "http_requests_in_flight".into(), selector: "tier=frontend".into() };
    let object = MetricSource::Object {
        name: "requests_per_second".into(),
        selector: "".into(),
        object: "Ingress/storefront".into(),
    };
    let failed = Measured { read: false, value: None, ..value(external("consumer_lag", ""), "100", "1") };
    for measured in [
        percent(resource("cpu"), 80, 61),
        average(resource("memory"), "500Mi", "412Mi"),
        percent(container("cpu", "envoy"), 70, 51),
        average(pods, "1k", "731500m"),
        value(object, "10k", "8123"),
        average(external("queue_depth", "queue=checkout,region=eu-west-1"), "30", "57"),
        failed,
        percent(container("memory", "app"), 90, 40),
    ] {
        measured.put(&mut it);
    }
    it.current = 4;
    it.desired = 8;
    it
}

/// Its status is empty: the controller has not looked at it.
fn empty() -> Autoscaler {
    let mut it = autoscaler("empty", "Deployment");
    percent(resource("cpu"), 80, 0).put(&mut it);
    Autoscaler {
        readings: Vec::new(),
        current: 0,
        desired: 0,
        observed: None,
        last_scale: None,
        conditions: Vec::new(),
        ..it
    }
}

fn unselective() -> Autoscaler {
    let mut it = autoscaler("external", "Deployment");
    value(external("jobs_waiting", ""), "50", "12").put(&mut it);
    it
}

fn contained() -> Autoscaler {
    let mut it = autoscaler("container", "Deployment");
    percent(container("cpu", "app"), 70, 66).put(&mut it);
    it
}

/// A custom kind, of which nothing is watched; and limits in both directions.
fn custom() -> Autoscaler {
    let mut it = autoscaler("custom", "Rollout");
    percent(resource("cpu"), 80, 79).put(&mut it);
    let pods = |value, period| Policy { kind: PolicyKind::Pods, value, period };
    let slow = Policy { kind: PolicyKind::Percent, value: 10, period: 60 };
    it.behavior = Some(Behavior {
        up: Rules {
            window: Some(60),
            select: Select::Min,
            policies: vec![pods(4, 15), pods(1, 60)],
            tolerance: None,
        },
        down: Rules {
            window: None,
            select: Select::Max,
            policies: vec![slow],
            tolerance: Some(amount("50m")),
        },
    });
    it
}

/// Numbers and texts that nobody means.
fn absurd() -> Autoscaler {
    let long = "x".repeat(253);
    let mut it = autoscaler("absurd", "Deployment");
    percent(external(&long, &"k=v,".repeat(90)), 0, i32::MIN).put(&mut it);
    percent(resource("cpu"), i32::MIN, i32::MAX).put(&mut it);
    value(resource("\u{1b}[31mred"), "0", "-9223372036854775").put(&mut it);
    let (min, max) = (i32::MAX, i32::MIN);
    Autoscaler { min, max, current: -7, desired: i32::MAX, ..it }
}

fn deployment(name: &str, numbers: [i32; 5]) -> Workload {
    let [desired, created, updated, ready, available] = numbers;
    Workload {
        kind: Kind::Deployment,
        meta: meta(name),
        desired,
        created,
        updated,
        ready,
        available,
        outdated: false,
        selector: Selector::default(),
        held: None,
    }
}

fn all() -> Vec<Autoscaler> {
    vec![eight(), unselective(), contained(), empty(), custom(), absurd()]
}

fn shop() -> Fixture {
    let mut fixture = Fixture::mixed();
    fixture.apply(Change::Relisting(Kind::HorizontalPodAutoscaler));
    for autoscaler in all() {
        fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(autoscaler))));
    }
    fixture.apply(Change::Synced(Kind::HorizontalPodAutoscaler));
    fixture.upsert(deployment("eight", [5, 5, 5, 4, 3]));
    fixture.upsert(deployment("external", [4; 5]));
    fixture.upsert(deployment("container", [4; 5]));
    fixture.upsert(deployment("empty", [3; 5]));
    fixture.upsert(deployment("absurd", [i32::MAX, i32::MIN, -1, 0, 1]));
    fixture
}

/// The autoscalers' pane at a size.
fn pane(size: (u16, u16)) -> Screen {
    let mut screen = Screen::new(settings(), shop().cluster, now(), size);
    screen.press("2");
    screen
}

/// The detail of one, on a screen so high that nothing is out of sight.
fn detail(name: &str, width: u16, height: u16) -> String {
    let mut screen = pane((width, height));
    screen.press("/");
    screen.type_text(&format!("name:{name}$"));
    screen.press("enter enter");
    screen.text()
}

/// What is said, without frames and line breaks, so that wrapped words are found.
fn said(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || "│╭╮╰╯".contains(c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn cell(table: &Table, name: &str, column: &str) -> String {
    let row = table.rows.iter().find(|row| &**row.subject.name() == name).unwrap();
    row.cells[Table::column(table.columns, column).unwrap()].value.show(now()).into_owned()
}

#[test]
fn the_pane_and_the_details_at_the_sizes_that_people_have() {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("pane_{width}x{height}"), pane((width, height)).text());
        for name in ["eight", "empty", "custom"] {
            insta::assert_snapshot!(format!("detail_{name}_{width}x{height}"), detail(name, width, height));
        }
    }
    insta::assert_snapshot!("detail_eight_80_in_full", detail("eight", 80, 160));
}

#[test]
fn every_row_has_its_bar_and_its_sentence_at_every_size() {
    for size in SIZES {
        let text = pane(size).text();
        for autoscaler in all() {
            let name = format!("shop/{}", autoscaler.meta.key.name);
            let row = text.lines().find(|line| line.contains(&name)).unwrap();
            let bar = row.split_once(&name).unwrap().1;
            assert!(bar.contains(" ├") || bar.contains(" ●"), "{row}");
            let sentence = bar.split(['┤', '●']).next_back().unwrap().trim_matches(['│', ' ']);
            assert!(sentence.chars().count() > 20, "{sentence:?} is no sentence\n{text}");
        }
        assert!(!text.contains("0/0") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn the_selected_row_says_all_of_its_metrics_below_the_others() {
    let mut screen = pane((80, 24));
    screen.press("/");
    screen.type_text("name:eight");
    screen.press("enter");
    let text = said(&screen.text());
    assert!(text.contains("external queue_depth{queue=checkout,region=eu-west-1} 57/30 avg"), "{text}");
    assert!(text.contains("external consumer_lag unread/100"), "{text}");
}

#[test]
fn details_say_every_metric_in_full_however_narrow_they_are() {
    for (width, _) in SIZES {
        let text = said(&detail("eight", width, 400));
        for words in [
            "cpu",
            "61%/80%",
            "memory",
            "412Mi/500Mi avg",
            "container envoy cpu",
            "51%/70%",
            "pods http_requests_in_flight{tier=frontend}",
            "731.5/1k avg",
            "object Ingress/storefront requests_per_second",
            "8123/10k",
            "external queue_depth{queue=checkout,region=eu-west-1}",
            "57/30 avg",
            "external consumer_lag",
            "unread/100",
            "container app memory",
            "40%/90%",
        ] {
            assert!(text.contains(words), "{words} at {width}\n{text}");
        }
        assert!(text.contains("5 asked for, 5 created, 5 updated, 4 ready, 3 available"), "{text}");
        let text = said(&detail("external", width, 400));
        assert!(text.contains("external jobs_waiting") && text.contains("12/50"), "{text}");
        let text = said(&detail("container", width, 400));
        assert!(text.contains("container app cpu") && text.contains("66%/70%"), "{text}");
    }
}

#[test]
fn what_the_next_pass_does_is_said_once_in_a_row_and_in_full_in_the_detail() {
    let fixture = shop();
    let table = views::autoscalers::VIEW.table(&fixture.cluster, &Scope::default(), now());
    for name in ["eight", "external", "container", "empty", "custom"] {
        let next = cell(&table, name, "next");
        assert!(next.contains(": ") && (next.starts_with("stays ") || next.contains('→')), "{next}");
        assert!(!next.contains("goes from") && !next.contains("stays at"), "{next}");
        let text = said(&detail(name, 200, 400));
        assert!(text.contains("goes from") || text.contains("stays at"), "{text}");
    }
    assert!(cell(&table, "eight", "next").contains(" (5 to 10)"), "what is not certain is kept");
}

#[test]
fn why_a_metric_is_not_read_is_said_once() {
    let mut fixture = shop();
    let mut failing = unselective();
    failing.readings[0].source = None;
    let words = "unable to get external metric: no custom metrics API (custom.metrics.k8s.io) registered";
    failing.conditions[1] =
        condition("ScalingActive", ConditionStatus::False, "FailedGetExternalMetric", words);
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(failing))));
    let views::Opens::Detail(describe) = views::autoscalers::VIEW.opens else { unreachable!() };
    let sections = describe(&fixture.cluster, &Key::new("shop", "external"), now());
    let metrics = sections.iter().find(|section| section.title == "Metrics").unwrap();
    let text = metrics.lines.iter().map(|line| &*line.value).collect::<String>();
    assert_eq!(text.matches("nothing serves external.metrics.k8s.io").count(), 1, "{text}");
}

#[test]
fn an_empty_status_is_not_taken_for_numbers() {
    let fixture = shop();
    let table = views::autoscalers::VIEW.table(&fixture.cluster, &Scope::default(), now());
    assert_eq!(
        (cell(&table, "empty", "current"), cell(&table, "empty", "desired")),
        ("-".into(), "-".into())
    );
    assert_eq!(cell(&table, "empty", "spec"), "3");
    assert_eq!(cell(&table, "empty", "metrics"), "cpu unread/80%");
    assert_eq!(cell(&table, "empty", "bar"), " 2 ├─●──────┤ 10", "where it is, and nothing that it wants");
    for (width, _) in SIZES {
        let text = said(&detail("empty", width, 400));
        assert!(text.contains("empty: the controller has not looked at it yet"), "{text}");
        assert!(!text.contains(" 0%") && !text.contains(" 0/"), "{text}");
    }
}

#[test]
fn the_numbers_of_the_target_stand_side_by_side_and_what_lags_is_marked() {
    let fixture = shop();
    let table = views::autoscalers::VIEW.table(&fixture.cluster, &Scope::default(), now());
    let numbers = |name: &str| {
        ["spec", "created", "updated", "ready", "available"].map(|column| cell(&table, name, column))
    };
    assert_eq!(numbers("eight"), ["5", "5", "5", "4", "3"]);
    assert_eq!(numbers("custom"), ["-", "-", "-", "<unknown>", "-"]);
    assert_eq!(cell(&table, "eight", "bar"), " 2 ├───●─▶──┤ 10");
    let text = said(&detail("custom", 80, 400));
    for words in [
        "at most 4 pods more in any 15s or at most 1 pod more in any 60s, whichever is less",
        "no further than the smallest proposal of the last 60s",
        "at most 10% fewer in any 60s",
        "tolerance 5%",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn programs_get_numbers_and_the_metrics_in_the_order_of_the_spec() {
    let fixture = shop();
    let table = views::autoscalers::VIEW.table(&fixture.cluster, &Scope::default(), now());
    let row = table.rows.iter().find(|row| &**row.subject.name() == "eight").unwrap();
    let json = |column: &str| row.cells[Table::column(table.columns, column).unwrap()].value.json();
    assert_eq!(json("bar"), serde_json::json!({"min": 2, "max": 10, "current": 5, "desired": 8}));
    assert_eq!(json("metrics")[0], "cpu 61%/80%");
    assert!(
        cell(&table, "eight", "metrics").starts_with("external queue_depth"),
        "the one that decides is first"
    );
}

/// The shop, watched for some minutes in which one went up by itself and up again by somebody else.
fn watched() -> Fixture {
    let mut fixture = shop();
    let note = |fixture: &mut Fixture, seconds: i64, desired: i32, ratio: Option<u16>| {
        let point = Point {
            at: at(seconds),
            desired,
            actual: desired - 1,
            proposal: Some(desired),
            ratios: vec![ratio],
        };
        fixture.apply(Change::Noted(Key::new("shop", "external"), point));
    };
    for step in 0..8 {
        note(&mut fixture, 300 - 15 * step, 4, Some(24));
    }
    fixture.upsert(deployment("external", [6; 5]));
    let scaled = Autoscaler { desired: 6, last_scale: Some(at(180)), ..unselective() };
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(scaled))));
    // Nobody looked for a minute.
    note(&mut fixture, 120, 6, None);
    fixture.upsert(deployment("external", [9; 5]));
    for step in 0..4 {
        note(&mut fixture, 105 - 15 * step, 6, Some(150));
    }
    fixture
}

#[test]
fn the_history_says_what_was_done_by_the_autoscaler_and_what_was_not() {
    for (width, _) in SIZES {
        let mut screen = Screen::new(settings(), watched().cluster, now(), (width, 400));
        screen.press("2 /");
        screen.type_text("name:external$");
        screen.press("enter enter");
        let text = screen.text();
        let history = text.split("History").nth(1).unwrap().split("Owner").next().unwrap();
        insta::assert_snapshot!(format!("history_{width}"), history);
        let words = said(history);
        for wanted in [
            "New size: 6, was 4",
            "not by the autoscaler: replicas from 6 to 9",
            "24% to 150%, now 150%",
            "4 to 6, now 6",
            "▲ up, ▼ down, ◆ not by the autoscaler",
        ] {
            assert!(words.contains(wanted), "{wanted} at {width}\n{history}");
        }
    }
}

#[test]
fn the_history_in_a_row_is_drawn_for_people_and_numbers_for_programs() {
    let fixture = watched();
    let table = views::autoscalers::VIEW.table(&fixture.cluster, &Scope::default(), now());
    let row = table.rows.iter().find(|row| &**row.subject.name() == "external").unwrap();
    let at = Table::column(table.columns, "desired-trend").unwrap();
    assert_eq!(row.cells[at].value.json()[11], 6);
    assert!(cell(&table, "external", "desired-trend").ends_with("█"));
    assert_eq!(cell(&table, "eight", "desired-trend"), "", "nothing was noted of it");
}

#[test]
fn rescales_of_before_the_session_are_told_by_events() {
    let mut screen = Screen::new(settings(), shop().cluster, now(), (80, 400));
    screen.press("2 /");
    screen.type_text("name:external$");
    screen.press("enter enter");
    let target = screen.ui.wants_detail().unwrap().clone();
    let event = |reason: &str, seconds, message: &str| Event {
        kind: "Normal".into(),
        reason: reason.into(),
        message: message.into(),
        source: "horizontal-pod-autoscaler".into(),
        count: 1,
        last: Some(at(seconds)),
    };
    let older = event("SuccessfulRescale", 1800, "New size: 4; reason: All metrics below target");
    let newer = event("SuccessfulRescale", 600, "New size: 6; reason: external metric above target");
    screen.tell(Msg::Events(target, vec![older, event("Other", 60, "something else"), newer]));
    let text = said(&screen.text());
    let told = text.split("Rescales that events tell of").nth(1).unwrap();
    assert!(
        told.contains("10m ago New size: 6; reason: external metric above target 30m ago New size: 4"),
        "{told}"
    );
    assert!(!told.contains("something else"), "{told}");
}
