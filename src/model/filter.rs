//! Filters: what the user types after `/`, over the text of rows. It hides nothing by itself.

use jiff::Timestamp;

use super::table::{Column, Row, Table};
use super::value::Value;

/// What the user typed after `/`: a regular expression over the row's text, `!` before it inverts, `column:text`
/// looks in one column only. Text that is no regular expression is searched for as it stands.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverted: bool,
    column: Option<String>,
    pattern: regex::Regex,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Reads what the user typed; words are all to be found. Case does not matter.
    pub fn new(text: &str, columns: &[Column]) -> Self {
        let terms = text.split_whitespace().filter_map(|word| Term::new(word, columns)).collect();
        Self { text: text.to_owned(), terms }
    }

    /// What the user typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it hides nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row has all that is asked for.
    pub fn finds(&self, columns: &[Column], row: &Row, now: Timestamp) -> bool {
        self.terms.iter().all(|term| term.finds(columns, row, now) != term.inverted)
    }
}

impl Term {
    fn new(word: &str, columns: &[Column]) -> Option<Self> {
        let (inverted, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let (column, word) = match word.split_once(':') {
            Some((id, rest)) if Table::column(columns, id).is_some() => (Some(id.to_owned()), rest),
            _ => (None, word),
        };
        let build =
            |text: &str| regex::RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build();
        let pattern = build(word).or_else(|_| build(&regex::escape(word))).ok()?;
        (!word.is_empty()).then_some(Self { inverted, column, pattern })
    }

    fn matches(&self, value: &Value, now: Timestamp) -> bool {
        let full = if let Value::Shortened(it) = value { it.full.as_slice() } else { &[] };
        self.pattern.is_match(&value.show(now)) || full.iter().any(|text| self.pattern.is_match(text))
    }

    fn finds(&self, columns: &[Column], row: &Row, now: Timestamp) -> bool {
        let cells = columns.iter().zip(&row.cells);
        let mut wanted = cells.filter(|(column, _)| self.column.as_deref().is_none_or(|id| id == column.id));
        wanted.any(|(_, cell)| self.matches(&cell.value, now))
            || (self.column.is_none() && self.pattern.is_match(&row.subject.key().to_string()))
    }
}
