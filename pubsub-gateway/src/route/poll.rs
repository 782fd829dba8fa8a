//! Polling and long polling, with the headers by which clients of nginx-push-stream-module keep their place, and JSONP.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{
    CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};
use tokio::time::timeout;

use super::answer::{CURSOR, EXPLAIN, answer, refused, with_body, with_cors};
use super::refusal::Refusal;
use super::request::Asked;
use super::subscribe::admit;
use crate::access::may_call;
use crate::channel::{Kind, Message, Moment, Resume};
use crate::frame::{Format, control};
use crate::inner::Inner;
use crate::plan::{Plan, Way};
use crate::subscriber::{Client, Dismissal, Guard, Source, entries};

/// How long a long poll waits where nothing else is said: proxies give up on a silent connection after a minute.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a client is told whose place is held no more, where messages may be missing.
const LOST: &str = "The place to go on from is not known any more: messages may be missing.";
/// The id of the message that a long poll has waited in vain.
const TIMED_OUT: i64 = -3;

/// Answers a poll at the endpoint `way`, at once or when there is something.
pub(crate) async fn poll(
    inner: &Arc<Inner>,
    way: Way,
    asked: &Asked<'_>,
    waits: bool,
) -> Response<Bytes> {
    let response = match found(inner, way, asked, waits).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal),
    };
    let (mut parts, body) = response.into_parts();
    with_cors(
        &mut parts.headers,
        &inner.settings().origins,
        asked.headers(),
        "GET",
    );
    Response::from_parts(parts, body)
}

async fn found(
    inner: &Arc<Inner>,
    way: Way,
    asked: &Asked<'_>,
    waits: bool,
) -> Result<Response<Bytes>, Refusal> {
    let plan = inner.plans().of(way);
    if asked.parts.method != Method::GET {
        return Err(Refusal::method("GET"));
    }
    let callback = callback(asked)?;
    if callback.is_some() && !may_call(&inner.settings().origins, asked.headers()) {
        return Err(Refusal::forbidden(
            "Pages of this origin may not subscribe.",
        ));
    }
    let names = &inner.settings().arguments;
    let admitted = admit(inner, plan, asked, &asked.manner(names)).await?;
    let format = Arc::clone(&admitted.format);
    let resume = admitted.resume.clone();
    let admitted_for = admitted.expires;
    let epoch = inner.hub().epoch();
    let writer = Writer {
        plan,
        format: &format,
        callback,
    };
    let source = Source::new(Arc::clone(inner.hub()), Arc::clone(&format));
    let identity = admitted.identity.clone();
    let client = Guard(Client::new(source, None, identity));
    let cursor = admitted.seat(inner, &client.0);
    if let Some(Dismissal::Revoked) = client.0.dismissal() {
        return Err(Refusal::forbidden("Access was revoked."));
    }
    let (past, newest) = {
        let mut state = client.0.lock();
        (state.source.take_past(), state.source.newest())
    };
    let (past, is_lost) = worth_telling(past, resume.cursor.is_some());
    // Whoever does not know of resets is not led past what is lost.
    let place = |cursor: String| (!is_lost).then_some(cursor);
    if let Some(body) = writer.body(
        past.iter()
            .map(|message| (message.as_ref(), format.frame(message))),
    ) {
        let last = past.iter().max_by_key(|message| message.number);
        let last = last.map(|message| message.cursor(epoch).into_owned());
        let place = place(last.unwrap_or(cursor));
        return Ok(placed(writer.whole(&body), newest, place));
    }
    if !waits {
        return Ok(nothing(asked.tag(names), &resume, place(cursor)));
    }
    let patience = plan.endpoint.connection_ttl.unwrap_or(PATIENCE);
    let patience = admitted_for.map_or(patience, |left| patience.min(left));
    match timeout(patience, entries(&client.0)).await {
        Ok(Err(Dismissal::Revoked | Dismissal::Expired)) => {
            Err(Refusal::forbidden("Access was revoked."))
        }
        // The client comes back, with the place that it had.
        Ok(Err(Dismissal::TooSlow | Dismissal::Leaving(_))) => {
            Ok(nothing(asked.tag(names), &resume, place(cursor)))
        }
        Ok(Ok(entries)) => {
            let messages = entries
                .iter()
                .map(|entry| (entry.message().as_ref(), entry.bytes(&format)));
            let body = writer.body(messages).unwrap_or_default();
            let last = entries.last().map(|entry| entry.message());
            let after = last.map(|message| message.cursor(epoch).into_owned());
            let moment = match last {
                Some(message) if message.kind == Kind::Message => message.moment,
                _ => now(),
            };
            let place = place(after.unwrap_or(cursor));
            Ok(placed(writer.whole(&body), moment, place))
        }
        Err(_) => Ok(waited_in_vain(inner, &writer, place(cursor))),
    }
}

/// Leaves resets out for a client that does not know of them, and would be told again and again that its place is unknown. Whether there were any.
fn worth_telling(mut past: Vec<Arc<Message>>, is_told: bool) -> (Vec<Arc<Message>>, bool) {
    let is_reset = |message: &Arc<Message>| message.kind == Kind::Reset;
    let is_lost = !is_told && past.iter().any(is_reset);
    if is_lost && past.iter().all(is_reset) {
        past.clear();
    }
    (past, is_lost)
}

/// How the messages of a poll are put together.
struct Writer<'p> {
    plan: &'p Plan,
    format: &'p Format,
    callback: Option<String>,
}

impl Writer<'_> {
    /// The messages one after another; `None` when nothing is said.
    fn body<'m>(&self, messages: impl Iterator<Item = (&'m Message, Bytes)>) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        for (_, bytes) in messages.filter(|(_, bytes)| !bytes.is_empty()) {
            if self.callback.is_some() && !body.is_empty() {
                body.push(b',');
            }
            body.extend_from_slice(&bytes);
            // Clients cut a body at line breaks.
            if self.callback.is_none()
                && self.format.escapes_breaks()
                && self.plan.way != Way::EventStream
            {
                body.extend_from_slice(b"\r\n");
            }
        }
        (!body.is_empty()).then_some(body)
    }

    /// The whole answer.
    fn whole(&self, body: &[u8]) -> Response<Bytes> {
        if let Some(callback) = &self.callback {
            let body = [callback.as_bytes(), b"([", body, b"]);"].concat();
            let mut response = with_body(
                StatusCode::OK,
                "application/javascript; charset=utf-8",
                body.into(),
            );
            let nosniff = HeaderValue::from_static("nosniff");
            response
                .headers_mut()
                .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
            return response;
        }
        let (header, footer) = self.format.around_poll();
        let body = [header.as_bytes(), body, footer.as_bytes()].concat();
        with_body(
            StatusCode::OK,
            &self.plan.endpoint.content_type,
            body.into(),
        )
    }
}

/// The name of the function that is called; it must be one.
fn callback(asked: &Asked<'_>) -> Result<Option<String>, Refusal> {
    let Some(name) = asked.argument("callback") else {
        return Ok(None);
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    if name.len() <= 128 && name.bytes().all(is_name) {
        Ok(Some(name.into_owned()))
    } else {
        Err(Refusal::bad("The callback is not the name of a function."))
    }
}

fn placed(
    mut response: Response<Bytes>,
    moment: Moment,
    cursor: Option<String>,
) -> Response<Bytes> {
    let headers = response.headers_mut();
    insert(headers, &LAST_MODIFIED, &moment.date());
    insert(headers, &ETAG, &format!("W/{}", moment.tag));
    say_place(headers, cursor);
    response
}

/// Says that there is nothing, with the place of the client as it gave it.
fn nothing(tag: Option<u64>, resume: &Resume, cursor: Option<String>) -> Response<Bytes> {
    let mut response = not_modified();
    let headers = response.headers_mut();
    if let Some(since) = resume.since {
        let moment = Moment {
            time: since.time,
            tag: 0,
        };
        insert(headers, &LAST_MODIFIED, &moment.date());
    }
    if let Some(tag) = tag {
        insert(headers, &ETAG, &format!("W/{tag}"));
    }
    say_place(headers, cursor);
    response
}

fn not_modified() -> Response<Bytes> {
    let mut response = answer(StatusCode::NOT_MODIFIED, Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}

fn waited_in_vain(inner: &Inner, writer: &Writer<'_>, cursor: Option<String>) -> Response<Bytes> {
    let response = if inner.settings().channels.timeout_with_body {
        let message = control(TIMED_OUT, "", "");
        let frame = writer.format.frame(&message);
        let body = writer.body(std::iter::once((&message, frame)));
        writer.whole(&body.unwrap_or_default())
    } else {
        not_modified()
    };
    placed(response, now(), cursor)
}

/// This second, and none of its messages.
fn now() -> Moment {
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment {
        time: time.as_secs(),
        tag: 0,
    }
}

/// Says where to go on, or that there is no such place.
fn say_place(headers: &mut HeaderMap, cursor: Option<String>) {
    match cursor {
        Some(cursor) => insert(headers, &CURSOR, &cursor),
        None => insert(headers, &EXPLAIN, LOST),
    }
}

fn insert(headers: &mut HeaderMap, name: &http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
