//! An outline made ready for writing: names as they stand in JSON, and where to put the value of a tag.
//!
//! Knows outlines. Does not know payloads.

use std::collections::HashMap;

use super::string::push_string;
use crate::schema::outline::{Body, Case, Count, Member, Outline, Site, ValueKind};

/// What to do with an element.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    Record(Record),
    Cases(Cases),
    Value(ValueKind),
}

/// Members and where they are found.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) members: Vec<MemberPlan>,
    /// The members that are attributes.
    pub(super) attributes: Vec<usize>,
    /// By tag: the member, and which of its cases where it is one of several.
    places: HashMap<String, Place>,
}

/// Where the element of a tag belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) member: usize,
    pub(super) case: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct MemberPlan {
    /// `"name":`
    pub(super) key: String,
    pub(super) member: Member,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    cases: Vec<CasePlan>,
    places: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
pub(super) struct CasePlan {
    /// `"Name"`
    pub(super) name: String,
    /// `None` where there is nothing inside.
    pub(super) body: Option<Box<Plan>>,
}

/// A plan a type.
pub(super) fn plans(outline: &Outline) -> Vec<Plan> {
    outline
        .types()
        .iter()
        .map(|each| plan(outline, &each.body))
        .collect()
}

fn plan(outline: &Outline, body: &Body) -> Plan {
    match body {
        Body::Record(members) => Plan::Record(record(outline, members)),
        Body::Cases(cases) => Plan::Cases(self::cases(outline, cases)),
        Body::Value(kind) => Plan::Value(kind.clone()),
    }
}

fn record(outline: &Outline, members: &[Member]) -> Record {
    let mut record = Record::default();
    for (number, member) in members.iter().enumerate() {
        let mut key = String::new();
        push_string(&mut key, &member.name);
        key.push(':');
        let here = Place {
            member: number,
            case: None,
        };
        match member.site {
            Site::Attribute => record.attributes.push(number),
            Site::Element => {
                record.places.insert(member.tag.clone(), here);
            }
            Site::Among => {
                for (case, tag) in cases_among(outline, &member.kind) {
                    let place = Place {
                        case: Some(case),
                        ..here
                    };
                    record.places.entry(tag.to_owned()).or_insert(place);
                }
            }
        }
        record.members.push(MemberPlan {
            key,
            member: member.clone(),
        });
    }
    record
}

fn cases_among<'o>(
    outline: &'o Outline,
    kind: &ValueKind,
) -> impl Iterator<Item = (usize, &'o str)> {
    let cases: &[Case] = match kind {
        ValueKind::Nested(number) => match outline.types().get(*number).map(|each| &each.body) {
            Some(Body::Cases(cases)) => cases,
            _ => &[],
        },
        _ => &[],
    };
    cases.iter().map(|case| case.tag.as_str()).enumerate()
}

fn cases(outline: &Outline, cases: &[Case]) -> Cases {
    let mut made = Cases::default();
    for (number, case) in cases.iter().enumerate() {
        let mut name = String::new();
        push_string(&mut name, &case.name);
        let is_empty = matches!(&case.body, Body::Record(members) if members.is_empty());
        made.places.insert(case.tag.clone(), number);
        made.cases.push(CasePlan {
            name,
            body: (!is_empty).then(|| Box::new(plan(outline, &case.body))),
        });
    }
    made
}

impl Record {
    /// Where the element of a tag belongs; `next` is the member that is most likely.
    #[inline]
    pub(super) fn place(&self, tag: &str, next: usize) -> Option<Place> {
        let likely = self.members.get(next).map(|plan| &plan.member);
        if likely.is_some_and(|member| member.site == Site::Element && member.tag == tag) {
            return Some(Place {
                member: next,
                case: None,
            });
        }
        self.places.get(tag).copied()
    }
}

impl MemberPlan {
    pub(super) fn is_many(&self) -> bool {
        matches!(self.member.count, Count::Many | Count::Keyed(_))
    }
}

impl Cases {
    pub(super) fn find(&self, tag: &str) -> Option<&CasePlan> {
        self.cases.get(*self.places.get(tag)?)
    }

    pub(super) fn get(&self, number: usize) -> Option<&CasePlan> {
        self.cases.get(number)
    }
}
