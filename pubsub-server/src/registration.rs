//! In-band registration (XEP-0077): who may make an account now, and what the forms look like. The accounts themselves are elsewhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pubsub_xml::{Reader, XmlError};

use crate::config::Registration;
use crate::wire::{namespace, text};

const HOUR: Duration = Duration::from_hours(1);

/// So many addresses are remembered; when there are more, the window starts anew for those that were quiet.
const REMEMBERED: usize = 10_000;

/// Counts registrations by address.
#[derive(Debug)]
pub(crate) struct Registrar {
    policy: Registration,
    recent: Mutex<HashMap<IpAddr, Vec<Instant>>>,
}

/// What a client asks with a `jabber:iq:register` set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) is_removal: bool,
}

impl Registrar {
    pub(crate) fn new(policy: Registration) -> Self {
        Self {
            policy,
            recent: Mutex::default(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.policy != Registration::Closed
    }

    /// Whether one more account may be made from that address now; if so it is counted.
    pub(crate) fn admit(&self, address: IpAddr, now: Instant) -> bool {
        let Registration::Open {
            per_address_and_hour,
        } = self.policy
        else {
            return false;
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= REMEMBERED {
            recent.retain(|_, times| times.iter().any(|time| now.duration_since(*time) < HOUR));
        }
        if recent.len() >= REMEMBERED && !recent.contains_key(&address) {
            return false;
        }
        let times = recent.entry(address).or_default();
        times.retain(|time| now.duration_since(*time) < HOUR);
        if times.len() >= per_address_and_hour {
            return false;
        }
        times.push(now);
        true
    }
}

/// Reads the `<query/>` that was just entered.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Application, XmlError> {
    let mut application = Application::default();
    while let Some(name) = reader.child()? {
        let local = if name.namespace == namespace::REGISTER {
            name.local
        } else {
            ""
        };
        match local {
            "username" => application.username = Some(reader.text()?.into_owned()),
            "password" => application.password = Some(reader.text()?.into_owned()),
            "remove" => {
                application.is_removal = true;
                reader.skip()?;
            }
            _ => reader.skip()?,
        }
    }
    Ok(application)
}

/// The fields one has to fill; with the name of who is registered already.
pub(crate) fn write_form(out: &mut String, registered: Option<&str>) {
    out.push_str("<query xmlns='jabber:iq:register'>");
    match registered {
        Some(username) => {
            out.push_str("<registered/><username>");
            text(out, username);
            out.push_str("</username><password/>");
        }
        None => out.push_str(
            "<instructions>Choose a user name and a password.</instructions><username/><password/>",
        ),
    }
    out.push_str("</query>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_admitted_so_often_in_an_hour() {
        let registrar = Registrar::new(Registration::Open {
            per_address_and_hour: 2,
        });
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let start = Instant::now();
        assert!(registrar.admit(one, start));
        assert!(registrar.admit(one, start));
        assert!(!registrar.admit(one, start));
        assert!(registrar.admit(other, start));
        assert!(registrar.admit(one, start + HOUR));
        assert!(!Registrar::new(Registration::Closed).admit(one, start));
    }
}
