//! Findings: what is wrong, with evidence, forecast and remedy. The checks in `analysis` make them.

use std::borrow::Cow;

use super::key::Target;

/// How bad something is. Each has a glyph and a word, because colour alone says nothing to many people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    #[default]
    Ok,
    /// Worth knowing.
    Info,
    /// Will need somebody.
    Warning,
    /// Needs somebody now.
    Critical,
}

impl Severity {
    /// One column wide, understood without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Ok => " ",
            Self::Info => "·",
            Self::Warning => "!",
            Self::Critical => "✖",
        }
    }

    /// The word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A judgement about one object that can be opened down to the fields it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable, for example `N101`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub target: Target,
    /// One line: what is wrong.
    pub summary: String,
    /// The fields it was read from.
    pub evidence: Vec<String>,
    /// What the cluster's controllers will do next, where that can be said.
    pub forecast: Option<String>,
    /// What mends it.
    pub remedy: Cow<'static, str>,
}
