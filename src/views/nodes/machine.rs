//! The part of a node's description that is fetched when it is opened: the machine, its images, its volumes.

use crate::model::finding::Severity;
use crate::model::machine::{MOST_IMAGES, Machine};
use crate::model::quantity::bytes;
use crate::views::{Line, Section};

/// So many volumes are named of each sort.
const NAMED: usize = 20;

/// What is said of a node that has been fetched.
pub fn sections(machine: &Machine) -> Vec<Section> {
    let mut all = vec![images(machine), volumes(machine)];
    all.extend(about(machine));
    all
}

fn images(machine: &Machine) -> Section {
    let total = format!(
        "{}, {} together; layers that they share count in each",
        machine.images,
        bytes(machine.image_bytes)
    );
    let mut lines =
        vec![Line::new("images", if machine.images == 0 { "none posted".to_owned() } else { total })];
    if machine.images == MOST_IMAGES {
        let cap =
            "a kubelet posts the 50 largest unless nodeStatusMaxImages says otherwise: there may be more";
        lines.push(Line::new("", cap));
    }
    lines.extend(machine.largest.iter().map(|image| Line::new(bytes(image.bytes), image.name.clone())));
    Section { title: "Images".to_owned(), lines }
}

fn volumes(machine: &Machine) -> Section {
    let count = machine.volumes.len();
    let well = if count == 0 { "none".to_owned() } else { format!("{count} attached and in use") };
    let mut lines = vec![Line::new("volumes", well)];
    lines.extend(named("", &machine.volumes, Severity::Ok));
    lines.extend(named("not in use", &machine.attached, Severity::Warning));
    lines.extend(named("not attached", &machine.in_use, Severity::Warning));
    Section { title: "Attached volumes".to_owned(), lines }
}

fn named(what: &str, names: &[String], severity: Severity) -> Vec<Line> {
    let more = names.len().saturating_sub(NAMED);
    let one = |name: &String| Line::marked(what, name.clone(), severity);
    let mut lines: Vec<Line> = names.iter().take(NAMED).map(one).collect();
    lines.extend((more > 0).then(|| Line::marked(what, format!("and {more} more"), severity)));
    lines
}

fn about(machine: &Machine) -> Option<Section> {
    let mut lines: Vec<Line> =
        machine.facts.iter().map(|(what, value)| Line::new(*what, value.clone())).collect();
    lines.extend(machine.handlers.iter().map(|handler| Line::new("handler", handler.clone())));
    if !machine.features.is_empty() {
        lines.push(Line::new("features", machine.features.join(", ")));
    }
    (!lines.is_empty()).then(|| Section { title: "Machine".to_owned(), lines })
}
