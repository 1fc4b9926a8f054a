//! A screen that has followed every change shows what a screen shows that looks for the first time: whatever is kept
//! from frame to frame is never wrong. The changes are random, their order is the seed's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod scaling;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fixture::{Fixture, now};
use foretop::analysis::autoscaling::{self, BLUR, Calendar};
use foretop::analysis::outlook::Outlook;
use foretop::analysis::overlay::Mesh;
use foretop::analysis::standing::restless;
use foretop::analysis::vigil::Vigil;
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::ConditionStatus;
use foretop::model::node::{Node, Taint};
use foretop::model::pod::{Phase, Pod, Requests, Template, Toleration};
use foretop::model::scope::Scope;
use foretop::model::second::Second;
use foretop::model::server::ServerNews;
use foretop::model::text::Str;
use foretop::model::usage::Sample;
use foretop::ui::theme::{ColorMode, Theme};
use foretop::ui::{Msg, Settings, Ui, draw};
use foretop::views;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn settings(namespace: Option<&str>) -> Settings {
    Settings {
        theme: Theme::load("default").unwrap(),
        color: ColorMode::Full,
        read_only: false,
        dry_run: false,
        kubelet: false,
        scope: Scope { namespace: namespace.map(Into::into), ..Scope::default() },
        demo: None,
    }
}

fn picture(ui: &mut Ui, fixture: &Fixture, now: Timestamp, size: (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    draw(ui, &fixture.cluster, now, &mut buffer);
    buffer
}

/// A line's cells, with their colours.
fn line(buffer: &Buffer, y: u16) -> &[Cell] {
    let width = usize::from(buffer.area.width);
    &buffer.content()[usize::from(y) * width..][..width]
}

fn text(line: &[Cell]) -> String {
    line.iter().map(Cell::symbol).collect()
}

fn some_node(fixture: &Fixture, dice: &mut Dice) -> Option<Node> {
    let mut nodes: Vec<&Node> = fixture.cluster.nodes().collect();
    nodes.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    (!nodes.is_empty()).then(|| nodes[dice.below(nodes.len())].clone())
}

fn some_pod(fixture: &Fixture, dice: &mut Dice) -> Option<Pod> {
    let mut pods: Vec<&Pod> = fixture.cluster.pods().collect();
    pods.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    (!pods.is_empty()).then(|| pods[dice.below(pods.len())].clone())
}

fn node_change(fixture: &Fixture, dice: &mut Dice) -> Option<Change> {
    let mut node = some_node(fixture, dice)?;
    match dice.below(9) {
        0 => node.unschedulable = !node.unschedulable,
        1 => {
            let status =
                [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown][dice.below(3)];
            node.conditions[0].status = status;
        }
        2 => node.pod_cidrs = vec![format!("10.244.{}.0/24", dice.below(4)).into()],
        3 => node.overlay = None,
        4 => node.meta.key = Key::new("", &format!("more-{}", dice.below(4))),
        5 => return Some(Change::Gone(Kind::Node, node.meta.key)),
        6 => node.zone.clone_from(&[Some("a".into()), Some("b".into()), None][dice.below(3)]),
        7 => {
            let key = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "k"][dice.below(3)];
            let added = Some(fixture::at(dice.below(90) as i64));
            let effect = "NoExecute".into();
            node.taints.push(Taint { key: key.into(), value: "".into(), effect, added, since: added });
        }
        _ => node.taints.clear(),
    }
    Some(Change::Upsert(Object::Node(Box::new(node))))
}

/// Tolerations of everything, for ever or for some seconds, or none.
fn tolerations(dice: &mut Dice) -> Arc<[Toleration]> {
    let seconds = [None, Some(60), Some(600)][dice.below(3)];
    let (key, value, effect): (Str, Str, Str) = ("".into(), "".into(), "".into());
    let one = Toleration { key, operator: "Exists".into(), value, effect, seconds };
    (0..dice.below(2)).map(|_| one.clone()).collect()
}

fn pod_change(fixture: &Fixture, dice: &mut Dice) -> Option<Change> {
    let mut pod = some_pod(fixture, dice)?;
    match dice.below(10) {
        9 => {
            let mut second = || Second::of(now() + SignedDuration::from_secs(dice.below(600) as i64 - 300));
            (pod.started, pod.ready_since) = (second(), second());
        }
        8 => {
            let labels = [("app".into(), ["web", "api"][dice.below(2)].into()), ("tier".into(), "a".into())];
            let requests =
                Requests { name: "app".into(), cpu: [None, Some(100)][dice.below(2)], memory: None };
            let (labels, containers) = (Arc::from(labels), Arc::from([requests]));
            pod.template = Arc::new(Template { labels, containers, ..Template::clone(&pod.template) });
        }
        0 => pod.ready = !pod.ready,
        1 => pod.phase = [Phase::Running, Phase::Pending, Phase::Succeeded, Phase::Failed][dice.below(4)],
        2 => pod.node = some_node(fixture, dice).map(|node| node.meta.key.name),
        3 => {
            pod.meta.key =
                Key::new(["shop", "kube-flannel"][dice.below(2)], &format!("pod-{}", dice.below(9)));
        }
        4 => return Some(Change::Gone(Kind::Pod, pod.meta.key)),
        5 => pod.meta.deleted = [None, Second::of(fixture::at(30))][dice.below(2)],
        6 => {
            let tolerations = tolerations(dice);
            pod.template = Arc::new(Template { tolerations, ..Template::clone(&pod.template) });
        }
        _ => pod.addresses = dice.below(3) as u8,
    }
    Some(Change::Upsert(Object::Pod(Box::new(pod))))
}

/// A sample of a node, or news of whether there are any.
fn usage_change(fixture: &Fixture, dice: &mut Dice) -> Option<Change> {
    if dice.below(6) == 0 {
        let (since, retry_at) = (fixture::at(dice.below(3) as i64), now());
        return Some(Change::Measuring(match dice.below(3) {
            0 => Freshness::Live { since },
            1 => Freshness::Absent { retry_at },
            _ => Freshness::Stale { since, why: "down".into(), retry_at },
        }));
    }
    let name = some_node(fixture, dice)?.meta.key.name;
    let amount = |dice: &mut Dice| [None, Some(0), Some(3900), Some(5 << 30)][dice.below(4)];
    let at = now() + SignedDuration::from_secs(dice.below(600) as i64);
    let sample = Sample { at, window: 15, cpu: amount(dice), memory: amount(dice) };
    Some(Change::Measured(name, sample))
}

fn other_change(fixture: &Fixture, dice: &mut Dice) -> Option<Change> {
    let autoscaler = fixture.cluster.autoscalers().min_by(|a, b| a.meta.key.cmp(&b.meta.key)).cloned();
    let target = Key::new("shop", "web");
    Some(match dice.below(6) {
        0 => {
            let mut autoscaler = autoscaler?;
            autoscaler.desired = dice.below(6) as i32;
            autoscaler.target.name = ["web", "nowhere"][dice.below(2)].into();
            Change::Upsert(Object::Autoscaler(Box::new(autoscaler)))
        }
        1 => Change::Gone(Kind::HorizontalPodAutoscaler, autoscaler?.meta.key),
        2 => {
            let mut workload = fixture.cluster.workload(Kind::Deployment, &target)?.clone();
            workload.ready = dice.below(4) as i32;
            Change::Upsert(Object::Workload(Box::new(workload)))
        }
        3 if dice.below(4) == 0 => Change::Gone(Kind::Deployment, target),
        4 => {
            let (since, why) = (now(), "cut".to_owned());
            let freshness = match dice.below(2) {
                0 => Freshness::Live { since },
                _ => Freshness::Stale { since, why, retry_at: now() },
            };
            Change::Freshness(Kind::ALL[dice.below(Kind::ALL.len())], freshness)
        }
        _ => match dice.below(2) {
            0 => Change::Server(ServerNews::Reachable),
            _ => Change::Server(ServerNews::Silent { since: now(), why: "quiet".into(), retry_at: now() }),
        },
    })
}

fn change(fixture: &mut Fixture, dice: &mut Dice) {
    let change = match dice.below(15) {
        11.. => scaling::change(fixture, dice),
        0..3 => node_change(fixture, dice),
        9 | 10 => usage_change(fixture, dice),
        3..6 => pod_change(fixture, dice),
        6 => {
            if let Some(node) = some_node(fixture, dice) {
                fixture.renew(&node.meta.key.name.clone(), dice.below(60) as i64);
            }
            None
        }
        _ => other_change(fixture, dice),
    };
    if let Some(change) = change {
        fixture.apply(change);
    }
}

/// Notes where autoscalers stand, as the live screen does it once a second.
fn note(fixture: &mut Fixture, at: Timestamp) {
    note_with(&mut Vigil::default(), fixture, at);
}

fn note_with(vigil: &mut Vigil, fixture: &mut Fixture, at: Timestamp) {
    let notes = autoscaling::notes(vigil, &fixture.cluster, at);
    let first = autoscaling::notes(&mut Vigil::default(), &fixture.cluster, at);
    assert_eq!(notes, first, "as if it had not been looked before");
    for note in notes {
        fixture.apply(note);
    }
}

/// Follows random changes with one screen and compares every frame with a new screen's.
fn follow(seed: u64, namespace: Option<&str>, view: &str, size: (u16, u16)) {
    follow_from(Fixture::mixed(), seed, namespace, view, size);
}

fn follow_from(fixture: Fixture, seed: u64, namespace: Option<&str>, view: &str, size: (u16, u16)) {
    follow_with(Ui::new(settings(namespace)), fixture, seed, view, size);
}

fn follow_with(mut ui: Ui, mut fixture: Fixture, seed: u64, view: &str, size: (u16, u16)) {
    let mut dice = Dice(seed);
    let namespace = ui.scope().namespace.clone();
    assert!(ui.select_view(view));
    let mut at = now();
    for step in 0..150 {
        for _ in 0..=dice.below(4) {
            change(&mut fixture, &mut dice);
        }
        // More than a second, so that the findings are looked for again.
        at += SignedDuration::from_millis(1000 + dice.below(9000) as i64);
        note(&mut fixture, at);
        let followed = last_picture(&mut ui, &fixture, at, size);
        let mut fresh = Ui::new(settings(namespace.as_deref()));
        assert!(fresh.select_view(view));
        let looked = picture(&mut fresh, &fixture, at, size);
        for y in 0..size.1 {
            let (followed, looked) = (line(&followed, y), line(&looked, y));
            // The rate of changes is the one thing that a first look cannot know.
            if followed != looked && !text(followed).contains("changes/s") {
                let where_ = format!("seed {seed}, {view}, step {step}, line {y}");
                assert_eq!(text(followed), text(looked), "{where_}");
                assert_eq!(followed, looked, "{where_}");
            }
        }
    }
}

#[test]
fn whatever_happens_the_kept_rows_are_those_of_a_first_look() {
    for seed in 0..4 {
        for view in ["nodes", "autoscalers", "network", "findings", "pods", "zones"] {
            follow(seed, None, view, (100, 40));
        }
    }
}

#[test]
fn the_same_holds_for_all_panes_at_once_and_in_one_namespace() {
    for seed in 100..103 {
        follow(seed, None, "nodes", (200, 60));
        // So wide that every column of the nodes is seen.
        follow(seed, None, "nodes", (420, 30));
        follow(seed, Some("shop"), "pods", (120, 40));
        follow(seed, Some("kube-flannel"), "autoscalers", (200, 60));
    }
}

/// Draws until nothing waits any more.
fn last_picture(ui: &mut Ui, fixture: &Fixture, at: Timestamp, size: (u16, u16)) -> Buffer {
    for left in (0..1000).rev() {
        let buffer = picture(ui, fixture, at, size);
        let looks = ui.looks_on();
        while ui.looks_on() {
            ui.look_on(&fixture.cluster, at);
        }
        if !looks && !ui.unfinished() {
            return buffer;
        }
        assert!(left > 0, "there is no end to it");
    }
    Buffer::default()
}

#[test]
fn what_is_computed_in_steps_is_in_the_end_what_a_first_look_shows() {
    for seed in 400..404 {
        for view in ["nodes", "autoscalers", "network", "findings", "pods", "zones"] {
            let mut ui = Ui::new(settings(None));
            ui.take_steps(10_000);
            follow_with(ui, Fixture::mixed(), seed, view, (100, 40));
        }
        let mut ui = Ui::new(settings(None));
        ui.take_steps(10_000);
        follow_with(ui, Fixture::mixed(), seed, "nodes", (200, 60));
    }
}

#[test]
fn rows_on_screen_are_computed_first() {
    let mut fixture = Fixture::mixed();
    let mut dice = Dice(1);
    let node = some_node(&fixture, &mut dice).unwrap();
    let many = |unschedulable: bool| {
        let node = node.clone();
        (0..100).map(move |number| {
            let mut node = node.clone();
            (node.meta.key, node.unschedulable) = (Key::new("", &format!("many-{number:02}")), unschedulable);
            Change::Upsert(Object::Node(Box::new(node)))
        })
    };
    many(false).for_each(|it| fixture.apply(it));
    let mut ui = Ui::new(settings(None));
    ui.take_steps(10_000);
    let cordoned = |buffer: &Buffer| (0..20).filter(|y| text(line(buffer, *y)).contains("cordoned")).count();
    let before = last_picture(&mut ui, &fixture, now(), (100, 20));
    many(true).for_each(|it| fixture.apply(it));
    let after = picture(&mut ui, &fixture, now(), (100, 20));
    assert!(ui.unfinished(), "there are more rows than are on screen");
    let shown = (0..20).filter(|y| text(line(&after, *y)).contains("many-")).count();
    assert!(shown > 5 && cordoned(&before) + shown == cordoned(&after), "{shown} {}", cordoned(&after));
    last_picture(&mut ui, &fixture, now(), (100, 20));
    assert!(!ui.unfinished());
}

#[test]
fn the_same_holds_while_pods_are_still_being_counted() {
    for seed in 200..203 {
        for view in ["nodes", "network", "pods"] {
            let mut fixture = Fixture::mixed();
            fixture.forget_sync(Kind::Pod);
            follow_from(fixture, seed, None, view, (100, 40));
        }
    }
}

#[test]
fn time_alone_changes_no_forecast_before_its_day_in_the_calendar() {
    let (mut changed, mut calm) = (0, 0);
    for seed in 300..312 {
        let (mut fixture, mut dice, mut at) = (Fixture::mixed(), Dice(seed), now());
        for step in 0..120 {
            for _ in 0..=dice.below(3) {
                let news = match dice.below(3) {
                    0 => pod_change(&fixture, &mut dice),
                    _ => scaling::change(&fixture, &mut dice),
                };
                if let Some(news) = news {
                    fixture.apply(news);
                }
            }
            note(&mut fixture, at);
            let later = at + SignedDuration::from_millis(1000 + dice.below(9000) as i64);
            let calendar = Calendar::of(&fixture.cluster);
            for it in fixture.cluster.autoscalers() {
                let [before, after] = [at, later].map(|at| autoscaling::forecast(&fixture.cluster, it, at));
                let known = calendar.next(&fixture.cluster, it, at, at) <= later + BLUR;
                assert!(known || before == after, "seed {seed}, step {step}: {before:#?} {after:#?}");
                changed += usize::from(before != after);
                calm += usize::from(!known);
            }
            at = later;
        }
    }
    assert!(changed > 10 && calm > 100, "{changed} changed, {calm} were calm");
}

#[test]
fn findings_that_are_kept_are_those_that_somebody_finds_who_looks_for_the_first_time() {
    let (mut told, mut same) = (0, 0);
    for seed in 500..512 {
        let (mut fixture, mut dice, mut at) = (Fixture::mixed(), Dice(seed), now());
        let (mut outlook, mut vigil) = (Outlook::default(), Vigil::default());
        for step in 0..150 {
            for _ in 0..dice.below(3) {
                change(&mut fixture, &mut dice);
            }
            if dice.below(3) > 0 {
                note_with(&mut vigil, &mut fixture, at);
            }
            let edition = outlook.edition();
            outlook.follow(&fixture.cluster, at);
            let anew = Outlook::of(&fixture.cluster, at);
            let others = outlook.findings().iter().zip(anew.findings()).find(|(kept, anew)| kept != anew);
            assert_eq!(others, None, "seed {seed}, step {step}");
            assert_eq!(outlook.findings().len(), anew.findings().len(), "seed {seed}, step {step}");
            (told, same) = (told + anew.findings().len(), same + usize::from(edition == outlook.edition()));
            at = match dice.below(40) {
                0 => at - SignedDuration::from_secs(90),
                1 => at + SignedDuration::from_mins(20),
                _ => at + SignedDuration::from_millis(100 + dice.below(3000) as i64),
            };
        }
    }
    assert!(told > 1000 && same > 10, "{told} findings, {same} times the same");
}

#[test]
fn time_alone_changes_no_node_but_those_that_a_vigil_names() {
    let (mut named, mut calm) = (0, 0);
    let (view, scope) = (&views::nodes::VIEW, Scope::default());
    for seed in 400..412 {
        let (mut fixture, mut dice, mut at) = (Fixture::mixed(), Dice(seed), now());
        let mut vigil = Vigil::default();
        for step in 0..120 {
            for _ in 0..=dice.below(3) {
                change(&mut fixture, &mut dice);
            }
            restless(&mut vigil, &fixture.cluster, at);
            let later = at + SignedDuration::from_millis(1000 + dice.below(9000) as i64);
            let after = restless(&mut vigil, &fixture.cluster, later);
            let first = restless(&mut Vigil::default(), &fixture.cluster, later);
            assert!(
                after.starts_with(&first),
                "seed {seed}, step {step}: as if it had not been looked before"
            );
            let mesh = Mesh::of(&fixture.cluster);
            for node in fixture.cluster.nodes() {
                let key = &node.meta.key;
                let row = |at| (view.row)(&fixture.cluster, &mesh, &scope, key, at);
                let known = after.contains(key);
                assert!(known || row(at) == row(later), "seed {seed}, step {step}: {key}");
                (named, calm) = (named + usize::from(known), calm + usize::from(!known));
            }
            at = later;
        }
    }
    assert!(named > 100 && calm > 100, "{named} named, {calm} were calm");
}

#[test]
fn a_key_is_answered_with_the_rows_that_were_seen_and_the_next_frame_has_the_news() {
    let mut fixture = Fixture::mixed();
    let mut ui = Ui::new(settings(None));
    let names = |buffer: &Buffer| (4..9).map(|y| text(line(buffer, y))).collect::<String>();
    let selected = |buffer: &Buffer| {
        let reversed = |y: &u16| buffer[(4, *y)].modifier.contains(Modifier::REVERSED);
        (4..20).find(reversed)
    };
    let first = picture(&mut ui, &fixture, now(), (100, 30));
    fixture.apply(Change::Gone(Kind::Node, Key::new("", "dead")));
    ui.hold();
    let down = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE);
    assert_eq!(ui.update(Msg::Key(down), &fixture.cluster, now()), None);
    let answer = picture(&mut ui, &fixture, now(), (100, 30));
    assert_eq!(names(&answer), names(&first));
    assert_eq!(selected(&answer), selected(&first).map(|y| y + 1), "the second row is selected");
    assert!(ui.release() && !ui.release());
    let news = picture(&mut ui, &fixture, now(), (100, 30));
    assert!(names(&first).contains("dead") && !names(&news).contains("dead"), "{}", names(&news));
    assert_eq!(selected(&news), selected(&first), "what was selected stays selected");
}
