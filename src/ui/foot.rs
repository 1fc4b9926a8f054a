//! What the selected row says in full, below the rows of a pane: what a narrow screen cuts in its cells. It chooses
//! nothing; the view names the columns.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::layout;
use super::page::{Page, Scroll};
use super::pane::{Pane, Source};
use super::theme::Role;
use crate::model::table::Table;

/// The most lines that it takes, the rule above it included.
const MOST: u16 = 12;
/// So many lines it would like where panes share the screen.
const WISH: usize = 5;
/// With less room it is left out: a rule and one line.
const LEAST: u16 = 2;
/// The column of the columns' titles.
const LABELS: usize = 12;

/// Takes the room for it from the lower end of an area; returns what is left for the rows, and the room.
///
/// On narrow screens, where cells are cut, it may take a third; on wide ones only what the rows leave.
pub(super) fn split(pane: &Pane, area: Rect) -> (Rect, Rect) {
    let rows = u16::try_from(pane.len()).unwrap_or(u16::MAX).saturating_add(1);
    let spare = area.height.saturating_sub(rows);
    let most = if layout::roomy(area.width) { spare } else { spare.max(area.height / 3) };
    let height = if wish(pane) == 0 || most < LEAST { 0 } else { most.min(MOST) };
    let above = Rect { height: area.height - height, ..area };
    (above, Rect { y: above.bottom(), height, ..area })
}

/// How many lines it would like, when its pane has the keys.
pub(super) fn wish(pane: &Pane) -> usize {
    if columns(pane).is_empty() || pane.is_empty() { 0 } else { WISH }
}

/// The columns that are said in full.
fn columns(pane: &Pane) -> &'static [&'static str] {
    match pane.source {
        Source::View(view) => view.foot,
        Source::Findings => &[],
    }
}

/// Draws it for the selected row; more than there is room for is in the row's detail, which a mark says.
pub(super) fn draw(pane: &Pane, now: Timestamp, canvas: &mut Canvas, area: Rect) {
    let Some(row) = pane.selected_row().filter(|_| area.height >= LEAST) else { return };
    let rule = "─".repeat(usize::from(area.width));
    canvas.put(area.x, area.y, area.width, &rule, Role::Border);
    canvas.put(
        area.x + 1,
        area.y,
        area.width.saturating_sub(2),
        &format!(" {} ", row.subject.key()),
        Role::TextDim,
    );
    let mut words = Page::new(area.width);
    for id in columns(pane) {
        let Some(at) = Table::column(pane.source.columns(), id) else { continue };
        let (Some(column), Some(cell)) = (pane.source.columns().get(at), row.cells.get(at)) else { continue };
        words.pair(LABELS, column.title, &cell.value.show(now), Role::of(cell.severity));
    }
    let text = Rect { y: area.y + 1, height: area.height - 1, ..area };
    words.draw(canvas, text, &mut Scroll::default());
    if words.len() > usize::from(text.height) {
        canvas.put_right(area.x, area.right(), area.bottom() - 1, " … enter", Role::Key);
    }
}
