//! The options of `just scale`, and what follows from them alone.

use std::path::PathBuf;

use clap::Parser;

use crate::support::Result;
use crate::support::guard::Guard;
use crate::support::server::Server;

/// Measures foretop on a large cluster, from outside.
#[derive(Clone, Debug, Parser)]
#[command(name = "scale")]
pub(crate) struct Asked {
    /// Pods of the embedded cluster
    #[arg(long, default_value_t = 150_000)]
    pub(crate) pods: u64,
    /// Pod events a second on the embedded cluster, after a measurement without any; 0 leaves that part out
    #[arg(long, default_value_t = 1000)]
    pub(crate) churn: u64,
    /// How long each stretch is measured: without keys, and with keys
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u64,
    /// How often foretop is started and the same bytes are fetched with curl; the middle one counts
    #[arg(long, default_value_t = 3)]
    pub(crate) starts: usize,
    /// Columns and rows of the terminal; several, separated by commas
    #[arg(long, default_value = "200x60,80x24", value_delimiter = ',', value_parser = size)]
    pub(crate) size: Vec<(u16, u16)>,
    /// Measure on this cluster instead of the embedded one
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context in it
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    pub(crate) context: Option<String>,
    /// Numbers of pods for embedded clusters one after another: does cost grow linearly?
    #[arg(long, value_delimiter = ',', conflicts_with = "kubeconfig")]
    pub(crate) steps: Vec<u64>,
    /// Compare the time of `foretop snapshot` with that of kubectl, instead
    #[arg(long)]
    pub(crate) snapshot: bool,
    /// Measure a relist after 410 and an outage of the server, instead
    #[arg(long, conflicts_with = "kubeconfig")]
    pub(crate) survive: bool,
    /// The kubectl to compare with
    #[arg(long, default_value = "kubectl")]
    pub(crate) kubectl: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The foretop to measure
    #[arg(long, default_value = env!("CARGO_BIN_EXE_foretop"))]
    pub(crate) program: PathBuf,
    /// The foretop that serves the embedded cluster, when that is another one
    #[arg(long)]
    pub(crate) server_program: Option<PathBuf>,
    /// Another argument for the embedded cluster; can be repeated
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) server_arg: Vec<String>,
    /// The embedded cluster's scenario
    #[arg(long, default_value = "large")]
    pub(crate) scenario: String,
    /// How many objects a page has when curl fetches in pages
    #[arg(long, default_value_t = 500)]
    pub(crate) page: usize,
    /// How long to wait until everything is synced, in seconds
    #[arg(long, default_value_t = 600)]
    pub(crate) patience: u64,
}

impl Asked {
    /// Starts the embedded cluster.
    pub(crate) fn server(&self, guard: &Guard, pods: u64, churn: u64) -> Result<Server> {
        self.server_with(guard, pods, churn, &[])
    }

    /// Starts it with more arguments.
    pub(crate) fn server_with(
        &self,
        guard: &Guard,
        pods: u64,
        churn: u64,
        more: &[String],
    ) -> Result<Server> {
        let mut args = vec!["--scenario".to_owned(), self.scenario.clone()];
        if self.scenario == "large" {
            args.extend(["--pods".to_owned(), pods.to_string(), "--churn".to_owned(), churn.to_string()]);
            args.extend((churn == 0).then(|| "--quiet".to_owned()));
        }
        args.extend(self.server_arg.iter().chain(more).cloned());
        Server::start(guard, self.server_program.as_ref().unwrap_or(&self.program), &args)
    }
}

fn size(text: &str) -> std::result::Result<(u16, u16), String> {
    let (columns, rows) = text.split_once('x').ok_or_else(|| format!("{text:?} is no size; write 200x60"))?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| (20..=1000).contains(n));
    number(columns).zip(number(rows)).ok_or_else(|| format!("{text:?} is no size; write 200x60"))
}
