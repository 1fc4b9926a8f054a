//! What a program reads of a value: numbers as numbers, times as times. It leaves nothing out that a person sees.

use serde_json::json;

use super::{Amount, Countdown, Used, Value};
use crate::model::usage;

impl Value {
    /// What a program reads.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => json!(text),
            Self::List(texts) => json!(texts),
            Self::Shortened(it) => json!(it.full),
            Self::Told(it) => {
                let numbers = it.numbers.iter().map(|(name, number)| ((*name).to_owned(), json!(number)));
                std::iter::once(("text".to_owned(), json!(it.text))).chain(numbers).collect()
            }
            Self::Count(count) => json!(count),
            Self::Share(used, all) => json!({ "used": used, "of": all }),
            Self::Cpu(used, all) => json!({ "usedMillicores": used, "ofMillicores": all }),
            Self::Bytes(used, all) => json!({ "usedBytes": used, "ofBytes": all }),
            Self::Used(it) => {
                let Used { amount, of, at, .. } = &**it;
                let (used, all) = match amount {
                    Amount::Cpu(_) => ("usedMillicores", "ofMillicores"),
                    Amount::Bytes(_) => ("usedBytes", "ofBytes"),
                };
                let percent = usage::percent(amount.number(), *of);
                json!({ used: amount.number(), all: of, "percent": percent, "measured": at.to_string() })
            }
            Self::Trend(trend) => json!(trend),
            Self::Bar(bar) => json!({
                "min": bar.min,
                "max": bar.max,
                "current": bar.current,
                "desired": bar.desired,
            }),
            Self::Series(series) => json!(series.points),
            Self::Since(at) => json!(at.to_string()),
            Self::Countdown(it) => {
                let Countdown { before, at, after } = &**it;
                json!({ "text": format!("{before}{at}{after}"), "at": at.to_string() })
            }
            Self::Lasts(seconds) => json!({ "seconds": seconds }),
            Self::Flag(yes) => json!(yes),
            Self::Missing(_) => serde_json::Value::Null,
            Self::Counting(so_far) => json!({ "counting": so_far }),
        }
    }
}
