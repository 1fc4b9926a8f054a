//! Edits of taints as kubectl reads them, and as the API checks them.

use foretop::analysis::taint_edit::{Edit, Sense, Wrong, completions, suggestions};
use foretop::analysis::taints::full;
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::node::Node;

use super::support::{at, node, taint};

fn edit(text: &str) -> Edit {
    Edit::parse(text).unwrap()
}

/// A node that bears these taints.
fn bearing(name: &str, taints: &[&str]) -> Node {
    Node { taints: taints.iter().map(|text| taint(text)).collect(), ..node(name) }
}

fn applied(text: &str, taints: &[&str]) -> Result<Vec<String>, String> {
    let after = edit(text).apply(&bearing("a", taints), at("10:00:00"))?;
    Ok(after.iter().map(full).collect())
}

#[test]
fn what_kubectl_takes_is_taken_and_printed_in_its_form() {
    for (text, printed) in [
        ("key=value:NoSchedule", "key=value:NoSchedule"),
        ("key=:NoExecute", "key:NoExecute"),
        ("key:PreferNoSchedule", "key:PreferNoSchedule"),
        ("example.com/Key_1.x=V-1:NoExecute", "example.com/Key_1.x=V-1:NoExecute"),
        ("key:NoExecute-", "key:NoExecute-"),
        ("key=value:NoExecute-", "key:NoExecute-"),
        ("key-", "key-"),
        ("a-b-", "a-b-"),
        ("  key:NoSchedule ", "key:NoSchedule"),
    ] {
        assert_eq!(edit(text).to_string(), printed, "{text}");
    }
    assert_eq!((edit("key-").sense, edit("key-").effect), (Sense::Remove, None));
    assert!(edit("k=v:NoExecute").adds("NoExecute") && !edit("k:NoExecute-").adds("NoExecute"));
}

#[test]
fn what_is_wrong_is_said_as_it_is_typed() {
    for (text, unfinished, words) in [
        ("", true, "key=value:Effect puts a taint on"),
        ("-", true, "key- takes one away"),
        ("key", true, "it needs an effect: NoSchedule, PreferNoSchedule or NoExecute"),
        ("key=value", true, "it needs an effect"),
        ("key=value-", true, "it needs an effect"),
        ("key:", true, "the effect is"),
        ("key:NoS", true, "the effect is"),
        ("example.com/", true, "after the / of a key stands a name"),
        ("key.", true, "ends with a letter or a digit"),
        ("key:Never", false, "\"Never\" is no effect"),
        ("key:noexecute", false, "\"noexecute\" is no effect"),
        ("key:NoExec-", false, "\"NoExec\" is no effect"),
        ("key:NoExecute:x", false, "is no effect"),
        (":NoExecute", false, "a taint begins with its key"),
        ("=v:NoExecute", false, "a taint begins with its key"),
        ("/key:NoExecute", false, "before the / of a key stands a domain"),
        ("a/b/c:NoExecute", false, "at most one /"),
        ("Example.com/key:NoExecute", false, "\"Example.com\" is no domain"),
        ("-.com/key:NoExecute", false, "is no domain"),
        (".key:NoExecute", false, "begins with a letter or a digit"),
        ("k y:NoExecute", false, "may not hold ' '"),
        ("ké:NoExecute", false, "may not hold 'é'"),
        ("key=a=b:NoExecute", false, "a value may not hold '='"),
        ("key=-a:NoExecute", false, "a value begins with a letter or a digit"),
    ] {
        let wrong = Edit::parse(text).unwrap_err();
        assert_eq!(matches!(wrong, Wrong::Unfinished(_)), unfinished, "{text}: {wrong:?}");
        assert!(wrong.text().contains(words), "{text}: {wrong:?}");
    }
    let long = "x".repeat(64);
    for text in [format!("{long}:NoExecute"), format!("k={long}:NoExecute")] {
        assert!(Edit::parse(&text).unwrap_err().text().contains("at most 63 characters, not 64"), "{text}");
    }
    assert!(Edit::parse(&format!("{}/k:NoExecute", "x".repeat(254))).is_err());
}

#[test]
fn one_key_may_have_several_effects_and_others_stay_where_they_are() {
    let borne = ["a=1:NoSchedule", "b:NoSchedule", "a=1:NoExecute"];
    for (text, expected) in [
        ("c=2:NoExecute", vec!["a=1:NoSchedule", "b:NoSchedule", "a=1:NoExecute", "c=2:NoExecute"]),
        ("a=2:NoSchedule", vec!["a=2:NoSchedule", "b:NoSchedule", "a=1:NoExecute"]),
        ("a:PreferNoSchedule", vec!["a=1:NoSchedule", "b:NoSchedule", "a=1:NoExecute", "a:PreferNoSchedule"]),
        ("a:NoExecute-", vec!["a=1:NoSchedule", "b:NoSchedule"]),
        ("a-", vec!["b:NoSchedule"]),
    ] {
        assert_eq!(applied(text, &borne).unwrap(), expected, "{text}");
    }
    assert_eq!(applied("a=1:NoExecute", &borne).unwrap_err(), "node a already bears a=1:NoExecute");
    assert_eq!(applied("c-", &borne).unwrap_err(), "node a bears no taint c");
    assert_eq!(applied("b:NoExecute-", &borne).unwrap_err(), "node a bears no taint b:NoExecute");
}

#[test]
fn tab_offers_what_is_borne_then_what_is_known_then_what_others_bear() {
    let mut cluster = Cluster::default();
    let here = bearing("here", &["a=1:NoSchedule"]);
    for node in [here.clone(), bearing("there", &["gpu=yes:NoSchedule", "a=1:NoSchedule"])] {
        cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    }
    let all = suggestions(&cluster, &[&here]);
    assert_eq!(all.first().map(String::as_str), Some("a:NoSchedule-"));
    assert_eq!(all.last().map(String::as_str), Some("gpu=yes:NoSchedule"));
    assert!(all.contains(&"node.kubernetes.io/out-of-service=nodeshutdown:NoExecute".to_owned()));
    assert!(!all.contains(&"a=1:NoSchedule".to_owned()), "it is there already");
    for (typed, expected) in [
        ("g", vec!["gpu=yes:NoSchedule"]),
        ("gpu=no:", vec!["gpu=no:NoSchedule", "gpu=no:PreferNoSchedule", "gpu=no:NoExecute"]),
        ("gpu=no:NoE", vec!["gpu=no:NoExecute"]),
        ("out-of", vec!["node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"]),
        ("nothing like it", vec![]),
    ] {
        assert_eq!(completions(&all, typed), expected, "{typed}");
    }
}
