//! What the tests need beside a Rust toolchain, and the installation of just what is missing.
//!
//! Packages are named, never fetched from an address: Debian's by `debian`, Python's by `python`, JavaScript's by `npm`, which comes with `node`.

mod debian;
mod node;
mod npm;
mod python;

/// The other side of the interop tests.
pub struct Peer {
    /// How the tests and the reports call it.
    pub name: &'static str,
    missing: fn() -> bool,
    install: fn() -> Result<(), String>,
}

/// Every peer, in the order in which they are installed.
pub const PEERS: [Peer; 10] = [
    Peer {
        name: "prosody",
        missing: || debian::missing("prosody") || debian::missing("openssl"),
        install: || debian::install(&["prosody", "openssl"]),
    },
    Peer {
        name: "ejabberd",
        missing: || debian::missing("ejabberd"),
        install: || debian::install(&["ejabberd"]),
    },
    Peer {
        name: "slixmpp",
        missing: python::missing,
        install: python::install,
    },
    Peer {
        name: "postgresql",
        missing: || debian::missing("postgresql"),
        install: || debian::install(&["postgresql"]),
    },
    Peer {
        name: "faketime",
        missing: || debian::missing("faketime"),
        install: || debian::install(&["faketime"]),
    },
    Peer {
        name: "xmllint",
        missing: || debian::missing("libxml2-utils"),
        install: || debian::install(&["libxml2-utils"]),
    },
    Peer {
        name: "chromium",
        missing: || debian::missing("chromium") || debian::missing("chromium-driver"),
        install: || debian::install(&["chromium", "chromium-driver"]),
    },
    Peer {
        name: "nginx",
        missing: || debian::missing("nginx") || debian::missing("libnginx-mod-nchan"),
        install: || debian::install(&["nginx", "libnginx-mod-nchan"]),
    },
    Peer {
        name: "node",
        missing: node::missing,
        install: node::install,
    },
    Peer {
        name: "npm packages",
        missing: npm::missing,
        install: npm::install,
    },
];

/// Installs every missing peer; names the ones that are there at the end.
pub fn everything() -> Result<Vec<&'static str>, String> {
    for peer in &PEERS {
        if (peer.missing)() {
            println!("==> setup: {} is missing, installing it", peer.name);
            (peer.install)()?;
        }
        if (peer.missing)() {
            return Err(format!(
                "{} is still missing after its installation",
                peer.name
            ));
        }
        println!("==> setup: {} is installed", peer.name);
    }
    Ok(PEERS.iter().map(|peer| peer.name).collect())
}
