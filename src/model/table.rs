//! Tables: typed columns and rows, sorted and filtered in this one place, so that the screen, the text report and JSON
//! never differ. It knows neither colours nor widths of terminals.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::filter::Filter;
use super::finding::Severity;
use super::key::Subject;
use super::value::Value;

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
    /// It is made narrower than this, in terminal cells, only when no other column can give way.
    pub comfortable: u16,
    /// What it shows, for the help and the sort menu.
    pub about: &'static str,
}

/// What a column is comfortable with unless it says otherwise, in terminal cells.
pub const COMFORTABLE: u16 = 24;

impl Column {
    /// A column of text.
    pub const fn text(
        id: &'static str,
        title: &'static str,
        rank: u8,
        widest: u16,
        about: &'static str,
    ) -> Self {
        Self { id, title, align: Align::Left, rank, widest, comfortable: COMFORTABLE, about }
    }

    /// A column of numbers.
    pub const fn number(
        id: &'static str,
        title: &'static str,
        rank: u8,
        widest: u16,
        about: &'static str,
    ) -> Self {
        Self { id, title, align: Align::Right, rank, widest, comfortable: COMFORTABLE, about }
    }

    /// The same, comfortable only with so many cells.
    #[must_use]
    pub const fn comfortable(mut self, cells: u16) -> Self {
        self.comfortable = cells;
        self
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
    pub subject: Subject,
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
        self.rows.sort_by(|a, b| compare(by, a, b));
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

/// Which of two rows stands first; equal ones stand by name, and what is missing stands last.
pub fn compare(by: SortBy, a: &Row, b: &Row) -> Ordering {
    let first = match by {
        SortBy::Trouble => b.severity.cmp(&a.severity),
        SortBy::Up(column) | SortBy::Down(column) => match (a.cells.get(column), b.cells.get(column)) {
            (Some(x), Some(y)) => {
                let missing = matches!(x.value, Value::Missing(_)) || matches!(y.value, Value::Missing(_));
                let ordering = x.value.compare(&y.value);
                if matches!(by, SortBy::Down(_)) && !missing { ordering.reverse() } else { ordering }
            }
            _ => Ordering::Equal,
        },
    };
    first.then_with(|| a.subject.cmp(&b.subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::{Key, Target};
    use crate::model::kind::Kind;

    const COLUMNS: &[Column] =
        &[Column::text("name", "NAME", 0, 20, ""), Column::number("pods", "PODS", 0, 9, "")];

    fn table() -> Table {
        let row = |name: &'static str, pods: Value, severity| Row {
            subject: Target::new(Kind::Node, Key::new("", name)).into(),
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
        table.rows.iter().map(|row| &**row.subject.name()).collect()
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
}
