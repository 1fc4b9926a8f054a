//! What the pods of a random autoscaler are made of: containers of all kinds with and without requests, and requests of a
//! pod as a whole.
use serde_json::{Value, json};

use crate::support::dice::Dice;

/// What a container is in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    /// An init container that goes on running.
    Sidecar,
    /// One that ends, and is never measured.
    Init,
}

/// A container of a workload's pods.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// Requested, in thousandths of a core.
    pub(crate) cpu: Option<u32>,
    /// Requested, in MiB.
    pub(crate) memory: Option<u32>,
}

/// A pod's containers and what it requests as a whole, in the units of a container.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) containers: Vec<Container>,
    level: Option<(Option<u32>, Option<u32>)>,
}

impl Template {
    /// Sometimes two containers or three, sometimes without a request that a metric needs, or with one of nothing.
    pub(crate) fn roll(dice: &mut Dice) -> Self {
        let names: &[(&'static str, Role)] = match dice.below(10) {
            0..=4 => &[("main", Role::Plain)],
            5..=7 => &[("main", Role::Plain), ("side", Role::Plain)],
            8 => &[("main", Role::Plain), ("side", Role::Sidecar)],
            _ => &[("main", Role::Plain), ("side", Role::Sidecar), ("init", Role::Init)],
        };
        let mut container = |(name, role)| Container {
            name,
            role,
            cpu: (!dice.percent(3)).then(|| dice.pick(&[10, 100, 250, 333, 1000, 0])),
            memory: (!dice.percent(3)).then(|| dice.pick(&[64, 100, 512])),
        };
        let containers: Vec<Container> = names.iter().map(|it| container(*it)).collect();
        // As a whole it must not request less than its containers.
        let sum = |of: fn(&Container) -> Option<u32>| containers.iter().filter_map(of).sum::<u32>();
        let (cpu, memory) = (sum(|it| it.cpu), sum(|it| it.memory));
        let level = dice.pick(&[
            (Some(cpu + 100), Some(memory + 64)),
            (Some(cpu + 100), None),
            (None, Some(memory + 64)),
        ]);
        let level = dice.percent(12).then_some(level);
        Self { containers, level }
    }

    /// As a pod's spec.
    pub(crate) fn show(&self) -> Value {
        let of = |plain: bool| -> Vec<Value> {
            let chosen = self.containers.iter().filter(|it| (it.role == Role::Plain) == plain);
            chosen.map(Container::show).collect()
        };
        let mut spec = json!({"containers": of(true), "initContainers": of(false)});
        if let Some((cpu, memory)) = self.level {
            spec["resources"] = requests(cpu, memory);
        }
        spec
    }
}

impl Container {
    fn show(&self) -> Value {
        let resources = requests(self.cpu, self.memory);
        let mut shown =
            json!({"name": self.name, "image": "registry.example/pause:1", "resources": resources});
        if self.role == Role::Sidecar {
            shown["restartPolicy"] = "Always".into();
        }
        shown
    }
}

fn requests(cpu: Option<u32>, memory: Option<u32>) -> Value {
    let mut requests = json!({});
    if let Some(cpu) = cpu {
        requests["cpu"] = format!("{cpu}m").into();
    }
    if let Some(memory) = memory {
        requests["memory"] = format!("{memory}Mi").into();
    }
    json!({ "requests": requests })
}
