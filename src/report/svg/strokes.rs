//! Lines and blocks of a screen as vector strokes that meet at the edges of cells. It knows no colours and no text.

use std::fmt::Write as _;

/// Box drawing: which of up, down, left and right a character joins.
const LINES: &[(char, &str)] = &[
    ('─', "lr"),
    ('│', "ud"),
    ('┌', "dr"),
    ('┐', "dl"),
    ('└', "ur"),
    ('┘', "ul"),
    ('├', "udr"),
    ('┤', "udl"),
    ('┬', "dlr"),
    ('┴', "ulr"),
    ('┼', "udlr"),
    ('━', "LR"),
    ('┃', "UD"),
];
const CORNERS: &[(char, &str)] = &[('╭', "dr"), ('╮', "dl"), ('╰', "ur"), ('╯', "ul")];

/// Blocks as x, y, width and height in eighths of a cell.
const BLOCKS: &[(char, [u32; 4])] = &[
    ('█', [0, 0, 8, 8]),
    ('▀', [0, 0, 8, 4]),
    ('▄', [0, 4, 8, 4]),
    ('▌', [0, 0, 4, 8]),
    ('▐', [4, 0, 4, 8]),
    ('▏', [0, 0, 1, 8]),
    ('▁', [0, 7, 8, 1]),
    ('▂', [0, 6, 8, 2]),
    ('▃', [0, 5, 8, 3]),
    ('▅', [0, 3, 8, 5]),
    ('▆', [0, 2, 8, 6]),
    ('▇', [0, 1, 8, 7]),
];

fn entry<T: Copy>(list: &[(char, T)], wanted: char) -> Option<T> {
    list.iter().find(|(c, _)| *c == wanted).map(|(_, value)| *value)
}

/// Whether [`draw`] knows the character.
pub(super) fn is_stroke(c: char) -> bool {
    entry(LINES, c).is_some() || entry(CORNERS, c).is_some() || entry(BLOCKS, c).is_some()
}

/// Draws a line or block into the cell at `(x, y)`.
pub(super) fn draw(c: char, (x, y): (u32, u32), (width, height): (u32, u32), ink: &str, out: &mut String) {
    if let Some([left, top, wide, high]) = entry(BLOCKS, c) {
        let part = |size: u32, eighths: u32| f64::from(size * eighths) / 8.0;
        let (x, y) = (f64::from(x) + part(width, left), f64::from(y) + part(height, top));
        let (width, height) = (part(width, wide), part(height, high));
        let _ =
            writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{ink}\"/>");
        return;
    }
    let (right, bottom) = (x + width, y + height);
    // Half pixels keep one pixel wide lines sharp.
    let (middle, centre) = (f64::from(x + width / 2) + 0.5, f64::from(y + height / 2) + 0.5);
    let mut path = String::new();
    let mut weight = "1";
    if let Some(joins) = entry(LINES, c) {
        for join in joins.chars() {
            let end = match join.to_ascii_lowercase() {
                'u' => format!("V{y}"),
                'd' => format!("V{bottom}"),
                'l' => format!("H{x}"),
                _ => format!("H{right}"),
            };
            if join.is_ascii_uppercase() {
                weight = "3";
            }
            let _ = write!(path, "M{middle} {centre}{end}");
        }
    } else if let Some(joins) = entry(CORNERS, c) {
        let (edge, bend) = if joins.contains('d') { (bottom, centre + 4.0) } else { (y, centre - 4.0) };
        let end = if joins.contains('r') { right } else { x };
        let _ = write!(path, "M{middle} {edge}V{bend}Q{middle} {centre} {end} {centre}");
    }
    let _ = writeln!(out, "<path d=\"{path}\" stroke=\"{ink}\" stroke-width=\"{weight}\" fill=\"none\"/>");
}
