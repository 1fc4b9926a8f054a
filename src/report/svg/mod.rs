//! A screen as an SVG picture: every word at its own cell, lines drawn as lines, so that no font can shift anything.
//! It reads cells and knows nothing of what they show.

mod colors;
mod strokes;

use super::{Format, Render};
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

use colors::{GROUND, INK, Rgb, hex, mix, rgb};

/// The size of a cell and of its font, in pixels.
const CELL: (u32, u32) = (9, 20);
const FONT: u32 = 15;
/// From a cell's top to its base line.
const BASELINE: u32 = 15;
/// Around the cells, and above them for the title.
const MARGIN: u32 = 16;
const BAR: u32 = 36;

/// A cell's colours and weight as the picture shows them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    ink: Rgb,
    ground: Rgb,
    modifier: Modifier,
}

/// The SVG format.
pub const FORMAT: Format =
    Format { name: "svg", about: "what the live screen draws, as a picture", render: Render::Screen(svg) };

/// The picture of a screen.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + MARGIN + BAR);
    let page = buffer.content().first().map_or(GROUND, |cell| look(cell).ground);
    let light = u32::from(page.0) + u32::from(page.1) + u32::from(page.2) > 3 * 128;
    let faint = mix(if light { GROUND } else { INK }, page, 45);
    let title = escape(title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"'DejaVu Sans Mono','Cascadia Mono',ui-monospace,SFMono-Regular,Menlo,Consolas,monospace\" \
         font-size=\"{FONT}\" role=\"img\">\n<title>{title}</title>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"9\" fill=\"{}\" stroke=\"{}\" stroke-opacity=\"0.5\"/>\n",
        width - 1,
        height - 1,
        hex(page),
        hex(faint)
    );
    for (at, color) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let _ = writeln!(out, "<circle cx=\"{}\" cy=\"18\" r=\"6\" fill=\"{color}\"/>", 22 + 20 * at);
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"23\" text-anchor=\"middle\" font-size=\"13\" fill=\"{}\">{title}</text>",
        width / 2,
        hex(faint)
    );
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {BAR})\">");
    for y in 0..buffer.area.height {
        row(buffer, y, page, &mut out);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// One line of cells: first the grounds, then what stands on them.
fn row(buffer: &Buffer, y: u16, page: Rgb, out: &mut String) {
    let cells: Vec<(&Cell, Look)> = (0..buffer.area.width)
        .filter_map(|x| buffer.cell((buffer.area.x + x, buffer.area.y + y)))
        .map(|cell| (cell, look(cell)))
        .collect();
    let top = u32::from(y) * CELL.1;
    let mut from = 0;
    for run in cells.chunk_by(|a, b| a.1.ground == b.1.ground) {
        let ground = run[0].1.ground;
        if ground != page {
            let (x, width) = (from as u32 * CELL.0, run.len() as u32 * CELL.0);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>",
                CELL.1,
                hex(ground)
            );
        }
        from += run.len();
    }
    words(&cells, top, out);
}

/// What is drawn for a cell.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Nothing,
    /// Part of a word.
    Letter,
    /// A line or block.
    Stroke,
    /// A character of its own, whose width the font decides.
    Symbol,
}

fn mark(symbol: &str) -> Mark {
    let mut characters = symbol.chars();
    match (characters.next(), characters.next()) {
        (None | Some(' '), None) => Mark::Nothing,
        (Some(c), None) if c.is_ascii_graphic() => Mark::Letter,
        (Some(c), None) if strokes::is_stroke(c) => Mark::Stroke,
        _ => Mark::Symbol,
    }
}

fn words(cells: &[(&Cell, Look)], top: u32, out: &mut String) {
    let mut at = 0;
    while let Some((cell, look)) = cells.get(at) {
        let x = at as u32 * CELL.0;
        let mark = mark(cell.symbol());
        let mut length = 1;
        match mark {
            Mark::Nothing => {}
            Mark::Stroke => {
                let c = cell.symbol().chars().next().unwrap_or(' ');
                strokes::draw(c, (x, top), CELL, &hex(look.ink), out);
            }
            Mark::Letter => {
                let same = |(cell, other): &&(&Cell, Look)| {
                    self::mark(cell.symbol()) == Mark::Letter && other == look
                };
                length = cells[at..].iter().take_while(same).count();
                let word: String = cells[at..at + length].iter().map(|(cell, _)| cell.symbol()).collect();
                text(&word, x, top, Some(length as u32 * CELL.0), *look, out);
            }
            Mark::Symbol => {
                length = unicode_width::UnicodeWidthStr::width(cell.symbol()).clamp(1, 2);
                let middle = x + length as u32 * CELL.0 / 2;
                text(cell.symbol(), middle, top, None, *look, out);
            }
        }
        if look.modifier.contains(Modifier::UNDERLINED) {
            let (y, width) = (top + CELL.1 - 3, length as u32 * CELL.0);
            let ink = hex(look.ink);
            let _ =
                writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"1\" fill=\"{ink}\"/>");
        }
        at += length;
    }
}

/// A word that is exactly as long as its cells, or without a length a symbol in the middle of its own.
fn text(text: &str, x: u32, top: u32, length: Option<u32>, look: Look, out: &mut String) {
    let weight = if look.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let place = match length {
        Some(length) => format!("textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\""),
        None => "text-anchor=\"middle\"".into(),
    };
    let (y, ink) = (top + BASELINE, hex(look.ink));
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {place} fill=\"{ink}\"{weight}>{}</text>", escape(text));
}

fn look(cell: &Cell) -> Look {
    let modifier = cell.modifier;
    let (mut ink, mut ground) = (rgb(cell.fg, INK), rgb(cell.bg, GROUND));
    if modifier.contains(Modifier::REVERSED) {
        (ink, ground) = (ground, ink);
    }
    if modifier.contains(Modifier::DIM) {
        ink = mix(ink, ground, 60);
    }
    Look { ink, ground, modifier }
}

/// Text as XML holds it; characters that XML cannot hold are replaced.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;

    fn picture(text: &str, style: Style) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, style);
        svg(&buffer, "a <b> & \"c\"")
    }

    #[test]
    fn text_is_escaped_and_words_have_exact_places() {
        let svg = picture("a<b  x&y", Style::new());
        assert!(svg.contains("<title>a &lt;b&gt; &amp; &quot;c&quot;</title>"), "{svg}");
        assert!(
            svg.contains("<text x=\"0\" y=\"15\" textLength=\"27\"") && svg.contains(">a&lt;b</text>"),
            "{svg}"
        );
        assert!(
            svg.contains("<text x=\"45\" y=\"15\" textLength=\"27\"") && svg.contains(">x&amp;y</text>"),
            "{svg}"
        );
    }

    #[test]
    fn grounds_are_merged_and_modifiers_are_honoured() {
        let style = Style::new().fg(Color::Red).add_modifier(Modifier::REVERSED | Modifier::BOLD);
        let svg = picture("ab cd", style);
        assert!(
            svg.contains("<rect x=\"0\" y=\"0\" width=\"45\" height=\"20\"")
                || svg.contains("fill=\"#f06a70\"")
        );
        assert_eq!(svg.matches("font-weight=\"bold\"").count(), 2);
        let dim = picture("a", Style::new().add_modifier(Modifier::DIM | Modifier::UNDERLINED));
        assert!(dim.contains(&hex(mix(INK, GROUND, 60))) && dim.contains("height=\"1\""), "{dim}");
    }

    #[test]
    fn lines_are_drawn_and_wide_symbols_take_two_cells() {
        let lines = picture("─╮", Style::new());
        assert!(lines.contains("<path") && !lines.contains('─'), "{lines}");
        let wide = picture("日x", Style::new());
        assert!(
            wide.contains("<text x=\"9\" y=\"15\" text-anchor=\"middle\"") && wide.contains("<text x=\"18\""),
            "{wide}"
        );
    }
}
