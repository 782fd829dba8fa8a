//! All rooms of a server: finds them, makes them, lets go of those that are over, and knows which session is in which.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

#[cfg(feature = "durable")]
use super::keeping::Kept;
use super::receipt::{Changed, Receipt, Written};
use super::refusal::Refusal;
use super::room::{Limits, Room};
use super::settings::Bounds;
use super::telling::tell;
use super::vocabulary::{After, Outcome, Visitor};
use crate::address;
use crate::config::{RoomCreation, Rooms};
use crate::router::{Router, Wakes};

/// The rooms.
#[derive(Debug)]
pub(crate) struct Hall {
    /// Their domain.
    pub(crate) domain: Arc<str>,
    pub(super) rules: Rooms,
    limits: Limits,
    router: Arc<Router>,
    register: Mutex<Register>,
    /// Rooms that are to be written, and the word that there are some.
    pub(super) changed: Mutex<Changed>,
    pub(super) written: watch::Sender<Written>,
    /// The word that somebody waits to be answered.
    pub(super) urgent: Notify,
    /// Whether somebody writes them.
    pub(super) is_keeping: AtomicBool,
    pub(super) news: Notify,
    /// The rooms that a session is in, by full JID.
    visits: Mutex<HashMap<Arc<str>, Vec<Arc<str>>>>,
}

/// Which rooms there are.
#[derive(Debug, Default)]
struct Register {
    rooms: BTreeMap<Arc<str>, Arc<Mutex<Room>>>,
    /// How many each account made.
    founded: HashMap<Arc<str>, usize>,
}

impl Hall {
    pub(crate) fn new(domain: Arc<str>, rules: Rooms, router: Arc<Router>) -> Self {
        let limits = Limits {
            bounds: Bounds {
                occupants: rules.occupants,
                history: rules.history,
                text: rules.text,
            },
            history_bytes: rules.history_bytes,
            affiliations: rules.affiliations,
            nick: rules.nick,
            presence: rules.presence,
        };
        Self {
            domain,
            rules,
            limits,
            router,
            register: Mutex::default(),
            changed: Mutex::default(),
            written: watch::Sender::default(),
            urgent: Notify::new(),
            is_keeping: AtomicBool::new(false),
            news: Notify::new(),
            visits: Mutex::default(),
        }
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        lock(&self.register)
    }

    fn visits(&self) -> MutexGuard<'_, HashMap<Arc<str>, Vec<Arc<str>>>> {
        lock(&self.visits)
    }

    /// How many rooms there are.
    pub(crate) fn len(&self) -> usize {
        self.register().rooms.len()
    }

    /// Lets the room of that address decide, tells what came of it, and lets go of it when it is over.
    pub(super) fn in_room<T>(
        &self,
        jid: &str,
        wakes: &mut Wakes,
        decide: impl FnOnce(&mut Room, &mut Outcome) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.in_room_noted(jid, wakes, decide).0
    }

    /// The same, with what is left to do.
    pub(super) fn in_room_noted<T>(
        &self,
        jid: &str,
        wakes: &mut Wakes,
        decide: impl FnOnce(&mut Room, &mut Outcome) -> Result<T, Refusal>,
    ) -> (Result<T, Refusal>, After) {
        loop {
            let found = self.register().rooms.get(jid).cloned();
            let Some(found) = found else {
                return (Err(Refusal::NoRoom), After::default());
            };
            let mut room = lock(&found);
            if room.is_gone {
                // It ended between the two locks; another may have taken its place.
                drop(room);
                self.strike_out(&found, jid);
                continue;
            }
            let mut outcome = Outcome::default();
            let result = decide(&mut room, &mut outcome);
            let after = self.settle(&mut room, &outcome, wakes);
            let is_gone = room.is_gone;
            drop(room);
            if is_gone {
                self.strike_out(&found, jid);
            }
            return (result, after);
        }
    }

    /// Says when a change is on the disk, and has it written at once.
    pub(crate) fn receipt(&self, number: u64) -> Receipt {
        self.urgent.notify_one();
        Receipt::new(self.written.subscribe(), number)
    }

    /// Looks at the room of that address.
    pub(super) fn look<T>(&self, jid: &str, look: impl FnOnce(&Room) -> T) -> Option<T> {
        let found = self.register().rooms.get(jid).cloned()?;
        let room = lock(&found);
        (!room.is_gone).then(|| look(&room))
    }

    /// What follows from a decision, still under the lock of the room.
    fn settle(&self, room: &mut Room, outcome: &Outcome, wakes: &mut Wakes) -> After {
        let letters = tell(room, &outcome.tellings, &self.router.directory(), wakes);
        if !outcome.gone.is_empty() {
            let mut visits = self.visits();
            for full in &outcome.gone {
                if let Some(rooms) = visits.get_mut(full) {
                    rooms.retain(|visited| *visited != room.jid);
                    if rooms.is_empty() {
                        visits.remove(full);
                    }
                }
            }
        }
        if room.is_over() {
            room.is_gone = true;
        }
        let number = if outcome.is_lasting {
            self.note(room)
        } else {
            None
        };
        After { number, letters }
    }

    /// Takes in a room that was kept.
    #[cfg(feature = "durable")]
    pub(super) fn take_back(&self, kept: Kept) {
        let room = Room::restored(kept, self.limits, rand::random());
        let mut register = self.register();
        *register.founded.entry(room.founder.clone()).or_default() += 1;
        register
            .rooms
            .insert(room.jid.clone(), Arc::new(Mutex::new(room)));
    }

    /// An account is gone, and with it what it was in all rooms; one that it alone owned has nobody above its members then.
    pub(crate) fn forget(&self, bare: &str, wakes: &mut Wakes) {
        for (jid, _) in self.addresses() {
            let _ = self.in_room(&jid, wakes, |room, outcome| {
                *outcome = room.forget_account(bare);
                Ok(())
            });
        }
    }

    /// Notes that a room is to be written, or is gone.
    fn note(&self, room: &mut Room) -> Option<u64> {
        if !room.settings.is_persistent && !room.is_kept {
            return None;
        }
        room.is_kept = room.settings.is_persistent;
        if !self.is_keeping.load(Ordering::Relaxed) {
            return None;
        }
        let number = lock(&self.changed).note(&room.jid);
        self.news.notify_one();
        Some(number)
    }

    fn strike_out(&self, room: &Arc<Mutex<Room>>, jid: &str) {
        let mut register = self.register();
        if !register
            .rooms
            .get(jid)
            .is_some_and(|found| Arc::ptr_eq(found, room))
        {
            return;
        }
        register.rooms.remove(jid);
        let founder = lock(room).founder.clone();
        if let Some(count) = register.founded.get_mut(&founder) {
            *count -= 1;
            if *count == 0 {
                register.founded.remove(&founder);
            }
        }
    }

    /// Makes the room if there is none of that address.
    pub(super) fn ensure(
        &self,
        jid: &str,
        visitor: &Visitor,
        is_locked: bool,
    ) -> Result<(), Refusal> {
        let mut register = self.register();
        if register.rooms.contains_key(jid) {
            return Ok(());
        }
        let is_ours = !visitor.bare.contains('@') && visitor.session == 0;
        match self.rules.creation {
            _ if is_ours => {}
            RoomCreation::Everyone => {}
            RoomCreation::Accounts if !visitor.is_anonymous => {}
            RoomCreation::Accounts | RoomCreation::Nobody => {
                return Err(Refusal::CreationForbidden);
            }
        }
        if register.rooms.len() >= self.rules.rooms {
            return Err(Refusal::TooManyRooms);
        }
        let founded = register.founded.entry(visitor.bare.clone()).or_default();
        if *founded >= self.rules.rooms_per_account {
            return Err(Refusal::TooManyRoomsOfAccount);
        }
        *founded += 1;
        let jid: Arc<str> = jid.into();
        let mut room = Room::new(
            jid.clone(),
            visitor.bare.clone(),
            self.limits,
            rand::random(),
        );
        room.is_locked = is_locked;
        register.rooms.insert(jid, Arc::new(Mutex::new(room)));
        Ok(())
    }

    /// Says something in the name of a room, which is made to last if there is none.
    pub(crate) fn announce(
        &self,
        jid: &str,
        domain: &Arc<str>,
        content: Arc<str>,
        now: u64,
        wakes: &mut Wakes,
    ) -> Result<(), Refusal> {
        let server = Visitor {
            bare: domain.clone(),
            full: domain.clone(),
            session: 0,
            is_anonymous: false,
        };
        // It is locked until it is known to last: so nobody finds it half made.
        self.ensure(jid, &server, true)?;
        self.in_room(jid, wakes, |room, outcome| {
            if room.is_locked && room.founder == *domain {
                room.is_locked = false;
                room.settings.is_persistent = true;
            }
            *outcome = room.announce(content, now);
            Ok(())
        })
    }

    /// Notes that a session is about to enter a room. It is taken back if it does not.
    pub(super) fn note_visit(&self, full: &Arc<str>, room: &str) -> Result<(), Refusal> {
        let mut visits = self.visits();
        let rooms = visits.entry(full.clone()).or_default();
        if rooms.iter().any(|visited| &**visited == room) {
            return Ok(());
        }
        if rooms.len() >= self.rules.rooms_per_session {
            return Err(Refusal::TooManyVisits);
        }
        rooms.push(room.into());
        Ok(())
    }

    /// Takes a note of a visit back.
    pub(super) fn forget_visit(&self, full: &str, room: &str) {
        let mut visits = self.visits();
        if let Some(rooms) = visits.get_mut(full) {
            rooms.retain(|visited| &**visited != room);
            if rooms.is_empty() {
                visits.remove(full);
            }
        }
    }

    /// A session has ended, or is no longer available: it leaves all rooms.
    pub(crate) fn depart(&self, full: &str, session: u64, wakes: &mut Wakes) {
        let rooms = self.visits().get(full).cloned().unwrap_or_default();
        for jid in rooms {
            let _ = self.in_room(&jid, wakes, |room, outcome| {
                *outcome = room.lose(full, session);
                Ok(())
            });
        }
    }

    /// A component has left, and with it all who spoke through it.
    pub(crate) fn depart_domain(&self, domain: &str, session: u64, wakes: &mut Wakes) {
        let here = self.visits();
        let visitors: Vec<_> = here
            .keys()
            .filter(|full| address::domain(full) == domain)
            .cloned()
            .collect();
        drop(here);
        for full in visitors {
            self.depart(&full, session, wakes);
        }
    }

    /// A page of the rooms in the order of their addresses, for one who may see them.
    pub(super) fn addresses(&self) -> Vec<(Arc<str>, Arc<Mutex<Room>>)> {
        let register = self.register();
        let rooms = register.rooms.iter();
        rooms
            .map(|(jid, room)| (jid.clone(), room.clone()))
            .collect()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
