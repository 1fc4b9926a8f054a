//! `snapshot`: waits until every stream is synced, then prints one complete picture and chooses the exit code.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::time::{Instant, interval_at};

use crate::analysis::autoscaling;
use crate::analysis::vigil::Vigil;
use crate::cli::{Options, Snapshot};
use crate::client::clock;
use crate::client::connect::{Failure, Session};
use crate::client::watch::Order;
use crate::exit::Exit;
use crate::link::{Link, Plan};
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::scope::{Extent, Scope};
use crate::report::{self, Render, Report};
use crate::ui::{self, Settings, Ui};
use crate::views::{self, View};

/// How long a complete picture waits for what is beside the kinds: measurements, metrics, flags, certificates.
const GRACE: Duration = Duration::from_secs(2);

/// Between two looks at where autoscalers stand.
const NOTES: Duration = Duration::from_secs(1);

/// Takes the picture and prints it.
///
/// # Errors
/// A sentence for standard error, with the exit code that goes with it.
pub async fn run(options: &Options, asked: &Snapshot) -> Result<Exit, (Exit, String)> {
    let format =
        report::named(&asked.output).ok_or_else(|| (Exit::Usage, format!("no format {:?}", asked.output)))?;
    let views: Vec<&'static View> = if asked.view.is_empty() {
        views::ALL.to_vec()
    } else {
        asked.view.iter().filter_map(|id| views::named(id)).collect()
    };
    check_sort_column(asked, &views)?;
    let (settings, cluster) = gathered(options, &views, asked.timeout, asked.after).await?;
    // Who names the pods view wants all pods; beside the other views those in trouble are enough.
    let extent = if asked.view.iter().any(|id| id == "pods") { Extent::All } else { Extent::Trouble };
    let scope = Scope { extent, ..settings.scope.clone() };
    let report = Report {
        cluster: &cluster,
        views: &views,
        scope: &scope,
        sort_by: asked.sort_by.as_deref().map(sort_by),
        filter: asked.filter.clone(),
        no_headers: asked.no_headers,
        now: clock::now() + cluster.server.skew,
    };
    let text = match format.render {
        Render::Tables(render) => render(&report),
        Render::Screen(render) => {
            let mut buffer = Buffer::empty(Rect::new(0, 0, asked.size.0, asked.size.1));
            let mut ui = Ui::new(settings);
            if let Some(first) = asked.view.first() {
                ui.select_view(first);
            }
            ui::draw(&mut ui, &cluster, report.now, &mut buffer);
            render(&buffer, "foretop")
        }
    };
    print(&text)?;
    Ok(verdict(&report))
}

/// Connects, and waits until all is there that the views are computed from, or the time is up; then watches for as long
/// as is asked for after that.
///
/// # Errors
/// A sentence for standard error, with the exit code that goes with it.
pub async fn gathered(
    options: &Options,
    views: &[&View],
    timeout: Duration,
    after: Option<Duration>,
) -> Result<(Settings, Cluster), (Exit, String)> {
    let settings = crate::live::settings(options).map_err(|why| (Exit::Usage, why))?;
    settings.theme.warnings.iter().for_each(|warning| eprint(&format!("theme: {warning}")));
    let plan = Plan::new(options).await.map_err(|why| (Exit::Usage, why))?;
    let session = reach(&plan).await?;
    let mut link = Link::open(plan, Some(session), Order::Whole);
    let mut cluster = Cluster::default();
    cluster.apply_all(options.assumptions());
    gather(&mut link, &mut cluster, views, timeout).await;
    if let Some(after) = after {
        watch(&mut link, &mut cluster, after).await;
    }
    Ok((settings, cluster))
}

/// Writes to standard output. A reader who has seen enough is no error: a closed pipe ends the program quietly.
///
/// # Errors
/// When the text could not be written, as on a full disk.
pub fn print(text: &str) -> Result<(), (Exit, String)> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            Err((Exit::Incomplete, format!("the output could not be written: {why}")))
        }
        _ => Ok(()),
    }
}

fn sort_by(text: &str) -> (String, bool) {
    text.strip_prefix('-').map_or((text.to_owned(), false), |rest| (rest.to_owned(), true))
}

fn check_sort_column(asked: &Snapshot, views: &[&View]) -> Result<(), (Exit, String)> {
    let Some((column, _)) = asked.sort_by.as_deref().map(sort_by) else { return Ok(()) };
    let known: Vec<&str> = views.iter().flat_map(|view| view.columns).map(|column| column.id).collect();
    if known.contains(&&*column) {
        return Ok(());
    }
    Err((Exit::Usage, format!("no column {column:?}; these views have: {}", known.join(", "))))
}

/// Connects and asks the server for its version, because a script wants to know at once when there is no server.
async fn reach(plan: &Plan) -> Result<Arc<Session>, (Exit, String)> {
    let told = |failure: &Failure| {
        (Exit::Unreachable, format!("{failure}\n{}", failure.hint()).trim_end().to_owned())
    };
    let session = plan.connect().await.map_err(|failure| told(&failure))?;
    match session.version().await {
        // A server that answers, but not this question, is there.
        Ok(_) | Err(Failure::Forbidden { .. }) => Ok(session),
        Err(failure) => Err(told(&failure)),
    }
}

/// Applies what arrives until the kinds are settled or the time is up, then for a moment what is beside them.
async fn gather(link: &mut Link, cluster: &mut Cluster, views: &[&View], timeout: Duration) {
    let kinds: Vec<Kind> = views.iter().flat_map(|view| view.kinds).copied().collect();
    let deadline = Instant::now() + timeout;
    while !kinds.iter().all(|kind| settled(cluster, *kind)) {
        let Ok(Some(batch)) = tokio::time::timeout_at(deadline, link.changes.recv()).await else { return };
        cluster.apply_all(batch);
    }
    // It makes a picture richer, but no picture is incomplete without it.
    let deadline = deadline.min(Instant::now() + GRACE);
    let measured = views.iter().any(|view| view.measured.is_some());
    let scaled = kinds.contains(&Kind::HorizontalPodAutoscaler);
    let awaited = |link: &Link, cluster: &Cluster| {
        !cluster.certificates_known()
            || cluster.server.observed.is_none()
            || (measured && matches!(cluster.measuring(), Freshness::Connecting))
            || (scaled && !(cluster.rivals_known() && link.answered(cluster)))
    };
    link.ask(cluster);
    while awaited(link, cluster) {
        let Ok(Some(batch)) = tokio::time::timeout_at(deadline, link.changes.recv()).await else { break };
        cluster.apply_all(batch);
    }
    // What arrived together with the last kind belongs into the picture: the version, the skew.
    while let Ok(batch) = link.changes.try_recv() {
        cluster.apply_all(batch);
    }
}

/// Watches for a time, and notes where autoscalers stand as the live screen does.
async fn watch(link: &mut Link, cluster: &mut Cluster, time: Duration) {
    let start = Instant::now();
    let mut tick = interval_at(start + NOTES, NOTES);
    // The first note is there however short the time is, or however late a busy machine comes to the next.
    let mut vigil = Vigil::default();
    note(&mut vigil, link, cluster);
    loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(start + time) => return,
            _ = tick.tick() => note(&mut vigil, link, cluster),
            batch = link.changes.recv() => match batch {
                Some(batch) => cluster.apply_all(batch),
                None => return,
            },
        }
    }
}

/// Notes where autoscalers stand, and asks what has become of interest.
fn note(vigil: &mut Vigil, link: &mut Link, cluster: &mut Cluster) {
    let notes = autoscaling::notes(vigil, cluster, clock::now() + cluster.server.skew);
    cluster.apply_all(notes);
    link.ask(cluster);
}

/// Whether waiting longer can bring nothing new of a kind.
fn settled(cluster: &Cluster, kind: Kind) -> bool {
    match cluster.freshness(kind) {
        Freshness::Live { .. } => cluster.synced(kind),
        Freshness::Forbidden { .. } | Freshness::Absent { .. } => true,
        Freshness::Connecting | Freshness::Listing { .. } | Freshness::Stale { .. } => false,
    }
}

fn verdict(report: &Report<'_>) -> Exit {
    if report.complete() {
        return Exit::Fine;
    }
    for kind in report.kinds().iter().filter(|kind| !kind.complete) {
        eprint(&format!("incomplete: {}: {} ({})", kind.kind.plural(), kind.why, kind.state));
    }
    Exit::Incomplete
}

/// One line on standard error.
pub fn eprint(line: &str) {
    let _closed = writeln!(std::io::stderr(), "foretop: {line}");
}
