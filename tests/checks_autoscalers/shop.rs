//! One autoscaler over one Deployment of two pods, all well, to be spoilt by a test.

use std::sync::Arc;

use foretop::analysis::checks;
use foretop::model::autoscaler::{Autoscaler, Goal, Metric, MetricSource};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::finding::Finding;
use foretop::model::history::Point;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::{Condition, ConditionStatus, Selector};
use foretop::model::node::Node;
use foretop::model::pod::{Pod, Requests, Template};
use foretop::model::probe::{self, Answer, Probe, Scale, Writer};
use foretop::model::second::Second;
use foretop::model::workload::Workload;

use crate::fixture::{Fixture, at, now};

pub(crate) struct Shop {
    pub(crate) cluster: Cluster,
}

pub(crate) fn key(name: &str) -> Key {
    Key::new("shop", name)
}

pub(crate) fn condition(kind: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    Condition {
        kind: kind.into(),
        status,
        reason: reason.into(),
        message: message.into(),
        since: Some(at(300)),
    }
}

/// `app=web`
pub(crate) fn selecting(app: &str) -> Selector {
    Selector { labels: vec![("app".into(), app.into())], requirements: Vec::new() }
}

pub(crate) fn resource(name: &str) -> MetricSource {
    MetricSource::Resource { name: name.into() }
}

pub(crate) fn utilization(source: MetricSource, percent: i32) -> Metric {
    Metric { source, goal: Goal::Utilization(percent), described: None }
}

/// A template with containers of these requests of cpu.
pub(crate) fn template(app: &str, containers: &[(&str, Option<i64>)]) -> Arc<Template> {
    let one = |(name, cpu): &(&str, Option<i64>)| Requests { name: (*name).into(), cpu: *cpu, memory: None };
    Arc::new(Template {
        labels: Arc::from([("app".into(), app.into())]),
        containers: containers.iter().map(one).collect(),
        cpu: containers.iter().filter_map(|(_, cpu)| *cpu).sum(),
        ..Template::default()
    })
}

impl Shop {
    pub(crate) fn well() -> Self {
        let mixed = Fixture::mixed().cluster;
        let mut shop = Self { cluster: Cluster::default() };
        for kind in Kind::ALL {
            shop.apply(Change::Synced(kind));
            shop.apply(Change::Freshness(kind, Freshness::Live { since: at(60) }));
        }
        let mut node = mixed.node("fine").unwrap().clone();
        node.taints.clear();
        shop.put(Object::Node(Box::new(node)));
        let mut set = mixed.workload(Kind::ReplicaSet, &key("web-5")).unwrap().clone();
        set.selector = selecting("web");
        shop.put(Object::Workload(Box::new(set)));
        let mut web = mixed.workload(Kind::Deployment, &key("web")).unwrap().clone();
        web.selector = selecting("web");
        shop.put(Object::Workload(Box::new(web)));
        for name in ["web-0", "web-1"] {
            let mut pod = mixed.pod(&key("web-1")).unwrap().clone();
            pod.meta.key = key(name);
            pod.template = template("web", &[("app", Some(250))]);
            shop.put(Object::Pod(Box::new(pod)));
        }
        let mut autoscaler = mixed.autoscaler(&key("web")).unwrap().clone();
        autoscaler.metrics.truncate(1);
        autoscaler.readings.retain(|it| it.source.as_ref() == Some(&resource("cpu")));
        autoscaler.last_scale = Some(at(120));
        autoscaler.conditions = vec![
            condition("AbleToScale", ConditionStatus::True, "ReadyForNewScale", ""),
            condition("ScalingActive", ConditionStatus::True, "ValidMetricFound", ""),
            condition("ScalingLimited", ConditionStatus::False, "DesiredWithinRange", ""),
        ];
        shop.put(Object::Autoscaler(Box::new(autoscaler)));
        shop
    }

    pub(crate) fn apply(&mut self, change: Change) {
        self.cluster.apply(change);
    }

    pub(crate) fn put(&mut self, object: Object) {
        self.apply(Change::Upsert(object));
    }

    pub(crate) fn web(&self) -> &Autoscaler {
        self.cluster.autoscaler(&key("web")).unwrap()
    }

    pub(crate) fn autoscaler(&mut self, change: impl FnOnce(&mut Autoscaler)) {
        let mut it = self.web().clone();
        change(&mut it);
        self.put(Object::Autoscaler(Box::new(it)));
    }

    pub(crate) fn deployment(&mut self, change: impl FnOnce(&mut Workload)) {
        let mut it = self.cluster.workload(Kind::Deployment, &key("web")).unwrap().clone();
        change(&mut it);
        self.put(Object::Workload(Box::new(it)));
    }

    pub(crate) fn pod(&mut self, name: &str, change: impl FnOnce(&mut Pod)) {
        let found = self.cluster.pod(&key(name)).or_else(|| self.cluster.pod(&key("web-1")));
        let mut it = found.unwrap().clone();
        it.meta.key = key(name);
        change(&mut it);
        self.put(Object::Pod(Box::new(it)));
    }

    /// A pod that waits for something, made so many seconds ago.
    pub(crate) fn waiting(&mut self, name: &str, word: &str, age: i64) {
        self.pod(name, |it| {
            it.ready = false;
            it.status = word.into();
            it.meta.created = Second::of(at(age));
        });
    }

    pub(crate) fn node(&mut self, change: impl FnOnce(&mut Node)) {
        let mut it = self.cluster.node("fine").unwrap().clone();
        change(&mut it);
        self.put(Object::Node(Box::new(it)));
    }

    /// A condition of the autoscaler is replaced.
    pub(crate) fn says(&mut self, condition: Condition) {
        self.autoscaler(|it| {
            it.conditions.retain(|other| other.kind != condition.kind);
            it.conditions.push(condition);
        });
    }

    /// Its metrics fail with this reason and message.
    pub(crate) fn fails(&mut self, reason: &str, message: &str) {
        self.says(condition("ScalingActive", ConditionStatus::False, reason, message));
        self.autoscaler(|it| it.readings.clear());
    }

    /// The target's scale, as it was asked for just now, with those who own its replicas.
    pub(crate) fn probed(&mut self, writers: Vec<Writer>) {
        self.answered(writers, vec![Answer::NotAsked("not in this test")]);
    }

    /// The same, and what each of its metrics was answered.
    pub(crate) fn answered(&mut self, writers: Vec<Writer>, answers: Vec<Answer>) {
        let scale = Scale { spec: 2, status: 2, selector: "app=web".into(), writers, place: None };
        let it = self.web();
        let (generation, asks) = (it.generation, probe::asks(&it.target, &it.metrics, 0));
        let probe = Probe { at: now(), generation, asks, scale: Ok(scale), answers };
        self.apply(Change::Probed(key("web"), Arc::new(probe)));
    }

    /// The autoscaler scaled so many seconds ago.
    pub(crate) fn scales(&mut self, seconds: i64, to: i32) {
        self.deployment(|it| it.desired = to);
        self.autoscaler(|it| {
            it.current = it.desired;
            it.desired = to;
            it.last_scale = Some(at(seconds));
        });
    }

    /// Where it stands is noted, as of so many seconds ago.
    pub(crate) fn noted(&mut self, seconds: i64) {
        let (desired, actual) = (self.web().desired, self.web().current);
        let point = Point { at: at(seconds), desired, actual, proposal: None, ratios: Vec::new() };
        self.apply(Change::Noted(key("web"), point));
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        checks::autoscalers::of(&self.cluster, self.web(), now())
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.findings().iter().map(|it| it.code).collect()
    }

    pub(crate) fn only(&self, code: &str) -> Finding {
        let mut found = self.findings();
        found.retain(|it| it.code == code);
        assert_eq!(found.len(), 1, "{code} once, in {:#?}", self.findings());
        let found = found.remove(0);
        assert!(!found.evidence.is_empty() && !found.remedy.is_empty(), "{found:#?}");
        found
    }
}

#[test]
fn a_shop_where_all_is_well_has_no_findings() {
    assert_eq!(Shop::well().codes(), Vec::<&str>::new());
}
