//! Which kubelets wait for a certificate. It holds nothing of those that have one.

use rustc_hash::FxHashMap;

use super::Cluster;
use crate::model::certificate::{Signer, Unissued};
use crate::model::text::Str;

/// What kubelets have asked for and not got, usually nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Certificates {
    unissued: FxHashMap<Str, Vec<(Signer, Unissued)>>,
    known: [bool; Signer::ALL.len()],
}

impl Certificates {
    pub(super) fn set(&mut self, node: &Str, signer: Signer, unissued: Option<Unissued>) {
        let of_node = self.unissued.entry(Str::clone(node)).or_default();
        of_node.retain(|(other, _)| *other != signer);
        of_node.extend(unissued.map(|it| (signer, it)));
        of_node.sort_by_key(|(signer, _)| *signer);
        if of_node.is_empty() {
            self.unissued.remove(node);
        }
    }

    pub(super) fn known(&mut self, signer: Signer) {
        self.known[signer as usize] = true;
    }
}

impl Cluster {
    /// What the kubelet of a node has asked for and not got.
    pub fn unissued(&self, node: &str) -> impl Iterator<Item = (Signer, &Unissued)> {
        self.certificates.unissued.get(node).into_iter().flatten().map(|(signer, it)| (*signer, it))
    }

    /// Whether waiting longer can bring nothing new of the kubelets' certificates.
    pub fn certificates_known(&self) -> bool {
        self.certificates.known == [true; Signer::ALL.len()]
    }
}
