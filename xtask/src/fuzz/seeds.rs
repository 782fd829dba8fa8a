//! What fuzzing begins with: what the clients of the transcripts say, as each target takes it.

use std::path::Path;

/// Makes the seeds of a target of the transcripts.
pub type Maker = fn(&[Transcript]) -> Vec<Vec<u8>>;

/// What is said in one transcript, each time by somebody.
pub struct Transcript {
    said: Vec<(String, String)>,
}

const HEADER: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";
const ITEM: &str = "<entry xmlns='http://www.w3.org/2005/Atom'";

/// Reads every transcript of a directory.
pub fn transcripts(directory: &Path) -> Result<Vec<Transcript>, String> {
    let unread = |error| format!("cannot read {}: {error}", directory.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unread)? {
        paths.push(entry.map_err(unread)?.path());
    }
    paths.sort();
    paths
        .iter()
        .map(|path| Ok(read(&std::fs::read_to_string(path).map_err(unread)?)))
        .collect()
}

fn read(text: &str) -> Transcript {
    let mut said = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(who) = line.strip_suffix(" sends:") else {
            continue;
        };
        let mut words = String::new();
        while let Some(block) = lines.next_if(|line| line.starts_with(' ')) {
            words.push_str(block.trim());
        }
        for (name, jid) in [
            ("Ann", "ann@localhost/home"),
            ("Bob", "bob@localhost/phone"),
            ("Cat", "cat@localhost/web"),
        ] {
            words = words.replace(&format!("{{{name}.jid}}"), jid);
            words = words.replace(
                &format!("{{{name}.bare}}"),
                jid.split('/').next().unwrap_or(jid),
            );
        }
        said.push((who.to_owned(), words));
    }
    Transcript { said }
}

/// Writes seeds, each under its number. What is there from earlier runs stays.
pub fn write(directory: &Path, seeds: &[Vec<u8>]) -> Result<(), String> {
    let unwritten = |error| format!("cannot write to {}: {error}", directory.display());
    std::fs::create_dir_all(directory).map_err(unwritten)?;
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(directory.join(format!("seed-{number}")), seed).map_err(unwritten)?;
    }
    Ok(())
}

/// Each thing that is said, alone.
pub fn stanzas(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    said(transcripts)
        .map(|words| words.as_bytes().to_vec())
        .collect()
}

/// A login and what is said then, behind the lengths of three pieces.
pub fn streams(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    said(transcripts)
        .map(|words| {
            format!("\u{3}\u{10}\u{0}\u{40}{HEADER}{AUTH} {HEADER}{words}</stream:stream>")
                .into_bytes()
        })
        .collect()
}

/// The same in messages, one a line, behind one length that says that these are texts.
pub fn messages(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    const OPEN: &str =
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    said(transcripts)
        .map(|words| {
            format!("\u{1}\u{20}{OPEN}\n{AUTH}\n{OPEN}\n{words}\n<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").into_bytes()
        })
        .collect()
}

/// A request of BOSH with what is said.
pub fn bodies(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    let attributes = "xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' rid='1' sid='s' to='localhost' wait='1' \
        hold='1' ver='1.6' ack='1' key='k' newkey='n'";
    said(transcripts)
        .map(|words| {
            let words = words.replace("<iq ", "<iq xmlns='jabber:client' ");
            format!("<body {attributes}>{words}</body>").into_bytes()
        })
        .collect()
}

/// What the first two who speak in a transcript say in turns.
pub fn dialogues(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for Transcript { said } in transcripts {
        let Some((first, _)) = said.first() else {
            continue;
        };
        let mut seed = Vec::new();
        let mut is_first = true;
        for (who, words) in said {
            if (who == first) != is_first {
                is_first = !is_first;
                seed.push(0xFF);
            }
            seed.extend_from_slice(words.as_bytes());
        }
        seeds.push(seed);
        // Alone too: what is found in something short is easier to understand.
        seeds.extend(said.iter().map(|(_, words)| words.as_bytes().to_vec()));
    }
    seeds
}

/// Every form that is submitted.
pub fn forms(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    let form = |words: &str| {
        let start = words.find("<x xmlns='jabber:x:data'")?;
        let (form, _) = words.get(start..)?.split_once("</x>")?;
        Some(format!("{form}</x>").into_bytes())
    };
    said(transcripts).filter_map(form).collect()
}

/// Headers of both versions.
pub fn proxies(_: &[Transcript]) -> Vec<Vec<u8>> {
    let v2 = b"\r\n\r\n\0\r\nQUIT\n";
    [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 5222\r\n<stream:stream".to_vec(),
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 5222\r\n".to_vec(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        [
            v2,
            &b"\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x01\0\x02<"[..],
        ]
        .concat(),
        [v2, &b"\x20\x00\0\0<"[..]].concat(),
        b"<stream:stream".to_vec(),
    ]
    .into()
}

/// A record of each kind, as the format of the store has it.
pub fn records(_: &[Transcript]) -> Vec<Vec<u8>> {
    [
        &b"\x00\0\x02/n\x04item"[..],
        b"\x00\0\x02/n\x05ann@localhost\0id",
        b"\x01\x01\x80\x08\x0dann@localhost",
        b"\x02\x01\x0cpubsub#title\x01a\x13pubsub#access_model\x09whitelist",
        b"\x03\x01\x05owner",
        b"\x04\x01\x04abcd",
        b"\x05\x01\x0asubscribed\x0epubsub#deliver\x010",
        b"\x06\x01\x01\x02\x0dann@localhost<a xmlns='urn:a'/>",
    ]
    .map(<[u8]>::to_vec)
    .into()
}

/// The records of a node with an item.
pub fn directories(_: &[Transcript]) -> Vec<Vec<u8>> {
    let records: [(&[u8], &[u8]); 6] = [
        (b"\0\x02/n\0", b"\x01\x80\x08\x0dann@localhost"),
        (b"\0\x02/n\x01", b"\x01\x0cpubsub#title\x01a"),
        (b"\0\x02/n\x02ann@localhost", b"\x01\x05owner"),
        (b"\0\x02/n\x03bob@localhost", b"\x01\x04abcd"),
        (
            b"\0\x02/n\x04i",
            b"\x01\x01\x02\x0dann@localhost<a xmlns='urn:a'/>",
        ),
        (b"\0\x02/n\x05cat@localhost\0efgh", b"\x01\x07pending"),
    ];
    let mut seed = Vec::new();
    for (key, value) in records {
        for part in [key, value] {
            seed.push(u8::try_from(part.len()).unwrap_or_default());
            seed.extend_from_slice(part);
        }
    }
    vec![seed]
}

/// Items as they are published, and one that holds what the target's model wants.
pub fn payloads(transcripts: &[Transcript]) -> Vec<Vec<u8>> {
    let model = format!(
        "{ITEM}><id>1</id><title>a</title><updated>2026-01-02T03:04:05.5Z</updated><Model xmlns='urn:pubsub:payload' maybe='b'><number>-1</number>\
         <small>2</small><flag>true</flag><letter>c</letter><word>One</word><bytes>AAEC</bytes><line name='d'><words>e</words><words>f</words></line>\
         <weight>1.5</weight></Model></entry>"
    );
    let mut seeds = vec![model.into_bytes()];
    seeds.extend(
        said(transcripts)
            .filter(|words| words.contains("<entry"))
            .map(|words| words.as_bytes().to_vec()),
    );
    seeds
}

fn said(transcripts: &[Transcript]) -> impl Iterator<Item = &str> {
    transcripts
        .iter()
        .flat_map(|transcript| &transcript.said)
        .map(|(_, words)| words.as_str())
}
