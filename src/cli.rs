//! The command line: kubectl's names with kubectl's meaning, and ours. It parses and checks; it does nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::model::change::Change;
use crate::model::finding::Severity;
use crate::model::flag::Flag;
use crate::model::server::ServerNews;

/// A terminal inspector of live Kubernetes clusters.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "foretop",
    version,
    about = "See what a Kubernetes cluster is doing, and what its controllers will do next",
    after_help = "Without a command the live screen opens. Try it without a cluster: foretop --demo\n\
                  --headless is another name of the command snapshot.",
    max_term_width = 100
)]
pub struct Cli {
    /// Which cluster, as whom, and how.
    #[command(flatten)]
    pub options: Options,
    /// What to do; the live screen when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Options {
    /// Use this kubeconfig file alone
    #[arg(long, global = true, value_name = "FILE", help_heading = "Cluster")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig context to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "Cluster")]
    pub context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "Cluster")]
    pub cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "Cluster")]
    pub user: Option<String>,
    /// The API server's address
    #[arg(short = 's', long, global = true, value_name = "URL", help_heading = "Cluster")]
    pub server: Option<String>,
    /// Bearer token for the API server
    #[arg(long, global = true, value_name = "TOKEN", hide_env_values = true, help_heading = "Cluster")]
    pub token: Option<String>,
    /// Act as this user
    #[arg(long = "as", global = true, value_name = "USER", help_heading = "Cluster")]
    pub as_user: Option<String>,
    /// Act as a member of this group; can be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP", help_heading = "Cluster")]
    pub as_group: Vec<String>,
    /// Do not check the server's certificate; traffic can then be read and changed on the way
    #[arg(long, global = true, help_heading = "Cluster")]
    pub insecure_skip_tls_verify: bool,
    /// How long one request may take until the server answers, such as 5s or 1m
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Cluster")]
    pub request_timeout: Option<Duration>,
    /// Use the embedded cluster instead of a kubeconfig; SCENARIO is `calm` unless given
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true,
          default_missing_value = "calm", help_heading = "Cluster")]
    pub demo: Option<String>,
    /// Seed of the embedded cluster: the same seed gives the same cluster
    #[arg(long, global = true, value_name = "N", default_value_t = 1, help_heading = "Cluster")]
    pub seed: u64,
    /// Look at this namespace only; an empty name is all of them
    #[arg(short = 'n', long, global = true, value_name = "NAME", help_heading = "View")]
    pub namespace: Option<String>,
    /// Look at all namespaces (the default)
    #[arg(short = 'A', long, global = true, conflicts_with = "namespace", help_heading = "View")]
    pub all_namespaces: bool,
    /// Make sure that no request that changes anything leaves the program
    #[arg(long, global = true, alias = "readonly", help_heading = "Safety")]
    pub read_only: bool,
    /// Send every change as a server-side dry run
    #[arg(long, global = true, help_heading = "Safety")]
    pub dry_run: bool,
    /// Ask a node's kubelet through the API server when the node is opened: its health, configuration and use
    ///
    /// That takes the right to get nodes/proxy, which is close to root on every node: who has it can run commands in
    /// any container, because the kubelet's exec and run are reached with GET. So it is off unless you turn it on, and
    /// the right should not be granted for this alone. foretop sends no other requests there than GET healthz, configz
    /// and stats/summary, when you open a node, come back to it, or press ctrl-r in it. The finer rights of Kubernetes 1.36,
    /// nodes/healthz, nodes/configz and nodes/stats, count only for clients of the kubelet's own port.
    #[arg(long, global = true, help_heading = "Safety")]
    pub kubelet: bool,
    /// Theme: a name from `foretop themes`, or a file
    #[arg(long, global = true, value_name = "THEME", default_value = "default", help_heading = "View")]
    pub theme: String,
    /// Use no colours (also when NO_COLOR is set)
    #[arg(long, global = true, help_heading = "View")]
    pub no_color: bool,
    /// Assume this of a controller's flag, which the API does not show, such as node-monitor-grace-period=40s;
    /// can be repeated
    #[arg(long, global = true, value_name = "FLAG=VALUE", value_parser = Flag::parse, help_heading = "Cluster")]
    pub assume: Vec<(Flag, f64)>,
    /// Write the program's log to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

impl Options {
    /// The namespace to look at, `None` for all.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref().filter(|name| !name.is_empty() && !self.all_namespaces)
    }
}

impl Options {
    /// What the user says of the controllers' flags, as changes of the cluster.
    pub fn assumptions(&self) -> impl Iterator<Item = Change> {
        self.assume.iter().map(|(flag, value)| Change::Server(ServerNews::Assume(*flag, *value)))
    }
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Print one complete picture of the cluster, then exit
    Snapshot(Snapshot),
    /// Print the findings alone; the exit code says whether any is as bad as --fail-on
    Check(Check),
    /// Say what a finding's code means: the rule, its source, the remedy; without a code list all
    Explain {
        /// Such as N102
        code: Option<String>,
    },
    /// Serve the embedded cluster on a loopback port and write a kubeconfig for it
    Demo(Demo),
    /// List the themes
    Themes,
    /// Say where the program keeps its files
    Info,
}

/// Options of `snapshot`.
#[derive(Clone, Debug, Args)]
pub struct Snapshot {
    /// Output format: table, json, screen or svg
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "table", value_parser = format_name)]
    pub output: String,
    /// The views to print, separated by commas: nodes, autoscalers, network, pods, zones
    #[arg(long, value_name = "VIEWS", value_delimiter = ',', value_parser = view_name)]
    pub view: Vec<String>,
    /// Columns and rows of the screen formats
    #[arg(long, value_name = "WxH", default_value = "160x48", value_parser = size)]
    pub size: (u16, u16),
    /// How long to wait until everything is there
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// Watch for so long before the picture is taken: autoscalers have a history then, and their forecasts fewer doubts
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub after: Option<Duration>,
    /// Sort by this column; a `-` before it puts the largest first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort_by: Option<String>,
    /// Print only rows that contain this; a regular expression, `!` before it inverts, `column:text` looks in one column
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,
    /// Leave out headings
    #[arg(long)]
    pub no_headers: bool,
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// Output format: table or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json"])]
    pub output: String,
    /// End with exit code 1 when a finding is this bad or worse: info, warning or critical
    #[arg(long, value_name = "SEVERITY", default_value = "critical", value_parser = severity)]
    pub fail_on: Severity,
    /// How long to wait until everything is there
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// Leave out headings
    #[arg(long)]
    pub no_headers: bool,
}

/// What there is to choose from, for the help.
fn scenarios() -> String {
    let lines = crate::demo::SCENARIOS.map(|(name, about)| format!("  {name:<13} {about}\n"));
    format!("Scenarios:\n{}", lines.concat())
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
#[command(after_help = scenarios())]
pub struct Demo {
    /// Which cluster to play
    #[arg(long, value_name = "NAME", default_value = "calm")]
    pub scenario: String,
    /// Where to listen; it must be a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Where to write the kubeconfig; it is printed when absent
    #[arg(long, value_name = "FILE")]
    pub write_kubeconfig: Option<PathBuf>,
    /// A fault script: which requests go wrong, and how
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Pods of the scenario `large`; there is a node for each 30
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(30..=1_000_000))]
    pub pods: Option<u32>,
    /// Let so many events of pods happen in each second of the scenario `large`
    #[arg(long, value_name = "EVENTS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub churn: u32,
    /// Let nothing move by itself in the scenario `large`, not even heartbeats
    #[arg(long)]
    pub quiet: bool,
}

/// Reads a Go-like duration: `500ms`, `30s`, `2m`, `1h`, or seconds without a unit; 0 is no limit in kubectl, a day here.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 =
        text[..split].parse().map_err(|_| format!("{text:?} is no duration; write 30s or 2m"))?;
    let unit = match &text[split..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("{other:?} is no unit of time; use ms, s, m or h")),
    };
    let seconds = if number == 0.0 { 86_400.0 } else { number * unit };
    Duration::try_from_secs_f64(seconds.min(86_400.0)).map_err(|_| format!("{text:?} is no duration"))
}

fn severity(text: &str) -> Result<Severity, String> {
    let all = [Severity::Info, Severity::Warning, Severity::Critical];
    let found = all.into_iter().find(|severity| severity.word() == text);
    found.ok_or_else(|| "one of info, warning, critical".to_owned())
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let (width, height) = text.split_once('x').ok_or_else(|| format!("{text:?} is no size; write 160x48"))?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| (1..=1000).contains(n));
    match (number(width), number(height)) {
        (Some(width), Some(height)) => Ok((width, height)),
        _ => Err(format!("{text:?} is no size; write 160x48, at most 1000x1000")),
    }
}

fn format_name(text: &str) -> Result<String, String> {
    let known: Vec<&str> = crate::report::ALL.iter().map(|format| format.name).collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("known formats: {}", known.join(", ")))
    }
}

fn view_name(text: &str) -> Result<String, String> {
    let known: Vec<&str> = crate::views::ALL.iter().map(|view| view.id).collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("known views: {}", known.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_and_sizes_are_read_or_refused() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert!(duration("soon").is_err() && duration("3 weeks").is_err());
        assert_eq!(size("80x24"), Ok((80, 24)));
        assert!(size("80").is_err() && size("0x5").is_err() && size("99999x1").is_err());
    }

    #[test]
    fn the_help_of_demo_lists_the_scenarios() {
        let help = Cli::try_parse_from(["foretop", "demo", "--help"]).err().unwrap().to_string();
        for (name, about) in crate::demo::SCENARIOS {
            assert!(help.lines().any(|line| line.contains(name) && line.ends_with(about)), "{name}: {help}");
        }
    }

    #[test]
    fn demo_takes_a_scenario_only_after_an_equals_sign() {
        let cli = Cli::parse_from(["foretop", "--demo", "snapshot"]);
        assert_eq!(cli.options.demo.as_deref(), Some("calm"));
        assert!(matches!(cli.command, Some(Command::Snapshot(_))));
        let cli = Cli::parse_from(["foretop", "--demo=zone-outage"]);
        assert_eq!(cli.options.demo.as_deref(), Some("zone-outage"));
    }
}
