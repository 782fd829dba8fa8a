//! What fuzzing has found, and an ordinary case for each, so that the doors themselves are known to let something in.

use super::*;

const SESSION: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
    <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGJvYgBzZWNyZXQ=</auth> \n\
    <stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
    <message to='ann@localhost'><body><![CDATA[<]]></body></message></stream:stream>";

fn behind(lengths: &[u8], said: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(lengths.len()).unwrap()];
    bytes.extend_from_slice(lengths);
    bytes.extend_from_slice(said.as_bytes());
    bytes
}

#[test]
fn a_stream_says_the_same_however_it_is_cut() {
    let white = format!("{}{}", " ".repeat(2000), SESSION);
    for said in [SESSION, &white, "<a", "<?xml?><a>\u{e9}", ""] {
        for lengths in [&[0][..], &[6, 1], &[255]] {
            stream(&behind(lengths, said));
        }
    }
}

#[test]
fn a_websocket_says_the_same_however_it_is_cut() {
    let texts = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>\n<presence/>\n<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\n<a>";
    for lengths in [&[0][..], &[1], &[6, 1], &[255]] {
        websocket(&behind(lengths, texts));
    }
}

#[test]
fn a_body_of_bosh_holds_elements_that_stand_alone() {
    bosh(b"<body xmlns='http://jabber.org/protocol/httpbind' rid='1' sid='a' xmlns:p='urn:p'><iq p:a='1'><p:b/></iq></body>");
    bosh(b"<body>");
}

#[test]
fn a_form_reads_as_it_is_written() {
    form(b"<x xmlns='jabber:x:data' type='submit'><field var='pubsub#title'><value>a&lt;</value></field></x>");
}

#[test]
fn two_clients_talk() {
    dialogue(b"<presence/><message to='bob@localhost/phone' type='chat'><body>hello</body></message>\xFF<presence/><iq type='get' id='1' to='pubsub.localhost'>\
        <query xmlns='http://jabber.org/protocol/disco#info'/></iq></stream:stream>\xFF<a></b>");
}

#[test]
fn half_an_answer_is_not_said() {
    dialogue(b"<iq type='get' id='5' to='hall@rooms.localhost'><quer\xC2\xA0y xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    dialogue(b"<iq type='get' id='5' to='hall@rooms.localhost'><query xmlns='http://jabber.org/protocol/disco#info'></iq>");
}

#[test]
fn a_proxy_says_for_whom_it_speaks() {
    proxy(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n<stream:stream>");
    proxy(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x01\0\x02<");
    proxy(b"PROXY ");
    proxy(b"PROXY UNKNOWN 200\nPROXY T\r\n\r\n");
}

#[cfg(feature = "durable")]
#[test]
fn records_are_read_or_refused() {
    record(b"\x01\x01\x80\x08\x01a");
    record(b"\x02\x01\x0cpubsub#title\x01a");
    loading(b"\x04\0\x01n\0\x04\x01\x01\x01a\x04\0\x01n\x01\x01\x01");
}
