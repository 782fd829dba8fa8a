//! What xmllint says of payloads.

use std::path::Path;
use std::process::Command;

use pubsub_core::schema::{Outline, xsd, xsd_of};
use pubsub_core::{Payload as _, Publish};

use crate::models::{Leaves, Order, Row, Sets};
use crate::{Odd, Reading, entry, odds, readings, samples};

/// The payload alone, which is the first element in its entry that is none of Atom's own.
fn payload<M: Publish>(value: &M) -> String {
    let entry = entry(value);
    let start = entry.find(&format!("<{}", M::NAME)).unwrap();
    let payload = entry[start..].strip_suffix("</entry>").unwrap();
    if M::NAMESPACE == "http://www.w3.org/2005/Atom" {
        return payload.replacen(
            M::NAME,
            &format!("{} xmlns=\"{}\"", M::NAME, M::NAMESPACE),
            1,
        );
    }
    payload.to_owned()
}

/// What xmllint says of these documents.
fn validate(schema: &str, documents: &[String]) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("schema.xsd"), schema).unwrap();
    let names: Vec<_> = (0..documents.len())
        .map(|number| path(&format!("{number}.xml")))
        .collect();
    for (name, document) in names.iter().zip(documents) {
        std::fs::write(name, document).unwrap();
    }
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(path("schema.xsd"))
        .args(&names)
        .current_dir(Path::new(directory.path()))
        .output()
        .expect("xmllint is installed: cargo xtask setup");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(())
    } else {
        Err(text)
    }
}

fn check<M: Publish>(values: &[M]) {
    let schema = &xsd()[M::NAMESPACE];
    let documents: Vec<_> = values.iter().map(payload).collect();
    if let Err(error) = validate(schema, &documents) {
        panic!("{error}\n{schema}");
    }
}

#[test]
fn every_payload_is_valid() {
    check(&samples(Leaves::any()));
    check(&samples(Order::any()));
    check(&samples(Sets::any()));
    check(&samples(Row::any()));
    check(&odds());
    check(&readings());
}

#[test]
fn there_is_a_document_for_each_namespace() {
    let documents = xsd();
    for namespace in [Odd::NAMESPACE, Row::NAMESPACE, Reading::NAMESPACE] {
        assert!(documents[namespace].contains(&format!(" targetNamespace=\"{namespace}\"")));
    }
    assert_eq!(documents, xsd(), "the same every time");
}

#[test]
fn what_no_payload_can_be_is_not_valid() {
    let schema = &xsd_of(&[Outline::of(Odd::DESCRIPTOR)])[Odd::NAMESPACE];
    let good = payload(&odds()[0]);
    validate(schema, std::slice::from_ref(&good)).unwrap();
    for (what, with) in [
        ("<the-id>0</the-id>", ""),
        ("<the-id>0</the-id>", "<the-id>256</the-id>"),
        ("<moods>Good</moods>", "<moods>Bad</moods>"),
        ("when=\"1970", "when=\"x1970"),
        ("<Word>&lt;/script&gt;</Word>", ""),
        ("key=\"7\"", ""),
        ("key=\"7\"", "key=\"seven\""),
        ("-000000000000</ids>", "</ids>"),
        ("<street>Main</street>", "<street><b/></street>"),
        ("<inner-id>", "<new/><inner-id>"),
    ] {
        assert!(good.contains(what), "{what} in {good}");
        let bad = good.replacen(what, with, 1);
        assert!(
            validate(schema, std::slice::from_ref(&bad)).is_err(),
            "{bad}"
        );
    }
    let foreign = good.replace("</odd-one>", "<new xmlns='urn:other'/></odd-one>");
    validate(schema, &[foreign]).unwrap();
}
