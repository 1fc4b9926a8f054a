//! Table C: which pods count, with the periods of Kubernetes' own tests: 2 minutes and 10 seconds.

use foretop::analysis::autoscaling::groups::{Group, Readiness, Subject, Taken};
use foretop::model::pod::Phase;
use jiff::{SignedDuration, Timestamp};

use crate::support::{at, short};

fn ago(seconds: i64) -> Timestamp {
    at("12:00:00") - SignedDuration::from_secs(seconds)
}

/// A running pod: started and Ready or not since so many seconds.
fn running(started: i64, ready: bool, since: i64) -> Subject {
    Subject {
        deleted: false,
        phase: Phase::Running,
        started: Some(ago(started)),
        ready: Some(Readiness { ready, denied: !ready, since: ago(since) }),
    }
}

fn taken(seconds: i64, window: i64) -> Taken {
    Taken { at: ago(seconds), window: SignedDuration::from_secs(window) }
}

fn cpu(subject: &Subject, taken: Taken) -> Group {
    subject.group(Some(&taken), true, &short(), ago(0))
}

#[test]
fn c1_fresh_samples_count_during_initialization() {
    assert_eq!(cpu(&running(60, true, 30), taken(0, 30)), Group::Counted);
}

#[test]
fn c2_a_window_that_began_before_readiness_does_not() {
    assert_eq!(cpu(&running(60, true, 30), taken(0, 60)), Group::Unready);
}

#[test]
fn c3_after_initialization_freshness_is_not_asked_for() {
    assert_eq!(cpu(&running(180, true, 180), taken(120, 60)), Group::Counted);
}

#[test]
fn c4_an_unready_pod_that_was_ready_once_counts() {
    assert_eq!(cpu(&running(600, false, 540), taken(0, 60)), Group::Counted);
}

#[test]
fn c5_an_unready_pod_that_was_never_ready_does_not() {
    assert_eq!(cpu(&running(600, false, 594), taken(0, 60)), Group::Unready);
    assert_eq!(cpu(&running(600, false, 590), taken(0, 60)), Group::Counted, "just after the delay");
    assert_eq!(cpu(&running(600, false, 591), taken(0, 60)), Group::Unready, "just within it");
}

#[test]
fn c6_without_a_ready_condition_or_a_start_it_does_not_count_for_cpu() {
    let bare = Subject { ready: None, ..running(600, true, 600) };
    assert_eq!(cpu(&bare, taken(0, 60)), Group::Unready);
    let unstarted = Subject { started: None, ..running(600, true, 600) };
    assert_eq!(cpu(&unstarted, taken(0, 60)), Group::Unready);
}

#[test]
fn a_pod_whose_readiness_is_unknown_is_not_taken_for_unready() {
    let unknown = |started, since| {
        let ready = Some(Readiness { ready: false, denied: false, since: ago(since) });
        Subject { ready, ..running(started, false, since) }
    };
    assert_eq!(cpu(&unknown(60, 30), taken(0, 30)), Group::Counted, "during initialization");
    assert_eq!(cpu(&unknown(60, 30), taken(1, 30)), Group::Unready, "which asks for a fresh sample");
    assert_eq!(cpu(&unknown(600, 594), taken(0, 60)), Group::Counted, "after it");
    assert!(!unknown(600, 594).serves(), "but it does not serve");
}

#[test]
fn an_unready_pod_does_not_count_during_initialization() {
    assert_eq!(cpu(&running(60, false, 30), taken(0, 10)), Group::Unready);
}

#[test]
fn c7_a_pending_pod_is_unready_with_or_without_a_sample() {
    let pending = Subject { phase: Phase::Pending, ..running(60, true, 60) };
    assert_eq!(cpu(&pending, taken(0, 10)), Group::Unready);
    assert_eq!(pending.group(None, false, &short(), ago(0)), Group::Unready);
}

#[test]
fn c8_a_pod_that_is_being_deleted_is_ignored_even_while_pending() {
    let deleted = Subject { deleted: true, phase: Phase::Pending, ..running(60, true, 60) };
    assert_eq!(cpu(&deleted, taken(0, 10)), Group::Ignored);
}

#[test]
fn c9_a_failed_pod_is_ignored() {
    let failed = Subject { phase: Phase::Failed, ..running(60, true, 60) };
    assert_eq!(cpu(&failed, taken(0, 10)), Group::Ignored);
}

#[test]
fn c10_without_a_sample_it_is_missing() {
    for subject in [running(60, true, 30), running(600, false, 599)] {
        assert_eq!(subject.group(None, true, &short(), ago(0)), Group::Missing);
    }
}

#[test]
fn c11_readiness_does_not_matter_for_memory() {
    let bare = Subject { ready: None, phase: Phase::Succeeded, ..running(600, true, 600) };
    assert_eq!(bare.group(Some(&taken(0, 60)), false, &short(), ago(0)), Group::Counted);
}

#[test]
fn initialization_ends_exactly_when_its_period_is_over() {
    assert_eq!(cpu(&running(119, true, 30), taken(0, 60)), Group::Unready);
    assert_eq!(cpu(&running(120, true, 30), taken(0, 60)), Group::Counted);
}

#[test]
fn a_sample_counts_that_began_in_the_instant_of_readiness() {
    assert_eq!(cpu(&running(60, true, 30), taken(0, 30)), Group::Counted);
    assert_eq!(cpu(&running(60, true, 30), taken(1, 30)), Group::Unready);
}

#[test]
fn time_alone_may_turn_a_pod() {
    let later = ago(-17);
    let turns = |subject: &Subject, taken: &Taken| subject.turns(Some(taken), true, &short(), ago(0), later);
    assert_eq!(
        turns(&running(110, true, 30), &taken(5, 60)),
        (Group::Unready, true),
        "its initialization ends"
    );
    assert_eq!(turns(&running(60, true, 30), &taken(5, 30)), (Group::Unready, true), "a newer sample counts");
    assert_eq!(turns(&running(60, true, 5), &taken(5, 60)), (Group::Unready, false));
    assert_eq!(turns(&running(600, true, 500), &taken(5, 60)), (Group::Counted, false));
}
