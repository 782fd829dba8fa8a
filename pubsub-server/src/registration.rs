//! In-band registration (XEP-0077): who may make an account now, and what the forms look like. The accounts themselves are elsewhere.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pubsub_xml::{Reader, XmlError};

use crate::config::Registration;
use crate::wire::{namespace, text};

const HOUR: Duration = Duration::from_hours(1);

/// So many addresses are remembered; when there are more, the window starts anew for those that were quiet.
const REMEMBERED: usize = 10_000;

/// Counts registrations, by address and all together.
#[derive(Debug)]
pub(crate) struct Registrar {
    policy: Registration,
    recent: Mutex<Recent>,
}

/// Those of the last hour.
#[derive(Debug, Default)]
struct Recent {
    all: VecDeque<Instant>,
    by_address: HashMap<IpAddr, Vec<Instant>>,
}

/// Why nobody may register just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Registration is closed.
    Closed,
    /// Too many came from that address.
    Address,
    /// Too many came from everywhere.
    Server,
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

    /// No account was made after all: what was counted then is not.
    pub(crate) fn take_back(&self, address: IpAddr, admitted: Instant) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let Recent { all, by_address } = &mut *recent;
        if let Some(index) = all.iter().rposition(|time| *time == admitted) {
            all.remove(index);
        }
        if let Some(times) = by_address.get_mut(&address)
            && let Some(index) = times.iter().rposition(|time| *time == admitted)
        {
            times.remove(index);
        }
    }

    /// Whether one more account may be made from that address now; if so it is counted.
    pub(crate) fn admit(&self, address: IpAddr, now: Instant) -> Result<(), Limit> {
        let Registration::Open {
            per_address_and_hour,
            per_hour,
        } = self.policy
        else {
            return Err(Limit::Closed);
        };
        let is_recent = |time: &Instant| now.duration_since(*time) < HOUR;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let Recent { all, by_address } = &mut *recent;
        while all.pop_front_if(|time| !is_recent(time)).is_some() {}
        if all.len() >= per_hour {
            return Err(Limit::Server);
        }
        if by_address.len() >= REMEMBERED {
            by_address.retain(|_, times| times.iter().any(is_recent));
        }
        if by_address.len() >= REMEMBERED && !by_address.contains_key(&address) {
            return Err(Limit::Server);
        }
        let times = by_address.entry(address).or_default();
        times.retain(is_recent);
        if times.len() >= per_address_and_hour {
            return Err(Limit::Address);
        }
        times.push(now);
        all.push_back(now);
        Ok(())
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

    fn registrar(per_address_and_hour: usize, per_hour: usize) -> Registrar {
        Registrar::new(Registration::Open {
            per_address_and_hour,
            per_hour,
        })
    }

    #[test]
    fn an_address_is_admitted_so_often_in_an_hour() {
        let registrar = registrar(2, 100);
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let start = Instant::now();
        assert_eq!(registrar.admit(one, start), Ok(()));
        assert_eq!(registrar.admit(one, start), Ok(()));
        assert_eq!(registrar.admit(one, start), Err(Limit::Address));
        registrar.take_back(one, start);
        assert_eq!(registrar.admit(one, start), Ok(()));
        assert_eq!(registrar.admit(one, start), Err(Limit::Address));
        assert_eq!(registrar.admit(other, start), Ok(()));
        assert_eq!(registrar.admit(one, start + HOUR), Ok(()));
        let closed = Registrar::new(Registration::Closed);
        assert_eq!(closed.admit(one, start), Err(Limit::Closed));
    }

    #[test]
    fn so_many_are_admitted_in_an_hour_wherever_they_come_from() {
        let registrar = registrar(2, 3);
        let start = Instant::now();
        for number in 0..3 {
            let address = IpAddr::from([10, 0, 0, number]);
            assert_eq!(registrar.admit(address, start), Ok(()));
        }
        let other = IpAddr::from([10, 0, 1, 0]);
        assert_eq!(registrar.admit(other, start), Err(Limit::Server));
        assert_eq!(registrar.admit(other, start + HOUR), Ok(()));
    }
}
