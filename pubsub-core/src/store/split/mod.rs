//! The values of the columns, taken from a payload.
//!
//! Knows the three formats of payloads, and reads each once and no further than its values go. Does not know the type of the model, so
//! a field that was left out because it has its default is missing here.

mod json;
mod read;

use std::borrow::Cow;

use pubsub_xml::Reader;

pub(crate) use self::read::read;
use super::column::Column;
use super::value::Value;
use crate::__private::{enter_row, next_field, nullable};
use crate::payload::{ATOM, DecodeError, DecodeErrorKind};
use crate::registry::{Descriptor, Format};

/// One value a column, in their order; [`Value::Null`] where the payload has none, or none that the column could hold.
///
/// # Errors
///
/// When the payload is broken.
pub(crate) fn split(
    model: &Descriptor,
    columns: &[Column],
    payload: &str,
) -> Result<Vec<Value>, DecodeError> {
    let mut cells = Cells::new(columns);
    if columns.is_empty() {
        return Ok(cells.values);
    }
    let mut reader = Reader::new(payload);
    let namespace = enter_payload(model, &mut reader)?;
    match model.format {
        Format::Entry => fields(&mut reader, &namespace, &mut cells),
        Format::Django => row(&mut reader, &namespace, &mut cells),
        Format::Json => json::object(&reader.text()?, &mut cells),
    }
    .map_err(|error| error.within(model.schema.name))?;
    Ok(cells.values)
}

/// Enters the payload in its entry, and tells the namespace of what is in it.
fn enter_payload<'x>(
    model: &Descriptor,
    reader: &mut Reader<'x>,
) -> Result<Cow<'x, str>, DecodeError> {
    let (name, namespace) = (model.schema.name, model.schema.namespace);
    let root = reader.root()?;
    if root.local != "entry" {
        return Err(DecodeError::new(name, DecodeErrorKind::NotAnEntry));
    }
    while let Some(child) = reader.child()? {
        let is_shared = namespace == ATOM && child.namespace == root.namespace;
        if child.local == name && (child.namespace == namespace || is_shared) {
            return Ok(child.namespace);
        }
        reader.skip()?;
    }
    Err(DecodeError::new(name, DecodeErrorKind::NoPayload))
}

fn fields(
    reader: &mut Reader<'_>,
    namespace: &str,
    cells: &mut Cells<'_>,
) -> Result<(), DecodeError> {
    for attribute in reader.attributes() {
        if attribute.prefix.is_none() {
            cells.put(attribute.local, true, attribute.value);
        }
    }
    while let Some(child) = reader.child()? {
        let is_field = child.namespace == namespace;
        match cells.place(child.local, false).filter(|_| is_field) {
            Some(place) => {
                let text = reader
                    .text()
                    .map_err(|error| DecodeError::from(error).within(child.local))?;
                cells.fill(place, text);
            }
            None => reader.skip()?,
        }
    }
    Ok(())
}

fn row(reader: &mut Reader<'_>, namespace: &str, cells: &mut Cells<'_>) -> Result<(), DecodeError> {
    enter_row(reader, namespace)?;
    if let Some(key) = reader.attribute("pk") {
        cells.put("pk", true, key);
    }
    while let Some(name) = next_field(reader, namespace)? {
        match cells.place(&name, false) {
            Some(place) => {
                if let Some(text) = nullable(reader)? {
                    cells.fill(place, text);
                }
            }
            None => reader.skip()?,
        }
    }
    Ok(())
}

/// Values on their way into columns.
struct Cells<'c> {
    columns: &'c [Column],
    values: Vec<Value>,
    /// Where the next one is looked for: payloads have their fields in the order of the columns.
    next: usize,
}

impl<'c> Cells<'c> {
    fn new(columns: &'c [Column]) -> Self {
        Self {
            columns,
            values: vec![Value::Null; columns.len()],
            next: 0,
        }
    }

    /// Which column a value belongs to, if any still waits for it.
    fn place(&mut self, name: &str, is_attribute: bool) -> Option<usize> {
        self.seek(|column| column.path.is_attribute == is_attribute && column.path.name == name)
    }

    fn seek(&mut self, is_it: impl Fn(&Column) -> bool) -> Option<usize> {
        let (before, from) = self.columns.split_at_checked(self.next)?;
        let place = match from.iter().position(&is_it) {
            Some(distance) => self.next + distance,
            None => before.iter().position(&is_it)?,
        };
        self.next = place + 1;
        Some(place)
    }

    fn put(&mut self, name: &str, is_attribute: bool, text: Cow<'_, str>) {
        if let Some(place) = self.place(name, is_attribute) {
            self.fill(place, text);
        }
    }

    fn fill(&mut self, place: usize, text: Cow<'_, str>) {
        if let Some(column) = self.columns.get(place) {
            self.set(place, read(column.kind, text));
        }
    }

    fn set(&mut self, place: usize, value: Value) {
        if let Some(cell) = self.values.get_mut(place) {
            *cell = value;
        }
    }
}

#[cfg(test)]
mod tests;
