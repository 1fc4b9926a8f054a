//! The sentence and the steps: what matters first, numbers as people write them, and no more certain than it is.

use foretop::analysis::autoscaling::{Doubt, reason, steps};
use foretop::model::autoscaler::{Goal, Metric, MetricSource, Policy, PolicyKind, Rules};
use foretop::model::change::{Change, Object};
use foretop::model::meta::ConditionStatus;
use foretop::model::pod::Phase;
use foretop::model::probe::Answer;

use crate::support::{World, amount, autoscaler, behavior, condition, cpu, external, pods, read, sample};

/// So many pods of a target of 80%, where nothing older counts.
fn world(current: i32, max: i32, usage: &[i64]) -> World {
    let mut scaler = autoscaler(1, max, current, vec![cpu(80)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &pods(current as usize));
    world.measure(usage);
    world
}

#[test]
fn what_it_does_is_one_sentence() {
    assert_eq!(world(4, 10, &[950; 4]).says(), "cpu 95% of 80% asks for 5; goes from 4 to 5 within 15 s");
    assert_eq!(world(4, 10, &[840; 4]).says(), "cpu within tolerance (84% of 80%, ±10%): stays at 4");
    assert_eq!(world(10, 10, &[1400; 10]).says(), "at its maximum 10; cpu 140% of 80% would ask for 18");
    assert_eq!(world(1, 10, &[100]).says(), "cpu 10% of 80% asks for 1; stays at 1");
    assert_eq!(
        world(4, 6, &[1600; 4]).says(),
        "cpu 160% of 80% asks for 8, more than its maximum 6; goes from 4 to 6 within 15 s"
    );
}

#[test]
fn the_window_says_until_when_at_most() {
    let mut world = world(10, 10, &[]);
    world.autoscaler.behavior = None;
    world.show();
    world.note(Some(10));
    for _ in 0..22 {
        world.pass(15);
        world.note(Some(10));
    }
    world.measure(&[400; 10]);
    assert_eq!(
        world.says(),
        "cpu 40% of 80% asks for 5, held at 10 by the 300 s window until 12:10:30Z at most"
    );
}

#[test]
fn what_only_older_recommendations_would_exceed_is_told_by_their_window() {
    let mut world = world(10, 10, &[]);
    world.autoscaler.behavior = None;
    world.show();
    world.note(Some(14));
    for _ in 0..22 {
        world.pass(15);
        world.note(Some(14));
    }
    world.measure(&[240; 10]);
    let said = world.says();
    assert!(said.starts_with("cpu 24% of 80% asks for 3, held at 10 by the 300 s window"), "{said}");
    world.measure(&[1400; 10]);
    assert_eq!(world.says(), "at its maximum 10; cpu 140% of 80% would ask for 18");
}

#[test]
fn where_the_outcome_stands_before_it_the_reason_ends_without() {
    let told = |world: &World| reason(&world.forecast(), &world.autoscaler);
    assert_eq!(told(&world(4, 10, &[950; 4])), "cpu 95% of 80% asks for 5");
    assert_eq!(told(&world(4, 10, &[840; 4])), "cpu within tolerance (84% of 80%, ±10%)");
    assert_eq!(told(&world(4, 6, &[1600; 4])), "cpu 160% of 80% asks for 8, more than its maximum 6");
    let mut above = world(4, 10, &[950; 4]);
    above.autoscaler.max = 3;
    above.show();
    assert_eq!(told(&above), "above its maximum 3");
    let mut unsure = world(10, 20, &[400; 10]);
    unsure.autoscaler.behavior = None;
    unsure.autoscaler.readings = vec![read(&cpu(80), Some(40), None)];
    let mut unsure = World::new(unsure.autoscaler, &pods(10));
    unsure.measure(&[400; 10]);
    assert_eq!(told(&unsure), "cpu 40% of 80% asks for 5 (5 to 10)");
}

#[test]
fn of_several_metrics_the_one_that_asks_for_the_most_is_told() {
    let mut world = world(4, 10, &[]);
    let depth = MetricSource::External { name: "depth".into(), selector: "".into() };
    let depth = Metric { source: depth, goal: Goal::Value(amount("10")), described: None };
    world.autoscaler.metrics.extend([depth, external(Goal::Value(amount("10")))]);
    world.show();
    let samples = (0..4).map(|n| sample(&format!("pod-{n}"), 200, world.now)).collect();
    let failed = Answer::Failed("no such thing as a queue here".to_owned());
    world.probe(vec![Answer::Pods(samples), Answer::Value(5_000), failed]);
    let said = world.says();
    assert!(
        said.contains("external depth 5 of 10 asks for 2, not down on part of them: stays at 4"),
        "{said}"
    );
}

#[test]
fn a_pass_that_read_nothing_is_not_taken_for_none() {
    let mut world = world(4, 10, &[]);
    world.pass(100);
    assert!(world.says().starts_with("no metric was read in the last pass"), "{}", world.says());
    world.autoscaler.conditions.clear();
    world.show();
    assert!(world.says().starts_with("no metric has been read yet"), "{}", world.says());
}

#[test]
fn pending_pods_are_no_tolerance() {
    let mut world = world(4, 10, &[]);
    for n in [2, 3] {
        let mut pending = pods(4).remove(n);
        pending.phase = Phase::Pending;
        world.cluster.apply(Change::Upsert(Object::Pod(Box::new(pending))));
    }
    world.autoscaler.readings = vec![read(&cpu(80), Some(150), None)];
    world.show();
    world.pass(100);
    let said = world.says();
    assert!(said.starts_with("cpu 150% of 80%, but ×0.94 with pods that do not count filled in"), "{said}");
}

#[test]
fn a_rate_is_named() {
    let up = Rules { policies: vec![Policy { kind: PolicyKind::Pods, value: 2, period: 60 }], ..Rules::up() };
    let mut world = world(4, 30, &[1600; 4]);
    world.autoscaler.behavior = Some(behavior(up, Rules::down()));
    world.show();
    let said = world.says();
    assert_eq!(
        said,
        "cpu 160% of 80% asks for 8; goes from 4 to 6 within 15 s, no faster than 2 pods per 60 s"
    );
}

#[test]
fn pods_that_do_not_count_are_named() {
    let mut world = world(4, 10, &[1600, 1600]);
    let mut pending = pods(4).remove(3);
    pending.phase = Phase::Pending;
    world.cluster.apply(Change::Upsert(Object::Pod(Box::new(pending))));
    let said = world.says();
    assert!(
        said.starts_with("cpu 160% of 80%, but ×1.00 with 1 unready, 1 unmeasured filled in: stays at 4"),
        "{said}"
    );
}

#[test]
fn numbers_are_written_as_people_write_them() {
    let memory = Metric {
        source: MetricSource::Resource { name: "memory".into() },
        goal: Goal::AverageValue(amount("400Mi")),
        described: None,
    };
    let mut world = world(2, 10, &[]);
    world.autoscaler.metrics = vec![memory];
    world.show();
    world.measure(&[1, 1]);
    let said = world.says();
    assert!(said.starts_with("memory 512Mi of 400Mi per pod asks for 3; goes from 2 to 3"), "{said}");
    world.autoscaler.metrics = vec![external(Goal::Value(amount("1k")))];
    world.show();
    world.probe(vec![Answer::Value(1_500_000)]);
    let said = world.says();
    assert!(said.starts_with("external queue 1500 of 1k asks for 3"), "{said}");
}

#[test]
fn what_is_not_certain_says_so_before_it_is_cut() {
    let mut world = world(10, 20, &[]);
    world.autoscaler.behavior = None;
    world.autoscaler.readings = vec![read(&cpu(80), Some(40), None)];
    let mut world = World::new(world.autoscaler, &pods(10));
    world.measure(&[400; 10]);
    let said = world.says();
    assert_eq!(said, "cpu 40% of 80% asks for 5; probably goes from 10 to 5 (5 to 10) within 15 s");
    assert!(said.find("probably").unwrap() < 40);
}

#[test]
fn what_fails_says_why_and_the_steps_say_what_mends_it() {
    let mut world = world(4, 10, &[]);
    let gone = "the server could not find the requested resource (get pods.metrics.k8s.io)";
    world.probe(vec![Answer::Failed(gone.to_owned())]);
    assert_eq!(world.says(), "cannot compute: nothing serves metrics.k8s.io; stays at 4");
    let steps = steps(&world.forecast(), &world.cluster, &world.autoscaler, world.now);
    let remedy = steps.iter().find(|step| step.label.trim() == "remedy").unwrap();
    assert!(remedy.text.contains("metrics-server"));
}

#[test]
fn what_failed_keeps_its_words_while_it_is_not_asked_again() {
    let gone = "the server could not find the requested resource (get pods.metrics.k8s.io)";
    let mut world = world(4, 10, &[]);
    for answer in [Answer::Failed(gone.to_owned()), Answer::NotAgain(gone.to_owned())] {
        world.probe(vec![answer]);
        assert_eq!(world.says(), "cannot compute: nothing serves metrics.k8s.io; stays at 4");
        assert!(world.forecast().is_certain(), "the last pass could not read it either");
    }
    world.autoscaler.readings = vec![read(&cpu(80), Some(95), None)];
    world.show();
    let (found, said) = (world.forecast(), world.says());
    assert!(said.starts_with("cannot compute: nothing serves metrics.k8s.io; probably "), "{said}");
    assert_eq!(found.doubts, [Doubt::NotAgain("cpu".to_owned())], "the last pass could read it");
}

#[test]
fn on_part_of_the_metrics_both_are_told() {
    let mut world = world(4, 10, &[]);
    world.autoscaler.metrics.push(external(Goal::Value(amount("10"))));
    world.show();
    let samples = (0..4).map(|n| sample(&format!("pod-{n}"), 1200, world.now)).collect();
    world.probe(vec![Answer::Pods(samples), Answer::Failed("no such thing as a queue here".to_owned())]);
    let said = world.says();
    assert!(said.starts_with("cpu 120% of 80% asks for 6 (external queue: "), "{said}");
    assert!(said.ends_with("goes from 4 to 6 within 15 s"), "{said}");
}

#[test]
fn a_refused_size_is_told_first() {
    let mut world = world(4, 10, &[950; 4]);
    world.autoscaler.conditions[0] =
        condition("AbleToScale", ConditionStatus::False, "FailedUpdateScale", "exceeded quota: pods");
    world.show();
    assert!(world.says().starts_with("cannot scale its target: exceeded quota: pods; probably stays at 4"));
}

#[test]
fn from_the_status_it_says_that() {
    let mut world = world(4, 10, &[]);
    world.autoscaler.readings = vec![read(&cpu(80), Some(84), None)];
    world.show();
    world.pass(100);
    let said = world.says();
    assert_eq!(said, "cpu within tolerance (84% of 80%, ±10%): stays at 4; by the status alone");
}

#[test]
fn the_steps_show_the_arithmetic() {
    let world = world(4, 10, &[950; 4]);
    let steps = steps(&world.forecast(), &world.cluster, &world.autoscaler, world.now);
    let text = |label: &str| &*steps.iter().find(|step| step.label.trim() == label).unwrap().text;
    assert_eq!(text("cpu"), "95% of 80% is ×1.19; ×1.19 of 4 is 5, rounded up");
    assert_eq!(text("pods"), "4 counted");
    assert_eq!(text("tolerance"), "±10%");
    assert!(text("next pass").contains("goes from 4 to 5 within 15 s, certain at these values"));
}

#[test]
fn a_cause_is_known_by_the_words_of_controller_and_metrics_api() {
    use foretop::analysis::autoscaling::{Cause, Failure};
    let memory = MetricSource::Resource { name: "memory".into() };
    let queue = MetricSource::External { name: "queue".into(), selector: "".into() };
    let unable = "the HPA was unable to compute the replica count: failed to get memory utilization: ";
    for (source, words, cause, text) in [
        (
            &memory,
            "missing request for memory in container app of Pod web-1",
            Cause::NoRequest,
            "no request for memory in container app",
        ),
        (
            &memory,
            "missing pod-level request for memory in Pod web-1",
            Cause::NoRequest,
            "no request for memory",
        ),
        (&memory, "container log not found in Pod web-1", Cause::NoContainer, "no container log in the pods"),
        (
            &memory,
            "unable to get metrics for resource memory: no metrics returned from resource metrics API",
            Cause::NoSamples,
            "metrics.k8s.io has no samples",
        ),
        (
            &memory,
            "did not receive metrics for targeted pods (pods might be unready)",
            Cause::NoSamples,
            "no sample of a pod that counts",
        ),
        (
            &queue,
            "unable to fetch metrics from external metrics API: the server could not find the requested resource",
            Cause::NoAdapter,
            "nothing serves external.metrics.k8s.io",
        ),
        (
            &queue,
            "no custom metrics API (custom.metrics.k8s.io) registered",
            Cause::NoAdapter,
            "nothing serves external.metrics.k8s.io",
        ),
        (
            &memory,
            "the server is currently unable to handle the request (get pods.metrics.k8s.io)",
            Cause::AdapterDown,
            "metrics.k8s.io does not answer",
        ),
        (&queue, "queue not found", Cause::UnknownMetric, "external.metrics.k8s.io does not know the metric"),
        (&queue, "pods is forbidden", Cause::Refused, "external.metrics.k8s.io refuses"),
    ] {
        for words in [words.to_owned(), format!("{unable}{words}")] {
            let failure = Failure::of(source, &words);
            assert_eq!((failure.cause, &*failure.text), (cause, text), "{words}");
            assert!(!failure.remedy().is_empty());
        }
    }
}

#[test]
fn a_described_object_of_an_unknown_kind_is_no_missing_adapter() {
    use foretop::analysis::autoscaling::{Cause, Failure};
    let fleet =
        MetricSource::Object { name: "players".into(), selector: "".into(), object: "Fleet/web".into() };
    let words = "no matches for kind \"Fleet\" in group \"games\"";
    let failure = Failure::of(&fleet, &format!("unable to map kind Fleet to resource: {words}"));
    assert_eq!((failure.cause, &*failure.text), (Cause::NoKind, words));
}

#[test]
fn an_unread_metric_has_its_cause_beside_it() {
    use foretop::analysis::metrics::paired;
    let mut scaler = autoscaler(1, 10, 4, vec![cpu(80), external(Goal::Value(amount("10")))]);
    let words = "failed to get cpu utilization: missing request for cpu in container app of Pod web-1";
    scaler.conditions[1] =
        condition("ScalingActive", ConditionStatus::False, "FailedGetResourceMetric", words);
    let texts: Vec<String> = paired(&scaler).iter().map(foretop::analysis::metrics::Paired::text).collect();
    assert_eq!(texts, ["cpu unread/80% (no request for cpu in container app)", "external queue unread/10"]);
}
