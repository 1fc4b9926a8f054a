//! What an edit of taints would do, on screen: the line that is typed, the headline, what there is to know, and each pod
//! with its fate. It thinks nothing through.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::footer;
use super::kept::Hold;
use super::page::Page;
use super::text;
use super::theme::Role;
use super::what_if::WhatIfPage;
use crate::analysis::taints;
use crate::analysis::what_if::{Effects, PodFate, WhatIf, tell};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::node::Node;

/// The names of pods are cut beyond this.
const LONGEST_NAME: usize = 48;
/// The most lines of the headline.
const HEADLINE: usize = 3;

pub(crate) fn draw(
    page: &mut WhatIfPage,
    hold: Hold,
    cluster: &Cluster,
    now: Timestamp,
    canvas: &mut Canvas,
    area: Rect,
) {
    let inner = canvas.frame(area, Role::BorderFocus);
    title(page, canvas, area);
    let text = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let lead = if page.targets.len() == 1 { "taint: " } else { "taint on each: " };
    footer::line(lead, &page.input, "", canvas, Rect { x: inner.x, height: 1, ..inner });
    offers(page, canvas, Rect { y: text.y + 1, height: 1, ..text });
    let (shown, scroll) = page.look(hold, cluster, now, text.width);
    let (severity, head) = &shown.head;
    let width = usize::from(text.width.saturating_sub(2));
    let lines = text::wrap_cut(head, width, HEADLINE);
    let role = if *severity == Severity::Ok { Role::TextStrong } else { Role::of(*severity) };
    let mut y = text.y + 2;
    for (at, line) in lines.iter().enumerate().filter(|_| text.height > 3) {
        canvas.put(text.x, y, 1, if at == 0 { severity.glyph() } else { " " }, role);
        canvas.put(text.x + 2, y, text.width.saturating_sub(2), line, role);
        y += 1;
    }
    // One line between the headline and the rest, where lines are not short.
    y += u16::from(text.height > 10);
    let rest = Rect { y, height: text.bottom().saturating_sub(y), ..text };
    shown.page.draw(canvas, rest, scroll);
    if let Some(place) = scroll.place() {
        let y = area.bottom().saturating_sub(1);
        canvas.put_right(area.x + 2, area.right().saturating_sub(2), y, &format!(" {place} "), Role::TextDim);
    }
}

fn title(page: &WhatIfPage, canvas: &mut Canvas, area: Rect) {
    let subject = match page.targets.as_slice() {
        [one] => one.to_string(),
        many => {
            let names: Vec<&str> = many.iter().map(|target| &*target.key.name).collect();
            format!("{} nodes: {}", many.len(), names.join(", "))
        }
    };
    let title = format!(" what if · {subject} ");
    canvas.put(area.x + 2, area.y, area.width.saturating_sub(4), &title, Role::TitleFocus);
}

/// What tab would make of it, the one that stands there first.
fn offers(page: &WhatIfPage, canvas: &mut Canvas, area: Rect) {
    let (all, at) = page.completions();
    if all.is_empty() {
        return;
    }
    let mut x = area.x + canvas.put(area.x, area.y, area.width, "tab  ", Role::Key);
    for (nth, offer) in all.iter().enumerate().skip(at.unwrap_or(0)) {
        let role = if at == Some(nth) { Role::Accent } else { Role::TextDim };
        let room = area.right().saturating_sub(x);
        if room < 4 {
            break;
        }
        x += canvas.put(x, area.y, room, offer, role) + 2;
    }
}

/// What the nodes bear, while what is typed is no edit yet.
pub(super) fn borne(nodes: &[&Node], width: u16) -> Page {
    let mut page = Page::new(width);
    page.heading("Borne now");
    for node in nodes {
        let all = node.taints.iter().map(taints::full).collect::<Vec<_>>().join(", ");
        let all = if all.is_empty() { "no taint".to_owned() } else { all };
        page.pair(LONGEST_NAME / 2, &format!("  {}", node.meta.key.name), &all, Role::Text);
    }
    page
}

/// What there is to know, and each pod.
pub(super) fn page(what_if: &WhatIf, now: Timestamp, width: u16) -> Page {
    let mut page = Page::new(width);
    for (severity, note) in tell::notes(what_if) {
        page.marked(bullet(severity), &note, Role::of(severity));
    }
    let several = what_if.nodes.len() > 1;
    for node in &what_if.nodes {
        let Ok(effects) = &node.result else { continue };
        let heading = tell::node(&what_if.edit, effects, now);
        match heading {
            Some(told) if several => page.heading(&format!("{}: {told}", node.name)),
            None if several => page.heading(&node.name),
            _ => page.blank(),
        }
        pods(&mut page, what_if, effects, now);
    }
    page
}

fn bullet(severity: Severity) -> &'static str {
    if severity == Severity::Ok { Severity::Info.glyph() } else { severity.glyph() }
}

/// The pods that the edit is about, in columns.
fn pods(page: &mut Page, what_if: &WhatIf, effects: &Effects, now: Timestamp) {
    let listed: Vec<&PodFate> = effects.pods.iter().filter(|pod| tell::concerned(what_if, pod)).collect();
    let names = listed.iter().map(|pod| text::width(&pod.key.to_string(), LONGEST_NAME));
    let column = names.max().unwrap_or(0).min(LONGEST_NAME) + 4;
    for pod in listed {
        let (severity, told) = tell::pod(&what_if.edit, pod, now);
        let label = format!("{} {}", severity.glyph(), pod.key);
        page.pair(column, &label, &told, Role::of(severity));
    }
}
