//! `just soak`: foretop lives beside a large cluster that changes and fails; at the end, what it holds is compared with
//! what the server has, and its memory with that after the first minute. Exit 1 when they differ. What counts as equal:
//! benches/README.md.

#[expect(dead_code, reason = "each measuring program uses a part")]
#[path = "../support/mod.rs"]
mod support;

mod client;
mod serve;
mod state;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use foretop::model::kind::Kind;

use client::Client;
use support::credentials::Credentials;
use support::guard::Guard;
use support::keys::{Fingers, selected};
use support::program::Program;
use support::raw::Curl;
use support::server::Server;
use support::{Result, median, process, quantile};

const FAULTS: &str = include_str!("faults.yaml");
const SECOND: Duration = Duration::from_secs(1);

/// How many seconds make one reading of memory: its middle.
const READING: usize = 15;

/// Lets foretop live beside a cluster that changes and fails.
#[derive(Clone, Debug, Parser)]
#[command(name = "soak")]
struct Asked {
    /// How long
    #[arg(default_value_t = 10.0)]
    minutes: f64,
    /// Pods of the embedded cluster
    #[arg(long, default_value_t = 150_000)]
    pods: u64,
    /// Pod events a second
    #[arg(long, default_value_t = 200)]
    churn: u64,
    /// The fault script; a bit of everything unless given
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Without faults
    #[arg(long, conflicts_with = "faults")]
    no_faults: bool,
    /// Seed of the embedded cluster and of its faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The embedded cluster's scenario
    #[arg(long, default_value = "large")]
    scenario: String,
    /// By how many percent memory may grow
    #[arg(long, default_value_t = 5.0)]
    growth: f64,
    /// How many minutes the state may take at the end to become equal
    #[arg(long, default_value_t = 5.0)]
    grace: f64,
    /// The foretop that lives in a terminal
    #[arg(long, default_value = env!("CARGO_BIN_EXE_foretop"))]
    program: PathBuf,
}

fn main() -> ExitCode {
    // cargo bench adds `--bench` of its own.
    let arguments = std::env::args().enumerate().filter(|(at, it)| *at == 0 || it != "--bench");
    let ended = if std::env::args().nth(1).is_some_and(|word| word == serve::WORD) {
        serve::serve(std::env::args().skip(1)).map(|()| ExitCode::SUCCESS)
    } else {
        soak(&Asked::parse_from(arguments.map(|(_, it)| it)))
    };
    match ended {
        Ok(code) => code,
        Err(why) => {
            let _closed = writeln!(std::io::stderr(), "soak: {why}");
            ExitCode::FAILURE
        }
    }
}

fn tell(line: &str) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

fn soak(asked: &Asked) -> Result<ExitCode> {
    let guard = Guard::new()?;
    let mut server = start(asked, &guard)?;
    let credentials = Credentials::read(&guard, &server.kubeconfig, None)?;
    let curl = Curl::new(&guard, &credentials);
    let kubeconfig = server.kubeconfig.to_string_lossy();
    let mut program =
        Program::start(&guard, &asked.program, &["--read-only", "--kubeconfig", &kubeconfig], (200, 60))?;
    let rows = program.expect(|screen| selected(screen).is_some());
    program.wait(rows, Duration::from_mins(5)).ok_or("no rows")?;
    let client = Client::start(&server.kubeconfig)?;
    let lived = live(asked, &mut program)?;
    tell(&format!("requests at the server: {}", requests(&curl)));
    server.say(serve::MEND)?;
    let equal = settle(asked, &curl, &client, &program)?;
    let shown = shown(&curl, &program)?;
    tell(&lived.told(asked.growth));
    let grown = lived.growth() > asked.growth;
    Ok(if equal && shown && !grown { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn start(asked: &Asked, guard: &Guard) -> Result<Server> {
    let mut args =
        ["--seed", &asked.seed.to_string(), "--scenario", &asked.scenario].map(String::from).to_vec();
    if asked.scenario == "large" {
        args.extend(
            ["--pods", &asked.pods.to_string(), "--churn", &asked.churn.to_string()].map(String::from),
        );
    }
    if !asked.no_faults {
        let script = match &asked.faults {
            Some(file) => std::fs::read(file)?,
            None => FAULTS.as_bytes().to_vec(),
        };
        let file = guard.write("faults.yaml", &script)?;
        args.extend(["--faults".to_owned(), file.display().to_string()]);
    }
    tell(&format!("the embedded cluster: {}", args.join(" ")));
    Server::start(guard, &std::env::current_exe()?, &args)
}

/// What the life of the program showed.
#[derive(Clone, Debug, Default)]
struct Lived {
    /// Resident memory in bytes, each second.
    memory: Vec<f64>,
    answers: Vec<Duration>,
    cpu: f64,
    frames: u64,
}

/// Lets the program live: each second a key and a look at its memory.
fn live(asked: &Asked, program: &mut Program) -> Result<Lived> {
    let mut lived = Lived::default();
    let mut fingers = Fingers::new();
    let (start, cpu) = (Instant::now(), process::cpu(program.pid)?);
    while start.elapsed() < Duration::from_secs_f64(asked.minutes * 60.0) {
        program.rest(SECOND);
        if program.ended() {
            return Err("foretop ended by itself".into());
        }
        lived.answers.push(fingers.one(program)?);
        lived.memory.push(process::memory(program.pid)?.now as f64);
    }
    lived.answers.sort();
    lived.frames = program.frames().count;
    lived.cpu =
        (process::cpu(program.pid)?.saturating_sub(cpu)).as_secs_f64() / start.elapsed().as_secs_f64();
    Ok(lived)
}

impl Lived {
    /// After the first minute, or after a third of a shorter life.
    fn first(&self) -> f64 {
        let from = (self.memory.len() / 3).min(60);
        median(self.memory.iter().copied().skip(from).take(READING).collect()).unwrap_or(0.0)
    }

    fn last(&self) -> f64 {
        median(self.memory.iter().rev().copied().take(READING).collect()).unwrap_or(0.0)
    }

    fn growth(&self) -> f64 {
        (self.last() / self.first() - 1.0) * 100.0
    }

    fn told(&self, most: f64) -> String {
        let mega = |bytes: f64| bytes / 1_000_000.0;
        let key = |share| quantile(&self.answers, share).as_secs_f64() * 1000.0;
        format!(
            "memory: {:.1} MB after the first minute, {:.1} MB at the end, {:.1} MB at most: {:+.1} % (at most {most} %)\n\
             keys: {} pressed, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms\n\
             CPU: {:.1} % of a core; {} frames",
            mega(self.first()),
            mega(self.last()),
            mega(self.memory.iter().copied().fold(0.0, f64::max)),
            self.growth(),
            self.answers.len(),
            key(0.5),
            key(0.99),
            key(1.0),
            self.cpu * 100.0,
            self.frames,
        )
    }
}

/// Compares until the engine's state is the server's, or the grace is over.
fn settle(asked: &Asked, curl: &Curl<'_>, client: &Client, program: &Program) -> Result<bool> {
    let deadline = Instant::now() + Duration::from_secs_f64(asked.grace * 60.0);
    for round in 1.. {
        let before = Arc::new(state::list(curl)?);
        let keys = Arc::clone(&before);
        // What changed just before the list may still be on its way to the engine.
        program.rest(3 * SECOND);
        let held = client.ask(move |cluster| state::hold(cluster, &keys))?;
        let after = state::list(curl)?;
        let compared = state::compare(&before, &held, &after);
        tell(&format!(
            "state, look {round}: {} objects equal in every field, {} changed meanwhile, {} differ",
            compared.equal, compared.moving, compared.different
        ));
        if compared.different == 0 && compared.equal > 0 {
            return Ok(true);
        }
        if Instant::now() > deadline {
            compared.first.iter().for_each(|line| tell(line));
            return Ok(false);
        }
    }
    Ok(false)
}

/// Whether the screen says as many nodes as the server has.
fn shown(curl: &Curl<'_>, program: &Program) -> Result<bool> {
    let nodes = curl.count(Kind::Node)?;
    let title = format!("Nodes {nodes} ");
    let ticket = program.expect(move |screen| screen.contents().contains(&title));
    let shown = program.wait(ticket, Duration::from_mins(1)).is_some();
    tell(&format!("the screen {} {nodes} nodes", if shown { "says" } else { "does not say" }));
    Ok(shown)
}

fn requests(curl: &Curl<'_>) -> String {
    let count = |verb: &str| curl.requests(verb).map_or("not told".to_owned(), |count| count.to_string());
    format!("LIST {}, WATCH {}", count("LIST"), count("WATCH"))
}
