//! Why a URL is not an address to connect to, and what to write instead. Never repeats the password.

use thiserror::Error;

/// A connection URL, or a setting, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is no URL at all.
    #[error("this is not a URL ({reason}); write xmpp://user:password@domain")]
    NotAUrl {
        /// What the URL parser says.
        reason: String,
    },
    /// The URL is of another kind.
    #[error(
        "{scheme}: is not a scheme to connect with; write xmpp://, xmpps:// or xmpp+component://"
    )]
    Scheme {
        /// The scheme as written.
        scheme: String,
    },
    /// A part that is needed is missing.
    #[error("the URL has no {part}; write {instead}")]
    Missing {
        /// What is missing.
        part: &'static str,
        /// An example of a whole URL.
        instead: &'static str,
    },
    /// A part that is there but cannot be.
    #[error("the {part} of the URL {reason}; {instead}")]
    Invalid {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What to write.
        instead: &'static str,
    },
    /// A parameter that nobody reads.
    #[error(
        "the URL parameter {name} is unknown; known are connect, service, resource, ca, tls and auth"
    )]
    UnknownParameter {
        /// Its name as written.
        name: String,
    },
    /// A certificate file that cannot be read.
    #[error(
        "the certificates in {path} cannot be used ({reason}); give a PEM file of root certificates"
    )]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}
