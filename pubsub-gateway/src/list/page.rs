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
) -> Result<String, Refusal> {
    let mut body = String::with_capacity(256 + found.rows.len() * 256);
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
    body.push_str("},\"objects\":[");
    push_rows(resource, &found.rows, &mut body)?;
    body.push_str("]}");
    Ok(body)
}

/// Rows with commas between them.
pub(super) fn push_rows(
    resource: &Resource,
    rows: &[Row],
    body: &mut String,
) -> Result<(), Refusal> {
    for (position, row) in rows.iter().enumerate() {
        if position > 0 {
            body.push(',');
        }
        push_row(resource, row, body)?;
    }
    Ok(())
}

/// One row.
pub(super) fn push_row(resource: &Resource, row: &Row, body: &mut String) -> Result<(), Refusal> {
    let written = resource.writer.push_row(&row.item, &row.payload, body);
    written.map_err(|error| {
        let what = format!(
            "row `{}` of {} is not readable as its model is now",
            row.item, resource.node
        );
        Refusal::failed(&what, &error)
    })
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
