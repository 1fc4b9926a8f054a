//! A screen to press keys on: the program's own drawing and key handling, with a cluster made by hand and a fixed clock.
#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use foretop::model::cluster::Cluster;
use foretop::model::operation::Permission;
use foretop::model::scope::Scope;
use foretop::model::server::Access;
use foretop::ui::theme::{ColorMode, Theme};
use foretop::ui::{self, Effect, Msg, Settings, Ui};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

pub(crate) fn settings() -> Settings {
    Settings {
        theme: Theme::embedded("default").unwrap(),
        color: ColorMode::Full,
        read_only: false,
        dry_run: false,
        kubelet: false,
        scope: Scope::default(),
        demo: None,
    }
}

pub(crate) struct Screen {
    pub(crate) ui: Ui,
    pub(crate) cluster: Cluster,
    pub(crate) now: Timestamp,
    pub(crate) size: (u16, u16),
    pub(crate) effects: Vec<Effect>,
}

impl Screen {
    pub(crate) fn new(settings: Settings, cluster: Cluster, now: Timestamp, size: (u16, u16)) -> Self {
        Self { ui: Ui::new(settings), cluster, now, size, effects: Vec::new() }
    }

    pub(crate) fn buffer(&mut self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        ui::draw(&mut self.ui, &self.cluster, self.now, &mut buffer);
        buffer
    }

    pub(crate) fn text(&mut self) -> String {
        text(&self.buffer())
    }

    pub(crate) fn tell(&mut self, msg: Msg) -> Option<Effect> {
        let effect = self.ui.update(msg, &self.cluster, self.now);
        self.effects.extend(effect.clone());
        effect
    }

    /// Presses keys by their names, drawing before each as the program does; returns the last effect.
    pub(crate) fn press(&mut self, keys: &str) -> Option<Effect> {
        let mut effect = None;
        for name in keys.split_whitespace() {
            self.buffer();
            effect = self.tell(Msg::Key(key(name)));
        }
        effect
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.tell(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
    }
}

/// A key by the name that the help prints.
pub(crate) fn key(name: &str) -> KeyEvent {
    if let Some(c) = name.strip_prefix("ctrl-") {
        return KeyEvent::new(KeyCode::Char(c.chars().next().unwrap()), KeyModifiers::CONTROL);
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
        "backspace" => KeyCode::Backspace,
        "space" => KeyCode::Char(' '),
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// A buffer as lines of text; what a wide character covers is not printed again.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

impl Screen {
    /// The permission that the program was last asked to review.
    pub(crate) fn permission(&self) -> Permission {
        let last = self.effects.last();
        let Some(Effect::Review(permission)) = last else { panic!("no review was asked for: {last:?}") };
        permission.clone()
    }

    /// The server says yes.
    pub(crate) fn allow(&mut self, permission: Permission) {
        self.tell(Msg::Access(permission, Access::Allowed));
    }

    /// The selected row, by what stands in reversed video.
    pub(crate) fn selected(&mut self) -> String {
        let buffer = self.buffer();
        let reversed = |x: u16, y: u16| buffer[(x, y)].modifier.contains(Modifier::REVERSED);
        let lines = (2..buffer.area.height - 1).filter(|y| reversed(3, *y) && reversed(5, *y));
        let text = text(&buffer);
        lines.filter_map(|y| text.lines().nth(usize::from(y))).map(str::to_owned).collect()
    }
}
