//! The README tells the truth: its keys are those of the key table, its themes, formats and scenarios those that there
//! are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use foretop::ui::keys;
use foretop::ui::theme::Theme;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

#[test]
fn its_keys_are_those_of_the_key_table() {
    let (readme, table) = (readme(), keys::markdown());
    let section = readme.split("## Keys").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 10, "the README shows the important keys");
    for row in rows {
        assert!(table.lines().any(|line| line == row), "not in the key table: {row}\n{table}");
    }
}

#[test]
fn its_themes_and_formats_are_those_that_there_are() {
    let readme = readme();
    let themes: Vec<&str> = Theme::names().collect();
    for theme in &themes {
        assert!(readme.contains(theme), "{theme} is not mentioned");
    }
    for format in foretop::report::ALL {
        assert!(readme.contains(&format!("`-o {}`", format.name)), "-o {} is not mentioned", format.name);
    }
    for view in foretop::views::ALL.iter().filter(|view| view.pane) {
        assert!(readme.contains(view.question), "{:?} is not what the README asks", view.question);
    }
}

#[test]
fn its_scenarios_are_those_that_there_are() {
    let readme = readme();
    for (name, _) in foretop::demo::SCENARIOS {
        assert!(readme.contains(&format!("`{name}`")), "{name} is not mentioned");
    }
}

#[test]
fn its_links_lead_somewhere() {
    for link in readme().split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&link);
        assert!(path.exists(), "{link} is not there");
    }
}
