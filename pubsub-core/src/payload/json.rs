//! Payloads that are JSON: the `<json xmlns="urn:xmpp:json:0"/>` container of XEP-0335.
//!
//! Knows the container. What is inside is serde's business.

/// The namespace of the container.
pub const JSON: &str = "urn:xmpp:json:0";

#[cfg(feature = "json")]
mod container {
    use pubsub_xml::Reader;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::JSON;
    use crate::payload::{DecodeError, EncodeError, Escape, Payload, TextError};
    use crate::schema::{Kind, Shape};

    /// Any serde value as a payload: `pubsub.publish("/home", Json(value))`.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct Json<T>(pub T);

    impl<T: Serialize + DeserializeOwned> Payload for Json<T> {
        const NAME: &'static str = "json";
        const NAMESPACE: &'static str = JSON;
        const SHAPE: Shape = Shape::Text(Kind::Json);

        fn write_content(&self, out: &mut String) -> Result<(), EncodeError> {
            write_json(&self.0, out)
        }

        fn read(reader: &mut Reader<'_>, _: &str) -> Result<Self, DecodeError> {
            read_json(reader).map(Json)
        }
    }

    /// Writes a value as JSON text.
    ///
    /// # Errors
    ///
    /// When serde refuses, or the text holds what XML cannot carry.
    pub fn write_json<T: Serialize>(value: &T, out: &mut String) -> Result<(), EncodeError> {
        let json = serde_json::to_string(value).map_err(TextError::invalid);
        json.and_then(|json| Escape::Element.push(out, &json))
            .map_err(|error| EncodeError::text("", error))
    }

    /// Reads a value from JSON text.
    ///
    /// # Errors
    ///
    /// When the element does not hold text that serde can read.
    pub fn read_json<T: DeserializeOwned>(reader: &mut Reader<'_>) -> Result<T, DecodeError> {
        serde_json::from_str(&reader.text()?).map_err(|error| DecodeError::invalid("json", error))
    }
}

#[cfg(feature = "json")]
pub use self::container::{Json, read_json, write_json};

/// Without the feature `json` a model in this format has already failed to compile; these keep it at that one message.
#[cfg(not(feature = "json"))]
mod absent {
    use pubsub_xml::Reader;

    use crate::payload::{DecodeError, EncodeError, EncodeErrorKind};

    const ADVICE: &str = "pubsub-core was built without its feature `json`";

    /// Writes nothing, and says why.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn write_json<T>(_: &T, _: &mut String) -> Result<(), EncodeError> {
        Err(EncodeError::new(
            "json",
            EncodeErrorKind::Invalid(ADVICE.to_owned()),
        ))
    }

    /// Reads nothing, and says why.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn read_json<T>(_: &mut Reader<'_>) -> Result<T, DecodeError> {
        Err(DecodeError::invalid("json", ADVICE))
    }
}

#[cfg(not(feature = "json"))]
pub use self::absent::{read_json, write_json};
