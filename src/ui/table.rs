//! The table on screen: only visible rows become cells, columns give way by rank, and every cut is marked. It neither
//! sorts nor filters.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::text;
use super::theme::Role;
use crate::model::finding::Severity;
use crate::model::table::{Align, COMFORTABLE, Column, Row, SortBy};

/// Cells between columns.
const GAP: u16 = 2;
/// Cells before the first column: the severity's glyph and a space.
const GUTTER: u16 = 2;
/// Before a marked row.
pub(crate) const MARK: &str = "◆";
/// Columns of this rank and below say what their view is about.
const TELLING: u8 = 1;
/// No column is narrower than this.
const NARROWEST: u16 = 6;

/// The rows to draw.
pub(crate) struct Window<'a> {
    pub(crate) columns: &'static [Column],
    /// Only the visible rows.
    pub(crate) rows: &'a [&'a Row],
    /// The selected one among them.
    pub(crate) selected: Option<usize>,
    /// Which of them are marked.
    pub(crate) marked: &'a [bool],
    pub(crate) sort: SortBy,
    /// Laid over every row, when the data may be old.
    pub(crate) veil: Option<Role>,
}

/// A column on screen: which one, and how wide.
type Fitted = Vec<(usize, u16)>;

/// Draws headings and rows; returns how many columns were left out.
pub(crate) fn draw(window: &Window, now: Timestamp, canvas: &mut Canvas, area: Rect) -> usize {
    let texts: Vec<Vec<Cow<str>>> =
        window.rows.iter().map(|row| row.cells.iter().map(|cell| cell.value.show(now)).collect()).collect();
    let wanted = widths(window, &texts);
    let fitted = fit(window.columns, &wanted, area.width.saturating_sub(GUTTER));
    headings(window, &fitted, canvas, area);
    for ((at, row), texts) in window.rows.iter().enumerate().zip(&texts) {
        let y = area.y + 1 + at as u16;
        if y >= area.bottom() {
            break;
        }
        let line = Rect { y, height: 1, ..area };
        canvas.put(line.x, y, 1, row.severity.glyph(), Role::of(row.severity));
        if window.marked.get(at) == Some(&true) {
            // In the space beside the frame, so that nothing moves when a row is marked.
            canvas.put(line.x.saturating_sub(1), y, 1, MARK, Role::Accent);
        }
        cells(window, (row, texts), &fitted, now, canvas, line);
        if let Some(veil) = window.veil {
            canvas.tint(line, veil);
        }
        if window.selected == Some(at) {
            canvas.tint(line, Role::Selection);
        }
    }
    window.columns.len() - fitted.len()
}

/// How wide each column would like to be.
fn widths(window: &Window, texts: &[Vec<Cow<str>>]) -> Vec<u16> {
    let wanted = window.columns.iter().enumerate().map(|(at, column)| {
        let marker = if marker(window.sort, at).is_some() { 2 } else { 0 };
        let most = usize::from(column.widest.max(1));
        let cells = texts.iter().filter_map(|row| row.get(at)).map(|text| text::width(text, most).min(most));
        let heading = text::width(column.title, 200) + marker;
        cells.max().unwrap_or(0).max(heading) as u16
    });
    wanted.collect()
}

fn marker(sort: SortBy, column: usize) -> Option<&'static str> {
    match sort {
        SortBy::Up(at) if at == column => Some("▲"),
        SortBy::Down(at) if at == column => Some("▼"),
        _ => None,
    }
}

fn total(fitted: &Fitted) -> u16 {
    let gaps = GAP.saturating_mul((fitted.len() as u16).saturating_sub(1));
    fitted.iter().fold(gaps, |sum, (_, width)| sum.saturating_add(*width))
}

/// Chooses columns and widths: long ones shrink to a comfortable width, then those of the highest rank give way, then
/// what remains shrinks further; room that is left goes back to those that were shrunk.
fn fit(columns: &[Column], wanted: &[u16], room: u16) -> Fitted {
    let mut fitted: Fitted = wanted.iter().copied().enumerate().collect();
    shrink(&mut fitted, room, |at| columns[at].comfortable);
    // A little discomfort is better than to lose what a view is about.
    give_way(&mut fitted, columns, room, TELLING);
    shrink(&mut fitted, room, |at| columns[at].comfortable.min(COMFORTABLE));
    give_way(&mut fitted, columns, room, 0);
    shrink(&mut fitted, room, |_| NARROWEST);
    while total(&fitted) > room && fitted.len() > 1 {
        fitted.pop();
    }
    if let [(_, width)] = fitted.as_mut_slice() {
        *width = (*width).min(room);
    }
    grow(&mut fitted, wanted, room);
    fitted
}

/// Takes columns out, those of the highest rank first, until the others fit or none is above `rank`.
fn give_way(fitted: &mut Fitted, columns: &[Column], room: u16, rank: u8) {
    while total(fitted) > room && fitted.len() > 1 {
        let highest = fitted.iter().map(|(at, _)| columns[*at].rank).max().unwrap_or(0);
        match fitted.iter().rposition(|(at, _)| columns[*at].rank == highest) {
            Some(at) if highest > rank => drop(fitted.remove(at)),
            _ => break,
        }
    }
}

/// Takes from the widest column until everything fits, as long as each stays as wide as it must.
fn shrink(fitted: &mut Fitted, room: u16, must: impl Fn(usize) -> u16) {
    while total(fitted) > room {
        let over = total(fitted) - room;
        let mut order: Vec<u16> = fitted.iter().map(|(_, width)| *width).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let spare = fitted.iter_mut().filter(|(at, width)| *width > must(*at));
        let Some((at, widest)) = spare.max_by_key(|(_, width)| *width) else { return };
        let least = must(*at);
        // Down to the next widest at once, so that equal ones shrink evenly from there on.
        let next = order.get(1).copied().unwrap_or(0).max(least);
        let step = widest.saturating_sub(next).max(1).min(over);
        *widest -= step;
    }
}

/// Gives room that is left to columns that are narrower than they would like to be.
fn grow(fitted: &mut Fitted, wanted: &[u16], room: u16) {
    let mut left = room.saturating_sub(total(fitted));
    for (at, width) in fitted {
        let more = wanted[*at].saturating_sub(*width).min(left);
        *width += more;
        left -= more;
    }
}

fn headings(window: &Window, fitted: &Fitted, canvas: &mut Canvas, area: Rect) {
    let mut x = area.x + GUTTER;
    for (at, width) in fitted {
        let column = &window.columns[*at];
        let (text, role) = match marker(window.sort, *at) {
            Some(marker) => (format!("{} {marker}", column.title), Role::HeaderSort),
            None => (column.title.to_owned(), Role::Header),
        };
        place(canvas, Place { x, y: area.y, width: *width, align: column.align }, &text, canvas.style(role));
        x += width + GAP;
    }
}

/// A row with what it says.
type Said<'a> = (&'a Row, &'a [Cow<'a, str>]);

fn cells(
    window: &Window,
    (row, texts): Said,
    fitted: &Fitted,
    now: Timestamp,
    canvas: &mut Canvas,
    line: Rect,
) {
    let mut x = line.x + GUTTER;
    for (at, width) in fitted {
        if let (Some(cell), Some(text)) = (row.cells.get(*at), texts.get(*at)) {
            let role = match cell.severity {
                _ if cell.value.is_old(now) => Role::Stale,
                Severity::Ok if *at == 0 => Role::TextStrong,
                severity => Role::of(severity),
            };
            let place_at = Place { x, y: line.y, width: *width, align: window.columns[*at].align };
            place(canvas, place_at, text, canvas.style(role));
        }
        x += width + GAP;
    }
}

/// A cell's place on screen.
#[derive(Clone, Copy)]
struct Place {
    x: u16,
    y: u16,
    width: u16,
    align: Align,
}

fn place(canvas: &mut Canvas, at: Place, text: &str, style: Style) {
    let used = text::width(text, usize::from(at.width)).min(usize::from(at.width)) as u16;
    let x = match at.align {
        Align::Left => at.x,
        Align::Right => at.x + at.width - used,
    };
    canvas.put_styled(x, at.y, at.width - (x - at.x), text, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(rank: u8) -> Column {
        Column::text("x", "X", rank, 60, "")
    }
    const COLUMNS: &[Column] = &[column(0), column(2), column(1), column(0)];

    #[test]
    fn what_a_view_is_about_is_narrowed_before_it_gives_way() {
        let columns = [column(0), column(1).comfortable(40), column(2)];
        let fits = |room| fit(&columns, &[20, 45, 10], room).iter().map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(fits(75), [0, 1, 2], "shrunk to what is comfortable");
        assert_eq!(fits(50), [0, 1], "less telling ones go first");
        assert_eq!(fits(46), [0, 1], "then it is narrowed");
        assert_eq!(fits(40), [0], "and gives way at last");
    }

    #[test]
    fn long_columns_shrink_first_then_the_highest_rank_gives_way() {
        for (room, expected) in [
            (200, vec![(0, 10), (1, 40), (2, 10), (3, 10)]),
            (70, vec![(0, 10), (1, 34), (2, 10), (3, 10)]),
            (50, vec![(0, 10), (2, 10), (3, 10)]),
            (24, vec![(0, 10), (3, 10)]),
            (16, vec![(0, 7), (3, 7)]),
            (8, vec![(0, 8)]),
            (0, vec![(0, 0)]),
        ] {
            assert_eq!(fit(COLUMNS, &[10, 40, 10, 10], room), expected, "{room}");
        }
    }
}
