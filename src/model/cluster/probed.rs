//! What was measured for autoscalers, as it is told: kept as long as it is of what they ask for now, gone with what it was
//! asked for. It asks nothing and computes no replicas.

use std::borrow::Cow;
use std::sync::Arc;

use super::Cluster;
use super::scaling::as_target;
use crate::model::autoscaler::Autoscaler;
use crate::model::key::Key;
use crate::model::meta::Selector;
use crate::model::probe::{self, Probe};
use crate::model::text::Str;
use crate::model::totals::OwnerKey;
use crate::model::workload::Workload;

impl Cluster {
    /// Takes in what was measured for an autoscaler.
    pub(super) fn hear_probe(&mut self, key: Key, probe: Arc<Probe>) {
        let Some(at) = self.autoscalers.place(&key.namespace, &key.name) else { return };
        let asks = self.autoscalers.at(at).map(|it| probe::asks(&it.target, &it.metrics, self.renewed(&key)));
        if asks != Some(probe.asks) {
            // It changed while it was asked for, and is asked for again.
            return;
        }
        let pods = &self.pods;
        let known = |pod: &str| pods.find(&key.namespace, pod).map(|pod| Str::clone(&pod.meta.key.name));
        let probe = Arc::new(Arc::unwrap_or_clone(probe).with_names(known));
        self.autoscalers.touch(at, self.revision);
        let watched = self.autoscalers.at(at).is_some_and(|it| self.target_of(it).is_some());
        let replicas = |probe: &Probe| probe.scale.as_ref().ok().map(|scale| scale.spec);
        let old = self.scaling.probes.get(&key);
        // The workload itself tells of its changes sooner.
        let before = old.and_then(|old| replicas(old)).filter(|_| !watched);
        if let Some((from, to)) = before.zip(replicas(&probe)).filter(|(from, to)| from != to) {
            self.scaling.histories.entry(key.clone()).or_default().moved(from, to, Some(probe.at));
        }
        self.scaling.probes.insert(key, probe);
        self.select(at);
    }

    /// A workload is not what was asked for any more: its scale says nothing of the one that has its name now.
    pub(super) fn renew(&mut self, target: &OwnerKey) {
        let scaling = &mut self.scaling;
        let slots = scaling.targets.get(target).into_iter().flatten();
        for key in slots.filter_map(|at| self.autoscalers.at(*at)).map(|it| &it.meta.key) {
            scaling.probes.remove(key);
            scaling.renewed.insert(key.clone(), self.revision);
            scaling.asked = self.revision;
        }
    }

    /// A workload is gone.
    pub(super) fn lose_target(&mut self, workload: &Workload) {
        if !self.scaling.targets.is_empty() {
            self.renew(&as_target(workload.kind, &workload.meta.key));
        }
        self.touch_scalers(workload);
    }

    /// Which pods an autoscaler counts: what its target's scale says, else the target itself; `None` when neither is
    /// known or there is no selector.
    pub fn selector_of(&self, autoscaler: &Autoscaler) -> Option<Cow<'_, Selector>> {
        let probe = self.probe(&autoscaler.meta.key).filter(|it| it.generation == autoscaler.generation);
        if let Some(Ok(scale)) = probe.map(|probe| &probe.scale) {
            let text = Some(scale.selector.as_str()).filter(|text| !text.is_empty());
            return text.and_then(Selector::parse).map(Cow::Owned);
        }
        let selector = self.target_of(autoscaler).map(|workload| &workload.selector);
        selector.filter(|it| !it.labels.is_empty() || !it.requirements.is_empty()).map(Cow::Borrowed)
    }

    /// The revision at which it last changed what there is to ask for autoscalers: they themselves, and whether their
    /// targets exist.
    pub fn questioned(&self) -> u64 {
        self.scaling.asked
    }

    /// The revision at which an autoscaler's target was last seen to be another one under the same name; 0 when that
    /// never happened.
    pub fn renewed(&self, autoscaler: &Key) -> u64 {
        self.scaling.renewed.get(autoscaler).copied().unwrap_or_default()
    }

    /// What was measured for an autoscaler last, as long as that is of its target and its metrics.
    pub fn probe(&self, autoscaler: &Key) -> Option<&Arc<Probe>> {
        self.scaling.probes.get(autoscaler)
    }
}
