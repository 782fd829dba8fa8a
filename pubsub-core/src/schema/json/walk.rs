//! Walks over the element of a payload and writes what it meets.
//!
//! Knows the formats of payloads, and takes what the readers of models take: members in any order, foreign elements passed over. Does not know
//! the entry around the payload.

use pubsub_xml::Reader;

use super::pieces::Pieces;
use super::plan::{CasePlan, Cases, Place, Plan, Record};
use super::scalar;
use crate::__private::{enter_row, next_child, next_field, nullable};
use crate::payload::{DecodeError, DecodeErrorKind, TextError};
use crate::schema::outline::{Count, ValueKind};

type Written = Result<(), DecodeError>;

/// All plans, to find what is nested in one.
#[derive(Clone, Copy)]
pub(super) struct Walk<'p> {
    pub(super) plans: &'p [Plan],
    /// By member of the payload: the beginning of the URIs in whose place the value stands.
    pub(super) links: &'p [Option<String>],
}

impl Walk<'_> {
    /// The element that was entered last, which is left.
    pub(super) fn element(
        self,
        plan: &Plan,
        reader: &mut Reader<'_>,
        namespace: &str,
        out: &mut String,
    ) -> Written {
        match plan {
            Plan::Value(kind) => self.value(kind, reader, namespace, out),
            Plan::Cases(cases) => self.cases(cases, reader, namespace, out),
            Plan::Record(record) => {
                let pieces = self.record(record, reader, namespace)?;
                out.push('{');
                pieces.write(record, true, out)?;
                out.push('}');
                Ok(())
            }
        }
    }

    fn value(
        self,
        kind: &ValueKind,
        reader: &mut Reader<'_>,
        namespace: &str,
        out: &mut String,
    ) -> Written {
        let inside = Walk { links: &[], ..self };
        match kind {
            ValueKind::Nested(number) => match self.plans.get(*number) {
                Some(plan) => inside.element(plan, reader, namespace, out),
                None => Ok(reader.skip()?),
            },
            kind => scalar::push(kind, reader.text()?, out).map_err(unreadable),
        }
    }

    /// The values of a record.
    pub(super) fn record(
        self,
        record: &Record,
        reader: &mut Reader<'_>,
        namespace: &str,
    ) -> Result<Pieces, DecodeError> {
        let mut pieces = Pieces::default();
        for &number in &record.attributes {
            let Some(plan) = record.members.get(number) else {
                continue;
            };
            if let Some(text) = reader.attribute(&plan.member.tag) {
                let start = pieces.text.len();
                self.text(number, &plan.member.kind, text, &mut pieces.text)
                    .map_err(|error| DecodeError::invalid(&plan.member.tag, error))?;
                pieces.add(number, start, start);
            }
        }
        let mut next = 0;
        while let Some(tag) = next_child(reader, namespace)? {
            match record.place(tag, next) {
                Some(place) => {
                    self.member(record, place, reader, namespace, &mut pieces)
                        .map_err(|error| error.within(tag))?;
                    next = place.member;
                    if record.members.get(next).is_some_and(|plan| !plan.is_many()) {
                        next += 1;
                    }
                }
                None => reader.skip()?,
            }
        }
        Ok(pieces)
    }

    fn member(
        self,
        record: &Record,
        place: Place,
        reader: &mut Reader<'_>,
        namespace: &str,
        pieces: &mut Pieces,
    ) -> Written {
        let Some(member) = record.members.get(place.member).map(|plan| &plan.member) else {
            return Ok(reader.skip()?);
        };
        let start = pieces.text.len();
        let mut value = start;
        if let Count::Keyed(kind) = &member.count {
            let key = reader
                .attribute("key")
                .ok_or_else(|| DecodeError::new("key", DecodeErrorKind::Missing))?;
            let key =
                scalar::plain(kind, key).map_err(|error| DecodeError::invalid("key", error))?;
            super::string::push_string(&mut pieces.text, &key);
            pieces.text.push(':');
            value = pieces.text.len();
        }
        match (place.case, &member.kind) {
            (Some(case), ValueKind::Nested(number)) => {
                let inside = Walk { links: &[], ..self };
                match self.plans.get(*number) {
                    Some(Plan::Cases(cases)) => {
                        if let Some(case) = cases.get(case) {
                            inside.case(case, reader, namespace, &mut pieces.text)?;
                        }
                    }
                    _ => reader.skip()?,
                }
            }
            (_, kind @ ValueKind::Nested(_)) => {
                self.value(kind, reader, namespace, &mut pieces.text)?;
            }
            (_, kind) => {
                let text = reader.text()?;
                self.text(place.member, kind, text, &mut pieces.text)
                    .map_err(unreadable)?;
            }
        }
        pieces.add(place.member, start, value);
        Ok(())
    }

    /// A single value of a member, or the URI of what it names.
    fn text(
        self,
        member: usize,
        kind: &ValueKind,
        text: std::borrow::Cow<'_, str>,
        out: &mut String,
    ) -> Result<(), TextError> {
        match self.links.get(member) {
            Some(Some(beginning)) => {
                let name = scalar::plain(kind, text)?;
                super::push_uri(out, beginning, &name);
                Ok(())
            }
            _ => scalar::push(kind, text, out),
        }
    }

    fn cases(
        self,
        cases: &Cases,
        reader: &mut Reader<'_>,
        namespace: &str,
        out: &mut String,
    ) -> Written {
        let mut is_found = false;
        while let Some(tag) = next_child(reader, namespace)? {
            match cases.find(tag) {
                Some(_) if is_found => {
                    return Err(DecodeError::new(tag, DecodeErrorKind::Repeated));
                }
                Some(case) => {
                    self.case(case, reader, namespace, out)
                        .map_err(|error| error.within(tag))?;
                    is_found = true;
                }
                None => reader.skip()?,
            }
        }
        if is_found {
            Ok(())
        } else {
            Err(DecodeError::new("", DecodeErrorKind::NoVariant))
        }
    }

    /// The element of a case, which is left.
    fn case(
        self,
        case: &CasePlan,
        reader: &mut Reader<'_>,
        namespace: &str,
        out: &mut String,
    ) -> Written {
        let Some(body) = &case.body else {
            out.push_str(&case.name);
            return Ok(reader.skip()?);
        };
        out.push('{');
        out.push_str(&case.name);
        out.push(':');
        self.element(body, reader, namespace, out)?;
        out.push('}');
        Ok(())
    }

    /// The values of a row of Django, whose key is the member `id`.
    pub(super) fn row(
        self,
        record: &Record,
        id: Option<usize>,
        reader: &mut Reader<'_>,
        namespace: &str,
    ) -> Result<Pieces, DecodeError> {
        let mut pieces = Pieces::default();
        enter_row(reader, namespace)?;
        if let (Some(number), Some(key)) = (id, reader.attribute("pk"))
            && let Some(plan) = record.members.get(number)
        {
            self.text(number, &plan.member.kind, key, &mut pieces.text)
                .map_err(|error| DecodeError::invalid("pk", error))?;
            pieces.add(number, 0, 0);
        }
        let mut next = 0;
        while let Some(name) = next_field(reader, namespace)? {
            let place = record.place(&name, next).map(|place| place.member);
            let Some(number) = place.filter(|number| Some(*number) != id) else {
                reader.skip()?;
                continue;
            };
            next = number + 1;
            let Some(plan) = record.members.get(number) else {
                continue;
            };
            let within = |error: DecodeError| error.within(&name);
            let text = match plan.member.count {
                Count::Optional => nullable(reader).map_err(within)?,
                _ => Some(reader.text().map_err(|error| within(error.into()))?),
            };
            if let Some(text) = text {
                let start = pieces.text.len();
                self.text(number, &plan.member.kind, text, &mut pieces.text)
                    .map_err(|error| DecodeError::invalid(&name, error))?;
                pieces.add(number, start, start);
            }
        }
        Ok(pieces)
    }
}

fn unreadable(error: TextError) -> DecodeError {
    DecodeError::invalid("", error)
}
