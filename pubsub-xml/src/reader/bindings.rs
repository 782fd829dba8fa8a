//! What namespace prefixes stand for, as elements open and close (Namespaces in XML §3, §6).
//!
//! The innermost declaration wins. Knows which declarations are allowed; does not know elements.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::{Scope, XmlError};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// One declaration; the prefix is empty for the default namespace.
#[derive(Debug, Clone)]
struct Binding<'x> {
    prefix: &'x str,
    namespace: Cow<'x, str>,
}

impl Binding<'_> {
    /// Compares without a call for the default namespace, which nearly every name asks for.
    #[inline]
    fn is_of(&self, prefix: &str) -> bool {
        self.prefix.len() == prefix.len() && (prefix.is_empty() || self.prefix == prefix)
    }
}

/// The declarations in force, outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings<'x> {
    stack: SmallVec<[Binding<'x>; 6]>,
}

impl<'x> Bindings<'x> {
    pub(super) fn inherited(scope: &'x Scope) -> Self {
        let bindings = scope.bindings.iter();
        let stack = bindings
            .map(|(prefix, namespace)| Binding {
                prefix,
                namespace: Cow::Borrowed(namespace),
            })
            .collect();
        Self { stack }
    }

    pub(super) fn len(&self) -> usize {
        self.stack.len()
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.stack.truncate(length);
    }

    /// Adds a declaration at byte `position`, of a tag outside of which `outside` bindings are in force.
    pub(super) fn declare(
        &mut self,
        prefix: &'x str,
        namespace: Cow<'x, str>,
        outside: usize,
        position: usize,
    ) -> Result<(), XmlError> {
        let is_allowed = match prefix {
            "xmlns" => false,
            "xml" => namespace == XML,
            "" => namespace != XML && namespace != XMLNS,
            _ => !namespace.is_empty() && namespace != XML && namespace != XMLNS,
        };
        if !is_allowed {
            return Err(XmlError::Namespace(position));
        }
        if self
            .stack
            .iter()
            .skip(outside)
            .any(|own| own.prefix == prefix)
        {
            return Err(XmlError::DuplicateAttribute(position));
        }
        self.stack.push(Binding { prefix, namespace });
        Ok(())
    }

    /// What `prefix` stands for; the default namespace is none unless declared.
    #[inline]
    pub(super) fn resolve(&self, prefix: &str) -> Option<Cow<'x, str>> {
        match self.stack.iter().rfind(|binding| binding.is_of(prefix)) {
            Some(binding) => Some(binding.namespace.clone()),
            None if prefix.is_empty() => Some(Cow::Borrowed("")),
            None if prefix == "xml" => Some(Cow::Borrowed(XML)),
            None => None,
        }
    }

    /// Whether the binding of `prefix` is one of the first `outside`, or there is none.
    pub(super) fn comes_from_outside(&self, prefix: &str, outside: usize) -> bool {
        !self
            .stack
            .iter()
            .skip(outside)
            .any(|binding| binding.is_of(prefix))
    }

    pub(super) fn to_scope(&self) -> Scope {
        let bindings = self.stack.iter();
        let owned = bindings.map(|binding| {
            (
                binding.prefix.to_owned(),
                binding.namespace.clone().into_owned(),
            )
        });
        Scope {
            bindings: owned.collect(),
        }
    }
}
