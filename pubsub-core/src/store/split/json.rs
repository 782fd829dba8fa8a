//! The values of an object in JSON.
//!
//! Knows which members are columns and takes scalars from them as serde gives them. A member is found by the name of its field in Rust,
//! whatever case serde's `rename_all` made of it; one that was renamed otherwise is not found.

use super::Cells;
use crate::payload::DecodeError;

/// Without the feature there are no such payloads: their models do not compile.
#[cfg(not(feature = "json"))]
pub(super) fn object(_: &str, _: &mut Cells<'_>) -> Result<(), DecodeError> {
    Ok(())
}

#[cfg(feature = "json")]
pub(super) fn object(json: &str, cells: &mut Cells<'_>) -> Result<(), DecodeError> {
    present::object(json, cells)
}

#[cfg(feature = "json")]
mod present {
    use std::borrow::Cow;
    use std::fmt;

    use serde::de::{
        DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
    };

    use super::Cells;
    use crate::payload::DecodeError;
    use crate::store::split::read;
    use crate::store::{ColumnKind, Value};

    pub(super) fn object(json: &str, cells: &mut Cells<'_>) -> Result<(), DecodeError> {
        // Serde is asked for numbers of 128 bits by name, or it makes floating-point numbers of them; it then takes nothing else there.
        if read_as(json, cells, true).is_ok() {
            return Ok(());
        }
        read_as(json, cells, false).map_err(|error| DecodeError::invalid("json", error))
    }

    fn read_as(json: &str, cells: &mut Cells<'_>, is_exact: bool) -> serde_json::Result<()> {
        Object { cells, is_exact }.deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    /// The whole payload.
    struct Object<'a, 'c> {
        cells: &'a mut Cells<'c>,
        is_exact: bool,
    }

    impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_map(self)
        }
    }

    impl<'de> Visitor<'de> for Object<'_, '_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
            while let Some(name) = members.next_key::<Cow<'_, str>>()? {
                match place(self.cells, &name) {
                    Some((place, kind)) => {
                        let value = members.next_value_seed(Scalar {
                            kind,
                            is_exact: self.is_exact,
                        })?;
                        self.cells.set(place, value);
                    }
                    None => {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(())
        }
    }

    fn place(cells: &mut Cells<'_>, name: &str) -> Option<(usize, ColumnKind)> {
        let place = cells.seek(|column| is_case_of(name, column.path.name))?;
        cells.columns.get(place).map(|column| (place, column.kind))
    }

    /// Whether a name differs from a field's in nothing but the case of letters and the marks between words.
    fn is_case_of(name: &str, field: &str) -> bool {
        name == field || letters(name).eq(letters(field))
    }

    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
    }

    /// One member that is a column.
    struct Scalar {
        kind: ColumnKind,
        is_exact: bool,
    }

    impl<'de> DeserializeSeed<'de> for Scalar {
        type Value = Value;

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
            match self.kind {
                ColumnKind::BigInteger | ColumnKind::WideInteger if self.is_exact => {
                    deserializer.deserialize_option(self)
                }
                _ => deserializer.deserialize_any(self),
            }
        }
    }

    impl<'de> Visitor<'de> for Scalar {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
            match self.kind {
                ColumnKind::WideInteger => deserializer.deserialize_i128(self),
                _ => deserializer.deserialize_u128(self),
            }
        }

        fn visit_none<E: Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
            Ok(match self.kind {
                ColumnKind::Bool => Value::Bool(value),
                _ => Value::Null,
            })
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
            Ok(read(self.kind, value.to_string().into()))
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
            Ok(read(self.kind, value.to_string().into()))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
            Ok(match self.kind {
                ColumnKind::Real => Value::Real(value),
                ColumnKind::Text => Value::Text(value.to_string().into()),
                _ => Value::Null,
            })
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
            Ok(read(self.kind, value.into()))
        }

        fn visit_unit<E: Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Value::Null)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Value::Null)
        }
    }
}
