//! Writing onto the screen's cells: texts, fills and frames, always clipped and never raw. It decides nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::text;
use super::theme::{Role, Theme};

/// The most characters that one cell holds: a letter and a few accents.
const MOST_PER_CELL: usize = 4;

/// The screen's cells and the theme that colours them.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    pub(crate) fn area(&self) -> Rect {
        self.buffer.area
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Empties an area and gives it the theme's background.
    pub(crate) fn clear(&mut self, area: Rect) {
        let style = self.style(Role::Text);
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Gives what stands in an area one style, whatever it had before.
    pub(crate) fn tint(&mut self, area: Rect, role: Role) {
        let style = self.whole(self.style(role));
        for position in area.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.modifier = Modifier::empty();
                cell.set_style(style);
            }
        }
    }

    /// A style with the theme's text under it, so that nothing of what was drawn before shines through.
    fn whole(&self, style: Style) -> Style {
        Style::reset().patch(self.style(Role::Text)).patch(style)
    }

    /// Writes a text into at most `most` cells of a line, cut with `…`; returns how many cells it took.
    pub(crate) fn put(&mut self, x: u16, y: u16, most: u16, text: &str, role: Role) -> u16 {
        self.put_styled(x, y, most, text, self.style(role))
    }

    /// Like [`Self::put`], in any style.
    pub(crate) fn put_styled(&mut self, x: u16, y: u16, most: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if x < area.x || x >= area.right() || y < area.y || y >= area.bottom() {
            return 0;
        }
        let most = usize::from(most.min(area.right() - x));
        let fits = text::width(text, most) <= most;
        let room = if fits { most } else { most.saturating_sub(1) };
        let mut used = self.run(x, y, room, text, style);
        if !fits && most > 0 {
            self.set(x + used, y, "…", style);
            used += 1;
        }
        used
    }

    /// Writes characters until the room is used up.
    fn run(&mut self, x: u16, y: u16, room: usize, text: &str, style: Style) -> u16 {
        let mut used = 0_u16;
        let mut last = None;
        for (c, width) in text::glyphs(text) {
            if width == 0 {
                if let Some(at) = last {
                    self.join(at, y, c);
                }
                continue;
            }
            if usize::from(used) + width > room {
                break;
            }
            let at = x + used;
            self.set(at, y, c.encode_utf8(&mut [0; 4]), style);
            for under in 1..width as u16 {
                self.set(at + under, y, " ", style);
            }
            last = Some(at);
            used += width as u16;
        }
        used
    }

    /// Adds a combining character to a cell, unless it already has its share.
    fn join(&mut self, x: u16, y: u16, c: char) {
        if let Some(cell) = self.buffer.cell_mut((x, y))
            && cell.symbol().chars().count() < MOST_PER_CELL
        {
            let mut symbol = cell.symbol().to_owned();
            symbol.push(c);
            cell.set_symbol(&symbol);
        }
    }

    /// Sets one cell; `symbol` must be one of ours or have passed [`text::shown`].
    pub(crate) fn set(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        let style = self.whole(style);
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol);
            cell.modifier = Modifier::empty();
            cell.set_style(style);
        }
    }

    /// Writes a text so that it ends before `right`, leaving out what is left of `left`; returns where it begins.
    pub(crate) fn put_right(&mut self, left: u16, right: u16, y: u16, text: &str, role: Role) -> u16 {
        let room = right.saturating_sub(left);
        let width = text::width(text, usize::from(room)).min(usize::from(room)) as u16;
        let x = right.saturating_sub(width);
        self.put(x, y, width, text, role);
        x
    }

    /// Draws a frame with round corners; returns what is inside.
    pub(crate) fn frame(&mut self, area: Rect, role: Role) -> Rect {
        let style = self.style(role);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
        for x in left + 1..right {
            self.set(x, top, "─", style);
            self.set(x, bottom, "─", style);
        }
        for y in top + 1..bottom {
            self.set(left, y, "│", style);
            self.set(right, y, "│", style);
        }
        for (x, y, corner) in [(left, top, "╭"), (right, top, "╮"), (left, bottom, "╰"), (right, bottom, "╯")]
        {
            self.set(x, y, corner, style);
        }
        Rect { x: left + 1, y: top + 1, width: area.width - 2, height: area.height - 2 }
    }
}
