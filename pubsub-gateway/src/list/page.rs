//! A page of rows as one text: `meta` and `objects`.
//!
//! Knows how they are put together. Does not know where rows come from.

use pubsub_core::schema::push_string;

use super::arguments::{Arguments, Span};
use super::refusal::Refusal;
use super::resource::Resource;
use super::source::{Found, Row};

/// The answer to a question for a page.
pub(super) fn page(
    resource: &Resource,
    arguments: &Arguments,
    span: Span,
    found: &Found,
) -> String {
    let objects = Objects::of(resource, &found.rows);
    let mut body = String::with_capacity(256 + objects.text.len());
    body.push_str("{\"meta\":{\"limit\":");
    push_number(&mut body, span.limit.unwrap_or_default());
    if let Some(limit) = span.limit {
        let next = span.offset.saturating_add(limit);
        let next = Some(next).filter(|next| *next < found.total);
        body.push_str(",\"next\":");
        push_link(&mut body, resource, arguments, limit, next);
    }
    body.push_str(",\"offset\":");
    push_number(&mut body, span.offset);
    if let Some(limit) = span.limit {
        body.push_str(",\"previous\":");
        let previous = span.offset.checked_sub(limit).filter(|_| limit > 0);
        push_link(&mut body, resource, arguments, limit, previous);
    }
    body.push_str(",\"total_count\":");
    push_number(&mut body, found.total);
    body.push_str(",\"position\":");
    push_string(&mut body, &found.position);
    objects.push_unreadable(&mut body);
    body.push_str("},\"objects\":");
    body.push_str(&objects.text);
    body.push('}');
    body
}

/// The answer to a question for some rows by id.
pub(super) fn set(resource: &Resource, rows: &[Row], missing: &[&String]) -> String {
    let objects = Objects::of(resource, rows);
    let mut body = format!("{{\"objects\":{}", objects.text);
    if !missing.is_empty() {
        body.push_str(",\"not_found\":");
        push_list(&mut body, missing.iter().map(|id| id.as_str()));
    }
    objects.push_unreadable(&mut body);
    body.push('}');
    body
}

/// One row.
pub(super) fn detail(resource: &Resource, row: &Row) -> Result<String, Refusal> {
    let written = resource.writer.row(&row.item, &row.payload);
    written.map_err(|error| {
        let what = format!("row `{}` of {} cannot be read", row.item, resource.node);
        Refusal::failed(&what, &error)
    })
}

/// Rows as a list, and those that are not readable as their model is now: one that is broken must not hide all others.
struct Objects<'r> {
    text: String,
    unreadable: Vec<&'r str>,
}

impl<'r> Objects<'r> {
    fn of(resource: &Resource, rows: &'r [Row]) -> Self {
        let mut objects = Self {
            text: String::with_capacity(2 + rows.len() * 256),
            unreadable: Vec::new(),
        };
        objects.text.push('[');
        for row in rows {
            let before = objects.text.len();
            if before > 1 {
                objects.text.push(',');
            }
            let written = resource
                .writer
                .push_row(&row.item, &row.payload, &mut objects.text);
            if let Err(error) = written {
                tracing::warn!(node = %resource.node, item = row.item, %error, "a row cannot be read");
                objects.text.truncate(before);
                objects.unreadable.push(&row.item);
            }
        }
        objects.text.push(']');
        objects
    }

    fn push_unreadable(&self, body: &mut String) {
        if !self.unreadable.is_empty() {
            body.push_str(",\"unreadable\":");
            push_list(body, self.unreadable.iter().copied());
        }
    }
}

fn push_list<'t>(body: &mut String, texts: impl Iterator<Item = &'t str>) {
    body.push('[');
    for (position, text) in texts.enumerate() {
        body.push_str(if position == 0 { "" } else { "," });
        push_string(body, text);
    }
    body.push(']');
}

fn push_link(
    body: &mut String,
    resource: &Resource,
    arguments: &Arguments,
    limit: u64,
    offset: Option<u64>,
) {
    match offset {
        None => body.push_str("null"),
        Some(offset) => {
            let link = format!("{}?{}", resource.base, arguments.with_page(limit, offset));
            push_string(body, &link);
        }
    }
}

fn push_number(body: &mut String, number: u64) {
    body.push_str(itoa::Buffer::new().format(number));
}
