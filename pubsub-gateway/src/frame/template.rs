//! The template of a message: text with places to be filled, as `~id~` or `~text~`.
//!
//! Pure: a message and a template make text. Does not know transports.

use super::json::{self, Place};
use crate::channel::{Epoch, Kind, Message, Moment};

/// How the places of a template are filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// As nginx-push-stream-module does: nothing is escaped, and a text with a quote in it breaks JSON around it.
    Raw,
    /// Every string is written as a JSON string, whether the template quotes its place or not.
    #[default]
    Json,
    /// As [`Json`](Self::Json), but a text that is JSON is put in as the value that it is.
    JsonEmbed,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    /// The place of a field, and whether quotes stood around it, which are taken away where JSON is written.
    Field(Field, bool),
    /// `,"action":…` and `,"cursor":…`, each where there is one.
    Extras,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Text,
    Size,
    Channel,
    Time,
    Tag,
    EventId,
    EventType,
    Action,
    Cursor,
}

const FIELDS: [(&str, Field); 10] = [
    ("id", Field::Id),
    ("text", Field::Text),
    ("size", Field::Size),
    ("channel", Field::Channel),
    ("time", Field::Time),
    ("tag", Field::Tag),
    ("event-id", Field::EventId),
    ("event-type", Field::EventType),
    ("action", Field::Action),
    ("cursor", Field::Cursor),
];

/// What [`Template::object`] begins with; the fields that are not always there follow.
const OBJECT: &str = r#"{"id":~id~,"channel":"~channel~","text":"~text~","tag":"~tag~","time":"~time~","eventid":"~event-id~""#;

/// A template that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
    mode: Mode,
    in_script: bool,
}

impl Template {
    /// Reads a template. Names of places count in any case; what is no name stays as it is.
    pub(crate) fn new(text: &str, mode: Mode) -> Self {
        let mut template = Self {
            parts: Vec::new(),
            mode,
            in_script: text.to_ascii_lowercase().contains("<script"),
        };
        let (mut done, mut from) = (0, 0);
        while let Some(start) = text.get(from..).and_then(|rest| rest.find('~')) {
            let start = from + start;
            let rest = text.get(start + 1..).unwrap_or_default();
            let Some((length, field)) = field_at(rest) else {
                from = start + 1;
                continue;
            };
            let end = start + 1 + length + 1;
            let before = text.get(done..start).unwrap_or_default();
            let after = text.get(end..).unwrap_or_default();
            let is_quoted = mode != Mode::Raw && is_between_quotes(before, after);
            let quote = usize::from(is_quoted);
            template.literal(before.get(..before.len() - quote).unwrap_or_default());
            template.parts.push(Part::Field(field, is_quoted));
            done = end + quote;
            from = done;
        }
        template.literal(text.get(done..).unwrap_or_default());
        template
    }

    /// The object that browsers get unless a template says otherwise.
    pub(crate) fn object(mode: Mode) -> Self {
        let mut template = Self::new(OBJECT, mode);
        template.parts.push(Part::Extras);
        template.literal("}");
        template
    }

    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.parts.push(Part::Literal(text.into()));
        }
    }

    /// Whether what it makes has no raw line breaks of a text in it.
    pub(crate) fn escapes_breaks(&self) -> bool {
        self.mode != Mode::Raw
    }

    /// Fills the places. `text` is given apart, because an event stream applies a template to every line of it.
    pub(crate) fn fill(
        &self,
        out: &mut Vec<u8>,
        message: &Message,
        text: &str,
        epoch: Epoch,
        percent_is_decoded: bool,
    ) {
        let place = Place {
            in_script: self.in_script,
            percent_is_decoded: false,
        };
        for part in &self.parts {
            match part {
                Part::Literal(literal) => out.extend_from_slice(literal.as_bytes()),
                Part::Field(Field::Text, _) => {
                    let place = Place {
                        percent_is_decoded,
                        ..place
                    };
                    self.text(out, text, place);
                }
                Part::Field(field, is_quoted) => {
                    self.field(out, *field, *is_quoted, message, text, epoch, place);
                }
                Part::Extras => extras(out, message, epoch, place),
            }
        }
    }

    fn text(&self, out: &mut Vec<u8>, text: &str, place: Place) {
        match self.mode {
            Mode::Raw => out.extend_from_slice(text.as_bytes()),
            Mode::Json => json::string(out, text, place),
            Mode::JsonEmbed => json::value(out, text, place),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a place is filled from")]
    fn field(
        &self,
        out: &mut Vec<u8>,
        field: Field,
        is_quoted: bool,
        message: &Message,
        text: &str,
        epoch: Epoch,
        place: Place,
    ) {
        let number = match field {
            Field::Id => Some(message.id),
            Field::Size => i64::try_from(text.len()).ok(),
            Field::Tag => i64::try_from(message.moment.tag).ok(),
            _ => None,
        };
        if let Some(number) = number {
            // A control message must not look like a place to go on from.
            let is_blank =
                field == Field::Tag && number == 0 && self.mode != Mode::Raw && is_quoted;
            let mut buffer = itoa::Buffer::new();
            let digits = if is_blank { "" } else { buffer.format(number) };
            if is_quoted {
                json::string(out, digits, place);
            } else {
                out.extend_from_slice(digits.as_bytes());
            }
            return;
        }
        let cursor;
        let date;
        let words: &str = match field {
            Field::Channel => &message.channel,
            Field::EventId => &message.content.event_id,
            Field::EventType => &message.content.event_type,
            Field::Action => message.content.action.map_or("", |action| action.as_str()),
            Field::Cursor => {
                cursor = message.cursor(epoch);
                &cursor
            }
            _ if message.moment == Moment::NEVER && self.mode != Mode::Raw => "",
            _ => {
                date = message.moment.date();
                &date
            }
        };
        match self.mode {
            Mode::Raw => out.extend_from_slice(words.as_bytes()),
            Mode::Json | Mode::JsonEmbed => json::string(out, words, place),
        }
    }
}

fn extras(out: &mut Vec<u8>, message: &Message, epoch: Epoch, place: Place) {
    if let Some(action) = message.content.action {
        out.extend_from_slice(b",\"action\":");
        json::string(out, action.as_str(), place);
    }
    if message.kind == Kind::Reset {
        out.extend_from_slice(b",\"reset\":true");
    }
    let is_placed = message.number > 0 || message.position.is_some();
    if is_placed || matches!(message.kind, Kind::Reset | Kind::Cursor) {
        out.extend_from_slice(b",\"cursor\":");
        json::string(out, &message.cursor(epoch), place);
    }
}

/// The field whose name stands before the next `~`, and the length of the name.
fn field_at(rest: &str) -> Option<(usize, Field)> {
    FIELDS.iter().find_map(|(name, field)| {
        let given = rest.get(..name.len())?;
        let is_closed = rest.as_bytes().get(name.len()) == Some(&b'~');
        (is_closed && given.eq_ignore_ascii_case(name)).then_some((name.len(), *field))
    })
}

fn is_between_quotes(before: &str, after: &str) -> bool {
    ['"', '\'']
        .iter()
        .any(|quote| before.ends_with(*quote) && after.starts_with(*quote))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pubsub_core::change::Action;
    use serde_json::Value;

    use super::{Mode, Template};
    use crate::channel::{Content, Epoch, Kind, Message, Moment};

    fn message(text: &str) -> Message {
        Message {
            kind: Kind::Message,
            channel: "c1".into(),
            id: 7,
            number: 9,
            moment: Moment {
                time: 1_795_237_738,
                tag: 6,
            },
            is_stored: true,
            position: None,
            content: Content {
                text: text.into(),
                event_id: "42".into(),
                event_type: "upd".into(),
                ..Content::default()
            },
        }
    }

    fn filled(template: &Template, message: &Message) -> String {
        let mut out = Vec::new();
        let text = message.content.text.clone();
        template.fill(&mut out, message, &text, Epoch::of(0xab), false);
        String::from_utf8(out).unwrap()
    }

    fn raw(template: &str, text: &str) -> String {
        filled(&Template::new(template, Mode::Raw), &message(text))
    }

    #[test]
    fn c_tpl_1_every_place_is_filled_in_any_case() {
        assert_eq!(
            raw(
                "~id~|~TEXT~|~Size~|~channel~|~time~|~tag~|~event-id~|~EVENT-TYPE~",
                "héllo"
            ),
            "7|héllo|6|c1|Sat, 21 Nov 2026 05:08:58 GMT|6|42|upd"
        );
        assert_eq!(raw("~text~~text~ ~id~", "x"), "xx 7");
    }

    #[test]
    fn c_tpl_2_what_is_no_place_stays() {
        assert_eq!(raw("~nope~ ~ ~~id~~ ~id", "x"), "~nope~ ~ ~7~ ~id");
        assert_eq!(raw("~é~id~", "x"), "~é7");
    }

    #[test]
    fn c_tpl_3_raw_places_are_filled_as_they_are() {
        assert_eq!(
            raw(r#"{"text":"~text~"}"#, "a\"~id~"),
            "{\"text\":\"a\"~id~\"}"
        );
    }

    #[test]
    fn c_tpl_4_json_survives_any_text() {
        let text = r#"it's 100% "quoted" <b>"#;
        for mode in [Mode::Json, Mode::JsonEmbed] {
            let json = filled(&Template::object(mode), &message(text));
            let read: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(read["text"], text);
            assert_eq!(read["id"], 7);
            assert_eq!(read["tag"], "6");
            assert_eq!(read["eventid"], "42");
            assert_eq!(read["cursor"], "00000000000000ab:9");
        }
    }

    #[test]
    fn json_is_embedded_where_that_is_asked_for() {
        let mut message = message("{ \"a\": 1 }");
        message.content.action = Some(Action::Update);
        let json = filled(&Template::object(Mode::JsonEmbed), &message);
        assert!(json.contains(r#""text":{"a":1},"#), "{json}");
        assert!(json.contains(r#","action":"update","#), "{json}");
        let json = filled(&Template::object(Mode::Json), &message);
        assert!(json.contains(r#""text":"{ \"a\": 1 }","#), "{json}");
    }

    #[test]
    fn templates_of_the_reference_are_made_safe() {
        let template =
            r#"{"id":~id~,"channel":"~channel~","text":~text~,"tag":~tag~,"time":"~time~"}"#;
        let json = filled(
            &Template::new(template, Mode::JsonEmbed),
            &message("no \"json\""),
        );
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["text"], "no \"json\"");
        assert_eq!(read["tag"], 6);
        let script = "<script>p(~id~,'~channel~','~text~','~event-id~','~time~','~tag~');</script>";
        let script = filled(
            &Template::new(script, Mode::Json),
            &message("it's</script>"),
        );
        assert_eq!(
            script,
            "<script>p(7,\"c1\",\"it\\u0027s\\u003c/script\\u003e\",\"42\",\"Sat, 21 Nov 2026 05:08:58 GMT\",\"6\");</script>"
        );
    }

    #[test]
    fn c_js_5_control_messages_are_no_place_to_go_on_from() {
        let mut message = message("Channel deleted");
        message.id = -2;
        message.number = 0;
        message.moment = Moment::NEVER;
        message.content.event_id = "".into();
        assert_eq!(
            filled(&Template::object(Mode::Json), &message),
            r#"{"id":-2,"channel":"c1","text":"Channel deleted","tag":"","time":"","eventid":""}"#
        );
        assert_eq!(
            filled(&Template::new("~id~ ~time~ ~tag~", Mode::Raw), &message),
            "-2 Thu, 01 Jan 1970 00:00:00 GMT 0"
        );
    }

    proptest! {
        #[test]
        fn json_modes_make_json_of_anything(text in "(\\PC|[\"\\\\\r\n{}%~]){0,40}", channel in "\\PC{0,10}", event_id in "(\\PC|[\"\r\n\u{0}]){0,10}") {
            for mode in [Mode::Json, Mode::JsonEmbed] {
                let mut message = message(&text);
                message.channel = channel.as_str().into();
                message.content.event_id = event_id.as_str().into();
                let json = filled(&Template::object(mode), &message);
                let is_cut = json.contains("}{");
                prop_assert!(!is_cut && !json.contains(['\r', '\n']));
                let read: Value = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(&read["channel"], &Value::String(channel.clone()));
                prop_assert_eq!(&read["eventid"], &Value::String(event_id.clone()));
            }
        }

        #[test]
        fn any_template_is_read(template in "(\\PC|~|id|text|\"){0,30}", raw: bool) {
            let mode = if raw { Mode::Raw } else { Mode::Json };
            let filled = filled(&Template::new(&template, mode), &message("x"));
            if !template.contains('~') {
                prop_assert_eq!(filled, template);
            }
        }
    }
}
