//! `-o table`: aligned columns for people and for grep; every column in full width, nothing cut.

use std::fmt::Write as _;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::{Format, Render, Report};
use crate::model::table::{Align, Table};
use crate::views::View;

/// The table format.
pub const FORMAT: Format = Format {
    name: "table",
    about: "aligned columns, nothing cut (the default)",
    render: Render::Tables(render),
};

/// No more lines are said above the rows.
const BANNER: usize = 2;

fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for (index, view) in report.views.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        one(report, view, &mut out);
    }
    findings(report, &mut out);
    out
}

fn one(report: &Report<'_>, view: &View, out: &mut String) {
    let (table, hidden) = report.table(view);
    if !report.no_headers && report.views.len() > 1 {
        let _ = writeln!(out, "{} ({})", view.title.to_uppercase(), table.rows.len());
    }
    if !report.no_headers {
        banner(report, view, out);
    }
    if table.rows.is_empty() {
        let _ = writeln!(out, "no {}{}", view.title.to_lowercase(), elsewhere(report, &table, hidden));
        return;
    }
    lines(&table, report.no_headers, report.now, out);
    let note = elsewhere(report, &table, hidden);
    if !note.is_empty() && !report.no_headers {
        let _ = writeln!(out, "{}", note.trim_start_matches("; "));
    }
}

/// What is to be said above the rows.
fn banner(report: &Report<'_>, view: &View, out: &mut String) {
    let (lines, more) = report.banner(view, BANNER);
    for notice in lines {
        let _ = writeln!(out, "{}: {}", notice.severity.word(), printable(&notice.text));
    }
    if let Some(banner) = view.banner.filter(|_| more > 0) {
        let _ = writeln!(out, "+{more} more: --view {}", banner.more);
    }
}

/// What the namespace and the filter leave out, so that an empty list never reads as an empty cluster.
fn elsewhere(report: &Report<'_>, table: &Table, hidden: usize) -> String {
    let mut note = String::new();
    if let Some(namespace) = report.scope.namespace.as_ref().filter(|_| table.elsewhere > 0) {
        let _ = write!(note, "; {} more outside namespace {namespace}", table.elsewhere);
    }
    if hidden > 0 {
        let _ = write!(note, "; {hidden} hidden by the filter");
    }
    note
}

fn lines(table: &Table, no_headers: bool, now: Timestamp, out: &mut String) {
    let mut rows: Vec<Vec<String>> = Vec::with_capacity(table.rows.len() + 1);
    if !no_headers {
        rows.push(table.columns.iter().map(|column| column.title.to_owned()).collect());
    }
    rows.extend(
        table.rows.iter().map(|row| row.cells.iter().map(|cell| printable(&cell.value.show(now))).collect()),
    );
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0))
        .collect();
    for row in &rows {
        let mut line = String::new();
        for (index, text) in row.iter().enumerate() {
            let padding = " ".repeat(widths[index] - text.width());
            match table.columns[index].align {
                Align::Left => line.extend([&**text, &padding]),
                Align::Right => line.extend([&*padding, text]),
            }
            line.push_str("   ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn findings(report: &Report<'_>, out: &mut String) {
    let findings = report.findings();
    if report.no_headers || report.views.len() < 2 {
        return;
    }
    let _ = writeln!(out, "\nFINDINGS ({})", findings.len());
    for finding in &findings {
        let (word, code) = (finding.severity.word(), finding.code);
        let (object, summary) = (finding.target.to_string(), printable(&finding.summary));
        let _ = writeln!(out, "{word:<8}   {code}   {object}   {summary}");
    }
}

/// Text from the cluster without control characters: it must not drive somebody's terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
