//! A pane on screen: frame, title, remarks, rows, or why there are none.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::foot;
use super::freshness;
use super::layout::Tone;
use super::page::{Page, Scroll};
use super::pane::{Only, Pane, Source};
use super::table::{self, Window};
use super::text;
use super::theme::Role;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::views::View;

/// Where and how a pane is drawn.
pub(crate) struct Frame<'a> {
    /// The key that goes to it.
    pub(crate) number: Option<usize>,
    pub(crate) tone: Tone,
    pub(crate) scope: &'a Scope,
    pub(crate) area: Rect,
}

pub(crate) fn draw(pane: &mut Pane, frame: &Frame, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas) {
    let border = if frame.tone == Tone::Focused { Role::BorderFocus } else { Role::Border };
    let inner = canvas.frame(frame.area, border);
    if inner.height == 0 {
        return;
    }
    let left = title(pane, frame, canvas);
    remarks(pane, cluster, now, canvas, frame.area, left);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let inner = banner(pane, canvas, inner);
    let (inner, below) = match frame.tone {
        Tone::Focused => foot::split(pane, inner),
        Tone::Quiet => (inner, Rect::default()),
    };
    pane.fit(usize::from(inner.height.saturating_sub(1)));
    if pane.is_empty() {
        emptiness(pane, frame, cluster, now, canvas, inner);
        return;
    }
    let old = cluster.server.unreachable.is_some()
        || kinds(pane.source).iter().any(|kind| freshness::is_old(*kind, cluster));
    let rows = pane.visible();
    let marked: Vec<bool> = rows.iter().map(|row| pane.is_marked(row)).collect();
    let window = Window {
        columns: pane.source.columns(),
        rows: &rows,
        marked: &marked,
        selected: pane
            .selected()
            .filter(|_| frame.tone == Tone::Focused)
            .and_then(|at| at.checked_sub(pane.top)),
        sort: pane.sort,
        veil: old.then_some(Role::Stale),
    };
    let left_out = table::draw(&window, now, canvas, inner);
    foot::draw(pane, now, canvas, below);
    bottom(pane, left_out, canvas, frame.area, border);
}

/// So many rows are left room, whatever is to be said above them.
const LEFT: usize = 4;

/// Draws what is to be said above the rows; returns the rest of the area.
fn banner(pane: &Pane, canvas: &mut Canvas, area: Rect) -> Rect {
    let (lines, more) = pane.banner();
    let room = usize::from(area.height).saturating_sub(1 + pane.len().min(LEFT));
    let shown = lines.len().min(room);
    let more = more + lines.len() - shown;
    for (notice, y) in lines[..shown].iter().zip(area.y..) {
        let role = Role::of(notice.severity);
        let mut right = area.right();
        if let Source::View(View { banner: Some(banner), .. }) = pane.source
            && more > 0
            && usize::from(y - area.y) + 1 == shown
        {
            let rest = format!(" +{more} more, :{}", banner.more);
            right = canvas.put_right(area.x + area.width / 2, right, y, &rest, Role::Key);
        }
        let x = area.x + canvas.put(area.x, y, 1, notice.severity.glyph(), role) + 1;
        canvas.put(x, y, right.saturating_sub(x), &notice.text, role);
    }
    let used = shown as u16;
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// The kinds that a pane's rows are computed from; the first one fills them.
fn kinds(source: Source) -> Vec<Kind> {
    match source {
        Source::View(view) if view.kinds.is_empty() => view.rows.kind().into_iter().collect(),
        Source::View(view) => view.kinds.to_vec(),
        Source::Findings => Kind::ALL.to_vec(),
    }
}

/// Draws the title; returns where it ends.
fn title(pane: &Pane, frame: &Frame, canvas: &mut Canvas) -> u16 {
    let area = frame.area;
    let right = area.right().saturating_sub(2);
    let mut x = area.x + 2;
    let role = if frame.tone == Tone::Focused { Role::TitleFocus } else { Role::Title };
    let mark = if frame.tone == Tone::Focused { "▸ " } else { " " };
    let mut pieces = vec![(mark.to_owned(), role)];
    if let Some(number) = frame.number {
        pieces.push((format!("{number} "), Role::TextDim));
    }
    pieces.push((pane.source.title().to_owned(), role));
    pieces.push((format!(" {}", pane.len()), Role::TextDim));
    let marked = pane.marks();
    if marked > 0 {
        pieces.push((format!("  {} {marked} marked", table::MARK), Role::Accent));
    }
    if !pane.filter.is_empty() {
        pieces.push((format!("  /{}", pane.filter.text()), Role::Prompt));
    }
    if pane.only == Only::Troubled {
        pieces.push(("  trouble only".into(), Role::Prompt));
    }
    if pane.hidden() > 0 {
        pieces.push((format!(" ({} hidden)", pane.hidden()), Role::TextDim));
    }
    pieces.push((" ".into(), role));
    for (text, role) in pieces {
        x += canvas.put(x, area.y, right.saturating_sub(x), &text, role);
    }
    x
}

/// What is to be said of the data besides the rows, at the right of the title; as much as there is room for.
fn remarks(pane: &Pane, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, area: Rect, left: u16) {
    let mut seen = Vec::new();
    let mut right = area.right().saturating_sub(2);
    let remarks: Vec<_> = match pane.source {
        Source::View(_) => {
            kinds(pane.source).into_iter().filter_map(|kind| freshness::remark(kind, cluster, now)).collect()
        }
        Source::Findings => freshness::completeness(cluster, now).into_iter().collect(),
    };
    for (words, role) in remarks {
        let needed = text::width(&words, 200) as u16 + 2;
        if seen.contains(&words) || right.saturating_sub(left + 1) < needed {
            continue;
        }
        right = canvas.put_right(left, right, area.y, &format!(" {words} "), role).saturating_sub(1);
        seen.push(words);
    }
}

/// Why there are no rows.
fn emptiness(pane: &Pane, frame: &Frame, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, area: Rect) {
    let name = match pane.source {
        Source::View(view) => view.rows.plural(),
        Source::Findings => "findings",
    };
    let absence = match pane.source {
        Source::View(_) => {
            kinds(pane.source).first().and_then(|kind| freshness::absence(*kind, cluster, now))
        }
        Source::Findings => None,
    };
    let (texts, role) = if pane.hidden() > 0 {
        let again = if pane.hidden() == 1 { "it" } else { "them" };
        let hidden = text::counted(pane.hidden(), "row");
        (vec![format!("Hidden: {hidden}. Esc shows {again} again.")], Role::TextDim)
    } else if let Some(absence) = absence {
        absence
    } else {
        nothing(pane.source, name, pane.elsewhere(), frame.scope, cluster, now)
    };
    let mut words = Page::new(area.width.saturating_sub(1));
    for text in texts {
        words.paragraph(1, &text, role);
    }
    words.draw(canvas, area, &mut Scroll::default());
}

/// There are no rows, and nothing is wrong with the data.
fn nothing(
    source: Source,
    name: &str,
    elsewhere: usize,
    scope: &Scope,
    cluster: &Cluster,
    now: Timestamp,
) -> (Vec<String>, Role) {
    let (text, role) = match (source, &scope.namespace) {
        (_, Some(namespace)) if elsewhere > 0 => (
            format!(
                "No {name} in namespace {namespace}, {elsewhere} in others: 0 shows all, n asks for another."
            ),
            Role::TextDim,
        ),
        (Source::View(_), _) => (format!("No {name}."), Role::TextDim),
        (Source::Findings, _) if freshness::completeness(cluster, now).is_some() => {
            ("Nothing found so far, but not everything could be looked at.".into(), Role::TextDim)
        }
        (Source::Findings, _) => ("Nothing is wrong, as far as foretop can see.".into(), Role::Ok),
    };
    (vec![text], role)
}

/// Left-out columns and the position, in the lower edge of the frame.
fn bottom(pane: &Pane, left_out: usize, canvas: &mut Canvas, area: Rect, border: Role) {
    let y = area.bottom() - 1;
    let (left, mut right) = (area.x + 2, area.right().saturating_sub(2));
    let rows = pane.len();
    if rows > pane.height {
        let place = format!(" {}-{}/{rows} ", pane.top + 1, (pane.top + pane.height).min(rows));
        right = canvas.put_right(left, right, y, &place, Role::TextDim);
        thumb(pane, rows, canvas, area, border);
    }
    if left_out > 0 {
        let text = format!(" +{}: enter ", text::counted(left_out, "column"));
        canvas.put(left, y, right.saturating_sub(left + 1), &text, Role::TextDim);
    }
}

/// The scroll position as a heavier stretch of the right edge.
fn thumb(pane: &Pane, rows: usize, canvas: &mut Canvas, area: Rect, border: Role) {
    let track = usize::from(area.height.saturating_sub(2));
    let length = (track * pane.height / rows).max(1);
    let from = (track - length.min(track)) * pane.top / (rows - pane.height).max(1);
    let style = canvas.style(border);
    for at in from..(from + length).min(track) {
        canvas.set(area.right() - 1, area.y + 1 + at as u16, "┃", style);
    }
}
