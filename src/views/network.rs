//! Placeholder while the view is written.
use super::View;
use crate::model::kind::Kind;
use crate::model::table::{Align, Column, Table};
/// The network view.
pub const VIEW: View = View {
    id: "network",
    title: "network",
    question: "?",
    rows: Kind::Node,
    pane: true,
    kinds: &[],
    columns: &[Column { id: "name", title: "NAME", align: Align::Left, rank: 0, widest: 40, about: "" }],
    table: |_, _, _| Table { columns: VIEW.columns, rows: vec![], elsewhere: 0 },
    describe: |_, _, _| vec![],
};
