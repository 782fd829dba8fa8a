//! What the sasl crate leaves to its caller in SCRAM (RFC 5802): preparing name and password, and looking at the
//! server's first message before working on it. Pure.

use crate::session::Login;

/// Fewer rounds than this make a stolen proof cheap to guess from (RFC 7677 §4).
const FEWEST_ROUNDS: u32 = 4096;
/// More rounds than this are not a login but an attack on our processor: about half a second.
const MOST_ROUNDS: u32 = 1_000_000;

/// A user name as SCRAM writes it (RFC 5802 §5.1).
pub(super) fn name(user: &str) -> String {
    user.replace('=', "=3D").replace(',', "=2C")
}

/// A password as SASL compares it (RFC 4013); one that the profile forbids is used as it is.
pub(super) fn password(text: &str) -> String {
    match stringprep::saslprep(text) {
        Ok(prepared) if !prepared.is_empty() => prepared.into_owned(),
        _ => text.to_owned(),
    }
}

/// Looks at the server's first message: it must extend our nonce and ask for a sane number of rounds.
pub(super) fn check_challenge(initial: &[u8], challenge: &[u8]) -> Result<(), Login> {
    let impostor = |what: &str| Err(Login::ServerNotProven(what.to_owned()));
    let (Ok(initial), Ok(challenge)) =
        (std::str::from_utf8(initial), std::str::from_utf8(challenge))
    else {
        return impostor("its challenge is not UTF-8");
    };
    if let Some(error) = value(challenge, 'e') {
        return Err(Login::Refused(error.to_owned()));
    }
    if challenge.starts_with("m=") {
        return impostor("it demands an extension that we do not know");
    }
    let ours = value(initial, 'r').unwrap_or_default();
    let theirs = value(challenge, 'r').unwrap_or_default();
    if ours.is_empty() || !theirs.starts_with(ours) || theirs.len() == ours.len() {
        return impostor("it does not continue our nonce");
    }
    match value(challenge, 'i').and_then(|rounds| rounds.parse().ok()) {
        Some(FEWEST_ROUNDS..=MOST_ROUNDS) => Ok(()),
        Some(rounds) => impostor(&format!(
            "it asks for {rounds} rounds of hashing; between {FEWEST_ROUNDS} and {MOST_ROUNDS} are sane"
        )),
        None => impostor("it does not say how often to hash"),
    }
}

/// The value of a one-letter attribute.
fn value(message: &str, letter: char) -> Option<&str> {
    message
        .split(',')
        .find_map(|part| part.strip_prefix(letter)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::{check_challenge, name, password};

    #[test]
    fn names_and_passwords_are_prepared() {
        assert_eq!(name("a=b,c"), "a=3Db=2Cc");
        assert_eq!(password("I\u{AD}X"), "IX");
        assert_eq!(password("ﬁsh"), "fish");
        assert_eq!(password("plain"), "plain");
    }

    #[test]
    fn a_challenge_must_continue_our_nonce_with_sane_rounds() {
        let check =
            |challenge: &str| check_challenge(b"n,,n=u,r=abc", challenge.as_bytes()).is_ok();
        assert!(check("r=abcdef,s=QQ==,i=4096"));
        assert!(check("r=abcdef,s=QQ==,i=100000"));
        for bad in [
            "r=abc,s=QQ==,i=4096",
            "r=xyz,s=QQ==,i=4096",
            "r=abcdef,s=QQ==,i=1",
            "r=abcdef,s=QQ==,i=4294967295",
            "r=abcdef,s=QQ==",
            "m=new,r=abcdef,s=QQ==,i=4096",
            "e=unknown-user",
            "",
        ] {
            assert!(!check(bad), "{bad}");
        }
    }
}
