//! What the metrics of an autoscaler come to together when some of them are not known exactly, or may fail. It does not
//! normalise.

use std::sync::Arc;

use jiff::SignedDuration;

use super::combine::{Combined, combine};
use super::doubt::Doubt;
use super::failure::{Cause, Failure};
use super::gathered::Case;
use super::groups::after;
use super::{MetricForecast, Span};

/// What the metrics come to together.
pub(super) struct Verdict {
    /// The likeliest.
    pub likely: Combined,
    /// Between which numbers it lies if there is a number; `None` when there is none for sure.
    pub span: Option<Span>,
    /// Whether the pass may end without a number.
    pub fails: bool,
}

/// Combines the metrics.
pub(super) fn verdict(current: i32, metrics: &[MetricForecast]) -> Verdict {
    let likely = combine(current, &metrics.iter().map(|it| it.asks).collect::<Vec<_>>());
    let may_fail = |it: &&MetricForecast| it.failure.is_some() || it.unsure;
    let may_work = |it: &&MetricForecast| it.failure.is_none() || it.unsure;
    let failing = metrics.iter().filter(may_fail).count();
    let broken = metrics.iter().any(|it| it.failure.is_some() && !it.unsure);
    let most = metrics.iter().filter(may_work).map(|it| it.span.hi.max(0)).max();
    let sure = metrics.iter().filter(|it| !may_fail(it));
    let least = sure.map(|it| it.span.lo.max(0)).max();
    let fails = failing == metrics.len() || (failing > 0 && least.is_none_or(|least| least < current));
    let lo = least.unwrap_or(0);
    let lo = if broken { lo.max(current) } else { lo };
    let span = most.filter(|most| !broken || *most >= current).map(|hi| Span { lo: lo.min(hi), hi });
    Verdict { likely, span, fails }
}

/// Whether the selector lets a pass compute anything.
pub(super) enum Selected {
    /// It does.
    Clear,
    /// It does not: why, and whether that is not certain.
    Refused(Failure, bool),
    /// It seems to, but the last pass says otherwise, or other autoscalers may count the same pods by now.
    Unclear(Doubt),
}

/// Looks at the selector of the target's scale, and at who else counts the same pods.
pub(super) fn selected(case: &Case<'_>) -> Selected {
    let asked = case.probe.and_then(|it| it.scale.as_ref().ok()).map(|scale| &*scale.selector);
    if asked == Some("") {
        let failure = Failure::general(Cause::NoSelector, "the HPA target's scale is missing a selector");
        return Selected::Refused(failure, false);
    }
    let failed = case.failed("ScalingActive");
    let told = |reason: &str| failed.filter(|it| &*it.reason == reason);
    if let Some(condition) = told("InvalidSelector") {
        let failure = Failure::general(Cause::NoSelector, &condition.message);
        let known = case.selector.is_some();
        return if known { Selected::Unclear(Doubt::Selector) } else { Selected::Refused(failure, true) };
    }
    let said = told("AmbiguousSelector");
    let rival = rival(case);
    match (rival, said) {
        (Rival::Somebody(rival), said) => {
            let words = said.map_or_else(
                || format!("pods are controlled by multiple HPAs: also by {rival}"),
                |it| it.message.to_string(),
            );
            let failure = Failure::general(Cause::SharedPods, &words);
            // Of each autoscaler it learns the selector in the first pass that gets so far.
            let forgot = case.settings.restarted.is_some_and(|at| {
                let delay = SignedDuration::try_from_secs_f64(case.settings.delay()).unwrap_or_default();
                after(at, delay) >= case.now
            });
            Selected::Refused(failure, said.is_none() || forgot)
        }
        (Rival::Unknown, Some(condition)) => {
            Selected::Refused(Failure::general(Cause::SharedPods, &condition.message), true)
        }
        (Rival::Nobody, Some(_)) => Selected::Unclear(Doubt::Selector),
        (_, None) => Selected::Clear,
    }
}

/// Another autoscaler that counts one of the same pods.
enum Rival {
    /// The pods are not all known.
    Unknown,
    /// There is none.
    Nobody,
    /// Its name.
    Somebody(String),
}

fn rival(case: &Case<'_>) -> Rival {
    let Some(pods) = case.pods() else { return Rival::Unknown };
    let mut templates: Vec<_> = pods.iter().map(|pod| &pod.template).collect();
    templates.sort_by_key(|it| Arc::as_ptr(it));
    templates.dedup_by_key(|it| Arc::as_ptr(it));
    let own = &case.autoscaler.meta.key;
    let counted = templates.iter().flat_map(|it| case.cluster.counters(&own.namespace, &it.labels));
    let mut others = counted.filter(|it| it.meta.key != *own);
    others.next().map_or(Rival::Nobody, |it| Rival::Somebody(it.meta.key.to_string()))
}
