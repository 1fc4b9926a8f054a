//! The findings as a table, so that they are sorted, filtered and selected as any rows are. It finds nothing.

use crate::model::finding::Finding;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Align, Cell, Column, Row, Table};
use crate::model::value::Value;

/// The columns of the findings.
pub(crate) const COLUMNS: &[Column] = &[
    column("code", "CODE", 0, 8, "the rule; `foretop explain CODE` has its source"),
    column("object", "OBJECT", 0, 44, "what it is about"),
    column("finding", "FINDING", 0, 110, "what is wrong"),
    column("next", "WHAT HAPPENS NEXT", 1, 90, "what the cluster's controllers will do"),
];

const fn column(id: &'static str, title: &'static str, rank: u8, widest: u16, about: &'static str) -> Column {
    Column { id, title, align: Align::Left, rank, widest, about }
}

/// The findings within the scope, in their own order.
pub(crate) fn table(findings: &[Finding], scope: &Scope) -> Table {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| scope.admits(&finding.target.key.namespace));
    Table { columns: COLUMNS, rows: here.into_iter().map(row).collect(), elsewhere: elsewhere.len() }
}

fn row(finding: &Finding) -> Row {
    let next = finding.forecast.clone().map_or(Value::text(""), Value::text);
    Row {
        target: finding.target.clone(),
        severity: finding.severity,
        cells: vec![
            Cell::marked(Value::text(finding.code), finding.severity),
            Value::text(object(&finding.target)).into(),
            Value::text(finding.summary.clone()).into(),
            next.into(),
        ],
    }
}

/// An object as kubectl names it, by the short name where the kind's is long.
fn object(target: &Target) -> String {
    match target.kind {
        Kind::HorizontalPodAutoscaler => format!("hpa/{}", target.key),
        Kind::PodDisruptionBudget => format!("pdb/{}", target.key),
        _ => target.to_string(),
    }
}
