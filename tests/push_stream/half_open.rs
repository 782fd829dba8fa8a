//! Opens many connections and keeps them until its input ends: `half_open ADDRESS COUNT` begins a request on each, and
//! `half_open ADDRESS COUNT WORDS END` says these words, and waits for an answer with that end.
//!
//! Prints how many there are, which is less where the system does not allow as many files.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

/// Whoever waits for a listener that is overrun does so for a second; meanwhile others go on.
const THREADS: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("an address");
    let count = arguments.next().and_then(|count| count.parse().ok());
    let count: usize = count.expect("a count");
    let words = arguments
        .next()
        .unwrap_or_else(|| "GET /ev/a HTTP/1.1\r\nHost:".to_owned());
    let end = arguments.next().unwrap_or_default();
    let open = thread::scope(|scope| {
        let share = |number: usize| count / THREADS + usize::from(number < count % THREADS);
        let (address, words, end) = (&address, &words, &end);
        let threads: Vec<_> = (0..THREADS)
            .map(|number| scope.spawn(move || open(address, share(number), words, end)))
            .collect();
        let opened = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        opened.flatten().collect::<Vec<_>>()
    });
    println!("{}", open.len());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn open(address: &str, count: usize, words: &str, end: &str) -> Vec<TcpStream> {
    let mut open = Vec::with_capacity(count);
    while open.len() < count {
        let Ok(mut stream) = TcpStream::connect(address) else {
            break;
        };
        if stream.write_all(words.as_bytes()).is_err() || !has_answered(&mut stream, end) {
            break;
        }
        open.push(stream);
    }
    open
}

/// Reads until `end` has come.
fn has_answered(stream: &mut TcpStream, end: &str) -> bool {
    let mut answer = Vec::new();
    let mut bytes = [0; 1024];
    while !String::from_utf8_lossy(&answer).contains(end) {
        match stream.read(&mut bytes) {
            Ok(count @ 1..) => answer.extend_from_slice(&bytes[..count]),
            _ => return false,
        }
    }
    true
}
