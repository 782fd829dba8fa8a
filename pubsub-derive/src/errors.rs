//! Collects everything that is wrong, so that the user hears of it all at once.
//!
//! Knows errors. Does not know what they are about. Dropping it unread is a mistake of the derive, which debug builds of it catch.

use proc_macro2::Span;
use quote::ToTokens;
use std::fmt::Display;

/// What is wrong so far.
pub(crate) struct Errors {
    found: Option<syn::Error>,
    is_read: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self {
            found: None,
            is_read: false,
        }
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.found {
            Some(found) => found.combine(error),
            None => self.found = Some(error),
        }
    }

    /// Adds an error at what the user wrote.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error at a place.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// The only way out: `Err` when anything was wrong.
    pub(crate) fn into_result(mut self) -> syn::Result<()> {
        self.is_read = true;
        self.found.take().map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.is_read || std::thread::panicking(),
            "the errors of a derive were dropped unread"
        );
    }
}
