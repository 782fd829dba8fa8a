//! Makes a piece of a fragment a fragment of its own: the source as it is, plus the declarations it inherits.
//!
//! A server forwards a publisher's payload without writing it anew. The payload may use prefixes, or a default
//! namespace, that were declared around it; where it goes, others are in force. So what it inherits is declared
//! on its root, and when it inherits nothing the source itself is handed out.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{Event, Reader};
use crate::{XmlError, escape_attribute};

/// The prefixes that an excerpt uses and does not declare.
#[derive(Debug, Default)]
struct Inherited<'x> {
    prefixes: SmallVec<[&'x str; 4]>,
}

impl<'x> Inherited<'x> {
    fn note(&mut self, reader: &Reader<'x>, outside: usize) {
        let Some(&(qualified, _)) = reader.open.last() else {
            return;
        };
        let of_element = qualified.split_once(':').map_or("", |(prefix, _)| prefix);
        let of_attributes = reader
            .attributes
            .iter()
            .filter_map(|attribute| attribute.prefix);
        for prefix in std::iter::once(of_element).chain(of_attributes) {
            if prefix != "xml"
                && !self.prefixes.contains(&prefix)
                && reader.bindings.comes_from_outside(prefix, outside)
            {
                self.prefixes.push(prefix);
            }
        }
    }
}

impl<'x> Reader<'x> {
    /// Leaves the current element and hands out its source, from its start tag to its end tag.
    ///
    /// The source means the same wherever it is put: namespaces that it inherits are declared on its root.
    /// It is borrowed unless something had to be declared. To be called right after the element was entered.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the element is broken.
    pub fn raw(&mut self) -> Result<Cow<'x, str>, XmlError> {
        self.excerpt(None)
    }

    /// The same for a place where the default namespace is `default`: if it is inherited here too, it is not declared again.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the element is broken.
    pub fn raw_in(&mut self, default: &str) -> Result<Cow<'x, str>, XmlError> {
        self.excerpt(Some(default))
    }

    fn excerpt(&mut self, default: Option<&str>) -> Result<Cow<'x, str>, XmlError> {
        let (start, name_end) = self.entered;
        let Some(&(_, outside)) = self.open.last() else {
            return Err(XmlError::Malformed(start));
        };
        let depth = self.open.len();
        let mut inherited = Inherited::default();
        inherited.note(self, outside);
        loop {
            match self.event()? {
                Event::Start(_) => inherited.note(self, outside),
                Event::End if self.open.len() < depth => break,
                Event::End | Event::Text(_) => {}
                Event::Eof => return Err(XmlError::Truncated(self.position)),
            }
        }
        let source = self.source.get(start..self.position).unwrap_or_default();
        if default.is_some() && self.bindings.resolve("").as_deref() == default {
            inherited.prefixes.retain(|prefix| !prefix.is_empty());
        }
        if inherited.prefixes.is_empty() {
            return Ok(Cow::Borrowed(source));
        }
        let (tag, rest) = source.split_at(name_end - start);
        let mut whole = String::with_capacity(source.len() + 64);
        whole.push_str(tag);
        for prefix in inherited.prefixes {
            // The bindings of the element itself are gone, so this is what it inherits.
            let namespace = self.bindings.resolve(prefix).unwrap_or_default();
            whole.push_str(if prefix.is_empty() {
                " xmlns"
            } else {
                " xmlns:"
            });
            whole.push_str(prefix);
            whole.push_str("=\"");
            escape_attribute(&mut whole, &namespace).map_err(|_| XmlError::Character(start))?;
            whole.push('"');
        }
        whole.push_str(rest);
        Ok(Cow::Owned(whole))
    }

    /// Leaves the current element and hands out its child elements, each as [`raw`](Self::raw) does.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the element is broken or has text between its children.
    pub fn inner(&mut self) -> Result<Cow<'x, str>, XmlError> {
        self.excerpts(None)
    }

    /// The same for a place where the default namespace is `default`, as [`raw_in`](Self::raw_in).
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the element is broken or has text between its children.
    pub fn inner_in(&mut self, default: &str) -> Result<Cow<'x, str>, XmlError> {
        self.excerpts(Some(default))
    }

    fn excerpts(&mut self, default: Option<&str>) -> Result<Cow<'x, str>, XmlError> {
        let mut whole = Cow::Borrowed("");
        while self.child()?.is_some() {
            let child = self.excerpt(default)?;
            if whole.is_empty() {
                whole = child;
            } else {
                whole.to_mut().push_str(&child);
            }
        }
        Ok(whole)
    }
}
