//! Pods, samples, autoscalers and clusters in few words.

use std::sync::Arc;

use foretop::analysis::autoscaling::groups::{Group, Patience};
use foretop::analysis::autoscaling::replicas::{
    Member, Outcome, Proposal, Request, Samples, Tolerance, utilization,
};
use foretop::analysis::autoscaling::{Forecast, forecast, sentence};
use foretop::model::autoscaler::{
    Amount, Autoscaler, Behavior, Goal, Metric, MetricSource, Policy, PolicyKind, Reading, Rules,
    ScaleTarget, Select,
};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::flag::Flag;
use foretop::model::history::Point;
use foretop::model::key::{Key, Uid};
use foretop::model::kind::Kind;
use foretop::model::meta::{Condition, ConditionStatus, Meta, Selector};
use foretop::model::pod::{Phase, Pod, Requests, Template};
use foretop::model::probe::{self, Answer, Probe, Scale};
use foretop::model::quantity::Milli;
use foretop::model::sample::{ContainerUse, PodSample};
use foretop::model::second::Second;
use foretop::model::server::ServerNews;
use foretop::model::workload::Workload;
use jiff::{SignedDuration, Timestamp};

/// A time of the day on which everything happens: `10:04:30`.
pub(crate) fn at(clock: &str) -> Timestamp {
    format!("2026-03-01T{clock}Z").parse().unwrap()
}

/// The periods that Kubernetes' own tests use.
pub(crate) fn short() -> Patience {
    Patience { initialization: SignedDuration::from_mins(2), readiness: SignedDuration::from_secs(10) }
}

pub(crate) const TEN: Tolerance = Tolerance { down: 0.1, up: 0.1 };

/// Pods of one autoscaler as a row of the table has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub current: i32,
    pub target: i32,
    /// Per pod, in thousandths; a pod beyond these has no sample.
    pub usage: &'static [i64],
    /// Per pod, in thousandths; samples beyond these are of pods that the selector does not find.
    pub requests: &'static [i64],
    pub unready: &'static [usize],
    pub ignored: &'static [usize],
    pub tolerance: Option<Tolerance>,
}

impl Row {
    /// What it comes to.
    pub(crate) fn outcome(&self) -> Outcome {
        let group = |pod: usize| match () {
            () if self.ignored.contains(&pod) => Group::Ignored,
            () if self.unready.contains(&pod) => Group::Unready,
            () if pod < self.usage.len() => Group::Counted,
            () => Group::Missing,
        };
        let members: Vec<Member> = self
            .requests
            .iter()
            .enumerate()
            .map(|(pod, request)| member(pod, group(pod), Request::Of(*request)))
            .collect();
        let samples = samples(self.usage);
        utilization(self.current, self.target, &self.tolerance.unwrap_or(TEN), &members, &samples)
    }

    /// Percent and replicas.
    pub(crate) fn comes_to(&self) -> (i64, i32) {
        let found = asks(&self.outcome());
        (found.measured, found.replicas)
    }
}

pub(crate) fn member(pod: usize, group: Group, request: Request) -> Member {
    Member { name: format!("pod-{pod}").into(), group, request }
}

/// The first so many pods are counted, the others have no sample.
pub(crate) fn crew(counted: usize, missing: usize) -> Vec<Member> {
    let of = |pod| {
        let group = if pod < counted { Group::Counted } else { Group::Missing };
        member(pod, group, Request::Of(0))
    };
    (0..counted + missing).map(of).collect()
}

pub(crate) fn samples(usage: &[i64]) -> Samples {
    usage.iter().enumerate().map(|(pod, used)| (format!("pod-{pod}").into(), *used)).collect()
}

#[track_caller]
pub(crate) fn asks(outcome: &Outcome) -> Proposal {
    let asked = match outcome {
        Outcome::Asks(proposal) => Ok(*proposal),
        Outcome::Fails(why) => Err(why),
    };
    asked.unwrap()
}

#[track_caller]
pub(crate) fn fails(outcome: &Outcome) -> &str {
    let failed = match outcome {
        Outcome::Asks(proposal) => Err(proposal),
        Outcome::Fails(why) => Ok(why),
    };
    failed.unwrap()
}

pub(crate) fn amount(text: &str) -> Amount {
    Amount { milli: Milli::parse(text).unwrap(), text: text.into() }
}

pub(crate) fn policy(kind: PolicyKind, value: i32, period: i32) -> Policy {
    Policy { kind, value, period }
}

/// `pods/period` and `percent/period`, zero leaving one out.
pub(crate) fn rules(pods: (i32, i32), percent: (i32, i32)) -> Rules {
    let all = [(PolicyKind::Pods, pods), (PolicyKind::Percent, percent)];
    let policies = all.iter().filter(|(_, (value, _))| *value > 0);
    Rules {
        window: Some(0),
        select: Select::Max,
        policies: policies.map(|(kind, (value, period))| policy(*kind, *value, *period)).collect(),
        tolerance: None,
    }
}

pub(crate) fn cpu(percent: i32) -> Metric {
    Metric {
        source: MetricSource::Resource { name: "cpu".into() },
        goal: Goal::Utilization(percent),
        described: None,
    }
}

pub(crate) fn external(goal: Goal) -> Metric {
    let source = MetricSource::External { name: "queue".into(), selector: "".into() };
    Metric { source, goal, described: None }
}

pub(crate) fn read(metric: &Metric, utilization: Option<i32>, value: Option<&str>) -> Reading {
    let per_pod = matches!(metric.goal, Goal::AverageValue(_));
    let amount = value.map(amount);
    Reading {
        source: Some(metric.source.clone()),
        utilization,
        value: amount.clone().filter(|_| !per_pod),
        average: amount.filter(|_| per_pod),
    }
}

/// An autoscaler of the Deployment `web`, whose last pass went well and changed nothing.
pub(crate) fn autoscaler(min: i32, max: i32, current: i32, metrics: Vec<Metric>) -> Autoscaler {
    Autoscaler {
        meta: meta("web"),
        target: ScaleTarget { api_version: "apps/v1".into(), kind: "Deployment".into(), name: "web".into() },
        min,
        max,
        metrics,
        behavior: None,
        generation: 1,
        observed: None,
        readings: Vec::new(),
        current,
        desired: current,
        last_scale: None,
        conditions: vec![
            condition("AbleToScale", ConditionStatus::True, "ReadyForNewScale", ""),
            condition("ScalingActive", ConditionStatus::True, "ValidMetricFound", ""),
            condition("ScalingLimited", ConditionStatus::False, "DesiredWithinRange", ""),
        ],
    }
}

pub(crate) fn condition(kind: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    Condition { kind: kind.into(), status, reason: reason.into(), message: message.into(), since: None }
}

pub(crate) fn meta(name: &str) -> Meta {
    Meta {
        key: Key::new("shop", name),
        uid: Uid::from(1),
        created: Second::of(at("01:00:00")),
        deleted: None,
        controller: None,
    }
}

pub(crate) fn behavior(up: Rules, down: Rules) -> Behavior {
    Behavior { up, down }
}

/// A pod of `web` that has run and been Ready for hours, with one container that requests a core.
pub(crate) fn pod(name: &str) -> Pod {
    let requests = Requests { name: "app".into(), cpu: Some(1000), memory: Some(1000 << 30) };
    let template = Template {
        labels: vec![("app".into(), "web".into())].into(),
        cpu: 1000,
        memory: 1 << 30,
        containers: vec![requests].into(),
        ..Template::default()
    };
    Pod {
        meta: meta(name),
        template: Arc::new(template),
        node: Some("worker".into()),
        status: "Running".into(),
        ip: None,
        bound: Second::of(at("01:00:00")),
        started: Second::of(at("01:00:00")),
        ready_since: Second::of(at("01:00:10")),
        ready_unknown: false,
        restarts: 0,
        containers: (1, 1),
        phase: Phase::Running,
        ready: true,
        addresses: 1,
    }
}

/// A sample of half a minute that ended five seconds ago.
pub(crate) fn sample(pod: &str, cpu: i64, now: Timestamp) -> PodSample {
    PodSample {
        pod: pod.into(),
        at: Second::of(now - SignedDuration::from_secs(5)).unwrap(),
        window: 30_000,
        containers: vec![ContainerUse::new("app".into(), Some(cpu), Some(1 << 29))].into(),
    }
}

/// A cluster in which time passes.
pub(crate) struct World {
    pub cluster: Cluster,
    pub now: Timestamp,
    pub autoscaler: Autoscaler,
}

impl World {
    /// Version 1.36 with flags that are known, and pods of the Deployment `web`.
    pub(crate) fn new(autoscaler: Autoscaler, pods: &[Pod]) -> Self {
        let now = at("12:00:00");
        let mut cluster = Cluster::default();
        cluster.apply(Change::Server(ServerNews::Version("v1.36.3".to_owned())));
        for (flag, value) in [
            (Flag::Tolerance, 0.1),
            (Flag::DownscaleStabilization, 300.0),
            (Flag::CpuInitialization, 300.0),
            (Flag::InitialReadiness, 30.0),
            (Flag::ConfigurableTolerance, 1.0),
        ] {
            cluster.apply(Change::Server(ServerNews::Assume(flag, value)));
        }
        cluster.apply(Change::Server(ServerNews::Leader(Some(at("02:00:00")))));
        let mut world = Self { cluster, now, autoscaler };
        world.deployment(world.autoscaler.current);
        for pod in pods {
            world.cluster.apply(Change::Upsert(Object::Pod(Box::new(pod.clone()))));
        }
        for kind in [Kind::Pod, Kind::Deployment, Kind::HorizontalPodAutoscaler] {
            world.cluster.apply(Change::Synced(kind));
            world.cluster.apply(Change::Freshness(kind, Freshness::Live { since: now }));
        }
        world.show();
        world
    }

    /// The Deployment `web` asks for so many replicas, and has as many.
    pub(crate) fn deployment(&mut self, replicas: i32) {
        let workload = Workload {
            kind: Kind::Deployment,
            meta: meta("web"),
            desired: replicas,
            created: replicas,
            updated: replicas,
            ready: replicas,
            available: replicas,
            outdated: false,
            selector: Selector { labels: vec![("app".into(), "web".into())], requirements: Vec::new() },
            held: None,
        };
        self.cluster.apply(Change::Upsert(Object::Workload(Box::new(workload))));
    }

    /// The cluster sees the autoscaler as it is now.
    pub(crate) fn show(&mut self) {
        self.cluster.apply(Change::Upsert(Object::Autoscaler(Box::new(self.autoscaler.clone()))));
    }

    /// The answers are there.
    pub(crate) fn probe(&mut self, answers: Vec<Answer>) {
        let workload = self.cluster.target_of(&self.autoscaler);
        let (spec, status) = workload
            .map_or((self.autoscaler.current, self.autoscaler.current), |it| (it.desired, it.created));
        let scale = Scale { spec, status, selector: "app=web".to_owned(), writers: Vec::new(), place: None };
        let it = &self.autoscaler;
        let asks = probe::asks(&it.target, &it.metrics, self.cluster.renewed(&it.meta.key));
        let probe = Probe { at: self.now, generation: 1, asks, scale: Ok(scale), answers };
        self.cluster.apply(Change::Probed(self.autoscaler.meta.key.clone(), Arc::new(probe)));
    }

    /// Each pod is measured to use so many thousandths of a core.
    pub(crate) fn measure(&mut self, usage: &[i64]) {
        let samples = usage.iter().enumerate().map(|(n, used)| sample(&format!("pod-{n}"), *used, self.now));
        let samples = samples.collect();
        self.probe(vec![Answer::Pods(samples)]);
    }

    /// It is seconds later.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// The history gets a point.
    pub(crate) fn note(&mut self, proposal: Option<i32>) {
        let (desired, actual) = (self.autoscaler.desired, self.autoscaler.current);
        let point = Point { at: self.now, desired, actual, proposal, ratios: Vec::new() };
        self.cluster.apply(Change::Noted(self.autoscaler.meta.key.clone(), point));
    }

    pub(crate) fn forecast(&self) -> Forecast {
        forecast(&self.cluster, &self.autoscaler, self.now)
    }

    pub(crate) fn says(&self) -> String {
        sentence(&self.forecast(), &self.autoscaler)
    }
}

/// Pods `pod-0`, `pod-1` and so on.
pub(crate) fn pods(many: usize) -> Vec<Pod> {
    (0..many).map(|n| pod(&format!("pod-{n}"))).collect()
}
