//! By which arguments of a query clients say where they go on, and what they are.

/// The names of arguments in a query. Headers count before them, and what is empty is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The time of the last message (`push_stream_last_received_message_time $arg_…`), beside `If-Modified-Since`. Default: `time`.
    pub time: String,
    /// Its tag (`push_stream_last_received_message_tag $arg_…`), beside `If-None-Match`. Default: `tag`.
    pub tag: String,
    /// Its event id or cursor (`push_stream_last_event_id $arg_…`), beside `Last-Event-ID`. Default: `eventid`; `last_event_id` is understood too.
    pub event_id: String,
    /// What the client is (`push_stream_user_agent $arg_…`), instead of `User-Agent`. Default: nothing but that header.
    pub user_agent: Option<String>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            time: "time".to_owned(),
            tag: "tag".to_owned(),
            event_id: "eventid".to_owned(),
            user_agent: None,
        }
    }
}
