//! Bytes as text, for fields that XML could not carry: `#[publish(with = pubsub_core::payload::base64)]`.
//!
//! Knows standard base64 with padding (RFC 4648 §4), which is `xs:base64Binary`.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};

/// The bytes as base64.
pub fn to_text<B: AsRef<[u8]>>(bytes: &B) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that base64 stands for.
///
/// # Errors
///
/// When the text is not base64.
pub fn from_text<B: From<Vec<u8>>>(text: &str) -> Result<B, DecodeError> {
    STANDARD.decode(text.trim_ascii()).map(B::from)
}
