//! Listening that lasts: WebSocket, event stream and stream.
//!
//! Makes the head of the answer and the client behind it. Who writes them, hyper or the socket itself, is not known here.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, SEC_WEBSOCKET_EXTENSIONS};
use http::{Method, Response, StatusCode};
use tokio::net::TcpStream;

use super::answer::{answer, refused, with_cors};
use super::handshake::handshake;
use super::publish::say;
use super::refusal::Refusal;
use super::request::Asked;
use super::subscribe::{Admitted, admit};
use crate::access::{Intent, is_allowed};
use crate::channel::ChannelName;
use crate::frame::{Format, negotiate};
use crate::inner::Inner;
use crate::plan::{Manner, Plan, Way};
use crate::subscriber::{Client, Say, Source, Talk, Times};

/// Close code of a WebSocket that may not listen (RFC 6455 §7.4.1).
const POLICY: u16 = 1008;

/// Somebody who is let in, up to the point where it matters who writes.
pub(crate) struct Opening {
    /// The head of the answer.
    pub(crate) head: Response<()>,
    pub(crate) times: Times,
    pub(crate) is_websocket: bool,
    admitted: Result<Admitted, Refusal>,
    format: Arc<Format>,
    is_deflated: bool,
    say: Option<Say>,
}

/// Opens what a request asks for; the whole answer where it may not.
pub(crate) async fn open(
    inner: &Arc<Inner>,
    way: Way,
    asked: &Asked<'_>,
    is_chunked: bool,
) -> Result<Opening, Response<Bytes>> {
    let plan = inner.plans().of(way);
    let refuse = |refusal: &Refusal| {
        let mut response = refused(refusal);
        if way != Way::WebSocket {
            let origins = &inner.settings().origins;
            with_cors(response.headers_mut(), origins, asked.headers(), "GET");
        }
        response
    };
    if asked.parts.method != Method::GET {
        return Err(refuse(&Refusal::method("GET")));
    }
    if way == Way::WebSocket {
        return open_websocket(inner, plan, asked)
            .await
            .map_err(|refusal| refuse(&refusal));
    }
    let manner = Manner {
        is_chunked,
        ..asked.manner(&inner.settings().arguments)
    };
    let admitted = admit(inner, plan, asked, &manner)
        .await
        .map_err(|refusal| refuse(&refusal))?;
    let mut head = answer(StatusCode::OK, ());
    let content_type = match way {
        Way::EventStream => "text/event-stream; charset=utf-8",
        _ => &plan.endpoint.content_type,
    };
    let headers = head.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    // Proxies that collect an answer before they pass it on would hold back every message.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    with_cors(headers, &inner.settings().origins, asked.headers(), "GET");
    Ok(Opening {
        head,
        times: Times {
            expires: admitted.expires,
            ..plan.times
        },
        is_websocket: false,
        format: Arc::clone(&admitted.format),
        admitted: Ok(admitted),
        is_deflated: false,
        say: None,
    })
}

/// What a WebSocket may not is said after the handshake, where the page can read it.
async fn open_websocket(
    inner: &Arc<Inner>,
    plan: &Plan,
    asked: &Asked<'_>,
) -> Result<Opening, Refusal> {
    let mut head = handshake(asked.headers())?.map(drop);
    if !is_allowed(&inner.settings().origins, asked.headers()) {
        return Err(Refusal::forbidden(
            "Pages of this origin may not subscribe.",
        ));
    }
    if inner.is_draining() {
        return Err(Refusal::closing());
    }
    let extension = match plan.endpoint.deflate_from {
        Some(_) => asked.header(&SEC_WEBSOCKET_EXTENSIONS).and_then(negotiate),
        None => None,
    };
    if let Some(extension) = extension {
        let extension = HeaderValue::from_static(extension);
        head.headers_mut()
            .insert(SEC_WEBSOCKET_EXTENSIONS, extension);
    }
    let is_deflated = extension.is_some();
    let manner = Manner {
        is_deflated,
        ..asked.manner(&inner.settings().arguments)
    };
    let admitted = admit(inner, plan, asked, &manner).await;
    let format = match &admitted {
        Ok(admitted) => Some(&admitted.format),
        Err(_) => plan.format(&manner),
    };
    let format = Arc::clone(format.ok_or_else(Refusal::not_found)?);
    let say = match &admitted {
        Ok(admitted) if plan.endpoint.allows_publish => {
            let channels = admitted.channels().map(|channel| channel.name().clone());
            speaker(inner, channels.collect(), asked).await
        }
        _ => None,
    };
    Ok(Opening {
        head,
        times: Times {
            expires: admitted.as_ref().ok().and_then(|admitted| admitted.expires),
            ..plan.times
        },
        is_websocket: true,
        admitted,
        format,
        is_deflated,
        say,
    })
}

/// What publishes what a client says, if it may publish to all its channels.
async fn speaker(inner: &Arc<Inner>, channels: Vec<ChannelName>, asked: &Asked<'_>) -> Option<Say> {
    let granted = inner.may(Intent::Publish, &channels, asked).await;
    granted.is_ok().then(|| say(Arc::clone(inner), channels))
}

impl Opening {
    /// Puts the client in its channels. What is written first is the head, as bytes, if it is not written by somebody else.
    pub(crate) fn seat(
        self,
        inner: &Inner,
        socket: Option<TcpStream>,
        head: &[u8],
        sent: &[u8],
    ) -> (Arc<Client>, Option<Box<Talk>>) {
        let format = self.format;
        let source = Source::new(Arc::clone(inner.hub()), Arc::clone(&format));
        let identity = self.admitted.as_ref().ok();
        let identity = identity.and_then(|admitted| admitted.identity.clone());
        let client = Client::new(source, socket, identity);
        // While something waits to be written, nobody else writes.
        client.lock().say(head);
        match self.admitted {
            Ok(admitted) => {
                let cursor = admitted.seat(inner, &client);
                client.lock().say(&format.header(&cursor));
            }
            Err(refusal) => client.lock().close(Some((POLICY, &refusal.reason()))),
        }
        let talk = self.is_websocket.then(|| {
            let most = inner.settings().limits.message;
            Box::new(Talk::new(most, self.is_deflated, self.say, sent))
        });
        (client, talk)
    }
}
