//! What is on the screen, as text: at the sizes that people have, and when something is wrong.

mod fixture;
mod screen;

use fixture::{Fixture, at, now};
use foretop::model::change::{Change, Freshness};
use foretop::model::event::Event;
use foretop::model::finding::Severity;
use foretop::model::kind::Kind;
use foretop::model::kubelet::{Disk, Question, Stats, Told};
use foretop::model::machine::{Image, Machine};
use foretop::model::server::ServerNews;
use foretop::ui::keys;
use foretop::ui::{Msg, Settings};
use screen::{Screen, settings};

fn mixed(size: (u16, u16)) -> Screen {
    Screen::new(settings(), Fixture::mixed().cluster, now(), size)
}

fn stale(why: &str) -> Freshness {
    let retry_at = now() + jiff::SignedDuration::from_secs(3);
    Freshness::Stale { since: at(42), why: why.into(), retry_at }
}

#[test]
fn the_panes_at_the_sizes_that_people_have() {
    for (width, height) in [(200, 60), (160, 45), (100, 30), (80, 24), (30, 8)] {
        let text = mixed((width, height)).text();
        insta::assert_snapshot!(format!("panes_{width}x{height}"), text);
    }
}

#[test]
fn a_node_in_full() {
    let mut screen = mixed((100, 40));
    screen.press("enter");
    insta::assert_snapshot!("detail_summary", screen.text());
    screen.press("tab");
    insta::assert_snapshot!("detail_pods", screen.text());
    screen.press("tab");
    assert!(screen.text().contains("Asking the server for its events"));
    let target = screen.ui.wants_detail().unwrap().clone();
    let event = |kind: &str, seconds, message: &str| Event {
        kind: kind.into(),
        reason: "NodeNotReady".into(),
        message: message.into(),
        source: "node-controller".into(),
        count: 3,
        last: Some(at(seconds)),
    };
    let events = vec![event("Normal", 300, "the older one"), event("Warning", 60, &"many words ".repeat(20))];
    screen.tell(Msg::Events(target.clone(), events));
    insta::assert_snapshot!("detail_events", screen.text());
    screen.press("tab");
    let yaml =
        "kind: Node\nmetadata:\n  managedFields:\n  - manager: kubelet\n  name: dead\nspec:\n  podCIDR: x\n";
    screen.tell(Msg::Yaml(target, Ok(yaml.into())));
    insta::assert_snapshot!("detail_yaml", screen.text());
}

#[test]
fn what_is_fetched_of_a_node_stands_in_its_summary() {
    let mut screen = mixed((120, 400));
    screen.press("enter");
    let text = screen.text();
    assert!(text.contains("Asking the server for them") && text.contains("start with --kubelet"), "{text}");
    let target = screen.ui.wants_detail().unwrap().clone();
    let image = |n: usize| Image { name: format!("registry.example/app-{n}:1"), bytes: 30 << 20 };
    let machine = Machine {
        images: 50,
        image_bytes: 1 << 30,
        largest: (0..10).map(image).collect(),
        volumes: vec!["csi^vol-1".into()],
        attached: vec!["csi^vol-2".into()],
        in_use: vec!["csi^vol-3".into()],
        handlers: vec!["runc: userNamespaces".into()],
        features: vec!["supplementalGroupsPolicy".into()],
        facts: vec![("boot ID", "b0074d".into())],
    };
    screen.tell(Msg::Machine(target.clone(), Box::new(machine)));
    let event = Event {
        kind: "Warning".into(),
        reason: "Rebooted".into(),
        message: "Node dead has been rebooted, boot id: b0074d".into(),
        source: "kubelet".into(),
        count: 1,
        last: Some(at(180)),
    };
    screen.tell(Msg::Events(target.clone(), vec![event]));
    let text = screen.text();
    for words in [
        "50, 1Gi together",
        "there may be more",
        "registry.example/app-9:1",
        "1 attached and in use",
        "! csi^vol-2",
        "! csi^vol-3",
        "runc: userNamespaces",
        "b0074d",
        "3m ago",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    screen.tell(Msg::Yaml(target, Err("it is gone".into())));
    assert!(screen.text().contains("50, 1Gi together"), "what has come stays");
}

#[test]
fn a_kubelet_that_may_be_asked_tells_what_it_says() {
    let asking = Settings { kubelet: true, ..settings() };
    let mut screen = Screen::new(asking, Fixture::mixed().cluster, now(), (120, 400));
    screen.press("enter");
    assert!(screen.text().contains("Asking it through the API server"));
    let target = screen.ui.wants_detail().unwrap().clone();
    let stats = Stats {
        cpu: Some(1_500_000_000),
        working_set: Some(2 << 30),
        available: Some(1 << 30),
        node_disk: Disk {
            capacity: Some(100 << 30),
            available: Some(25 << 30),
            inodes: Some(100),
            inodes_free: Some(90),
        },
        processes: (Some(300), Some(4096)),
        pressure: vec![("io", 1.5, 0.25)],
        ..Stats::default()
    };
    let all = [
        Told::Health("ok".into()),
        Told::Nothing(Question::Config, "the answer is no JSON".into()),
        Told::Stats(Box::new(stats)),
    ];
    for told in all {
        screen.tell(Msg::Kubelet(target.clone(), told));
    }
    let text = screen.text();
    for words in [
        "2Gi in the working set, 1Gi available",
        "25Gi of 100Gi left (25%); 90% of its inodes",
        "300 of 4096",
        "some work waited for it 1.5%, all work 0.2%",
        "the answer is no JSON",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    screen.tell(Msg::Kubelet(target, Told::Unreached("i/o timeout".into())));
    let text = screen.text();
    assert!(
        text.contains("i/o timeout") && !text.contains("2Gi in the working set"),
        "nothing old stands\n{text}"
    );
}

#[test]
fn a_dialog_says_everything_before_anything_is_changed() {
    let mut screen = mixed((100, 30));
    screen.press("c");
    let permission = screen.permission();
    assert!(screen.text().contains("Asking the server whether you may patch nodes"));
    screen.allow(permission);
    insta::assert_snapshot!("dialog_100x30", screen.text());
    screen.size = (60, 12);
    let text = screen.text();
    insta::assert_snapshot!("dialog_60x12", text);
    assert!(text.contains("[ Cancel ]"), "the buttons are visible however small the screen is");
}

#[test]
fn lost_connections_grey_the_rows_and_say_why() {
    let mut screen = mixed((160, 45));
    for kind in Kind::ALL {
        screen.cluster.apply(Change::Freshness(kind, stale("connection refused")));
    }
    screen.cluster.apply(Change::Server(ServerNews::Unreachable {
        why: "https://10.0.0.1:6443 refuses connections".into(),
        hint: "is the API server running?".into(),
    }));
    let text = screen.text();
    insta::assert_snapshot!("unreachable", text);
    for words in
        ["stale 42s: connection refused, retry in 3s", "refuses connections", "is the API server running?"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("live"), "nothing is live\n{text}");
    screen.size = (80, 24);
    let narrow = screen.text();
    assert!(narrow.contains("stale 42s") && narrow.contains("retry in 3s"), "{narrow}");
}

#[test]
fn every_state_of_a_stream_has_words() {
    let mut screen = mixed((160, 45));
    let retry_at = at(-12);
    let forbidden = Freshness::Forbidden {
        verb: "list",
        resource: "horizontalpodautoscalers.autoscaling".into(),
        retry_at,
    };
    let states = [
        (
            Kind::Pod,
            Freshness::Listing { seen: 500, remaining: Some(1200) },
            "listing pods ██░░░░░░ 500/1700",
        ),
        (Kind::ReplicaSet, Freshness::Listing { seen: 7, remaining: None }, "listing replicasets 7 so far"),
        (Kind::NodeLease, Freshness::Connecting, "connecting node leases"),
        (Kind::NetworkConfig, Freshness::Absent { retry_at }, "not served network config"),
        (Kind::HorizontalPodAutoscaler, forbidden, "forbidden: list horizontalpodautoscalers.autoscaling"),
        (Kind::Node, stale("timed out"), "stale 42s: timed out, retry in 3s (nodes)"),
    ];
    for (kind, freshness, words) in states {
        let mut screen = mixed((160, 45));
        screen.cluster.apply(Change::Freshness(kind, freshness.clone()));
        let text = screen.text();
        let header = text.lines().nth(1).unwrap();
        assert!(header.contains(words), "{words}: {header}");
        assert!(header.contains("live"), "the others are live: {header}");
    }
    for kind in Kind::ALL {
        screen.cluster.apply(Change::Freshness(kind, Freshness::Connecting));
    }
    assert!(!screen.text().contains("live"));
}

#[test]
fn a_pane_without_rows_says_why() {
    let retry_at = at(-12);
    let forbidden = Freshness::Forbidden {
        verb: "list",
        resource: "horizontalpodautoscalers.autoscaling".into(),
        retry_at,
    };
    let cases = [
        (Freshness::Connecting, "Asking the server for autoscalers"),
        (Freshness::Listing { seen: 5, remaining: None }, "Listing autoscalers: 5"),
        (forbidden, "You may not list horizontalpodautoscalers.autoscaling"),
        (Freshness::Absent { retry_at }, "does not serve autoscaling/v2/horizontalpodautoscalers"),
        (stale("no route to host"), "No autoscalers received: no route to host; retry in 3s"),
        (Freshness::Live { since: at(1) }, "No autoscalers."),
    ];
    for (freshness, words) in cases {
        let mut fixture = Fixture::mixed();
        fixture.apply(Change::Relisting(Kind::HorizontalPodAutoscaler));
        fixture.apply(Change::Synced(Kind::HorizontalPodAutoscaler));
        fixture.apply(Change::Freshness(Kind::HorizontalPodAutoscaler, freshness));
        let mut screen = Screen::new(settings(), fixture.cluster, now(), (100, 30));
        screen.press("2");
        let text = screen.text();
        assert!(text.contains(words), "{words}\n{text}");
        screen.press("1");
        assert!(screen.text().contains("dead"), "the other panes work");
    }
}

#[test]
fn a_namespace_without_rows_says_where_they_are() {
    let mut screen = mixed((100, 30));
    screen.press("2 n");
    screen.type_text("nowhere");
    screen.press("enter");
    let text = screen.text();
    assert!(text.contains("No autoscalers in namespace nowhere, 3 in others"), "{text}");
    assert!(text.contains("namespace nowhere"), "{text}");
    screen.press("0");
    assert!(screen.text().contains("shop/web"));
}

#[test]
fn the_help_has_every_key_and_every_question() {
    let mut screen = mixed((120, 400));
    screen.press("?");
    let text = screen.text();
    for (place, title, _) in keys::Place::ALL {
        assert!(text.contains(title), "{title}");
        for binding in keys::at(place) {
            assert!(text.contains(&binding.names()), "{}", binding.names());
            assert!(text.contains(binding.help.split(',').next().unwrap()), "{}", binding.help);
        }
    }
    for view in foretop::views::ALL {
        assert!(text.contains(view.question), "{}", view.question);
    }
    screen.size = (80, 24);
    screen.press("G");
    assert!(screen.text().contains("critical"), "it scrolls to its end");
    screen.press("esc");
    assert!(!screen.text().contains("The panes and their questions"));
}

#[test]
fn badges_say_how_it_was_started() {
    let mut settings = settings();
    settings.read_only = true;
    settings.dry_run = true;
    settings.demo = Some("calm".into());
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (80, 24));
    let text = screen.text();
    let header = text.lines().next().unwrap();
    for badge in ["READ-ONLY", "DRY-RUN", "DEMO calm", "context prod"] {
        assert!(header.contains(badge), "{badge}: {header}");
    }
}

#[test]
fn notices_stand_in_the_last_line_until_the_next_key() {
    let mut screen = mixed((80, 24));
    screen.tell(Msg::Notice(Severity::Warning, "the log cannot be written".into()));
    assert!(screen.text().contains("! the log cannot be written"));
    screen.press("j");
    assert!(!screen.text().contains("the log cannot be written"));
}
