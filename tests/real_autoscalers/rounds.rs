//! Forecasts of random autoscalers against what the real controller writes at its next pass.
use std::collections::BTreeMap;

use foretop::analysis::autoscaling::{Forecast, forecast, sentence};
use serde_json::Value;

use crate::agreement::{Agreement, Deed};
use crate::random::{Case, Target};
use crate::stage::Stage;
use crate::support::dice::Dice;
use crate::support::fixtures::{self, SOON};
use crate::world::{World, world};

const AUTOSCALERS: usize = 48;
/// Every other pass comes upon a changed world; the one after it upon what the first has made of it.
const PASSES: usize = 14;
const AUTOSCALER_LIST: &str = "/apis/autoscaling/v2/horizontalpodautoscalers";

/// `FORETOP_SEED` chooses another world.
fn seed() -> u64 {
    std::env::var("FORETOP_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

#[test]
fn the_next_pass_of_random_autoscalers_writes_what_was_forecast() {
    let Some(world) = world() else { return };
    let seed = seed();
    println!("seed {seed}: {AUTOSCALERS} autoscalers, {PASSES} passes each");
    let mut dice = Dice::new(seed);
    let roll = |number| {
        let (target, team) = match number {
            0 => (Target::Missing, 0),
            1 => (Target::Wide, 1),
            2 => (Target::Narrow, 1),
            3..=6 => (Target::Custom, 3),
            _ => (Target::Own, number % 4),
        };
        Case::roll(&mut dice, &format!("team-{team}"), number, target)
    };
    let cases: Vec<Case> = (0..AUTOSCALERS).map(roll).collect();
    let mut stage = Stage::set(world, cases, &mut dice);
    let mut agreement = Agreement::default();
    let mut told = Vec::new();
    for number in 0..PASSES {
        stage.next(&mut dice, number % 2 == 0);
        told.extend(pass(world, &mut stage, &mut dice, number, &mut agreement));
    }
    println!("{agreement}");
    assert!(told.is_empty(), "seed {seed}: {} forecasts were wrong:\n{}", told.len(), told.join("\n\n"));
    let all = agreement.count(|_, _| true);
    assert!(agreement.lost * 3 < all, "{} passes cannot be compared, {all} can", agreement.lost);
    let certain = agreement.count(|_, verdict| verdict == crate::agreement::Verdict::Right);
    assert!(certain * 2 >= all, "only {certain} of {all} forecasts were certain");
    for (deed, least) in [(Deed::Up, 10), (Deed::Down, 10), (Deed::Kept, 40), (Deed::Failed, 10)] {
        let found = agreement.count(|it, _| it == deed);
        assert!(found >= least, "{deed:?} was seen only {found} times");
    }
}

/// One pass of each: forecasts first, then the controller. Returns what was forecast wrongly. Some autoscalers are edited
/// in between; of those the pass after this one shows what it comes to.
fn pass(
    world: &World,
    stage: &mut Stage,
    dice: &mut Dice,
    number: usize,
    agreement: &mut Agreement,
) -> Vec<String> {
    let beat = world.gate.beats();
    let (before, forecasts) = (statuses(world), forecasts(world, stage));
    let idle = |(forecast, _): &(Forecast, String)| {
        // What it asks for is what there is: a status that is not taken would not have said anything new.
        let stays = forecast.is_certain()
            && forecast.next.holds(forecast.current)
            && forecast.raw == Some(forecast.current);
        (stays && number.is_multiple_of(2)).then_some(forecast.current)
    };
    let edited = stage.edit_some(dice, &forecasts.iter().map(idle).collect::<Vec<_>>());
    if world.gate.beats() > beat {
        // The machine is too busy: the pass was faster than the forecasts.
        agreement.lost += stage.cases.len();
        return Vec::new();
    }
    world.gate.wait_for_beat(beat + 1, SOON);
    world.gate.wait_until_held(&stage.scales(), SOON);
    let (after, lost) = (statuses(world), world.gate.take_lost());
    let mut wrong = Vec::new();
    for ((case, edited), (forecast, told)) in stage.cases.iter().zip(edited).zip(&forecasts) {
        if edited {
            agreement.edited += 1;
            continue;
        }
        let key = (case.namespace.clone(), case.name.clone());
        if lost.iter().any(|path| path.ends_with(&format!("/{}/status", case.name))) {
            agreement.lost += 1;
            continue;
        }
        let written = after[&key]["desiredReplicas"].as_i64().unwrap_or_default() as i32;
        let verdict = agreement.note(forecast, deed(forecast, &after[&key], written), written);
        if !verdict.is_fine() {
            wrong.push(format!(
                "pass {number}: {verdict:?}, {written} was written\n{told}\n{forecast:#?}\n{case:#?}\nbefore {:#}\nafter {:#}",
                before[&key], after[&key]
            ));
        }
    }
    wrong
}

/// What is forecast for each case now, with its sentence.
fn forecasts(world: &World, stage: &Stage) -> Vec<(Forecast, String)> {
    let cluster = world.engine.cluster();
    let now = fixtures::clock() + cluster.server.skew;
    let tell = |case: &Case| {
        let autoscaler = cluster.autoscaler(&case.key()).expect("the autoscaler");
        let forecast = forecast(&cluster, autoscaler, now);
        let told = sentence(&forecast, autoscaler);
        (forecast, told)
    };
    stage.cases.iter().map(tell).collect()
}

fn deed(forecast: &Forecast, status: &Value, written: i32) -> Deed {
    let failing = |it: &Value| {
        let failed = it["type"] == "ScalingActive" || it["type"] == "AbleToScale";
        failed && it["status"] == "False"
    };
    if status["conditions"].as_array().into_iter().flatten().any(failing) {
        Deed::Failed
    } else {
        match written.cmp(&forecast.current) {
            std::cmp::Ordering::Greater => Deed::Up,
            std::cmp::Ordering::Less => Deed::Down,
            std::cmp::Ordering::Equal => Deed::Kept,
        }
    }
}

/// The statuses of all autoscalers by namespace and name.
fn statuses(world: &World) -> BTreeMap<(String, String), Value> {
    let list = world.admin.get(AUTOSCALER_LIST);
    let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
    let one = |it: &Value| {
        ((text(&it["metadata"]["namespace"]), text(&it["metadata"]["name"])), it["status"].clone())
    };
    list["items"].as_array().into_iter().flatten().map(one).collect()
}
