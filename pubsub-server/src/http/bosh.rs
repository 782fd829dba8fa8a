//! The door of BOSH: takes a request in, finds or begins its session, and waits for the answer (XEP-0124).

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use hyper::body::Body;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::answer::Answer;
use super::body::HttpBody;
use crate::bosh::{Condition, Reply, Session, Terms, body};
use crate::connection::{self, BoshStream, Remote};
use crate::host::Host;
use crate::witness::Witness;

const PAGE: &str =
    "This is a door for XMPP clients that speak BOSH (XEP-0124). They knock with POST.\n";

/// The type that answers have unless the client wants another.
const XML: &str = "text/xml; charset=utf-8";

/// Answers a request. While it waits, the client may go away: this future is dropped then, and the session hears of it.
pub(super) async fn accept<B>(host: &Arc<Host>, request: Request<B>, remote: Remote) -> Answer
where
    B: Body,
    B::Data: Buf,
{
    match *request.method() {
        Method::POST => {}
        Method::GET | Method::HEAD => return Answer::text(StatusCode::OK, PAGE),
        _ => {
            return Answer::text(StatusCode::METHOD_NOT_ALLOWED, PAGE)
                .with(ALLOW, "GET, POST, OPTIONS");
        }
    }
    let witness = request.extensions().get::<Witness>().cloned();
    let text = match timeout(host.http.body, collect(host, request.into_body())).await {
        Ok(Ok(text)) => text,
        Ok(Err(condition)) => return refuse(condition),
        Err(_) => {
            return Answer::text(StatusCode::REQUEST_TIMEOUT, "the request came too slowly\n");
        }
    };
    let limits = &host.limits;
    let read = std::str::from_utf8(&text)
        .map_err(|_| Condition::BadRequest)
        .and_then(|text| {
            let bounds = pubsub_xml::Limits {
                max_bytes: limits.stanza,
                max_depth: limits.depth,
            };
            body::read(text, bounds)
        });
    drop(text);
    let request = match read {
        Ok(request) => request,
        Err(condition) => return refuse(condition),
    };
    let (session, waiting) = match &request.session {
        Some(id) => {
            let Some(session) = host.bosh.find(id) else {
                if *host.shutdown.borrow() {
                    return Answer::going_down();
                }
                return refuse(Condition::ItemNotFound);
            };
            match session.take(request, witness, Instant::now()) {
                Ok(waiting) => (session, waiting),
                Err(condition) => return refuse(condition),
            }
        }
        None if *host.shutdown.borrow() => return Answer::going_down(),
        None => match begin(host, request, witness, remote) {
            Some(begun) => begun,
            None => return refuse(Condition::PolicyViolation),
        },
    };
    let content = session.terms().content.clone();
    drop(session);
    match waiting.await {
        Ok(reply) => answer(reply, content.as_deref()),
        // The same request has come on another connection, and is answered there.
        Err(_) => answer(Reply::unregistered(Bytes::new()), None),
    }
}

/// Begins a session, if there is room for one more client.
fn begin(
    host: &Arc<Host>,
    request: body::Request,
    witness: Option<Witness>,
    remote: Remote,
) -> Option<(Arc<Session>, crate::bosh::Waiting)> {
    let Some(permit) = host.clients.admit(remote.address) else {
        tracing::warn!(address = %remote.address, "too many connections");
        return None;
    };
    let permit = permit.among(&host.carried.bosh);
    let id = format!("{:032x}", rand::random::<u128>());
    let terms = Terms::agree(&request, &host.http.bosh);
    let (session, waiting) = Session::begin(id, terms, request, witness);
    let carrier = BoshStream::new(session.clone(), host.bosh.clone());
    let span = connection::span("bosh", remote.address);
    let serve = connection::serve(carrier, remote, host.clone(), permit);
    host.crew.spawn(serve.instrument(span));
    Some((session, waiting))
}

/// Reads the whole body of a request, as far as it may go. Who has not logged in may send little.
async fn collect<B>(host: &Host, body: B) -> Result<Vec<u8>, Condition>
where
    B: Body,
    B::Data: Buf,
{
    let mut body = pin!(body);
    let mut text = Vec::new();
    let mut most = host.limits.stanza_before_login;
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(mut data) = frame.map_err(|_| Condition::BadRequest)?.into_data() else {
            continue;
        };
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            text.extend_from_slice(chunk);
            data.advance(length);
        }
        if text.len() > most {
            let session = body::session_of(&text).and_then(|id| host.bosh.find(&id));
            if session.is_some_and(|session| session.is_trusted()) {
                most = host.http.bosh.body;
            }
        }
        if text.len() > most {
            return Err(Condition::PolicyViolation);
        }
    }
    Ok(text)
}

fn answer(reply: Reply, content: Option<&str>) -> Answer {
    let mut answer = Answer::new(StatusCode::OK, HttpBody::reply(reply));
    let kind = content.and_then(|content| HeaderValue::from_str(content).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static(XML));
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn refuse(condition: Condition) -> Answer {
    tracing::debug!(?condition, "a request was refused");
    answer(Reply::unregistered(body::refusal(condition)), None)
}
