//! Random news of what autoscalers are computed from besides pods and workloads. Used by `ui_incremental.rs`.

use std::sync::Arc;

use foretop::model::autoscaler::{Autoscaler, Behavior, Rules};
use foretop::model::budget::DisruptionBudget;
use foretop::model::change::{Change, Object};
use foretop::model::history::Point;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::{ConditionStatus, Meta, Selector};
use foretop::model::probe::{self, Answer, Probe, Scale};
use foretop::model::rival::{Paused, ScaledObject, VerticalAutoscaler};
use foretop::model::sample::{ContainerUse, PodSample};
use foretop::model::second::Second;
use foretop::model::text::Str;
use jiff::{SignedDuration, Timestamp};

use crate::fixture::{self, Fixture, now};
use crate::{Dice, some_pod};

fn some_autoscaler(fixture: &Fixture, dice: &mut Dice) -> Option<Autoscaler> {
    let mut all: Vec<&Autoscaler> = fixture.cluster.autoscalers().collect();
    all.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    (!all.is_empty()).then(|| all[dice.below(all.len())].clone())
}

/// What autoscalers are computed from besides themselves.
pub(crate) fn change(fixture: &Fixture, dice: &mut Dice) -> Option<Change> {
    let it = some_autoscaler(fixture, dice)?;
    let key = it.meta.key.clone();
    Some(match dice.below(8) {
        0..3 => Change::Probed(key, Arc::new(probe(fixture, &it, dice))),
        3 => Change::Noted(key, point(dice)),
        4 => Change::ScaledObjects((0..dice.below(2)).map(|_| scaled_object(&it, dice)).collect()),
        5 => Change::Verticals((0..dice.below(2)).map(|_| vertical(&it, dice)).collect()),
        6 => budget_change(fixture, dice),
        _ => Change::Upsert(Object::Autoscaler(Box::new(other_state(it, dice)))),
    })
}

fn other_state(mut it: Autoscaler, dice: &mut Dice) -> Autoscaler {
    it.generation += dice.below(2) as i64;
    it.observed = [None, Some(it.generation)][dice.below(2)];
    it.behavior = (dice.below(2) == 1).then(|| Behavior { up: Rules::up(), down: Rules::down() });
    it.last_scale = [it.last_scale, Some(fixture::at(dice.below(400) as i64))][dice.below(2)];
    (it.current, it.min) = (dice.below(7) as i32, dice.below(3) as i32);
    it.readings.truncate(dice.below(8));
    if let Some(condition) = it.conditions.first_mut() {
        let statuses = [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown];
        condition.status = statuses[dice.below(3)];
    }
    it
}

/// Answers of every kind in turn, some of them not of the metric's kind.
fn probe(fixture: &Fixture, it: &Autoscaler, dice: &mut Dice) -> Probe {
    let at = now() + SignedDuration::from_secs(dice.below(600) as i64 - 60);
    let replicas = dice.below(6) as i32;
    let selector = ["app=web", "app in (web),tier", "", "app=web,", "((", "!app"][dice.below(6)].to_owned();
    let scale = Scale { spec: replicas, status: replicas, selector, writers: Vec::new(), place: None };
    let scale = if dice.below(8) == 0 { Err("gone".to_owned()) } else { Ok(scale) };
    let answers = it.metrics.iter().map(|_| answer(fixture, at, dice)).collect();
    let asks = probe::asks(&it.target, &it.metrics, fixture.cluster.renewed(&it.meta.key));
    Probe { at, generation: it.generation, asks, scale, answers }
}

fn answer(fixture: &Fixture, at: Timestamp, dice: &mut Dice) -> Answer {
    match dice.below(7) {
        0..3 => Answer::Pods((0..dice.below(4)).filter_map(|_| sample(fixture, at, dice)).collect()),
        3 => Answer::PerPod([("web-1".into(), dice.below(900_000) as i64)].into()),
        4 => Answer::Value(dice.below(900_000) as i64),
        5 => Answer::NotAgain("the server could not find the requested resource".to_owned()),
        _ => Answer::Failed("the server could not find the requested resource".to_owned()),
    }
}

fn sample(fixture: &Fixture, at: Timestamp, dice: &mut Dice) -> Option<PodSample> {
    let pod = some_pod(fixture, dice)?.meta.key.name;
    let (cpu, memory) = (Some(dice.below(500) as i64), Some((dice.below(500) as i64) << 20));
    Some(PodSample {
        pod,
        at: Second::of(at)?,
        window: 15_000,
        containers: vec![ContainerUse::new("app".into(), cpu, memory)].into(),
    })
}

fn point(dice: &mut Dice) -> Point {
    let at = now() + SignedDuration::from_secs(dice.below(900) as i64);
    let (desired, actual) = (dice.below(6) as i32, dice.below(6) as i32);
    Point { at, desired, actual, proposal: Some(desired), ratios: vec![None, Some(dice.below(300) as u16)] }
}

fn scaled_object(it: &Autoscaler, dice: &mut Dice) -> ScaledObject {
    ScaledObject {
        key: it.meta.key.clone(),
        target: (Str::clone(&it.target.kind), Str::clone(&it.target.name)),
        triggers: vec!["cron".into()],
        min: Some(0),
        max: Some(9),
        idle: None,
        paused: [None, Some(Paused::Here), Some(Paused::At(3))][dice.below(3)],
        fallback: None,
        falling_back: dice.below(2) == 0,
        ready: true,
        active: false,
    }
}

fn vertical(it: &Autoscaler, dice: &mut Dice) -> VerticalAutoscaler {
    VerticalAutoscaler {
        key: it.meta.key.clone(),
        target_kind: Str::clone(&it.target.kind),
        target_name: Str::clone(&it.target.name),
        mode: ["Off", "Recreate"][dice.below(2)].into(),
        resources: Vec::new(),
    }
}

fn budget_change(fixture: &Fixture, dice: &mut Dice) -> Change {
    let key = Key::new("shop", "random");
    let known = fixture.cluster.budgets().next().map(|it| it.meta.clone());
    let meta = known.filter(|_| dice.below(3) > 0).map(|meta| Meta { key: key.clone(), ..meta });
    let Some(meta) = meta else { return Change::Gone(Kind::PodDisruptionBudget, key) };
    Change::Upsert(Object::DisruptionBudget(Box::new(DisruptionBudget {
        meta,
        selector: Selector::parse(["app=web", "tier"][dice.below(2)]),
        min_available: Some("1".into()),
        max_unavailable: None,
        allowed: dice.below(2) as i32,
        healthy: 1,
        desired_healthy: 1,
        expected: 1,
    })))
}
