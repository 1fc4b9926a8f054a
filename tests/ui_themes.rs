//! Themes: every one is readable, defines what it must, and does without colours where they are not wanted.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

mod fixture;
mod screen;

use std::fmt::Write as _;

use fixture::{Fixture, now};
use foretop::ui::theme::{ColorMode, Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use screen::{Screen, settings};

fn drawn(theme: &str, color: ColorMode, keys: &str) -> Buffer {
    let mut settings = settings();
    settings.theme = Theme::embedded(theme).unwrap();
    settings.color = color;
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (80, 24));
    screen.press(keys);
    screen.buffer()
}

/// Stretches of equal style: where they are, and what they are.
fn styles(buffer: &Buffer, lines: std::ops::Range<u16>) -> String {
    let mut out = String::new();
    for y in lines {
        let cells: Vec<_> = (0..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
        let mut x = 0;
        for run in cells.chunk_by(|a, b| (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)) {
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            let cell = run[0];
            if !text.trim().is_empty() {
                let _ = writeln!(
                    out,
                    "{y}:{x} {:?} on {:?} {:?} {}",
                    cell.fg,
                    cell.bg,
                    cell.modifier,
                    text.trim()
                );
            }
            x += run.len();
        }
    }
    out
}

#[test]
fn styles_of_two_themes() {
    for theme in ["default", "dark"] {
        insta::assert_snapshot!(format!("styles_{theme}"), styles(&drawn(theme, ColorMode::Full, ""), 0..10));
    }
}

#[test]
fn every_theme_is_read_without_a_warning_and_defines_every_role() {
    assert!(Theme::names().count() >= 4);
    for name in Theme::names() {
        let theme = Theme::embedded(name).unwrap();
        assert!(theme.warnings.is_empty(), "{:?}", theme.warnings);
        let text =
            std::fs::read_to_string(format!("{}/themes/{name}.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for (_, role) in Role::ALL {
            assert!(text.contains(&format!("\n  {role}: ")), "{name} does not define {role}");
        }
        assert_eq!(Theme::parse(name, &text).unwrap(), theme, "the embedded text is the file's");
    }
}

#[test]
fn roles_are_listed_in_the_order_of_their_positions() {
    for (at, (role, name)) in Role::ALL.iter().enumerate() {
        assert_eq!(*role as usize, at, "{name}");
    }
}

#[test]
fn broader_roles_stand_in_for_missing_ones() {
    let theme = Theme::parse("mine", "roles: {border: blue, text: white on black}").unwrap();
    assert_eq!(theme.style(Role::BorderFocus).fg, Some(Color::Blue));
    assert_eq!(theme.style(Role::Critical), theme.style(Role::Text));
    let child = Theme::parse("mine", "inherits: dark\nroles: {critical: bright-red bold}").unwrap();
    assert_eq!(child.style(Role::Critical).fg, Some(Color::LightRed));
    assert_eq!(child.style(Role::Ok), Theme::embedded("dark").unwrap().style(Role::Ok));
}

#[test]
fn anchors_palettes_and_files_work() {
    let yaml = "palette:\n  a: &a '#0a0b0c'\n  b: *a\nroles:\n  text: b on a\n  ok: *a\n  warning: default\n";
    let theme = Theme::parse("mine", yaml).unwrap();
    let color = Color::Rgb(10, 11, 12);
    assert_eq!(theme.style(Role::Text).fg.zip(theme.style(Role::Text).bg), Some((color, color)));
    assert_eq!(theme.style(Role::Ok).fg, Some(color));
    assert_eq!(theme.style(Role::Warning).fg, Some(Color::Reset));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    assert_eq!(Theme::load(file.path().to_str().unwrap()).unwrap().style(Role::Ok).fg, Some(color));
    assert_eq!(Theme::load("dark").unwrap(), Theme::embedded("dark").unwrap());
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    for (yaml, words) in [
        ("roles: {ok: purplish}", "role ok: \"purplish\" is neither a colour nor a style"),
        ("roles: {ok: '#12345'}", "\"#12345\""),
        ("inherits: nosuch", "inherits from nosuch, which does not exist"),
        ("roles: [", "is no theme"),
    ] {
        let why = Theme::parse("mine", yaml).unwrap_err();
        assert!(why.contains(words) && why.contains("theme mine"), "{why}");
    }
    assert!(Theme::load("nosuch").unwrap_err().contains("dark, default, high-contrast, light"));
    let theme = Theme::parse("mine", "roles: {ok: green, sparkle: red}\nextra: 1").unwrap();
    assert_eq!(theme.warnings.len(), 2, "{:?}", theme.warnings);
}

/// The relative luminance of WCAG 2.
fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no fixed colour") };
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

fn contrast(one: Color, other: Color) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn texts_stand_out_from_their_ground() {
    // Frames and keys that do nothing may be quiet, but not in the theme for those who need contrast.
    for (name, least, quiet) in [("high-contrast", 7.0, 7.0), ("dark", 4.5, 1.5), ("light", 4.5, 1.5)] {
        let theme = Theme::embedded(name).unwrap();
        let ground = theme.style(Role::Text).bg.unwrap();
        for (role, word) in Role::ALL {
            let style = theme.style(role);
            let ratio = contrast(style.fg.unwrap(), style.bg.unwrap_or(ground));
            let may_be_quiet = matches!(role, Role::Border | Role::KeyDisabled | Role::Stale);
            let wanted = if may_be_quiet { quiet } else { least };
            assert!(ratio >= wanted, "{name}: {word} has {ratio:.1} to 1");
            assert!(name != "high-contrast" || !style.add_modifier.contains(Modifier::DIM), "{word} is dim");
        }
    }
}

#[test]
fn without_colours_everything_is_still_told_apart() {
    for theme in Theme::names() {
        for keys in ["", "enter", "c", "?"] {
            let buffer = drawn(theme, ColorMode::None, keys);
            for cell in buffer.content() {
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{theme}: {}", cell.symbol());
            }
        }
        let buffer = drawn(theme, ColorMode::None, "");
        let reversed = |y: u16| buffer[(10, y)].modifier.contains(Modifier::REVERSED);
        assert!(reversed(5) && !reversed(6), "{theme}: the selected row is in reversed video");
    }
}

#[test]
fn the_default_theme_uses_the_terminals_own_colours() {
    let theme = Theme::embedded("default").unwrap();
    for (role, name) in Role::ALL {
        let style = theme.style(role);
        assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{name}");
        assert!(style.bg.is_none_or(|bg| bg == Color::Reset), "{name}");
    }
    assert!(theme.style(Role::Selection).add_modifier.contains(Modifier::REVERSED));
}
