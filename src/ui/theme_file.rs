//! Theme files: YAML with a palette and roles, possibly on top of another theme. It knows no widget and no screen.
//!
//! A style is written as words: `yellow bold`, `black on cyan`, `reversed`, `"#7aa2f7"`, or a palette name.

use std::collections::BTreeMap;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::theme::{Role, Theme};

include!(concat!(env!("OUT_DIR"), "/themes.rs"));

/// How many themes may stand on top of each other before it must be a circle.
const DEEPEST: usize = 8;

#[derive(Debug, Default, Deserialize)]
struct File {
    inherits: Option<String>,
    #[serde(default)]
    palette: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<String, String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_yaml::Value>,
}

/// Styles as far as they are written down.
type Written = BTreeMap<usize, Style>;

impl Theme {
    /// The names of the embedded themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// The embedded theme of that name.
    ///
    /// # Errors
    /// A sentence that names the themes there are.
    pub fn embedded(name: &str) -> Result<Self, String> {
        let text = source(name).ok_or_else(|| unknown(name))?;
        Self::parse(name, text)
    }

    /// The embedded theme of that name, or the one in the file of that path.
    ///
    /// # Errors
    /// A sentence for the user: there is no such theme, or its text is no theme.
    pub fn load(name: &str) -> Result<Self, String> {
        if let Some(text) = source(name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        if !path.exists() {
            return Err(unknown(name));
        }
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("theme {name} cannot be read: {error}"))?;
        Self::parse(name, &text)
    }

    /// The theme that a YAML text describes.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut warnings = Vec::new();
        let written = read(name, text, 0, &mut warnings)?;
        let mut styles = [Style::default(); Role::ALL.len()];
        for (at, (_, role)) in Role::ALL.iter().enumerate() {
            styles[at] = resolve(role, &written);
        }
        let selection = &mut styles[Role::Selection as usize];
        // A selection that is neither reversed nor has a background of its own could not be seen.
        if selection.bg.is_none() {
            *selection = selection.add_modifier(Modifier::REVERSED);
        }
        Ok(Self { name: name.to_owned(), warnings, styles })
    }
}

fn source(name: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn unknown(name: &str) -> String {
    format!(
        "no theme {name}: there are {}, or give the path of a file",
        Theme::names().collect::<Vec<_>>().join(", ")
    )
}

fn read(name: &str, text: &str, depth: usize, warnings: &mut Vec<String>) -> Result<Written, String> {
    if depth > DEEPEST {
        return Err(format!("theme {name} inherits from itself"));
    }
    let file: File =
        serde_yaml::from_str(text).map_err(|error| format!("theme {name} is no theme: {error}"))?;
    let mut written = match &file.inherits {
        Some(parent) => {
            let text = source(parent)
                .ok_or_else(|| format!("theme {name} inherits from {parent}, which does not exist"))?;
            read(parent, text, depth + 1, warnings)?
        }
        None => Written::new(),
    };
    for (role, words) in &file.roles {
        let Some(at) = Role::ALL.iter().position(|(_, known)| known == role) else {
            warnings.push(format!("theme {name}: there is no role {role}"));
            continue;
        };
        let style = style(words, &file.palette).map_err(|word| {
            format!("theme {name}, role {role}: {word:?} is neither a colour nor a style nor in the palette")
        })?;
        written.insert(at, style);
    }
    // Top-level entries that hold anchors for the palette are common practice; only say so.
    for key in file.rest.keys().filter(|key| !matches!(key.as_str(), "name" | "about")) {
        warnings.push(format!("theme {name}: {key} means nothing here"));
    }
    Ok(written)
}

/// The style of a role, or of the broader one, down to plain text.
fn resolve(role: &str, written: &Written) -> Style {
    let mut name = role;
    loop {
        let at = Role::ALL.iter().position(|(_, known)| *known == name);
        if let Some(style) = at.and_then(|at| written.get(&at)) {
            return *style;
        }
        match name.rsplit_once('.') {
            Some((broader, _)) => name = broader,
            None if name == "text" => return Style::default(),
            None => name = "text",
        }
    }
}

/// Reads a style's words; the error is the word that makes no sense.
fn style(words: &str, palette: &BTreeMap<String, String>) -> Result<Style, String> {
    let mut style = Style::default();
    let mut ground = false;
    for word in words.split_whitespace() {
        let modifier = match word {
            "on" => {
                ground = true;
                continue;
            }
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "underline" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(modifier) = modifier {
            style = style.add_modifier(modifier);
            continue;
        }
        let named = palette.get(word).map_or(word, String::as_str);
        let color = color(named).ok_or_else(|| word.to_owned())?;
        style = if ground { style.bg(color) } else { style.fg(color) };
    }
    Ok(style)
}

/// The terminal's own sixteen by name, `default`, or `#rrggbb`.
fn color(name: &str) -> Option<Color> {
    const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    const ANSI: [[Color; 2]; 8] = [
        [Color::Black, Color::DarkGray],
        [Color::Red, Color::LightRed],
        [Color::Green, Color::LightGreen],
        [Color::Yellow, Color::LightYellow],
        [Color::Blue, Color::LightBlue],
        [Color::Magenta, Color::LightMagenta],
        [Color::Cyan, Color::LightCyan],
        [Color::Gray, Color::White],
    ];
    if name == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = name.strip_prefix('#') {
        let number = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok()).flatten()?;
        return Some(Color::from_u32(number));
    }
    let (bright, plain) = name.strip_prefix("bright-").map_or((0, name), |rest| (1, rest));
    NAMES.iter().position(|known| *known == plain).map(|at| ANSI[at][bright])
}
