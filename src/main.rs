//! The foretop binary: reads the command line, starts what is asked for, and turns every end into an exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use directories::ProjectDirs;
use foretop::cli::{Cli, Command, Demo, Options};
use foretop::exit::Exit;
use foretop::snapshot::{eprint, print};
use foretop::ui::theme::Theme;
use foretop::{check, demo, live, snapshot, terminal};

/// A first list makes millions of small short-lived texts between the few that stay. glibc's allocator grows slower with
/// every pod that stays and gives little back after a list is made again; this one does neither. Its settings are in
/// `.cargo/config.toml`.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            let _closed = error.print();
            return code.into();
        }
    };
    if let Err(why) = hooks().and_then(|()| log(&cli.options)) {
        eprint(&why);
        return Exit::Usage.into();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => {
            eprint(&format!("no threads to run on: {why}"));
            return Exit::Usage.into();
        }
    };
    let ended = runtime.block_on(run(cli));
    // Reads from a terminal that is gone can hang; nobody waits for them.
    runtime.shutdown_background();
    ended
        .unwrap_or_else(|(exit, why)| {
            eprint(&why);
            exit
        })
        .into()
}

/// The arguments, with the name under which the program was called, so that `kubectl foretop` explains itself.
fn arguments() -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if let Some(first) = arguments.first_mut() {
        let plugin = PathBuf::from(&*first).file_stem().is_some_and(|name| name == "kubectl-foretop");
        if plugin {
            *first = "kubectl foretop".into();
        }
    }
    headless(&mut arguments);
    arguments
}

/// `--headless` is another name of `snapshot`, whose options may follow it.
fn headless(arguments: &mut Vec<std::ffi::OsString>) {
    let Some(at) = arguments.iter().position(|argument| argument == "--headless") else { return };
    if arguments.iter().any(|argument| argument == "snapshot") {
        arguments.remove(at);
    } else {
        arguments[at] = "snapshot".into();
    }
}

async fn run(cli: Cli) -> Result<Exit, (Exit, String)> {
    let options = &cli.options;
    match cli.command {
        Some(Command::Snapshot(asked)) => snapshot_or_signal(options, &asked).await,
        Some(Command::Check(asked)) => check_or_signal(options, &asked).await,
        Some(Command::Explain { code }) => check::explain(code.as_deref()),
        Some(Command::Demo(asked)) => serve(options, asked).await,
        Some(Command::Themes) => {
            let names: Vec<&str> = Theme::names().collect();
            print(&format!("{}\n", names.join("\n")))?;
            Ok(Exit::Fine)
        }
        Some(Command::Info) => {
            print(&info())?;
            Ok(Exit::Fine)
        }
        None => live::run(options, state_folder()).await,
    }
}

async fn snapshot_or_signal(
    options: &Options,
    asked: &foretop::cli::Snapshot,
) -> Result<Exit, (Exit, String)> {
    let mut signals = terminal::signals();
    tokio::select! {
        ended = snapshot::run(options, asked) => ended,
        Some(number) = signals.recv() => Ok(Exit::Signal(number)),
    }
}

async fn check_or_signal(options: &Options, asked: &foretop::cli::Check) -> Result<Exit, (Exit, String)> {
    let mut signals = terminal::signals();
    tokio::select! {
        ended = check::run(options, asked) => ended,
        Some(number) = signals.recv() => Ok(Exit::Signal(number)),
    }
}

/// Serves the embedded cluster until a signal ends it.
async fn serve(options: &Options, asked: Demo) -> Result<Exit, (Exit, String)> {
    if !asked.listen.ip().is_loopback() {
        let why =
            format!("{} is no loopback address: the embedded cluster has no real credentials", asked.listen);
        return Err((Exit::Usage, why));
    }
    // Before anybody can know that it serves, and end it for that reason.
    let mut signals = terminal::signals();
    let faults = match &asked.faults {
        Some(file) => demo::Faults::read(file).map_err(|error| (Exit::Usage, error.to_string()))?,
        None => demo::Faults::default(),
    };
    let wanted = demo::Options {
        scenario: asked.scenario,
        seed: options.seed,
        listen: asked.listen,
        faults,
        load: demo::Load {
            pods: asked.pods.map(|pods| pods as usize),
            churn: asked.churn,
            life: if asked.quiet { demo::Life::Quiet } else { demo::Life::Beating },
        },
        ..demo::Options::default()
    };
    let served = demo::serve(wanted).await.map_err(|error| (Exit::Usage, error.to_string()))?;
    let kubeconfig = served.kubeconfig();
    match &asked.write_kubeconfig {
        Some(file) => {
            write_privately(file, &kubeconfig)
                .map_err(|why| (Exit::Usage, format!("cannot write {}: {why}", file.display())))?;
            eprint(&format!("the embedded cluster serves on http://{}", served.address()));
            eprint(&format!("in another shell: export KUBECONFIG={}", file.display()));
        }
        None => print(&kubeconfig)?,
    }
    let number = signals.recv().await.unwrap_or(15);
    served.stop().await;
    Ok(if number == 2 { Exit::Fine } else { Exit::Signal(number) })
}

/// A kubeconfig is for its owner alone, also when its tokens are made up.
fn write_privately(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "foretop")
}

/// Where the audit log is: the state directory, or the local data directory where the system has no such thing.
fn state_folder() -> PathBuf {
    folders().map_or_else(
        || PathBuf::from(".foretop"),
        |folders| folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_path_buf(),
    )
}

fn info() -> String {
    let state = state_folder();
    format!(
        "version    {}\nstate      {}\naudit log  {}\n",
        env!("CARGO_PKG_VERSION"),
        state.display(),
        state.join("audit.jsonl").display()
    )
}

/// A panic anywhere gives the terminal back first, then says what happened, then ends the program: a screen whose
/// watcher has died would show old data as if it were new.
fn hooks() -> Result<(), String> {
    let (panic, error) = color_eyre::config::HookBuilder::default()
        .panic_section("This is a bug in foretop; the report above says where.")
        .display_env_section(false)
        .into_hooks();
    error.install().map_err(|why| why.to_string())?;
    std::panic::set_hook(Box::new(move |info| {
        terminal::restore();
        eprint(&panic.panic_report(info).to_string());
        std::process::exit(101);
    }));
    Ok(())
}

/// Logs to a file, and only there: a log line on the screen tears it. Libraries that could log bodies stay silent.
fn log(options: &Options) -> Result<(), String> {
    let Some(path) = &options.log_file else { return Ok(()) };
    let mut open = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let file = open
        .create(true)
        .append(true)
        .open(path)
        .map_err(|why| format!("cannot write the log {}: {why}", path.display()))?;
    tracing_subscriber::fmt()
        .with_writer(std::sync::Mutex::new(file))
        .with_ansi(false)
        .with_env_filter("off,foretop=debug")
        .try_init()
        .map_err(|why| why.to_string())
}
