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
    let posted = moment(*posted);
    format!(
        "<li class=\"entry\" data-id=\"{}\"><span class=\"face\" aria-hidden=\"true\">{}</span><p class=\"by\"><strong>{}</strong>\
         <time datetime=\"{posted}\">{}</time></p><p class=\"text\">{}</p></li>",
        escaped(id),
        escaped(&initials(author)),
        escaped(author),
        words(&posted),
        escaped(text),
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

/// `2026-11-21 05:08 UTC`: a script says it in the words of whoever reads.
fn words(moment: &str) -> String {
    match (moment.get(..10), moment.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => String::new(),
    }
}

/// The first letters of a name, as the script has them.
fn initials(name: &str) -> String {
    let is_between = |letter: char| letter.is_whitespace() || matches!(letter, '.' | '_' | '-');
    let mut words = name.split(is_between).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let letters: String = first.into_iter().chain(last).collect();
    letters.to_uppercase()
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{initials, row};
    use crate::status::Status;

    #[test]
    fn a_row_can_be_read_without_a_script() {
        let status = Status {
            id: "7".to_owned(),
            author: "Ann <Lee>".to_owned(),
            text: "a & b".to_owned(),
            posted: UNIX_EPOCH + Duration::from_millis(1_795_237_738_123),
        };
        let row = row(&status);
        for part in [
            ">A&lt;</span>",
            ">2026-11-21 05:08 UTC</time>",
            "datetime=\"2026-11-21T05:08:58.123Z\"",
            ">a &amp; b<",
        ] {
            assert!(row.contains(part), "{part}: {row}");
        }
    }

    #[test]
    fn people_have_the_letters_that_the_script_gives_them() {
        for (name, expected) in [
            ("Ann Lee", "AL"),
            ("bob", "B"),
            ("王小明", "王"),
            ("a.b-c", "AC"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}
