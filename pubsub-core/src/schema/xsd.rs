//! Schemas as XML Schema (1.0): what a payload in its entry is, as we write it.
//!
//! Knows the language. A document describes one namespace; what is nested is in the namespace of the payload around it. Readers take more than this says: elements in
//! any order, and other spellings of numbers.

use std::collections::{BTreeMap, BTreeSet};

use pubsub_xml::escape_attribute;

use super::catalog::Catalog;
use super::outline::{Body, Case, Count, Member, Outline, Site, ValueKind};
use crate::registry::Format;

/// Names of types that are not of a model.
const RESERVED: [&str; 4] = ["Rows", "Uuid", "WholeNumber", "WholeNumberFromZero"];

/// Of whole numbers, a processor need not take more than 18 digits, and libxml2 takes 24.
const WHOLE_NUMBERS: &str = "<xs:simpleType name=\"WholeNumber\"><xs:restriction base=\"xs:token\"><xs:pattern value=\"-?[0-9]+\"/></xs:restriction></xs:simpleType>\n\
    <xs:simpleType name=\"WholeNumberFromZero\"><xs:restriction base=\"xs:token\"><xs:pattern value=\"[0-9]+\"/></xs:restriction></xs:simpleType>\n";

const UUID: &str = "<xs:simpleType name=\"Uuid\"><xs:restriction base=\"xs:string\"><xs:pattern value=\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"/></xs:restriction></xs:simpleType>\n";

/// Rows of Django, whatever is in them.
const ROWS: &str = "<xs:complexType name=\"Rows\"><xs:sequence><xs:element name=\"object\"><xs:complexType><xs:sequence>\
    <xs:element name=\"field\" minOccurs=\"0\" maxOccurs=\"unbounded\"><xs:complexType mixed=\"true\">\
    <xs:sequence><xs:element name=\"None\" minOccurs=\"0\"><xs:complexType/></xs:element></xs:sequence>\
    <xs:attribute name=\"name\" type=\"xs:string\" use=\"required\"/><xs:attribute name=\"type\" type=\"xs:string\"/></xs:complexType></xs:element>\
    </xs:sequence><xs:attribute name=\"model\" type=\"xs:string\" use=\"required\"/><xs:attribute name=\"pk\" type=\"xs:string\"/></xs:complexType></xs:element>\
    </xs:sequence><xs:attribute name=\"version\" type=\"xs:string\"/></xs:complexType>\n";

/// A document for each namespace in which models that are linked into the program publish, by that namespace.
///
/// An element is described for each payload. Of rows in the format of Django it says no more than that they are such rows, and of JSON that it is text.
#[must_use]
pub fn xsd() -> BTreeMap<String, String> {
    xsd_of(&super::linked())
}

/// A document for each namespace of these models.
#[must_use]
pub fn xsd_of(models: &[Outline]) -> BTreeMap<String, String> {
    let mut namespaces: BTreeMap<&str, Vec<Outline>> = BTreeMap::new();
    for model in models {
        if let Some(payload) = model.payload() {
            let of_it = namespaces.entry(&payload.namespace).or_default();
            of_it.push(model.clone());
        }
    }
    let documents = namespaces.into_iter();
    documents
        .map(|(namespace, models)| (namespace.to_owned(), document(namespace, &models)))
        .collect()
}

fn document(namespace: &str, models: &[Outline]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"");
    if !namespace.is_empty() {
        attribute(&mut out, "xmlns", namespace);
        attribute(&mut out, "targetNamespace", namespace);
    }
    out.push_str(" elementFormDefault=\"qualified\">\n");
    let told: Vec<Outline> = models
        .iter()
        .filter(|model| model.format() == Format::Entry)
        .cloned()
        .collect();
    let catalog = Catalog::of(&told, &RESERVED);
    let mut roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for model in models {
        let of_type = match model.format() {
            Format::Django => "Rows",
            Format::Json => "xs:string",
            Format::Entry => {
                let mut models = catalog.models.iter();
                let found = models.find(|(known, _)| *known == model);
                found.map_or("xs:anyType", |(_, payload)| catalog.name(*payload))
            }
        };
        let element = model.payload().map_or("", |payload| &payload.name);
        roots.entry(element).or_default().insert(of_type);
    }
    for (element, types) in &roots {
        // Two models may share an element; then it is one of both.
        let of_type = match types.first() {
            Some(only) if types.len() == 1 => only,
            _ => "xs:anyType",
        };
        out.push_str("<xs:element");
        attribute(&mut out, "name", element);
        attribute(&mut out, "type", of_type);
        out.push_str("/>\n");
    }
    out.push_str(UUID);
    out.push_str(WHOLE_NUMBERS);
    if models.iter().any(|model| model.format() == Format::Django) {
        out.push_str(ROWS);
    }
    for (name, each) in &catalog.types {
        named(&mut out, name, &each.body, &catalog);
    }
    out.push_str("</xs:schema>\n");
    out
}

/// A type by name.
fn named(out: &mut String, name: &str, body: &Body, catalog: &Catalog<'_>) {
    match body {
        Body::Value(ValueKind::Nested(number)) => {
            out.push_str("<xs:complexType");
            attribute(out, "name", name);
            out.push_str("><xs:complexContent><xs:extension");
            attribute(out, "base", catalog.name(*number));
            out.push_str("/></xs:complexContent></xs:complexType>\n");
        }
        Body::Value(kind) => {
            out.push_str("<xs:simpleType");
            attribute(out, "name", name);
            out.push('>');
            restriction(out, kind, catalog);
            out.push_str("</xs:simpleType>\n");
        }
        body => {
            out.push_str("<xs:complexType");
            attribute(out, "name", name);
            out.push('>');
            content(out, body, catalog);
            out.push_str("</xs:complexType>\n");
        }
    }
}

/// What is in a complex type.
fn content(out: &mut String, body: &Body, catalog: &Catalog<'_>) {
    match body {
        Body::Record(members) => {
            out.push_str("<xs:sequence>");
            for member in members {
                match member.site {
                    Site::Element => element(out, member, catalog),
                    Site::Among => among(out, member, catalog),
                    Site::Attribute => {}
                }
            }
            out.push_str("<xs:any namespace=\"##other\" processContents=\"lax\" minOccurs=\"0\" maxOccurs=\"unbounded\"/></xs:sequence>");
            for member in members {
                if member.site == Site::Attribute {
                    let is_required = member.count == Count::One && !member.has_default;
                    xml_attribute(out, &member.tag, &member.kind, is_required, catalog);
                }
            }
        }
        Body::Cases(cases) => choice(out, cases, "", catalog),
        // Handled where there is a name, or an element.
        Body::Value(_) => {}
    }
}

fn element(out: &mut String, member: &Member, catalog: &Catalog<'_>) {
    out.push_str("<xs:element");
    attribute(out, "name", &member.tag);
    if member.count != Count::One || member.has_default {
        attribute(out, "minOccurs", "0");
    }
    if matches!(member.count, Count::Many | Count::Keyed(_)) {
        attribute(out, "maxOccurs", "unbounded");
    }
    match &member.count {
        Count::Keyed(key) => keyed(out, &member.kind, key, catalog),
        _ => of_kind(out, &member.kind, "xs:element", catalog),
    }
}

/// A value with a key beside it.
fn keyed(out: &mut String, kind: &ValueKind, key: &ValueKind, catalog: &Catalog<'_>) {
    let (base, is_simple) = match kind {
        ValueKind::Nested(number) => {
            let nested = catalog.types.get(*number).map(|(_, each)| &each.body);
            let is_simple = matches!(nested, Some(Body::Value(_)));
            (catalog.name(*number), is_simple)
        }
        kind => (simple(kind).unwrap_or("xs:string"), true),
    };
    let content = if is_simple {
        "xs:simpleContent"
    } else {
        "xs:complexContent"
    };
    out.extend(["><xs:complexType><", content, "><xs:extension"]);
    attribute(out, "base", base);
    out.push('>');
    xml_attribute(out, "key", key, true, catalog);
    out.extend([
        "</xs:extension></",
        content,
        "></xs:complexType></xs:element>",
    ]);
}

fn among(out: &mut String, member: &Member, catalog: &Catalog<'_>) {
    let ValueKind::Nested(number) = &member.kind else {
        return;
    };
    if let Some((_, each)) = catalog.types.get(*number)
        && let Body::Cases(cases) = &each.body
    {
        let occurs = match member.count {
            Count::Optional => " minOccurs=\"0\"",
            _ => "",
        };
        choice(out, cases, occurs, catalog);
    }
}

fn choice(out: &mut String, cases: &[Case], occurs: &str, catalog: &Catalog<'_>) {
    out.extend(["<xs:choice", occurs, ">"]);
    for case in cases {
        out.push_str("<xs:element");
        attribute(out, "name", &case.tag);
        match &case.body {
            Body::Value(kind) => of_kind(out, kind, "xs:element", catalog),
            Body::Record(members) if members.is_empty() => {
                out.push_str("><xs:complexType/></xs:element>");
            }
            body => {
                out.push_str("><xs:complexType>");
                content(out, body, catalog);
                out.push_str("</xs:complexType></xs:element>");
            }
        }
    }
    out.push_str("</xs:choice>");
}

fn xml_attribute(
    out: &mut String,
    name: &str,
    kind: &ValueKind,
    is_required: bool,
    catalog: &Catalog<'_>,
) {
    out.push_str("<xs:attribute");
    attribute(out, "name", name);
    if is_required {
        attribute(out, "use", "required");
    }
    of_kind(out, kind, "xs:attribute", catalog);
}

/// The rest of an element or attribute: its type.
fn of_kind(out: &mut String, kind: &ValueKind, name: &str, catalog: &Catalog<'_>) {
    let known = match kind {
        ValueKind::Nested(number) => Some(catalog.name(*number)),
        kind => simple(kind),
    };
    if let Some(known) = known {
        attribute(out, "type", known);
        out.push_str("/>");
        return;
    }
    out.push_str("><xs:simpleType>");
    restriction(out, kind, catalog);
    out.extend(["</xs:simpleType></", name, ">"]);
}

fn restriction(out: &mut String, kind: &ValueKind, catalog: &Catalog<'_>) {
    out.push_str("<xs:restriction");
    let words: &[String] = match kind {
        ValueKind::Choice(words) => words,
        _ => &[],
    };
    let base = match kind {
        ValueKind::Nested(number) => catalog.name(*number),
        kind => simple(kind).unwrap_or("xs:string"),
    };
    attribute(out, "base", base);
    out.push('>');
    for word in words {
        out.push_str("<xs:enumeration");
        attribute(out, "value", word);
        out.push_str("/>");
    }
    out.push_str("</xs:restriction>");
}

/// The type that XML Schema has for a kind; `None` for one that is a list of words.
fn simple(kind: &ValueKind) -> Option<&'static str> {
    Some(match kind {
        ValueKind::Integer { bits, signed } => match (bits, signed) {
            (0..=8, true) => "xs:byte",
            (9..=16, true) => "xs:short",
            (17..=32, true) => "xs:int",
            (33..=64, true) => "xs:long",
            (65.., true) => "WholeNumber",
            (0..=8, false) => "xs:unsignedByte",
            (9..=16, false) => "xs:unsignedShort",
            (17..=32, false) => "xs:unsignedInt",
            (33..=64, false) => "xs:unsignedLong",
            (65.., false) => "WholeNumberFromZero",
        },
        ValueKind::Float { bits: 0..=32 } => "xs:float",
        ValueKind::Float { .. } => "xs:double",
        ValueKind::Bool => "xs:boolean",
        ValueKind::Timestamp => "xs:dateTime",
        ValueKind::Uuid => "Uuid",
        ValueKind::Choice(_) => return None,
        ValueKind::Text | ValueKind::Json | ValueKind::Nested(_) => "xs:string",
    })
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name, "=\""]);
    let before = out.len();
    if escape_attribute(out, value).is_err() {
        // No name of a model holds such a character.
        out.truncate(before);
    }
    out.push('"');
}
