//! Pages: running text with headings and labels, wrapped to a width, drawn from any line on. It holds no input.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::keys::Command;
use super::text;
use super::theme::Role;

/// How far a page is scrolled, and how long it was when it was last drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The first visible line.
    pub top: usize,
    height: usize,
    length: usize,
}

impl Scroll {
    /// Scrolls; tells whether the command scrolls anything.
    pub fn go(&mut self, command: Command) -> bool {
        let page = self.height.max(2) - 1;
        self.top = match command {
            Command::Down => self.top + 1,
            Command::Up => self.top.saturating_sub(1),
            Command::PageDown => self.top + page,
            Command::PageUp => self.top.saturating_sub(page),
            Command::Top => 0,
            Command::Bottom => self.length,
            _ => return false,
        };
        self.top = self.top.min(self.length.saturating_sub(self.height));
        true
    }

    /// Scrolls as little as needed to have a line on screen.
    pub fn show(&mut self, line: usize) {
        if line < self.top {
            self.top = line;
        } else if line >= self.top + self.height.max(1) {
            self.top = line + 1 - self.height.max(1);
        }
    }

    /// Remembers what was drawn; a page that became shorter scrolls back.
    pub fn fit(&mut self, height: usize, length: usize) {
        (self.height, self.length) = (height, length);
        self.top = self.top.min(length.saturating_sub(height));
    }

    /// `12-34/500`, when not everything is visible.
    pub fn place(&self) -> Option<String> {
        (self.length > self.height && self.height > 0)
            .then(|| format!("{}-{}/{}", self.top + 1, self.top + self.height, self.length))
    }
}

/// A text in one role.
type Piece = (String, Role);

/// Lines of a page, already wrapped.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    width: usize,
    lines: Vec<Vec<Piece>>,
}

impl Page {
    pub(crate) fn new(width: u16) -> Self {
        Self { width: usize::from(width), lines: Vec::new() }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    pub(crate) fn heading(&mut self, heading: &str) {
        self.blank();
        self.lines.push(vec![(text::cut(heading, self.width), Role::Heading)]);
    }

    /// A line of pieces that is not wrapped.
    pub(crate) fn line(&mut self, pieces: Vec<Piece>) {
        self.lines.push(pieces);
    }

    /// Running text, indented.
    pub(crate) fn paragraph(&mut self, indent: usize, paragraph: &str, role: Role) {
        let lead = " ".repeat(indent);
        for line in text::wrap(paragraph, self.width.saturating_sub(indent)) {
            self.lines.push(vec![(lead.clone(), Role::Text), (line, role)]);
        }
    }

    /// A label in a column of `column` cells and its text beside it, wrapped there; a label that is wider than its
    /// column stands above.
    pub(crate) fn pair(&mut self, column: usize, label: &str, value: &str, role: Role) {
        // On a very narrow page the column gives way to the text.
        let column = column.min(self.width / 2);
        let mut label = label.to_owned();
        if text::width(&label, column) >= column {
            let indent = label.chars().take_while(|c| *c == ' ').count();
            self.paragraph(indent, &label, Role::Label);
            label.clear();
        }
        for line in text::wrap(value, self.width.saturating_sub(column)) {
            let gap = column.saturating_sub(text::width(&label, column));
            let lead = format!("{label}{}", " ".repeat(gap));
            self.lines.push(vec![(lead, Role::Label), (line, role)]);
            label.clear();
        }
    }

    /// A mark and its text beside it, both in one role.
    pub(crate) fn marked(&mut self, mark: &str, value: &str, role: Role) {
        let mut lead = format!("{mark} ");
        for line in text::wrap(value, self.width.saturating_sub(2)) {
            self.lines.push(vec![(lead, role), (line, role)]);
            lead = "  ".into();
        }
    }

    /// Draws the visible lines.
    pub(crate) fn draw(&self, canvas: &mut Canvas, area: Rect, scroll: &mut Scroll) {
        scroll.fit(usize::from(area.height), self.lines.len());
        let visible = self.lines.iter().skip(scroll.top).take(usize::from(area.height));
        for (y, line) in (area.y..).zip(visible) {
            let mut x = area.x;
            for (text, role) in line {
                x += canvas.put(x, y, area.right().saturating_sub(x), text, *role);
            }
        }
    }
}
