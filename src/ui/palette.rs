//! The command palette: what may be typed after `:`. It carries nothing out.

use super::theme::Theme;
use crate::actions;
use crate::views;

/// A typed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Go to the view of that id.
    View(&'static str),
    /// Look at one namespace; `None` is all.
    Namespace(Option<String>),
    /// Use the embedded theme of that name.
    Theme(String),
    /// Do the action of that number in `actions::ALL`, with what was typed after its name.
    Act(usize, String),
    /// Show the help.
    Help,
    /// End.
    Quit,
}

/// Other words for the views, as users of other tools type them.
const ALIASES: &[(&str, &str)] = &[
    ("no", "nodes"),
    ("node", "nodes"),
    ("hpa", "autoscalers"),
    ("net", "network"),
    ("flannel", "network"),
    ("po", "pods"),
    ("pod", "pods"),
    ("zone", "zones"),
];

/// The commands that are no views, with what they take.
const COMMANDS: &[&str] = &["help", "ns NAME", "quit", "theme NAME"];

/// Everything that can be typed, for completion and the help.
pub fn words() -> Vec<String> {
    let ids = views::ALL.iter().map(|view| view.id).chain(["findings"]);
    let mut words: Vec<String> = ids.chain(COMMANDS.iter().copied()).map(str::to_owned).collect();
    words.extend(
        ALIASES.iter().filter(|(_, id)| views::named(id).is_some()).map(|(word, _)| (*word).to_owned()),
    );
    words.extend(actions::ALL.iter().map(|action| action.name.to_owned()));
    words.push("q".into());
    words
}

/// What begins with what is typed so far.
pub fn completions(typed: &str) -> Vec<String> {
    if let Some(begun) = typed.strip_prefix("theme ") {
        return Theme::names()
            .filter(|name| name.starts_with(begun))
            .map(|name| format!("theme {name}"))
            .collect();
    }
    words().into_iter().filter(|word| word.starts_with(typed) && word != typed).collect()
}

/// What the completion key makes of it: as much as all completions have in common.
pub fn complete(typed: &str) -> Option<String> {
    let mut all = completions(typed).into_iter().map(|word| word.trim_end_matches("NAME").to_owned());
    let first = all.next()?;
    let common = all.fold(first, |common, word| {
        common.chars().zip(word.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    (common.len() > typed.len()).then_some(common)
}

/// Reads a command.
///
/// # Errors
/// A sentence for the user.
pub fn read(line: &str) -> Result<Typed, String> {
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let rest = rest.trim();
    match word {
        "q" | "quit" => return Ok(Typed::Quit),
        "help" | "h" => return Ok(Typed::Help),
        "ns" | "namespace" => return Ok(Typed::Namespace(named_namespace(rest))),
        "theme" | "skin" if rest.is_empty() => {
            return Err(format!(":theme needs one of {}", Theme::names().collect::<Vec<_>>().join(", ")));
        }
        "theme" | "skin" => return Ok(Typed::Theme(rest.to_owned())),
        "findings" => return Ok(Typed::View("findings")),
        _ => {}
    }
    if let Some(at) = actions::numbered(word) {
        return Ok(Typed::Act(at, rest.to_owned()));
    }
    let id = ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, id)| *id);
    match views::named(id) {
        Some(view) => Ok(Typed::View(view.id)),
        None => Err(format!("there is no command :{word}; :help shows them all")),
    }
}

/// Nothing, `all` and `*` stand for all namespaces.
pub fn named_namespace(typed: &str) -> Option<String> {
    let typed = typed.trim();
    (!matches!(typed, "" | "all" | "*" | "-A")).then(|| typed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_and_says_what_is_wrong() {
        assert_eq!(read("q"), Ok(Typed::Quit));
        assert_eq!(read(" hpa "), Ok(Typed::View("autoscalers")));
        assert_eq!(read("ns shop"), Ok(Typed::Namespace(Some("shop".into()))));
        assert_eq!(read("ns"), Ok(Typed::Namespace(None)));
        let taint = actions::ALL.iter().position(|action| action.name == "taint").unwrap();
        assert_eq!(read("taint a=b:NoExecute"), Ok(Typed::Act(taint, "a=b:NoExecute".into())));
        assert_eq!(read("theme dark"), Ok(Typed::Theme("dark".into())));
        assert!(read("theme").is_err_and(|why| why.contains("high-contrast")));
        assert!(read("frobnicate").is_err_and(|why| why.contains(":frobnicate")));
    }

    #[test]
    fn completes_what_is_common() {
        assert_eq!(complete("fi"), Some("findings".into()));
        assert_eq!(complete("theme hi"), Some("theme high-contrast".into()));
        assert_eq!(complete("th"), Some("theme ".into()));
        assert_eq!(complete("zzz"), None);
    }
}
