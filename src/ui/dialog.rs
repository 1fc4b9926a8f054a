//! Dialogs: what is about to be done, in full, and what the server refused. They decide nothing.

use ratatui::layout::Rect;

use super::Settings;
use super::canvas::Canvas;
use super::choose::Choice;
use super::layout;
use super::mode::{Button, Message, Pending, Wanted};
use super::page::{Page, Scroll};
use super::text;
use super::theme::Role;
use crate::model::cluster::Cluster;
use crate::model::operation::{Operation, Rehearsal, RequestVerb};

/// The widest a dialog becomes, for lines that can be read.
const WIDEST: u16 = 96;
/// The column of labels.
const LABELS: usize = 11;

/// Draws a page in a frame in the middle, with room for `below` lines under it; returns that room.
fn framed(
    title: &str,
    role: Role,
    page: &Page,
    scroll: &mut Scroll,
    below: u16,
    canvas: &mut Canvas,
    area: Rect,
) -> Rect {
    let height = (page.len().min(500) as u16).saturating_add(2 + below);
    let outer = layout::centred(area, width(area), height);
    canvas.clear(outer);
    let inner = canvas.frame(outer, role);
    canvas.put(outer.x + 2, outer.y, outer.width.saturating_sub(4), &format!(" {title} "), role);
    let text = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(4),
        height: inner.height.saturating_sub(below),
        ..inner
    };
    page.draw(canvas, text, scroll);
    if let Some(place) = scroll.place() {
        canvas.put_right(
            outer.x + 2,
            outer.right() - 2,
            outer.bottom() - 1,
            &format!(" {place} "),
            Role::TextDim,
        );
    }
    Rect { y: text.bottom(), height: inner.bottom() - text.bottom(), ..text }
}

fn width(area: Rect) -> u16 {
    WIDEST.min(area.width.saturating_sub(4))
}

/// A page of the width that `framed` gives it.
pub(super) fn page(area: Rect) -> Page {
    Page::new(width(area).saturating_sub(6))
}

/// Something to read in full.
pub(crate) fn message(message: &Message, scroll: &mut Scroll, canvas: &mut Canvas, area: Rect) {
    let mut page = page(area);
    for (at, paragraph) in message.text.iter().enumerate() {
        if at > 0 {
            page.line(Vec::new());
        }
        for line in paragraph.lines() {
            page.paragraph(0, line, Role::Text);
        }
    }
    let title = format!("{} {}", message.severity.glyph(), message.title);
    framed(&title, Role::of(message.severity), &page, scroll, 0, canvas, area);
}

/// What a key stands for here, one below the other; of what cannot be done it says why.
pub(crate) fn choose(choice: &Choice, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let mut page = page(area);
    for (at, offer) in choice.offers(cluster).iter().enumerate() {
        let mark = if at == choice.at { "▸" } else { " " };
        let role = match (&offer.refusal, at == choice.at) {
            (Some(_), _) => Role::TextDim,
            (None, true) => Role::TextStrong,
            (None, false) => Role::Text,
        };
        page.pair(4, &format!("{mark} {}", at + 1), &offer.text, role);
        if let Some(why) = &offer.refusal {
            page.paragraph(4, &format!("not here: {why}"), Role::Warning);
        }
    }
    let title = format!("{} {}: what?", choice.name, choice.target);
    framed(&title, Role::BorderFocus, &page, &mut Scroll::default(), 0, canvas, area);
}

/// While the server is asked whether the user may.
pub(crate) fn checking(wanted: &Wanted, canvas: &mut Canvas, area: Rect) {
    let mut page = page(area);
    page.paragraph(0, &format!("Asking the server whether you may {} …", wanted.permission), Role::Text);
    framed(&wanted.subject(), Role::BorderFocus, &page, &mut Scroll::default(), 0, canvas, area);
}

/// What is about to be done.
pub(crate) fn confirm(
    pending: &Pending,
    button: Button,
    scroll: &mut Scroll,
    settings: &Settings,
    cluster: &Cluster,
    canvas: &mut Canvas,
    area: Rect,
) {
    let operations = &pending.operations;
    let mut page = page(area);
    if let Some(note) = &pending.wanted.note {
        page.paragraph(0, &format!("! {note}"), Role::Warning);
        page.blank();
    }
    for operation in operations.iter().filter(|operation| !cluster.has(&operation.target)) {
        page.paragraph(0, &format!("✖ {} is gone.", operation.target), Role::Critical);
        page.blank();
    }
    subject(operations, cluster, &mut page);
    page.blank();
    consequences(operations, &mut page);
    for why in &pending.left_out {
        bullet(&mut page, &format!("Left out: {why}."));
    }
    if settings.dry_run {
        bullet(&mut page, "Dry run: the server checks the request and changes nothing.");
    } else if operations.iter().any(|operation| operation.rehearsal == Rehearsal::First) {
        bullet(&mut page, "The server is asked by a dry run first; what it would refuse is not sent.");
    }
    page.blank();
    listed(&mut page, "kubectl", operations.iter().map(|operation| operation.kubectl.as_str()));
    for (at, operation) in operations.iter().enumerate() {
        requests(operation, if at == 0 { "request" } else { "" }, &mut page);
    }
    listed(&mut page, "undo", operations.iter().filter_map(|operation| operation.inverse.as_deref()));
    let Some(first) = operations.first() else { return };
    let (subject, name) = match operations.as_slice() {
        [one] => (one.subject(), one.object().1.to_owned()),
        many => {
            let all = format!("{} {}", many.len(), first.target.kind.plural());
            (all.clone(), all)
        }
    };
    let title = format!("{} {subject}?", first.action);
    let room = framed(&title, Role::BorderFocus, &page, scroll, 2, canvas, area);
    buttons(first.action, &name, button, settings, canvas, room);
}

/// Lines with one label before the first.
fn listed<'a>(page: &mut Page, label: &str, lines: impl Iterator<Item = &'a str>) {
    for (at, line) in lines.enumerate() {
        page.pair(LABELS, if at == 0 { label } else { "" }, line, Role::TextDim);
    }
}

fn subject(operations: &[Operation], cluster: &Cluster, page: &mut Page) {
    let identity = &cluster.server.identity;
    page.pair(LABELS, "context", &identity.context, Role::TextStrong);
    let server = [identity.cluster.as_str(), identity.server.as_str()];
    page.pair(LABELS, "cluster", server.join(" ").trim(), Role::Text);
    for operation in operations {
        let target = &operation.target;
        if !target.key.namespace.is_empty() {
            page.pair(LABELS, "namespace", &target.key.namespace, Role::TextStrong);
        }
        let (kind, name) = operation.object();
        page.pair(LABELS, &kind, name, Role::TextStrong);
        page.pair(
            LABELS,
            "change",
            &format!("{}: {} → {}", operation.field, operation.old, operation.new),
            Role::TextStrong,
        );
    }
}

/// What follows; of several objects what follows for all of them once, the rest by name.
fn consequences(operations: &[Operation], page: &mut Page) {
    let Some(first) = operations.first() else { return };
    let common = |sentence: &String| operations.iter().all(|it| it.consequences.contains(sentence));
    for operation in operations {
        for sentence in operation.consequences.iter().filter(|sentence| !common(sentence)) {
            bullet(page, &format!("{}: {sentence}", operation.target.key.name));
        }
    }
    for sentence in first.consequences.iter().filter(|sentence| common(sentence)) {
        bullet(page, sentence);
    }
}

fn bullet(page: &mut Page, sentence: &str) {
    page.pair(2, "·", sentence, Role::Text);
}

/// The exact requests.
fn requests(operation: &Operation, label: &str, page: &mut Page) {
    for (at, request) in operation.requests.iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        let (method, format) = match request.verb {
            RequestVerb::MergePatch => ("PATCH", "merge patch"),
            RequestVerb::StrategicMergePatch => ("PATCH", "strategic merge patch"),
            RequestVerb::JsonPatch => ("PATCH", "JSON patch"),
            RequestVerb::Create => ("POST", "JSON"),
        };
        page.pair(LABELS, label, &format!("{method} {} ({format})", request.path), Role::TextDim);
        page.pair(LABELS, "", &request.body.to_string(), Role::TextDim);
    }
}

fn buttons(action: &str, name: &str, button: Button, settings: &Settings, canvas: &mut Canvas, room: Rect) {
    let y = room.bottom().saturating_sub(1);
    let role = |which: Button| if which == button { Role::ButtonFocus } else { Role::Button };
    let verb = if settings.dry_run { "dry-run " } else { "" };
    let cancel = "[ Cancel ]";
    let confirm = format!("[ {verb}{action} {name} ]");
    let wanted = (text::width(&confirm, usize::from(room.width)) + 2 + cancel.len()) as u16;
    let mut x = room.right().saturating_sub(wanted).max(room.x);
    x += canvas.put(x, y, room.width, cancel, role(Button::Cancel)) + 2;
    canvas.put(x, y, room.right().saturating_sub(x), &confirm, role(Button::Confirm));
}
