//! Two bad hours at full size: the server forgets where the pods' watch was (410), and it dies and comes back. What
//! happens to memory, rows, keys and the word live meanwhile. Only the embedded cluster can be treated so.

use std::fmt::Write;
use std::time::{Duration, Instant};

use foretop::model::kind::Kind;
use serde::Serialize;

use crate::command::Asked;
use crate::measure::{Keys, is_synced, keys, ms};
use crate::report::cores;
use crate::support::credentials::Credentials;
use crate::support::guard::Guard;
use crate::support::keys::{Fingers, selected};
use crate::support::program::Program;
use crate::support::raw::Curl;
use crate::support::server::Server;
use crate::support::{Result, median, process};

/// How long memory may take to settle, and how long the server is away.
const SETTLE: Duration = Duration::from_secs(5);
const AWAY: Duration = Duration::from_secs(20);

/// For so many seconds the watch of the pods goes on before the 410: until each of 500 autoscalers has been asked for.
const BEFORE: u64 = 150;

/// Each autoscaler has been asked for by then, and the 410 has come so long after that.
const LONGEST: Duration = Duration::from_mins(5);

/// What a relist showed. Memory in bytes.
#[derive(Clone, Debug, Default, Serialize)]
struct Relist {
    steady: f64,
    peak: f64,
    after: f64,
    /// From the frame that says that the list is made again to the one that is live.
    took_ms: Option<f64>,
    rows_blank: bool,
    keys: Keys,
}

/// What an outage showed.
#[derive(Clone, Debug, Default, Serialize)]
struct Outage {
    /// How long the screen went on saying that it is live.
    live_ms: Option<f64>,
    /// Processor time while the server was away, as a share of one core.
    cpu: f64,
    /// From the moment that the server serves again until every stream is live.
    back_ms: f64,
    rows_blank: bool,
    keys: Keys,
}

/// Does both.
pub(crate) fn survive(asked: &Asked, guard: &Guard) -> Result<String> {
    let (relist, outage) = (relist(asked, guard)?, outage(asked, guard)?);
    if asked.json {
        let all = serde_json::json!({"cores": cores(), "relist": relist, "outage": outage});
        return Ok(serde_json::to_string_pretty(&all)?);
    }
    let mut text = format!("machine: {} cores\n\nrelist of the pods after 410\n", cores());
    let mega = |bytes: f64| bytes / 1_000_000.0;
    let rows = |blank: bool| if blank { "they were gone for at least a frame" } else { "they stayed" };
    writeln!(text, "  steady RSS before, MB        {:.1}", mega(relist.steady))?;
    writeln!(text, "  peak RSS, MB                 {:.1}", mega(relist.peak))?;
    writeln!(text, "    peak / steady              {:.2}", relist.peak / relist.steady)?;
    writeln!(text, "  RSS afterwards, MB           {:.1}", mega(relist.after))?;
    writeln!(text, "    afterwards / steady        {:.2}", relist.after / relist.steady)?;
    let took = relist.took_ms.map_or_else(|| "no frame showed it".to_owned(), |it| format!("{it:.0}"));
    writeln!(text, "  listing on screen, ms        {took}")?;
    writeln!(text, "  rows                         {}", rows(relist.rows_blank))?;
    writeln!(text, "  keys p50/p99/max, ms         {}", relist.keys)?;
    writeln!(text, "\nthe server dies and comes back after {} s", AWAY.as_secs())?;
    let live = outage.live_ms.map_or_else(|| "all the time".to_owned(), |it| format!("{it:.0} ms"));
    writeln!(text, "  still said live              {live}")?;
    writeln!(text, "  CPU while away, % of a core  {:.2}", outage.cpu * 100.0)?;
    writeln!(text, "  from serving to all live, ms {:.0}", outage.back_ms)?;
    writeln!(text, "  rows                         {}", rows(outage.rows_blank))?;
    write!(text, "  keys p50/p99/max, ms         {}", outage.keys)?;
    Ok(text)
}

/// A foretop with everything on screen.
fn synced(asked: &Asked, guard: &Guard, server: &Server) -> Result<Program> {
    let kubeconfig = server.kubeconfig.to_string_lossy();
    let size = asked.size.first().copied().unwrap_or((200, 60));
    let program = Program::start(guard, &asked.program, &["--read-only", "--kubeconfig", &kubeconfig], size)?;
    let all = program.expect(is_synced);
    program.wait(all, Duration::from_secs(asked.patience)).ok_or("it was never synced")?;
    program.rest(SETTLE);
    Ok(program)
}

/// The middle of some readings, so that one page more or less does not count.
fn resident(program: &Program) -> Result<f64> {
    let mut readings = Vec::new();
    for _ in 0..5 {
        program.rest(Duration::from_millis(500));
        readings.push(process::memory(program.pid)?.now as f64);
    }
    median(readings).ok_or_else(|| "no memory".into())
}

/// Waits until the server has been asked for the scale of each autoscaler, which is asked before its metrics: what they
/// were measured to be is part of what is kept.
fn measured(curl: &Curl<'_>, program: &Program) -> Result<()> {
    let autoscalers = curl.count(Kind::HorizontalPodAutoscaler)?;
    let deadline = Instant::now() + LONGEST;
    while curl.others().ok_or("the server does not count requests")?.scales < autoscalers {
        if Instant::now() >= deadline {
            return Err(format!("not all of {autoscalers} autoscalers were asked for").into());
        }
        program.rest(Duration::from_secs(1));
    }
    Ok(())
}

fn relist(asked: &Asked, guard: &Guard) -> Result<Relist> {
    // Also when the watch began with all pods; that of the controller manager's pods, in its namespace, is another one.
    // Scenarios without pods to choose have few events.
    let (pods, events) =
        if asked.scenario == "large" { (asked.pods, asked.churn.max(10) * BEFORE) } else { (0, 10) };
    let rule = |page: &str, after: u64| {
        format!(
            "- {{match: {{resource: pods, verb: watch, namespace: '', page: {page}}}, times: 1, \
             fault: {{kind: error, code: 410, after: {after}}}}}\n"
        )
    };
    let script =
        guard.write("faults.yaml", (rule("first", pods + events) + &rule("next", events)).as_bytes())?;
    let more = ["--faults".to_owned(), script.display().to_string()];
    let server = asked.server_with(guard, asked.pods, asked.churn.max(10), &more)?;
    let mut program = synced(asked, guard, &server)?;
    let begun = program.expect(|screen| !is_synced(screen));
    let credentials = Credentials::read(guard, &server.kubeconfig, None)?;
    measured(&Curl::new(guard, &credentials), &program)?;
    program.rest(SETTLE);
    let mut relist = Relist { steady: resident(&program)?, ..Relist::default() };
    process::forget_peak(program.pid);
    if program.met(begun).is_some() {
        return Err("the list was made again before all autoscalers had been asked for".into());
    }
    let blank = program.expect(|screen| selected(screen).is_none());
    let begun = program.wait(begun, LONGEST);
    if begun.is_none() && asked.scenario == "large" {
        return Err("no frame showed that the list was made again".into());
    }
    // A small list is made again between two frames.
    if let Some(begun) = begun {
        let live = program.expect(is_synced);
        let patience = Duration::from_secs(asked.patience);
        relist.keys = keys(&Fingers::new().press(&mut program, patience, Some(live))?);
        let live = program.wait(live, Duration::ZERO).ok_or("it was never live again")?;
        relist.took_ms = Some(ms(live - begun));
    }
    program.rest(SETTLE);
    relist.peak = process::memory(program.pid)?.peak as f64;
    relist.after = resident(&program)?;
    relist.rows_blank = program.met(blank).is_some();
    Ok(relist)
}

fn outage(asked: &Asked, guard: &Guard) -> Result<Outage> {
    let server = asked.server(guard, asked.pods, asked.churn)?;
    let address = Credentials::read(guard, &server.kubeconfig, None)?.address()?;
    let mut program = synced(asked, guard, &server)?;
    let blank = program.expect(|screen| selected(screen).is_none());
    let stale = program.expect(|screen| !is_synced(screen));
    let died = Instant::now();
    drop(server);
    let cpu = process::cpu(program.pid)?;
    program.rest(AWAY);
    let mut outage = Outage {
        live_ms: program.met(stale).map(|at| ms(at - died)),
        cpu: (process::cpu(program.pid)?.saturating_sub(cpu)).as_secs_f64() / died.elapsed().as_secs_f64(),
        ..Outage::default()
    };
    let again = ["--listen".to_owned(), address];
    let _server = asked.server_with(guard, asked.pods, asked.churn, &again)?;
    let (back, live) = (Instant::now(), program.expect(is_synced));
    let patience = Duration::from_secs(asked.patience);
    outage.keys = keys(&Fingers::new().press(&mut program, patience, Some(live))?);
    let live = program.wait(live, Duration::ZERO).ok_or("it was never live again")?;
    outage.back_ms = ms(live.saturating_duration_since(back));
    outage.rows_blank = program.met(blank).is_some();
    Ok(outage)
}
