//! What a kubelet says of itself, in lines. It asks nothing.

use crate::model::finding::Severity;
use crate::model::kubelet::{Disk, Stats, Told};
use crate::model::quantity::{bytes, cores};
use crate::views::{Line, Section};

/// The heading.
pub const TITLE: &str = "Kubelet";

/// What is said while nobody may be asked.
pub const OFF: &str = "not asked: start with --kubelet to see its health, configuration and use here; that needs the \
                       right to get nodes/proxy, which is close to root on the node";

/// The answers that have come; the questions are asked one after the other.
pub fn section(told: &[Told]) -> Section {
    let mut lines: Vec<Line> = told.iter().flat_map(lines).collect();
    if lines.is_empty() {
        lines.push(Line::new("", "Asking it through the API server …"));
    }
    Section { title: TITLE.to_owned(), lines }
}

fn lines(told: &Told) -> Vec<Line> {
    match told {
        Told::Health(text) if text == "ok" => vec![Line::new("health", "ok")],
        Told::Health(text) => vec![Line::marked("health", text.clone(), Severity::Critical)],
        Told::Config(fields) if fields.is_empty() => {
            vec![Line::new("configz", "it names none of the fields that are shown here")]
        }
        Told::Config(fields) => {
            fields.iter().map(|(field, value)| Line::new(field.clone(), value.clone())).collect()
        }
        Told::Stats(stats) => stats_lines(stats),
        Told::Unreached(why) => vec![Line::marked("not reached", why.clone(), Severity::Warning)],
        Told::Nothing(question, why) => vec![Line::marked(question.path(), why.clone(), Severity::Warning)],
    }
}

fn stats_lines(stats: &Stats) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(stats.cpu.map(|nano| Line::new("cpu now", cores(nano / 1_000_000))));
    lines.extend(stats.working_set.map(|used| {
        let left = stats.available.map_or(String::new(), |left| format!(", {} available", bytes(left)));
        Line::new("memory now", format!("{} in the working set{left}", bytes(used)))
    }));
    lines.extend(stats.swap.filter(|used| *used > 0).map(|used| Line::new("swap", bytes(used))));
    lines.extend(disk("node disk", &stats.node_disk));
    lines.extend(disk("image disk", &stats.image_disk));
    if let (Some(now), most) = stats.processes {
        let of = most.map_or(String::new(), |most| format!(" of {most}"));
        lines.push(Line::new("processes", format!("{now}{of}")));
    }
    lines.extend(stats.pressure.iter().map(|(what, some, full)| {
        let text = format!("of the last 10 s, some work waited for it {some:.1}%, all work {full:.1}%");
        Line::new(format!("{what} pressure"), text)
    }));
    lines
}

fn disk(what: &str, disk: &Disk) -> Option<Line> {
    let (all, left) = (disk.capacity?, disk.available?);
    let share = |left: i64, all: i64| if all > 0 { i128::from(left) * 100 / i128::from(all) } else { 0 };
    let inodes = disk
        .inodes
        .zip(disk.inodes_free)
        .map_or(String::new(), |(all, free)| format!("; {}% of its inodes", share(free, all)));
    Some(Line::new(what, format!("{} of {} left ({}%){inodes}", bytes(left), bytes(all), share(left, all))))
}
