//! The values of one record, in whatever order they came, put into the order of its members.
//!
//! Knows how many values a member may have and what stands for none. Does not know where they came from.

use std::collections::HashMap;
use std::ops::Range;

use super::plan::{MemberPlan, Record};
use crate::payload::{DecodeError, DecodeErrorKind};
use crate::schema::outline::Count;

/// Values, each written already.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) text: String,
    list: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Piece {
    member: usize,
    /// Of a map, the name of the member with its colon, which stands right before the value.
    key: Range<usize>,
    value: Range<usize>,
}

impl Pieces {
    /// What was added to the text since `start` is a value of this member; up to `value` it is its key.
    pub(super) fn add(&mut self, member: usize, start: usize, value: usize) {
        self.list.push(Piece {
            member,
            key: start..value,
            value: value..self.text.len(),
        });
    }

    /// Writes the members of an object, without the braces around them. `is_first` says whether none was written before.
    pub(super) fn write(
        mut self,
        record: &Record,
        mut is_first: bool,
        out: &mut String,
    ) -> Result<(), DecodeError> {
        if !self.list.is_sorted_by_key(|piece| piece.member) {
            self.list.sort_by_key(|piece| piece.member);
        }
        let mut rest = self.list.as_slice();
        for (number, plan) in record.members.iter().enumerate() {
            let count = rest.iter().take_while(|piece| piece.member == number);
            let (own, others) = rest.split_at_checked(count.count()).unwrap_or((rest, &[]));
            rest = others;
            if own.is_empty() && plan.member.has_default && !plan.is_many() {
                continue;
            }
            if !is_first {
                out.push(',');
            }
            is_first = false;
            out.push_str(&plan.key);
            self.member(plan, own, out)?;
        }
        Ok(())
    }

    fn member(
        &self,
        plan: &MemberPlan,
        own: &[Piece],
        out: &mut String,
    ) -> Result<(), DecodeError> {
        let wrong = |kind| Err(DecodeError::new(&plan.member.tag, kind));
        match (&plan.member.count, own) {
            (Count::Many, own) => {
                out.push('[');
                self.list(own.iter(), false, out);
                out.push(']');
            }
            (Count::Keyed(_), own) => {
                out.push('{');
                self.list(self.latest(own).into_iter(), true, out);
                out.push('}');
            }
            (_, [piece]) => out.push_str(self.get(&piece.value)),
            (Count::Optional, []) => out.push_str("null"),
            (Count::One, []) => return wrong(DecodeErrorKind::Missing),
            (_, _) => return wrong(DecodeErrorKind::Repeated),
        }
        Ok(())
    }

    fn list<'p>(&self, pieces: impl Iterator<Item = &'p Piece>, with_key: bool, out: &mut String) {
        for (position, piece) in pieces.enumerate() {
            if position > 0 {
                out.push(',');
            }
            if with_key {
                out.push_str(self.get(&piece.key));
            }
            out.push_str(self.get(&piece.value));
        }
    }

    /// Of values with one key the last, as a map keeps it.
    fn latest<'p>(&self, own: &'p [Piece]) -> Vec<&'p Piece> {
        let mut last = HashMap::with_capacity(own.len());
        for (position, piece) in own.iter().enumerate() {
            last.insert(self.get(&piece.key), position);
        }
        own.iter()
            .enumerate()
            .filter(|(position, piece)| last.get(self.get(&piece.key)) == Some(position))
            .map(|(_, piece)| piece)
            .collect()
    }

    fn get(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}
