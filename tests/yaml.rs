//! The YAML library reads what people's files contain: anchors and aliases, and scalars that only look like others.

use serde_yaml::Value;

#[test]
fn anchors_and_aliases_are_resolved() {
    let skin = "foreground: &foreground \"#f8f8f2\"\nk9s:\n  body:\n    fgColor: *foreground\n";
    let value: Value = serde_yaml::from_str(skin).unwrap();
    assert_eq!(value["k9s"]["body"]["fgColor"], Value::from("#f8f8f2"));
}

#[test]
fn text_that_looks_like_a_number_stays_text() {
    let value: Value = serde_yaml::from_str("hash: 34023e3619\nmode: '017'\nanswer: yes\n").unwrap();
    assert_eq!(value["mode"], Value::from("017"));
    assert_eq!(value["answer"], Value::from("yes"));
    let back = serde_yaml::to_string(&value).unwrap();
    assert_eq!(serde_yaml::from_str::<Value>(&back).unwrap(), value);
}
