//! The way into a server, step by step on a blocking socket: a login with SCRAM-SHA-1 or without an account, a resource, and requests.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;

use super::accounts::{ITERATIONS, PASSWORD};
use super::scram::{self, Ring};

/// A server that does not answer for so long is broken.
const PATIENCE: Duration = Duration::from_secs(30);
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";

/// A client that is logged in and has a resource.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
    pub(crate) jid: String,
}

impl Client {
    /// Logs in; without a user where one may do so without an account.
    pub(crate) fn login(
        address: SocketAddr,
        user: Option<&str>,
        ring: &mut Ring,
    ) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
        prepared.map_err(|error| error.to_string())?;
        let mut client = Self {
            stream,
            unread: Vec::new(),
            jid: String::new(),
        };
        client.open()?;
        match user {
            Some(user) => client.prove(user, ring)?,
            None => {
                client.send(&format!("<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>"))?;
                client.until(b"<success")?;
                client.until(b">")?;
            }
        }
        client.unread.clear();
        client.open()?;
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
        let bound = client.request("", bind)?;
        let jid = between(&bound, "<jid>", "</jid>").ok_or(bound.clone())?;
        jid.clone_into(&mut client.jid);
        Ok(client)
    }

    fn prove(&mut self, user: &str, ring: &mut Ring) -> Result<(), String> {
        let first = scram::first(user, "fyko+d2lbbFgONRv9qkxdawL");
        let coded = STANDARD.encode(format!("n,,{first}"));
        self.send(&format!(
            "<auth xmlns='{SASL}' mechanism='SCRAM-SHA-1'>{coded}</auth>"
        ))?;
        let challenge = self.sasl("challenge")?;
        let answer = ring.answer(&first, &challenge, PASSWORD, ITERATIONS)?;
        let coded = STANDARD.encode(&answer.message);
        self.send(&format!("<response xmlns='{SASL}'>{coded}</response>"))?;
        let proof = self.sasl("success")?;
        if proof == answer.expected {
            Ok(())
        } else {
            Err(format!("the server does not know the password: {proof}"))
        }
    }

    /// What the server says within an element of that name.
    fn sasl(&mut self, name: &str) -> Result<String, String> {
        let end = format!("</{name}>");
        let text = self.until(end.as_bytes())?;
        let text = text.strip_suffix(&end).unwrap_or(&text);
        let coded = text.rsplit('>').next().unwrap_or_default();
        let bytes = STANDARD.decode(coded).map_err(|_| text.to_owned())?;
        String::from_utf8(bytes).map_err(|_| text.to_owned())
    }

    fn open(&mut self) -> Result<(), String> {
        self.send(
            "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
        )?;
        self.until(b"</stream:features>").map(drop)
    }

    /// Asks for something, and waits for the answer.
    pub(crate) fn request(&mut self, to: &str, content: &str) -> Result<String, String> {
        let to = match to {
            "" => String::new(),
            to => format!(" to='{to}'"),
        };
        self.send(&format!("<iq type='set' id='ask'{to}>{content}</iq>"))?;
        let mut answer = self.until(b"<iq")?;
        answer.push_str(&self.until(b">")?);
        if !answer.ends_with("/>") {
            answer.push_str(&self.until(b"</iq>")?);
        }
        if answer.contains("type='result'") || answer.contains("type=\"result\"") {
            Ok(answer)
        } else {
            Err(answer)
        }
    }

    /// Says goodbye, and waits until the server has done so as well.
    pub(crate) fn leave(mut self) -> Result<(), String> {
        self.send("</stream:stream>")?;
        let mut rest = Vec::new();
        // Some servers reset the connection instead of ending it.
        drop(self.stream.read_to_end(&mut rest));
        Ok(())
    }

    /// The connection itself, which must have been read up to here.
    pub(crate) fn into_stream(self) -> Result<mio::net::TcpStream, String> {
        if !self.unread.is_empty() {
            return Err(String::from_utf8_lossy(&self.unread).into_owned());
        }
        let made = self.stream.set_nonblocking(true);
        made.map_err(|error| error.to_string())?;
        Ok(mio::net::TcpStream::from_std(self.stream))
    }

    fn send(&mut self, text: &str) -> Result<(), String> {
        self.stream
            .write_all(text.as_bytes())
            .map_err(|error| error.to_string())
    }

    fn until(&mut self, end: &[u8]) -> Result<String, String> {
        loop {
            if let Some(at) = memmem::find(&self.unread, end) {
                let rest = self.unread.split_off(at + end.len());
                let text = std::mem::replace(&mut self.unread, rest);
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            let so_far = || String::from_utf8_lossy(&self.unread).into_owned();
            if memmem::find(&self.unread, b"</failure>").is_some() {
                return Err(so_far());
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(format!("closed after: {}", so_far())),
                Ok(length) => self.unread.extend_from_slice(&piece[..length]),
                Err(error) => return Err(format!("{error} after: {}", so_far())),
            }
        }
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}
