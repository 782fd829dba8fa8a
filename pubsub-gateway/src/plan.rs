//! The endpoints of a gateway, ready for use: their settings with the formats that are made of them.

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

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) endpoint: Endpoint,
    pub(crate) way: Way,
    pub(crate) times: Times,
    /// By whether pieces are chunks, and whether the client percent-decodes.
    formats: [[Arc<Format>; 2]; 2],
}

#[derive(Debug)]
pub(crate) struct Plans {
    pub(crate) websocket: Plan,
    pub(crate) event_stream: Plan,
    pub(crate) stream: Plan,
    pub(crate) long_polling: Plan,
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
        let transport = match way {
            Way::WebSocket => Transport::WebSocket,
            Way::EventStream => Transport::EventStream,
            Way::Stream | Way::LongPolling => Transport::Stream,
        };
        let texts = Texts {
            template,
            header: endpoint.header.clone(),
            footer: endpoint.footer.clone(),
            ping: settings.channels.ping_text.clone(),
            retry_millis: endpoint.retry.as_millis(),
        };
        let mut format = |is_chunked, percent_is_decoded| {
            let look = Look {
                transport,
                is_chunked,
                percent_is_decoded,
            };
            formats.add(look, texts.clone(), epoch)
        };
        let plain = [format(false, false), format(false, true)];
        let chunked = match way {
            Way::EventStream | Way::Stream => [format(true, false), format(true, true)],
            Way::WebSocket | Way::LongPolling => plain.clone(),
        };
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
            formats: [plain, chunked],
        }
    }

    /// The format for a client.
    pub(crate) fn format(&self, is_chunked: bool, is_pushstream_js: bool) -> &Arc<Format> {
        let percent = match self.endpoint.message.percent {
            Percent::Auto => is_pushstream_js,
            Percent::Always => true,
            Percent::Never => false,
        };
        let [plain, chunked] = &self.formats;
        let [as_is, decoded] = if is_chunked { chunked } else { plain };
        if percent { decoded } else { as_is }
    }
}
