//! `just scale`: foretop on a large cluster, measured from outside as a user sees it, beside curl fetching the same
//! bytes in the same run. Method and reading of the table: benches/README.md. It judges nothing.

#[expect(dead_code, reason = "each measuring program uses a part")]
#[path = "../support/mod.rs"]
mod support;

mod command;
mod measure;
mod report;
mod snapshot;
mod survive;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use command::Asked;
use measure::{Measure, Run, Sitting};
use support::Result;
use support::guard::Guard;
use support::server::Server;

fn main() -> ExitCode {
    // cargo bench adds `--bench` of its own.
    let arguments = std::env::args().enumerate().filter(|(at, it)| *at == 0 || it != "--bench");
    let asked = Asked::parse_from(arguments.map(|(_, it)| it));
    match measure_all(&asked) {
        Ok(text) => {
            let _closed = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            say(&format!("scale: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// One line on standard error: what is going on now.
fn say(line: &str) {
    let _closed = writeln!(std::io::stderr(), "{line}");
}

fn measure_all(asked: &Asked) -> Result<String> {
    let guard = Guard::new()?;
    if asked.snapshot {
        let on = asked.kubeconfig.clone();
        let server = on.is_none().then(|| asked.server(&guard, asked.pods, 0)).transpose()?;
        let kubeconfig = on.or_else(|| server.as_ref().map(|it| it.kubeconfig.clone())).unwrap_or_default();
        return snapshot::compare(asked, &guard, &kubeconfig);
    }
    if asked.survive {
        return survive::survive(asked, &guard);
    }
    let runs = match (&asked.kubeconfig, asked.steps.as_slice()) {
        (Some(kubeconfig), _) => given(asked, &guard, kubeconfig)?,
        (None, []) => embedded(asked, &guard)?,
        (None, steps) => stepwise(asked, &guard, steps)?,
    };
    Ok(if asked.json { report::json(&runs)? } else { report::table(&runs, !asked.steps.is_empty()) })
}

/// On a cluster that is there: whatever goes on in it goes on.
fn given(asked: &Asked, guard: &Guard, kubeconfig: &std::path::Path) -> Result<Vec<Run>> {
    let runs = asked.size.iter().map(|size| {
        say(&format!("measuring at {} columns and {} rows", size.0, size.1));
        Measure::new(asked, guard, kubeconfig)?.run(*size, format!("{}x{}", size.0, size.1))
    });
    runs.collect()
}

/// On the embedded cluster, first at rest and then, on a new one, under load.
fn embedded(asked: &Asked, guard: &Guard) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    let loads = [Some(0), Some(asked.churn).filter(|churn| *churn > 0)];
    for churn in loads.into_iter().flatten() {
        say(&format!("starting the embedded cluster: {} pods, {churn} changes a second", asked.pods));
        let server = asked.server(guard, asked.pods, churn)?;
        for size in &asked.size {
            say(&format!("measuring at {} columns and {} rows", size.0, size.1));
            let name = format!("{}x{} {}", size.0, size.1, if churn > 0 { "churn" } else { "quiet" });
            runs.push(Measure::new(asked, guard, &server.kubeconfig)?.run(*size, name)?);
        }
    }
    Ok(runs)
}

/// On embedded clusters of growing size, at rest. They are all there at once and foretop is started on each in turn, so
/// that a moment in which the machine is slower falls on all of them.
fn stepwise(asked: &Asked, guard: &Guard, steps: &[u64]) -> Result<Vec<Run>> {
    let size = asked.size.first().copied().unwrap_or((200, 60));
    say(&format!("starting {} embedded clusters", steps.len()));
    let servers = steps.iter().map(|pods| asked.server(guard, *pods, 0));
    let servers: Vec<Server> = servers.collect::<Result<_>>()?;
    let measures = servers.iter().map(|server| Measure::new(asked, guard, &server.kubeconfig));
    let measures: Vec<Measure<'_>> = measures.collect::<Result<_>>()?;
    let sittings = measures.iter().zip(steps).map(|(it, pods)| it.begin(size, format!("{pods} pods")));
    let mut sittings: Vec<Sitting<'_>> = sittings.collect::<Result<_>>()?;
    for start in 1..=asked.starts {
        say(&format!("start {start} of {} on each", asked.starts));
        sittings.iter_mut().try_for_each(Sitting::start)?;
    }
    let stay = |sitting: Sitting<'_>| {
        say(&format!("measuring at {}", sitting.name()));
        sitting.stay()
    };
    sittings.into_iter().map(stay).collect()
}
