//! The views over small clusters made by hand: what a row says, what stands first, what a narrowed list admits.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod fixture;

use fixture::{Fixture, now};
use foretop::analysis;
use foretop::model::change::Change;
use foretop::model::kind::Kind;
use foretop::model::scope::{Extent, Scope};
use foretop::model::server::ServerNews;
use foretop::model::table::Table;
use foretop::views::{self, View};

fn table(fixture: &Fixture, view: &str, scope: &Scope) -> Table {
    let view: &View = views::named(view).unwrap();
    view.table(&fixture.cluster, scope, now())
}

/// The text of one cell.
fn cell(table: &Table, name: &str, column: &str) -> String {
    let row = table
        .rows
        .iter()
        .find(|row| &**row.subject.name() == name)
        .unwrap_or_else(|| panic!("no row {name}"));
    let index = Table::column(table.columns, column).unwrap();
    row.cells[index].value.show(now()).into_owned()
}

#[test]
fn every_row_has_one_cell_per_column() {
    let fixture = Fixture::mixed();
    for view in views::ALL {
        let table = view.table(&fixture.cluster, &Scope::default(), now());
        assert!(!table.rows.is_empty(), "{} shows nothing", view.id);
        for row in &table.rows {
            assert_eq!(row.cells.len(), view.columns.len(), "{}", view.id);
        }
    }
}

#[test]
fn a_row_is_at_least_as_bad_as_the_findings_that_its_pane_is_about() {
    let fixture = Fixture::mixed();
    for (view, letter) in [("nodes", 'N'), ("autoscalers", 'A'), ("network", 'F')] {
        let table = table(&fixture, view, &Scope::default());
        for finding in analysis::findings(&fixture.cluster, now()) {
            if finding.code.starts_with(letter) {
                let row =
                    table.rows.iter().find(|row| row.subject.object() == Some(&finding.target)).unwrap();
                assert!(row.severity >= finding.severity, "{}: {}", finding.code, finding.summary);
            }
        }
    }
}

#[test]
fn nodes_say_what_is_wrong_and_stand_by_trouble() {
    let fixture = Fixture::mixed();
    let table = table(&fixture, "nodes", &Scope::default());
    let names: Vec<_> = table.rows.iter().map(|row| row.subject.name().to_string()).collect();
    assert_eq!(names, ["dead", "sick", "full", "shut", "fine"]);
    assert_eq!(cell(&table, "dead", "status"), "Unknown");
    assert_eq!(cell(&table, "dead", "reason"), "NodeStatusUnknown");
    assert_eq!(cell(&table, "dead", "since"), "90s");
    assert_eq!(cell(&table, "dead", "taints"), "unreachable:NoExecute+NoSchedule");
    assert_eq!(cell(&table, "dead", "lease"), "2m20s");
    assert_eq!(cell(&table, "sick", "status"), "NotReady, MemoryPressure");
    assert_eq!(cell(&table, "full", "status"), "Ready, DiskPressure");
    assert_eq!(cell(&table, "shut", "status"), "Ready, cordoned");
    assert_eq!(cell(&table, "fine", "status"), "Ready");
    assert_eq!(cell(&table, "fine", "pods"), "2/110");
    assert_eq!(cell(&table, "fine", "cpu"), "500m/4 12%");
    assert_eq!(cell(&table, "fine", "memory"), "256Mi/8Gi 3%");
}

#[test]
fn no_node_is_blamed_for_our_own_silence() {
    let blamed = |fixture: &Fixture, seconds: i64| {
        let later = fixture::at(-seconds);
        analysis::findings(&fixture.cluster, later).iter().filter(|finding| finding.code == "N105").count()
    };
    let mut fixture = Fixture::mixed();
    assert_eq!(blamed(&fixture, 60), 0, "no lease at all is renewed any more: nobody hears them");
    fixture.renew("fine", -60);
    assert_eq!(blamed(&fixture, 60), 2, "others live, so the kubelets of full and shut are silent");
    let since = fixture::at(0);
    let silent = ServerNews::Silent { since, why: "timeout".into(), retry_at: fixture::at(-90) };
    fixture.apply(Change::Server(silent));
    assert!(!fixture.cluster.freshness(Kind::NodeLease).is_live(), "an open stream is not believed");
    assert_eq!(blamed(&fixture, 60), 0, "the server does not answer since before");
    fixture.apply(Change::Server(ServerNews::Reachable));
    assert!(fixture.cluster.freshness(Kind::NodeLease).is_live());
}

#[test]
fn columns_made_from_pods_say_that_they_still_count() {
    let mut fixture = Fixture::mixed();
    fixture.forget_sync(Kind::Pod);
    let table = table(&fixture, "nodes", &Scope::default());
    assert_eq!(cell(&table, "fine", "pods"), "counting 2");
    assert_eq!(cell(&table, "fine", "cpu"), "counting 2");
}

#[test]
fn autoscalers_show_all_five_kinds_and_three_targets_by_identity() {
    let fixture = Fixture::mixed();
    let table = table(&fixture, "autoscalers", &Scope::default());
    assert_eq!(
        cell(&table, "web", "metrics"),
        "cpu 88%/80%, external lag unread/5, memory 412Mi/500Mi avg, object Ingress/web hits 8123/10k, \
         pods requests{tier=a} 731.5/1k avg, container app cpu 51%/70%, external queue{q=web} 17/30 avg"
    );
    assert_eq!(cell(&table, "web", "ready"), "2");
    assert_eq!(cell(&table, "web", "conditions"), "ScalingLimited=True TooManyReplicas");
    assert_eq!(cell(&table, "orphan", "ready"), "no target");
    assert_eq!(cell(&table, "fresh", "conditions"), "not evaluated yet");
    assert_eq!(cell(&table, "fresh", "scaled"), "never");
}

#[test]
fn a_narrowed_list_says_how_many_there_are_elsewhere() {
    let fixture = Fixture::mixed();
    let scope = Scope { namespace: Some("empty".into()), ..Scope::default() };
    let table = table(&fixture, "autoscalers", &scope);
    assert_eq!((table.rows.len(), table.elsewhere), (0, 3));
}

#[test]
fn o12_o15_o17_what_nodes_share_and_must_not_is_found() {
    let fixture = Fixture::mixed();
    let found = analysis::findings(&fixture.cluster, now());
    let has = |code: &str, node: &str| found.iter().any(|f| f.code == code && &*f.target.key.name == node);
    assert!(has("F104", "fine") && has("F104", "full"), "a duplicate pod CIDR is found on both nodes");
    assert!(has("F105", "dead") && has("F105", "sick"), "a shared tunnel endpoint is found on both nodes");
    assert!(has("F109", "dead"), "an endpoint that is none of the node's addresses");
    assert!(has("F107", "shut"), "another backend than most");
    assert!(has("F102", "sick"), "no pod CIDR");
    assert!(!found.iter().any(|f| f.code == "F101"), "all are annotated");
}

#[test]
fn network_rows_show_subnet_endpoint_and_agent() {
    let fixture = Fixture::mixed();
    let table = table(&fixture, "network", &Scope::default());
    assert_eq!(cell(&table, "fine", "cidrs"), "10.244.1.0/24");
    assert_eq!(cell(&table, "fine", "ips"), "1/253");
    assert_eq!(cell(&table, "fine", "backend"), "vxlan");
    assert_eq!(cell(&table, "fine", "vni"), "1");
    assert_eq!(cell(&table, "fine", "own"), "yes");
    assert_eq!(cell(&table, "fine", "agent"), "ready");
    assert_eq!(cell(&table, "fine", "up"), "yes");
    assert_eq!(cell(&table, "dead", "own"), "no");
    assert_eq!(cell(&table, "dead", "agent"), "absent");
    assert_eq!(cell(&table, "sick", "cidrs"), "<none>");
}

#[test]
fn pods_are_those_in_trouble_or_those_of_a_row() {
    let fixture = Fixture::mixed();
    let trouble = table(&fixture, "pods", &Scope::default());
    let names: Vec<_> = trouble.rows.iter().map(|row| row.subject.name().to_string()).collect();
    assert_eq!(names, ["crash", "stuck"], "the crashing pod, and the pod on the dead node");
    let all = table(&fixture, "pods", &Scope { extent: Extent::All, ..Scope::default() });
    assert_eq!(all.rows.len(), 4);
    let of = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let scaled = table_of(&fixture, of);
    assert_eq!(scaled.rows.len(), 2, "pods of the autoscaler's Deployment, through its ReplicaSet");
    let on = table_of(&fixture, fixture.target(Kind::Node, "", "fine"));
    assert_eq!(on.rows.len(), 2);
}

fn table_of(fixture: &Fixture, of: foretop::model::key::Target) -> Table {
    table(fixture, "pods", &Scope { of: Some(of), ..Scope::default() })
}

/// What the detail of a view's row says; nothing for rows that open others.
fn described(view: &View, fixture: &Fixture, key: &foretop::model::key::Key) -> Vec<views::Section> {
    match view.opens {
        views::Opens::Detail(describe) => describe(&fixture.cluster, key, now()),
        views::Opens::Rows(..) => Vec::new(),
    }
}

#[test]
fn what_is_not_there_is_described_as_nothing() {
    let fixture = Fixture::mixed();
    for view in views::ALL {
        assert!(described(view, &fixture, &foretop::model::key::Key::new("x", "y")).is_empty());
    }
    let node = foretop::model::key::Key::new("", "dead");
    let text: Vec<String> = described(views::named("nodes").unwrap(), &fixture, &node)
        .into_iter()
        .flat_map(|section| section.lines)
        .map(|line| format!("{}: {}", line.label, line.value))
        .collect();
    assert!(
        text.iter().any(|line| line.starts_with("node.kubernetes.io/unreachable:NoExecute: for 85s")),
        "{text:#?}"
    );
}

#[test]
fn totals_follow_every_change() {
    let mut fixture = Fixture::mixed();
    let before = fixture.cluster.load("fine").unwrap().clone();
    fixture.remove_pod("shop", "web-1");
    let after = fixture.cluster.load("fine").unwrap();
    assert_eq!((before.pods, after.pods), (2, 1));
    assert_eq!(fixture.cluster.pods_in("shop"), 2);
    fixture.relist_pods(&["web-2"]);
    assert_eq!(fixture.cluster.count(Kind::Pod), 1, "a relist sweeps the rest");
    assert!(fixture.cluster.load("dead").is_none(), "and its totals");
}
