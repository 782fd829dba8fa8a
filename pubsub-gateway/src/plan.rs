//! The endpoints of a gateway, ready for use: their settings with the formats that are made of them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::channel::Epoch;
use crate::frame::{Format, Formats, Look, Template, Texts, Transport};
use crate::settings::{Endpoint, Percent, Settings};
use crate::subscriber::Times;

/// How a client subscribes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    WebSocket,
    EventStream,
    Stream,
    LongPolling,
}

/// What a client is like, as far as it makes a difference to what it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner<'r> {
    /// Its socket is ours, so that we write chunks ourselves.
    pub(crate) is_chunked: bool,
    pub(crate) is_pushstream_js: bool,
    pub(crate) is_deflated: bool,
    pub(crate) user_agent: Cow<'r, str>,
}

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) endpoint: Endpoint,
    pub(crate) way: Way,
    pub(crate) times: Times,
    /// Without padding, and then for each padding of the endpoint.
    formats: Vec<Set>,
}

/// The formats that differ in no padding, by whether they are compressed or in chunks, and whether the client percent-decodes.
type Set = [[Arc<Format>; 2]; 2];

#[derive(Debug)]
pub(crate) struct Plans {
    websocket: Plan,
    event_stream: Plan,
    stream: Plan,
    long_polling: Plan,
    pub(crate) formats: usize,
}

impl Plans {
    pub(crate) fn new(settings: &Settings, epoch: Epoch) -> Self {
        let mut formats = Formats::default();
        let mut plan =
            |endpoint: &Endpoint, way| Plan::new(endpoint, way, settings, epoch, &mut formats);
        let websocket = plan(&settings.websocket, Way::WebSocket);
        let event_stream = plan(&settings.event_stream, Way::EventStream);
        let stream = plan(&settings.stream, Way::Stream);
        let long_polling = plan(&settings.long_polling, Way::LongPolling);
        Self {
            websocket,
            event_stream,
            stream,
            long_polling,
            formats: formats.len(),
        }
    }

    pub(crate) fn of(&self, way: Way) -> &Plan {
        match way {
            Way::WebSocket => &self.websocket,
            Way::EventStream => &self.event_stream,
            Way::Stream => &self.stream,
            Way::LongPolling => &self.long_polling,
        }
    }
}

impl Plan {
    fn new(
        endpoint: &Endpoint,
        way: Way,
        settings: &Settings,
        epoch: Epoch,
        formats: &mut Formats,
    ) -> Self {
        let message = &endpoint.message;
        let template = match &message.template {
            Some(template) => Template::new(template, message.mode),
            None => Template::object(message.mode),
        };
        let texts = Texts {
            template,
            header: endpoint.header.clone(),
            footer: endpoint.footer.clone(),
            ping: settings.channels.ping_text.clone(),
            retry_millis: endpoint.retry.as_millis(),
            deflate_from: endpoint.deflate_from.unwrap_or(usize::MAX),
        };
        let paddings = endpoint
            .padding
            .iter()
            .map(|padding| (padding.header, padding.message));
        let paddings = std::iter::once((0, 0)).chain(paddings);
        let mut set = |padding| set(way, padding, |look| formats.add(look, texts.clone(), epoch));
        let times = Times {
            ping: endpoint.ping_interval,
            lifetime: endpoint.connection_ttl,
            stalled: settings.limits.stalled,
            expires: None,
        };
        Self {
            endpoint: endpoint.clone(),
            way,
            times,
            formats: paddings.map(&mut set).collect(),
        }
    }

    /// The format for a client.
    pub(crate) fn format(&self, manner: &Manner<'_>) -> Option<&Arc<Format>> {
        let percent = match self.endpoint.message.percent {
            Percent::Auto => manner.is_pushstream_js,
            Percent::Always => true,
            Percent::Never => false,
        };
        let mut paddings = self.endpoint.padding.iter();
        let padding = paddings.position(|padding| padding.user_agent.is_match(&manner.user_agent));
        let set = self.formats.get(padding.map_or(0, |padding| padding + 1))?;
        let [plain, other] = set;
        let is_other = match self.way {
            Way::WebSocket => manner.is_deflated,
            _ => manner.is_chunked,
        };
        let [as_is, decoded] = if is_other { other } else { plain };
        Some(if percent { decoded } else { as_is })
    }
}

fn set(way: Way, padding: (usize, usize), mut add: impl FnMut(Look) -> Arc<Format>) -> Set {
    let plain = Look {
        transport: match way {
            Way::WebSocket => Transport::WebSocket,
            Way::EventStream => Transport::EventStream,
            Way::Stream | Way::LongPolling => Transport::Stream,
        },
        is_chunked: false,
        percent_is_decoded: false,
        is_deflated: false,
        padding,
    };
    let mut both = |look: Look| {
        [false, true].map(|percent_is_decoded| {
            add(Look {
                percent_is_decoded,
                ..look
            })
        })
    };
    let first = both(plain);
    let second = match way {
        Way::WebSocket => both(Look {
            is_deflated: true,
            ..plain
        }),
        Way::EventStream | Way::Stream => both(Look {
            is_chunked: true,
            ..plain
        }),
        // Polls are written by hyper.
        Way::LongPolling => first.clone(),
    };
    [first, second]
}
