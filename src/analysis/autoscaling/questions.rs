//! What to ask of the metrics for each autoscaler, so that it can be computed what its controller will compute. It asks
//! nothing itself.

use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::probe::Question;

/// The questions for all autoscalers whose target may exist, by name. That the target of a kind which is not watched is
/// gone shows in the answer.
pub fn questions(cluster: &Cluster) -> Vec<Question> {
    let asked = cluster.autoscalers().filter(|it| {
        let watched = Kind::named(&it.target.kind).filter(|kind| kind.group() == it.target.group());
        let gone = watched.is_some_and(|kind| {
            cluster.knows_all_in(kind, &it.meta.key.namespace) && cluster.target_of(it).is_none()
        });
        !gone
    });
    let mut questions: Vec<Question> = asked
        .map(|it| Question {
            autoscaler: it.meta.key.clone(),
            generation: it.generation,
            target: it.target.clone(),
            metrics: it.metrics.clone(),
            renewed: cluster.renewed(&it.meta.key),
            replicas: cluster.target_of(it).map(|target| target.desired),
        })
        .collect();
    questions.sort_unstable_by(|a, b| a.autoscaler.cmp(&b.autoscaler));
    questions
}
