//! The one gate before the network: which requests may leave in which mode. `Session::send` asks it about every
//! request, so that nothing which forgot about the mode can do harm. It sends nothing.

use http::{Method, Uri};

/// What foretop may do to the cluster, from the most to the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Everything that the user says yes to.
    #[default]
    Real,
    /// Changes are sent as dry runs: the server checks them and changes nothing.
    DryRun,
    /// Nothing that could change anything leaves.
    ReadOnly,
}

/// Whether kubelets may be asked through the API server. The right that it takes, `get nodes/proxy`, is close to root
/// on every node, so that using it is the user's own decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kubelets {
    /// Nothing goes through a node's proxy.
    #[default]
    Closed,
    /// The three paths of `KUBELET_ANSWERS`, with GET.
    Asked,
}

/// A request that may not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {method} {path} was not sent")]
pub struct Stopped {
    /// Why.
    pub reason: &'static str,
    /// The request's method.
    pub method: Method,
    /// The request's path without its query.
    pub path: String,
}

/// Questions about one's own rights, which the API puts as creations although nothing is created.
const QUESTIONS: [&str; 2] = [
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
];

/// Subresources of pods and services that act although they are asked for with GET.
const ACTING: [&str; 4] = ["exec", "attach", "portforward", "proxy"];

/// The only paths below a node's proxy that are ever asked for: they answer, and do nothing.
const KUBELET_ANSWERS: [&str; 3] = ["healthz", "configz", "stats/summary"];

/// Whether a request may leave in this mode.
///
/// # Errors
/// The request that may not.
pub fn permits(mode: Mode, kubelets: Kubelets, method: &Method, uri: &Uri) -> Result<(), Stopped> {
    let path = uri.path();
    if let Some(asked) = through_node(path) {
        // Also what could do harm is asked for with GET there, so that what is not known is not sent in any mode.
        return if kubelets == Kubelets::Asked && *method == Method::GET && KUBELET_ANSWERS.contains(&asked) {
            Ok(())
        } else {
            let reason = "foretop asks kubelets only for healthz, configz and stats, and only with --kubelet";
            Err(Stopped { reason, method: method.clone(), path: path.to_owned() })
        };
    }
    let harmless = match *method {
        Method::GET => !acts(path),
        Method::POST => QUESTIONS.contains(&path),
        _ => false,
    };
    let dry = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "dryRun=All"));
    let reason = match mode {
        _ if harmless => return Ok(()),
        Mode::Real => return Ok(()),
        Mode::DryRun if dry && *method != Method::GET => return Ok(()),
        Mode::DryRun => "foretop makes dry runs only",
        Mode::ReadOnly => "foretop is read-only",
    };
    Err(Stopped { reason, method: method.clone(), path: path.to_owned() })
}

/// Whether a GET of this path does something, such as running a command in a container.
fn acts(path: &str) -> bool {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["api", _, "namespaces", _, "pods" | "services", _, subresource, ..] => ACTING.contains(subresource),
        _ => false,
    }
}

/// Whether a path goes to a node's kubelet.
pub(super) fn asks_kubelet(path: &str) -> bool {
    through_node(path).is_some()
}

/// What a path asks of a node's kubelet; `None` when it does not go there for certain.
fn through_node(path: &str) -> Option<&str> {
    // No path that is sent needs an escape, an empty segment or a way up; any of them could be read as anything.
    let odd = |segment: &str| segment.is_empty() || segment == "." || segment == "..";
    if path.contains('%') || path.trim_start_matches('/').split('/').any(odd) {
        return Some("");
    }
    let rest = path.trim_start_matches('/').strip_prefix("api/v1/")?;
    if let Some(rest) = rest.strip_prefix("nodes/") {
        let (_, below) = rest.split_once('/')?;
        return (below == "proxy").then_some("").or_else(|| below.strip_prefix("proxy/"));
    }
    // The form of servers before 1.10.
    rest.strip_prefix("proxy/").map(|_| "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const EVICTION: &str = "/api/v1/namespaces/shop/pods/web-0/eviction";

    fn allowed(mode: Mode, method: &Method, uri: &str) -> bool {
        permits(mode, Kubelets::Closed, method, &uri.parse().unwrap()).is_ok()
    }

    #[test]
    fn reading_and_asking_about_rights_is_always_possible() {
        for mode in [Mode::Real, Mode::DryRun, Mode::ReadOnly] {
            assert!(allowed(mode, &Method::GET, "/api/v1/pods?watch=true"));
            assert!(
                allowed(mode, &Method::GET, "/api/v1/namespaces/shop/pods/exec"),
                "a pod may have that name"
            );
            assert!(allowed(mode, &Method::POST, REVIEW));
        }
    }

    #[test]
    fn nothing_else_leaves_when_read_only() {
        for method in
            [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::CONNECT]
        {
            for uri in [
                EVICTION,
                "/api/v1/nodes/a?dryRun=All",
                "/apis/apps/v1/namespaces/a/deployments/b/scale",
                "/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/b/scale",
            ] {
                assert!(!allowed(Mode::ReadOnly, &method, uri), "{method} {uri}");
            }
        }
        for uri in [
            "/api/v1/namespaces/shop/pods/web-0/exec?command=rm",
            "/api/v1/namespaces/shop/services/web/proxy/admin/delete",
            "/api/v1/nodes/a/proxy/run/shop/web-0/web",
        ] {
            assert!(!allowed(Mode::ReadOnly, &Method::GET, uri), "{uri}");
        }
    }

    #[test]
    fn what_only_looks_like_a_question_is_none() {
        for uri in [
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x",
            "/apis/authorization.k8s.io/v1/namespaces/a/localsubjectaccessreviews",
            "/api/v1/pods?x=/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        ] {
            assert!(!allowed(Mode::ReadOnly, &Method::POST, uri), "{uri}");
        }
        assert!(!allowed(Mode::ReadOnly, &Method::DELETE, REVIEW));
    }

    #[test]
    fn dry_runs_must_say_that_they_are() {
        assert!(allowed(Mode::DryRun, &Method::POST, &format!("{EVICTION}?fieldManager=foretop&dryRun=All")));
        assert!(!allowed(Mode::DryRun, &Method::POST, EVICTION));
        assert!(!allowed(Mode::DryRun, &Method::POST, &format!("{EVICTION}?x=dryRun=All")));
        let stopped =
            permits(Mode::DryRun, Kubelets::Closed, &Method::POST, &EVICTION.parse().unwrap()).unwrap_err();
        assert_eq!(stopped.to_string(), format!("foretop makes dry runs only: POST {EVICTION} was not sent"));
    }

    #[test]
    fn kubelets_are_asked_only_when_the_user_wants_it_and_only_three_questions() {
        const NODE: &str = "/api/v1/nodes/worker-1";
        let asks = |mode, kubelets, method: &Method, path: &str| {
            permits(mode, kubelets, method, &format!("{NODE}{path}").parse().unwrap()).is_ok()
        };
        for mode in [Mode::Real, Mode::DryRun, Mode::ReadOnly] {
            for answer in ["/proxy/healthz", "/proxy/configz", "/proxy/stats/summary"] {
                assert!(asks(mode, Kubelets::Asked, &Method::GET, answer), "{mode:?} {answer}");
                assert!(
                    !asks(mode, Kubelets::Closed, &Method::GET, answer),
                    "{mode:?} {answer} without the option"
                );
                assert!(!asks(mode, Kubelets::Asked, &Method::POST, answer), "{mode:?} POST {answer}");
            }
            for other in [
                "/proxy",
                "/proxy/",
                "/proxy/exec/shop/web/c",
                "/proxy/run/shop/web/c",
                "/proxy/logs/",
                "/proxy/pods",
                "/proxy/stats/summary/x",
                "/proxy/healthz/../exec",
                "/proxy//exec/shop",
                "//proxy/exec/shop",
                "/%70roxy/exec/shop",
                "/proxy/%65xec/shop",
            ] {
                for kubelets in [Kubelets::Asked, Kubelets::Closed] {
                    assert!(!asks(mode, kubelets, &Method::GET, other), "{mode:?} {other}");
                }
            }
            for whole in [
                "/api/v1/proxy/nodes/worker-1/healthz",
                "/api/v1/nodes/w%2Fproxy%2Fexec/shop/web/c",
                "/api/v1/%6Eodes/w/proxy/run/shop/web/c",
                "/api/v1/namespaces/../nodes/w/proxy/pods",
            ] {
                let whole = whole.parse().unwrap();
                assert!(permits(mode, Kubelets::Asked, &Method::GET, &whole).is_err(), "{mode:?} {whole}");
            }
            assert!(asks(mode, Kubelets::Closed, &Method::GET, ""), "the node itself");
            assert!(asks(mode, Kubelets::Closed, &Method::GET, "/status"));
        }
    }
}
