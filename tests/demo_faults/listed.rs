//! Pods as far as they are compared, read by none of the client's own types.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct List {
    #[prost(message, repeated, tag = "2")]
    pub(crate) items: Vec<Pod>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Pod {
    #[prost(message, optional, tag = "1")]
    pub(crate) metadata: Option<Metadata>,
    #[prost(message, optional, tag = "2")]
    spec: Option<Spec>,
    #[prost(message, optional, tag = "3")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Spec {
    #[prost(string, tag = "10")]
    node: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(string, tag = "1")]
    phase: String,
    #[prost(message, repeated, tag = "2")]
    conditions: Vec<Condition>,
    #[prost(message, repeated, tag = "8")]
    containers: Vec<Container>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Condition {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "2")]
    status: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Container {
    #[prost(int32, tag = "5")]
    restarts: i32,
}

impl Pod {
    pub(crate) fn line(&self) -> String {
        let (spec, status) = (self.spec.clone().unwrap(), self.status.clone().unwrap());
        let ready = status.conditions.iter().any(|it| it.kind == "Ready" && it.status == "True");
        let restarts: i32 = status.containers.iter().map(|it| it.restarts).sum();
        format!("{} {} {ready} {restarts}", spec.node, status.phase)
    }
}
