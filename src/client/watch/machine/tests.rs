use super::*;

const NONE: Duration = Duration::ZERO;

fn live() -> Machine {
    let mut machine = Machine::new(false);
    machine.hear(Happened::Synced { at: "7".into() }, 0.0);
    machine
}

fn passing() -> Happened {
    Happened::Failed(Trouble::Passing { why: "connection refused".into(), wait: None })
}

fn ended(heard: bool, seconds: f64) -> Happened {
    Happened::Ended { heard, lasted: Duration::from_secs_f64(seconds) }
}

fn watch(from: &str) -> Next {
    Next::Watch { from: from.to_owned() }
}

#[test]
fn begins_with_a_list_of_the_kind_that_the_server_does() {
    assert_eq!(Machine::new(true).next(), Next::StreamList);
    assert_eq!(Machine::new(false).next(), Next::List);
}

#[test]
fn watches_from_where_the_list_ended() {
    assert_eq!(live().next(), watch("7"));
}

#[test]
fn resumes_from_the_last_event_without_a_list_and_without_a_pause() {
    let mut machine = live();
    machine.hear(Happened::Heard { at: Some("9".into()) }, 0.0);
    assert_eq!(machine.hear(ended(true, 300.0), 0.0), Plan::at_once());
    assert_eq!(machine.next(), watch("9"));
}

#[test]
fn events_without_a_version_do_not_lose_the_position() {
    let mut machine = live();
    machine.hear(Happened::Heard { at: Some(String::new()) }, 0.0);
    machine.hear(Happened::Heard { at: None }, 0.0);
    assert_eq!(machine.next(), watch("7"));
}

#[test]
fn a_quiet_watch_is_resumed_at_once() {
    assert_eq!(live().hear(ended(false, 300.0), 0.0), Plan::at_once());
}

#[test]
fn a_watch_that_is_closed_at_once_does_not_spin() {
    let mut machine = live();
    let delays: Vec<f64> =
        (0..3).map(|_| machine.hear(ended(false, 0.01), 0.0).delay.as_secs_f64()).collect();
    assert_eq!(delays, [0.8, 1.6, 3.2]);
    assert_eq!(machine.next(), watch("7"), "nothing says that the position is bad");
    assert_eq!(machine.hear(ended(true, 0.01), 0.0), Plan { delay: FIRST, standing: Standing::Same });
}

#[test]
fn failures_back_off_and_keep_the_position() {
    let mut machine = live();
    let plan = machine.hear(passing(), 0.0);
    assert_eq!(plan, Plan::after(FIRST, "connection refused".into()));
    assert_eq!(machine.hear(passing(), 0.0).delay, FIRST * 2);
    assert_eq!(machine.next(), watch("7"));
}

#[test]
fn an_event_resets_the_backoff_and_so_does_a_list() {
    for well in [Happened::Heard { at: None }, Happened::Page, Happened::Synced { at: "8".into() }] {
        let mut machine = live();
        for _ in 0..5 {
            machine.hear(passing(), 0.0);
        }
        machine.hear(well, 0.0);
        assert_eq!(machine.hear(passing(), 0.0).delay, FIRST);
    }
}

#[test]
fn retry_after_is_honoured_and_never_shortens() {
    let busy = |seconds| {
        Happened::Failed(Trouble::Passing { why: "busy".into(), wait: Some(Duration::from_secs(seconds)) })
    };
    assert_eq!(live().hear(busy(7), 0.0).delay, Duration::from_secs(7));
    assert_eq!(live().hear(busy(0), 0.0).delay, FIRST);
}

#[test]
fn expiry_lists_again_at_once_but_not_in_a_loop() {
    let mut machine = live();
    assert_eq!(machine.hear(Happened::Failed(Trouble::Expired), 0.0), Plan::at_once());
    assert_eq!(machine.next(), Next::List);
    machine.hear(Happened::Synced { at: "8".into() }, 0.0);
    let again = machine.hear(Happened::Failed(Trouble::Expired), 0.0);
    assert_eq!(again.delay, FIRST, "a list alone does not show that the watch can keep up");
    machine.hear(Happened::Heard { at: Some("9".into()) }, 0.0);
    assert_eq!(machine.hear(Happened::Failed(Trouble::Expired), 0.0).delay, NONE);
}

#[test]
fn a_server_that_is_behind_may_catch_up_before_it_is_listed() {
    let mut machine = live();
    let behind = || Happened::Failed(Trouble::Behind { why: "too new".into() });
    let asked: Vec<(Duration, Next)> =
        (0..3).map(|_| (machine.hear(behind(), 0.0).delay, machine.next())).collect();
    assert_eq!(asked, [(FIRST, watch("7")), (FIRST, watch("7")), (FIRST, Next::List)]);
}

#[test]
fn a_version_that_means_nothing_to_the_server_is_listed_after_a_pause() {
    let mut machine = live();
    let plan = machine.hear(Happened::Failed(Trouble::Unknown { why: "what?".into() }), 0.0);
    assert_eq!((plan.delay, machine.next()), (FIRST, Next::List));
}

#[test]
fn a_server_that_came_back_is_asked_as_if_nothing_had_failed() {
    let mut machine = live();
    for _ in 0..9 {
        machine.hear(passing(), 0.0);
    }
    machine.hear(Happened::Returned { streaming: false }, 0.0);
    assert_eq!((machine.hear(passing(), 0.0).delay, machine.next()), (FIRST, watch("7")));
}

#[test]
fn a_server_that_comes_back_again_and_again_is_not_listed_each_time_without_a_pause() {
    let mut machine = live();
    let delays: Vec<Duration> = (0..9)
        .map(|_| {
            machine.hear(Happened::Returned { streaming: false }, 0.0);
            machine.hear(Happened::Failed(Trouble::Expired), 0.0).delay
        })
        .collect();
    assert_eq!((delays[0], &delays[1..]), (NONE, &[FIRST; 8][..]), "nor after an ever longer one");
}

#[test]
fn a_watch_that_is_open_is_no_reason_to_forget_that_it_fails() {
    let mut machine = live();
    let delays: Vec<f64> = (0..3)
        .map(|_| {
            machine.hear(Happened::Opened, 0.0);
            machine.hear(passing(), 0.0).delay.as_secs_f64()
        })
        .collect();
    assert_eq!(delays, [0.8, 1.6, 3.2]);
}

#[test]
fn a_server_that_was_away_at_first_may_do_streaming_lists_after_all() {
    let mut machine = Machine::new(false);
    machine.hear(passing(), 0.0);
    machine.hear(Happened::Returned { streaming: true }, 0.0);
    assert_eq!(machine.next(), Next::StreamList);
    machine.hear(Happened::Failed(Trouble::NoStreaming), 0.0);
    machine.hear(Happened::Returned { streaming: true }, 0.0);
    assert_eq!(machine.next(), Next::List, "it has been tried in vain");
}

#[test]
fn a_doubted_connection_goes_on_at_once_from_where_it_was() {
    let mut machine = live();
    let plan = machine.hear(Happened::Doubted, 0.0);
    assert!(plan.delay.is_zero() && matches!(plan.standing, Standing::Stale { .. }), "{plan:?}");
    assert_eq!(machine.next(), watch("7"));
}

#[test]
fn what_was_granted_once_is_asked_for_soon_and_then_slowly() {
    let mut machine = live();
    machine.hear(Happened::Opened, 0.0);
    let refused = || Happened::Failed(Trouble::Forbidden);
    let delays: Vec<Duration> = (0..4).map(|_| machine.hear(refused(), 0.0).delay).collect();
    assert_eq!(delays, [FIRST, FIRST * 2, FIRST * 4, SLOW]);
}

#[test]
fn falls_back_to_pages_at_once_and_for_good() {
    let mut machine = Machine::new(true);
    assert_eq!(machine.hear(Happened::Failed(Trouble::NoStreaming), 0.0), Plan::at_once());
    machine.hear(Happened::Synced { at: "7".into() }, 0.0);
    machine.hear(Happened::Failed(Trouble::Expired), 0.0);
    assert_eq!(machine.next(), Next::List);
}

#[test]
fn falls_back_to_json_once() {
    let mut machine = Machine::new(false);
    assert_eq!(machine.hear(Happened::Failed(Trouble::NoProtobuf), 0.0), Plan::at_once());
    assert!(!machine.protobuf());
    assert_eq!(machine.hear(Happened::Failed(Trouble::NoProtobuf), 0.0).delay, SLOW);
}

#[test]
fn what_is_not_allowed_or_not_there_is_asked_for_slowly() {
    for (trouble, standing) in
        [(Trouble::Forbidden, Standing::Forbidden), (Trouble::Absent, Standing::Absent)]
    {
        let mut machine = live();
        assert_eq!(machine.hear(Happened::Failed(trouble), 0.0), Plan { delay: SLOW, standing });
        assert_eq!(machine.next(), Next::List);
    }
}

#[test]
fn a_list_without_a_version_is_listed_again_but_not_in_a_loop() {
    let mut machine = Machine::new(false);
    let delays: Vec<Duration> =
        (0..2).map(|_| machine.hear(Happened::Synced { at: String::new() }, 0.0).delay).collect();
    assert_eq!((delays, machine.next()), (vec![FIRST, FIRST * 2], Next::List));
}

#[test]
fn a_streaming_list_that_keeps_breaking_is_given_up() {
    let mut machine = Machine::new(true);
    let asked: Vec<Next> = (0..3)
        .map(|_| {
            machine.hear(passing(), 0.0);
            machine.next()
        })
        .collect();
    assert_eq!(asked, [Next::StreamList, Next::StreamList, Next::List]);
}

#[test]
fn a_streaming_list_that_broke_while_the_server_went_away_is_tried_again() {
    let mut machine = Machine::new(true);
    for _ in 0..9 {
        machine.hear(passing(), 0.0);
    }
    assert_eq!(machine.next(), Next::List);
    machine.hear(Happened::Returned { streaming: true }, 0.0);
    assert_eq!(machine.next(), Next::StreamList);
}
