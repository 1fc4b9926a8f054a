//! The colours of a terminal as fixed ones: its own sixteen, the cube of 256, and what is neither. It draws nothing.

use ratatui::style::Color;

/// Red, green and blue.
pub(super) type Rgb = (u8, u8, u8);

/// What the terminal's own colours are taken for: a calm dark ground.
pub(super) const GROUND: Rgb = (0x10, 0x15, 0x1d);
pub(super) const INK: Rgb = (0xd3, 0xda, 0xe6);
const ANSI: [Rgb; 16] = [
    (0x2a, 0x33, 0x42),
    (0xf0, 0x6a, 0x70),
    (0x7f, 0xd0, 0xa0),
    (0xf0, 0xc0, 0x60),
    (0x7f, 0xb0, 0xf0),
    (0xc8, 0xa0, 0xf0),
    (0x5c, 0xc8, 0xd7),
    (0xb8, 0xc2, 0xd0),
    (0x5a, 0x67, 0x7c),
    (0xff, 0x8a, 0x90),
    (0x9a, 0xe5, 0xb8),
    (0xff, 0xd5, 0x80),
    (0x9c, 0xc5, 0xff),
    (0xdc, 0xba, 0xff),
    (0x80, 0xe0, 0xec),
    (0xff, 0xff, 0xff),
];

/// So many percent of the first colour, the rest of the second.
pub(super) fn mix(one: Rgb, other: Rgb, percent: u32) -> Rgb {
    let part = |a: u8, b: u8| ((u32::from(a) * percent + u32::from(b) * (100 - percent)) / 100) as u8;
    (part(one.0, other.0), part(one.1, other.1), part(one.2, other.2))
}

pub(super) fn rgb(color: Color, default: Rgb) -> Rgb {
    let ansi = match color {
        Color::Reset => return default,
        Color::Rgb(r, g, b) => return (r, g, b),
        Color::Indexed(index) => return indexed(index),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    ANSI[ansi]
}

/// The 256 colours of xterm: sixteen named ones, a cube of six levels, and greys.
fn indexed(index: u8) -> Rgb {
    let level = |value: u8| if value == 0 { 0 } else { 55 + 40 * value };
    match index {
        0..16 => ANSI[usize::from(index)],
        16..232 => {
            let cube = index - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        grey => {
            let value = 8 + 10 * (grey - 232);
            (value, value, value)
        }
    }
}

pub(super) fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
