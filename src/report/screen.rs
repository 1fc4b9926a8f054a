//! `-o screen`: exactly the characters that the live screen draws, without colours.

use ratatui::buffer::Buffer;

use super::{Format, Render};

/// The screen format.
pub const FORMAT: Format =
    Format { name: "screen", about: "what the live screen draws, as text", render: Render::Screen(render) };

fn render(buffer: &Buffer, _title: &str) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in buffer.area.left()..buffer.area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            // The cell after a wide character holds nothing of its own.
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
