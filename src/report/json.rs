//! `-o json`: the same tables as typed values, versioned, with the completeness of every kind beside them.

use serde_json::{Map, Value, json};

use super::{Format, Render, Report};
use crate::model::finding::Finding;
use crate::model::key::Target;
use crate::model::table::Row;
use crate::views::View;

/// The version of the document; it changes when a reader could break.
pub const API_VERSION: &str = "foretop/v1";

/// The JSON format.
pub const FORMAT: Format = Format {
    name: "json",
    about: "typed values, versioned, with completeness per kind",
    render: Render::Tables(render),
};

fn render(report: &Report<'_>) -> String {
    let views: Map<String, Value> =
        report.views.iter().map(|view| (view.id.to_owned(), one(report, view))).collect();
    let findings: Vec<Value> = report.findings().iter().map(|it| finding(it)).collect();
    let mut document = head(report, "Snapshot");
    document.insert("views".to_owned(), Value::Object(views));
    document.insert("findings".to_owned(), Value::Array(findings));
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// What every document begins with: of what it is, and how complete.
pub(super) fn head(report: &Report<'_>, kind: &str) -> Map<String, Value> {
    let server = &report.cluster.server;
    let head = json!({
        "apiVersion": API_VERSION,
        "kind": kind,
        "time": report.now.to_string(),
        "context": server.identity.context,
        "cluster": server.identity.cluster,
        "user": server.identity.user,
        "server": { "address": server.identity.server, "version": server.version },
        "namespace": report.scope.namespace.as_deref(),
        "complete": report.complete(),
        "kinds": report.kinds().iter().map(|kind| json!({
            "kind": kind.kind.name(),
            "apiVersion": kind.kind.api_version(),
            "resource": kind.kind.resource(),
            "complete": kind.complete,
            "state": kind.state,
            "reason": kind.why,
            "namespace": kind.namespace.as_deref(),
            "objects": report.cluster.count(kind.kind),
        })).collect::<Vec<_>>(),
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}

fn target(target: &Target) -> Value {
    json!({
        "apiVersion": target.kind.api_version(),
        "kind": target.kind.name(),
        "namespace": (!target.key.namespace.is_empty()).then_some(&*target.key.namespace),
        "name": &*target.key.name,
    })
}

fn one(report: &Report<'_>, view: &View) -> Value {
    let (table, hidden) = report.table(view);
    let row = |row: &Row| {
        let mut fields = Map::new();
        fields.insert("object".to_owned(), row.subject.object().map_or(Value::Null, target));
        fields.insert("severity".to_owned(), json!(row.severity.word()));
        for (column, cell) in view.columns.iter().zip(&row.cells) {
            fields.insert(column.id.to_owned(), cell.value.json());
        }
        Value::Object(fields)
    };
    json!({
        "question": view.question,
        "banner": report.banner(view, usize::MAX).0.iter().map(|notice| json!({
            "severity": notice.severity.word(),
            "text": notice.text,
        })).collect::<Vec<_>>(),
        "rows": table.rows.iter().map(row).collect::<Vec<_>>(),
        "outsideNamespace": table.elsewhere,
        "hiddenByFilter": hidden,
    })
}

pub(super) fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "severity": finding.severity.word(),
        "object": target(&finding.target),
        "summary": finding.summary,
        "evidence": finding.evidence,
        "forecast": finding.forecast,
        "remedy": finding.remedy,
    })
}
