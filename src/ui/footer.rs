//! The last line: what is being typed, else what was just said, else the keys that apply to what is selected.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::act::gerund;
use super::canvas::Canvas;
use super::detail::Tab;
use super::input::Input;
use super::keys::{self, Binding, Command, Place};
use super::mode::{Ask, Mode};
use super::palette;
use super::text;
use super::theme::Role;
use super::{Ui, Zoom};
use crate::actions::{self, Action, Prelude};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Target;

pub(crate) fn draw(ui: &Ui, target: Option<&Target>, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    if let Mode::Typing(ask, input) = &ui.mode {
        typing(ask, input, canvas, area);
        return;
    }
    let right = going_on(ui, canvas, area);
    let area = Rect { width: right.saturating_sub(area.x), ..area };
    if let Some((severity, text)) = &ui.status {
        let (glyph, role) = match severity {
            Severity::Ok => ("✔", Role::Ok),
            severity => (severity.glyph(), Role::of(*severity)),
        };
        canvas.put(area.x + 1, area.y, area.width.saturating_sub(2), &format!("{glyph} {text}"), role);
        return;
    }
    hints(ui, target, cluster, canvas, area);
}

/// Operations that the server has not yet answered, at the right; returns where they begin.
fn going_on(ui: &Ui, canvas: &mut Canvas, area: Rect) -> u16 {
    let Some(operation) = ui.performing.last() else { return area.right() };
    let more = ui.performing.len() - 1;
    let (namespace, name) = (&operation.target.key.namespace, operation.object().1);
    let place = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    let mut words = format!("{} {place}{name} …", gerund(operation.action));
    if more > 0 {
        let _ = write!(words, " and {more} more");
    }
    let left = area.x + area.width / 3;
    canvas.put_right(left, area.right().saturating_sub(1), area.y, &words, Role::Accent).saturating_sub(2)
}

/// The line that is being typed, with the cursor and what could be meant.
fn typing(ask: &Ask, input: &Input, canvas: &mut Canvas, area: Rect) {
    let (lead, hint) = match ask {
        Ask::Filter => {
            ("/".to_owned(), "regex, !not, column:text · enter keeps it, esc clears it".to_owned())
        }
        Ask::Search => ("search /".to_owned(), "n and N go on from match to match".to_owned()),
        Ask::Namespace => ("namespace: ".to_owned(), "empty is all namespaces".to_owned()),
        Ask::Command => (":".to_owned(), palette::completions(input.text()).join("  ")),
        Ask::Question(asked) => {
            (format!("{}: ", asked.text), "enter goes on, esc changes nothing".to_owned())
        }
    };
    line(&lead, input, &hint, canvas, area);
}

/// A line that is being typed, after its lead and before a hint.
pub(crate) fn line(lead: &str, input: &Input, hint: &str, canvas: &mut Canvas, area: Rect) {
    let mut x = area.x + 1;
    x += canvas.put(x, area.y, area.width * 2 / 3, lead, Role::Key);
    let room = area.right().saturating_sub(x + 1);
    let (before, at, after) = input.parts();
    // Of a long line the end before the cursor is what matters.
    let skip = before.chars().count().saturating_sub(usize::from(room.saturating_sub(8)));
    let before: String = before.chars().skip(skip).collect();
    x += canvas.put(x, area.y, area.right().saturating_sub(x), &before, Role::Prompt);
    let cursor = canvas.style(Role::Prompt).add_modifier(ratatui::style::Modifier::REVERSED);
    let under = if at.is_empty() { " " } else { at };
    x += canvas.put_styled(x, area.y, area.right().saturating_sub(x), under, cursor);
    x += canvas.put(x, area.y, area.right().saturating_sub(x), after, Role::Prompt);
    x += 2;
    canvas.put(x, area.y, area.right().saturating_sub(x + 1), hint, Role::TextDim);
}

/// One key and its word; whether it does anything here.
struct Hint {
    key: String,
    word: &'static str,
    enabled: bool,
}

/// The keys of this place; those that always help stand at the right and never give way. Where there is not room for
/// all, those that do nothing here go first.
fn hints(ui: &Ui, target: Option<&Target>, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let all: Vec<(&Binding, Hint)> = keys::at(ui.place())
        .filter_map(|binding| hint(ui, binding, target, cluster).map(|hint| (binding, hint)))
        .collect();
    let fixed = |binding: &Binding| matches!(binding.command, Command::Help | Command::BackOrQuit);
    let (right, mut left): (Vec<_>, Vec<_>) = all.into_iter().partition(|(binding, _)| fixed(binding));
    let width = |hint: &Hint| (text::width(&hint.key, 40) + text::width(hint.word, 40) + 3) as u16;
    let reserved: u16 = right.iter().map(|(_, hint)| width(hint)).sum();
    let mut x = area.x + 1;
    let end = area.right().saturating_sub(reserved);
    while x + left.iter().map(|(_, hint)| width(hint)).sum::<u16>() > end {
        let Some(at) = left.iter().rposition(|(_, hint)| !hint.enabled) else { break };
        left.remove(at);
    }
    for (_, hint) in &left {
        if x + width(hint) <= end {
            x = put(hint, canvas, x, area.y);
        }
    }
    let mut x = end;
    for (_, hint) in &right {
        x = put(hint, canvas, x, area.y);
    }
}

fn put(hint: &Hint, canvas: &mut Canvas, x: u16, y: u16) -> u16 {
    let (key, word) =
        if hint.enabled { (Role::Key, Role::Text) } else { (Role::KeyDisabled, Role::KeyDisabled) };
    let x = x + canvas.put(x, y, 40, &hint.key, key) + 1;
    x + canvas.put(x, y, 40, hint.word, word) + 2
}

/// Whether an action, or another one that its key offers, can be done.
fn applies(action: &Action, cluster: &Cluster, target: &Target) -> bool {
    let does = |action: &Action| (action.applies)(cluster, target).is_ok();
    let offered =
        (action.offers)(target).iter().filter_map(|name| actions::ALL.get(actions::numbered(name)?));
    does(action) || offered.copied().any(does)
}

/// What the footer says of a binding; nothing when it makes no sense on this screen.
fn hint(ui: &Ui, binding: &Binding, target: Option<&Target>, cluster: &Cluster) -> Option<Hint> {
    let mut word = binding.word?;
    let tab = ui.details.last().map(|detail| detail.tab);
    let table = tab.is_none_or(|tab| tab == Tab::Pods);
    let enabled = match binding.command {
        Command::Open | Command::TroubledOnly if !table => return None,
        Command::Open => target.is_some(),
        Command::Next if tab.is_none() && ui.zoom == Zoom::Focused => return None,
        Command::Filter if tab == Some(Tab::Yaml) => {
            word = "search";
            true
        }
        Command::BackOrQuit if tab.is_some() => {
            word = "back";
            true
        }
        Command::Act(at) => {
            let action = actions::ALL.get(at)?;
            let may = !ui.settings.read_only || action.prelude == Prelude::WhatIf;
            may && target.is_some_and(|target| applies(action, cluster, target))
        }
        _ => true,
    };
    let confirming = ui.place() == Place::Confirm && matches!(ui.mode, Mode::Checking(_));
    if confirming && binding.command != Command::No {
        return None;
    }
    let key = binding.chords.first()?.name();
    Some(Hint { key, word, enabled })
}
