//! Walks one complete fragment, element by element, without copying it.
//!
//! The reader is strict: whatever it has walked over is well-formed, namespace-well-formed, and free of what
//! RFC 6120 §11.1 rules out. It resolves names but attaches no meaning to them. After an error a fragment is
//! not to be read further. How start tags are taken apart is in `tag`, what prefixes mean in `bindings`, and
//! how a piece of source becomes a fragment of its own in `excerpt`.

mod bindings;
mod excerpt;
mod tag;

use std::borrow::Cow;

use memchr::{memchr, memmem};
use smallvec::SmallVec;

use self::bindings::Bindings;
use self::tag::{RawAttribute, StartTag};
use crate::{Attribute, Name, Scope, XmlError, characters, unescape};

/// Elements may be nested this deep.
const MAX_DEPTH: usize = 256;

/// What the reader met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'x> {
    /// A start tag; an empty-element tag is a `Start` followed by an `End`.
    Start(Name<'x>),
    /// A run of character data, or one CDATA section. Never empty.
    Text(Cow<'x, str>),
    /// The end of the element that was entered last and not yet left.
    End,
    /// The root is closed and nothing but white space followed it.
    Eof,
}

/// A cursor over one fragment: a stanza, a payload, the start tag of a stream.
///
/// The cursor stands in the *current* element: the one entered last and not yet left. [`child`](Self::child),
/// [`text`](Self::text), [`skip`](Self::skip) and [`raw`](Self::raw) move it; all of them but a `child` that
/// returns a name leave the current element.
#[derive(Debug, Clone)]
pub struct Reader<'x> {
    source: &'x str,
    position: usize,
    /// Qualified names of the open elements, and how many bindings were in force outside each.
    open: SmallVec<[(&'x str, usize); 12]>,
    bindings: Bindings<'x>,
    attributes: SmallVec<[RawAttribute<'x>; 4]>,
    /// Where the element entered last starts, and where its name ends.
    entered: (usize, usize),
    /// The element entered last was an empty-element tag, whose end has not been reported.
    end_is_due: bool,
    root_seen: bool,
}

impl<'x> Reader<'x> {
    /// Reads a fragment that inherits nothing.
    #[must_use]
    pub fn new(source: &'x str) -> Self {
        Self {
            source,
            position: 0,
            open: SmallVec::new(),
            bindings: Bindings::default(),
            attributes: SmallVec::new(),
            entered: (0, 0),
            end_is_due: false,
            root_seen: false,
        }
    }

    /// Reads a fragment that stands inside an element with these bindings.
    #[must_use]
    pub fn with_scope(source: &'x str, scope: &'x Scope) -> Self {
        let mut reader = Self::new(source);
        reader.bindings = Bindings::inherited(scope);
        reader
    }

    /// Enters the root element.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the fragment does not begin with a well-formed start tag.
    #[inline]
    pub fn root(&mut self) -> Result<Name<'x>, XmlError> {
        match self.event()? {
            Event::Start(name) => Ok(name),
            Event::Text(_) | Event::End | Event::Eof => Err(XmlError::Malformed(self.position)),
        }
    }

    /// Enters the next child of the current element, or leaves that element and returns `None`.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the fragment is broken, or has text other than white space between children.
    #[inline]
    pub fn child(&mut self) -> Result<Option<Name<'x>>, XmlError> {
        loop {
            // What stands there nearly always: the next tag.
            if !self.end_is_due {
                let rest = self.rest();
                match rest.as_bytes() {
                    [b'<', b'/', ..] => return self.end_tag(rest).map(|()| None),
                    [b'<', b'!' | b'?', ..] => {}
                    [b'<', _, ..] => return self.start_tag(rest).map(Some),
                    _ => {}
                }
            }
            let before = self.position;
            match self.event()? {
                Event::Start(name) => return Ok(Some(name)),
                Event::End => return Ok(None),
                Event::Text(text) if text.bytes().all(characters::is_white) => {}
                Event::Text(_) => return Err(XmlError::UnexpectedText(before)),
                Event::Eof => return Err(XmlError::Truncated(before)),
            }
        }
    }

    /// The whole text of the current element, which it leaves.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the fragment is broken, or the element has a child.
    #[inline]
    pub fn text(&mut self) -> Result<Cow<'x, str>, XmlError> {
        if let Some(text) = self.undivided_text()? {
            return Ok(text);
        }
        let mut whole = Cow::Borrowed("");
        loop {
            let before = self.position;
            match self.event()? {
                Event::Text(run) if whole.is_empty() => whole = run,
                Event::Text(run) => whole.to_mut().push_str(&run),
                Event::End => return Ok(whole),
                Event::Start(_) => return Err(XmlError::UnexpectedElement(before)),
                Event::Eof => return Err(XmlError::Truncated(before)),
            }
        }
    }

    /// The text of an element that has neither sections nor children, as nearly all text is.
    #[inline]
    fn undivided_text(&mut self) -> Result<Option<Cow<'x, str>>, XmlError> {
        if self.end_is_due || self.open.is_empty() {
            return Ok(None);
        }
        let start = self.position;
        let rest = self.rest();
        let end = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        match rest.split_at_checked(end) {
            Some((run, tag)) if tag.starts_with("</") => {
                let text = unescape::text(run, start)?;
                self.position += end;
                self.end_tag(tag)?;
                Ok(Some(text))
            }
            _ => Ok(None),
        }
    }

    /// Leaves the current element, whatever is in it.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when what is skipped is broken.
    pub fn skip(&mut self) -> Result<(), XmlError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            if self.event()? == Event::Eof {
                return Err(XmlError::Truncated(self.position));
            }
        }
        Ok(())
    }

    /// The value of an attribute without a prefix, of the element that was entered last.
    ///
    /// Attributes are gone once the cursor has moved on.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'x, str>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.prefix.is_none() && attribute.local == name)
            .map(|attribute| attribute.value.clone())
    }

    /// All attributes of the element that was entered last, declarations of namespaces left out.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'x>> {
        self.attributes.iter().map(|attribute| Attribute {
            prefix: attribute.prefix,
            local: attribute.local,
            value: attribute.value.clone(),
        })
    }

    /// The namespace that a prefix stands for where the cursor is.
    #[must_use]
    pub fn namespace_of(&self, prefix: &str) -> Option<Cow<'x, str>> {
        self.bindings.resolve(prefix)
    }

    /// The bindings in force inside the current element, to read what stands in it elsewhere.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.bindings.to_scope()
    }

    /// Checks that nothing but white space is left after the root.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when something does, or an element is still open.
    pub fn finish(&mut self) -> Result<(), XmlError> {
        match self.event()? {
            Event::Eof => Ok(()),
            Event::Start(_) | Event::Text(_) | Event::End => {
                Err(XmlError::Malformed(self.position))
            }
        }
    }

    /// The next event, whatever it is.
    ///
    /// # Errors
    ///
    /// [`XmlError`] when the fragment is broken there.
    #[inline]
    pub fn event(&mut self) -> Result<Event<'x>, XmlError> {
        if self.end_is_due {
            self.end_is_due = false;
            self.leave();
            return Ok(Event::End);
        }
        let start = self.position;
        let rest = self.rest();
        let Some(&first) = rest.as_bytes().first() else {
            return if self.open.is_empty() && self.root_seen {
                Ok(Event::Eof)
            } else {
                Err(XmlError::Truncated(start))
            };
        };
        if first != b'<' {
            let length = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            let run = rest.get(..length).unwrap_or_default();
            self.position += length;
            if self.open.is_empty() {
                return self.outside_root(run, start);
            }
            return Ok(Event::Text(unescape::text(run, start)?));
        }
        match rest.as_bytes().get(1) {
            Some(b'/') => self.end_tag(rest).map(|()| Event::End),
            Some(b'!') => self.cdata(rest),
            Some(b'?') => Err(XmlError::Restricted(start)),
            Some(_) => self.start_tag(rest).map(Event::Start),
            None => Err(XmlError::Truncated(start)),
        }
    }

    fn rest(&self) -> &'x str {
        self.source.get(self.position..).unwrap_or_default()
    }

    fn outside_root(&mut self, run: &str, start: usize) -> Result<Event<'x>, XmlError> {
        if run.bytes().all(characters::is_white) {
            self.event()
        } else {
            Err(XmlError::Malformed(start))
        }
    }

    fn start_tag(&mut self, rest: &'x str) -> Result<Name<'x>, XmlError> {
        let start = self.position;
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlError::TooComplex(start));
        }
        if self.open.is_empty() && self.root_seen {
            return Err(XmlError::Malformed(start));
        }
        let outside = self.bindings.len();
        let tag = StartTag::take(rest, start, &mut self.attributes, &mut self.bindings)?;
        let namespace = match tag.prefix {
            Some("xmlns") => None,
            prefix => self.bindings.resolve(prefix.unwrap_or_default()),
        };
        let namespace = namespace.ok_or(XmlError::Namespace(start))?;
        self.root_seen = true;
        self.open.push((tag.qualified, outside));
        self.entered = (start, start + 1 + tag.qualified.len());
        self.end_is_due = tag.is_empty;
        self.position = start + tag.length;
        Ok(Name {
            local: tag.local,
            namespace,
        })
    }

    fn end_tag(&mut self, rest: &'x str) -> Result<(), XmlError> {
        let start = self.position;
        let &(expected, _) = self.open.last().ok_or(XmlError::Malformed(start))?;
        let after = rest
            .get(2..)
            .and_then(|named| named.strip_prefix(expected))
            .ok_or(XmlError::Mismatch(start))?;
        let tail = characters::trim_white(after);
        match tail.as_bytes().first() {
            Some(b'>') => self.position = start + (rest.len() - tail.len()) + 1,
            Some(_) => return Err(XmlError::Mismatch(start)),
            None => return Err(XmlError::Truncated(start)),
        }
        self.leave();
        Ok(())
    }

    fn leave(&mut self) {
        self.attributes.clear();
        if let Some((_, outside)) = self.open.pop() {
            self.bindings.truncate(outside);
        }
    }

    fn cdata(&mut self, rest: &'x str) -> Result<Event<'x>, XmlError> {
        const OPEN: &str = "<![CDATA[";
        const CLOSE: &str = "]]>";
        let start = self.position;
        let Some(inside) = rest.strip_prefix(OPEN) else {
            return Err(XmlError::Restricted(start));
        };
        if self.open.is_empty() {
            return Err(XmlError::Malformed(start));
        }
        let length =
            memmem::find(inside.as_bytes(), CLOSE.as_bytes()).ok_or(XmlError::Truncated(start))?;
        self.position = start + OPEN.len() + length + CLOSE.len();
        let section = inside.get(..length).unwrap_or_default();
        if section.is_empty() {
            return self.event();
        }
        Ok(Event::Text(unescape::cdata(section, start + OPEN.len())?))
    }
}
