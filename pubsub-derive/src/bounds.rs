//! Which bounds the impls of a generic type need.
//!
//! Knows which types mention which parameters. A bound is put on the type of the value, `Page<T>: Payload`, so that it says no more than what is
//! used; what the user has bound by hand is left to them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit::{self, Visit};
use syn::{Generics, Ident, Path, Type, TypeParamBound, WhereClause, WherePredicate, parse_quote};

use crate::publication::{
    Absent, Codec, Content, Field, Occurs, Place, Publication, VariantContent,
};

/// Traits by which a user says how a parameter is written; the last names of their paths.
const BY_HAND: [&str; 4] = ["AsXmlText", "FromXmlText", "Text", "Payload"];

/// The `where` of the impls: what the type has, and what its fields need.
pub(crate) fn where_clause(publication: &Publication<'_>) -> Option<WhereClause> {
    let generics = publication.generics;
    if generics.type_params().next().is_none() {
        return generics.where_clause.clone();
    }
    let mut needed = Needed {
        publication,
        predicates: Vec::new(),
    };
    match &publication.content {
        Content::Fields(fields) | Content::Row(fields) | Content::Json(fields) => {
            needed.fields(fields);
        }
        Content::Words(_) => {}
        Content::Variants(variants) => {
            for variant in variants {
                match &variant.content {
                    VariantContent::Unit => {}
                    VariantContent::Fields(fields) => needed.fields(fields),
                    VariantContent::Value(field) => needed.field(field),
                }
            }
        }
        Content::Value(field) => needed.field(field),
    }
    let mut generics = generics.clone();
    let clause = generics.make_where_clause();
    clause.predicates.extend(needed.predicates);
    generics.where_clause
}

struct Needed<'p> {
    publication: &'p Publication<'p>,
    predicates: Vec<WherePredicate>,
}

impl Needed<'_> {
    fn fields(&mut self, fields: &[Field<'_>]) {
        for field in fields {
            self.field(field);
        }
    }

    fn field(&mut self, field: &Field<'_>) {
        let default = quote_spanned!(Span::mixed_site()=> __pubsub::Default);
        if matches!(field.absent, Absent::Default) {
            self.bind(field.ty, &default);
        }
        if field.place == Place::Skipped {
            return;
        }
        match field.codec {
            Codec::Text => self.bind_unless_by_hand(field.item, &path("Text")),
            Codec::Child => self.bind_unless_by_hand(field.item, &path("Payload")),
            Codec::With(_) => {}
        }
        if let Occurs::Keyed(key) = field.occurs {
            self.bind_unless_by_hand(key, &path("Text"));
            let item = field.item;
            let collection = path("Collection");
            self.bind(
                field.ty,
                &quote_spanned!(Span::mixed_site()=> #collection<Item = (#key, #item)> + #default),
            );
        } else if matches!(field.occurs, Occurs::Many) {
            let item = field.item;
            let collection = path("Collection");
            self.bind(
                field.ty,
                &quote_spanned!(Span::mixed_site()=> #collection<Item = #item> + #default),
            );
        }
    }

    fn bind_unless_by_hand(&mut self, ty: &Type, bound: &TokenStream) {
        let generics = self.publication.generics;
        let mentioned = mentioned(ty, generics);
        if mentioned.is_empty()
            || !mentioned
                .iter()
                .all(|param| is_bound_by_hand(param, generics))
        {
            self.bind(ty, bound);
        }
    }

    /// A type that mentions no parameter needs no bound, and one that mentions the type itself would ask in circles.
    fn bind(&mut self, ty: &Type, bound: &TokenStream) {
        if mentioned(ty, self.publication.generics).is_empty()
            || mentions(ty, self.publication.ident)
        {
            return;
        }
        let predicate: WherePredicate = parse_quote!(#ty: #bound);
        let tokens = predicate.to_token_stream().to_string();
        if self
            .predicates
            .iter()
            .all(|earlier| earlier.to_token_stream().to_string() != tokens)
        {
            self.predicates.push(predicate);
        }
    }
}

fn path(name: &str) -> TokenStream {
    let name = Ident::new(name, Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> __pubsub::#name)
}

fn mentioned<'g>(ty: &Type, generics: &'g Generics) -> Vec<&'g Ident> {
    generics
        .type_params()
        .map(|param| &param.ident)
        .filter(|ident| mentions(ty, ident))
        .collect()
}

fn mentions(ty: &Type, ident: &Ident) -> bool {
    struct Search<'i> {
        ident: &'i Ident,
        is_found: bool,
    }
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_path(&mut self, path: &'ast Path) {
            self.is_found |= path
                .segments
                .first()
                .is_some_and(|first| first.ident == *self.ident);
            visit::visit_path(self, path);
        }
    }
    let mut search = Search {
        ident,
        is_found: false,
    };
    search.visit_type(ty);
    search.is_found
}

fn is_bound_by_hand(param: &Ident, generics: &Generics) -> bool {
    let inline = generics
        .type_params()
        .any(|other| other.ident == *param && other.bounds.iter().any(says_how));
    let clause = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    inline
        || clause.into_iter().any(|predicate| match predicate {
            WherePredicate::Type(predicate) => {
                mentions(&predicate.bounded_ty, param) && predicate.bounds.iter().any(says_how)
            }
            _ => false,
        })
}

fn says_how(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| BY_HAND.iter().any(|name| last.ident == name)),
        _ => false,
    }
}
