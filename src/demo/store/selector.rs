//! Label and field selectors, in the text form of query parameters and in the form of metav1.LabelSelector.

use serde_json::Value;

use crate::demo::json::{at, list, pairs, text};
use crate::demo::resources::Resource;

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

/// A label selector; no requirement selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    requirements: Vec<Requirement>,
}

impl Labels {
    /// Reads the text of a `labelSelector` parameter.
    ///
    /// # Errors
    /// With a sentence when it is malformed.
    pub(crate) fn parse(selector: &str) -> Result<Self, String> {
        let mut requirements = Vec::new();
        for part in split_outside_brackets(selector) {
            let part = part.trim();
            if !part.is_empty() {
                requirements.push(requirement(part)?);
            }
        }
        Ok(Self { requirements })
    }

    /// Reads the object form; a null selector selects nothing, so it is `None`.
    pub(crate) fn of(selector: &Value) -> Option<Self> {
        if selector.is_null() {
            return None;
        }
        let mut requirements: Vec<_> = pairs(selector, "/matchLabels")
            .map(|(key, value)| Requirement::In(key.to_owned(), vec![value.to_owned()]))
            .collect();
        for expression in list(selector, "/matchExpressions") {
            let key = text(expression, "/key").to_owned();
            let values =
                list(expression, "/values").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            requirements.push(match text(expression, "/operator") {
                "In" => Requirement::In(key, values),
                "NotIn" => Requirement::NotIn(key, values),
                "Exists" => Requirement::Exists(key),
                _ => Requirement::Missing(key),
            });
        }
        Some(Self { requirements })
    }

    /// Whether it selects an object.
    pub(crate) fn selects(&self, object: &Value) -> bool {
        self.takes(at(object, "/metadata/labels"))
    }

    /// Whether it selects what has these labels.
    pub(crate) fn takes(&self, labels: &Value) -> bool {
        let value = |key: &str| labels.get(key).and_then(Value::as_str);
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => value(key).is_some_and(|is| values.iter().any(|one| one == is)),
            Requirement::NotIn(key, values) => {
                !value(key).is_some_and(|is| values.iter().any(|one| one == is))
            }
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Missing(key) => value(key).is_none(),
        })
    }

    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The text form, as a scale's `status.selector` has it.
    pub(crate) fn written(&self) -> String {
        let each = self.requirements.iter().map(|requirement| match requirement {
            Requirement::In(key, values) if values.len() == 1 => format!("{key}={}", values[0]),
            Requirement::In(key, values) => format!("{key} in ({})", values.join(",")),
            Requirement::NotIn(key, values) => format!("{key} notin ({})", values.join(",")),
            Requirement::Exists(key) => key.clone(),
            Requirement::Missing(key) => format!("!{key}"),
        });
        each.collect::<Vec<_>>().join(",")
    }
}

fn requirement(part: &str) -> Result<Requirement, String> {
    for (word, negative) in [(" notin ", true), (" in ", false)] {
        if let Some((key, values)) = part.split_once(word) {
            let inside = values.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            let inside =
                inside.ok_or_else(|| format!("unable to parse requirement: expected '(' in {part:?}"))?;
            let values = inside.split(',').map(|value| value.trim().to_owned()).collect();
            let key = key.trim().to_owned();
            return Ok(if negative { Requirement::NotIn(key, values) } else { Requirement::In(key, values) });
        }
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    let key = |key: &str| key.trim().to_owned();
    Ok(if let Some((left, right)) = part.split_once("!=") {
        Requirement::NotIn(key(left), one(right))
    } else if let Some((left, right)) = part.split_once("==").or_else(|| part.split_once('=')) {
        Requirement::In(key(left), one(right))
    } else if let Some(rest) = part.strip_prefix('!') {
        Requirement::Missing(key(rest))
    } else if part.contains(char::is_whitespace) {
        return Err(format!("unable to parse requirement: {part:?}"));
    } else {
        Requirement::Exists(key(part))
    })
}

fn split_outside_brackets(selector: &str) -> Vec<&str> {
    let mut depth = 0;
    let split = |letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    };
    selector.split(split).collect()
}

/// A field selector: pointers, the text each must have, and whether it must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    wanted: Vec<(String, String, Wanted)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Equal,
    Different,
}

impl Fields {
    /// Reads the text of a `fieldSelector` parameter for one kind.
    ///
    /// # Errors
    /// With the server's sentence when the kind has no such field label.
    pub(crate) fn parse(resource: Resource, selector: &str) -> Result<Self, String> {
        let mut wanted = Vec::new();
        for part in selector.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (field, value, how) = if let Some((field, value)) = part.split_once("!=") {
                (field, value, Wanted::Different)
            } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (field, value, Wanted::Equal)
            } else {
                return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
            };
            if !supported(resource, field) {
                return Err(match resource {
                    Resource::Pods | Resource::Nodes | Resource::Events => {
                        format!("field label not supported: {field}")
                    }
                    _ => format!(
                        "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    ),
                });
            }
            wanted.push((format!("/{}", field.replace('.', "/")), value.to_owned(), how));
        }
        Ok(Self { wanted })
    }

    /// Whether it selects an object.
    pub(crate) fn selects(&self, object: &Value) -> bool {
        self.wanted.iter().all(|(pointer, value, how)| {
            let is = match at(object, pointer) {
                Value::String(text) => text == value,
                Value::Bool(truth) => truth.to_string() == *value,
                Value::Null => value.is_empty() || value == "false",
                Value::Number(number) => {
                    value.parse().is_ok_and(|wanted: serde_json::Number| wanted == *number)
                }
                Value::Array(_) | Value::Object(_) => false,
            };
            is == (*how == Wanted::Equal)
        })
    }

    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }
}

fn supported(resource: Resource, field: &str) -> bool {
    let more: &[&str] = match resource {
        Resource::Pods => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Resource::Nodes => &["spec.unschedulable"],
        Resource::Namespaces => &["status.phase"],
        Resource::ReplicaSets => &["status.replicas"],
        Resource::Events => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "type",
        ],
        _ => &[],
    };
    matches!(field, "metadata.name" | "metadata.namespace") || more.contains(&field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_of_every_form() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        let cases = [
            ("", true),
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app!=web", false),
            ("app in (api, web),tier", true),
            ("app notin (api,web)", false),
            ("!zone", true),
            ("zone", false),
            ("zone!=a", true),
        ];
        for (selector, selected) in cases {
            assert_eq!(Labels::parse(selector).unwrap().selects(&object), selected, "{selector}");
        }
        assert!(Labels::parse("app in web").is_err());
        assert_eq!(Labels::of(&Value::Null), None);
        assert!(Labels::of(&json!({})).unwrap().selects(&object));
    }

    #[test]
    fn field_selectors_of_pods() {
        let pod =
            json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}});
        let selects = |text| Fields::parse(Resource::Pods, text).unwrap().selects(&pod);
        assert!(selects("spec.nodeName=n,status.phase!=Succeeded"));
        assert!(!selects("status.phase=Pending"));
        assert!(Fields::parse(Resource::Pods, "spec.nonsense=1").is_err());
    }
}
