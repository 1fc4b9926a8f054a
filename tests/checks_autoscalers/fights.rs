//! Who works against an autoscaler.

use foretop::analysis::autoscaling::fights::{Fight, fights};
use foretop::model::autoscaler::{Amount, Goal};
use foretop::model::budget::DisruptionBudget;
use foretop::model::change::{Change, Object};
use foretop::model::finding::Severity;
use foretop::model::kind::Kind;
use foretop::model::meta::Meta;
use foretop::model::probe::Writer;
use foretop::model::quantity::Milli;
use foretop::model::rival::VerticalAutoscaler;
use foretop::views::{self, Opens};

use super::shop::{Shop, key, selecting, template};
use crate::fixture::{at, now};

fn rival(shop: &mut Shop, name: &str, target: &str) {
    let mut other = shop.web().clone();
    other.meta.key = key(name);
    other.target.name = target.into();
    shop.put(Object::Autoscaler(Box::new(other)));
}

#[test]
fn two_over_one_target() {
    let mut shop = Shop::well();
    rival(&mut shop, "web2", "web");
    assert_eq!(shop.codes(), ["A112"]);
    let found = shop.only("A112");
    assert!(
        found.severity == Severity::Warning && found.summary == "web2 scales the same target",
        "{found:#?}"
    );
    rival(&mut shop, "web3", "web");
    assert_eq!(shop.only("A112").summary, "web2, web3 scale the same target");
    rival(&mut shop, "web3", "elsewhere");
    let message = "pods by selector app=web are controlled by multiple HPAs: [shop/web shop/web2]";
    shop.fails("AmbiguousSelector", message);
    assert_eq!(shop.codes(), ["A112"], "the controller's word is the same finding");
    assert_eq!(shop.only("A112").severity, Severity::Critical);
    rival(&mut shop, "web2", "elsewhere");
    assert!(shop.only("A112").summary.contains(message), "its word counts as long as it stands");
}

#[test]
fn two_whose_selectors_meet_on_a_pod() {
    let mut shop = Shop::well();
    let mut other = shop.cluster.workload(Kind::Deployment, &key("web")).unwrap().clone();
    other.meta.key = key("shadow");
    other.selector = selecting("web");
    shop.put(Object::Workload(Box::new(other.clone())));
    rival(&mut shop, "shadow", "shadow");
    assert_eq!(shop.only("A112").summary, "shadow scales some of the same pods");
    other.meta.key = key("shade");
    shop.put(Object::Workload(Box::new(other.clone())));
    rival(&mut shop, "shade", "shade");
    assert_eq!(shop.only("A112").summary, "shade, shadow scale some of the same pods");
    rival(&mut shop, "shade", "elsewhere");
    other.meta.key = key("shadow");
    other.selector = selecting("shadow");
    shop.put(Object::Workload(Box::new(other.clone())));
    assert_eq!(shop.codes(), Vec::<&str>::new());
    // Selectors that could meet do not, while there is no such pod.
    other.selector.labels = vec![("tier".into(), "back".into())];
    shop.put(Object::Workload(Box::new(other)));
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

fn writer(manager: &str, subresource: &str, seconds: i64) -> Writer {
    Writer { manager: manager.into(), subresource: subresource.into(), at: Some(at(seconds)) }
}

/// The finding about a writer of the replicas; the autoscaler scaled 120 s ago.
fn written(manager: &str, subresource: &str, seconds: i64) -> Option<(Severity, String)> {
    let mut shop = Shop::well();
    shop.probed(vec![writer(manager, subresource, seconds)]);
    let found = shop.findings();
    assert!(found.iter().all(|it| it.code == "A115"), "{found:#?}");
    found.into_iter().next().map(|it| (it.severity, it.summary))
}

#[test]
fn what_reconciles_the_replicas_fights_and_what_wrote_them_once_does_not() {
    for (manager, subresource, seconds, severity) in [
        ("kube-controller-manager", "scale", 120, None),
        ("k3s", "scale", 120, None),
        // A distribution's own name: whoever wrote when the autoscaler did is the autoscaler.
        ("frobernetes", "scale", 121, None),
        ("kubectl", "scale", 10, None),
        ("foretop", "scale", 10, None),
        ("kubectl-edit", "", 10, None),
        ("argocd-controller", "", 10, Some(Severity::Warning)),
        ("kustomize-controller", "", 10, Some(Severity::Warning)),
        ("argocd-controller", "", 5000, Some(Severity::Info)),
        ("helm", "", 10, Some(Severity::Info)),
        ("kubectl-client-side-apply", "", 10, Some(Severity::Info)),
        // The creator, before the autoscaler scaled.
        ("helm", "", 5000, None),
        ("kubectl-client-side-apply", "", 5000, None),
    ] {
        let found = written(manager, subresource, seconds);
        assert_eq!(found.as_ref().map(|it| it.0), severity, "{manager} /{subresource} {seconds}: {found:?}");
        assert!(found.is_none_or(|(_, summary)| summary.contains(manager)), "{manager}");
    }
}

#[test]
fn the_creator_owns_the_replicas_until_the_autoscaler_scales() {
    let mut shop = Shop::well();
    shop.autoscaler(|it| it.last_scale = None);
    shop.probed(vec![writer("helm", "", 10)]);
    assert_eq!(shop.codes(), Vec::<&str>::new());
    shop.probed(vec![writer("argocd-controller", "", 10)]);
    let found = shop.only("A115");
    assert!(found.severity == Severity::Info && found.summary.contains("may set it back"), "{found:#?}");
}

#[test]
fn replicas_that_are_changed_from_outside_again_after_the_autoscaler_scaled() {
    let mut shop = Shop::well();
    let set = |shop: &mut Shop, to: i32, seconds: i64| {
        shop.deployment(|it| (it.desired, it.created, it.ready) = (to, to, to));
        shop.noted(seconds);
        shop.noted(seconds - 5);
    };
    shop.noted(100);
    set(&mut shop, 4, 90);
    set(&mut shop, 5, 80);
    assert_eq!(shop.codes(), Vec::<&str>::new(), "a person who looks for the right number");
    shop.scales(60, 3);
    shop.deployment(|it| (it.created, it.ready) = (3, 3));
    assert_eq!(shop.codes(), Vec::<&str>::new(), "the autoscaler had the last word");
    set(&mut shop, 4, 40);
    let found = shop.only("A115");
    assert!(found.severity == Severity::Warning && found.summary.contains("3 times"), "{found:#?}");
    assert!(found.evidence[0].contains("3 → 4"), "{found:#?}");
    // Who does it is known from elsewhere, and there is one finding.
    shop.probed(vec![writer("argocd-controller", "", 10)]);
    assert_eq!(shop.only("A115").evidence.len(), 2);
}

fn vertical(mode: &str, resources: &[&str]) -> Change {
    Change::Verticals(vec![VerticalAutoscaler {
        key: key("web-vpa"),
        target_kind: "Deployment".into(),
        target_name: "web".into(),
        mode: mode.into(),
        resources: resources.iter().map(|it| (*it).into()).collect(),
    }])
}

#[test]
fn a_vertical_autoscaler_on_the_same_resource() {
    let mut shop = Shop::well();
    for (mode, resources, fights) in [
        ("Auto", &[][..], true),
        ("", &["cpu"], true),
        ("Recreate", &["cpu", "memory"], true),
        ("Off", &["cpu"], false),
        ("Auto", &["memory"], false),
    ] {
        shop.apply(vertical(mode, resources));
        assert_eq!(shop.codes().contains(&"A116"), fights, "{mode} {resources:?}");
    }
    shop.apply(vertical("Auto", &[]));
    assert_eq!(shop.only("A116").severity, Severity::Warning);
    let amount = Amount { milli: Milli::parse("1").unwrap(), text: "1".into() };
    shop.autoscaler(|it| it.metrics[0].goal = Goal::AverageValue(amount));
    assert_eq!(shop.only("A116").severity, Severity::Info, "an absolute target is not shifted");
}

/// A budget over the pods of `app=NAME` that allows so many disruptions.
fn budget(app: &str, allowed: i32) -> Object {
    let meta = Shop::well().web().meta.clone();
    Object::DisruptionBudget(Box::new(DisruptionBudget {
        meta: Meta { key: key("pdb"), ..meta },
        selector: Some(selecting(app)),
        min_available: Some("2".into()),
        max_unavailable: None,
        allowed,
        healthy: 2,
        desired_healthy: 2,
        expected: 2,
    }))
}

#[test]
fn a_budget_that_allows_nothing_is_told_and_is_no_finding() {
    let mut shop = Shop::well();
    for (app, allowed, told) in [("web", 0, true), ("web", 1, false), ("other", 0, false)] {
        shop.put(budget(app, allowed));
        let fights = fights(&shop.cluster, shop.web(), now());
        let says = |it: &Fight| it.told().contains("PodDisruptionBudget pdb lets no pod be evicted now");
        assert_eq!(fights.iter().any(says), told, "{app} {allowed}");
        assert_eq!(shop.codes(), Vec::<&str>::new(), "scaling asks no budget");
    }
}

#[test]
fn the_detail_names_owner_writers_and_fights() {
    let mut shop = Shop::well();
    shop.put(budget("web", 0));
    shop.probed(vec![writer("kube-controller-manager", "scale", 120), writer("argocd-controller", "", 10)]);
    let sections = match views::autoscalers::VIEW.opens {
        Opens::Detail(describe) => describe(&shop.cluster, &key("web"), now()),
        Opens::Rows(..) => Vec::new(),
    };
    let section = sections.iter().find(|it| it.title.starts_with("Owner")).unwrap();
    let text: Vec<String> = section.lines.iter().map(|it| format!("{}: {}", it.label, it.value)).collect();
    let text = text.join("\n");
    for words in [
        "owned by kube-controller-manager by /scale, 2m ago; argocd-controller, 10s ago",
        "argocd-controller writes spec.replicas of its target too",
        "lets no pod be evicted now (2 healthy, 2 required)",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn absurd_input_is_no_panic() {
    let mut shop = Shop::well();
    shop.autoscaler(|it| {
        (it.min, it.max, it.current, it.desired) = (i32::MIN, i32::MAX, i32::MIN, i32::MAX);
        it.last_scale = Some(jiff::Timestamp::MIN);
    });
    shop.deployment(|it| (it.desired, it.created, it.ready) = (i32::MAX, i32::MIN, i32::MIN));
    shop.pod("web-0", |it| it.template = template("web", &[("", Some(i64::MAX)), ("app", Some(i64::MIN))]));
    assert!(!shop.findings().is_empty());
}
