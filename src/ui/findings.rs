//! The findings as a table, so that they are sorted, filtered and selected as any rows are. It finds nothing.

use std::sync::Arc;

use crate::model::finding::Finding;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::table::{Cell, Column, Row};
use crate::model::value::Value;

/// The columns of the findings.
pub(crate) const COLUMNS: &[Column] = &[
    Column::text("code", "CODE", 0, 8, "the rule; `foretop explain CODE` has its source"),
    Column::text("object", "OBJECT", 0, 44, "what it is about"),
    Column::text("finding", "FINDING", 0, 110, "what is wrong"),
    Column::text("next", "WHAT HAPPENS NEXT", 1, 90, "what the cluster's controllers will do"),
];

/// The findings as rows, in their own order.
pub(crate) fn rows(findings: &[Arc<Finding>]) -> Vec<Row> {
    findings.iter().map(|finding| row(finding)).collect()
}

fn row(finding: &Finding) -> Row {
    let next = finding.forecast.clone().map_or(Value::text(""), Value::text);
    Row {
        subject: finding.target.clone().into(),
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
