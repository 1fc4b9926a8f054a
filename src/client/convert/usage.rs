//! Measurements of nodes: amounts, times and windows. It keeps nothing.

use super::meta::time;
use super::node::{milli_of, units_of};
use crate::model::text::Str;
use crate::model::usage::Sample;
use crate::wire::metrics::NodeMetrics;

/// The node that was measured, and what was measured; `None` without a name or a time, because nobody could say how
/// old that is.
pub(crate) fn sample(metrics: &NodeMetrics) -> Option<(Str, Sample)> {
    let name = metrics.metadata.as_ref().map(|it| it.name.as_str()).filter(|name| !name.is_empty())?;
    let sample = Sample {
        at: time(metrics.timestamp)?,
        window: seconds(&metrics.window),
        cpu: metrics.usage.cpu.as_ref().map(milli_of),
        memory: metrics.usage.memory.as_ref().map(units_of),
    };
    Some((Str::from(name), sample))
}

/// A span as Go writes it in whole seconds; 0 for what is none.
fn seconds(text: &str) -> u32 {
    // Saturates, as casts of floating point do.
    span(text).round() as u32
}

/// The same in milliseconds, of which a part counts as a whole one: who compares a moment with the end of a span must
/// not think that it is over.
pub(super) fn millis(text: &str) -> i64 {
    let micros = (span(text) * 1e6).round() as i64;
    micros.max(0).saturating_add(999) / 1000
}

/// A span as Go writes it, `1m0.5s`, in seconds; what is none counts for nothing.
fn span(text: &str) -> f64 {
    let (mut sum, mut rest) = (0.0, text);
    while let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic() || c == 'µ') {
        let (number, after) = rest.split_at(end);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let worth = match &after[..unit] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => 0.0,
        };
        sum += number.parse::<f64>().unwrap_or(0.0) * worth;
        rest = &after[unit..];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::metrics::NodeMetricsList;

    #[test]
    fn what_metrics_server_sends() {
        let text = r#"{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[
            {"metadata":{"name":"a","creationTimestamp":"2026-03-01T10:00:05Z","labels":{"x":"y"}},
             "timestamp":"2026-03-01T10:00:00Z","window":"15.032s","usage":{"cpu":"123456789n","memory":"1048577Ki"}},
            {"metadata":{"name":"half"},"timestamp":"2026-03-01T10:00:00Z","window":"1m0s","usage":{"cpu":"0"}},
            {"metadata":{"name":"timeless"},"timestamp":"soon","usage":{"cpu":"1"}},
            {"metadata":null,"timestamp":"2026-03-01T10:00:00Z","window":null,"usage":null},
            {"metadata":{"name":"absurd"},"timestamp":"2026-03-01T10:00:00Z","window":"x","usage":{"cpu":"9E","memory":"-5"}}]}"#;
        let list: NodeMetricsList = serde_json::from_str(text).unwrap();
        let samples: Vec<_> = list.items.iter().filter_map(sample).collect();
        let at = "2026-03-01T10:00:00Z".parse().unwrap();
        let first = Sample { at, window: 15, cpu: Some(124), memory: Some(1_048_577 << 10) };
        assert_eq!(samples[0], ("a".into(), first), "rounded up, as Kubernetes does");
        let half = Sample { at, window: 60, cpu: Some(0), memory: None };
        assert_eq!(samples[1], ("half".into(), half), "what is missing is not nothing");
        assert_eq!(samples.len(), 3);
        assert!(samples[2].1.cpu.is_some_and(|cpu| cpu.checked_mul(1000).is_some()));
        assert_eq!(samples[2].1.memory, Some(0));
        assert_eq!(serde_json::from_str::<NodeMetricsList>(r#"{"items":null}"#).unwrap().items, []);
    }

    #[test]
    fn spans_read_as_go_writes_them() {
        let cases = [("15.032s", 15), ("1m0s", 60), ("1h2m3.6s", 3724), ("250ms", 0), ("0s", 0), ("", 0)];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), wanted, "{text:?}");
        }
        assert_eq!(seconds("99999999999999h"), u32::MAX);
        assert_eq!(seconds("s1µ"), 0);
        let cases = [("15.032s", 15_032), ("250ms", 250), ("1m0.0004s", 60_001), ("200µs", 1), ("-15s", 0)];
        for (text, wanted) in cases {
            assert_eq!(millis(text), wanted, "{text:?}");
        }
        assert_eq!(millis("99999999999999999h"), i64::MAX / 1000);
    }
}
