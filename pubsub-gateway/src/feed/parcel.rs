//! A message that was published over HTTP, as it travels through the service: `<message xmlns="urn:pubsub:push:1"/>` in an entry.
//!
//! Text that XML cannot carry is written in Base64. A parcel can also say that the channel is deleted, which every gateway then does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pubsub_core::payload::{DecodeError, EncodeError, EncodeErrorKind, Payload};
use pubsub_core::schema::{Kind, Shape};
use pubsub_xml::{ForbiddenChar, Reader, escape_attribute, escape_text};

/// The namespace.
pub(crate) const PUSH: &str = "urn:pubsub:push:1";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) text: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    /// Whether it stands for the deletion of the channel.
    pub(crate) deletes: bool,
    /// Whether it is kept for those who come later.
    pub(crate) is_stored: bool,
}

impl Payload for Parcel {
    const NAME: &'static str = "message";
    const NAMESPACE: &'static str = PUSH;
    const SHAPE: Shape = Shape::Text(Kind::Text);

    fn write_attributes(&self, out: &mut String) -> Result<(), EncodeError> {
        for (name, value) in [
            ("event-id", &*self.event_id),
            ("event-type", &*self.event_type),
            ("stored", if self.is_stored { "" } else { "false" }),
            ("action", if self.deletes { "delete" } else { "" }),
            (
                "encoding",
                if is_carried(&self.text) { "" } else { "base64" },
            ),
        ] {
            if !value.is_empty() {
                out.push(' ');
                out.push_str(name);
                out.push_str("=\"");
                escape_attribute(out, value).map_err(|error| forbidden(name, error))?;
                out.push('"');
            }
        }
        Ok(())
    }

    fn write_content(&self, out: &mut String) -> Result<(), EncodeError> {
        if is_carried(&self.text) {
            return escape_text(out, &self.text).map_err(|error| forbidden("text", error));
        }
        STANDARD.encode_string(&self.text, out);
        Ok(())
    }

    fn read(reader: &mut Reader<'_>, _: &str) -> Result<Self, DecodeError> {
        let attribute = |name| reader.attribute(name).unwrap_or_default().into_owned();
        let (event_id, event_type) = (attribute("event-id"), attribute("event-type"));
        let is_encoded = attribute("encoding") == "base64";
        let deletes = attribute("action") == "delete";
        let is_stored = attribute("stored") != "false";
        let content = reader.text()?;
        let text = if is_encoded {
            let bytes = STANDARD.decode(&*content).map_err(invalid)?;
            String::from_utf8(bytes).map_err(invalid)?
        } else {
            content.into_owned()
        };
        Ok(Self {
            text,
            event_id,
            event_type,
            deletes,
            is_stored,
        })
    }
}

fn is_carried(text: &str) -> bool {
    pubsub_xml::check_text(text).is_ok()
}

fn forbidden(field: &str, error: ForbiddenChar) -> EncodeError {
    EncodeError::new(field, EncodeErrorKind::Forbidden(error))
}

fn invalid(error: impl std::fmt::Display) -> DecodeError {
    DecodeError::invalid(Parcel::NAME, error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pubsub_core::Stamp;
    use pubsub_core::payload::{Payload, decode, encode};

    use super::Parcel;

    #[test]
    fn a_parcel_is_one_element_in_an_entry() {
        let parcel = Parcel {
            text: "a < b".to_owned(),
            event_id: "4\n2".to_owned(),
            is_stored: true,
            ..Parcel::default()
        };
        let mut xml = String::new();
        encode(&parcel, &Stamp::default(), &mut xml).unwrap();
        assert_eq!(
            xml,
            "<entry xmlns=\"http://www.w3.org/2005/Atom\"><message xmlns=\"urn:pubsub:push:1\" \
             event-id=\"4&#xA;2\">a &lt; b</message></entry>"
        );
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let xml = format!(
            "<message xmlns='{}' encoding='base64'>/w==</message>",
            Parcel::NAMESPACE
        );
        assert!(decode::<Parcel>(&xml).is_err());
    }

    proptest! {
        #[test]
        fn any_text_arrives(text in "(\\PC|[\u{0}\u{1}\r\n<&\"']){0,40}", event_id in "\\PC{0,10}", event_type in "\\PC{0,10}", deletes: bool, is_stored: bool) {
            let parcel = Parcel { text, event_id, event_type, deletes, is_stored };
            let mut xml = String::new();
            encode(&parcel, &Stamp::default(), &mut xml).unwrap();
            prop_assert_eq!(decode::<Parcel>(&xml).unwrap().0, parcel);
        }
    }
}
