//! SASL PLAIN (RFC 4616): user name and password as they are.

use super::SaslError;

/// User name and password of a client's message. Acting for somebody else is not supported.
pub(crate) fn read(message: &[u8]) -> Result<(&str, &str), SaslError> {
    let message = std::str::from_utf8(message).map_err(|_| SaslError::MalformedRequest)?;
    let mut parts = message.split('\0');
    let (Some(authorization), Some(username), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(SaslError::MalformedRequest);
    };
    let local = authorization
        .split_once('@')
        .map_or(authorization, |(local, _)| local);
    if !authorization.is_empty() && local != username {
        return Err(SaslError::InvalidAuthorization);
    }
    Ok((username, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_apart_or_refused() {
        let cases: [(&[u8], _); 6] = [
            (b"\0ann\0secret", Ok(("ann", "secret"))),
            (b"ann@localhost\0ann\0secret", Ok(("ann", "secret"))),
            (b"bob\0ann\0secret", Err(SaslError::InvalidAuthorization)),
            (b"ann\0secret", Err(SaslError::MalformedRequest)),
            (b"\0a\0b\0c", Err(SaslError::MalformedRequest)),
            (b"\0ann\0\xff", Err(SaslError::MalformedRequest)),
        ];
        for (message, expected) in cases {
            assert_eq!(read(message), expected);
        }
    }
}
