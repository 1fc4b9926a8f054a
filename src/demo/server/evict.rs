//! The eviction endpoint: a deletion that asks the disruption budgets first.
//!
//! Source: `pkg/registry/core/pod/storage/eviction.go`.

use http::Response;
use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::Place;
use super::write::DeleteOptions;
use super::{Body, Server};
use crate::demo::controllers::budgets;
use crate::demo::json::{at, has, number, text};
use crate::demo::resources::Key;
use crate::demo::time::stamp;
use crate::demo::world::World;
use crate::demo::world::writes::{condition, is_ready, set_condition};

/// More noted evictions than this, and the budget's controller is not keeping up.
const MOST_DISRUPTED: usize = 2000;

/// Evicts a pod, or says which budget is against it.
pub(super) fn evict(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let body = request.object()?;
    if text(&body, "/kind") != "Eviction" {
        return Err(Refusal::bad_request(format!("not a Eviction object: {}", text(&body, "/kind"))));
    }
    let named = text(&body, "/metadata/name");
    if !named.is_empty() && named != place.name {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let options = DeleteOptions::read(request, at(&body, "/deleteOptions"))?;
    let key = place.key();
    server.change(|world| {
        let pod = world.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        options.check(&key, &pod)?;
        let spent = budget_to_spend(world, &key, &pod)?;
        if options.dry {
            return Ok(());
        }
        if let Some(budget) = spent {
            budgets::spend(world, &budget, &key.name);
        }
        let now = stamp(world.now);
        world.store.update(&key, |pod| {
            set_condition(
                pod,
                &now,
                ["DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting"],
            );
        });
        world.delete_pod(&key, options.grace);
        Ok(())
    })?;
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    server.plain(request, 201, &status)
}

/// The budget that the eviction is charged to, if it needs one.
fn budget_to_spend(world: &World, key: &Key, pod: &Value) -> Answer<Option<Key>> {
    let phase = text(pod, "/status/phase");
    if matches!(phase, "Succeeded" | "Failed" | "Pending") || has(pod, "/metadata/deletionTimestamp") {
        return Ok(None);
    }
    let mut found = budgets::of_pod(world, &key.namespace, pod);
    if found.len() > 1 {
        let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(Refusal::new(500, "InternalError", message));
    }
    let Some(budget_key) = found.pop() else { return Ok(None) };
    let Some(budget) = world.store.get(&budget_key) else { return Ok(None) };
    if !is_ready(pod) {
        let (healthy, desired) =
            (number(budget, "/status/currentHealthy"), number(budget, "/status/desiredHealthy"));
        let always = text(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow";
        if always || healthy >= desired && desired > 0 {
            return Ok(None);
        }
    }
    judge(&budget_key, budget)?;
    Ok(Some(budget_key))
}

fn judge(key: &Key, budget: &Value) -> Answer<()> {
    let name = key.name.as_str();
    let too_many = || {
        Refusal::new(
            429,
            "TooManyRequests",
            "Cannot evict pod as it would violate the pod's disruption budget.",
        )
    };
    let status = |field: &str| number(budget, &format!("/status/{field}"));
    if status("observedGeneration") < number(budget, "/metadata/generation") {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(too_many().because("DisruptionBudget", &cause).retry_after(10));
    }
    let allowed = status("disruptionsAllowed");
    if allowed < 0 {
        return Err(Refusal::forbidden(key, "pdb disruptions allowed is negative"));
    }
    if at(budget, "/status/disruptedPods").as_object().is_some_and(|pods| pods.len() > MOST_DISRUPTED) {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(Refusal::forbidden(key, why));
    }
    if allowed > 0 {
        return Ok(());
    }
    let (healthy, desired) = (status("currentHealthy"), status("desiredHealthy"));
    let why = condition(budget, "DisruptionAllowed");
    let (reason, message) = (text(why, "/reason"), text(why, "/message"));
    let cause = if reason == "SyncFailed" && !message.is_empty() {
        format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
        )
    } else if healthy <= desired {
        format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
    } else if !message.is_empty() {
        format!("The disruption budget {name} does not allow evicting pods currently ({reason}): {message}")
    } else {
        format!("The disruption budget {name} does not allow evicting pods currently")
    };
    Err(too_many().because("DisruptionBudget", &cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::resources::Resource;

    #[test]
    fn a_budget_that_is_behind_says_when_to_come_again() {
        let key = Key::new(Resource::PodDisruptionBudgets, "d", "b");
        let behind = json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}});
        assert_eq!(judge(&key, &behind).err().unwrap().retry_seconds(), Some(10));
        let spent = json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "currentHealthy": 2, "desiredHealthy": 2}});
        let refusal = judge(&key, &spent).err().unwrap();
        assert_eq!((refusal.code, refusal.retry_seconds()), (429, None));
        assert_eq!(
            refusal.status["details"]["causes"][0]["message"],
            "The disruption budget b needs 2 healthy pods and has 2 currently"
        );
    }
}
