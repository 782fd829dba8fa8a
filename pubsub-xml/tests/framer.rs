//! Cutting a stream: however the bytes arrive, the same stanzas come out, and what RFC 6120 rules out does not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

use proptest::prelude::*;
use pubsub_xml::{FrameError, FrameKind, Framer, Limits};

/// Feeds the stream in pieces of these sizes, over and over.
fn cut(stream: &str, sizes: &[usize]) -> Result<Vec<(FrameKind, String)>, FrameError> {
    let mut framer = Framer::new(Limits {
        max_bytes: 400,
        max_depth: 4,
    });
    let mut buffer: Vec<u8> = Vec::new();
    let mut frames = Vec::new();
    let mut rest = stream.as_bytes();
    for &size in sizes.iter().cycle() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        while let Some(frame) = framer.next(&buffer)? {
            let bytes: Vec<u8> = buffer.drain(..frame.len).collect();
            frames.push((frame.kind, String::from_utf8(bytes).unwrap()));
        }
        if rest.is_empty() {
            break;
        }
    }
    // White space may come out in several runs.
    frames.retain(|(kind, _)| *kind != FrameKind::White);
    Ok(frames)
}

#[test]
fn a_stream_is_cut_into_its_stanzas() {
    let stream = "<?xml version='1.0'?> <stream:stream xmlns:stream='s' a='/>'> <iq id='1'><q x=\"</q>'/>\"/>\
        <![CDATA[</iq>]]></iq>\n\n<a/><b><c></c>text</b></stream:stream >";
    let frames = cut(stream, &[stream.len()]).unwrap();
    let expected = [
        (FrameKind::Declaration, "<?xml version='1.0'?>"),
        (FrameKind::Header, "<stream:stream xmlns:stream='s' a='/>'>"),
        (
            FrameKind::Element,
            "<iq id='1'><q x=\"</q>'/>\"/><![CDATA[</iq>]]></iq>",
        ),
        (FrameKind::Element, "<a/>"),
        (FrameKind::Element, "<b><c></c>text</b>"),
        (FrameKind::Footer, "</stream:stream >"),
    ];
    assert_eq!(frames, expected.map(|(kind, text)| (kind, text.to_owned())));
}

#[test]
fn what_a_stream_may_not_contain_is_refused() {
    let deep = "<a>".repeat(6);
    let long = format!("<a x='{}'", "y".repeat(500));
    for (stanza, error) in [
        ("<!-- x -->", FrameError::Restricted),
        ("<!DOCTYPE x>", FrameError::Restricted),
        ("<?pi?>", FrameError::Restricted),
        ("<a><!-- x --></a>", FrameError::Restricted),
        ("<a><!ENTITY x 'y'></a>", FrameError::Restricted),
        ("text", FrameError::Malformed),
        (deep.as_str(), FrameError::TooDeep(4)),
        (long.as_str(), FrameError::TooLong(400)),
    ] {
        assert_eq!(cut(&format!("<s>{stanza}"), &[7]), Err(error), "{stanza}");
    }
    assert_eq!(cut("</s>", &[1]), Err(FrameError::Malformed));
}

proptest! {
    #[test]
    fn the_cut_does_not_depend_on_how_the_bytes_arrive(
        stream in "<s>(<a>|</a>|<b x='1>'/>|<!\\[CDATA\\[>\\]\\]>|text| |<c y=\"'\">|</c>|<d/>|</s>|[<>'\"/ ax!?\\[\\]-]){0,20}",
        sizes in prop::collection::vec(1_usize..9, 1..6),
    ) {
        prop_assert_eq!(cut(&stream, &sizes), cut(&stream, &[stream.len()]));
    }
}
