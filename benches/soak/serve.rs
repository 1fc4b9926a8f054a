//! The embedded cluster in a process of its own that can be told to mend: this program, started once more. `foretop demo`
//! itself has no such switch.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use clap::Parser;
use foretop::demo::{self, Faults, Load, Options};

use crate::support::Result;

/// What the soak's first word is when it is to serve.
pub(crate) const WORD: &str = "demo";

/// Said to it, it strikes no request any more.
pub(crate) const MEND: &str = "mend";

#[derive(Clone, Debug, Parser)]
struct Asked {
    #[arg(long)]
    write_kubeconfig: PathBuf,
    #[arg(long)]
    scenario: String,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    pods: Option<usize>,
    #[arg(long, default_value_t = 0)]
    churn: u32,
    #[arg(long)]
    faults: Option<PathBuf>,
}

/// Serves until nobody speaks to it any more.
pub(crate) fn serve(arguments: impl Iterator<Item = String>) -> Result<()> {
    let asked = Asked::parse_from(arguments);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let options = Options {
        scenario: asked.scenario,
        seed: asked.seed,
        faults: asked.faults.map(|file| Faults::read(&file)).transpose()?.unwrap_or_default(),
        load: Load { pods: asked.pods, churn: asked.churn, ..Load::default() },
        ..Options::default()
    };
    let served = runtime.block_on(demo::serve(options))?;
    std::fs::write(&asked.write_kubeconfig, served.kubeconfig())?;
    writeln!(std::io::stderr(), "serves on {}", served.address())?;
    for line in std::io::stdin().lock().lines() {
        if line? == MEND {
            served.mend();
        }
    }
    Ok(())
}
