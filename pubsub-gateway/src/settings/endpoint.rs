//! The settings of one place where clients subscribe.

use std::path::PathBuf;
use std::time::Duration;

use super::padding::Padding;
use crate::frame::Mode;

/// One place where clients subscribe (a location with `push_stream_subscriber`).
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a directive of its own, independent of the others"
)]
pub struct Endpoint {
    /// How a message is written (`push_stream_message_template`).
    pub message: MessageFormat,
    /// What is sent first (`push_stream_header_template`); in an event stream as a comment.
    pub header: Option<String>,
    /// The same from a file, which is read once when the gateway is built (`push_stream_header_template_file`); not together with `header`.
    pub header_file: Option<PathBuf>,
    /// What is sent before we close (`push_stream_footer_template`).
    pub footer: Option<String>,
    /// How often an idle connection is sent a ping (`push_stream_ping_message_interval`). Default: every 10 seconds. Never sent to a poll.
    pub ping_interval: Option<Duration>,
    /// How long a connection lives (`push_stream_subscriber_connection_ttl`, `push_stream_longpolling_connection_ttl`). Default: for ever;
    /// a long poll 30 seconds.
    pub connection_ttl: Option<Duration>,
    /// Whether a poll waits for a message where there is none (`push_stream_subscriber` `long-polling`, or `polling` where this is off). Default:
    /// yes. Clients can ask for either with the header `X-Nginx-PushStream-Mode`; a script tag (JSONP) cannot.
    pub waits: bool,
    /// The content type of streams and polls; an event stream has its own. Default: that of JSON, or of HTML for `sub`.
    pub content_type: String,
    /// Whether a channel has to exist and have a stored message (`push_stream_authorized_channels_only`). Default: no.
    pub authorized_only: bool,
    /// How many wildcard channels a request may name (`push_stream_wildcard_channel_max_qtd`); where this is set, a request needs another
    /// channel beside them.
    pub most_wildcards: Option<usize>,
    /// Whether the events channel may be subscribed to (`push_stream_allow_connections_to_events_channel`). Default: no.
    pub allows_events: bool,
    /// Whether what a WebSocket sends is published to all its channels (`push_stream_websocket_allow_publish`), if its client may publish to
    /// them; otherwise it is passed over. Default: no.
    pub allows_publish: bool,
    /// How soon an `EventSource` connects again. Default: 2 seconds.
    pub retry: Duration,
    /// From how many bytes on a message is compressed for WebSocket clients that can take it (RFC 7692). Default: 1024; `None` for never.
    pub deflate_from: Option<usize>,
    /// What is filled up for which browsers. Default: nothing.
    pub padding: Vec<Padding>,
}

/// How a message is written.
#[derive(Debug, Clone, Default)]
pub struct MessageFormat {
    /// How the places of the template are filled.
    pub mode: Mode,
    /// The template; `None` for the object that `pushstream.js` reads.
    pub template: Option<String>,
    /// Whether a lone `%` is encoded.
    pub percent: Percent,
}

/// Whether a lone `%` in a text is written `%25`: `pushstream.js` percent-decodes every text, and throws at one that it cannot decode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Percent {
    /// For requests that look like those of `pushstream.js`.
    #[default]
    Auto,
    /// For all.
    Always,
    /// For none.
    Never,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            message: MessageFormat::default(),
            header: None,
            header_file: None,
            footer: None,
            ping_interval: Some(Duration::from_secs(10)),
            connection_ttl: None,
            waits: true,
            content_type: "application/json; charset=utf-8".to_owned(),
            authorized_only: false,
            most_wildcards: None,
            allows_events: false,
            allows_publish: false,
            retry: Duration::from_secs(2),
            deflate_from: Some(1024),
            padding: Vec::new(),
        }
    }
}

/// What a message is in a page in a hidden frame: a call of the function that the page around it puts there.
const CALL: &str =
    "<script>p(~id~,\"~channel~\",\"~text~\",\"~event-id~\",\"~time~\",\"~tag~\");</script>\n";

/// The head of such a page, which registers with the `PushStream` of the page around it. The first object of a page leaves its number out
/// of the address, and would not be found without it.
const FRAME: &str = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title></title></head><body><script>\
    (function (frame) {\
    var all = parent.PushStreamManager, number = /[?&]streamid=(\\d*)/.exec(frame.location.search);\
    if (number && number[1] === \"\" && all && all[0] && all[0].wrapper) { all[0].wrapper.register(frame); }\
    else { parent.PushStream.register(frame); }\
    })(window);</script>\n";

impl Endpoint {
    /// The default of `sub`: a page for a hidden frame, as `pushstream.js` opens it.
    #[must_use]
    pub fn stream() -> Self {
        Self {
            message: MessageFormat {
                template: Some(CALL.to_owned()),
                ..MessageFormat::default()
            },
            header: Some(FRAME.to_owned()),
            content_type: "text/html; charset=utf-8".to_owned(),
            ..Self::default()
        }
    }
}
