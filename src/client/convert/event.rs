//! Events, in both of their forms: with a count of their own, and as a series.

use super::meta::time;
use crate::model::event::Event;
use crate::wire;

/// An event. It is shown once and forgotten, so nothing of it is shared.
pub(in crate::client) fn event(event: wire::core::Event) -> Event {
    let series = event.series.unwrap_or_default();
    let created = event.metadata.and_then(|meta| meta.creation_timestamp);
    let last = time(series.last_observed_time)
        .or_else(|| time(event.last_timestamp))
        .or_else(|| time(event.event_time))
        .or_else(|| time(event.first_timestamp))
        .or_else(|| time(created));
    let component = event.source.unwrap_or_default().component;
    Event {
        kind: event.type_,
        reason: event.reason,
        message: event.message,
        source: if component.is_empty() { event.reporting_component } else { component },
        count: series.count.max(event.count).max(1),
        last,
    }
}
