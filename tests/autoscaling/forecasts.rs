//! Forecasts from a whole cluster: what is certain, what is doubted and why, and what is written when nothing can be
//! computed.

use foretop::analysis::autoscaling::{
    Basis, Cause, Doubt, Limit, Span, after_bounds, after_scale, notes, steps,
};
use foretop::analysis::vigil::Vigil;
use foretop::model::autoscaler::{Goal, Policy, PolicyKind, Rules, Select};
use foretop::model::change::{Change, Object};
use foretop::model::flag::Flag;
use foretop::model::kind::Kind;
use foretop::model::meta::ConditionStatus;
use foretop::model::probe::Answer;
use foretop::model::second::Second;
use foretop::model::server::ServerNews;
use foretop::model::workload::Workload;

use crate::support::{
    World, amount, at, autoscaler, behavior, condition, cpu, external, meta, pods, read, sample,
};

/// Pods that use so much, with a target of 80%, where nothing is remembered that could hold it.
fn world(pods_: usize, max: i32, usage: &[i64]) -> World {
    let mut scaler = autoscaler(1, max, pods_ as i32, vec![cpu(80)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &pods(pods_));
    world.measure(usage);
    world
}

#[test]
fn it_is_measured_where_everything_is_known_and_projected_where_not() {
    let mut world = world(4, 10, &[950; 4]);
    let found = world.forecast();
    assert_eq!((found.basis.clone(), found.next), (Basis::Measured { at: world.now }, Span::exact(5)));
    assert!(found.is_certain(), "{:?}", found.doubts);
    world.autoscaler.readings = vec![read(&cpu(80), Some(95), None)];
    world.show();
    world.pass(40);
    assert_eq!(world.forecast().basis, Basis::Status, "answers grow old");
    world.probe(vec![Answer::NotAsked("forbidden")]);
    assert_eq!(world.forecast().basis, Basis::Status);
    world.measure(&[950; 4]);
    world.autoscaler.generation = 2;
    world.show();
    assert_eq!(world.forecast().basis, Basis::Status, "the answers are of an older spec");
}

#[test]
fn a_pod_near_the_end_of_its_initialization_is_doubted_only_where_it_matters() {
    let mut some = pods(4);
    some[3].started = Second::of(at("11:55:10"));
    some[3].ready = false;
    some[3].ready_since = Second::of(at("11:58:00"));
    let mut world = world(4, 20, &[]);
    for pod in some {
        world.cluster.apply(Change::Upsert(Object::Pod(Box::new(pod))));
    }
    world.measure(&[1600, 1600, 1600, 1600]);
    let found = world.forecast();
    // Now it is unready and counts as idle: 6 replicas. In 10 s it counts with what it uses: 8.
    assert_eq!((found.next, found.likely), (Span { lo: 6, hi: 8 }, 6), "{found:?}");
    assert_eq!(found.doubts, [Doubt::Boundary(1)]);
    world.autoscaler.max = 6;
    world.show();
    assert!(world.forecast().is_certain(), "at six it is the same");
}

#[test]
fn a_flag_that_is_only_assumed_is_doubted_where_it_decides() {
    let mut world = world(4, 10, &[840; 4]);
    assert!(world.forecast().is_certain());
    let mut cluster = foretop::model::cluster::Cluster::default();
    std::mem::swap(&mut cluster, &mut world.cluster);
    cluster.server.assumed.clear();
    world.cluster = cluster;
    world.measure(&[850; 4]);
    let found = world.forecast();
    assert_eq!((found.next, &*found.doubts), (Span::exact(4), &[Doubt::Assumed(Flag::Tolerance)][..]));
    world.measure(&[800; 4]);
    assert!(world.forecast().is_certain(), "at the target every tolerance agrees");
    world.measure(&[1600; 4]);
    assert!(world.forecast().is_certain(), "nobody tolerates twice as much");
}

#[test]
fn an_own_tolerance_counts_by_the_servers_version() {
    let mut world = world(4, 10, &[840; 4]);
    let own = |rules: Rules| Rules { tolerance: Some(amount("20m")), ..rules };
    world.autoscaler.behavior = Some(behavior(own(Rules::up()), Rules { window: Some(0), ..Rules::down() }));
    world.show();
    assert_eq!(world.forecast().next, Span::exact(5));
    world.cluster.server.assumed.retain(|(flag, _)| *flag != Flag::ConfigurableTolerance);
    world.cluster.apply(Change::Server(ServerNews::Version("v1.34.2".to_owned())));
    let found = world.forecast();
    assert_eq!((found.likely, &*found.doubts), (4, &[Doubt::Assumed(Flag::ConfigurableTolerance)][..]));
}

#[test]
fn a_failing_metric_keeps_what_the_status_has() {
    let mut world = world(4, 10, &[950; 4]);
    world.autoscaler.desired = 6;
    world.show();
    world.probe(vec![Answer::Failed("the server is currently unable to handle the request".to_owned())]);
    let found = world.forecast();
    assert_eq!((found.next, found.raw), (Span::exact(6), None));
    assert!(matches!(&found.limits[..], [Limit::Blind(failure)] if failure.cause == Cause::AdapterDown));
    assert!(found.is_certain());
}

#[test]
fn part_of_the_metrics_is_not_believed_when_scaling_down() {
    let mut world = world(4, 10, &[]);
    world.autoscaler.metrics.push(external(Goal::Value(amount("10"))));
    world.show();
    let down = |used, world: &World| {
        let samples = (0..4).map(|n| sample(&format!("pod-{n}"), used, world.now)).collect();
        vec![Answer::Pods(samples), Answer::Failed("queue not found".to_owned())]
    };
    world.probe(down(300, &world));
    let found = world.forecast();
    assert_eq!((found.next, found.raw), (Span::exact(4), None));
    world.probe(down(1600, &world));
    let found = world.forecast();
    assert_eq!((found.next, found.raw), (Span::exact(8), Some(8)));
    assert_eq!(found.limits, [Limit::PartlyBlind]);
}

#[test]
fn two_autoscalers_over_the_same_pods_compute_nothing() {
    let mut world = world(4, 10, &[950; 4]);
    let mut other = world.autoscaler.clone();
    other.meta = meta("other");
    world.cluster.apply(Change::Upsert(Object::Autoscaler(Box::new(other))));
    let found = world.forecast();
    assert!(matches!(&found.limits[..], [Limit::Blind(failure)] if failure.cause == Cause::SharedPods));
    assert!(
        found.next.holds(4) && found.next.holds(5) && !found.is_certain(),
        "the last pass did not say so"
    );
    let told = condition("ScalingActive", ConditionStatus::False, "AmbiguousSelector", "pods by selector");
    world.autoscaler.conditions[1] = told;
    world.show();
    assert!(world.forecast().is_certain());
    world.cluster.apply(Change::Server(ServerNews::Leader(Some(at("11:59:30")))));
    assert!(!world.forecast().is_certain(), "who has just begun does not know the other's selector yet");
}

#[test]
fn a_target_that_is_gone_keeps_what_the_status_has() {
    let mut world = world(4, 10, &[950; 4]);
    world.cluster.apply(Change::Gone(Kind::Deployment, world.autoscaler.target_key()));
    let found = world.forecast();
    assert_eq!(found.next, Span::exact(4));
    assert!(matches!(&found.limits[..], [Limit::Blind(failure)] if failure.cause == Cause::NoTarget));
}

#[test]
fn rescales_count_for_the_rate_once_they_are_known() {
    let up = Rules { policies: vec![Policy { kind: PolicyKind::Pods, value: 3, period: 60 }], ..Rules::up() };
    let mut scaler = autoscaler(1, 30, 4, vec![cpu(80)]);
    scaler.behavior = Some(behavior(up, Rules::down()));
    let mut world = World::new(scaler, &pods(4));
    world.measure(&[1600; 4]);
    assert_eq!(world.forecast().next, Span::exact(7), "it never scaled before");
    world.autoscaler.last_scale = Some(at("11:59:40"));
    world.show();
    world.measure(&[1600; 4]);
    let found = world.forecast();
    assert_eq!(found.next, Span { lo: 4, hi: 8 }, "20 s ago it did, by nobody knows how many");
    assert_eq!(found.doubts, [Doubt::Rescales]);
    assert!(matches!(&found.limits[..], [Limit::RateLimited { policy, .. }] if policy == "3 pods per 60 s"));
}

#[test]
fn a_disabled_direction_is_told() {
    let down = Rules { select: Select::Disabled, window: Some(0), ..Rules::down() };
    let mut scaler = autoscaler(1, 10, 4, vec![cpu(80)]);
    scaler.behavior = Some(behavior(Rules::up(), down));
    let mut world = World::new(scaler, &pods(4));
    world.measure(&[100; 4]);
    let found = world.forecast();
    assert_eq!((found.next, &*found.limits), (Span::exact(4), &[Limit::Forbidden { up: false }][..]));
    assert!(found.is_certain());
}

#[test]
fn what_comes_after_a_change_is_thought_through() {
    let world = world(4, 10, &[950; 4]);
    let after = |replicas| after_scale(&world.cluster, &world.autoscaler, replicas, world.now);
    assert_eq!(after(0).limits, [Limit::Disabled]);
    assert_eq!((after(20).next, &*after(20).limits), (Span::exact(10), &[Limit::AboveMax][..]));
    assert!(after(0).is_certain() && after(20).is_certain());
    assert!(after(3).next.holds(4) && after(3).next.holds(5), "a pod may be gone by then");
    assert!(!after(3).is_certain());
    let bounds = |min, max| after_bounds(&world.cluster, &world.autoscaler, min, max, world.now);
    assert_eq!(bounds(6, 10).next, Span::exact(6));
    assert_eq!((bounds(1, 3).next, &*bounds(1, 3).limits), (Span::exact(3), &[Limit::AboveMax][..]));
    assert_eq!(bounds(1, 4).limits, [Limit::AtMax]);
}

#[test]
fn pods_that_a_change_makes_use_nothing_yet() {
    let world = world(4, 20, &[1200; 4]);
    let found = after_scale(&world.cluster, &world.autoscaler, 8, world.now);
    assert_eq!((found.likely, found.limits.last()), (8, Some(&Limit::Turned)), "{found:#?}");
    assert!(found.next.holds(8) && found.next.holds(6), "{:?}", found.next);
    assert!(found.doubts.contains(&Doubt::Changing) && !found.is_certain());
    let said = foretop::analysis::autoscaling::sentence(&found, &world.autoscaler);
    assert!(
        said.starts_with("cpu 120% of 80%, but ×0.75 with 4 unready filled in: probably stays"),
        "{said}"
    );
    assert!(after_scale(&world.cluster, &world.autoscaler, 4, world.now).is_certain(), "nothing changes");
}

#[test]
fn pods_that_a_change_deletes_no_longer_count() {
    let mut world = world(8, 20, &[600; 8]);
    let found = after_scale(&world.cluster, &world.autoscaler, 4, world.now);
    assert_eq!((found.likely, found.next), (3, Span { lo: 3, hi: 6 }), "{found:#?}");
    assert!(found.doubts.contains(&Doubt::Changing));
    world.measure(&[100, 100, 100, 100, 1100, 1100, 1100, 1100]);
    let found = after_scale(&world.cluster, &world.autoscaler, 4, world.now);
    assert!(found.next.holds(1) && found.next.holds(6), "it depends on which of them go: {found:#?}");
}

#[test]
fn pods_that_are_not_ready_are_deleted_first() {
    let mut all = pods(8);
    all[0].phase = foretop::model::pod::Phase::Pending;
    let mut scaler = autoscaler(1, 20, 8, vec![cpu(80)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &all);
    world.measure(&[0, 800, 800, 800, 800, 800, 800, 800]);
    let found = after_scale(&world.cluster, &world.autoscaler, 7, world.now);
    assert_eq!((found.likely, found.next, found.metrics[0].groups.unwrap().ignored), (7, Span::exact(7), 1));
    assert_eq!(found.doubts, [Doubt::Changing]);
}

#[test]
fn the_status_alone_knows_of_new_and_deleted_pods_too() {
    let mut world = world(4, 20, &[]);
    world.autoscaler.readings = vec![read(&cpu(80), Some(120), None)];
    world.show();
    world.pass(100);
    let found = after_scale(&world.cluster, &world.autoscaler, 8, world.now);
    assert_eq!((found.basis.clone(), found.likely), (Basis::Status, 8), "{found:#?}");
    world.autoscaler.readings = vec![read(&cpu(80), Some(160), None)];
    world.show();
    let found = after_scale(&world.cluster, &world.autoscaler, 2, world.now);
    assert_eq!(found.likely, 4, "twice the two that are left: {found:#?}");
}

#[test]
fn a_change_to_absurd_numbers_is_thought_through_too() {
    let world = world(4, i32::MAX, &[950; 4]);
    for replicas in [i32::MIN, -1, 1, i32::MAX] {
        let found = after_scale(&world.cluster, &world.autoscaler, replicas, world.now);
        assert!(found.next.lo <= found.next.hi, "{found:?}");
    }
}

#[test]
fn a_refused_size_leaves_the_target_as_it_is() {
    let mut world = world(4, 10, &[950; 4]);
    world.autoscaler.desired = 6;
    world.autoscaler.conditions[0] =
        condition("AbleToScale", ConditionStatus::False, "FailedUpdateScale", "exceeded quota: pods");
    world.show();
    let found = world.forecast();
    assert_eq!((found.likely, found.next, found.target()), (6, Span { lo: 5, hi: 6 }, 4));
    assert_eq!(world.says(), "cannot scale its target: exceeded quota: pods; probably stays at 4");
}

#[test]
fn points_are_due_once_a_period_and_at_changes() {
    let mut world = world(4, 10, &[950; 4]);
    let first = notes(&mut Vigil::default(), &world.cluster, world.now);
    assert!(
        matches!(&first[..], [Change::Noted(_, point)] if point.proposal == Some(5)
        && point.ratios == [Some(119)] && (point.desired, point.actual) == (4, 4)),
        "{first:?}"
    );
    world.cluster.apply_all(first);
    world.pass(5);
    assert_eq!(notes(&mut Vigil::default(), &world.cluster, world.now), []);
    world.autoscaler.desired = 5;
    world.show();
    assert_eq!(notes(&mut Vigil::default(), &world.cluster, world.now).len(), 1);
    let due = notes(&mut Vigil::default(), &world.cluster, world.now);
    world.cluster.apply_all(due);
    world.pass(16);
    assert_eq!(notes(&mut Vigil::default(), &world.cluster, world.now).len(), 1);
}

#[test]
fn absurd_autoscalers_are_forecast_too() {
    for (min, max, current) in [(i32::MIN, i32::MAX, i32::MAX), (5, 1, 3), (0, 0, 0), (-1, -1, i32::MIN)] {
        for goal in
            [Goal::Utilization(0), Goal::Utilization(i32::MIN), Goal::Missing, Goal::Value(amount("0"))]
        {
            let mut metric = cpu(1);
            metric.goal = goal;
            let mut scaler = autoscaler(min, max, current, vec![metric]);
            let odd = Policy { kind: PolicyKind::Percent, value: i32::MAX, period: i32::MIN };
            let rules = Rules { window: Some(i32::MIN), policies: vec![odd], ..Rules::up() };
            scaler.behavior = Some(behavior(rules.clone(), Rules { window: Some(i32::MAX), ..rules }));
            let mut world = World::new(scaler, &pods(2));
            world.measure(&[i64::MAX, i64::MIN]);
            let found = world.forecast();
            assert!(!world.says().is_empty());
            assert!(!steps(&found, &world.cluster, &world.autoscaler, world.now).is_empty());
        }
    }
}

#[test]
fn of_a_custom_kind_the_scale_is_what_was_answered() {
    let mut scaler = autoscaler(1, 10, 4, vec![cpu(80)]);
    scaler.target.kind = "Rollout".into();
    scaler.target.api_version = "argoproj.io/v1alpha1".into();
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &pods(4));
    let none: Option<&Workload> = world.cluster.target_of(&world.autoscaler);
    assert!(none.is_none());
    world.measure(&[950; 4]);
    let found = world.forecast();
    assert_eq!((found.current, found.next, found.is_certain()), (4, Span::exact(5), true), "{found:?}");
    world.pass(120);
    assert!(world.forecast().doubts.contains(&Doubt::Target));
}

#[test]
fn an_assumed_flag_is_not_doubted_where_the_bounds_decide() {
    let mut world = world(4, 4, &[900; 4]);
    world.cluster.server.assumed.clear();
    world.measure(&[920; 4]);
    let found = world.forecast();
    assert_eq!(found.raw, Some(5), "a tolerance of 20% would keep four");
    assert!(found.is_certain(), "{:?}", found.doubts);
}

#[test]
fn what_the_status_has_from_before_is_not_where_the_target_goes() {
    let mut world = world(3, 10, &[]);
    world.autoscaler.conditions.clear();
    (world.autoscaler.current, world.autoscaler.desired) = (0, 0);
    world.show();
    world.pass(200);
    let said = world.says();
    assert!(said.starts_with("no metric has been read yet; probably stays at 3"), "{said}");
    world.probe(vec![Answer::Failed("the server is currently unable to handle the request".to_owned())]);
    assert_eq!(world.says(), "cannot compute: metrics.k8s.io does not answer; stays at 3");
    assert_eq!(world.forecast().next, Span::exact(0), "which is what the status keeps");
}

#[test]
fn a_thousand_starting_pods_are_doubted_at_once() {
    let mut all = pods(1000);
    for pod in &mut all {
        (pod.started, pod.ready_since) = (Second::of(at("11:59:00")), Second::of(at("11:59:40")));
    }
    let mut scaler = autoscaler(1, 3000, 1000, vec![cpu(80)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &all);
    world.measure(&[950; 1000]);
    let found = world.forecast();
    assert_eq!(found.doubts, [Doubt::Boundary(1000)]);
    assert!(found.next.holds(1000) && found.next.holds(1188) && !found.is_certain());
}
