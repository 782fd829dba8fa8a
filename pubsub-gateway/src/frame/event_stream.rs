//! Server-sent events, as the HTML standard has browsers read them.
//!
//! What ids and types may not hold (CR, LF, NUL) is left out here, whoever it came from: with a line break in an id a publisher could write
//! events of its own.

use super::template::Template;
use crate::channel::{Epoch, Kind, Message};

/// Appends the event that a message is.
pub(crate) fn event(
    out: &mut Vec<u8>,
    template: &Template,
    message: &Message,
    epoch: Epoch,
    percent_is_decoded: bool,
) {
    let content = &message.content;
    if message.kind == Kind::Reset {
        id(out, &message.cursor(epoch));
        field(out, "event", "reset");
    } else if message.kind == Kind::Cursor {
        id(out, &message.cursor(epoch));
        out.push(b'\n');
        return;
    } else if message.id > 0 {
        if is_clean(&content.event_id) && !content.event_id.is_empty() {
            id(out, &content.event_id);
        } else {
            id(out, &message.cursor(epoch));
        }
        if !content.event_type.is_empty() {
            field(out, "event", &content.event_type);
        }
    }
    if template.escapes_breaks() {
        data(
            out,
            template,
            message,
            &content.text,
            epoch,
            percent_is_decoded,
        );
    } else {
        for line in lines(&content.text) {
            data(out, template, message, line, epoch, percent_is_decoded);
        }
    }
    out.push(b'\n');
}

/// Appends text as a comment.
pub(crate) fn comment(out: &mut Vec<u8>, text: &str) {
    for line in lines(text) {
        out.extend_from_slice(b": ");
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// Appends where a client goes on that is disconnected before the first message, and how soon.
pub(crate) fn opening(out: &mut Vec<u8>, cursor: &str, retry_millis: u128) {
    id(out, cursor);
    field(out, "retry", &retry_millis.to_string());
    out.push(b'\n');
}

/// Appends an event that no message is.
pub(crate) fn notice(out: &mut Vec<u8>, name: &str, data: &str) {
    field(out, "event", name);
    field(out, "data", data);
    out.push(b'\n');
}

fn data(
    out: &mut Vec<u8>,
    template: &Template,
    message: &Message,
    text: &str,
    epoch: Epoch,
    percent_is_decoded: bool,
) {
    let mut filled = Vec::with_capacity(text.len() + 192);
    template.fill(&mut filled, message, text, epoch, percent_is_decoded);
    // A template may have breaks of its own.
    let mut rest = &filled[..];
    loop {
        let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
        rest = match after {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => return,
        };
    }
}

fn id(out: &mut Vec<u8>, id: &str) {
    field(out, "id", id);
}

fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend(value.bytes().filter(|byte| !is_break(*byte)));
    out.push(b'\n');
}

fn is_clean(text: &str) -> bool {
    !text.bytes().any(is_break)
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// Lines that end with CR, LF or both; an empty one where there is nothing between two ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::{comment, event, lines};
    use crate::channel::{Content, Epoch, Kind, Message, Moment};
    use crate::frame::template::{Mode, Template};

    fn check(text: &str, event_id: &str, event_type: &str, expected: &str) {
        let message = Message {
            kind: Kind::Message,
            channel: "e1".into(),
            id: 1,
            number: 3,
            moment: Moment { time: 0, tag: 6 },
            is_stored: true,
            position: None,
            content: Content {
                text: text.into(),
                event_id: event_id.into(),
                event_type: event_type.into(),
                ..Content::default()
            },
        };
        let mut out = Vec::new();
        let template = Template::new("<~text~>", Mode::Raw);
        event(&mut out, &template, &message, Epoch::of(1), false);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_message_is_an_event() {
        check("a", "42", "upd", "id: 42\nevent: upd\ndata: <a>\n\n");
        check("a", "", "", "id: 0000000000000001:3\ndata: <a>\n\n");
    }

    #[test]
    fn every_line_of_a_text_is_a_line_of_data() {
        check(
            "a\r\nb\n\rc",
            "1",
            "",
            "id: 1\ndata: <a>\ndata: <b>\ndata: <>\ndata: <c>\n\n",
        );
        check("a\\nb\n", "1", "", "id: 1\ndata: <a\\nb>\ndata: <>\n\n");
    }

    #[test]
    fn nobody_writes_lines_by_an_id_or_type() {
        check(
            "a",
            "1\ndata: forged",
            "x\r\n\r\ndata: forged\0",
            "id: 0000000000000001:3\nevent: xdata: forged\ndata: <a>\n\n",
        );
    }

    #[test]
    fn comments_are_comments_on_every_line() {
        let mut out = Vec::new();
        comment(&mut out, "one\r\ntwo\n");
        assert_eq!(out, b": one\n: two\n: \n");
        assert_eq!(lines("").collect::<Vec<_>>(), [""]);
    }
}
