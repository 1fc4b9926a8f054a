//! A small blocking JSON client of the API server for the tests: it creates what the program shall show and reads what
//! the program did. It uses paths as they are on the wire, never the program's own client code.
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use http::{Method, Request, StatusCode};
use kube::core::WatchEvent;
use secrecy::SecretString;
use serde_json::Value;
use tokio::runtime::Runtime;

/// The runtime of everything asynchronous in the tests; the tests themselves are plain functions.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a tokio runtime"))
}

/// One user's connection to one API server. Every method panics with the server's words when a request fails.
#[derive(Clone)]
pub(crate) struct Api {
    client: kube::Client,
}

impl Api {
    /// `ca` is the server's authority in DER form; without it the server is asked over plain HTTP.
    pub(crate) fn connect(server: &str, ca: Option<&[u8]>, token: Option<&str>) -> Self {
        let mut config = kube::Config::new(server.parse().expect("a valid address"));
        config.root_cert = ca.map(|ca| vec![ca.to_vec()]);
        config.auth_info.token = token.map(|token| SecretString::from(token.to_owned()));
        config.default_retry = false;
        // The proxy passes encodings through untouched, and nothing here is large enough to be worth compressing.
        config.disable_compression = true;
        config.proxy_url = None;
        let _inside = runtime().enter();
        Self { client: kube::Client::try_from(config).expect("a client") }
    }

    pub(crate) fn client(&self) -> kube::Client {
        self.client.clone()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.expect(&Method::GET, path, None)
    }

    pub(crate) fn create(&self, path: &str, object: &Value) -> Value {
        self.expect(&Method::POST, path, Some(object))
    }

    /// Applies a JSON merge patch.
    pub(crate) fn merge(&self, path: &str, change: &Value) -> Value {
        self.expect(&Method::PATCH, path, Some(change))
    }

    pub(crate) fn delete(&self, path: &str) -> Value {
        self.expect(&Method::DELETE, path, None)
    }

    fn expect(&self, method: &Method, path: &str, body: Option<&Value>) -> Value {
        let result = runtime().block_on(self.send(method, path, body));
        result.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends one request and decodes the answer.
    pub(crate) async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> kube::Result<Value> {
        let kind = match *method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("content-type", kind).body(body);
        self.client.request(request.expect("a valid request")).await
    }

    /// Sends many requests, several at a time and in no order.
    pub(crate) fn send_all(&self, requests: Vec<(Method, String, Value)>) {
        let sent = futures::stream::iter(requests).for_each_concurrent(16, async |(method, path, body)| {
            let result = self.send(&method, &path, Some(&body)).await;
            result.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        });
        runtime().block_on(sent);
    }

    /// Whether the object exists now.
    pub(crate) fn exists(&self, path: &str) -> bool {
        match runtime().block_on(self.send(&Method::GET, path, None)) {
            Ok(_) => true,
            Err(kube::Error::Api(status)) if status.code == StatusCode::NOT_FOUND.as_u16() => false,
            Err(error) => panic!("GET {path}: {error}"),
        }
    }

    /// The names of a collection's objects; those in a namespace are NAMESPACE/NAME.
    pub(crate) fn names(&self, collection: &str) -> BTreeSet<String> {
        let list = self.get(collection);
        let items =
            list["items"].as_array().unwrap_or_else(|| panic!("{collection} is no collection: {list}"));
        let name = |item: &Value| {
            let meta = &item["metadata"];
            let name = meta["name"].as_str().expect("every object has a name");
            meta["namespace"]
                .as_str()
                .map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
        };
        items.iter().map(name).collect()
    }

    /// Watches one object until it satisfies the condition, and returns it.
    pub(crate) fn wait_for(
        &self,
        path: &str,
        what: &str,
        within: Duration,
        ok: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut last = Value::Null;
        let watch = self.watch(path, "", &mut last, ok);
        let found = runtime().block_on(async { tokio::time::timeout(within, watch).await });
        found.unwrap_or_else(|_| panic!("waited {within:?} for {path} to {what}; it is {:#}", readable(last)))
    }

    /// Watches a collection, as far as a field selector goes, until one of its objects satisfies the condition.
    pub(crate) fn wait_for_one(
        &self,
        collection: &str,
        selector: &str,
        within: Duration,
        ok: impl Fn(&Value) -> bool,
    ) {
        let mut last = Value::Null;
        let uri = format!("{collection}?watch=true&fieldSelector={selector}");
        let follow = self.follow(&uri, &mut last, ok);
        let found = runtime().block_on(async { tokio::time::timeout(within, follow).await });
        found.unwrap_or_else(|_| {
            panic!("waited {within:?} for one of {uri}; the last was {:#}", readable(last))
        });
    }

    /// Watches one object until it no longer exists or is being deleted.
    pub(crate) fn wait_until_deleted(&self, path: &str, within: Duration) {
        let mut last = Value::Null;
        let leaving = |object: &Value| object["metadata"]["deletionTimestamp"].is_string();
        let watch = async {
            // A watch from what was listed misses nothing, also when the object goes in between.
            let (collection, name) = path.rsplit_once('/').expect("the path of an object");
            let uri = format!("{collection}?fieldSelector=metadata.name%3D{name}");
            let listed = self.send(&Method::GET, &uri, None).await;
            let listed = listed.unwrap_or_else(|error| panic!("GET {uri}: {error}"));
            match &listed["items"][0] {
                Value::Null => Value::Null,
                object if leaving(object) => Value::Null,
                _ => {
                    let version = listed["metadata"]["resourceVersion"].as_str().unwrap_or_default();
                    self.watch(path, version, &mut last, leaving).await
                }
            }
        };
        let gone = runtime().block_on(async { tokio::time::timeout(within, watch).await });
        gone.unwrap_or_else(|_| {
            panic!("waited {within:?} for {path} to be deleted; it is {:#}", readable(last))
        });
    }

    /// Watches from a resourceVersion; an empty one begins with the object as it is.
    async fn watch(&self, path: &str, from: &str, last: &mut Value, ok: impl Fn(&Value) -> bool) -> Value {
        let (collection, name) = path.rsplit_once('/').expect("the path of an object");
        let uri =
            format!("{collection}?watch=true&fieldSelector=metadata.name%3D{name}&resourceVersion={from}");
        self.follow(&uri, last, ok).await
    }

    async fn follow(&self, uri: &str, last: &mut Value, ok: impl Fn(&Value) -> bool) -> Value {
        loop {
            let request = Request::get(uri).body(Vec::new()).expect("a valid request");
            let events = self.client.request_events::<Value>(request).await;
            let mut events = pin!(events.unwrap_or_else(|error| panic!("GET {uri}: {error}")));
            while let Some(event) =
                events.try_next().await.unwrap_or_else(|error| panic!("GET {uri}: {error}"))
            {
                match event {
                    WatchEvent::Added(object) | WatchEvent::Modified(object) => *last = object,
                    // The last state of an object that is gone has no deletionTimestamp when its grace was zero.
                    WatchEvent::Deleted(mut object) => {
                        object["metadata"]["deletionTimestamp"] = "now".into();
                        *last = object;
                    }
                    WatchEvent::Bookmark(_) => continue,
                    WatchEvent::Error(status) => panic!("GET {uri}: {status:?}"),
                }
                if ok(last) {
                    return last.clone();
                }
            }
        }
    }
}

/// Without the fields' owners, which are half of an object and never what a test is about.
fn readable(mut object: Value) -> Value {
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.remove("managedFields");
    }
    object
}
