//! The places that reading fills, one a field.
//!
//! Knows how a value is taken from an element or attribute. [`ReadText`] and [`ReadChild`] are found as `WriteLeaf` in `leaf` is; the message for a
//! type that has neither comes from writing it, and is not repeated here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt::Display;
use std::hash::{BuildHasher, Hash};

use pubsub_xml::Reader;
use xso::FromXmlText;

use super::django::nullable;
use crate::payload::{DecodeError, DecodeErrorKind, Payload, Text, TextError};

/// What has been read of a field so far.
#[derive(Debug)]
pub struct Slot<'a, T>(pub &'a Option<T>);

impl<T> Slot<'_, T> {
    /// The slot of a value of which there may be many.
    pub const FREE: Self = Slot(&None);
}

impl<T> Slot<'_, T> {
    fn check_free(&self, label: &str) -> Result<(), DecodeError> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(DecodeError::new(label, DecodeErrorKind::Repeated)),
        }
    }

    /// Reads the text of the current element with a function of the module named by `#[publish(with = module)]`.
    pub fn parse<E: Display>(
        self,
        reader: &mut Reader<'_>,
        label: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        let text = whole_text(reader, label)?;
        parse(&text)
            .map(Some)
            .map_err(|error| DecodeError::invalid(label, error))
    }

    /// The same where the element may hold Django's `<None/>`.
    pub fn parse_nullable<E: Display>(
        self,
        reader: &mut Reader<'_>,
        label: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        match nullable(reader)? {
            None => Ok(None),
            Some(text) => parse(&text)
                .map(Some)
                .map_err(|error| DecodeError::invalid(label, error)),
        }
    }

    /// Reads an attribute of the current element with such a function.
    pub fn parse_attribute<E: Display>(
        self,
        reader: &Reader<'_>,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, DecodeError> {
        match reader.attribute(name) {
            None => Ok(None),
            Some(text) => parse(&text)
                .map(Some)
                .map_err(|error| DecodeError::invalid(name, error)),
        }
    }
}

#[inline]
fn whole_text<'x>(reader: &mut Reader<'x>, label: &str) -> Result<Cow<'x, str>, DecodeError> {
    match reader.text() {
        Ok(text) => Ok(text),
        Err(error) => Err(DecodeError::from(error).within(label)),
    }
}

/// Fills a [`Slot`] with a value that is text.
pub trait ReadText: Sized {
    /// The type of the value.
    type Value;

    /// Takes it from text alone, whatever field that belongs to.
    fn bare(self, text: Cow<'_, str>) -> Result<Self::Value, TextError>;

    /// Takes it from text already read.
    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<Self::Value>, DecodeError>;

    /// Takes it from the current element.
    #[inline]
    fn text(
        self,
        reader: &mut Reader<'_>,
        label: &str,
    ) -> Result<Option<Self::Value>, DecodeError> {
        let text = whole_text(reader, label)?;
        self.value(text, label)
    }

    /// Takes it from an attribute of the current element.
    fn attribute(
        self,
        reader: &Reader<'_>,
        name: &str,
    ) -> Result<Option<Self::Value>, DecodeError> {
        match reader.attribute(name) {
            None => Ok(None),
            Some(text) => self.value(text, name),
        }
    }
}

/// The type has a text of its own.
impl<T: Text> ReadText for Slot<'_, T> {
    type Value = T;

    #[inline]
    fn bare(self, text: Cow<'_, str>) -> Result<T, TextError> {
        T::read_text(text)
    }

    #[inline]
    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        match T::read_text(text) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(DecodeError::invalid(label, error)),
        }
    }
}

/// The type has a text that the XMPP libraries know.
impl<T: FromXmlText> ReadText for &Slot<'_, T> {
    type Value = T;

    fn bare(self, text: Cow<'_, str>) -> Result<T, TextError> {
        T::from_xml_text(text.into_owned()).map_err(TextError::invalid)
    }

    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        self.bare(text)
            .map(Some)
            .map_err(|error| DecodeError::invalid(label, error))
    }
}

/// The type has no text, and the program does not compile.
impl<T> ReadText for &mut Slot<'_, T> {
    type Value = T;

    fn bare(self, _: Cow<'_, str>) -> Result<T, TextError> {
        Err(TextError::invalid(""))
    }

    fn value(self, _: Cow<'_, str>, _: &str) -> Result<Option<T>, DecodeError> {
        Ok(None)
    }
}

/// Fills a [`Slot`] with a nested payload.
pub trait ReadChild: Sized {
    /// The type of the value.
    type Value;

    /// Takes it from the current element; its fields are in the namespace of what is around it.
    fn child(
        self,
        reader: &mut Reader<'_>,
        namespace: &str,
        label: &str,
    ) -> Result<Option<Self::Value>, DecodeError>;

    /// Takes it from the current element without moving on: its fields stand among others.
    fn inline(self, reader: &Reader<'_>, namespace: &str) -> Result<Self::Value, DecodeError>;
}

impl<T: Payload> ReadChild for Slot<'_, T> {
    type Value = T;

    fn child(
        self,
        reader: &mut Reader<'_>,
        namespace: &str,
        label: &str,
    ) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        T::read(reader, namespace)
            .map(Some)
            .map_err(|error| error.within(label))
    }

    fn inline(self, reader: &Reader<'_>, namespace: &str) -> Result<T, DecodeError> {
        T::read(&mut reader.clone(), namespace)
    }
}

/// The type is no payload, and the program does not compile.
impl<T> ReadChild for &Slot<'_, T> {
    type Value = T;

    fn child(self, _: &mut Reader<'_>, _: &str, label: &str) -> Result<Option<T>, DecodeError> {
        Err(DecodeError::new(label, DecodeErrorKind::Missing))
    }

    fn inline(self, _: &Reader<'_>, _: &str) -> Result<T, DecodeError> {
        Err(DecodeError::new("", DecodeErrorKind::Missing))
    }
}

/// A field that holds many values.
pub trait Collection {
    /// One of them.
    type Item;
    /// Adds one, if there is one.
    fn put(&mut self, item: Option<Self::Item>);
}

macro_rules! collections {
    ($([$($generics:tt)*] $type:ty, $item:ty, $this:ident, $value:pat => $put:expr;)*) => {$(
        impl<$($generics)*> Collection for $type {
            type Item = $item;

            #[inline]
            fn put(&mut self, item: Option<$item>) {
                let $this = self;
                if let Some($value) = item {
                    $put;
                }
            }
        }
    )*};
}

collections! {
    [T] Vec<T>, T, this, value => this.push(value);
    [T] VecDeque<T>, T, this, value => this.push_back(value);
    [T] LinkedList<T>, T, this, value => this.push_back(value);
    [T: Ord] BTreeSet<T>, T, this, value => this.insert(value);
    [T: Eq + Hash, S: BuildHasher] HashSet<T, S>, T, this, value => this.insert(value);
    [K: Ord, V] BTreeMap<K, V>, (K, V), this, (key, value) => this.insert(key, value);
    [K: Eq + Hash, V, S: BuildHasher] HashMap<K, V, S>, (K, V), this, (key, value) => this.insert(key, value);
}
