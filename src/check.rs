//! `check` and `explain`: the findings alone with an exit code that carries the verdict, and what a code means.

use crate::analysis::checks::{self, Rule};
use crate::cli::{Check, Options};
use crate::client::clock;
use crate::exit::Exit;
use crate::report::{self, Report, findings};
use crate::snapshot::{eprint, gathered, print};
use crate::views;

/// Prints the findings; the exit code says whether any is as bad as `--fail-on`.
///
/// # Errors
/// A sentence for standard error, with the exit code that goes with it.
pub async fn run(options: &Options, asked: &Check) -> Result<Exit, (Exit, String)> {
    let (settings, cluster) = gathered(options, views::ALL, asked.timeout, None).await?;
    let report = Report {
        cluster: &cluster,
        views: views::ALL,
        scope: &settings.scope,
        sort_by: None,
        filter: String::new(),
        no_headers: asked.no_headers,
        now: clock::now() + cluster.server.skew,
    };
    let all = report.findings();
    let format = findings::named(&asked.output)
        .ok_or_else(|| (Exit::Usage, format!("no format {:?}", asked.output)))?;
    print(&(format.render)(&report, &all))?;
    Ok(verdict(&report, all.iter().any(|it| it.severity >= asked.fail_on)))
}

/// What was found is certain, however much is missing; that nothing was found is certain only when nothing is.
fn verdict(report: &Report<'_>, fails: bool) -> Exit {
    for kind in report.kinds().iter().filter(|kind| !kind.complete) {
        eprint(&format!("incomplete: {}: {} ({})", kind.kind.plural(), kind.why, kind.state));
    }
    match (fails, report.complete()) {
        (true, _) => Exit::Found,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Fine,
    }
}

/// Prints what a code means, or all codes.
///
/// # Errors
/// When there is no such code, with those that are like it.
pub fn explain(code: Option<&str>) -> Result<Exit, (Exit, String)> {
    let Some(code) = code else {
        let lines = checks::rules().map(|rule| format!("{}  {}\n", rule.code, rule.title));
        print(&lines.collect::<String>())?;
        return Ok(Exit::Fine);
    };
    match checks::rule(code) {
        Some(rule) => {
            print(&report::findings::explained(rule))?;
            Ok(Exit::Fine)
        }
        None => Err((Exit::Usage, unknown(code))),
    }
}

/// No such code; those that begin alike, or whose title has the word.
fn unknown(code: &str) -> String {
    let wanted = code.to_lowercase();
    let letter = wanted.chars().next();
    let number = |text: &str| text.get(1..).and_then(|rest| rest.parse::<i64>().ok());
    let mut like: Vec<&Rule> = checks::rules()
        .filter(|rule| rule.title.contains(&wanted) || rule.code.to_lowercase().chars().next() == letter)
        .collect();
    like.sort_by_key(|rule| {
        let distance = number(&wanted).zip(number(rule.code)).map_or(u64::MAX, |(a, b)| a.abs_diff(b));
        (!rule.title.contains(&wanted), distance)
    });
    let like: Vec<String> = like.iter().take(3).map(|it| format!("{} ({})", it.code, it.title)).collect();
    let hint = match &*like {
        [] => "`foretop explain` lists all codes".to_owned(),
        like => format!("did you mean {}? `foretop explain` lists all codes", like.join(", ")),
    };
    format!("no finding has the code {code:?}; {hint}")
}
