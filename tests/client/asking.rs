//! Rights and single objects, asked of a server that answers as the tests say.

use std::sync::Arc;

use foretop::client::access::review;
use foretop::client::connect::Session;
use foretop::client::gate::Mode;
use foretop::client::object::{ManagedFields, yaml};
use foretop::model::key::{Key, Target};
use foretop::model::kind::Kind;
use foretop::model::operation::Permission;
use foretop::model::server::Access;
use serde_json::json;

use crate::script::{Server, refusal, soon, whole};

fn permission(
    verb: &'static str,
    resource: &str,
    subresource: &'static str,
    namespace: Option<&str>,
) -> Permission {
    Permission {
        verb,
        group: String::new(),
        resource: resource.to_owned(),
        subresource,
        namespace: namespace.map(str::to_owned),
    }
}

async fn reviewed(session: &Arc<Session>) -> Access {
    soon("the review", review(session, &permission("create", "pods", "eviction", Some("shop")))).await
}

#[tokio::test(start_paused = true)]
async fn rights_are_asked_for_even_when_read_only() {
    let server = Server::start(|asked| {
        assert_eq!(asked.body["spec"]["resourceAttributes"]["subresource"], "eviction");
        whole(201, &json!({ "spec": {}, "status": { "allowed": false, "reason": "no role" } }))
    })
    .await;
    let session = server.session(Mode::ReadOnly).await;
    assert_eq!(reviewed(&session).await, Access::Denied("no role".into()));
    let server = Server::start(|_| refusal(503, "ServiceUnavailable", "down")).await;
    assert!(matches!(reviewed(&server.session(Mode::Real).await).await, Access::Unknown(_)));
}

#[tokio::test(start_paused = true)]
async fn an_object_is_shown_as_yaml_without_its_managers() {
    let server = Server::start(|_| {
        whole(200, &json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "worker-1",
            "managedFields": [{ "manager": "kubelet" }], "uid": "7" }, "spec": { "podCIDR": "10.0.0.0/24" } }))
    })
    .await;
    let session = server.session(Mode::ReadOnly).await;
    let target = Target::new(Kind::Node, Key::new("", "worker-1"));
    let text = soon("the object", yaml(&session, &target, ManagedFields::Hide)).await.unwrap();
    assert_eq!(
        text,
        "apiVersion: v1\nkind: Node\nmetadata:\n  name: worker-1\n  uid: '7'\nspec:\n  podCIDR: 10.0.0.0/24\n"
    );
    let text = soon("the object", yaml(&session, &target, ManagedFields::Show)).await.unwrap();
    assert!(text.contains("manager: kubelet"), "{text}");
}
