//! A server's answer: its head, and its body as it comes in. What the body means is for the caller.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt as _, Stream, StreamExt as _};
use http::{HeaderMap, StatusCode, header};
use http_body::Body as _;
use tokio::time::Instant;

use super::{
    failure::{self, Certificate, Failure, Stage},
    peer::Peer,
    transport::Incoming,
};
use crate::client::clock;

/// A refusal's body is read up to this size.
const LARGEST_REFUSAL: usize = 1 << 20;

/// How many turns a connection's task gets to hand over a piece that it has.
const TURNS: usize = 4;

/// A server's answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status, whatever it is.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// An answer's body: a stream of bytes, already unpacked.
pub struct Body {
    incoming: Incoming,
    peer: Arc<Peer>,
    patience: Duration,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("from", &self.peer.address).finish_non_exhaustive()
    }
}

impl Answer {
    pub(super) fn new(answer: http::Response<Incoming>, peer: Arc<Peer>, patience: Duration) -> Self {
        let (head, incoming) = answer.into_parts();
        Self { status: head.status, headers: head.headers, body: Body { incoming, peer, patience } }
    }

    /// The same answer if the server did what it was asked.
    ///
    /// # Errors
    /// The server's refusal, read from the body of any status but 2xx.
    pub async fn check(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let peer = self.body.peer.clone();
        let wait = self.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let code = self.status.as_u16();
        // A refusal stays a refusal when its explanation is lost.
        let body = self.body.collect(LARGEST_REFUSAL).await.unwrap_or_default();
        let failure = Failure::from_status(code, &body).with_retry_after(wait.map(Duration::from_secs));
        Err(explain(failure, &body, &peer))
    }
}

/// Adds to the server's words what only the client knows.
fn explain(failure: Failure, body: &[u8], peer: &Peer) -> Failure {
    match failure {
        Failure::Unauthorized { .. } => {
            let fault = peer.client_certificate.and_then(|validity| validity.fault(clock::now()));
            match fault {
                Some(fault) => {
                    Failure::Tls { certificate: Certificate::Client { user: peer.user.clone() }, fault }
                }
                None => Failure::Unauthorized { user: peer.user.clone(), credential: peer.credential },
            }
        }
        // What Go's HTTP servers, API servers among them, say in plain text.
        Failure::Server { code: 400, .. }
            if !peer.https && body.starts_with(b"Client sent an HTTP request to an HTTPS server") =>
        {
            Failure::TlsExpected { server: peer.address.clone() }
        }
        other => other,
    }
}

impl Body {
    /// The whole body.
    ///
    /// # Errors
    /// When it is larger than `limit` bytes, when it pauses for longer than the request's deadline, or when the
    /// connection breaks.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, Failure> {
        let expected = self.incoming.size_hint().lower().min(limit as u64) as usize;
        let mut whole = BytesMut::with_capacity(expected);
        while let Some(piece) = self.piece().await? {
            if piece.len() > limit - whole.len() {
                return Err(Failure::TooLarge { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// When it pauses for longer than the request's deadline, or when the connection breaks.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        let piece = tokio::time::timeout(self.patience, self.next()).await.map_err(|_| {
            let server = self.peer.address.clone();
            Failure::Timeout { server, stage: Stage::Body, after: Some(self.patience) }
        })?;
        piece.transpose()
    }

    /// The next piece, or the end, if it is as good as here: every piece is handed over by the connection's own task,
    /// which gets its turns.
    pub async fn at_hand(&mut self) -> Option<Option<Result<Bytes, Failure>>> {
        for _ in 0..TURNS {
            if let Some(next) = self.next().now_or_never() {
                return Some(next);
            }
            tokio::task::yield_now().await;
        }
        self.next().now_or_never()
    }

    /// The next piece, or the end, if it comes before that moment.
    pub async fn before(&mut self, moment: Instant) -> Option<Option<Result<Bytes, Failure>>> {
        tokio::time::timeout_at(moment, self.next()).await.ok()
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    Poll::Ready(Some(Err(failure::classify(error.as_ref(), &self.peer))))
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => Poll::Ready(Some(Ok(bytes))),
                    // Trailers carry nothing that anybody reads.
                    Err(_) => continue,
                },
            };
        }
    }
}
