//! Tables H and J: which taints a toleration answers, and which tolerations admission adds.

use foretop::analysis::tolerations::{
    Comparisons, NOT_READY, UNREACHABLE, Writer, defaults_added, shortest, tolerates,
};

use super::support::{pod, taint, tolerating, toleration};

/// With the operators `Gt` and `Lt` at work.
fn answers(it: &str, borne: &str) -> bool {
    tolerates(&toleration(it), &taint(borne), Comparisons::On)
}

#[test]
fn h1_exists_answers_a_taint_without_a_value() {
    assert!(answers("foo Exists _ NoSchedule", "foo:NoSchedule"));
}

#[test]
fn h2_exists_answers_a_taint_with_a_value() {
    assert!(answers("foo Exists _ NoSchedule", "foo=bar:NoSchedule"));
}

#[test]
fn h3_an_empty_key_with_exists_answers_every_key() {
    assert!(answers("_ Exists _ NoSchedule", "foo=bar:NoSchedule"));
}

#[test]
fn h4_equal_answers_the_same_value() {
    assert!(answers("foo Equal bar NoSchedule", "foo=bar:NoSchedule"));
}

#[test]
fn h5_equal_does_not_answer_another_value() {
    assert!(!answers("foo Equal value1 _", "foo=value2:NoSchedule"));
}

#[test]
fn h6_another_effect_is_not_answered() {
    assert!(!answers("foo Equal bar NoSchedule", "foo=bar:NoExecute"));
}

#[test]
fn h7_gt_does_not_answer_a_smaller_number() {
    assert!(!answers("sla Gt 950 _", "sla=800:NoSchedule"));
}

#[test]
fn h8_gt_answers_a_larger_number() {
    assert!(answers("sla Gt 750 _", "sla=950:NoSchedule"));
}

#[test]
fn h9_lt_does_not_answer_a_larger_number() {
    assert!(!answers("sla Lt 800 _", "sla=950:NoSchedule"));
}

#[test]
fn h10_lt_answers_a_smaller_number() {
    assert!(answers("sla Lt 950 _", "sla=800:NoSchedule"));
}

#[test]
fn h11_gt_does_not_answer_an_equal_number() {
    assert!(!answers("sla Gt 950 _", "sla=950:NoSchedule"));
    assert!(!answers("sla Lt 950 _", "sla=950:NoSchedule"));
}

#[test]
fn h13_negative_numbers_are_compared_as_numbers() {
    assert!(!answers("k Gt -100 _", "k=-200:NoSchedule"));
    assert!(answers("k Lt -100 _", "k=-200:NoSchedule"));
}

#[test]
fn numbers_in_another_form_than_the_apis_are_none() {
    for text in ["+950", "0950", "950.0", "9e2", "", "-0", "many", "9223372036854775808"] {
        assert!(!answers("sla Gt 1 _", &format!("sla={text}:NoSchedule")), "{text:?} as a taint's value");
        let it = format!("sla Lt {} _", if text.is_empty() { "_" } else { text });
        assert!(!answers(&it, "sla=-5:NoSchedule"), "{text:?} as a toleration's value");
    }
    assert!(answers("sla Gt 0 _", "sla=9223372036854775807:NoSchedule"));
}

#[test]
fn h15_gt_answers_nothing_while_its_gate_is_off() {
    assert!(!tolerates(&toleration("sla Gt 750 _"), &taint("sla=950:NoSchedule"), Comparisons::Off));
}

#[test]
fn h16_no_operator_is_equal() {
    assert!(answers("foo _ bar _", "foo=bar:NoSchedule"));
    assert!(!answers("foo _ bar _", "foo=baz:NoSchedule"));
}

#[test]
fn h17_an_empty_key_and_effect_with_exists_answer_anything() {
    for borne in ["foo:NoSchedule", "foo=bar:NoExecute", "x/y=z:PreferNoSchedule"] {
        assert!(answers("_ Exists _ _", borne), "{borne}");
    }
    assert!(!answers("_ Exits _ _", "foo:NoSchedule"), "an operator that is none answers nothing");
}

#[test]
fn i11_the_shortest_of_some_times() {
    assert_eq!(shortest(&[]), Some(0));
    assert_eq!(shortest(&[None]), None);
    assert_eq!(shortest(&[Some(1), Some(2)]), Some(1));
    assert_eq!(shortest(&[Some(1), None]), Some(1));
    assert_eq!(shortest(&[Some(-5), Some(7)]), Some(0));
}

#[test]
fn j1_a_pod_without_tolerations_gets_both() {
    assert_eq!(defaults_added(&[]), [NOT_READY, UNREACHABLE]);
}

#[test]
fn j2_a_toleration_of_something_else_changes_nothing() {
    assert_eq!(defaults_added(&[toleration("foo Exists _ NoSchedule")]), [NOT_READY, UNREACHABLE]);
}

#[test]
fn j3_a_toleration_of_not_ready_leaves_unreachable() {
    let own = toleration(&format!("{NOT_READY} Exists _ NoExecute 600"));
    assert_eq!(defaults_added(&[own]), [UNREACHABLE]);
}

#[test]
fn j5_a_toleration_of_everything_leaves_nothing_to_add() {
    assert!(defaults_added(&[toleration("_ Exists _ _")]).is_empty());
}

#[test]
fn the_writer_of_a_toleration_is_told_by_its_form() {
    let mut daemon = pod(Vec::new());
    daemon.meta.controller = Some(std::sync::Arc::new(foretop::model::meta::Owner {
        kind: "DaemonSet".into(),
        name: "agent".into(),
    }));
    let of = |pod, text: &str| Writer::of(pod, &tolerating(&[text])[0]);
    let plain = pod(Vec::new());
    assert_eq!(of(&plain, &format!("{NOT_READY} 300")), Writer::Admission);
    assert_eq!(of(&plain, &format!("{NOT_READY} 60")), Writer::Author);
    assert_eq!(of(&daemon, UNREACHABLE), Writer::DaemonSet);
    assert_eq!(of(&plain, UNREACHABLE), Writer::Author);
}
