//! What is told of channels, in the form that a request accepts.

mod json;
mod plain;
mod xml;
mod yaml;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};

use super::answer::{refused, with_body};
use super::refusal::Refusal;
use super::request::Asked;
use crate::access::Intent;
use crate::channel::{Bounds, ChannelName, Info, segments};
use crate::inner::Inner;

const TAG: HeaderName = HeaderName::from_static("x-nginx-pushstream-tag");
const COMMIT: HeaderName = HeaderName::from_static("x-nginx-pushstream-commit");

/// What is said of the gateway beside its channels.
#[derive(Debug)]
struct Head {
    hostname: String,
    time: String,
    channels: usize,
    wildcard_channels: usize,
    uptime: u64,
}

/// The sums over all channels.
#[derive(Debug)]
struct Summary {
    published: u64,
    stored: usize,
    subscribers: usize,
    pid: u32,
}

/// A way of writing statistics.
struct Form {
    content_type: &'static str,
    single: fn(&Info) -> String,
    group: fn(&Head, &[Info]) -> String,
    summary: fn(&Head, &Summary) -> String,
}

/// Subtypes of what a client accepts, each with its form.
const FORMS: [(&str, Form); 6] = [
    ("json", JSON),
    (
        "x-json",
        Form {
            content_type: "text/x-json",
            ..JSON
        },
    ),
    (
        "plain",
        Form {
            content_type: "text/plain",
            single: plain::single,
            group: plain::group,
            summary: plain::summary,
        },
    ),
    ("yaml", YAML),
    (
        "x-yaml",
        Form {
            content_type: "text/x-yaml",
            ..YAML
        },
    ),
    (
        "xml",
        Form {
            content_type: "application/xml",
            single: xml::single,
            group: xml::group,
            summary: xml::summary,
        },
    ),
];

const JSON: Form = Form {
    content_type: "application/json",
    single: json::single,
    group: json::group,
    summary: json::summary,
};

const YAML: Form = Form {
    content_type: "application/yaml",
    single: yaml::single,
    group: yaml::group,
    summary: yaml::summary,
};

/// The first form that is accepted, of those that there are.
fn form(accept: &str) -> &'static Form {
    let subtypes = accept.split(',').filter_map(|range| {
        let (_, subtype) = range.split(';').next()?.trim().split_once('/')?;
        FORMS
            .iter()
            .find(|(name, _)| subtype.eq_ignore_ascii_case(name))
    });
    subtypes.map(|(_, form)| form).next().unwrap_or(&JSON)
}

/// Answers a request for statistics.
pub(crate) async fn statistics(inner: &Arc<Inner>, asked: &Asked<'_>) -> Response<Bytes> {
    let mut response = match found(inner, asked).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal),
    };
    let headers = response.headers_mut();
    headers.insert(TAG, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    headers.insert(COMMIT, HeaderValue::from_static(env!("CARGO_PKG_NAME")));
    response
}

async fn found(inner: &Arc<Inner>, asked: &Asked<'_>) -> Result<Response<Bytes>, Refusal> {
    if asked.parts.method != Method::GET {
        return Err(Refusal::method("GET"));
    }
    inner.may(Intent::Inspect, &[], asked).await?;
    let form = form(asked.header(&ACCEPT).unwrap_or_default());
    let segments = segments(asked.channels(&["id"]))?;
    let hub = inner.hub();
    if segments.is_empty() {
        let body = (form.summary)(&head(inner), &summary(inner));
        return Ok(with_body(StatusCode::OK, form.content_type, body.into()));
    }
    // Text after the star says nothing.
    let prefix = match &segments[..] {
        [one] if one == "ALL" => Some(""),
        [one] => one.split_once('*').map(|(prefix, _)| prefix),
        _ => None,
    };
    if let Some(prefix) = prefix {
        let all = hub.all();
        let some = all
            .iter()
            .filter(|channel| channel.name().as_str().starts_with(prefix));
        let infos: Vec<_> = some.map(|channel| Info::of(channel)).collect();
        let body = (form.group)(&head(inner), &infos);
        return Ok(with_body(StatusCode::OK, form.content_type, body.into()));
    }
    let bounds = Bounds {
        longest: inner.settings().channels.longest_name,
        most: inner.settings().limits.channels,
    };
    if segments.len() > bounds.most {
        return Err(Refusal::bad("Too many channels in one request."));
    }
    let names = segments
        .iter()
        .filter_map(|name| ChannelName::new(name).ok());
    let channels = names.filter_map(|name| hub.find(&name));
    let infos: Vec<_> = channels.map(|channel| Info::of(&channel)).collect();
    if infos.is_empty() {
        Err(Refusal::not_found())
    } else {
        Ok(told(
            inner,
            asked.header(&ACCEPT).unwrap_or_default(),
            &infos,
        ))
    }
}

/// Tells of these channels: of one alone as one, of several as a group.
pub(crate) fn told(inner: &Inner, accept: &str, infos: &[Info]) -> Response<Bytes> {
    let form = form(accept);
    let body = match infos {
        [info] => (form.single)(info),
        infos => (form.group)(&head(inner), infos),
    };
    with_body(StatusCode::OK, form.content_type, body.into())
}

fn head(inner: &Inner) -> Head {
    let (channels, wildcard_channels) = inner.hub().count();
    Head {
        hostname: hostname(),
        time: utc(SystemTime::now()),
        channels,
        wildcard_channels,
        uptime: inner.hub().started().elapsed().as_secs(),
    }
}

/// The time in UTC, to the second, as `2026-11-21T05:09:30`.
fn utc(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the leap day is the last of them; an era has 400 of them.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "localhost".to_owned(), |name| name.trim().to_owned())
}

fn summary(inner: &Inner) -> Summary {
    let all = inner.hub().all();
    let mut summary = Summary {
        published: 0,
        stored: 0,
        subscribers: 0,
        pid: std::process::id(),
    };
    for channel in all {
        let info = Info::of(&channel);
        if !inner.hub().is_events(channel.name()) {
            summary.published += info.published;
            summary.stored += info.stored;
        }
        summary.subscribers += info.subscribers;
    }
    summary
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{form, utc};

    #[test]
    fn the_first_form_that_is_known_is_taken() {
        for (accept, expected) in [
            ("", "application/json"),
            ("*/*", "application/json"),
            (
                "text/html, application/xml;q=0.9, text/plain",
                "application/xml",
            ),
            ("text/plain", "text/plain"),
            ("text/x-yaml", "text/x-yaml"),
            ("application/YAML", "application/yaml"),
            ("text/x-json", "text/x-json"),
        ] {
            assert_eq!(form(accept).content_type, expected, "{accept}");
        }
    }

    #[test]
    fn times_are_written_to_the_second() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_795_237_738, "2026-11-21T05:08:58"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }
}
