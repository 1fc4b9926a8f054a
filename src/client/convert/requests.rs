//! What a pod takes: its effective requests, as the scheduler counts them, and its effective limits, as kubectl adds
//! them up. It knows no node.
//!
//! Source: component-helpers `resource/helpers.go`, PodRequests and PodLimits: containers and sidecars together, or the
//! most that any init container needs beside the sidecars started before it; then the pod level; then overhead, for
//! limits only where there is one. A container that is being resized counts with the most of what it asks for, was
//! allotted and has.

use std::collections::BTreeMap;

use super::node::{MOST, milli_of, units_of};
use crate::wire::core::{Container, ContainerStatus, PodSpec, PodStatus, ResourceRequirements};
use crate::wire::meta::Quantity;

/// What a pod takes.
#[derive(Debug, Default)]
pub(super) struct Takes<'a> {
    /// Effective requests.
    pub requests: Amounts<'a>,
    /// Effective limits, of the containers that have one.
    pub limits: Amounts<'a>,
    /// Where a container has none.
    pub open: Open,
}

/// Of which resources a container may use all that there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    pub cpu: bool,
    pub memory: bool,
}

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts<'a> {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes of local disk.
    pub storage: i64,
    /// All others by name, sorted.
    pub others: Vec<(&'a str, i64)>,
}

type List = BTreeMap<String, Quantity>;

/// Which of the two lists of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Requests,
    Limits,
}

impl Side {
    fn of(self, resources: &ResourceRequirements) -> &List {
        match self {
            Self::Requests => &resources.requests,
            Self::Limits => &resources.limits,
        }
    }
}

impl<'a> Amounts<'a> {
    fn read(list: &'a List) -> Self {
        let mut amounts = Self::default();
        for (name, quantity) in list {
            match name.as_str() {
                "cpu" => amounts.cpu = milli_of(quantity),
                "memory" => amounts.memory = units_of(quantity),
                "ephemeral-storage" => amounts.storage = units_of(quantity),
                other => amounts.others.push((other, units_of(quantity))),
            }
        }
        amounts.others.sort_unstable();
        amounts
    }

    fn combined(mut self, other: &Self, how: impl Fn(i64, i64) -> i64) -> Self {
        self.cpu = how(self.cpu, other.cpu);
        self.memory = how(self.memory, other.memory);
        self.storage = how(self.storage, other.storage);
        for (name, amount) in &other.others {
            match self.others.binary_search_by_key(name, |(known, _)| *known) {
                Ok(at) => self.others[at].1 = how(self.others[at].1, *amount),
                Err(at) => self.others.insert(at, (name, *amount)),
            }
        }
        self
    }

    fn plus(self, other: &Self) -> Self {
        self.combined(other, |one, other| (one + other).min(MOST))
    }

    fn most(self, other: &Self) -> Self {
        self.combined(other, i64::max)
    }

    /// The pod level decides only for the resources that it names.
    fn decided_by(mut self, list: &'a List) -> Self {
        let pod = Self::read(list);
        let names = |name: &str| list.contains_key(name);
        self.cpu = if names("cpu") { pod.cpu } else { self.cpu };
        self.memory = if names("memory") { pod.memory } else { self.memory };
        for (name, amount) in pod.others.into_iter().filter(|(name, _)| name.starts_with("hugepages-")) {
            match self.others.binary_search_by_key(&name, |(known, _)| *known) {
                Ok(at) => self.others[at].1 = amount,
                Err(at) => self.others.insert(at, (name, amount)),
            }
        }
        self
    }

    /// With overhead where there is a limit at all.
    fn with_overhead(mut self, overhead: &Self) -> Self {
        let add = |amount: &mut i64, more: i64| {
            if *amount > 0 {
                *amount = (*amount + more).min(MOST);
            }
        };
        add(&mut self.cpu, overhead.cpu);
        add(&mut self.memory, overhead.memory);
        add(&mut self.storage, overhead.storage);
        self
    }

    /// All containers together.
    fn of(side: Side, spec: &'a PodSpec, status: &'a PodStatus) -> Self {
        let infeasible = resize_is_infeasible(status);
        let own = |container, statuses| of_container(side, container, find(statuses, container), infeasible);
        let mut together = Self::default();
        for container in &spec.containers {
            together = together.plus(&own(container, &status.container_statuses));
        }
        let mut sidecars = Self::default();
        let mut starting = Self::default();
        for container in &spec.init_containers {
            if is_sidecar(container) {
                let own = own(container, &status.init_container_statuses);
                together = together.plus(&own);
                sidecars = sidecars.plus(&own);
                starting = starting.most(&sidecars);
            } else {
                starting = starting.most(&own(container, &[]).plus(&sidecars));
            }
        }
        let all = together.most(&starting);
        match &spec.resources {
            Some(resources) => all.decided_by(side.of(resources)),
            None => all,
        }
    }
}

impl<'a> Takes<'a> {
    /// What the pod takes.
    pub(super) fn of(spec: &'a PodSpec, status: &'a PodStatus) -> Self {
        let overhead = Amounts::read(&spec.overhead);
        Self {
            requests: Amounts::of(Side::Requests, spec, status).plus(&overhead),
            limits: Amounts::of(Side::Limits, spec, status).with_overhead(&overhead),
            open: Open { cpu: is_open(spec, "cpu"), memory: is_open(spec, "memory") },
        }
    }
}

/// Whether neither the pod nor each of its containers that go on running has a limit of a resource.
fn is_open(spec: &PodSpec, name: &str) -> bool {
    let has = |resources: &Option<ResourceRequirements>| {
        resources.as_ref().is_some_and(|it| it.limits.contains_key(name))
    };
    let sidecars = spec.init_containers.iter().filter(|it| is_sidecar(it));
    !has(&spec.resources) && spec.containers.iter().chain(sidecars).any(|it| !has(&it.resources))
}

pub(super) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn find<'a>(statuses: &'a [ContainerStatus], container: &Container) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| status.name == container.name)
}

fn of_container<'a>(
    side: Side,
    container: &'a Container,
    status: Option<&'a ContainerStatus>,
    infeasible: bool,
) -> Amounts<'a> {
    let read = |resources: &'a ResourceRequirements| Amounts::read(side.of(resources));
    let asked = container.resources.as_ref().map(read).unwrap_or_default();
    let Some((status, has)) = status.and_then(|it| Some((it, it.resources.as_ref()?))) else { return asked };
    let held = match side {
        Side::Requests => read(has).most(&Amounts::read(&status.allocated_resources)),
        Side::Limits => read(has),
    };
    if infeasible { held } else { asked.most(&held) }
}

fn resize_is_infeasible(status: &PodStatus) -> bool {
    let pending = status.conditions.iter().find(|it| it.type_ == "PodResizePending");
    pending.is_some_and(|it| it.reason == "Infeasible")
}
