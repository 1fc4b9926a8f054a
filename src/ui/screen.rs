//! The whole screen: header, body, footer, and what lies above them.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::layout::{self, Tone, Wish};
use super::mode::Mode;
use super::pane::Source;
use super::pane_screen::{self, Frame};
use super::theme::Role;
use super::{
    Room, Ui, Zoom, detail_screen, dialog, foot, footer, header, help, is_pane, text, what_if_screen,
};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::kind::Kind;

pub(crate) fn draw(ui: &mut Ui, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas) {
    let area = canvas.area();
    canvas.clear(area);
    if !layout::enough(area) {
        ui.room = Room::TooSmall;
        too_small(canvas, area);
        return;
    }
    ui.room = Room::Enough;
    let [head, body, foot] = layout::rows(area, header::height(cluster));
    header::draw(ui, cluster, now, canvas, head);
    let target = if let Mode::WhatIf(page) = &mut ui.mode {
        what_if_screen::draw(page, ui.seen.hold, cluster, now, canvas, body);
        None
    } else if ui.details.is_empty() {
        panes(ui, cluster, now, canvas, body)
    } else {
        detail_screen::draw(ui, cluster, now, canvas, body)
    };
    footer::draw(ui, target.as_ref(), cluster, canvas, foot);
    overlay(ui, cluster, canvas, Rect { height: area.height - 1, ..area });
}

/// What has the keys stands above everything else.
fn overlay(ui: &mut Ui, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let focused = ui.panes.get(ui.focus).map(|pane| pane.source);
    match &mut ui.mode {
        Mode::Browse | Mode::Typing(..) | Mode::WhatIf(_) => {}
        Mode::Choose(choice) => dialog::choose(choice, cluster, canvas, area),
        Mode::Checking(wanted) => dialog::checking(wanted, canvas, area),
        Mode::Confirm(pending, button, scroll) => {
            dialog::confirm(pending, *button, scroll, &ui.settings, cluster, canvas, area);
        }
        Mode::Message(message, scroll) => dialog::message(message, scroll, canvas, area),
        Mode::Help(scroll) => help::draw(focused, scroll, canvas, area),
    }
}

fn too_small(canvas: &mut Canvas, area: Rect) {
    let (width, height) = layout::SMALLEST;
    let sentence = format!(
        "foretop needs {width}x{height} cells, this terminal has {}x{}; q quits",
        area.width, area.height
    );
    let lines = text::wrap(&sentence, usize::from(area.width));
    let from = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (from..area.bottom()).zip(&lines) {
        let used = text::width(line, usize::from(area.width)) as u16;
        canvas.put(area.x + (area.width.saturating_sub(used)) / 2, y, area.width, line, Role::Text);
    }
}

/// The panes: several at once where there is room, one and a bar of tabs otherwise. Returns what is selected.
fn panes(ui: &mut Ui, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, body: Rect) -> Option<Target> {
    let focused_alone = ui.panes.get(ui.focus).is_some_and(|pane| !is_pane(pane.source));
    if !layout::wide(canvas.area()) || ui.zoom == Zoom::Focused || focused_alone {
        tabs(ui, cluster, canvas, Rect { height: 1, ..body });
        let rest = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        arrange(ui, ui.focus, cluster, now);
        pane(ui, ui.focus, cluster, now, canvas, rest);
        return ui.panes.get(ui.focus)?.target().cloned();
    }
    let permanent: Vec<usize> = (0..ui.panes.len()).filter(|at| is_pane(ui.panes[*at].source)).collect();
    for at in &permanent {
        arrange(ui, *at, cluster, now);
    }
    let (strip, shown) = permanent.split_last()?;
    let wish = |at: &usize| Wish {
        rows: ui.panes[*at].len()
            + ui.panes[*at].banner().0.len()
            + if ui.focus == *at { foot::wish(&ui.panes[*at]) } else { 0 },
        focus: if ui.focus == *at { Tone::Focused } else { Tone::Quiet },
    };
    let wishes: Vec<Wish> = shown.iter().map(wish).collect();
    let mut last = wish(strip);
    last.rows += ui.panes[*strip].hidden();
    let (rects, below) = layout::panes(body, &wishes, last);
    for (at, rect) in shown.iter().zip(rects) {
        pane(ui, *at, cluster, now, canvas, rect);
    }
    if below.height > 0 {
        pane(ui, *strip, cluster, now, canvas, below);
    }
    ui.panes.get(ui.focus)?.target().cloned()
}

fn arrange(ui: &mut Ui, at: usize, cluster: &Cluster, now: Timestamp) {
    ui.panes[at].arrange(cluster, &ui.settings.scope, &ui.seen, now);
}

fn pane(ui: &mut Ui, at: usize, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, area: Rect) {
    let tone = if ui.focus == at { Tone::Focused } else { Tone::Quiet };
    let scope = ui.settings.scope.clone();
    let number = is_pane(ui.panes[at].source).then_some(at + 1);
    let frame = Frame { number, tone, scope: &scope, area };
    pane_screen::draw(&mut ui.panes[at], &frame, cluster, now, canvas);
}

/// The tabs of the panes with their counts, and a mark on those in trouble.
fn tabs(ui: &Ui, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let mut x = area.x + 1;
    for (at, pane) in ui.panes.iter().enumerate() {
        if !is_pane(pane.source) && at != ui.focus {
            continue;
        }
        let (count, worst) = match pane.source {
            Source::View(view) => {
                // The totals know nothing of namespaces.
                let narrowed = |kind: &Kind| kind.namespaced() && ui.settings.scope.namespace.is_some();
                let kind = view.rows.kind().filter(|kind| view.pane && !narrowed(kind));
                (kind.map(|kind| cluster.count(kind)), Severity::Ok)
            }
            Source::Findings => {
                let worst = ui.seen.outlook.findings().first().map(|finding| finding.severity);
                (Some(ui.seen.outlook.findings().len()), worst.unwrap_or_default())
            }
        };
        let role = if at == ui.focus { Role::TabFocus } else { Role::Tab };
        let room = |x: u16| area.right().saturating_sub(x);
        if is_pane(pane.source) {
            x += canvas.put(x, area.y, room(x), &format!("{} ", at + 1), Role::TextDim);
        }
        x += canvas.put(x, area.y, room(x), pane.source.title(), role);
        if let Some(count) = count {
            x += canvas.put(x, area.y, room(x), &format!(" {count}"), Role::TextDim);
        }
        if worst >= Severity::Warning {
            x += canvas.put(x, area.y, room(x), &format!(" {}", worst.glyph()), Role::of(worst));
        }
        x += 3;
    }
}
