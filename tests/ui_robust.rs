//! Nothing that a cluster, a terminal or a user can do makes the screen panic, overlap or let raw text through.
#![expect(clippy::unwrap_used, reason = "a broken test may panic anywhere")]

mod fixture;
mod screen;

use std::time::{Duration, Instant};

use fixture::{Fixture, at, now};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::event::Event;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::server::Access;
use foretop::ui::{Effect, Msg, keys};
use ratatui::buffer::Buffer;
use screen::{Screen, settings};

const HOSTILE: &[&str] = &[
    "\x1b[2J\x1b]0;owned\x07\x1b[31mred",
    "日本語のノード名前",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}zalgo",
    "\u{202e}desrever\u{2066}",
    "שלום-עולם-مرحبا",
    "👩‍👩‍👧‍👦👍🏽🇩🇪family",
    "tab\there\r\nnewline\u{85}\u{9b}31m",
    "\u{301}starts-with-an-accent",
    "",
];

fn hostile(size: (u16, u16)) -> Screen {
    let mut fixture = Fixture::mixed();
    let long = "x".repeat(10_000);
    for name in HOSTILE.iter().copied().chain([long.as_str()]) {
        let mut node = fixture.cluster.node("dead").unwrap().clone();
        node.meta.key = Key::new("", name);
        node.zone = Some(name.into());
        node.system.kubelet = name.into();
        node.pod_cidrs = vec![name.into()];
        fixture.apply(Change::Upsert(Object::Node(Box::new(node))));
        let mut autoscaler = fixture.cluster.autoscaler(&Key::new("shop", "web")).unwrap().clone();
        autoscaler.meta.key = Key::new(name, name);
        autoscaler.target.name = name.into();
        fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(autoscaler))));
    }
    let retry_at = at(-3);
    let why = HOSTILE.concat() + &long;
    fixture.apply(Change::Freshness(Kind::Pod, Freshness::Stale { since: at(9), why, retry_at }));
    Screen::new(settings(), fixture.cluster, now(), size)
}

/// No cell holds what moves a terminal's cursor or changes its state.
fn assert_tame(buffer: &Buffer) {
    for cell in buffer.content() {
        for c in cell.symbol().chars() {
            let overrides =
                matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}');
            assert!(!c.is_control() && !overrides, "{:?} reached the screen", cell.symbol());
        }
    }
}

/// A frame's edge in the first and the last column of every line between header and footer.
fn assert_whole(buffer: &Buffer, first: u16) {
    let edge = |x: u16, y: u16| "│┃╭╮╰╯".contains(buffer[(x, y)].symbol());
    for y in first..buffer.area.height - 1 {
        let whole = edge(0, y) && edge(buffer.area.width - 1, y);
        assert!(whole, "line {y} breaks its frame\n{}", screen::text(buffer));
    }
}

#[test]
fn hostile_text_is_tamed_and_stays_in_its_column() {
    for width in [60, 61, 80, 99, 140, 150, 163, 200] {
        let mut screen = hostile((width, 50));
        let first = if width < 150 { 3 } else { 2 };
        for keys in ["", "G", "tab", "G", "tab"] {
            screen.press(keys);
            let buffer = screen.buffer();
            assert_tame(&buffer);
            assert_whole(&buffer, first);
        }
        screen.press("1 g enter");
        let target = screen.ui.wants_detail().unwrap().clone();
        let text = HOSTILE.concat();
        let event = Event {
            kind: text.clone(),
            reason: text.clone(),
            message: text.repeat(50),
            source: text.clone(),
            count: 2,
            last: None,
        };
        screen.tell(Msg::Events(target.clone(), vec![event]));
        screen.tell(Msg::Yaml(target, Ok(text.repeat(30))));
        for keys in ["", "tab", "tab", "tab", "esc c"] {
            screen.press(keys);
            let buffer = screen.buffer();
            assert_tame(&buffer);
            assert_whole(&buffer, 3);
        }
    }
}

#[test]
fn what_is_copied_is_the_name_itself() {
    let mut screen = hostile((100, 30));
    screen.press("G Y");
    assert!(matches!(screen.effects.last(), Some(Effect::Copy(_))));
}

#[test]
fn no_size_panics() {
    for keys in ["", "enter", "enter tab tab tab", "?", "/", ":", "2", "4", "c"] {
        let mut screen = hostile((80, 24));
        screen.press(keys);
        if let Some(Effect::Review(permission)) = screen.effects.last().cloned() {
            screen.tell(Msg::Access(permission, Access::Allowed));
        }
        for width in 1..=30 {
            for height in 1..=12 {
                screen.size = (width, height);
                assert_tame(&screen.buffer());
            }
        }
        for size in
            [(60, 12), (61, 13), (59, 12), (60, 11), (149, 24), (150, 24), (150, 23), (300, 100), (1000, 2)]
        {
            screen.size = size;
            assert_tame(&screen.buffer());
        }
    }
}

/// A small generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn no_keys_panic_and_read_only_holds() {
    let mut names: Vec<String> =
        keys::TABLE.iter().flat_map(|binding| binding.chords.iter().map(|chord| chord.name())).collect();
    names.retain(|name| name != "ctrl-c");
    names.extend("abz019 -!(".chars().filter(|c| *c != ' ').map(String::from));
    names.extend(["backspace".to_owned(), "left".to_owned()]);
    for seed in 0..5 {
        let mut numbers = Numbers(seed);
        let mut settings = settings();
        settings.read_only = seed % 2 == 0;
        let read_only = settings.read_only;
        let mut screen = hostile((80, 24));
        screen.ui = foretop::ui::Ui::new(settings);
        let sizes = [(80, 24), (160, 45), (60, 12), (30, 8), (100, 30)];
        for step in 0..400 {
            if step % 50 == 0 {
                screen.size = sizes[numbers.below(sizes.len())];
            }
            let name = &names[numbers.below(names.len())];
            let effect = screen.press(name);
            match effect {
                Some(Effect::Perform(_) | Effect::Review(_)) if read_only => {
                    panic!("{name} acts in read-only mode")
                }
                Some(Effect::Review(permission)) => {
                    drop(screen.tell(Msg::Access(permission, Access::Allowed)));
                }
                _ => {}
            }
            if step % 97 == 0 {
                let gone = screen.cluster.nodes().next().map(|node| node.meta.key.clone());
                if let Some(key) = gone {
                    screen.cluster.apply(Change::Gone(Kind::Node, key));
                }
            }
        }
        assert_tame(&screen.buffer());
    }
}

#[test]
fn a_large_cluster_costs_what_is_visible() {
    let mut fixture = Fixture::mixed();
    let model = fixture.cluster.node("fine").unwrap().clone();
    for number in 0..5000 {
        let mut node = model.clone();
        node.meta.key = Key::new("", &format!("node-{number:05}"));
        node.pod_cidrs = vec![format!("10.{}.{}.0/24", number / 256, number % 256).into()];
        node.overlay = None;
        fixture.apply(Change::Upsert(Object::Node(Box::new(node))));
    }
    let mut screen = Screen::new(settings(), fixture.cluster, now(), (100, 30));
    screen.buffer();
    // A busy machine makes some of them slow, but not all.
    let spent = (0..20).map(|_| {
        let start = Instant::now();
        screen.press("ctrl-f");
        start.elapsed()
    });
    let spent = spent.min().unwrap();
    let text = screen.text();
    assert!(text.contains("/5005") && text.contains("┃"), "{text}");
    // Unoptimised on a busy machine; the bench holds the real bound.
    assert!(spent < Duration::from_millis(500), "{spent:?} for a key and a frame");
}
