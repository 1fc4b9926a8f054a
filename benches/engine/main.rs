//! `just bench`: the parts of the engine one by one, each at the size that Kubernetes supports: decode, apply, views,
//! drawing, findings. Whole runs are measured by `just scale`.

mod world;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use foretop::analysis::autoscaling;
use foretop::analysis::findings;
use foretop::analysis::outlook::Outlook;
use foretop::analysis::overlay::Mesh;
use foretop::analysis::vigil::Vigil;
use foretop::client::convert::Shared;
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use foretop::model::scope::Scope;
use foretop::ui::theme::{ColorMode, Theme};
use foretop::ui::{self, Settings, Ui};
use foretop::views;
use foretop::wire::{core, frame};
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use world::{LIMIT, Maker, Size, now};

/// Nodes in trouble at once, of 5,000.
const TROUBLED: usize = 1_000;

/// So many autoscalers are asked for in a second: a hundred in 15 s.
const ASKED: usize = 7;

/// After so many seconds all autoscalers have been asked for at least twice.
const BEFORE: i64 = 180;

/// Pods of a page, and of a burst of changes.
const PAGE: usize = 500;

fn main() {
    divan::main();
}

/// A page of pods, from the bytes of the answer to the model's pods.
#[divan::bench(sample_count = 50)]
fn decode_page(bencher: Bencher) {
    let page = Maker::new().page(PAGE);
    let mut shared = Shared::default();
    bencher.counter(BytesCount::new(page.len())).counter(ItemsCount::new(PAGE)).bench_local(|| {
        let mut pods = Vec::with_capacity(PAGE);
        let list = frame::open(page.clone())
            .and_then(|list| frame::each_item(list.raw, |pod: core::Pod| pods.push(shared.pod(pod))));
        black_box((list.is_ok(), pods))
    });
}

/// How a pod that arrives differs from the one that is there.
#[derive(Clone, Copy, Debug)]
enum Arrives {
    Unchanged,
    Changed,
}

#[divan::bench(args = [10_000, 150_000], sample_count = 20)]
fn apply_unchanged(bencher: Bencher, pods: usize) {
    apply(bencher, pods, Arrives::Unchanged);
}

#[divan::bench(args = [10_000, 150_000], sample_count = 20)]
fn apply_changed(bencher: Bencher, pods: usize) {
    apply(bencher, pods, Arrives::Changed);
}

/// A burst of pods into a cluster of that many.
fn apply(bencher: Bencher, pods: usize, arrives: Arrives) {
    let size = Size { pods, ..LIMIT };
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(size);
    let mut round = 0;
    let changes = move || -> Vec<Change> {
        round += i32::from(matches!(arrives, Arrives::Changed));
        // Far apart, as in a real cluster.
        (0..PAGE).map(|number| maker.pod(number * (pods / PAGE), size.nodes, round)).collect()
    };
    bencher.counter(ItemsCount::new(PAGE)).with_inputs(changes).bench_local_values(|changes| {
        cluster.apply_all(changes);
    });
}

/// A burst of new pods while the table of 114,688 places grows, which is the longest pause of a first list.
#[divan::bench(sample_count = 10)]
fn apply_grown(bencher: Bencher) {
    let mut maker = Maker::new();
    let pods = 7 << 14;
    let full = maker.cluster(Size { pods: pods - 1, ..LIMIT });
    let added = || -> (Cluster, Vec<Change>) {
        (full.clone(), (0..PAGE).map(|number| maker.pod(pods + number, LIMIT.nodes, 0)).collect())
    };
    bencher.counter(ItemsCount::new(PAGE)).with_inputs(added).bench_local_values(|(mut cluster, changes)| {
        cluster.apply_all(changes);
        cluster
    });
}

/// A burst of pods that autoscalers count.
#[divan::bench(sample_count = 20)]
fn apply_counted(bencher: Bencher) {
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    let mut round = 0;
    let changes = move || -> Vec<Change> {
        round += 1;
        (0..PAGE).map(|number| maker.pod(number * world::SIBLINGS, LIMIT.nodes, round)).collect()
    };
    bencher.counter(ItemsCount::new(PAGE)).with_inputs(changes).bench_local_values(|changes| {
        cluster.apply_all(changes);
    });
}

/// What the controllers of all autoscalers do next, computed anew.
#[divan::bench(sample_count = 20)]
fn forecast(bencher: Bencher) {
    let mut cluster = Maker::new().cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    bencher.counter(ItemsCount::new(LIMIT.autoscalers)).bench_local(|| {
        cluster.autoscalers().map(|it| autoscaling::forecast(&cluster, it, now())).collect::<Vec<_>>()
    });
}

/// The autoscalers whose forecasts time alone may change, a second later: some seconds and half a minute after they were
/// measured.
#[divan::bench(args = [5, 30], sample_count = 50)]
fn restless_autoscalers(bencher: Bencher, age: i64) {
    let mut cluster = Maker::new().cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    let (mut vigil, mut at) = (Vigil::default(), now() + SignedDuration::from_secs(age));
    let restless = views::autoscalers::VIEW.restless;
    let count = restless(&mut vigil, &cluster, at).len();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        at += SignedDuration::from_secs(1);
        restless(&mut vigil, &cluster, at)
    });
}

/// A frame of the autoscalers after pods of so many of them have changed: as many as change between two frames at 1,000
/// events a second, and all.
#[divan::bench(args = [33, 500], sample_count = 30)]
fn draw_after_pods(bencher: Bencher, pods: usize) {
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    let Some(mut ui) = screen() else { return };
    ui.select_view("autoscalers");
    let mut frame = |cluster: &Cluster| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
        ui::draw(&mut ui, cluster, now(), &mut buffer);
        buffer
    };
    frame(&cluster);
    let mut round = 0;
    let changes = || -> Vec<Change> {
        round += 1;
        (0..pods).map(|number| maker.pod(number * world::SIBLINGS, LIMIT.nodes, round)).collect()
    };
    bencher.counter(ItemsCount::new(pods)).with_inputs(changes).bench_local_values(|changes| {
        cluster.apply_all(changes);
        frame(&cluster)
    });
}

/// The turn of a second after a pod of each autoscaler has changed: what is noted of them, and the findings.
#[divan::bench(sample_count = 30)]
fn tick_after_pods(bencher: Bencher) {
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    let (mut outlook, mut vigil) = (Outlook::default(), Vigil::default());
    let (mut round, mut second) = (0, 0);
    let changes = || -> Vec<Change> {
        round += 1;
        (0..PAGE).map(|number| maker.pod(number * world::SIBLINGS, LIMIT.nodes, round)).collect()
    };
    bencher.with_inputs(changes).bench_local_values(|changes| {
        second += 1;
        let at = now() + SignedDuration::from_secs(second);
        cluster.apply_all(changes);
        cluster.apply_all(autoscaling::notes(&mut vigil, &cluster, at));
        outlook.follow(&cluster, at);
        outlook.findings().len()
    });
}

/// The same while each autoscaler has a pod that waits for a node.
#[divan::bench(sample_count = 30)]
fn tick_after_waiting_pods(bencher: Bencher) {
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(LIMIT);
    cluster.apply_all(world::probes(LIMIT.autoscalers, 0));
    for number in 0..LIMIT.autoscalers {
        cluster.apply_all(maker.deployment(number, world::SIBLINGS - 1));
    }
    let (mut outlook, mut vigil) = (Outlook::default(), Vigil::default());
    let (mut round, mut second) = (0, 0);
    let changes = || -> Vec<Change> {
        round += 1;
        (0..LIMIT.autoscalers).map(|number| maker.waiting(number, round)).collect()
    };
    bencher.with_inputs(changes).bench_local_values(|changes| {
        second += 1;
        let at = now() + SignedDuration::from_secs(second);
        cluster.apply_all(changes);
        cluster.apply_all(autoscaling::notes(&mut vigil, &cluster, at));
        outlook.follow(&cluster, at);
        outlook.findings().len()
    });
}

#[divan::bench(args = views::ALL.iter().map(|view| view.id), sample_count = 20)]
fn view(bencher: Bencher, id: &str) {
    let cluster = Maker::new().cluster(LIMIT);
    let Some(view) = views::named(id) else { return };
    bencher.bench_local(|| view.table(&cluster, &Scope::default(), now()));
}

#[divan::bench(args = [0, 1_000], sample_count = 20)]
fn look_for_findings(bencher: Bencher, troubled: usize) {
    let cluster = Maker::new().cluster(Size { troubled, ..LIMIT });
    bencher.bench_local(|| findings(&cluster, now()));
}

#[divan::bench(args = [15_000, 150_000], sample_count = 50)]
fn draw_200x60(bencher: Bencher, pods: usize) {
    draw(bencher, Rect::new(0, 0, 200, 60), pods);
}

#[divan::bench(args = [15_000, 150_000], sample_count = 50)]
fn draw_80x24(bencher: Bencher, pods: usize) {
    draw(bencher, Rect::new(0, 0, 80, 24), pods);
}

/// A frame after so many nodes were measured anew: as many as come between two frames, and all at once.
#[divan::bench(args = [512, 5_000], sample_count = 30)]
fn draw_after_usage(bencher: Bencher, nodes: usize) {
    let mut cluster = Maker::new().cluster(LIMIT);
    cluster.apply(Change::Measuring(Freshness::Live { since: now() }));
    let Some(mut ui) = screen() else { return };
    let mut frame = |cluster: &Cluster| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
        ui::draw(&mut ui, cluster, now(), &mut buffer);
        buffer
    };
    cluster.apply_all(world::usage(LIMIT.nodes, 0));
    frame(&cluster);
    let mut round = 0;
    let samples = || {
        round += 1;
        world::usage(nodes, round)
    };
    bencher.counter(ItemsCount::new(nodes)).with_inputs(samples).bench_local_values(|samples| {
        cluster.apply_all(samples);
        frame(&cluster)
    });
}

/// A frame after something has changed by which everything is judged: all at once, and in steps as on the live screen.
#[divan::bench(args = [false, true], sample_count = 30)]
fn draw_all_judged(bencher: Bencher, steps: bool) {
    let mut cluster = Maker::new().cluster(LIMIT);
    let Some(mut ui) = screen() else { return };
    if steps {
        ui.take_steps(1);
    }
    let mut frame = |cluster: &Cluster| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
        ui::draw(&mut ui, cluster, now(), &mut buffer);
        buffer
    };
    frame(&cluster);
    bencher.bench_local(|| {
        cluster.apply(Change::Freshness(Kind::Pod, Freshness::Connecting));
        cluster.apply(Change::Freshness(Kind::Pod, Freshness::Live { since: now() }));
        frame(&cluster)
    });
}

/// A frame after one pod has changed.
fn draw(bencher: Bencher, area: Rect, pods: usize) {
    let mut maker = Maker::new();
    let mut cluster = maker.cluster(Size { pods, ..LIMIT });
    let Some(mut ui) = screen() else { return };
    let mut frame = |cluster: &Cluster| {
        let mut buffer = Buffer::empty(area);
        ui::draw(&mut ui, cluster, now(), &mut buffer);
        buffer
    };
    frame(&cluster);
    let mut round = 0;
    bencher
        .with_inputs(|| {
            round += 1;
            maker.pod(7, LIMIT.nodes, round)
        })
        .bench_local_values(|change| {
            cluster.apply(change);
            frame(&cluster)
        });
}

/// The frame of a second in which nothing has changed but the time; the findings have been looked for in the turn before,
/// as the live screen does it, which is `tick_findings`.
#[divan::bench(args = [0, TROUBLED], sample_count = 50)]
fn tick_200x60(bencher: Bencher, troubled: usize) {
    tick(bencher, Rect::new(0, 0, 200, 60), troubled);
}

#[divan::bench(args = [0, TROUBLED], sample_count = 50)]
fn tick_80x24(bencher: Bencher, troubled: usize) {
    tick(bencher, Rect::new(0, 0, 80, 24), troubled);
}

fn tick(bencher: Bencher, area: Rect, troubled: usize) {
    let cluster = Maker::new().cluster(Size { troubled, ..LIMIT });
    let Some(ui) = screen() else { return };
    let ui = std::cell::RefCell::new(ui);
    let mut seconds = seconds();
    let looked = || {
        let second = seconds();
        ui.borrow_mut().look_around(&cluster, second);
        second
    };
    bencher.with_inputs(looked).bench_local_values(|second| {
        let mut buffer = Buffer::empty(area);
        ui::draw(&mut ui.borrow_mut(), &cluster, second, &mut buffer);
        buffer
    });
}

/// A second in which nothing happens, as the live screen spends it: a hundred of 500 autoscalers are measured every 15 s,
/// so that each of them has been for some time, and points are noted, findings looked for, a frame drawn.
#[divan::bench(args = ["nodes", "autoscalers"], sample_count = 60)]
fn second_at_rest(bencher: Bencher, view: &str) {
    let mut cluster = Maker::new().cluster(LIMIT);
    let Some(mut ui) = screen() else { return };
    ui.select_view(view);
    let mut vigil = Vigil::default();
    let mut spend = |second: i64, probes: Vec<Change>| {
        let at = now() + SignedDuration::from_secs(second);
        cluster.apply_all(probes);
        cluster.apply_all(autoscaling::notes(&mut vigil, &cluster, at));
        ui.look_around(&cluster, at);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
        ui::draw(&mut ui, &cluster, at, &mut buffer);
        buffer
    };
    for second in 0..BEFORE {
        spend(second, asked(second));
    }
    let mut second = BEFORE;
    let seconds = || {
        second += 1;
        (second, asked(second))
    };
    bencher.with_inputs(seconds).bench_local_values(|(second, probes)| spend(second, probes));
}

/// What is answered for autoscalers in one second.
fn asked(second: i64) -> Vec<Change> {
    let at = now() + SignedDuration::from_secs(second);
    let first = second as usize * ASKED;
    (first..first + ASKED).map(|number| world::probe(number % LIMIT.autoscalers, at, second)).collect()
}

/// The nodes that time alone may change: finding them.
#[divan::bench(args = [0, TROUBLED], sample_count = 50)]
fn restless(bencher: Bencher, troubled: usize) {
    let cluster = Maker::new().cluster(Size { troubled, ..LIMIT });
    let nodes = &views::nodes::VIEW;
    let mut vigil = Vigil::default();
    let count = (nodes.restless)(&mut vigil, &cluster, now()).len();
    bencher.counter(ItemsCount::new(count)).bench_local(|| (nodes.restless)(&mut vigil, &cluster, now()));
}

/// Their rows: what is computed anew each second.
#[divan::bench(args = [TROUBLED], sample_count = 50)]
fn restless_rows(bencher: Bencher, troubled: usize) {
    let cluster = Maker::new().cluster(Size { troubled, ..LIMIT });
    let (nodes, mesh, scope) = (&views::nodes::VIEW, Mesh::of(&cluster), Scope::default());
    let keys = (nodes.restless)(&mut Vigil::default(), &cluster, now());
    bencher.counter(ItemsCount::new(keys.len())).bench_local(|| {
        let rows = keys.iter().filter_map(|key| (nodes.row)(&cluster, &mesh, &scope, key, now()));
        rows.collect::<Vec<_>>()
    });
}

/// The findings that are kept, brought up to date after a second.
#[divan::bench(args = [0, TROUBLED], sample_count = 50)]
fn tick_findings(bencher: Bencher, troubled: usize) {
    let cluster = Maker::new().cluster(Size { troubled, ..LIMIT });
    let (mut outlook, mut seconds) = (Outlook::default(), seconds());
    outlook.follow(&cluster, seconds());
    bencher.bench_local(|| {
        outlook.follow(&cluster, seconds());
        outlook.findings().len()
    });
}

/// Two seconds in turns, so that something is always a second away and no lease grows old.
fn seconds() -> impl FnMut() -> Timestamp {
    let mut odd = 0;
    move || {
        odd = 1 - odd;
        now() + SignedDuration::from_secs(odd)
    }
}

fn screen() -> Option<Ui> {
    let settings = Settings {
        theme: Theme::embedded("default").ok()?,
        color: ColorMode::Full,
        read_only: true,
        dry_run: false,
        kubelet: false,
        scope: Scope::default(),
        demo: None,
    };
    Some(Ui::new(settings))
}
