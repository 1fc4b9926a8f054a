//! What a change touches besides its own object, and what was touched since somebody looked. It computes nothing.

use super::Cluster;
use crate::model::autoscaler::Autoscaler;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::text::Str;

impl Cluster {
    /// How many changes have been applied since the start.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision at which something last changed by which every object is judged: the server's voice, or for these
    /// kinds whether all are known and how fresh they are.
    pub fn judged(&self, kinds: &[Kind]) -> u64 {
        kinds.iter().map(|kind| self.known[kind.index()]).fold(self.judged, u64::max)
    }

    /// The revision at which the overlay network as a whole last changed: what nodes must share or must not share.
    pub fn meshed(&self) -> u64 {
        self.meshed
    }

    /// The revision at which a node last became Ready or ceased to be, or went, which changes what is in trouble.
    pub fn flipped(&self) -> u64 {
        self.flipped
    }

    /// The nodes, autoscalers or pods that were touched after a revision and are still there. A node is also touched
    /// by its lease and, once all pods are known, by what its pods add up to, an autoscaler by its
    /// target, by the pods that it counts and by what is known beside it. Other kinds are never asked for.
    pub fn touched(&self, kind: Kind, after: u64) -> Vec<Key> {
        if after >= self.revision {
            return Vec::new();
        }
        match kind {
            Kind::Node => self.nodes.touched(after).map(|(_, it)| it.meta.key.clone()).collect(),
            Kind::HorizontalPodAutoscaler => {
                self.autoscalers.touched(after).map(|(_, it)| it.meta.key.clone()).collect()
            }
            Kind::Pod => self.pods.touched(after).map(|(_, it)| it.meta.key.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// The nodes that were touched after a revision, by the numbers of their slots, which stay theirs while they live.
    pub fn nodes_touched(&self, after: u64) -> impl Iterator<Item = (u32, &Node)> {
        let news = after < self.revision;
        news.then(|| self.nodes.touched(after)).into_iter().flatten()
    }

    /// The same of autoscalers.
    pub fn autoscalers_touched(&self, after: u64) -> impl Iterator<Item = (u32, &Autoscaler)> {
        let news = after < self.revision;
        news.then(|| self.autoscalers.touched(after)).into_iter().flatten()
    }

    /// How many nodes, autoscalers or pods have gone since the start; whoever keeps results looks for theirs when
    /// this grows.
    pub fn removals(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Node => self.nodes.removals(),
            Kind::HorizontalPodAutoscaler => self.autoscalers.removals(),
            Kind::Pod => self.pods.removals(),
            _ => 0,
        }
    }

    pub(super) fn touch_node(&mut self, name: &Str) {
        if let Some(at) = self.nodes.place("", name) {
            self.nodes.touch(at, self.revision);
        }
    }

    /// Touches a node whose pods add up to something else now. While they are still being counted nothing is judged by
    /// them; that they are all there touches everything.
    pub(super) fn touch_counted(&mut self, name: &Str) {
        if self.knows_all(Kind::Pod) {
            self.touch_node(name);
        }
    }

    /// The first agent and the last one change what the overlay is, and so every node.
    pub(super) fn mesh_if(&mut self, agents_before: usize) {
        if (agents_before == 0) != (self.totals.agents == 0) {
            self.meshed = self.revision;
            self.judged = self.revision;
        }
    }
}
