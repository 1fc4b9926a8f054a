//! The help: the panes and their questions, the columns of the focused one, and every key from the key table.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::keys::{self, Place};
use super::page::{Page, Scroll};
use super::palette;
use super::pane::Source;
use super::theme::Role;
use crate::model::finding::Severity;
use crate::views;

/// The column of keys and names.
const LABELS: usize = 20;

pub(crate) fn draw(focused: Option<Source>, scroll: &mut Scroll, canvas: &mut Canvas, area: Rect) {
    let width = area.width.saturating_sub(4).min(100);
    let outer = super::layout::centred(area, width, area.height.saturating_sub(2));
    canvas.clear(outer);
    let inner = canvas.frame(outer, Role::BorderFocus);
    canvas.put(outer.x + 2, outer.y, width.saturating_sub(4), " help ", Role::TitleFocus);
    let text = Rect { x: inner.x + 2, width: inner.width.saturating_sub(4), ..inner };
    let page = page(text.width, focused);
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
}

fn page(width: u16, focused: Option<Source>) -> Page {
    let mut page = Page::new(width);
    page.heading("The panes and their questions");
    for view in views::ALL {
        page.pair(LABELS, view.title, view.question, Role::Text);
    }
    page.pair(LABELS, "findings", "What is wrong, what happens next, and what mends it?", Role::Text);
    for (place, title, _) in Place::ALL {
        page.heading(title);
        for binding in keys::introduced_at(place) {
            page.pair(LABELS, &binding.names(), &binding.help, Role::Text);
        }
    }
    page.heading("Commands");
    page.pair(LABELS, ":", &palette::words().join("  "), Role::Text);
    if let Some(source) = focused {
        page.heading(&format!("Columns of {}", source.title()));
        for column in source.columns() {
            page.pair(LABELS, column.title, column.about, Role::Text);
        }
    }
    page.heading("Marks");
    for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
        page.pair(LABELS, severity.glyph(), severity.word(), Role::of(severity));
    }
    page
}
