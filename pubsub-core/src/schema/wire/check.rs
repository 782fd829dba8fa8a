//! What holds for an outline, and so has to for one that was read: who uses it need not ask again.

use std::collections::HashSet;

use pubsub_xml::Reader;

use crate::name::NodeName;
use crate::registry::Format;
use crate::schema::outline::{Body, Case, Count, Member, Outline, Site, Type, ValueKind};

/// Names are no longer.
const LONGEST: usize = 1024;

pub(super) fn check(outline: &Outline) -> Result<(), String> {
    NodeName::new(outline.node.as_str())
        .map_err(|error| format!("its node is no name: {error}"))?;
    name(&outline.type_name)?;
    if outline.types.is_empty() {
        return Err("it has no type".to_owned());
    }
    let checker = Checker { outline };
    if let Some(payload) = outline.payload() {
        checker.tag(&payload.name)?;
    }
    outline.types.iter().try_for_each(|each| checker.each(each))
}

struct Checker<'o> {
    outline: &'o Outline,
}

impl Checker<'_> {
    fn each(&self, each: &Type) -> Result<(), String> {
        name(&each.name)?;
        match &each.body {
            Body::Cases(cases) => self.cases(cases),
            body => self.body(body),
        }
    }

    fn body(&self, body: &Body) -> Result<(), String> {
        match body {
            Body::Record(members) => self.record(members),
            Body::Value(kind) => self.kind(kind),
            Body::Cases(_) => Err("a case has cases".to_owned()),
        }
    }

    fn cases(&self, cases: &[Case]) -> Result<(), String> {
        distinct(cases.iter().map(|case| case.name.as_str()))?;
        distinct(cases.iter().map(|case| case.tag.as_str()))?;
        for case in cases {
            name(&case.name)?;
            self.tag(&case.tag)?;
            self.body(&case.body)?;
        }
        Ok(())
    }

    fn record(&self, members: &[Member]) -> Result<(), String> {
        distinct(members.iter().map(|member| member.name.as_str()))?;
        let is_attribute = |member: &&Member| member.site == Site::Attribute;
        distinct(
            members
                .iter()
                .filter(is_attribute)
                .map(|member| member.tag.as_str()),
        )?;
        let elements = members.iter().flat_map(|member| match member.site {
            Site::Element => vec![member.tag.as_str()],
            Site::Attribute => Vec::new(),
            Site::Among => self.among(&member.kind).unwrap_or_default(),
        });
        distinct(elements)?;
        members.iter().try_for_each(|member| self.member(member))
    }

    fn member(&self, member: &Member) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("the member `{}` {what}", member.name));
        name(&member.name)?;
        name(&member.column)?;
        self.tag(&member.tag)?;
        self.kind(&member.kind)?;
        let is_single = matches!(member.count, Count::One | Count::Optional);
        match (member.site, &member.kind) {
            (Site::Attribute, ValueKind::Nested(_)) => return wrong("is nested in an attribute"),
            (Site::Attribute | Site::Among, _) if !is_single => {
                return wrong("has many values in one place");
            }
            (Site::Among, kind) if self.among(kind).is_none() => return wrong("has no cases"),
            _ => {}
        }
        match &member.count {
            Count::Keyed(ValueKind::Nested(_) | ValueKind::Json) => {
                wrong("has keys that are no text")
            }
            Count::Keyed(key) => self.kind(key),
            _ => Ok(()),
        }
    }

    fn kind(&self, kind: &ValueKind) -> Result<(), String> {
        match kind {
            ValueKind::Nested(number) if *number >= self.outline.types.len() => {
                Err(format!("there is no type #{number}"))
            }
            _ => Ok(()),
        }
    }

    /// The elements of the cases that a member has the choice of.
    fn among(&self, kind: &ValueKind) -> Option<Vec<&str>> {
        let ValueKind::Nested(number) = kind else {
            return None;
        };
        match &self.outline.types.get(*number)?.body {
            Body::Cases(cases) => Some(cases.iter().map(|case| case.tag.as_str()).collect()),
            _ => None,
        }
    }

    /// A name that an element or attribute can have, where it is one.
    fn tag(&self, tag: &str) -> Result<(), String> {
        name(tag)?;
        if self.outline.format != Format::Entry {
            return Ok(());
        }
        let element = format!("<{tag}/>");
        match Reader::new(&element).root() {
            Ok(root) if root.local == tag => Ok(()),
            _ => Err("a tag is no name in XML".to_owned()),
        }
    }
}

fn name(text: &str) -> Result<(), String> {
    match text.len() {
        0 => Err("a name is empty".to_owned()),
        1..=LONGEST => Ok(()),
        length => Err(format!(
            "a name has {length} bytes, and at most {LONGEST} are allowed"
        )),
    }
}

fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            let name: String = name.chars().take(40).collect();
            return Err(format!("`{name}` is there twice"));
        }
    }
    Ok(())
}
