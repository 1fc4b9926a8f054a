//! What was measured for autoscalers: whether it is of what they ask for now, and whose strings it has.

use super::*;
use crate::model::autoscaler::{Goal, Metric, MetricSource};
use crate::model::probe::Answer;
use crate::model::sample::{ContainerUse, PodSample};
use crate::model::second::Second;

#[test]
fn what_was_measured_goes_with_what_it_was_asked_of() {
    let mut it = cluster();
    let key = Key::new("shop", "web");
    let probed = |it: &Cluster| it.probe(&key).is_some();
    put_probe(&mut it, "web", 2, "app=web");
    let web = it.autoscaler(&key).unwrap().clone();
    put(&mut it, Object::Autoscaler(Box::new(Autoscaler { max: 20, generation: 2, ..web.clone() })));
    assert!(probed(&it), "other bounds change nothing in what was measured");
    let late = probe(&it, "web", 2, "app=web");
    let source = MetricSource::Resource { name: "cpu".into() };
    let cpu = Metric { source, goal: Goal::Utilization(80), described: None };
    put(&mut it, Object::Autoscaler(Box::new(Autoscaler { metrics: vec![cpu], ..web.clone() })));
    assert!(!probed(&it), "other metrics");
    it.apply(late);
    assert!(!probed(&it), "and what was asked before comes too late");
    put_probe(&mut it, "web", 2, "app=web");
    let target = ScaleTarget { name: "api".into(), ..web.target.clone() };
    put(&mut it, Object::Autoscaler(Box::new(Autoscaler { target, ..web.clone() })));
    assert!(!probed(&it), "another target");
    put(&mut it, Object::Autoscaler(Box::new(web)));
    put_probe(&mut it, "web", 2, "app=web");
    it.apply(deployment("web", "app=web", 5));
    assert!(probed(&it), "only more of the same");
}

#[test]
fn what_was_measured_goes_with_a_target_that_is_made_anew() {
    let mut it = cluster();
    let key = Key::new("shop", "web");
    let selector = |it: &Cluster| it.selector_of(it.autoscaler(&key).unwrap()).unwrap().to_string();
    put_probe(&mut it, "web", 2, "app=web");
    let (late, questioned) = (probe(&it, "web", 2, "app=web"), it.questioned());
    it.apply(deployment("web", "app=next", 2));
    assert_eq!(selector(&it), "app=next");
    assert!(it.questioned() > questioned && it.renewed(&key) > 0, "it is asked for anew");
    it.apply(late);
    assert_eq!(selector(&it), "app=next", "what was asked before comes too late");
    put_probe(&mut it, "web", 2, "app=next");
    let late = probe(&it, "web", 2, "app=next");
    it.apply(Change::Gone(Kind::Deployment, key.clone()));
    assert_eq!(it.probe(&key), None);
    it.apply(deployment("web", "app=third", 2));
    it.apply(late);
    assert_eq!(selector(&it), "app=third");
}

#[test]
fn names_of_measured_pods_are_those_of_the_pods() {
    let mut it = cluster();
    let sample = |pod: &str| PodSample {
        pod: pod.into(),
        at: Second::of(at(0)).unwrap(),
        window: 15_000,
        containers: vec![ContainerUse::new("app".into(), Some(1), None)].into(),
    };
    let samples: Arc<[PodSample]> = [sample("web-1"), sample("stranger")].into();
    let Change::Probed(key, probe) = probe(&it, "web", 2, "app=web") else { panic!() };
    let per_pod = Answer::PerPod([("web-1".into(), 7)].into());
    let answers = vec![Answer::Pods(Arc::clone(&samples)), per_pod, Answer::Pods(samples)];
    it.apply(Change::Probed(key.clone(), Arc::new(Probe { answers: answers.clone(), ..(*probe).clone() })));
    let found = &it.probe(&key).unwrap().answers;
    assert_eq!(found, &answers);
    let [Answer::Pods(one), Answer::PerPod(values), Answer::Pods(other)] = &found[..] else { panic!() };
    let name = &it.pod(&Key::new("shop", "web-1")).unwrap().meta.key.name;
    assert!(Arc::ptr_eq(&one[0].pod, name) && Arc::ptr_eq(&values[0].0, name) && Arc::ptr_eq(one, other));
}
