//! Placeholder while the view is written.
use super::View;
use crate::model::kind::Kind;
use crate::model::table::{Align, Column, Table};
/// The pods view.
pub const VIEW: View = View {
    id: "pods",
    title: "pods",
    question: "?",
    rows: Kind::Pod,
    pane: false,
    kinds: &[],
    columns: &[Column { id: "name", title: "NAME", align: Align::Left, rank: 0, widest: 40, about: "" }],
    table: |_, _, _| Table { columns: VIEW.columns, rows: vec![], elsewhere: 0 },
    describe: |_, _, _| vec![],
};
