//! The findings alone, as `check` prints them, and a rule in full, as `explain` prints it. It finds nothing.

use std::sync::Arc;

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::table::printable;
use super::{Report, json};
use crate::analysis::checks::Rule;
use crate::model::finding::Finding;

/// An output format of `check -o`.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The value of `-o`.
    pub name: &'static str,
    /// How it is made.
    pub render: fn(&Report<'_>, &[Arc<Finding>]) -> String,
}

/// Every format, the default first.
pub const FORMATS: &[Format] =
    &[Format { name: "table", render: table }, Format { name: "json", render: document }];

/// The format of that name.
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn table(report: &Report<'_>, findings: &[Arc<Finding>]) -> String {
    if findings.is_empty() {
        return if report.no_headers { String::new() } else { "no findings\n".to_owned() };
    }
    let headings = ["SEVERITY", "CODE", "OBJECT", "FINDING", "WHAT HAPPENS NEXT"].map(str::to_owned);
    let head = (!report.no_headers).then_some(headings);
    let rows: Vec<[String; 5]> = head.into_iter().chain(findings.iter().map(|it| row(it))).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.width());
        }
    }
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(text, width)| {
            let padding = " ".repeat(width - text.width());
            format!("{text}{padding}")
        });
        let line = cells.collect::<Vec<_>>().join("   ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(finding: &Finding) -> [String; 5] {
    [
        finding.severity.word().to_owned(),
        finding.code.to_owned(),
        printable(&finding.target.to_string()),
        printable(&finding.summary),
        printable(finding.forecast.as_deref().unwrap_or_default()),
    ]
}

fn document(report: &Report<'_>, findings: &[Arc<Finding>]) -> String {
    let mut document = json::head(report, "Findings");
    document.insert(
        "findings".to_owned(),
        json!(findings.iter().map(|it| json::finding(it)).collect::<Vec<_>>()),
    );
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// A rule in full, its lines no wider than a page.
pub fn explained(rule: &Rule) -> String {
    let part = |title: &str, text: &str| format!("\n{title}\n{}", wrapped(text));
    format!(
        "{}: {}\n{}{}{}",
        rule.code,
        rule.title,
        part("Rule", rule.rule),
        part("Source", rule.source),
        part("Remedy", rule.remedy)
    )
}

/// Indented lines of at most 80 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(last) = lines.last_mut()
            && (last.is_empty() || last.width() + word.width() < 76)
        {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().flat_map(|line| ["    ", line, "\n"]).collect()
}
