//! Who is connected: finds the queues of a JID. Knows nothing of sockets; what it hands text to are outboxes.
//!
//! A bare JID stands for every available resource of the account, a full JID for one. A resource is available from binding on, until it
//! sends unavailable presence or a negative priority: many small clients never send presence at all.

mod budget;
mod outbox;
mod outgoing;
mod waiting;

pub(crate) use self::budget::Budget;
pub(crate) use self::outbox::{FULL, Outbox, Parked, Turn};
pub(crate) use self::outgoing::Outgoing;
pub(crate) use self::waiting::{Parts, Shared};

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::Thread;

use crate::address;
use crate::service::shows::Show;
use crate::service::vocabulary::Actor;
use crate::wire::stream::StreamError;

/// One bound resource.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) actor: Actor,
    pub(crate) outbox: Outbox,
    /// How many bytes of its requests wait to be kept before they are answered.
    pub(crate) undecided: AtomicUsize,
    is_available: AtomicBool,
    /// Whether it has sent presence and not taken it back.
    is_announced: AtomicBool,
    /// What it shows with its presence.
    show: AtomicU8,
    /// Whether it gets copies of the messages of the account's other clients (XEP-0280).
    is_copied: AtomicBool,
    resumption: OnceLock<Box<str>>,
    /// The component that somebody speaks through, whose queue is used.
    behind: Option<Arc<Self>>,
}

impl Peer {
    pub(crate) fn new(actor: Actor, outbox: Outbox) -> Arc<Self> {
        Arc::new(Self {
            actor,
            outbox,
            undecided: AtomicUsize::new(0),
            is_available: AtomicBool::new(true),
            is_announced: AtomicBool::new(false),
            show: AtomicU8::new(Show::default().number()),
            is_copied: AtomicBool::new(false),
            resumption: OnceLock::new(),
            behind: None,
        })
    }

    /// Somebody who speaks through a component. Never bound: what is for it finds the component.
    pub(crate) fn behind(component: &Arc<Self>, actor: Actor) -> Arc<Self> {
        Arc::new(Self {
            actor,
            outbox: Outbox::unused(&component.outbox),
            undecided: AtomicUsize::new(0),
            is_available: AtomicBool::new(false),
            is_announced: AtomicBool::new(false),
            show: AtomicU8::new(Show::default().number()),
            is_copied: AtomicBool::new(false),
            resumption: OnceLock::new(),
            behind: Some(component.clone()),
        })
    }

    /// Notes presence of that priority. Returns whether the resource was not present before.
    pub(crate) fn announce(&self, priority: i32, show: Show) -> bool {
        self.show.store(show.number(), Ordering::Relaxed);
        self.is_available.store(priority >= 0, Ordering::Relaxed);
        !self.is_announced.swap(true, Ordering::Relaxed)
    }

    /// What it shows with its presence. Who has sent none shows nothing in particular.
    pub(crate) fn show(&self) -> Show {
        Show::numbered(self.show.load(Ordering::Relaxed))
    }

    /// Whether it has sent presence and not taken it back.
    pub(crate) fn is_present(&self) -> bool {
        self.is_announced.load(Ordering::Relaxed)
    }

    /// Whether it gets copies of messages from now on.
    pub(crate) fn set_copied(&self, is_copied: bool) {
        self.is_copied.store(is_copied, Ordering::Relaxed);
    }

    /// Notes unavailable presence.
    pub(crate) fn withdraw(&self) {
        self.is_available.store(false, Ordering::Relaxed);
        self.is_announced.store(false, Ordering::Relaxed);
    }
}

/// After so many deliveries their recipients are woken. It is high, because what gathers for a client is written at once and the rest of it
/// costs little to gather: a beginning of its own, and a share of a text.
const MANY: usize = 512 * 1024;

/// Who has something to do and has not been told: connections that have something to send, and the thread that commits. They are, at the
/// latest when this is dropped.
///
/// Waking once after a batch lets a connection write everything the batch gave it in one go.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    peers: Vec<Arc<Peer>>,
    deliveries: usize,
    /// A thread that has been given something to do.
    thread: Option<Thread>,
}

impl Wakes {
    /// Whether it is time to wake those who have something to send, before the rest of a batch.
    pub(crate) fn are_many(&self) -> bool {
        self.deliveries >= MANY
    }

    /// How many stanzas were delivered since this was empty.
    pub(crate) fn deliveries(&self) -> usize {
        self.deliveries
    }

    pub(crate) fn deliver(&mut self, peer: &Arc<Peer>, own: &[&str]) {
        self.deliver_parts(peer, own.into());
    }

    fn deliver_parts(&mut self, peer: &Arc<Peer>, stanza: Parts<'_>) {
        self.deliveries += 1;
        let peer = peer.behind.as_ref().unwrap_or(peer);
        if peer.outbox.push(stanza) {
            self.peers.push(peer.clone());
        }
    }

    /// Notes that the thread has something to do.
    pub(crate) fn rouse(&mut self, thread: &Thread) {
        if self.thread.is_none() {
            self.thread = Some(thread.clone());
        }
    }

    pub(crate) fn wake_all(&mut self) {
        self.deliveries = 0;
        if let Some(thread) = self.thread.take() {
            thread.unpark();
        }
        for peer in self.peers.drain(..) {
            peer.outbox.wake();
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.wake_all();
    }
}

type Accounts = HashMap<Arc<str>, Vec<Arc<Peer>>>;

/// All bound resources of the server.
#[derive(Debug, Default)]
pub(crate) struct Router {
    accounts: RwLock<Accounts>,
    resumable: Mutex<HashMap<Box<str>, Arc<Peer>>>,
    /// Whether there may be components, whose domains stand for all addresses there.
    has_components: bool,
}

/// Why a resource was not bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyResources;

impl Router {
    /// Where there are components.
    pub(crate) fn with_components() -> Self {
        Self {
            has_components: true,
            ..Self::default()
        }
    }

    /// Binds a resource. The newest wins: one of the same name is cut off with `<conflict/>`.
    pub(crate) fn bind(&self, peer: &Arc<Peer>, most: usize) -> Result<(), TooManyResources> {
        let mut accounts = self
            .accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let peers = accounts.entry(peer.actor.bare.clone()).or_default();
        let rival = peers
            .iter()
            .position(|other| other.actor.full == peer.actor.full);
        let rival = match rival {
            Some(index) => Some(peers.swap_remove(index)),
            None if peers.len() >= most => return Err(TooManyResources),
            None => None,
        };
        peers.push(peer.clone());
        drop(accounts);
        if let Some(rival) = rival {
            self.forget_resumption(&rival);
            rival.outbox.end(StreamError::Conflict);
        }
        Ok(())
    }

    /// Takes a resource out, unless another has taken its place. Returns whether it was the last of its account.
    pub(crate) fn unbind(&self, peer: &Arc<Peer>) -> bool {
        self.forget_resumption(peer);
        let mut accounts = self
            .accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(peers) = accounts.get_mut(&peer.actor.bare) else {
            return false;
        };
        peers.retain(|other| !Arc::ptr_eq(other, peer));
        let is_last = peers.is_empty();
        if is_last {
            accounts.remove(&peer.actor.bare);
        }
        is_last
    }

    /// The connected resources, to deliver to. Held for the length of a fan-out.
    pub(crate) fn directory(&self) -> Directory<'_> {
        Directory {
            accounts: self.accounts.read().unwrap_or_else(PoisonError::into_inner),
            has_components: self.has_components,
        }
    }

    /// Whether any resource of the account is available.
    pub(crate) fn is_available(&self, bare: &str) -> bool {
        self.directory().available(bare).next().is_some()
    }

    /// Ends every stream.
    pub(crate) fn end_all(&self, error: StreamError) {
        for peers in self.directory().accounts.values() {
            for peer in peers {
                peer.outbox.end(error);
            }
        }
    }

    /// Ends every stream of one account.
    pub(crate) fn end_account(&self, bare: &str, error: StreamError) {
        for peer in self.directory().accounts.get(bare).into_iter().flatten() {
            peer.outbox.end(error);
        }
    }

    /// Makes the resource resumable under an id nobody can guess.
    pub(crate) fn allow_resumption(&self, peer: &Arc<Peer>, id: &str) {
        if peer.resumption.set(id.into()).is_ok() {
            self.resumable().insert(id.into(), peer.clone());
        }
    }

    /// The resource with that resumption id.
    pub(crate) fn find_resumable(&self, id: &str) -> Option<Arc<Peer>> {
        self.resumable().get(id).cloned()
    }

    fn forget_resumption(&self, peer: &Peer) {
        if let Some(id) = peer.resumption.get() {
            self.resumable().remove(id);
        }
    }

    fn resumable(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Peer>>> {
        self.resumable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look at who is connected.
pub(crate) struct Directory<'r> {
    accounts: RwLockReadGuard<'r, Accounts>,
    has_components: bool,
}

impl Directory<'_> {
    /// The resource with that full JID.
    pub(crate) fn full(&self, jid: &str) -> Option<&Arc<Peer>> {
        self.accounts
            .get(address::bare(jid))?
            .iter()
            .find(|peer| &*peer.actor.full == jid)
    }

    /// Whether a resource of that bare JID has logged in without an account.
    pub(crate) fn is_guest(&self, bare: &str) -> bool {
        let peers = self.accounts.get(bare);
        peers.is_some_and(|peers| peers.iter().any(|peer| peer.actor.is_anonymous))
    }

    /// All bound resources, components too.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.accounts.values().flatten()
    }

    /// The available resources of the account with that bare JID.
    pub(crate) fn available(&self, bare: &str) -> impl Iterator<Item = &Arc<Peer>> {
        let peers = self.accounts.get(bare).map_or(&[][..], Vec::as_slice);
        peers
            .iter()
            .filter(|peer| peer.is_available.load(Ordering::Relaxed))
    }

    /// The component that the domain of a JID belongs to.
    fn component(&self, jid: &str) -> Option<&Arc<Peer>> {
        if !self.has_components {
            return None;
        }
        self.accounts.get(address::domain(jid))?.first()
    }

    /// The resources of an account that a message to it is for: those that have sent presence, or, if none has, those that never do.
    pub(crate) fn attentive(&self, bare: &str) -> impl Iterator<Item = &Arc<Peer>> {
        let has_announced = |peer: &&Arc<Peer>| peer.is_present();
        let is_anybody = self.available(bare).any(|peer| has_announced(&peer));
        self.available(bare)
            .filter(move |peer| !is_anybody || has_announced(peer))
    }

    /// The resources of an account that get copies of messages.
    pub(crate) fn copied(&self, bare: &str) -> impl Iterator<Item = &Arc<Peer>> {
        let peers = self.accounts.get(bare).map_or(&[][..], Vec::as_slice);
        peers
            .iter()
            .filter(|peer| peer.is_copied.load(Ordering::Relaxed))
    }

    /// Hands a stanza to whom a JID stands for, bare or full.
    pub(crate) fn deliver(&self, wakes: &mut Wakes, jid: &str, own: &[&str]) {
        self.deliver_parts(wakes, jid, own.into());
    }

    /// The same of a stanza whose end is everybody's.
    pub(crate) fn deliver_parts(&self, wakes: &mut Wakes, jid: &str, stanza: Parts<'_>) {
        if jid.contains('/') {
            if let Some(peer) = self.full(jid).or_else(|| self.component(jid)) {
                wakes.deliver_parts(peer, stanza);
            }
        } else if let Some(component) = self.component(jid) {
            wakes.deliver_parts(component, stanza);
        } else {
            for peer in self.available(jid) {
                wakes.deliver_parts(peer, stanza);
            }
        }
    }

    /// The same, but only to resources that have sent presence.
    pub(crate) fn deliver_to_present(&self, wakes: &mut Wakes, jid: &str, stanza: Parts<'_>) {
        let is_full = jid.contains('/');
        let present = |peer: &&Arc<Peer>| peer.is_present();
        for peer in self.available(address::bare(jid)).filter(present) {
            if !is_full || *peer.actor.full == *jid {
                wakes.deliver_parts(peer, stanza);
            }
        }
    }
}
