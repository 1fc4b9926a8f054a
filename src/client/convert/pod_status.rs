//! The words and numbers that `kubectl get pods` shows: STATUS, READY and RESTARTS. It does not say why.
//!
//! Source: kubernetes `pkg/printers/internalversion/printers.go`, printPod.

use crate::wire::core::{ContainerState, ContainerStateTerminated, ContainerStatus, PodSpec, PodStatus};

/// The reason that the node lifecycle controller sets on the pods of an unreachable node.
const NODE_LOST: &str = "NodeLost";

/// STATUS, READY and RESTARTS of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    /// STATUS.
    pub word: String,
    /// Containers that are ready, sidecars included.
    pub ready: u16,
    /// All containers, sidecars included.
    pub containers: u16,
    /// Restarts of the containers that count: while the pod initializes its init containers, later the others.
    pub restarts: u32,
}

/// What the init containers come to.
#[derive(Default)]
struct Init {
    /// What stands in the way, if anything does.
    word: Option<String>,
    ready: u16,
    restarts: u32,
    sidecar_restarts: u32,
}

/// What the other containers come to.
#[derive(Default)]
struct Main {
    word: Option<String>,
    /// The word of the first container, in the pod's order, that ended badly.
    error: Option<String>,
    running: bool,
    ready: u16,
    restarts: u32,
}

impl Summary {
    pub(super) fn of(spec: &PodSpec, status: &PodStatus, terminating: bool) -> Self {
        let sidecars = spec.init_containers.iter().filter(|it| restarts_always(it)).count();
        let init = Init::of(spec, status);
        let mut summary = Self {
            word: init.word.clone().unwrap_or_else(|| overall(status)),
            ready: init.ready,
            containers: count(spec.containers.len() + sidecars),
            restarts: init.restarts,
        };
        if init.word.is_none() || condition_is_true(status, "Initialized") {
            let main = Main::of(status);
            summary.restarts = init.sidecar_restarts.saturating_add(main.restarts);
            summary.ready = summary.ready.saturating_add(main.ready);
            let before = main.word.clone().unwrap_or(summary.word);
            summary.word = main.settle(before, condition_is_true(status, "Ready"));
        }
        if terminating && status.reason == NODE_LOST {
            "Unknown".clone_into(&mut summary.word);
        } else if terminating && !matches!(status.phase.as_str(), "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut summary.word);
        }
        summary
    }
}

/// The word for the pod as a whole, before its containers have a say.
fn overall(status: &PodStatus) -> String {
    let gated =
        status.conditions.iter().any(|it| it.type_ == "PodScheduled" && it.reason == "SchedulingGated");
    match (gated, status.reason.as_str()) {
        (true, _) => "SchedulingGated".to_owned(),
        (false, "") => status.phase.clone(),
        (false, reason) => reason.to_owned(),
    }
}

impl Init {
    fn of(spec: &PodSpec, status: &PodStatus) -> Self {
        let mut init = Self::default();
        for (position, container) in status.init_container_statuses.iter().enumerate() {
            let sidecar =
                spec.init_containers.iter().any(|it| it.name == container.name && restarts_always(it));
            let restarts = restarts(container);
            init.restarts = init.restarts.saturating_add(restarts);
            if sidecar {
                init.sidecar_restarts = init.sidecar_restarts.saturating_add(restarts);
            }
            let state = container.state.clone().unwrap_or_default();
            if state.terminated.as_ref().is_some_and(|it| it.exit_code == 0) {
                continue;
            }
            if sidecar && container.started == Some(true) {
                init.ready = init.ready.saturating_add(u16::from(container.ready));
                continue;
            }
            init.word = Some(init_word(&state, position, spec.init_containers.len()));
            break;
        }
        init
    }
}

/// What an init container that is not done says.
fn init_word(state: &ContainerState, position: usize, all: usize) -> String {
    if let Some(terminated) = &state.terminated {
        return format!("Init:{}", ended(terminated));
    }
    match state.waiting.as_ref().map(|it| it.reason.as_str()) {
        Some(reason) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
        _ => format!("Init:{position}/{all}"),
    }
}

impl Main {
    fn of(status: &PodStatus) -> Self {
        let mut main = Self::default();
        // From the last to the first, so that the first container's word is the one that stays.
        for container in status.container_statuses.iter().rev() {
            main.restarts = main.restarts.saturating_add(restarts(container));
            let Some(state) = &container.state else { continue };
            if let Some(waiting) = state.waiting.as_ref().filter(|it| !it.reason.is_empty()) {
                main.word = Some(waiting.reason.clone());
            } else if let Some(terminated) = &state.terminated {
                let word = ended(terminated);
                if terminated.exit_code != 0 {
                    main.error = Some(word.clone());
                }
                main.word = Some(word);
            } else if container.ready && state.running.is_some() {
                main.running = true;
                main.ready = main.ready.saturating_add(1);
            }
        }
        main
    }

    /// `Completed` is the word of one container; it is the pod's only when no other one runs or has failed.
    fn settle(self, word: String, ready: bool) -> String {
        if word != "Completed" {
            return word;
        }
        match (self.running, ready, self.error) {
            (true, true, _) => "Running".to_owned(),
            (_, _, Some(error)) => error,
            (true, false, None) => "NotReady".to_owned(),
            (false, _, None) => word,
        }
    }
}

/// How a container ended, in one word.
fn ended(terminated: &ContainerStateTerminated) -> String {
    match (terminated.reason.as_str(), terminated.signal) {
        ("", 0) => format!("ExitCode:{}", terminated.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn restarts_always(container: &crate::wire::core::Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn restarts(container: &ContainerStatus) -> u32 {
    u32::try_from(container.restart_count).unwrap_or(0)
}

fn condition_is_true(status: &PodStatus, kind: &str) -> bool {
    status.conditions.iter().find(|it| it.type_ == kind).is_some_and(|it| it.status == "True")
}

fn count(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
