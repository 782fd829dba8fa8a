//! What three servers answer to the same requests: the core flows of XEP-0060, and how Prosody and ejabberd differ from what ours answers, with the
//! reason (`opinions.txt`).
//!
//! Of an answer the shape counts: the names of its elements, or type and conditions of the error. Words and ids are each server's own.

use minidom::Element;
use support::peer::PASSWORD;
use support::{Peer, RawClient};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        the_core_flows_are_answered_as_it_is_written,
    }
}

/// One request, the shape of our answer, and of others' where it is another one.
struct Step<'t> {
    who: &'t str,
    kind: &'t str,
    request: &'t str,
    ours: &'t str,
    /// Server and shape.
    others: Vec<(&'t str, &'t str)>,
}

/// Reads `opinions.txt`.
fn read(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(answer) = line.strip_prefix("    ") {
            let step = steps.last_mut().expect("a request before its answer");
            match answer.split_once(": ") {
                Some((server, rest)) => {
                    let (shape, reason) = rest.split_once(", because it ").expect("a reason");
                    assert!(!reason.is_empty() && shape != step.ours, "{line}");
                    step.others.push((server, shape));
                }
                None => step.ours = answer,
            }
        } else if !line.is_empty() {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().expect("who, what kind, and a request");
            steps.push(Step {
                who: word(),
                kind: word(),
                request: word(),
                ours: "",
                others: Vec::new(),
            });
        }
    }
    steps
}

async fn the_core_flows_are_answered_as_it_is_written(peer: Peer) {
    let login = async |user| {
        RawClient::login(peer.address(), user, PASSWORD)
            .await
            .unwrap()
    };
    let (mut ann, mut eve) = (login("ann").await, login("eve").await);
    let mut wrong = Vec::new();
    for (number, step) in read(include_str!("opinions.txt")).iter().enumerate() {
        let (space, request) = match step.request.strip_prefix("owner:") {
            Some(request) => ("http://jabber.org/protocol/pubsub#owner", request),
            None => ("http://jabber.org/protocol/pubsub", step.request),
        };
        let client = match step.who {
            "Ann" => &mut ann,
            "Eve" => &mut eve,
            other => panic!("who is {other}?"),
        };
        let content = format!("<pubsub xmlns='{space}'>{request}</pubsub>");
        let service = peer.pubsub_service();
        let answer = client.request(step.kind, service, &content).await.unwrap();
        let shape = shape(&answer);
        let theirs = step.others.iter().find(|(name, _)| *name == peer.name());
        let expected = theirs.map_or(step.ours, |(_, shape)| shape);
        if shape != expected {
            wrong.push(format!(
                "{number}. {} {} {request}\n   expected {expected:?}\n   got      {shape:?}",
                step.who, step.kind
            ));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", peer.name(), wrong.join("\n"));
}

/// `result` with the names of all elements, or type and conditions of the error.
fn shape(answer: &str) -> String {
    let answer = answer.replacen(
        "<iq",
        "<iq xmlns='jabber:client'",
        usize::from(
            !answer.contains("xmlns='jabber:client'")
                && !answer.contains("xmlns=\"jabber:client\""),
        ),
    );
    let iq: Element = answer.parse().unwrap();
    if iq.attr("type") == Some("result") {
        return format!("result{}", names(&iq));
    }
    let error = iq.children().find(|child| child.name() == "error").unwrap();
    // Some write the condition of their own first.
    let (general, own): (Vec<&Element>, Vec<&Element>) = error
        .children()
        .filter(|child| child.name() != "text")
        .partition(|child| child.ns() == "urn:ietf:params:xml:ns:xmpp-stanzas");
    let conditions = general.into_iter().chain(own);
    let words = conditions.map(|condition| match condition.attr("feature") {
        Some(feature) => format!(" {}({feature})", condition.name()),
        None => format!(" {}", condition.name()),
    });
    error.attr("type").unwrap_or_default().to_owned() + &words.collect::<String>()
}

/// The names of the children with those of theirs; the same one after the other counts once, and forms are only named.
fn names(element: &Element) -> String {
    let mut all: Vec<String> = element
        .children()
        .map(|child| match child.name() {
            "x" => "x".to_owned(),
            name => format!("{name}{}", names(child)),
        })
        .collect();
    all.dedup();
    if all.is_empty() {
        return String::new();
    }
    format!("({})", all.join(" "))
}
