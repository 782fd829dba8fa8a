//! Opens many connections, begins a request on each, and keeps them until its input ends: `half_open ADDRESS COUNT`.
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
    let open = thread::scope(|scope| {
        let share = |number: usize| count / THREADS + usize::from(number < count % THREADS);
        let address = &address;
        let threads: Vec<_> = (0..THREADS)
            .map(|number| scope.spawn(move || open(address, share(number))))
            .collect();
        let opened = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        opened.flatten().collect::<Vec<_>>()
    });
    println!("{}", open.len());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn open(address: &str, count: usize) -> Vec<TcpStream> {
    let mut open = Vec::with_capacity(count);
    while open.len() < count {
        let Ok(mut stream) = TcpStream::connect(address) else {
            break;
        };
        if stream.write_all(b"GET /ev/a HTTP/1.1\r\nHost:").is_err() {
            break;
        }
        open.push(stream);
    }
    open
}
