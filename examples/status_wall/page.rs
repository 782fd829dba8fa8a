//! The page as the server writes it: whole, so that it can be read before a script runs, and where none does.
//!
//! Knows HTML and the template. The script looks the same rows up by `data-id`.

use std::time::SystemTime;

use pubsub_core::payload::{Escape, Text as _};
use pubsub_core::{Page, Publish as _};

use crate::status::Status;

const TEMPLATE: &str = include_str!("index.html");

/// The page. `domain` is where a script logs in.
pub fn write(page: &Page<Status>, domain: &str) -> String {
    let rows: String = page.rows.iter().map(row).collect();
    TEMPLATE
        .replace("{{domain}}", &escaped(domain))
        .replace("{{node}}", &escaped(Status::NODE))
        .replace("{{position}}", &escaped(&page.position.to_string()))
        // Last, because it is what others have written.
        .replace("<!-- rows -->", &rows)
}

fn row(status: &Status) -> String {
    let Status {
        id,
        author,
        text,
        posted,
    } = status;
    format!(
        "<li class=\"status\" data-id=\"{}\"><span class=\"face\" aria-hidden=\"true\"></span><p class=\"by\"><strong>{}</strong>\
         <time datetime=\"{posted}\">{posted}</time></p><p class=\"text\">{}</p></li>",
        escaped(id),
        escaped(author),
        escaped(text),
        posted = moment(*posted),
    )
}

/// As `<time/>` has it; empty for a time that no calendar knows.
fn moment(time: SystemTime) -> String {
    let mut text = String::new();
    match time.write_text(&mut text, Escape::Attribute) {
        Ok(()) => text,
        Err(_) => String::new(),
    }
}

/// For a text or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
