//! Themes: a style for each role, never for a widget. Files are read by `theme_file`; colours of severities live here.

use ratatui::style::{Color, Modifier, Style};

use crate::model::finding::Severity;

/// What a piece of the screen is for. A missing role takes the style of the one before its last dot, then `text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything else; its background is the screen's.
    Text,
    /// Side remarks.
    TextDim,
    /// Names and numbers that matter.
    TextStrong,
    /// The one accent.
    Accent,
    /// Frames.
    Border,
    /// The frame of the pane that has the keys.
    BorderFocus,
    /// A pane's title.
    Title,
    /// The title of the pane that has the keys.
    TitleFocus,
    /// Column headings.
    Header,
    /// The heading that the rows are sorted by.
    HeaderSort,
    /// The selected row.
    Selection,
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// Will need somebody.
    Warning,
    /// Needs somebody now.
    Critical,
    /// Data that may be old.
    Stale,
    /// Keys that can be pressed.
    Key,
    /// Keys that do nothing here.
    KeyDisabled,
    /// READ-ONLY, DRY-RUN, DEMO.
    Badge,
    /// The server cannot be reached.
    Banner,
    /// Labels before values.
    Label,
    /// Headings in running text.
    Heading,
    /// What the user types.
    Prompt,
    /// What a search found.
    Match,
    /// A button.
    Button,
    /// The button that enter presses.
    ButtonFocus,
    /// A tab.
    Tab,
    /// The open tab.
    TabFocus,
}

impl Role {
    /// Every role with its name in theme files.
    pub const ALL: [(Self, &'static str); 28] = [
        (Self::Text, "text"),
        (Self::TextDim, "text.dim"),
        (Self::TextStrong, "text.strong"),
        (Self::Accent, "accent"),
        (Self::Border, "border"),
        (Self::BorderFocus, "border.focus"),
        (Self::Title, "title"),
        (Self::TitleFocus, "title.focus"),
        (Self::Header, "header"),
        (Self::HeaderSort, "header.sort"),
        (Self::Selection, "selection"),
        (Self::Ok, "ok"),
        (Self::Info, "info"),
        (Self::Warning, "warning"),
        (Self::Critical, "critical"),
        (Self::Stale, "stale"),
        (Self::Key, "key"),
        (Self::KeyDisabled, "key.disabled"),
        (Self::Badge, "badge"),
        (Self::Banner, "banner"),
        (Self::Label, "label"),
        (Self::Heading, "heading"),
        (Self::Prompt, "prompt"),
        (Self::Match, "match"),
        (Self::Button, "button"),
        (Self::ButtonFocus, "button.focus"),
        (Self::Tab, "tab"),
        (Self::TabFocus, "tab.focus"),
    ];

    /// The role of a severity; what is as it should be is plain text.
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Ok => Self::Text,
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}

/// Whether colours may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// As the theme says.
    #[default]
    Full,
    /// `NO_COLOR`: bold, dim, underlined and reversed only.
    None,
}

/// A style for each role.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// The name that the user gave.
    pub name: String,
    /// What is odd about the file, in sentences; the theme works all the same.
    pub warnings: Vec<String>,
    pub(super) styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// The style of a role, to be laid over what is there.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The theme as far as the terminal may show it.
    #[must_use]
    pub fn within(&self, color: ColorMode) -> Self {
        match color {
            ColorMode::Full => self.clone(),
            ColorMode::None => {
                let mut plain = self.clone();
                for (style, (role, _)) in plain.styles.iter_mut().zip(Role::ALL) {
                    *style = colourless(*style, role);
                }
                plain
            }
        }
    }
}

/// A style without its colours; a background of its own becomes reversed video, so that it still stands out.
fn colourless(style: Style, role: Role) -> Style {
    let lit = role != Role::Text && style.bg.is_some_and(|bg| bg != Color::Reset);
    let plain = Style { fg: None, bg: None, underline_color: None, ..style };
    if lit { plain.add_modifier(Modifier::REVERSED) } else { plain }
}
