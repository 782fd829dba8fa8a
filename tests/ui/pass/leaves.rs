//! Everything that is text: the standard types, those of the XMPP libraries, and types that say how themselves.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroI128, NonZeroU8};
use std::sync::Arc;
use std::time::SystemTime;

use pubsub_core::Payload;
use pubsub_core::payload::{Escape, Text, TextError};
use pubsub_core::schema::Kind;

#[derive(Payload)]
struct Everything<'a> {
    ints: i8,
    big: u128,
    size: usize,
    small: f32,
    float: f64,
    flag: bool,
    letter: char,
    string: String,
    cow: Cow<'a, str>,
    boxed: Box<str>,
    shared: Arc<str>,
    boxed_int: Box<i32>,
    non_zero: NonZeroU8,
    big_non_zero: NonZeroI128,
    ip: IpAddr,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
    socket: SocketAddr,
    time: SystemTime,
    id: uuid::Uuid,
    jid: jid::Jid,
    bare: jid::BareJid,
    full: jid::FullJid,
    foreign: jid::NodePart,
    word: Word,
    newtype: UserId,
    own: Own,
}

#[derive(Payload)]
enum Word {
    Yes,
    No,
}

#[derive(Payload)]
struct UserId(i64);

struct Own;

impl Text for Own {
    const KIND: Kind = Kind::Text;

    fn write_text(&self, out: &mut String, escape: Escape) -> Result<(), TextError> {
        escape.push(out, "own")
    }

    fn read_text(_: Cow<'_, str>) -> Result<Self, TextError> {
        Ok(Self)
    }
}

#[test]
fn works() {
    let _ = [Word::Yes, Word::No];
}
