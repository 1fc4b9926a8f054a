//! The building inspector: floors only look down, third-party walls hold, and every member of a family is in its list.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// What each part of the crate may use of the others.
const FLOORS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("model", &[]),
    ("analysis", &["model"]),
    ("views", &["model", "analysis"]),
    ("actions", &["model", "analysis"]),
    ("client", &["wire", "model"]),
    ("demo", &["wire"]),
    ("ui", &["model", "analysis", "views", "actions"]),
    ("report", &["model", "analysis", "views", "actions"]),
];

/// Where a library may be named: prefixes of paths below `src/`.
const WALLS: &[(&str, &[&str])] = &[
    ("ratatui", &["ui/", "report/", "live.rs", "snapshot.rs", "terminal.rs"]),
    ("crossterm", &["ui/", "live.rs", "terminal.rs"]),
    ("kube", &["client/"]),
    ("k8s_openapi", &["client/", "demo/"]),
    ("prost", &["wire/", "client/", "demo/"]),
    ("hyper", &["client/", "demo/"]),
    ("hyper_util", &["client/", "demo/"]),
    ("rustls", &["client/"]),
    ("tokio", &["client/", "demo/", "live.rs", "live/", "snapshot.rs", "link.rs", "terminal.rs", "main.rs"]),
    ("color_eyre", &["main.rs"]),
    ("clap", &["cli.rs", "main.rs"]),
];

/// Folders with one member per file and one list `ALL`.
const FAMILIES: &[&str] = &["views", "actions", "analysis/checks", "client/network", "report"];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    paths.sort();
    paths
        .iter()
        .map(|path| {
            (
                path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The crate's own parts that a line names: `crate::part`.
fn parts(line: &str) -> Vec<&str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        .collect()
}

/// Whether a line names a library's path.
fn names(line: &str, library: &str) -> bool {
    let needle = format!("{library}::");
    line.match_indices(&needle).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            || line[..at].ends_with(" ::")
    })
}

#[test]
fn floors_only_look_down() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let Some((part, allowed)) = FLOORS.iter().find(|(part, _)| file.starts_with(&format!("{part}/")))
        else {
            continue;
        };
        for (number, line) in code(&text) {
            for used in parts(line) {
                if used != *part && !allowed.contains(&used) {
                    broken.push(format!("src/{file}:{number}: {part} may not use {used}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn libraries_stay_behind_their_walls() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        for (number, line) in code(&text) {
            for (library, places) in WALLS {
                if names(line, library) && !places.iter().any(|place| file.starts_with(place)) {
                    broken.push(format!("src/{file}:{number}: {library} belongs to {}", places.join(", ")));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_member_of_a_family_is_in_its_list() {
    let sources = sources();
    for family in FAMILIES {
        let head = format!("{family}/mod.rs");
        let (_, text) = sources.iter().find(|(file, _)| *file == head).unwrap_or_else(|| panic!("no {head}"));
        let list = text.split("pub const ALL").nth(1).unwrap_or_else(|| panic!("no ALL in {head}"));
        let list = list.split("];").next().unwrap();
        for (file, _) in &sources {
            let Some(rest) = file.strip_prefix(&format!("{family}/")) else { continue };
            let member = rest.split(['/', '.']).next().unwrap();
            if member != "mod" && !rest.contains('/') {
                assert!(list.contains(&format!("{member}::")), "src/{file} is not in ALL of src/{head}");
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| file);
    let silent: Vec<String> = silent.filter(|file| !file.contains("tests")).collect();
    assert!(silent.is_empty(), "no first line in: {}", silent.join(", "));
}

#[test]
fn the_inspector_sees_what_it_must_see() {
    assert!(names("use kube::Client;", "kube") && names("let c = kube::Client::new();", "kube"));
    assert!(!names("use crate::client::kube_like::X;", "kube") && !names("mykube::x()", "kube"));
    assert_eq!(parts("use crate::model::key; let x = crate::ui::draw;"), ["model", "ui"]);
}
