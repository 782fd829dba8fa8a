//! The part of the stream before the login, on tokio-xmpp's typed stream: headers, features, STARTTLS.
//!
//! Everything here may come from an attacker. Nothing that was said before TLS is believed after it.

use std::borrow::Cow;
use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufRead, AsyncWrite, BufReader};
use tokio_xmpp::xmlstream::{
    FallibleStreamElement, ReadError, RecvFeaturesError, StreamHeader, Timeouts, XmppStream,
    XmppStreamElement, initiate_stream,
};
use xmpp_parsers::starttls;
use xmpp_parsers::stream_error::StreamError;
use xmpp_parsers::stream_features::StreamFeatures;

use super::dial::dial;
use super::sasl;
use super::tls::{exporter, secure};
use crate::session::config::Security;
use crate::session::stanza::namespace::CLIENT;
use crate::session::wire::{Transport, Wire};
use crate::session::{ConnectError, SessionConfig};

/// What the login may rely on.
#[derive(Debug)]
pub(super) struct Channel {
    /// Nobody can listen: TLS, or both ends on this machine.
    pub(super) is_private: bool,
    /// What binds a login to the TLS connection.
    pub(super) exporter: Option<Vec<u8>>,
}

pub(super) type Typed = XmppStream<BufReader<Transport>>;

/// Connects, secures the connection and authenticates. The wire stands before the header of the new stream.
pub(super) async fn log_in(config: &SessionConfig) -> Result<Wire, ConnectError> {
    let host = config.account.domain().as_str();
    let (tcp, is_loopback) = dial(config).await?;
    let mut channel = Channel {
        is_private: is_loopback,
        exporter: None,
    };
    let (features, stream) = match config.security {
        Security::Off => {
            protect(config.security, is_loopback, false, host)?;
            open(host, Transport::Tcp(tcp)).await?
        }
        Security::DirectTls => {
            let tls = secure(config, tcp, true).await?;
            channel.exporter = exporter(&tls);
            channel.is_private = true;
            open(host, Transport::Tls(Box::new(tls))).await?
        }
        Security::StartTls => {
            let (features, stream) = open(host, Transport::Tcp(tcp)).await?;
            if protect(config.security, is_loopback, features.can_starttls(), host)? {
                let tcp = proceed(host, stream).await?;
                let tls = secure(config, tcp, false).await?;
                channel.exporter = exporter(&tls);
                channel.is_private = true;
                open(host, Transport::Tls(Box::new(tls))).await?
            } else {
                (features, stream)
            }
        }
    };
    let stream = sasl::authenticate(config, stream, &features, channel).await?;
    let reader = stream.into_inner();
    let received = reader.buffer().to_vec();
    Ok(Wire::new(
        reader.into_inner(),
        host,
        &received,
        config.largest_stanza,
    ))
}

/// Whether to upgrade to TLS. Without TLS nothing is said to a server on another machine, whatever it offers.
fn protect(
    security: Security,
    is_loopback: bool,
    offers_tls: bool,
    host: &str,
) -> Result<bool, ConnectError> {
    match security {
        Security::DirectTls => Ok(false),
        Security::StartTls if offers_tls => Ok(true),
        Security::StartTls | Security::Off if is_loopback => Ok(false),
        Security::StartTls | Security::Off => {
            let host = host.to_owned();
            Err(ConnectError::TlsRequired { host })
        }
    }
}

async fn open(host: &str, transport: Transport) -> Result<(StreamFeatures, Typed), ConnectError> {
    let header = StreamHeader {
        to: Some(Cow::Borrowed(host)),
        from: None,
        id: None,
    };
    let reader = BufReader::new(transport);
    let stream = initiate_stream(reader, CLIENT, header, Timeouts::default())
        .await
        .map_err(|error| broken(host, error))?;
    match stream.recv_features::<FallibleStreamElement>().await {
        Ok(opened) => Ok(opened),
        Err(RecvFeaturesError::Io(error)) => Err(broken(host, error)),
        Err(RecvFeaturesError::StreamError(error)) => Err(closed(&error.0)),
    }
}

/// Asks for TLS and takes the socket back, at the very byte where TLS begins.
async fn proceed(host: &str, mut stream: Typed) -> Result<tokio::net::TcpStream, ConnectError> {
    send(
        host,
        &mut stream,
        XmppStreamElement::Starttls(starttls::Nonza::Request(starttls::Request)),
    )
    .await?;
    match next(host, &mut stream).await? {
        XmppStreamElement::Starttls(starttls::Nonza::Proceed(_)) => {}
        _ => {
            return Err(ConnectError::protocol(
                host,
                "it offers STARTTLS and refuses it",
            ));
        }
    }
    let reader = stream.into_inner();
    // Bytes that came before TLS must not be taken for bytes that came through it.
    if !reader.buffer().is_empty() {
        return Err(ConnectError::protocol(
            host,
            "it speaks between STARTTLS and TLS",
        ));
    }
    match reader.into_inner() {
        Transport::Tcp(tcp) => Ok(tcp),
        Transport::Tls(_) => Err(ConnectError::protocol(
            host,
            "it offers STARTTLS inside TLS",
        )),
    }
}

/// Sends one element.
pub(super) async fn send<Io: AsyncBufRead + AsyncWrite + Unpin>(
    host: &str,
    stream: &mut XmppStream<Io>,
    element: XmppStreamElement,
) -> Result<(), ConnectError> {
    stream
        .send(&element)
        .await
        .map_err(|error| broken(host, error))
}

/// Waits for the next element; a stream error is an error.
pub(super) async fn next<Io: AsyncBufRead + AsyncWrite + Unpin>(
    host: &str,
    stream: &mut XmppStream<Io>,
) -> Result<XmppStreamElement, ConnectError> {
    loop {
        let error = match stream.next().await {
            Some(Ok(FallibleStreamElement::Ok(XmppStreamElement::StreamError(error)))) => {
                return Err(closed(&error.0));
            }
            Some(Ok(FallibleStreamElement::Ok(element))) => return Ok(element),
            Some(Ok(FallibleStreamElement::Err(error))) => io::Error::other(error),
            Some(Err(ReadError::SoftTimeout)) => continue,
            Some(Err(ReadError::HardError(error))) => error,
            Some(Err(ReadError::ParseError(error))) => io::Error::other(error),
            Some(Err(ReadError::StreamFooterReceived)) | None => {
                io::ErrorKind::UnexpectedEof.into()
            }
        };
        return Err(broken(host, error));
    }
}

fn broken(host: &str, error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            ConnectError::protocol(host, error.to_string())
        }
        _ => ConnectError::broken(host, error),
    }
}

fn closed(error: &StreamError) -> ConnectError {
    ConnectError::Stream {
        condition: condition(&error.condition),
        text: error.texts.values().next().cloned(),
    }
}

/// The element name of a condition, of which xmpp-parsers shows only the variant.
pub(super) fn condition(variant: &impl std::fmt::Debug) -> String {
    let debug = format!("{variant:?}");
    let mut name = String::new();
    for character in debug.chars().take_while(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::stream_error::DefinedCondition;

    use super::{condition, protect};
    use crate::session::config::Security;

    #[test]
    fn beyond_loopback_there_is_no_login_without_tls() {
        let check = |security, is_loopback, offers_tls| {
            protect(security, is_loopback, offers_tls, "x").ok()
        };
        assert_eq!(check(Security::StartTls, false, true), Some(true));
        assert_eq!(check(Security::StartTls, true, true), Some(true));
        assert_eq!(check(Security::StartTls, true, false), Some(false));
        assert_eq!(check(Security::StartTls, false, false), None);
        assert_eq!(check(Security::Off, true, true), Some(false));
        assert_eq!(check(Security::Off, false, true), None);
    }

    #[test]
    fn conditions_are_named_as_on_the_wire() {
        for (variant, name) in [
            (DefinedCondition::NotWellFormed, "not-well-formed"),
            (DefinedCondition::Conflict, "conflict"),
            (DefinedCondition::SeeOtherHost("h".into()), "see-other-host"),
        ] {
            assert_eq!(condition(&variant), name);
        }
    }
}
