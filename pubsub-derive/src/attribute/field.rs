//! The words on fields and variants.
//!
//! Knows what each word takes. Does not know which go together.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, LitStr, Path, Token};

use super::value::bare;
use super::{Given, Level, each_word, give, misplaced, path, quoted, sea_orm};
use crate::errors::Errors;

/// What reading puts where nothing was written.
pub(crate) enum DefaultValue {
    /// `Default::default()`
    Trait,
    /// What a function returns.
    Path(Path),
}

/// The words on one field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) id: Option<Given<()>>,
    pub(crate) skip: Option<Given<()>>,
    pub(crate) rename: Option<Given<LitStr>>,
    pub(crate) attribute: Option<Given<()>>,
    pub(crate) with: Option<Given<Path>>,
    pub(crate) default: Option<Given<DefaultValue>>,
    pub(crate) skip_if: Option<Given<Path>>,
    pub(crate) child: Option<Given<()>>,
    pub(crate) flatten: Option<Given<()>>,
    pub(crate) title: Option<Given<()>>,
    pub(crate) updated: Option<Given<()>>,
    /// SeaORM is told that the field is of the primary key.
    pub(crate) is_key: bool,
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self {
            is_key: sea_orm::is_key(attributes),
            ..Self::default()
        };
        each_word(attributes, errors, |word: &Ident, input| {
            match word.unraw().to_string().as_str() {
                "id" => bare(word, input).and_then(|()| give(&mut found.id, word, ())),
                "skip" => bare(word, input).and_then(|()| give(&mut found.skip, word, ())),
                "rename" => {
                    quoted(word, input).and_then(|name| give(&mut found.rename, word, name))
                }
                "attribute" => {
                    bare(word, input).and_then(|()| give(&mut found.attribute, word, ()))
                }
                "with" => path(word, input).and_then(|module| give(&mut found.with, word, module)),
                "default" if !input.peek(Token![=]) => bare(word, input)
                    .and_then(|()| give(&mut found.default, word, DefaultValue::Trait)),
                "default" => path(word, input).and_then(|function| {
                    give(&mut found.default, word, DefaultValue::Path(function))
                }),
                "skip_if" => {
                    path(word, input).and_then(|function| give(&mut found.skip_if, word, function))
                }
                "child" => bare(word, input).and_then(|()| give(&mut found.child, word, ())),
                "flatten" => bare(word, input).and_then(|()| give(&mut found.flatten, word, ())),
                "title" => bare(word, input).and_then(|()| give(&mut found.title, word, ())),
                "updated" => bare(word, input).and_then(|()| give(&mut found.updated, word, ())),
                _ => Err(misplaced(word, Level::Field)),
            }
        });
        found
    }

    /// The words given, with whether each says how the field is written; for rules about several of them.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Ident> {
        fn word<T>(given: Option<&Given<T>>) -> Option<&Ident> {
            given.map(|given| &given.word)
        }
        [
            word(self.id.as_ref()),
            word(self.skip.as_ref()),
            word(self.rename.as_ref()),
            word(self.attribute.as_ref()),
            word(self.with.as_ref()),
            word(self.default.as_ref()),
            word(self.skip_if.as_ref()),
            word(self.child.as_ref()),
            word(self.flatten.as_ref()),
            word(self.title.as_ref()),
            word(self.updated.as_ref()),
        ]
        .into_iter()
        .flatten()
    }
}

/// The words on one variant.
#[derive(Default)]
pub(crate) struct VariantAttributes {
    pub(crate) rename: Option<Given<LitStr>>,
}

impl VariantAttributes {
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each_word(attributes, errors, |word: &Ident, input| {
            match word.unraw().to_string().as_str() {
                "rename" => {
                    quoted(word, input).and_then(|name| give(&mut found.rename, word, name))
                }
                _ => Err(misplaced(word, Level::Variant)),
            }
        });
        found
    }
}
