//! The places that reading fills, one a field.
//!
//! Knows how a value is taken from an element or attribute. The traits are found as those in `leaf` are; the message for a type that cannot be
//! read comes from writing it, so it is not repeated here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt::Display;
use std::hash::{BuildHasher, Hash};

use pubsub_xml::Reader;
use xso::FromXmlText;

use crate::payload::{DecodeError, DecodeErrorKind, Payload, Text};

/// What has been read of a field so far.
#[derive(Debug)]
pub struct Slot<'a, T>(pub &'a Option<T>);

impl<T> Slot<'static, T> {
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
        parse(&text).map(Some).map_err(|error| DecodeError::invalid(label, error))
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
            Some(text) => parse(&text).map(Some).map_err(|error| DecodeError::invalid(name, error)),
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

/// The type has a text of its own.
pub trait TextSlot: Sized {
    /// The type.
    type Value;
    /// Takes it from the current element.
    fn text(self, reader: &mut Reader<'_>, label: &str) -> Result<Option<Self::Value>, DecodeError>;
    /// Takes it from an attribute of the current element.
    fn attribute(self, reader: &Reader<'_>, name: &str) -> Result<Option<Self::Value>, DecodeError>;
    /// Takes it from text already read.
    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<Self::Value>, DecodeError>;
}

impl<T: Text> TextSlot for Slot<'_, T> {
    type Value = T;

    #[inline]
    fn text(self, reader: &mut Reader<'_>, label: &str) -> Result<Option<T>, DecodeError> {
        let text = whole_text(reader, label)?;
        self.value(text, label)
    }

    fn attribute(self, reader: &Reader<'_>, name: &str) -> Result<Option<T>, DecodeError> {
        match reader.attribute(name) {
            None => Ok(None),
            Some(text) => self.value(text, name),
        }
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
pub trait ForeignSlot: Sized {
    /// The type.
    type Value;
    /// Takes it from the current element.
    fn text(self, reader: &mut Reader<'_>, label: &str) -> Result<Option<Self::Value>, DecodeError>;
    /// Takes it from an attribute of the current element.
    fn attribute(self, reader: &Reader<'_>, name: &str) -> Result<Option<Self::Value>, DecodeError>;
    /// Takes it from text already read.
    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<Self::Value>, DecodeError>;
}

impl<T: FromXmlText> ForeignSlot for &Slot<'_, T> {
    type Value = T;

    fn text(self, reader: &mut Reader<'_>, label: &str) -> Result<Option<T>, DecodeError> {
        let text = whole_text(reader, label)?;
        self.value(text, label)
    }

    fn attribute(self, reader: &Reader<'_>, name: &str) -> Result<Option<T>, DecodeError> {
        match reader.attribute(name) {
            None => Ok(None),
            Some(text) => self.value(text, name),
        }
    }

    fn value(self, text: Cow<'_, str>, label: &str) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        T::from_xml_text(text.into_owned()).map(Some).map_err(|error| DecodeError::invalid(label, error))
    }
}

/// The type is a payload.
pub trait ChildSlot: Sized {
    /// The type.
    type Value;
    /// Takes it from the current element, which has the namespace of what is around it.
    fn child(self, reader: &mut Reader<'_>, namespace: &str, label: &str) -> Result<Option<Self::Value>, DecodeError>;
    /// Takes it from the current element without leaving that: its fields stand among others.
    fn inline(self, reader: &Reader<'_>, namespace: &str) -> Result<Option<Self::Value>, DecodeError>;
}

impl<T: Payload> ChildSlot for Slot<'_, T> {
    type Value = T;

    fn child(self, reader: &mut Reader<'_>, namespace: &str, label: &str) -> Result<Option<T>, DecodeError> {
        self.check_free(label)?;
        T::read(reader, namespace).map(Some).map_err(|error| error.within(label))
    }

    fn inline(self, reader: &Reader<'_>, namespace: &str) -> Result<Option<T>, DecodeError> {
        T::read(&mut reader.clone(), namespace).map(Some)
    }
}

/// The type cannot be read; writing it has failed to compile and said so.
pub trait NoSlot: Sized {
    /// The type.
    type Value;

    /// Nothing.
    fn text(self, _: &mut Reader<'_>, _: &str) -> Result<Option<Self::Value>, DecodeError> {
        Ok(None)
    }
    /// Nothing.
    fn attribute(self, _: &Reader<'_>, _: &str) -> Result<Option<Self::Value>, DecodeError> {
        Ok(None)
    }
    /// Nothing.
    fn value(self, _: Cow<'_, str>, _: &str) -> Result<Option<Self::Value>, DecodeError> {
        Ok(None)
    }
    /// Nothing.
    fn child(self, _: &mut Reader<'_>, _: &str, _: &str) -> Result<Option<Self::Value>, DecodeError> {
        Ok(None)
    }
    /// Nothing.
    fn inline(self, _: &Reader<'_>, _: &str) -> Result<Option<Self::Value>, DecodeError> {
        Ok(None)
    }
}

impl<T> NoSlot for &mut Slot<'_, T> {
    type Value = T;
}

/// The value of a field that must be there.
#[inline]
pub fn required<T>(slot: Option<T>, label: &str) -> Result<T, DecodeError> {
    match slot {
        Some(value) => Ok(value),
        None => Err(DecodeError::new(label, DecodeErrorKind::Missing)),
    }
}

/// The key and value of one element of a map.
pub fn pair<K, V>(key: Option<K>, value: Option<V>, label: &str) -> Result<Option<(K, V)>, DecodeError> {
    match (key, value) {
        (Some(key), Some(value)) => Ok(Some((key, value))),
        _ => Err(DecodeError::new("key", DecodeErrorKind::Missing).within(label)),
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
