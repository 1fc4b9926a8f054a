//! Keys in, state and screen out: moving, sorting, filtering, opening, going back.

mod fixture;
mod screen;

use std::collections::HashSet;

use fixture::{Fixture, now};
use foretop::model::change::{Change, Object};
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::ui::Effect;
use foretop::ui::Msg;
use foretop::ui::keys::{self, Place};
use foretop::ui::mode::Mode;
use screen::{Screen, settings};

fn mixed() -> Screen {
    Screen::new(settings(), Fixture::mixed().cluster, now(), (100, 30))
}

#[test]
fn keys_do_not_conflict() {
    for (place, title, _) in Place::ALL {
        let mut seen = HashSet::new();
        for binding in keys::at(place) {
            assert!(!binding.chords.is_empty(), "{} has no key", binding.help);
            for chord in &binding.chords {
                assert!(seen.insert(chord.name()), "{title}: {} means two things", chord.name());
            }
        }
    }
}

#[test]
fn every_key_is_found_by_the_name_that_is_printed() {
    for (place, ..) in Place::ALL {
        for binding in keys::at(place) {
            for chord in &binding.chords {
                let found = keys::find(place, screen::key(&chord.name()));
                assert_eq!(found, Some(binding.command), "{}", chord.name());
            }
        }
    }
}

#[test]
fn the_key_table_is_printed_whole() {
    let table = keys::markdown();
    for binding in keys::TABLE.iter() {
        assert!(table.contains(&binding.help), "{}", binding.help);
    }
    assert!(table.contains("| `ctrl-c` | quit, from anywhere | everywhere |"), "{table}");
}

/// Keys, and the name in the row that is selected then.
#[test]
fn moving_moves_the_selection() {
    for (keys, name) in [
        ("", "dead"),
        ("j", "sick"),
        ("j j k", "sick"),
        ("G", "fine"),
        ("end up", "shut"),
        ("G g", "dead"),
        ("pgdn", "fine"),
        ("ctrl-f ctrl-b", "dead"),
        ("down down down down down down", "fine"),
        ("k", "dead"),
    ] {
        let mut screen = mixed();
        screen.press(keys);
        assert!(screen.selected().contains(name), "{keys:?} selects {:?}, not {name}", screen.selected());
    }
}

#[test]
fn the_selection_stays_on_its_object_and_then_on_the_neighbour() {
    let mut screen = mixed();
    screen.press("j j");
    assert!(screen.selected().contains("full"));
    // A row above goes: the selected one moves up with its object.
    screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", "dead")));
    assert!(screen.selected().contains("full"));
    // It goes itself: the row that takes its place is selected, and stays so when it comes back.
    let full = screen.cluster.node("full").unwrap().clone();
    screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", "full")));
    assert!(screen.selected().contains("shut"), "{}", screen.text());
    screen.cluster.apply(Change::Upsert(Object::Node(Box::new(full))));
    assert!(screen.selected().contains("shut"));
}

#[test]
fn until_the_first_key_the_worst_row_is_selected() {
    let mut screen = mixed();
    let dead = screen.cluster.node("dead").unwrap().clone();
    screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", "dead")));
    assert!(screen.selected().contains("sick"));
    screen.cluster.apply(Change::Upsert(Object::Node(Box::new(dead))));
    assert!(screen.selected().contains("dead"));
}

#[test]
fn sorting_chooses_columns_and_directions() {
    let first = |screen: &mut Screen| screen.text().lines().nth(5).unwrap().to_owned();
    for (keys, marker, name) in [
        (">", "NODE ▲", "dead"),
        ("> R", "NODE ▼", "sick"),
        ("> >", "STATUS ▲", "sick"),
        ("> > <", "NODE ▲", "dead"),
        ("> R S", "NODE  ", "dead"),
    ] {
        let mut screen = mixed();
        screen.press(keys);
        let text = screen.text();
        assert!(text.contains(marker), "{keys:?}: no {marker}\n{text}");
        assert!(first(&mut screen).contains(name), "{keys:?}\n{text}");
    }
}

#[test]
fn filters_follow_what_is_typed_and_say_how_many_they_hide() {
    let mut screen = mixed();
    screen.press("/");
    screen.type_text("s");
    screen.type_text("i");
    let text = screen.text();
    assert!(text.contains("/si (4 hidden)") && !text.contains("shut"), "{text}");
    screen.press("enter");
    assert!(matches!(screen.ui.mode(), Mode::Browse));
    assert!(screen.selected().contains("sick"));
    screen.press("esc");
    assert!(screen.text().contains("shut"));
    screen.press("/");
    screen.type_text("sick");
    screen.press("esc");
    assert!(screen.text().contains("fine"), "escape clears what was typed");
    screen.press("/");
    screen.type_text("nothing-like-it");
    assert!(screen.text().contains("Hidden: 5 rows. Esc shows them again."), "{}", screen.text());
}

#[test]
fn trouble_only_hides_what_is_well() {
    let mut screen = mixed();
    screen.press("ctrl-z");
    let text = screen.text();
    assert!(text.contains("trouble only (2 hidden)") && !text.contains("shut"), "{text}");
    screen.press("ctrl-z");
    assert!(screen.text().contains("shut"));
}

#[test]
fn panes_are_reached_by_tab_and_by_number() {
    for (keys, title) in [
        ("tab", "▸ 2 Autoscalers"),
        ("shift-tab", "▸ 4 Findings"),
        ("3", "▸ 3 Network"),
        ("tab tab tab tab", "▸ 1 Nodes"),
    ] {
        for size in [(100, 30), (160, 45)] {
            let mut screen = mixed();
            screen.size = size;
            screen.press(keys);
            assert!(screen.text().contains(title), "{keys:?} at {size:?}: {title}\n{}", screen.text());
        }
    }
    let mut screen = mixed();
    screen.size = (160, 45);
    screen.press("f");
    assert!(!screen.text().contains("│   AUTOSCALER"), "zoomed: {}", screen.text());
    screen.press("esc");
    assert!(screen.text().contains("AUTOSCALER"));
}

#[test]
fn details_open_close_and_nest() {
    let mut screen = mixed();
    let dead = Fixture::mixed().target(Kind::Node, "", "dead");
    let stuck = Fixture::mixed().target(Kind::Pod, "shop", "stuck");
    assert_eq!(screen.press("enter"), Some(Effect::Open(dead.clone())));
    assert_eq!(screen.ui.wants_detail(), Some(&dead));
    assert_eq!(screen.press("tab enter"), Some(Effect::Open(stuck.clone())));
    assert!(screen.text().contains("pod/shop/stuck"));
    assert_eq!(screen.press("esc"), Some(Effect::Open(dead)));
    assert_eq!(screen.press("q"), Some(Effect::Close));
    assert_eq!(screen.ui.wants_detail(), None);
    assert_eq!(screen.press("esc"), None, "escape never quits");
    assert_eq!(screen.press("q"), Some(Effect::Quit));
}

#[test]
fn in_a_detail_the_filter_is_for_its_pods() {
    let mut screen = mixed();
    screen.press("enter /");
    screen.type_text("stu");
    screen.press("enter");
    assert!(screen.selected().contains("shop/stuck"), "{}", screen.text());
    screen.press("esc esc");
    assert_eq!(screen.ui.wants_detail(), None, "the first escape clears the filter, the second goes back");
}

#[test]
fn the_yaml_is_searched() {
    let mut screen = mixed();
    screen.size = (80, 15);
    screen.press("y");
    let target = screen.ui.wants_detail().unwrap().clone();
    let lines: Vec<String> =
        (0..100).map(|n| format!("line{n}: {}", if n % 40 == 7 { "needle" } else { "hay" })).collect();
    screen.tell(Msg::Yaml(target, Ok(lines.join("\n"))));
    screen.press("/");
    screen.type_text("needle");
    screen.press("enter");
    assert!(screen.text().contains("line7: needle"), "{}", screen.text());
    screen.press("n");
    assert!(screen.text().contains("line47: needle"), "{}", screen.text());
    screen.press("n n");
    assert!(screen.text().contains("line7: needle"), "it goes round: {}", screen.text());
    screen.press("N");
    assert!(screen.text().contains("line87: needle"), "{}", screen.text());
    screen.press("/");
    screen.type_text("absent");
    screen.press("enter");
    assert!(screen.text().contains("absent is not in the YAML"));
}

#[test]
fn commands_do_what_they_say() {
    let run = |line: &str| {
        let mut screen = mixed();
        screen.press(":");
        screen.type_text(line);
        let effect = screen.press("enter");
        (effect, screen.text(), screen)
    };
    assert_eq!(run("q").0, Some(Effect::Quit));
    assert!(run("hpa").1.contains("▸ 2 Autoscalers"));
    assert!(run("findings").1.contains("▸ 4 Findings"));
    let (_, text, mut screen) = run("pods");
    assert!(text.contains("▸ Pods") && text.contains("shop/crash"), "{text}");
    screen.press("esc");
    assert!(screen.text().contains("▸ 1 Nodes"));
    assert!(run("ns shop").1.contains("namespace shop"));
    assert!(run("theme nosuch").1.contains("there are dark, default, high-contrast, light"));
    assert!(run("nonsense").1.contains("there is no command :nonsense"));
    assert!(run("help").1.contains("The panes and their questions"));
    let mut screen = mixed();
    screen.press(":");
    screen.type_text("fi");
    assert!(screen.text().contains("findings"));
    screen.press("tab enter");
    assert!(screen.text().contains("▸ 4 Findings"));
}

#[test]
fn the_small_effects() {
    let mut screen = mixed();
    assert_eq!(screen.press("ctrl-r"), Some(Effect::RetryNow));
    assert_eq!(screen.press("ctrl-l"), Some(Effect::Redraw));
    assert_eq!(screen.press("j Y"), Some(Effect::Copy("sick".into())));
    for keys in ["/ ctrl-c", "? ctrl-c", "n ctrl-c", "enter ctrl-c", "c ctrl-c"] {
        assert_eq!(mixed().press(keys), Some(Effect::Quit), "{keys}");
    }
    assert!(screen.ui.select_view("network") && !screen.ui.select_view("nosuch"));
    assert!(screen.text().contains("▸ 3 Network"));
}

#[test]
fn pasted_text_goes_where_something_is_typed_and_nowhere_else() {
    let mut screen = mixed();
    assert_eq!(screen.tell(Msg::Paste("q".into())), None);
    screen.press("/");
    screen.tell(Msg::Paste("sick\nrest".into()));
    assert!(screen.text().contains("/sick (4 hidden)"), "{}", screen.text());
}

#[test]
fn findings_lead_to_what_they_are_about() {
    let mut screen = mixed();
    screen.press("4 / F 1 0 2 enter");
    let target = Fixture::mixed().target(Kind::Node, "", "sick");
    assert_eq!(screen.press("enter"), Some(Effect::Open(target)));
    let text = screen.text();
    assert!(text.contains("F102") && text.contains("evidence") && text.contains("remedy"), "{text}");
}
