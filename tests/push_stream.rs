//! The push-stream contract: what pages and libraries written for nginx-push-stream-module rely on, and what the gateway does beyond it,
//! through real sockets. `C-…` names a case of the contract.

#[path = "push_stream/awaiting.rs"]
mod awaiting;
#[path = "push_stream/browser.rs"]
mod browser;
#[path = "push_stream/deletion.rs"]
mod deletion;
#[path = "push_stream/gateway.rs"]
mod gateway;
#[path = "push_stream/hostile.rs"]
mod hostile;
#[path = "push_stream/journey.rs"]
mod journey;
#[path = "push_stream/limits.rs"]
mod limits;
#[path = "push_stream/looks.rs"]
mod looks;
#[path = "push_stream/origins.rs"]
mod origins;
#[path = "push_stream/poll.rs"]
mod poll;
#[path = "push_stream/positions.rs"]
mod positions;
#[path = "push_stream/publisher.rs"]
mod publisher;
#[path = "push_stream/pushstream_js.rs"]
mod pushstream_js;
#[path = "push_stream/replay.rs"]
mod replay;
#[path = "push_stream/resume.rs"]
mod resume;
#[path = "push_stream/serving.rs"]
mod serving;
#[path = "push_stream/stalled.rs"]
mod stalled;
#[path = "push_stream/statistics.rs"]
mod statistics;
#[path = "push_stream/stream.rs"]
mod stream;
#[path = "push_stream/tokens.rs"]
mod tokens;
#[path = "push_stream/websocket.rs"]
mod websocket;
