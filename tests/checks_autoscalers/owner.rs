//! Autoscalers that KEDA owns.

use std::sync::Arc;

use foretop::analysis::autoscaling::owner::keda;
use foretop::model::autoscaler::MetricSource;
use foretop::model::change::Change;
use foretop::model::finding::Severity;
use foretop::model::meta::Owner;
use foretop::model::rival::{Paused, ScaledObject};

use super::shop::{Shop, key, utilization};

pub(crate) fn object() -> ScaledObject {
    ScaledObject {
        key: key("web-so"),
        target: ("Deployment".into(), "web".into()),
        triggers: vec!["kafka".into()],
        min: Some(1),
        max: Some(4),
        idle: None,
        paused: None,
        fallback: None,
        falling_back: false,
        ready: true,
        active: true,
    }
}

/// KEDA owns the autoscaler by an object of this kind.
fn owned(object: ScaledObject) -> Shop {
    let mut shop = Shop::well();
    shop.autoscaler(|it| {
        it.meta.controller = Some(Arc::new(Owner { kind: "ScaledObject".into(), name: "web-so".into() }));
    });
    shop.apply(Change::ScaledObjects(vec![object]));
    shop
}

#[test]
fn an_owner_a_metrics_label_and_a_name_tell_whose_it_is() {
    let shop = owned(object());
    assert_eq!(keda(&shop.cluster, shop.web()).unwrap().to_string(), "ScaledObject shop/web-so");
    assert_eq!(shop.codes(), Vec::<&str>::new());
    let mut shop = Shop::well();
    assert_eq!(keda(&shop.cluster, shop.web()), None);
    // An object for the same target did not make an autoscaler that says nothing of it.
    shop.apply(Change::ScaledObjects(vec![object()]));
    assert_eq!(keda(&shop.cluster, shop.web()), None);
    let selector = "a=b,scaledobject.keda.sh/name=web-so".into();
    let source = MetricSource::External { name: "s0-kafka".into(), selector };
    shop.autoscaler(|it| it.metrics = vec![utilization(source, 1)]);
    assert_eq!(&*keda(&shop.cluster, shop.web()).unwrap().key.name, "web-so");
    let mut named = shop.web().clone();
    named.metrics.clear();
    named.meta.key = key("keda-hpa-other");
    named.target.name = "other".into();
    assert_eq!(&*keda(&shop.cluster, &named).unwrap().key.name, "other");
}

#[test]
fn paused() {
    let shop = owned(ScaledObject { paused: Some(Paused::At(3)), ..object() });
    assert_eq!(shop.codes(), ["A117"]);
    let found = shop.only("A117");
    assert!(found.summary.contains("paused at 3") && found.remedy.contains("paused-replicas"), "{found:#?}");
    assert_eq!(found.severity, Severity::Info);
    let shop = owned(ScaledObject { paused: Some(Paused::Here), ..object() });
    assert!(shop.only("A117").remedy.contains("autoscaling.keda.sh/paused away"));
}

#[test]
fn fallen_back_and_not_ready() {
    let shop = owned(ScaledObject { falling_back: true, fallback: Some(6), ..object() });
    assert_eq!(shop.codes(), ["A118"]);
    assert!(shop.only("A118").summary.contains("falls back to 6 replicas"));
    let shop = owned(ScaledObject { ready: false, ..object() });
    assert_eq!(shop.only("A118").severity, Severity::Warning);
    // A fallback that is only prepared is none.
    assert_eq!(owned(ScaledObject { fallback: Some(6), ..object() }).codes(), Vec::<&str>::new());
}
