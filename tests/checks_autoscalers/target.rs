//! A target that cannot be scaled, by cause, and one at 0.

use std::sync::Arc;

use foretop::model::change::Change;
use foretop::model::finding::Severity;
use foretop::model::meta::{ConditionStatus, Owner};

use super::owner::object;
use super::shop::{Shop, condition};

#[test]
fn a_scale_that_cannot_be_read_or_written_is_told_with_what_mends_the_cause() {
    let unable = "the HPA controller was unable to get the target's current scale: ";
    for (reason, words, remedy) in [
        ("FailedGetScale", "deployments/scale.apps \"web\" not found", "Create the target"),
        (
            "FailedGetScale",
            "no matches for kind \"Fleet\" in group \"games.example.org\"",
            "apiVersion and kind",
        ),
        ("FailedGetScale", "the server could not find the requested resource", "subresources.scale"),
        ("FailedGetScale", "fleets.games.example.org \"web\" is forbidden: User \"x\" cannot get", "account"),
        ("FailedUpdateScale", "admission webhook \"no\" denied the request", "admission"),
    ] {
        let mut shop = Shop::well();
        shop.says(condition("AbleToScale", ConditionStatus::False, reason, &format!("{unable}{words}")));
        let found = shop.only("A103");
        assert_eq!(found.summary, format!("cannot scale its target: {words}"));
        assert!(found.severity == Severity::Critical && found.remedy.contains(remedy), "{found:#?}");
    }
}

#[test]
fn what_keda_has_put_to_0_keda_wakes() {
    let mut shop = Shop::well();
    shop.deployment(|it| (it.desired, it.created, it.ready) = (0, 0, 0));
    shop.fails("ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
    shop.autoscaler(|it| it.current = 0);
    assert!(shop.only("A105").forecast.unwrap().contains("until somebody sets"));
    shop.autoscaler(|it| {
        it.meta.controller = Some(Arc::new(Owner { kind: "ScaledObject".into(), name: "web-so".into() }));
    });
    shop.apply(Change::ScaledObjects(vec![object()]));
    let found = shop.only("A105");
    assert!(found.forecast.unwrap().contains("until a trigger of ScaledObject shop/web-so is active"));
    assert!(found.remedy.contains("Nothing, if there is no work"));
}
