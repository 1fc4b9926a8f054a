//! Untrusted text made fit for a terminal: what is shown of each character, widths in cells, cutting and wrapping.
//! Nothing from a cluster reaches the screen but through [`shown`]. It draws nothing.

use unicode_width::UnicodeWidthChar;

/// What stands for a character on screen; `None` when it is left out.
///
/// Controls, bidirectional overrides and invisible characters become `�`, so that no name can move the cursor,
/// colour the screen or pass for another one.
pub fn shown(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        // Variation selectors and skin tones change a glyph's width behind the terminal's back.
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{1F3FB}'..='\u{1F3FF}' => None,
        '\u{00AD}'
        | '\u{061C}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}' => Some(char::REPLACEMENT_CHARACTER),
        c if c.is_control() => Some(char::REPLACEMENT_CHARACTER),
        c => Some(c),
    }
}

/// The characters that are shown of a text, each with its width in cells; 0 joins the character before.
pub fn glyphs(text: &str) -> impl Iterator<Item = (char, usize)> {
    text.chars().filter_map(shown).map(|c| (c, c.width().unwrap_or(0).min(2)))
}

/// The width in cells, counted no further than `most + 1`, because texts may be very long.
pub fn width(text: &str, most: usize) -> usize {
    let mut total = 0;
    for (_, width) in glyphs(text) {
        total += width;
        if total > most {
            return most + 1;
        }
    }
    total
}

/// The text in at most `most` cells, with `…` where it was cut.
pub fn cut(text: &str, most: usize) -> String {
    let room = if width(text, most) > most { most.saturating_sub(1) } else { most };
    let mut out = String::new();
    let mut used = 0;
    for (c, width) in glyphs(text) {
        if used + width > room {
            break;
        }
        used += width;
        out.push(c);
    }
    if room < most {
        out.push('…');
    }
    out
}

/// The text in lines of at most `most` cells, broken between words where that is possible.
pub fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let long = width(word, usize::MAX - 1);
        let gap = usize::from(used > 0);
        if used > 0 && used + gap + long > most {
            lines.push(String::new());
            used = 0;
        } else if gap == 1 {
            push(&mut lines, ' ');
            used += 1;
        }
        for (c, width) in glyphs(word) {
            if used + width > most {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += width;
        }
    }
    lines
}

/// The text in at most `rows` lines of at most `most` cells, with `…` at the end where it was cut.
pub fn wrap_cut(text: &str, most: usize, rows: usize) -> Vec<String> {
    let mut lines = wrap(text, most);
    if lines.len() > rows
        && let Some(last) = rows.checked_sub(1)
    {
        lines[last] = cut(&format!("{} {}", lines[last], lines[rows]), most);
    }
    lines.truncate(rows);
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

/// A number and its word in the right number: `1 pod`, `2 pods`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_harm_a_terminal_is_replaced() {
        let text: String = "a\x1b[31mb\u{202e}c\u{9b}d\u{200b}e\x07".chars().filter_map(shown).collect();
        assert_eq!(text, "a�[31mb�c�d�e�");
    }

    #[test]
    fn cuts_are_marked_and_never_too_wide() {
        for (text, most, expected) in [
            ("worker-1", 8, "worker-1"),
            ("worker-12", 8, "worker-…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            let cut = cut(text, most);
            assert_eq!(cut, expected, "{text} in {most}");
            assert!(width(&cut, 99) <= most);
        }
    }

    #[test]
    fn wraps_between_words_and_breaks_only_what_is_longer_than_a_line() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn of_too_many_lines_the_last_says_that_there_is_more() {
        assert_eq!(wrap_cut("one two three", 8, 2), ["one two", "three"]);
        assert_eq!(wrap_cut("one two three four", 8, 2), ["one two", "three f…"]);
        assert_eq!(wrap_cut("abcdefgh", 4, 1), ["abc…"]);
        assert_eq!(wrap_cut("a b", 1, 0), [""; 0]);
    }
}
