//! Reading: one object, or a list with selectors, pages and versions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use serde_json::{Value, json};

use super::encode::{self, Page, Style};
use super::negotiate::{self, Offer};
use super::refusal::{Answer, Refusal};
use super::request::{Pieces, Request};
use super::route::Place;
use super::{Body, Server};
use crate::demo::json::{number, text};
use crate::demo::resources::Key;
use crate::demo::store::object::Object;
use crate::demo::store::selector::{Fields, Labels};
use crate::demo::store::snapshot::Snapshot;
use crate::demo::table::Include;
use crate::demo::world::World;

/// What a client selects.
#[derive(Clone)]
pub(super) struct Selection {
    pub(super) labels: Labels,
    pub(super) fields: Fields,
}

impl Selection {
    /// Reads the selectors of a request.
    ///
    /// # Errors
    /// When one is malformed or names a field that the kind does not have.
    pub(super) fn read(request: &Request, place: &Place) -> Answer<Self> {
        let labels = Labels::parse(request.parameter("labelSelector")).map_err(Refusal::bad_request)?;
        let fields = Fields::parse(place.resource, request.parameter("fieldSelector"))
            .map_err(Refusal::bad_request)?;
        Ok(Self { labels, fields })
    }

    /// Whether an object is selected.
    pub(super) fn selects(&self, object: &Object) -> bool {
        (self.labels.is_empty() || self.labels.takes(object.labels()))
            && (self.fields.is_empty() || self.fields.selects(&object.sketch()))
    }

    /// Whether nothing is left out.
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// How a request wants objects of its kind written.
///
/// # Errors
/// When it accepts nothing that there is.
pub(super) fn style(server: &Server, request: &Request, place: &Place) -> Answer<Style> {
    let include = match request.parameter("includeObject") {
        "" | "Metadata" => Include::Metadata,
        "None" => Include::Nothing,
        "Object" => Include::Object,
        other => return Err(Refusal::bad_request(format!("unrecognized includeObject value: {other:?}"))),
    };
    let offer = if place.resource.description().is_custom() { Offer::Custom } else { Offer::All };
    let format = negotiate::choose(&request.accept, offer)?;
    Ok(Style { resource: place.resource, format, include, now: server.pulse.now() })
}

/// Answers with one object.
pub(super) fn get(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let key = place.key();
    let object = server.world().store.object(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
    Ok(server.respond(200, style.format.content_type(), encode::object(style, &object.value())))
}

/// A place in a list to go on from.
struct Token {
    /// The version of the whole list; none when the rest may be as it is now.
    version: Option<u64>,
    after: Key,
    /// How many came before.
    sent: usize,
}

impl Token {
    fn write(&self) -> String {
        let version = self.version.map_or(-1, |version| version as i64);
        let start = json!([self.after.namespace, self.after.name]);
        URL_SAFE_NO_PAD.encode(
            json!({"v": "meta.k8s.io/v1", "rv": version, "start": start, "sent": self.sent}).to_string(),
        )
    }

    fn read(token: &str, place: &Place) -> Answer<Self> {
        let wrong = || Refusal::bad_request("continue key is not valid: encoded continue field is malformed");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        if text(&value, "/v") != "meta.k8s.io/v1" || text(&value, "/start/1").is_empty() {
            return Err(wrong());
        }
        let after = Key::new(place.resource, text(&value, "/start/0"), text(&value, "/start/1"));
        let sent = usize::try_from(number(&value, "/sent")).unwrap_or_default();
        Ok(Self { version: u64::try_from(number(&value, "/rv")).ok(), after, sent })
    }
}

/// The continue token for the same rest of a list as it is now.
pub(super) fn without_version(token: &str) -> String {
    let parts = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    parts.map_or_else(String::new, |mut parts: Value| {
        parts["rv"] = json!(-1);
        URL_SAFE_NO_PAD.encode(parts.to_string())
    })
}

/// Answers with a list.
pub(super) fn answer(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let selection = Selection::read(request, place)?;
    let limit = request.number("limit")?.unwrap_or(0) as usize;
    let token = match request.parameter("continue") {
        "" => None,
        token => Some(Token::read(token, place)?),
    };
    let world = server.world();
    let (snapshot, version) = snapshot(&world, request, place, token.as_ref())?;
    let mut rest = snapshot
        .after(token.as_ref().map(|token| &token.after))
        .filter(|(_, object)| selection.selects(object));
    let most = if limit == 0 { usize::MAX } else { limit };
    let mut last = None;
    let mut chosen = Vec::new();
    for (key, object) in rest.by_ref().take(most) {
        last = Some(key);
        chosen.push(object.clone());
    }
    let mut page = Page { version, ..Page::default() };
    if let Some(last) = last.filter(|_| chosen.len() == limit && rest.next().is_some()) {
        let sent = token.as_ref().map_or(0, |token| token.sent) + chosen.len();
        page.next = Token { version: Some(version), after: last.clone(), sent }.write();
        // With a selector the server does not know how many will be left.
        page.remaining = selection.is_everything().then(|| snapshot.count().saturating_sub(sent));
    }
    drop(rest);
    drop(snapshot);
    drop(world);
    let listed = encode::list(style, &page, chosen);
    let kind = style.format.content_type();
    Ok(match request.pieces {
        Pieces::Joined if listed.is_large() => listed.flowing(server, kind),
        Pieces::Joined => server.respond(200, kind, listed.joined()),
        Pieces::Apart => server.stream(kind, listed.apart()),
    })
}

/// The objects that the request lists, and their version.
fn snapshot<'w>(
    world: &'w World,
    request: &Request,
    place: &'w Place,
    token: Option<&Token>,
) -> Answer<(Snapshot<'w>, u64)> {
    let current = world.store.version_behind(request.behind);
    let wanted = request.number("resourceVersion")?.unwrap_or(0);
    let matching = request.parameter("resourceVersionMatch");
    if wanted > current {
        return Err(Refusal::too_large(wanted, current));
    }
    if !matches!(matching, "" | "Exact" | "NotOlderThan") {
        let why = format!("Unsupported value: {matching:?}: supported values: \"Exact\", \"NotOlderThan\"");
        return Err(Refusal::invalid_options("resourceVersionMatch", &why));
    }
    if !matching.is_empty() && request.parameter("resourceVersion").is_empty() {
        let why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
        return Err(Refusal::invalid_options("resourceVersionMatch", why));
    }
    let exact = match token {
        Some(token) => token.version,
        None => (matching == "Exact").then_some(wanted),
    };
    let version = exact.unwrap_or(current);
    if version > current {
        return Err(Refusal::too_large(version, current));
    }
    let snapshot = world.store.snapshot(place.resource, place.scope(), version).map_err(|_| match token {
        Some(token) => {
            let rest = Token { version: None, after: token.after.clone(), sent: token.sent };
            Refusal::expired_page(&rest.write())
        }
        None => Refusal::too_old(version, current),
    })?;
    Ok((snapshot, version))
}
