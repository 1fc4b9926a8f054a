//! One line that the user edits, with the shell's keys. It knows nothing of what it is for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::text;

/// The most characters that a line holds; more is never meant.
const LONGEST: usize = 500;

/// A line of text and the cursor in it, in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    cursor: usize,
    /// Whether the text is a suggestion that the first typed character replaces.
    suggested: bool,
}

impl Input {
    /// A line that holds `text` already, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.insert(text);
        input
    }

    /// A line that suggests `text`: typing replaces it, editing keys keep it.
    pub fn suggested(text: &str) -> Self {
        Self { suggested: true, ..Self::new(text) }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor, at it, and after it.
    pub fn parts(&self) -> (&str, &str, &str) {
        let at = self.at(self.cursor);
        let after = self.at(self.cursor + 1);
        (&self.text[..at], &self.text[at..after], &self.text[after..])
    }

    /// Replaces the whole line.
    pub fn replace(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Types a text at the cursor; control characters are left out.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()).filter_map(text::shown) {
            if self.length() >= LONGEST {
                break;
            }
            self.text.insert(self.at(self.cursor), c);
            self.cursor += 1;
        }
    }

    /// Takes a key; tells whether it meant anything here.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.modifiers.contains(KeyModifiers::ALT) {
            return false;
        }
        let suggested = std::mem::take(&mut self.suggested);
        if suggested && matches!(key.code, KeyCode::Char(_)) && !control {
            self.replace("");
        }
        match (key.code, control) {
            (KeyCode::Left, _) | (KeyCode::Char('b'), true) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Right, _) | (KeyCode::Char('f'), true) => {
                self.cursor = (self.cursor + 1).min(self.length());
            }
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.cursor = 0,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.cursor = self.length(),
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => self.backspace(),
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => self.delete(),
            (KeyCode::Char('u'), true) => {
                self.text = self.text.split_off(self.at(self.cursor));
                self.cursor = 0;
            }
            (KeyCode::Char('k'), true) => self.text.truncate(self.at(self.cursor)),
            (KeyCode::Char('w'), true) => self.delete_word(),
            (KeyCode::Char(c), false) => self.insert(c.encode_utf8(&mut [0; 4])),
            _ => return false,
        }
        true
    }

    fn backspace(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.delete();
        }
    }

    fn delete(&mut self) {
        let at = self.at(self.cursor);
        if at < self.text.len() {
            self.text.remove(at);
        }
    }

    fn delete_word(&mut self) {
        let before = self.text[..self.at(self.cursor)].trim_end();
        let start = before.rfind(' ').map_or(0, |space| space + 1);
        let cursor = self.text[..start].chars().count();
        self.text.replace_range(start..self.at(self.cursor), "");
        self.cursor = cursor;
    }

    fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// The byte at which a character begins; the end for those beyond.
    fn at(&self, character: usize) -> usize {
        self.text.char_indices().nth(character).map_or(self.text.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[(KeyCode, KeyModifiers)]) -> Input {
        let mut input = Input::new("one två");
        for (code, modifiers) in keys {
            input.key(KeyEvent::new(*code, *modifiers));
        }
        input
    }

    #[test]
    fn edits_like_a_shell() {
        let (none, control) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
        let x = (KeyCode::Char('x'), none);
        for (keys, expected) in [
            (vec![x], "one tvåx"),
            (vec![(KeyCode::Left, none), x], "one tvxå"),
            (vec![(KeyCode::Backspace, none)], "one tv"),
            (vec![(KeyCode::Char('w'), control), x], "one x"),
            (vec![(KeyCode::Char('a'), control), (KeyCode::Delete, none)], "ne två"),
            (vec![(KeyCode::Left, none), (KeyCode::Char('u'), control), x], "xå"),
            (vec![(KeyCode::Home, none), (KeyCode::Char('k'), control)], ""),
        ] {
            assert_eq!(typed(&keys).text(), expected, "{keys:?}");
        }
    }

    #[test]
    fn pasted_controls_are_left_out() {
        let mut input = Input::default();
        input.insert("a\r\nb\x1b[0m");
        assert_eq!(input.text(), "ab[0m");
    }
}
