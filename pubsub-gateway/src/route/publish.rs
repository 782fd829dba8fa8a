//! Publishing over HTTP and by those who are subscribed over a WebSocket: through the service, and answered when the message has come back from it.
//!
//! So every gateway and every other subscriber of the node hears it, and the answer tells what clients of this gateway were sent.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::join_all;
use http::header::{ACCEPT, CONTENT_LENGTH};
use http::{HeaderName, Method, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use pubsub_core::{ItemId, PubSubError, SaveError};
use tokio::time::timeout;

use super::answer::{EXPLAIN, answer, refused, with_cors};
use super::refusal::Refusal;
use super::request::Asked;
use super::statistics;
use crate::access::{Intent, is_allowed};
use crate::channel::{Bounds, Channel, ChannelName, Info, named};
use crate::feed::Parcel;
use crate::inner::Inner;
use crate::subscriber::Say;

const EVENT_ID: HeaderName = HeaderName::from_static("event-id");
const EVENT_TYPE: HeaderName = HeaderName::from_static("event-type");

/// Answers a request of a publisher.
pub(crate) async fn publish(inner: &Arc<Inner>, asked: &Asked<'_>, body: Body) -> Response<Bytes> {
    let methods = if inner.settings().publisher.may_delete {
        "GET, POST, PUT, DELETE"
    } else {
        "GET, POST, PUT"
    };
    let mut response = match done(inner, asked, body, methods).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal),
    };
    with_cors(
        response.headers_mut(),
        &inner.settings().origins,
        asked.headers(),
        methods,
    );
    response
}

async fn done(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    body: Body,
    methods: &'static str,
) -> Result<Response<Bytes>, Refusal> {
    let method = &asked.parts.method;
    let deletes = *method == Method::DELETE && inner.settings().publisher.may_delete;
    let publishes = [Method::POST, Method::PUT].contains(method);
    if *method == Method::OPTIONS {
        return Ok(answer(StatusCode::OK, Bytes::new()));
    }
    if !deletes && !publishes && *method != Method::GET {
        return Err(Refusal::method(methods));
    }
    if !is_allowed(&inner.settings().origins, asked.headers()) {
        return Err(Refusal::forbidden("Pages of this origin may not publish."));
    }
    let bounds = Bounds {
        longest: inner.settings().channels.longest_name,
        most: inner.settings().limits.channels,
    };
    let names = named(asked.channels(&["id"]), bounds)?;
    inner.may(Intent::Publish, &names, asked).await?;
    if publishes {
        let body = posted(inner, asked, &names, body).await?;
        let event = |name| asked.header(&name).unwrap_or_default().to_owned();
        let parcel = Parcel {
            text: body,
            event_id: event(EVENT_ID),
            event_type: event(EVENT_TYPE),
            deletes: false,
            is_stored: inner.settings().channels.store,
        };
        let sent = match send_all(inner, &names, &parcel).await {
            Ok(infos) => infos,
            Err(partly) => return partly.answer(inner, asked),
        };
        return Ok(if inner.settings().publisher.tells_info {
            statistics::told(inner, accepted(asked), &sent)
        } else {
            answer(StatusCode::OK, Bytes::new())
        });
    }
    let channels: Vec<_> = names
        .iter()
        .filter_map(|name| inner.hub().find(name))
        .collect();
    if channels.is_empty() {
        return Err(Refusal::not_found());
    }
    if !deletes {
        let infos: Vec<_> = channels.iter().map(|channel| Info::of(channel)).collect();
        return Ok(statistics::told(inner, accepted(asked), &infos));
    }
    let names: Vec<_> = channels
        .iter()
        .map(|channel| channel.name().clone())
        .collect();
    refuse_events(inner, &names)?;
    let parcel = Parcel {
        text: read(inner, asked, body).await?,
        deletes: true,
        ..Parcel::default()
    };
    if let Err(partly) = send_all(inner, &names, &parcel).await {
        return partly.answer(inner, asked);
    }
    let mut response = answer(StatusCode::OK, Bytes::new());
    let explain = http::HeaderValue::from_static("Channel deleted.");
    response.headers_mut().insert(EXPLAIN, explain);
    Ok(response)
}

fn accepted<'r>(asked: &Asked<'r>) -> &'r str {
    asked.header(&ACCEPT).unwrap_or_default()
}

fn refuse_events(inner: &Inner, names: &[ChannelName]) -> Result<(), Refusal> {
    if names.iter().any(|name| inner.hub().is_events(name)) {
        Err(Refusal::forbidden(
            "Only internal routines can change events channel.",
        ))
    } else {
        Ok(())
    }
}

/// The body of a message, with its channels open.
async fn posted(
    inner: &Arc<Inner>,
    asked: &Asked<'_>,
    names: &[ChannelName],
    body: Body,
) -> Result<String, Refusal> {
    for name in names {
        inner.open(name)?;
    }
    refuse_events(inner, names)?;
    let body = read(inner, asked, body).await?;
    if body.is_empty() {
        Err(Refusal::bad("Empty post requests are not allowed."))
    } else {
        Ok(body)
    }
}

async fn read(inner: &Inner, asked: &Asked<'_>, body: Body) -> Result<String, Refusal> {
    let most = inner.settings().limits.message;
    let too_large = || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The message is too large.");
    let length = asked
        .header(&CONTENT_LENGTH)
        .and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let within = inner.settings().limits.body_within;
    let body = timeout(within, Limited::new(body, most).collect()).await;
    let body =
        body.map_err(|_| Refusal::late())?
            .map_err(
                |error| match error.downcast_ref::<http_body_util::LengthLimitError>() {
                    Some(_) => too_large(),
                    None => Refusal::bad("The message did not arrive in full."),
                },
            )?;
    String::from_utf8(body.to_bytes().into()).map_err(|_| {
        Refusal::bad(
            "A message must be UTF-8: neither JSON nor a WebSocket's text can carry anything else.",
        )
    })
}

/// A message that was published to some of its channels only, or to none.
struct Partly {
    done: Vec<Info>,
    refused: Vec<ChannelName>,
    /// Why the first of them could not be published to.
    refusal: Refusal,
}

impl Partly {
    /// Why it was not published everywhere, and as the body where it was.
    fn answer(self, inner: &Inner, asked: &Asked<'_>) -> Result<Response<Bytes>, Refusal> {
        if self.done.is_empty() {
            return Err(self.refusal);
        }
        let names: Vec<_> = self.refused.iter().map(ChannelName::as_str).collect();
        let explain = format!(
            "Not published to {}: {}",
            names.join(", "),
            self.refusal.explain
        );
        let refused = refused(&Refusal {
            explain: explain.into(),
            ..self.refusal
        });
        let mut response = statistics::told(inner, accepted(asked), &self.done);
        *response.status_mut() = refused.status();
        let headers = refused.headers().iter();
        for (name, value) in headers.filter(|(name, _)| *name != CONTENT_LENGTH) {
            response.headers_mut().insert(name, value.clone());
        }
        Ok(response)
    }
}

/// Sends one message to several channels, and waits until it has come back on all of them.
///
/// Nothing is sent before all of them can be heard. If something goes wrong after that, who tries again with the same event id and the same text is
/// not sent twice to where it has come.
async fn send_all(
    inner: &Arc<Inner>,
    names: &[ChannelName],
    parcel: &Parcel,
) -> Result<Vec<Info>, Partly> {
    let ready = join_all(names.iter().map(|name| heard(inner, name))).await;
    let unheard: Vec<_> = names
        .iter()
        .zip(&ready)
        .filter(|(_, it)| it.is_err())
        .collect();
    if let Some((_, Err(refusal))) = unheard.first() {
        return Err(Partly {
            done: Vec::new(),
            refused: unheard.iter().map(|(name, _)| (*name).clone()).collect(),
            refusal: refusal.clone(),
        });
    }
    let before = inner.halves().take(parcel);
    let sent = join_all(names.iter().map(|name| async {
        match before.get(name.as_str()) {
            Some(info) => Ok(info.clone()),
            None => send(inner, name, parcel).await,
        }
    }))
    .await;
    let (mut done, mut refused, mut why) = (Vec::new(), Vec::new(), None);
    for (name, sent) in names.iter().zip(sent) {
        match sent {
            Ok(info) => done.push(info),
            Err(refusal) => {
                refused.push(name.clone());
                why.get_or_insert(refusal);
            }
        }
    }
    let Some(refusal) = why else {
        return Ok(done);
    };
    inner.halves().keep(parcel, &done);
    Err(Partly {
        done,
        refused,
        refusal,
    })
}

/// The channel, once what happens on it is heard.
async fn heard(inner: &Arc<Inner>, name: &ChannelName) -> Result<Arc<Channel>, Refusal> {
    let channel = inner.open(name)?;
    inner.ready(&channel).await?;
    Ok(channel)
}

async fn send(inner: &Arc<Inner>, name: &ChannelName, parcel: &Parcel) -> Result<Info, Refusal> {
    // It may have been given up meanwhile.
    heard(inner, name).await?;
    let item = ItemId::unique();
    let mut echo = inner.echoes().expect(&item);
    let sending = inner.pubsub().publish_as(name.node(), &item, parcel);
    let patience = inner.settings().publisher.patience;
    let begun = Instant::now();
    let outcome = timeout(patience, async {
        sending.await.map_err(|error| failed(&error))?;
        (&mut echo)
            .await
            .map_err(|_| Refusal::forbidden("The gateway is closing."))
    });
    let outcome = outcome.await;
    inner.echoes().forget(&item);
    if let Ok(Ok(_)) = &outcome {
        inner.hub().measure().published(begun.elapsed());
    }
    outcome.unwrap_or_else(|_| {
        let explain = "The message was not confirmed by the service in time.";
        Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, explain))
    })
}

/// What publishers are told of a message that the service does not take.
fn failed(error: &SaveError) -> Refusal {
    tracing::debug!(%error, "a message cannot be published");
    let explain: Cow<'static, str> = "Channel cannot be published to: the service refuses.".into();
    match error {
        SaveError::Publish(PubSubError::Forbidden { .. } | PubSubError::Closed { .. }) => {
            Refusal::forbidden(explain)
        }
        SaveError::Publish(PubSubError::PayloadTooBig { .. }) => Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The message is too large for the service.",
        ),
        SaveError::Publish(error) if !error.is_transient() => {
            Refusal::new(StatusCode::BAD_GATEWAY, explain)
        }
        _ => Refusal {
            header: Some(("retry-after", "5")),
            ..Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Channel cannot be published to now.",
            )
        },
    }
}

/// Publishes what a WebSocket says, to all its channels.
pub(crate) fn say(inner: Arc<Inner>, names: Vec<ChannelName>) -> Say {
    let names: Arc<[ChannelName]> = names.into();
    Arc::new(move |text| {
        let (inner, names) = (Arc::clone(&inner), Arc::clone(&names));
        Box::pin(async move {
            let parcel = Parcel {
                text,
                is_stored: inner.settings().channels.store,
                ..Parcel::default()
            };
            if let Err(partly) = send_all(&inner, &names, &parcel).await {
                let explain = &partly.refusal.explain;
                tracing::debug!(%explain, "what a WebSocket said was not published everywhere");
            }
        })
    })
}
