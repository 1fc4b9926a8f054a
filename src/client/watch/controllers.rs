//! The controller manager as far as the API shows it: since when its leader leads, from its lease, and its flags, from
//! the command lines of its mirror pods. Neither is a kind: who may not read them misses an adjustment, and nothing
//! that is counted. It judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::decode::Raw;
use super::few::Few;
use super::follower::{Follower, Heard};
use super::line::{Line, Reach};
use super::request::Source;
use crate::client::connect::Session;
use crate::model::change::Change;
use crate::model::flag::Flag;
use crate::model::server::{Observed, ServerNews};
use crate::model::text::Str;
use crate::wire::command::CommandPod;
use crate::wire::core::Lease;
use crate::wire::meta::ObjectMeta;

/// The lease's name, and that of the component whose pods are looked for.
const NAME: &str = "kube-controller-manager";
/// The label that kubeadm and others give the control plane's static pods.
const LABELS: &str = "component=kube-controller-manager";
/// The annotation by which the API marks its mirror of a static pod.
const MIRROR: &str = "kubernetes.io/config.mirror";

fn lease_source() -> Source {
    Source {
        path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases".to_owned(),
        resource: "leases.coordination.k8s.io".to_owned(),
        namespace: None,
        selectors: vec![format!("metadata.name={NAME}")],
        labels: "",
    }
}

fn pods_source() -> Source {
    Source {
        path: "/api/v1/namespaces/kube-system/pods".to_owned(),
        resource: "pods".to_owned(),
        namespace: None,
        selectors: vec![String::new()],
        labels: LABELS,
    }
}

/// Follows both streams until nobody listens any more.
pub(super) async fn follow(session: Arc<Session>, mut line: Line, changes: mpsc::Sender<Vec<Change>>) {
    let streaming = matches!(line.first().await, Reach::Made { streaming: true });
    let on = |source| heard(Follower::on(Arc::clone(&session), source, streaming, line.clone()));
    let leases = on(lease_source()).map(Told::Leases);
    let mut both = std::pin::pin!(futures::stream::select(leases, on(pods_source()).map(Told::Pods)));
    let mut seen = Seen::default();
    loop {
        let told = tokio::select! {
            told = both.next() => told,
            () = changes.closed() => return,
        };
        let Some(told) = told else { return };
        let news = seen.hear(told);
        if !news.is_empty() && changes.send(news).await.is_err() {
            return;
        }
    }
}

/// What a follower brings, step by step; a step that is under way goes on while other streams are heard.
fn heard(follower: Follower) -> impl Stream<Item = Vec<Heard>> {
    futures::stream::unfold(follower, |mut follower| async move {
        let heard = follower.step().await;
        Some((heard, follower))
    })
}

enum Told {
    Leases(Vec<Heard>),
    Pods(Vec<Heard>),
}

/// All are in one namespace.
fn name(metadata: ObjectMeta) -> String {
    metadata.name
}

/// Who leads, and since when.
#[derive(PartialEq)]
struct Lead {
    holder: String,
    acquired: Option<Timestamp>,
}

fn lead(raw: &Raw) -> Option<Lead> {
    let spec = raw.read::<Lease>().ok()?.spec?;
    let acquired = spec.acquire_time.and_then(|at| at.timestamp());
    Some(Lead { holder: spec.holder_identity, acquired })
}

/// What a pod's command line says.
#[derive(PartialEq)]
struct Commanded {
    node: String,
    flags: Vec<(Flag, f64)>,
}

/// Nothing else of a command line is kept. Pods that are no mirrors may be the controller manager of another cluster.
fn commanded(raw: &Raw) -> Option<Commanded> {
    let pod = raw.read::<CommandPod>().ok()?;
    let metadata = pod.metadata.filter(|it| it.annotations.contains_key(MIRROR))?;
    let spec = pod.spec.filter(|_| metadata.deletion_timestamp.is_none())?;
    let words = spec.containers.iter().flat_map(|it| it.command.iter().chain(&it.args));
    Some(Commanded { flags: Flag::read(words.map(String::as_str)), node: spec.node_name })
}

/// What was seen, and what has last been told of it.
#[derive(Default)]
struct Seen {
    leases: Few<String, Lead>,
    pods: Few<String, Commanded>,
    leader: Option<Timestamp>,
    observed: Option<Vec<Observed>>,
}

impl Seen {
    fn hear(&mut self, told: Told) -> Vec<Change> {
        match told {
            Told::Leases(heard) => heard.into_iter().for_each(|it| self.leases.hear(it, name, lead)),
            Told::Pods(heard) => heard.into_iter().for_each(|it| self.pods.hear(it, name, commanded)),
        }
        let mut news = Vec::new();
        let lead = self.leases.now.get(NAME);
        let leader = lead.and_then(|it| it.acquired);
        if self.leases.settled && self.leader != leader {
            self.leader = leader;
            news.push(Change::Server(ServerNews::Leader(leader)));
        }
        // Whose flags count depends on who leads.
        if self.leases.settled && self.pods.settled {
            let observed = observed(&self.pods.now, lead.map_or("", |it| &it.holder));
            if self.observed.as_ref() != Some(&observed) {
                news.push(Change::Server(ServerNews::Observed(observed.clone())));
                self.observed = Some(observed);
            }
        }
        news
    }
}

/// The flags that count: those of the leader's pod; while it is not known which that is, those that all pods agree on.
fn observed(pods: &BTreeMap<String, Commanded>, holder: &str) -> Vec<Observed> {
    let leads = |(_, pod): &(&String, &Commanded)| leads(holder, &pod.node);
    let asked: Vec<_> = match pods.iter().find(leads) {
        Some(leader) => vec![leader],
        None => pods.iter().collect(),
    };
    let Some(((_, first), others)) = asked.split_first() else { return Vec::new() };
    let names: Arc<[Str]> = asked.iter().map(|(name, _)| Str::from(name.as_str())).collect();
    let agreed = first.flags.iter().filter(|flag| others.iter().all(|(_, it)| it.flags.contains(flag)));
    agreed.map(|(flag, value)| Observed { flag: *flag, value: *value, pods: Arc::clone(&names) }).collect()
}

/// Whether a lease's holder is on that node: it names itself by its host's name, an underscore and a random text, and a
/// host's name may have a domain behind the node's name.
fn leads(holder: &str, node: &str) -> bool {
    let rest = holder.strip_prefix(node).filter(|_| !node.is_empty());
    rest.is_some_and(|rest| rest.starts_with(['_', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(said: &[(&str, &str)]) -> BTreeMap<String, Commanded> {
        let pod = |(node, line): &(&str, &str)| {
            let flags = Flag::read(line.split(' '));
            (format!("{NAME}-{node}"), Commanded { node: (*node).to_owned(), flags })
        };
        said.iter().map(pod).collect()
    }

    fn graces(said: &[(&str, &str)], holder: &str) -> Vec<(f64, usize)> {
        observed(&pods(said), holder).iter().map(|it| (it.value, it.pods.len())).collect()
    }

    #[test]
    fn the_leaders_flags_count_and_else_those_that_all_agree_on() {
        let forty = "--node-monitor-grace-period=40s";
        let twenty = "--node-monitor-grace-period=20s";
        assert_eq!(graces(&[("cp-1", forty)], ""), [(40.0, 1)]);
        assert_eq!(graces(&[("cp-1", forty), ("cp-10", twenty)], "cp-10_8f3c"), [(20.0, 1)]);
        assert_eq!(graces(&[("cp-1", forty), ("cp-10", twenty)], "cp-1.example.org_8f3c"), [(40.0, 1)]);
        assert_eq!(graces(&[("cp-1", forty), ("cp-2", forty)], "elsewhere_1"), [(40.0, 2)]);
        assert_eq!(graces(&[("cp-1", forty), ("cp-2", twenty)], "elsewhere_1"), []);
        assert_eq!(graces(&[("cp-1", forty), ("cp-2", "--v=2")], ""), [], "the other has the default");
        assert_eq!(graces(&[], "cp-1_8f3c"), []);
    }
}
