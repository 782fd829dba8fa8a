//! All channels of a gateway: made when somebody needs them, given up when nobody does.
//!
//! Numbers every entry of every channel under one lock, so that whoever sees a number has seen, or can see, all lower ones. Does not know
//! HTTP or XMPP: who made a channel starts its subscription at the service.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Instant, SystemTime};

use super::cursor::{Cursor, Epoch};
use super::lanes::announce;
use super::live::{Birth, Channel, Upstream};
use super::makers::Makers;
use super::message::{Content, Counter, Kind, Message, Moment};
use super::name::ChannelName;
use super::ring::RingBounds;
use crate::frame::{Framed, json_text};
use crate::measure::{self, Measure};
use crate::settings::Channels;
use crate::subscriber::Client;

#[derive(Debug)]
pub(crate) struct Hub {
    settings: Channels,
    epoch: Epoch,
    counter: Mutex<Counter>,
    channels: RwLock<HashMap<Arc<str>, Arc<Channel>>>,
    wildcards: AtomicUsize,
    order: AtomicU64,
    /// How many formats there are that an entry may be written in.
    formats: usize,
    lanes: usize,
    started: Instant,
    /// The name of the channel that tells of channels.
    events: Option<ChannelName>,
    private: Vec<String>,
    measure: Arc<Measure>,
    makers: Makers,
}

/// There are as many channels as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// What statistics say of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) channel: Arc<str>,
    pub(crate) published: u64,
    pub(crate) stored: usize,
    pub(crate) subscribers: usize,
}

impl Hub {
    pub(crate) fn new(
        settings: Channels,
        events: Option<ChannelName>,
        epoch: Epoch,
        formats: usize,
        private: Vec<String>,
    ) -> Self {
        let lanes = std::thread::available_parallelism().map_or(1, usize::from);
        let hub = Self {
            settings,
            epoch,
            counter: Mutex::default(),
            channels: RwLock::default(),
            wildcards: AtomicUsize::new(0),
            order: AtomicU64::new(0),
            formats,
            lanes: lanes.min(8),
            started: Instant::now(),
            events,
            private,
            measure: Arc::default(),
            makers: Makers::default(),
        };
        if let Some(events) = &hub.events {
            // It is there from the beginning, and tells of itself.
            let _ = hub.open(events);
        }
        hub
    }

    pub(crate) fn measure(&self) -> &Measure {
        &self.measure
    }

    /// What kind of channel it is.
    fn kind(&self, name: &ChannelName) -> measure::Kind {
        if self.is_events(name) {
            measure::Kind::Events
        } else if self
            .private
            .iter()
            .any(|prefix| name.as_str().starts_with(&**prefix))
        {
            measure::Kind::Private
        } else if self.is_wildcard(name) {
            measure::Kind::Wildcard
        } else if name.is_of_model() {
            measure::Kind::Model
        } else {
            measure::Kind::Other
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn settings(&self) -> &Channels {
        &self.settings
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Right after everything that was published so far.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            epoch: self.epoch,
            number: self.counter().number(),
        }
    }

    pub(crate) fn is_events(&self, name: &ChannelName) -> bool {
        self.events.as_ref() == Some(name)
    }

    pub(crate) fn is_wildcard(&self, name: &ChannelName) -> bool {
        let prefix = self.settings.wildcard_prefix.as_deref();
        prefix.is_some_and(|prefix| name.as_str().starts_with(prefix))
    }

    pub(crate) fn find(&self, name: &ChannelName) -> Option<Arc<Channel>> {
        self.read().get(name.as_str()).cloned()
    }

    /// The channel of that name, and whether it was made just now.
    ///
    /// # Errors
    ///
    /// [`Full`] when it is not there and there is no room for it.
    pub(crate) fn open(&self, name: &ChannelName) -> Result<(Arc<Channel>, bool), Full> {
        self.open_for(name, None)
    }

    /// The same for somebody at that address, who may have so many made and no more.
    pub(crate) fn open_for(
        &self,
        name: &ChannelName,
        maker: Option<IpAddr>,
    ) -> Result<(Arc<Channel>, bool), Full> {
        if let Some(channel) = self.find(name) {
            channel.touch();
            return Ok((channel, false));
        }
        let is_wildcard = self.is_wildcard(name);
        let number = self.counter().number();
        let mut channels = self
            .channels
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(name.as_str()) {
            return Ok((Arc::clone(channel), false));
        }
        let wildcards = self.wildcards.load(Ordering::Relaxed);
        let is_full = if is_wildcard {
            wildcards >= self.settings.most_wildcards
        } else {
            channels.len().saturating_sub(wildcards) >= self.settings.most
        };
        if is_full {
            return Err(Full);
        }
        let most = self.settings.most_per_address;
        let made = maker.map(|maker| self.makers.count(maker, most).ok_or(Full));
        let made = made.transpose()?;
        let upstream = if self.is_events(name) {
            Upstream::None
        } else {
            Upstream::Pending
        };
        let channel = Arc::new(Channel::new(Birth {
            name: name.clone(),
            order: self.order.fetch_add(1, Ordering::Relaxed),
            is_wildcard,
            kind: self.kind(name),
            measure: Arc::clone(&self.measure),
            bounds: self.bounds(),
            number,
            lanes: self.lanes,
            upstream,
            made,
        }));
        channels.insert(name.shared(), Arc::clone(&channel));
        if is_wildcard {
            self.wildcards.fetch_add(1, Ordering::Relaxed);
        }
        drop(channels);
        self.tell("channel_created", name);
        Ok((channel, true))
    }

    /// Gives a message its place in a channel and has it brought to everybody. `None` when the channel is no more.
    pub(crate) fn publish(
        &self,
        channel: &Arc<Channel>,
        content: Content,
        is_stored: bool,
    ) -> Option<Info> {
        let (info, place) = self.keep(channel, content, is_stored)?;
        announce(channel, place);
        Some(info)
    }

    /// Gives a message its place in a channel, from which it is still to be [announced](announce).
    pub(crate) fn keep(
        &self,
        channel: &Arc<Channel>,
        content: Content,
        is_stored: bool,
    ) -> Option<(Info, u64)> {
        let mut counter = self.counter();
        let mut ring = channel.ring();
        let message = Message {
            kind: Kind::Message,
            channel: channel.name().shared(),
            id: ring.next_id(&content.stamp),
            number: counter.next(),
            moment: counter.moment(SystemTime::now()),
            is_stored,
            position: None,
            content,
        };
        let place = ring.push(Arc::new(Framed::new(message, self.formats)), Instant::now())?;
        let counts = ring.counts();
        drop(ring);
        drop(counter);
        channel.touch();
        let info = Info {
            channel: channel.name().shared(),
            published: counts.published,
            stored: counts.stored,
            subscribers: channel.subscribers(),
        };
        self.measure.message(channel.kind());
        Some((info, place))
    }

    /// Tells everybody who is subscribed that messages are missing, of which nobody knows more.
    pub(crate) fn reset(&self, channel: &Arc<Channel>, is_purge: bool) {
        self.measure.reset();
        let mut counter = self.counter();
        let mut ring = channel.ring();
        let number = counter.next();
        let moment = ring.newest();
        if is_purge {
            ring.purge(number);
        }
        let message = Message {
            kind: Kind::Reset,
            moment,
            ..control(channel, RESET, number, "reset")
        };
        let place = ring.push(Arc::new(Framed::new(message, self.formats)), Instant::now());
        drop(ring);
        drop(counter);
        if let Some(place) = place {
            announce(channel, place);
        }
    }

    /// Deletes a channel: its subscribers are told, and what is published later makes a new one. Whether it was there.
    pub(crate) fn delete(&self, channel: &Arc<Channel>, text: Option<&str>) -> bool {
        if !self.remove(channel) {
            return false;
        }
        let text = text.unwrap_or(&self.settings.deleted_text);
        let mut counter = self.counter();
        let mut ring = channel.ring();
        let message = Message {
            kind: Kind::Deleted,
            ..control(channel, DELETED, counter.next(), text)
        };
        let place = ring.push(Arc::new(Framed::new(message, self.formats)), Instant::now());
        drop(ring);
        drop(counter);
        if let Some(place) = place {
            announce(channel, place);
        }
        channel.give_up();
        self.tell("channel_destroyed", channel.name());
        true
    }

    /// Forgets old messages, and gives up channels that nobody has needed for a while.
    pub(crate) fn sweep(&self, now: Instant) {
        let all: Vec<_> = self.read().values().cloned().collect();
        for channel in all {
            channel.ring().shrink(now);
            let is_old = |since| now.saturating_duration_since(since) >= self.settings.inactivity;
            if !channel.idle_since().is_some_and(is_old) || self.is_events(channel.name()) {
                continue;
            }
            if self.remove(&channel) {
                channel.give_up();
                self.tell("channel_destroyed", channel.name());
            }
        }
    }

    /// All channels, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Channel>> {
        let mut all: Vec<_> = self.read().values().cloned().collect();
        all.sort_by_key(|channel| channel.order());
        all
    }

    /// Everybody who is subscribed to something; who is subscribed to several channels comes once for each.
    pub(crate) fn clients(&self) -> Vec<Arc<Client>> {
        self.all()
            .iter()
            .flat_map(|channel| channel.lanes().members())
            .collect()
    }

    /// How many channels there are, and how many of them are wildcards.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.read().len(), self.wildcards.load(Ordering::Relaxed))
    }

    /// Tells the events channel, if there is one.
    pub(crate) fn tell(&self, event: &str, about: &ChannelName) {
        let Some(events) = &self.events else { return };
        let Some(channel) = self.find(events) else {
            return;
        };
        let text = format!(
            "{{\"type\": \"{event}\", \"channel\": {}}}",
            json_text(about.as_str())
        );
        let content = Content {
            text: text.into(),
            event_type: event.into(),
            ..Content::default()
        };
        self.publish(&channel, content, true);
    }

    /// Everything that can be published waits while this is held.
    pub(crate) fn counter(&self) -> MutexGuard<'_, Counter> {
        // No code that can panic runs while it is held.
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, channel: &Arc<Channel>) -> bool {
        let mut channels = self
            .channels
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let name = channel.name().as_str();
        if !channels
            .get(name)
            .is_some_and(|own| Arc::ptr_eq(own, channel))
        {
            return false;
        }
        channels.remove(name);
        if channel.is_wildcard() {
            self.wildcards.fetch_sub(1, Ordering::Relaxed);
        }
        true
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<Arc<str>, Arc<Channel>>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn bounds(&self) -> RingBounds {
        RingBounds {
            stored: self.settings.stored_messages,
            stored_for: self.settings.message_ttl,
            recent: self.settings.backlog,
            recent_for: self.settings.backlog_ttl,
            bytes: self.settings.stored_bytes,
        }
    }
}

/// The id of the message that a channel is deleted.
const DELETED: i64 = -2;
/// The id of the message that messages are missing.
pub(crate) const RESET: i64 = -4;

fn control(channel: &Channel, id: i64, number: u64, text: &str) -> Message {
    Message {
        kind: Kind::Message,
        channel: channel.name().shared(),
        id,
        number,
        moment: Moment::NEVER,
        is_stored: false,
        position: None,
        content: Content {
            text: text.into(),
            ..Content::default()
        },
    }
}

impl Info {
    pub(crate) fn of(channel: &Channel) -> Self {
        let counts = channel.counts();
        Self {
            channel: channel.name().shared(),
            published: counts.published,
            stored: counts.stored,
            subscribers: channel.subscribers(),
        }
    }
}
