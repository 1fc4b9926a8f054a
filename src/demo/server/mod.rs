//! The API server: takes requests, checks who asks, and answers from the world. Rules about objects are in `write`
//! and its neighbours; what follows from a write is the controllers' affair.

pub(crate) mod access;
mod adapters;
mod beside;
mod discovery;
mod encode;
mod evict;
mod fault;
mod json_patch;
mod kubelet;
mod list;
mod metrics;
mod names;
mod negotiate;
mod patch;
mod pieces;
mod pulse;

mod refusal;
mod request;
mod reviews;
mod route;
mod scale;
mod usage;
mod validate;
mod watch;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::sync::watch as signal;

use super::crowd;
use super::faults::{Book, Cut, Script};
use super::json;
use super::protobuf;
use super::time::{http_date, later, seconds_between};
use super::world::{World, step};
use access::{User, Wish};
use negotiate::{Format, Offer};
pub(crate) use pulse::Pulse;
use refusal::{Answer, Refusal};
use request::Request;
use route::{Place, Route};

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// No request body of this server's clients comes near this.
const LARGEST_BODY: usize = 3 << 20;

/// The server.
pub(crate) struct Server {
    world: Mutex<World>,
    /// The newest version, for watches to wait on.
    changed: signal::Sender<u64>,
    pub(crate) pulse: Pulse,
    /// What goes wrong.
    pub(crate) script: Arc<Script>,
    /// What was asked.
    pub(crate) book: Book,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Server").field("pulse", &self.pulse).finish_non_exhaustive()
    }
}

impl Server {
    /// A server of a world.
    pub(crate) fn new(world: World, pulse: Pulse, script: Script) -> Self {
        let changed = signal::Sender::new(world.store.version());
        Self { world: Mutex::new(world), changed, pulse, script: Arc::new(script), book: Book::default() }
    }

    /// The world, for as long as nothing is awaited.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A panic in another request left the world as it was between two writes.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the watches, if anything is new.
    fn announce(&self, world: &World) {
        let newest = world.store.version();
        self.changed.send_if_modified(|version| std::mem::replace(version, newest) != newest);
    }

    /// Lets the world catch up with the clock.
    pub(crate) fn tick(&self) {
        let now = self.pulse.now();
        let mut world = self.world();
        let whole = seconds_between(world.now, now);
        if whole > 0 {
            let then = later(world.now, whole);
            step(&mut world, then);
        }
        self.announce(&world);
    }

    /// Lets so many events of pods happen.
    pub(crate) fn churn(&self, events: usize) {
        let mut world = self.world();
        crowd::churn(&mut world, events);
        self.announce(&world);
    }

    /// Changes the world and lets everything follow that follows at once.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> Answer<T>) -> Answer<T> {
        let mut world = self.world();
        let outcome = change(&mut world);
        world.settle();
        self.announce(&world);
        outcome
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When the fault script has the connection closed without an answer.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: http::Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
            let refusal = Refusal::new(413, "RequestEntityTooLarge", "the request body is too large");
            return Ok(self.refuse("", &refusal));
        };
        let request = Request::new(head.method, &head.uri, &head.headers, body.to_bytes());
        self.answer_or_fail(request).await
    }

    fn answer(self: &Arc<Self>, request: &Request) -> Answer<Response<Body>> {
        let user = User::of(request.token.as_deref())?;
        let route = route::read(&request.path);
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        match route {
            Route::Health | Route::Version | Route::Metrics | Route::Groups(_) | Route::Kinds { .. }
                if !reads =>
            {
                Err(Refusal::method_not_allowed())
            }
            Route::Health => Ok(self.text("ok")),
            Route::Metrics => Ok(self.text(metrics::exposition(&self.book.counts()))),
            Route::Version => self.plain(request, 200, &discovery::version()),
            Route::Groups(root) => self.groups(request, &root),
            Route::Kinds { group, version } => {
                let kinds = discovery::kinds(&self.world(), &group, &version);
                let kinds = kinds.ok_or_else(Refusal::no_such_resource)?;
                self.plain(request, 200, &kinds)
            }
            Route::Review(review) => {
                if request.method != Method::POST {
                    return Err(Refusal::method_not_allowed());
                }
                let answer = reviews::answer(user, review, request.object()?)?;
                self.plain(request, 201, &answer)
            }
            Route::Kubelet { node, path } => kubelet::answer(self, user, request, [&node, &path]),
            Route::Adapter(measure) => adapters::answer(self, user, request, &measure),
            Route::Objects(place) => self.objects(user, request, &place),
            Route::Unknown => Err(Refusal::no_such_resource()),
        }
    }

    fn groups(&self, request: &Request, root: &route::Root) -> Answer<Response<Body>> {
        if request.accept.contains("as=APIGroupDiscoveryList")
            && let Some(all) = discovery::aggregated(root)
        {
            let kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Ok(self.respond(200, kind, json_bytes(&all)));
        }
        let groups = discovery::groups(root).ok_or_else(Refusal::no_such_resource)?;
        self.plain(request, 200, &groups)
    }

    fn objects(self: &Arc<Self>, user: User, request: &Request, place: &Place) -> Answer<Response<Body>> {
        let verb = verb(request, place)?;
        let description = place.resource.description();
        let named = if place.resource == super::resources::Resource::Namespaces {
            &place.name
        } else {
            &place.namespace
        };
        let wish = Wish {
            verb,
            group: description.group,
            resource: description.plural,
            subresource: &place.subresource,
            namespace: named,
            name: &place.name,
        };
        user.check(place.resource, &wish)?;
        if description.is_measured() {
            return usage::answer(self, request, place, verb);
        }
        if !matches!(verb, "get" | "list" | "watch") {
            self.world().store.unfold(&place.key());
        }
        match (verb, place.subresource.as_str()) {
            (_, "log") => Err(Refusal::new(
                404,
                "NotFound",
                "the containers of the embedded cluster do not run and have no logs",
            )),
            ("create", "eviction") => evict::evict(self, request, place),
            (_, "eviction") => Err(Refusal::method_not_allowed()),
            (_, "scale") => scale::answer(self, request, place, verb),
            ("watch", _) => watch::answer(self, request, place),
            ("list", _) => list::answer(self, request, place),
            ("get", _) => list::get(self, request, place),
            ("create", _) => write::create(self, request, place),
            ("update", _) => write::update(self, request, place),
            ("patch", _) => write::patch(self, request, place),
            ("delete", _) => write::delete(self, request, place),
            ("deletecollection", _) => write::delete_all(self, request, place),
            _ => Err(Refusal::method_not_allowed()),
        }
    }

    /// An answer that is one object and no more.
    fn plain(&self, request: &Request, code: u16, value: &Value) -> Answer<Response<Body>> {
        let known = protobuf::knows(json::text(value, "/kind"));
        let format = negotiate::choose(&request.accept, if known { Offer::Whole } else { Offer::Text })?;
        Ok(self.respond(code, format.content_type(), encode::plain(format, value)))
    }

    fn text(&self, text: impl Into<Bytes>) -> Response<Body> {
        self.respond(200, "text/plain; charset=utf-8", text.into())
    }

    fn respond(&self, code: u16, content_type: &'static str, bytes: Bytes) -> Response<Body> {
        let mut response = Response::new(whole(bytes));
        *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
        self.headers(response.headers_mut(), content_type);
        response
    }

    fn stream(&self, content_type: &'static str, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        self.headers(response.headers_mut(), content_type);
        response
    }

    fn headers(&self, headers: &mut HeaderMap, content_type: &'static str) {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        if let Ok(date) = HeaderValue::from_str(&http_date(self.pulse.now())) {
            headers.insert(http::header::DATE, date);
        }
    }

    fn refuse(&self, accept: &str, refusal: &Refusal) -> Response<Body> {
        let format = negotiate::choose(accept, Offer::All).unwrap_or(Format::Json);
        let format = if format == Format::Protobuf { format } else { Format::Json };
        let bytes = encode::plain(format, &refusal.status);
        let mut response = self.respond(refusal.code, format.content_type(), bytes);
        if let Some(seconds) = refusal.retry_seconds() {
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn verb(request: &Request, place: &Place) -> Answer<&'static str> {
    let collection = place.name.is_empty();
    Ok(match (&request.method, collection) {
        (&Method::GET, true) if request.is_set("watch") => "watch",
        (&Method::GET, true) => "list",
        (&Method::GET | &Method::HEAD, false) => "get",
        (&Method::POST, true) => "create",
        (&Method::POST, false) if place.subresource == "eviction" => "create",
        (&Method::PUT, false) => "update",
        (&Method::PATCH, false) => "patch",
        (&Method::DELETE, false) => "delete",
        (&Method::DELETE, true) => "deletecollection",
        _ => return Err(Refusal::method_not_allowed()),
    })
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

fn json_bytes(value: &Value) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}
