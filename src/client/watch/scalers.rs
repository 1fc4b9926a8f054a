//! Others that scale: KEDA's ScaledObjects and vertical autoscalers, followed where they are served and may be read.
//! They are few, so that each change tells all of them. It judges nothing.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::Fuse;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::backoff::{SLOW, dice, jitter};
use super::decode::Raw;
use super::few::Few;
use super::follower::{Follower, Heard};
use super::line::{Line, Reach};
use super::request::Source;
use crate::client::connect::Session;
use crate::client::convert;
use crate::model::change::{Change, Freshness};
use crate::model::rival::{ScaledObject, VerticalAutoscaler};
use crate::wire::meta::ObjectMeta;

/// Most clusters have neither, and nobody installs them every minute.
const RARELY: Duration = Duration::from_mins(10);

/// One kind of those that scale.
#[derive(Clone, Copy)]
pub(super) struct Scaler<T> {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    read: fn(&Raw) -> Option<T>,
    tell: fn(Vec<T>) -> Change,
}

/// KEDA's.
pub(super) const SCALED_OBJECTS: Scaler<ScaledObject> = Scaler {
    group: "keda.sh",
    version: "v1alpha1",
    plural: "scaledobjects",
    read: |raw| raw.json().ok().map(convert::scaled_object),
    tell: Change::ScaledObjects,
};

/// Those that change requests.
pub(super) const VERTICALS: Scaler<VerticalAutoscaler> = Scaler {
    group: "autoscaling.k8s.io",
    version: "v1",
    plural: "verticalpodautoscalers",
    read: |raw| raw.json().ok().map(convert::vertical),
    tell: Change::Verticals,
};

impl<T> Scaler<T> {
    /// Where they are listed, in all namespaces or in one.
    fn source(&self, namespace: Option<&str>) -> Source {
        let place = namespace.map(|it| format!("/namespaces/{it}")).unwrap_or_default();
        Source {
            path: format!("/apis/{}/{}{place}/{}", self.group, self.version, self.plural),
            resource: format!("{}.{}", self.plural, self.group),
            namespace: None,
            selectors: vec![String::new()],
            labels: "",
        }
    }
}

/// Follows them until nobody listens any more: in all namespaces, and for who may not read those, in one.
pub(super) async fn follow<T: Clone + PartialEq>(
    scaler: Scaler<T>,
    (session, namespace): (Arc<Session>, Option<String>),
    mut line: Line,
    changes: mpsc::Sender<Vec<Change>>,
) {
    let streaming = matches!(line.first().await, Reach::Made { streaming: true });
    let follower = |source| Follower::on(Arc::clone(&session), source, streaming, line.clone());
    let mut place = None;
    let mut stream = follower(scaler.source(place));
    let mut granted = pin!(Fuse::terminated());
    let (mut all, mut told) = (Few::default(), false);
    loop {
        let heard = tokio::select! {
            heard = stream.step() => heard,
            // What one namespace brought stays until the list of all is complete.
            (wide, heard) = granted.as_mut() => {
                (place, stream) = (None, wide);
                heard
            }
            () = changes.closed() => return,
        };
        // Nothing is swept away by a narrower list while nothing is known.
        if all.now.is_empty()
            && heard.iter().any(|it| matches!(it, Heard::Freshness(Freshness::Forbidden { .. })))
            && namespace.as_deref() != place
        {
            place = namespace.as_deref();
            stream = follower(scaler.source(place));
            granted.set(widened(|| follower(scaler.source(None)), line.clone()).fuse());
            continue;
        }
        let absent = heard.iter().any(|it| matches!(it, Heard::Freshness(Freshness::Absent { .. })));
        for heard in heard {
            all.hear(heard, key, scaler.read);
        }
        let news = std::mem::take(&mut all.changed) || !told;
        if all.settled && news {
            told = true;
            let list = all.now.values().cloned().collect();
            if changes.send(vec![(scaler.tell)(list)]).await.is_err() {
                return;
            }
        }
        if absent {
            let now = Instant::now();
            tokio::select! {
                () = changes.closed() => return,
                () = line.pause(now + jitter(RARELY, dice()), now) => stream = follower(scaler.source(place)),
            }
        }
    }
}

/// Asks again, at a low pace and when the user wants it, for what was refused in all namespaces: it may have been granted
/// since, or have been refused by a server that had just started. Returns when it is answered.
async fn widened(all: impl Fn() -> Follower, line: Line) -> (Follower, Vec<Heard>) {
    let mut wait = SLOW;
    loop {
        let now = Instant::now();
        line.pause(now + jitter(wait, dice()), now).await;
        wait = wait.saturating_mul(2).min(RARELY);
        let mut stream = all();
        // What brings nothing is asked in another way.
        let heard = loop {
            let heard = stream.step().await;
            if !heard.is_empty() {
                break heard;
            }
        };
        if heard.iter().any(|it| matches!(it, Heard::Object(_) | Heard::Relisting | Heard::Synced)) {
            return (stream, heard);
        }
    }
}

fn key(metadata: ObjectMeta) -> (String, String) {
    (metadata.namespace, metadata.name)
}
