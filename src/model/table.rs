//! Tables: typed columns and rows, with sorting, filtering and formatting in this one place, so that the screen,
//! the text report and JSON never differ. It knows neither colours nor widths of terminals.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use super::finding::Severity;
use super::key::Target;
use super::quantity;

/// How a column stands on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column, declared once for every surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// For `--sort-by`, filters and JSON.
    pub id: &'static str,
    /// The heading.
    pub title: &'static str,
    /// Where its text stands.
    pub align: Align,
    /// Columns with a larger number give way first when the screen is narrow; 0 always stays.
    pub rank: u8,
    /// The widest it may become on screen, in terminal cells.
    pub widest: u16,
    /// What it shows, for the help and the sort menu.
    pub about: &'static str,
}

/// A typed cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(Cow<'static, str>),
    /// Several texts, shown with commas.
    List(Vec<String>),
    /// Texts shortened for people; programs and filters get them in full.
    Shortened {
        /// What a person reads.
        shown: String,
        /// The texts in full.
        full: Vec<String>,
    },
    /// A number.
    Count(i64),
    /// Used of capacity, in numbers.
    Share(i64, i64),
    /// Used of capacity, in thousandths of a core.
    Cpu(i64, i64),
    /// Used of capacity, in bytes.
    Bytes(i64, i64),
    /// The time since this instant.
    Since(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// There is nothing to show, and why: `<none>`, `<unknown>` or a sentence of few words.
    Missing(&'static str),
    /// The kind it is computed from is still being listed: what of it is known so far.
    Counting(i64),
}

impl Value {
    /// A text cell.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    /// `<none>`.
    pub const NONE: Self = Self::Missing("<none>");

    /// What a person reads; `now` is the server's clock.
    pub fn show(&self, now: Timestamp) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::List(texts) => Cow::Owned(texts.join(", ")),
            Self::Shortened { shown, .. } => Cow::Borrowed(shown),
            Self::Count(count) => Cow::Owned(count.to_string()),
            Self::Share(used, all) => Cow::Owned(format!("{used}/{all}")),
            Self::Cpu(used, all) => Cow::Owned(format!(
                "{}/{}{}",
                quantity::cores(*used),
                quantity::cores(*all),
                percent(*used, *all)
            )),
            Self::Bytes(used, all) => Cow::Owned(format!(
                "{}/{}{}",
                quantity::bytes(*used),
                quantity::bytes(*all),
                percent(*used, *all)
            )),
            Self::Since(at) => Cow::Owned(age(now.duration_since(*at).as_secs())),
            Self::Flag(yes) => Cow::Borrowed(if *yes { "yes" } else { "no" }),
            Self::Missing(why) => Cow::Borrowed(why),
            Self::Counting(so_far) => Cow::Owned(format!("counting {so_far}")),
        }
    }

    /// What a program reads.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::Text(text) => json!(text),
            Self::List(texts) | Self::Shortened { full: texts, .. } => json!(texts),
            Self::Count(count) => json!(count),
            Self::Share(used, all) => json!({ "used": used, "of": all }),
            Self::Cpu(used, all) => json!({ "usedMillicores": used, "ofMillicores": all }),
            Self::Bytes(used, all) => json!({ "usedBytes": used, "ofBytes": all }),
            Self::Since(at) => json!(at.to_string()),
            Self::Flag(yes) => json!(yes),
            Self::Missing(_) => serde_json::Value::Null,
            Self::Counting(so_far) => json!({ "counting": so_far }),
        }
    }

    /// The order in which values of one column stand; what is missing stands last.
    fn compare(&self, other: &Self) -> Ordering {
        let ratio = |used: &i64, all: &i64| (*used as f64) / ((*all).max(1) as f64);
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (
                Self::List(a) | Self::Shortened { full: a, .. },
                Self::List(b) | Self::Shortened { full: b, .. },
            ) => a.cmp(b),
            (Self::Count(a) | Self::Counting(a), Self::Count(b) | Self::Counting(b)) => a.cmp(b),
            (Self::Share(a, x), Self::Share(b, y))
            | (Self::Cpu(a, x), Self::Cpu(b, y))
            | (Self::Bytes(a, x), Self::Bytes(b, y)) => ratio(a, x).total_cmp(&ratio(b, y)),
            // The younger first: that is the smaller age.
            (Self::Since(a), Self::Since(b)) => b.cmp(a),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Missing(a), Self::Missing(b)) => a.cmp(b),
            (Self::Missing(_), _) => Ordering::Greater,
            (_, Self::Missing(_)) => Ordering::Less,
            (a, b) => a.weight().cmp(&b.weight()),
        }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Text(_) | Self::List(_) | Self::Shortened { .. } => 0,
            Self::Count(_) | Self::Share(..) | Self::Cpu(..) | Self::Bytes(..) => 1,
            Self::Since(_) | Self::Flag(_) => 2,
            Self::Counting(_) => 3,
            Self::Missing(_) => 4,
        }
    }
}

/// A share as kubectl top rounds it: truncated to whole percent.
fn percent(used: i64, all: i64) -> String {
    if all <= 0 { String::new() } else { format!(" {}%", i128::from(used) * 100 / i128::from(all)) }
}

/// An age as kubectl prints it: `45s`, `3m20s`, `5h`, `12d`, `2y30d`; a clock that is behind gives `0s`.
pub fn age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let two = |big: i64, unit: char, small: i64, sub: char| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{sub}") }
    };
    match seconds.max(0) {
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(s / MINUTE, 'm', s % MINUTE, 's'),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(s / HOUR, 'h', s % HOUR / MINUTE, 'm'),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(s / DAY, 'd', s % DAY / HOUR, 'h'),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => two(s / YEAR, 'y', s % YEAR / DAY, 'd'),
        s => format!("{}y", s / YEAR),
    }
}

/// A cell: a value and how bad it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it shows.
    pub value: Value,
    /// How bad it is.
    pub severity: Severity,
}

impl Cell {
    /// A cell that is as bad as `severity` says.
    pub fn marked(value: Value, severity: Severity) -> Self {
        Self { value, severity }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, severity: Severity::Ok }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the row is about.
    pub target: Target,
    /// The worst that is known of it.
    pub severity: Severity,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// Rows under columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: &'static [Column],
    /// The rows, in the order in which they are shown.
    pub rows: Vec<Row>,
    /// How many more there are outside the namespace that the user looks at.
    pub elsewhere: usize,
}

/// How a table is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// What is in trouble first, then by name.
    #[default]
    Trouble,
    /// By a column, the smallest first.
    Up(usize),
    /// By a column, the largest first.
    Down(usize),
}

impl Table {
    /// The position of a column by its id.
    pub fn column(columns: &[Column], id: &str) -> Option<usize> {
        columns.iter().position(|column| column.id == id)
    }

    /// Orders the rows; equal ones stand by name, so that nothing jumps.
    pub fn sort(&mut self, by: SortBy) {
        let name = |row: &Row| row.target.clone();
        match by {
            SortBy::Trouble => {
                self.rows.sort_by_cached_key(|row| (std::cmp::Reverse(row.severity), name(row)));
            }
            SortBy::Up(column) | SortBy::Down(column) => {
                let order = |a: &Row, b: &Row| -> Ordering {
                    let (Some(x), Some(y)) = (a.cells.get(column), b.cells.get(column)) else {
                        return Ordering::Equal;
                    };
                    let missing =
                        matches!(x.value, Value::Missing(_)) || matches!(y.value, Value::Missing(_));
                    let ordering = x.value.compare(&y.value);
                    if matches!(by, SortBy::Down(_)) && !missing { ordering.reverse() } else { ordering }
                };
                self.rows.sort_by(|a, b| order(a, b).then_with(|| a.target.cmp(&b.target)));
            }
        }
    }

    /// Keeps the rows that the filter finds; returns how many it hid.
    pub fn filter(&mut self, filter: &Filter, now: Timestamp) -> usize {
        let before = self.rows.len();
        if !filter.is_empty() {
            let columns = self.columns;
            self.rows.retain(|row| filter.finds(columns, row, now));
        }
        before - self.rows.len()
    }
}

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

    fn finds(&self, columns: &[Column], row: &Row, now: Timestamp) -> bool {
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
        let full = if let Value::Shortened { full, .. } = value { full.as_slice() } else { &[] };
        self.pattern.is_match(&value.show(now)) || full.iter().any(|text| self.pattern.is_match(text))
    }

    fn finds(&self, columns: &[Column], row: &Row, now: Timestamp) -> bool {
        let cells = columns.iter().zip(&row.cells);
        let mut wanted = cells.filter(|(column, _)| self.column.as_deref().is_none_or(|id| id == column.id));
        wanted.any(|(_, cell)| self.matches(&cell.value, now))
            || (self.column.is_none() && self.pattern.is_match(&row.target.key.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Key;
    use crate::model::kind::Kind;

    const COLUMNS: &[Column] = &[
        Column { id: "name", title: "NAME", align: Align::Left, rank: 0, widest: 20, about: "" },
        Column { id: "pods", title: "PODS", align: Align::Right, rank: 0, widest: 9, about: "" },
    ];

    fn table() -> Table {
        let row = |name: &'static str, pods: Value, severity| Row {
            target: Target::new(Kind::Node, Key::new("", name)),
            severity,
            cells: vec![Value::text(name).into(), pods.into()],
        };
        let rows = vec![
            row("b", Value::Share(5, 10), Severity::Ok),
            row("a", Value::Share(9, 10), Severity::Ok),
            row("c", Value::NONE, Severity::Critical),
        ];
        Table { columns: COLUMNS, rows, elsewhere: 0 }
    }

    fn names(table: &Table) -> String {
        table.rows.iter().map(|row| &*row.target.key.name).collect()
    }

    #[test]
    fn trouble_stands_first_and_what_is_missing_last() {
        let mut table = table();
        table.sort(SortBy::Trouble);
        assert_eq!(names(&table), "cab");
        table.sort(SortBy::Up(1));
        assert_eq!(names(&table), "bac");
        table.sort(SortBy::Down(1));
        assert_eq!(names(&table), "abc");
    }

    #[test]
    fn filters_find_words_columns_and_their_opposite() {
        let now = Timestamp::UNIX_EPOCH;
        for (text, left) in
            [("", "bac"), ("a", "a"), ("!a", "bc"), ("pods:9", "a"), ("name:^b$", "b"), ("(", "")]
        {
            let mut table = table();
            table.filter(&Filter::new(text, COLUMNS), now);
            assert_eq!(names(&table), left, "{text:?}");
        }
    }

    #[test]
    fn ages_read_like_kubectl() {
        for (seconds, text) in [
            (-5, "0s"),
            (119, "119s"),
            (200, "3m20s"),
            (3600, "60m"),
            (4 * 3600 + 60, "4h1m"),
            (50 * 3600, "2d2h"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }
}
