//! A key with its modifiers, and its name as it is printed. It does not know what any key does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chord {
    /// A key alone.
    Key(KeyCode),
    /// A letter with the control key.
    Ctrl(char),
}

impl Chord {
    /// The chord of a key event; `None` for those with modifiers that foretop does not use.
    pub fn of(key: KeyEvent) -> Option<Self> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            _ if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) => None,
            KeyCode::Char(c) if control => Some(Self::Ctrl(c.to_ascii_lowercase())),
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => Some(Self::Key(KeyCode::BackTab)),
            code => Some(Self::Key(code)),
        }
    }

    /// As it is printed.
    pub fn name(self) -> String {
        match self {
            Self::Ctrl(c) => format!("ctrl-{c}"),
            Self::Key(KeyCode::Char(' ')) => "space".into(),
            Self::Key(KeyCode::Char(c)) => c.to_string(),
            Self::Key(KeyCode::BackTab) => "shift-tab".into(),
            Self::Key(KeyCode::PageDown) => "pgdn".into(),
            Self::Key(KeyCode::PageUp) => "pgup".into(),
            Self::Key(code) => format!("{code:?}").to_lowercase(),
        }
    }
}

/// Reads a key's name as [`Chord::name`] prints it.
pub(super) fn chord(name: &str) -> Option<Chord> {
    if let Some(c) = name.strip_prefix("ctrl-").and_then(|rest| rest.chars().next()) {
        return Some(Chord::Ctrl(c));
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "space" => KeyCode::Char(' '),
        other => KeyCode::Char(other.chars().next()?),
    };
    Some(Chord::Key(code))
}
