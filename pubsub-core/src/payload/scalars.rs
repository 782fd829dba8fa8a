//! The standard types that are one piece of text.
//!
//! Knows their spelling, which is that of XML Schema where it has one. Writing allocates nothing; reading allocates only what owns memory.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use super::error::TextError;
use super::text::{Escape, Text};
use crate::schema::Kind;

macro_rules! integers {
    ($($type:ty: $bits:literal $signed:literal;)*) => {$(
        impl Text for $type {
            const KIND: Kind = Kind::Integer { bits: $bits, signed: $signed };

            #[inline]
            fn write_text(&self, out: &mut String, _: Escape) -> Result<(), TextError> {
                out.push_str(itoa::Buffer::new().format(*self));
                Ok(())
            }

            #[inline]
            fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
                text.trim_ascii().parse().map_err(TextError::invalid)
            }
        }
    )*};
}

integers! {
    i8: 8 true;
    i16: 16 true;
    i32: 32 true;
    i64: 64 true;
    i128: 128 true;
    isize: 64 true;
    u8: 8 false;
    u16: 16 false;
    u32: 32 false;
    u64: 64 false;
    u128: 128 false;
    usize: 64 false;
}

macro_rules! non_zero {
    ($($type:ident: $bits:literal $signed:literal;)*) => {$(
        impl Text for std::num::$type {
            const KIND: Kind = Kind::Integer { bits: $bits, signed: $signed };

            fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
                self.get().write_text(out, escape)
            }

            fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
                text.trim_ascii().parse().map_err(TextError::invalid)
            }
        }
    )*};
}

non_zero! {
    NonZeroI8: 8 true;
    NonZeroI16: 16 true;
    NonZeroI32: 32 true;
    NonZeroI64: 64 true;
    NonZeroI128: 128 true;
    NonZeroIsize: 64 true;
    NonZeroU8: 8 false;
    NonZeroU16: 16 false;
    NonZeroU32: 32 false;
    NonZeroU64: 64 false;
    NonZeroU128: 128 false;
    NonZeroUsize: 64 false;
}

macro_rules! floats {
    ($($type:ty: $bits:literal;)*) => {$(
        impl Text for $type {
            const KIND: Kind = Kind::Float { bits: $bits };

            #[inline]
            fn write_text(&self, out: &mut String, _: Escape) -> Result<(), TextError> {
                out.push_str(if self.is_nan() {
                    "NaN"
                } else if *self == Self::INFINITY {
                    "INF"
                } else if *self == Self::NEG_INFINITY {
                    "-INF"
                } else {
                    // The shortest text that reads back as the same number.
                    out.push_str(ryu::Buffer::new().format_finite(*self));
                    return Ok(());
                });
                Ok(())
            }

            #[inline]
            fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
                text.trim_ascii().parse().map_err(TextError::invalid)
            }
        }
    )*};
}

floats! {
    f32: 32;
    f64: 64;
}

impl Text for bool {
    const KIND: Kind = Kind::Bool;

    #[inline]
    fn write_text(&self, out: &mut String, _: Escape) -> Result<(), TextError> {
        out.push_str(if *self { "true" } else { "false" });
        Ok(())
    }

    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        match text.trim_ascii() {
            "true" | "1" | "True" => Ok(true),
            "false" | "0" | "False" => Ok(false),
            _ => Err(TextError::invalid("expected `true` or `false`")),
        }
    }
}

impl Text for char {
    const KIND: Kind = Kind::Text;

    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        escape.push(out, self.encode_utf8(&mut [0; 4]))
    }

    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        text.parse().map_err(TextError::invalid)
    }
}

impl Text for String {
    const KIND: Kind = Kind::Text;

    #[inline]
    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        escape.push(out, self)
    }

    #[inline]
    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        Ok(text.into_owned())
    }
}

impl Text for Cow<'_, str> {
    const KIND: Kind = Kind::Text;

    #[inline]
    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        escape.push(out, self)
    }

    #[inline]
    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        Ok(Cow::Owned(text.into_owned()))
    }
}

macro_rules! shared_strings {
    ($($type:ty;)*) => {$(
        impl Text for $type {
            const KIND: Kind = Kind::Text;

            #[inline]
            fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
                escape.push(out, self)
            }

            #[inline]
            fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
                Ok(Self::from(&*text))
            }
        }
    )*};
}

shared_strings! {
    Box<str>;
    Rc<str>;
    Arc<str>;
}

impl<T: Text> Text for Box<T> {
    const KIND: Kind = T::KIND;

    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        T::write_text(self, out, escape)
    }

    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        T::read_text(text).map(Self::new)
    }
}

macro_rules! displayed {
    ($($type:ty: $kind:expr;)*) => {$(
        impl Text for $type {
            const KIND: Kind = $kind;

            fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
                escape.push(out, &self.to_string())
            }

            fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
                text.parse().map_err(TextError::invalid)
            }
        }
    )*};
}

displayed! {
    IpAddr: Kind::Text;
    Ipv4Addr: Kind::Text;
    Ipv6Addr: Kind::Text;
    SocketAddr: Kind::Text;
    jid::Jid: Kind::Text;
    jid::BareJid: Kind::Text;
    jid::FullJid: Kind::Text;
}

impl Text for uuid::Uuid {
    const KIND: Kind = Kind::Uuid;

    fn write_text(&self, out: &mut String, _: Escape) -> Result<(), TextError> {
        out.push_str(self.hyphenated().encode_lower(&mut Self::encode_buffer()));
        Ok(())
    }

    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        text.trim_ascii().parse().map_err(TextError::invalid)
    }
}
