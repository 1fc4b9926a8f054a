//! The table and the JSON of the runs.

use std::fmt::{self, Write as _};

use serde_json::json;

use crate::measure::{Keys, Run};
use crate::support::Result;
use crate::support::raw::Requests;

/// What the whole may take before its pods, in bytes.
const BASE: f64 = 40.0 * MEGA;
const MEGA: f64 = 1_000_000.0;

type Line = (&'static str, fn(&Run) -> String);
type Growth = (&'static str, fn(&Run) -> Option<f64>);

const LINES: &[Line] = &[
    ("nodes", |run| run.nodes.to_string()),
    ("pods", |run| run.pods.to_string()),
    ("bytes of all lists, MB", |run| mega(run.bytes)),
    ("start to first rows, ms", |run| number(run.first_rows_ms)),
    ("start to synced, ms", |run| number(run.synced_ms)),
    ("curl, same pages, ms", |run| number(run.curl_pages_ms)),
    ("  synced / curl pages", |run| ratio(run.synced_ms, run.curl_pages_ms)),
    ("curl, whole lists, ms", |run| number(run.curl_whole_ms)),
    ("  synced / curl whole", |run| ratio(run.synced_ms, run.curl_whole_ms)),
    ("peak RSS, MB", |run| mega(run.peak)),
    ("steady RSS, MB", |run| mega(run.steady)),
    ("  (steady - 40 MB) / pods, bytes", |run| format!("{:.0}", per_pod(run))),
    ("keys while listing p50/p99/max, ms", |run| run.keys_listing.to_string()),
    ("keys p50/p99/max, ms", |run| run.keys.to_string()),
    ("  keys pressed", |run| run.keys.count.to_string()),
    ("events a second", |run| format!("{:.1}", run.events)),
    ("CPU without keys, % of a core", |run| format!("{:.2}", run.cpu * 100.0)),
    ("  CPU s per 1,000 events", |run| run.cpu_ms_per_event.map_or("-".into(), |it| format!("{it:.3}"))),
    ("the whole machine, % of all cores", |run| format!("{:.0}", run.machine * 100.0)),
    ("frames a second", |run| format!("{:.1}", run.frames_per_second)),
    ("frame gap p50/max, ms", |run| format!("{:.1} / {:.1}", run.frame_gap_p50_ms, run.frame_gap_longest_ms)),
    ("longest frame write, ms", |run| format!("{:.1}", run.frame_write_longest_ms)),
    ("after sync: LISTs of watched kinds", |run| counted(run, |it| it.watched)),
    ("  LISTs of other kinds", |run| counted(run, |it| it.others)),
    ("  questions to metrics APIs", |run| counted(run, |it| it.questions)),
];

/// What of clusters of growing size is compared with the one before: what it is called, and its value. Where curl
/// grows as foretop does, it is the server or the machine that grows.
const GROWTH: &[Growth] = &[
    ("pods", |run| Some(run.pods as f64)),
    ("start to synced, ms", |run| run.synced_ms),
    ("curl, same pages, ms", |run| run.curl_pages_ms),
    ("curl, whole lists, ms", |run| run.curl_whole_ms),
    ("synced / curl pages", |run| quotient(run.synced_ms, run.curl_pages_ms)),
    ("synced / curl whole", |run| quotient(run.synced_ms, run.curl_whole_ms)),
    ("steady RSS, MB", |run| Some(run.steady as f64 / MEGA)),
    ("keys p50, ms", |run| Some(run.keys.p50_ms)),
    ("keys p99, ms", |run| Some(run.keys.p99_ms)),
];

/// The runs as columns of a text table; with the ratios between them when they are steps.
pub(crate) fn table(runs: &[Run], steps: bool) -> String {
    let cores = cores();
    let mut text = format!("machine: {cores} cores, shared by foretop, the server and this program\n\n");
    text += &columns("", runs.iter().map(|run| run.name.clone()));
    for (label, show) in LINES {
        text += &columns(label, runs.iter().map(show));
    }
    for run in runs {
        let _ = writeln!(text, "header at the end ({}): {}", run.name, run.header);
    }
    if steps {
        text += &growth(runs);
    }
    text
}

/// Each step beside what it is as a multiple of the one before.
fn growth(runs: &[Run]) -> String {
    let mut text = "\neach step, and in brackets as a multiple of the one before\n".to_owned();
    for (label, value) in GROWTH {
        let mut before = None;
        let cells = runs.iter().map(|run| {
            let now = value(run);
            let grown = quotient(now, before).map_or(String::new(), |it| format!(" (x{it:.2})"));
            before = now;
            now.map_or("-".to_owned(), |it| format!("{}{grown}", short(it)))
        });
        text += &columns(label, cells);
    }
    text
}

/// A number with as many decimals as tell something.
fn short(value: f64) -> String {
    let decimals = if value >= 100.0 { 0 } else { 2 };
    format!("{value:.decimals$}")
}

/// The runs as JSON.
pub(crate) fn json(runs: &[Run]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&json!({ "cores": cores(), "runs": runs }))?)
}

/// How many cores the machine has.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn columns(label: &str, values: impl Iterator<Item = String>) -> String {
    let mut line = format!("{label:<36}");
    for value in values {
        let _ = write!(line, " {value:>22}");
    }
    line.trim_end().to_owned() + "\n"
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

fn mega(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / MEGA)
}

fn ratio(one: Option<f64>, other: Option<f64>) -> String {
    quotient(one, other).map_or_else(|| "-".to_owned(), |it| format!("{it:.2}"))
}

fn quotient(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.zip(other).map(|(one, other)| one / other).filter(|it| it.is_finite())
}

fn counted(run: &Run, count: fn(&Requests) -> u64) -> String {
    run.requests.as_ref().map_or("-".to_owned(), |it| count(it).to_string())
}

fn per_pod(run: &Run) -> f64 {
    (run.steady as f64 - BASE) / run.pods.max(1) as f64
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return f.write_str("none fell into it");
        }
        write!(f, "{:.1} / {:.1} / {:.1}", self.p50_ms, self.p99_ms, self.longest_ms)
    }
}
