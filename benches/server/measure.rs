//! What is measured, turn by turn, each with a node and connections of its own.

use std::time::Duration;

use super::accounts::{PUBLISHER, subscriber};
use super::contestant::{Contestant, Kind};
use super::entrance::Client;
use super::figures::{Figure, Goal, at, median};
use super::hall::{Hall, Pace, Turn};
use super::node::{self, Keeping};
use super::peers::SERVICE;
use super::scram::Ring;
use super::stanza::Writer;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) rounds: usize,
    /// How long each contestant is measured at once, after it has warmed up.
    pub(crate) turn: Duration,
    pub(crate) warming: Duration,
    /// Who hears what is published; the number of the accounts as well.
    pub(crate) crowd: usize,
    /// How many connections are idle, and how many of ours alone.
    pub(crate) idle: [usize; 2],
    pub(crate) logins: u32,
}

/// So many requests are unanswered, and so many are sent at once.
pub(crate) const WINDOW: u32 = 64;

/// So many items a durable node keeps.
const KEPT: usize = 100;

/// With these two servers each is compared.
const PEERS: [Kind; 2] = [Kind::Ejabberd, Kind::Prosody];

/// Those who take turns.
pub(crate) struct Match {
    contestants: Vec<Contestant>,
    ring: Ring,
    scale: Scale,
}

impl Match {
    /// Starts these builds of ours and the others, as far as they were asked for.
    pub(crate) fn start(ours: &[Kind], chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Self {
        let kinds = ours.iter().chain(&PEERS).filter(|kind| chosen(**kind));
        let contestants = kinds
            .map(|kind| Contestant::start(*kind, scale.crowd))
            .collect();
        Self {
            contestants,
            ring: Ring::default(),
            scale,
        }
    }

    /// Lets everybody have a turn, so often; what came of each, by contestant.
    fn turns<T>(
        &mut self,
        name: &str,
        mut turn: impl FnMut(&Contestant, &str, &mut Ring, Scale) -> T,
    ) -> Vec<(Kind, Vec<T>)> {
        let mut all: Vec<(Kind, Vec<T>)> = self
            .contestants
            .iter()
            .map(|contestant| (contestant.kind, Vec::new()))
            .collect();
        for round in 0..self.scale.rounds {
            for (contestant, (kind, turns)) in self.contestants.iter().zip(&mut all) {
                for other in &self.contestants {
                    other.settle();
                }
                eprint!("{name} {round} {}: ", kind.name());
                let node = format!("{name}-{round}");
                turns.push(turn(contestant, &node, &mut self.ring, self.scale));
            }
        }
        all
    }
}

/// Logs the publisher in and makes a node; then everybody who is to hear of it.
pub(crate) fn hall(
    at: &Contestant,
    node: &str,
    keeping: Keeping,
    crowd: usize,
    ring: &mut Ring,
) -> Hall {
    let mut publisher = log_in(at, Some(PUBLISHER), ring);
    node::create(&mut publisher, node, keeping);
    let mut audience = crowd_of(at, crowd, ring);
    for client in &mut audience {
        node::subscribe(client, node);
    }
    let ids = match keeping {
        Keeping::Items(most) => most,
        Keeping::Nothing => usize::MAX,
    };
    let writer = Writer::new(SERVICE, vec![node.to_owned()], ids);
    Hall::new(publisher, writer, audience)
}

/// Logs subscribers in: by accounts as far as there are any, and the rest without.
pub(crate) fn crowd_of(at: &Contestant, count: usize, ring: &mut Ring) -> Vec<Client> {
    (0..count)
        .map(|index| {
            let user = (index < super::ACCOUNTS).then(|| subscriber(index));
            log_in(at, user.as_deref(), ring)
        })
        .collect()
}

pub(crate) fn log_in(at: &Contestant, user: Option<&str>, ring: &mut Ring) -> Client {
    Client::login(at.address, user, ring)
        .unwrap_or_else(|error| panic!("{}: no login: {error}", at.kind.name()))
}

/// Says what came of a turn. Ours must lose nothing and keep the order; what others do wrong is told.
pub(crate) fn judged(at: &Contestant, turn: Turn) -> Turn {
    let Turn {
        published,
        heard,
        lost,
        faults,
        took,
        cpu,
        own_cpu,
        ..
    } = &turn;
    eprintln!(
        "published {published}, heard {heard}, lost {lost}, out of order {faults} in {took:.2?}; {cpu:.2?} of its processor time, {own_cpu:.2?} of the load's"
    );
    assert!(
        !at.kind.is_ours() || (*lost, *faults) == (0, 0),
        "not everybody has heard everything, once and in order"
    );
    turn
}

fn figure<'t, T: 't>(
    what: &str,
    goal: Option<Goal>,
    all: impl IntoIterator<Item = &'t (Kind, Vec<T>)>,
    of: impl Fn(&T) -> f64,
) -> Figure {
    let values = all.into_iter();
    Figure {
        what: what.to_owned(),
        goal,
        values: values
            .map(|(kind, turns)| (*kind, median(turns.iter().map(&of).collect())))
            .collect(),
    }
}

pub(crate) fn published_a_second(turn: &Turn) -> f64 {
    f64::from(turn.published) / turn.took.as_secs_f64()
}

pub(crate) fn cpu_a_publish(turn: &Turn) -> f64 {
    turn.cpu.as_secs_f64() * 1e6 / f64::from(turn.published.max(1))
}

pub(crate) fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).expect("a number that a turn can reach"))
}

pub(crate) fn heard_a_second(turn: &Turn) -> f64 {
    count(turn.heard) / turn.took.as_secs_f64()
}

pub(crate) fn cpu_a_delivery(turn: &Turn) -> f64 {
    turn.cpu.as_secs_f64() * 1e6 / count(turn.heard.max(1))
}

pub(crate) fn delay(turn: &Turn, hundredth: usize) -> f64 {
    at(&mut turn.delays.clone(), hundredth)
}

/// The load's share of the processor time that both have used.
fn share(turn: &Turn) -> f64 {
    turn.own_cpu.as_secs_f64() / (turn.own_cpu + turn.cpu).as_secs_f64()
}

/// Items that are kept.
pub(crate) fn durable(chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Vec<Figure> {
    let levels = [Kind::Durable(0), Kind::Durable(1)];
    let all = Match::start(&levels, chosen, scale).turns("durable", |to, node, ring, scale| {
        let mut hall = hall(to, node, Keeping::Items(KEPT), 0, ring);
        hall.run(to, Pace::Window(WINDOW), scale.warming);
        judged(to, hall.run(to, Pace::Window(WINDOW), scale.turn))
    });
    let mut figures = Vec::new();
    for (level, words) in levels.into_iter().zip(["--sync 0", "--sync 1"]) {
        // The other level of ours is left out of these rows.
        let these = || {
            all.iter()
                .filter(move |(kind, _)| !kind.is_ours() || *kind == level)
        };
        figures.push(figure(
            &format!("durable publish, window 64, a second (ours: {words})"),
            Some(Goal::AtLeast(10.0)),
            these(),
            published_a_second,
        ));
        figures.push(figure("its CPU, µs each", None, these(), cpu_a_publish));
        figures.push(figure("the load's share of the CPU", None, these(), share));
    }
    figures
}

/// Items that are told and forgotten; nobody hears them.
pub(crate) fn transient(chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Vec<Figure> {
    let mut all = Match::start(&[Kind::Ours], chosen, scale);
    let many = all.turns("transient", |to, node, ring, scale| {
        let mut hall = hall(to, node, Keeping::Nothing, 0, ring);
        hall.run(to, Pace::Window(WINDOW), scale.warming);
        judged(to, hall.run(to, Pace::Window(WINDOW), scale.turn))
    });
    let single = all.turns("alone", |to, node, ring, scale| {
        let mut hall = hall(to, node, Keeping::Nothing, 0, ring);
        hall.run(to, Pace::Burst(1), scale.warming);
        judged(to, hall.run(to, Pace::Burst(1), scale.turn))
    });
    vec![
        figure(
            "transient publish, window 64, a second",
            Some(Goal::AtLeast(10.0)),
            &many,
            published_a_second,
        ),
        figure("its CPU, µs each", None, &many, cpu_a_publish),
        figure("the load's share of the CPU", None, &many, share),
        figure(
            "transient publish, window 1, p50 µs",
            Some(Goal::AtMost(1.0 / 3.0)),
            &single,
            |turn| delay(turn, 50),
        ),
        figure("p99 µs", None, &single, |turn| delay(turn, 99)),
        figure("its CPU, µs each", None, &single, cpu_a_publish),
    ]
}

/// Everybody hears everything.
pub(crate) fn fan_out(chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Vec<Figure> {
    let mut all = Match::start(&[Kind::Ours], chosen, scale);
    let bursts = all.turns("bursts", |to, node, ring, scale| {
        let mut hall = hall(to, node, Keeping::Nothing, scale.crowd, ring);
        hall.run(to, Pace::Burst(WINDOW), scale.warming);
        judged(to, hall.run(to, Pace::Burst(WINDOW), scale.turn))
    });
    let single = all.turns("single", |to, node, ring, scale| {
        let mut hall = hall(to, node, Keeping::Nothing, scale.crowd, ring);
        hall.run(to, Pace::Burst(1), scale.warming);
        judged(to, hall.run(to, Pace::Burst(1), scale.turn))
    });
    let crowd = scale.crowd;
    vec![
        figure(
            &format!("fan-out to {crowd} in bursts of 64, deliveries a second"),
            None,
            &bursts,
            heard_a_second,
        ),
        figure(
            "its CPU, µs a delivery",
            Some(Goal::AtMost(0.1)),
            &bursts,
            cpu_a_delivery,
        ),
        figure("the load's share of the CPU", None, &bursts, share),
        figure(
            &format!("one at a time to {crowd}, p50 ms until the last has heard"),
            Some(Goal::AtMost(0.25)),
            &single,
            |turn| delay(turn, 50) / 1e3,
        ),
        figure("p99 ms", None, &single, |turn| delay(turn, 99) / 1e3),
        figure(
            "its CPU, µs a delivery",
            Some(Goal::AtMost(0.25)),
            &single,
            cpu_a_delivery,
        ),
    ]
}

/// What a connection costs on which nothing happens: of a server that was just started.
pub(crate) fn memory(chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Vec<Figure> {
    let [few, many] = scale.idle;
    let all = Match::start(&[Kind::Ours], chosen, Scale { rounds: 1, ..scale }).turns(
        "idle",
        |at, _, ring, _| {
            let each = idle(at, few, ring);
            eprintln!("{each:.2} KiB each");
            each
        },
    );
    let mut figures = vec![figure(
        &format!("memory of each of {few} idle connections, KiB"),
        Some(Goal::AtMost(0.125)),
        &all,
        |each| *each,
    )];
    if chosen(Kind::Ours) {
        let ours = Contestant::start(Kind::Ours, super::ACCOUNTS);
        let each = idle(&ours, many, &mut Ring::default());
        figures.push(Figure {
            what: format!("memory of each of {many}, KiB"),
            goal: None,
            values: vec![(Kind::Ours, each)],
        });
    }
    figures
}

/// Kibibytes for each connection, by the growth of the process from a few to all of them.
pub(crate) fn idle(at: &Contestant, connections: usize, ring: &mut Ring) -> f64 {
    let _first = crowd_of(at, 10.min(connections), ring);
    at.settle();
    let before = at.usage().bytes;
    let _all = crowd_of(at, connections, ring);
    at.settle();
    let more = at.usage().bytes.saturating_sub(before);
    count(more) / 1024.0 / count(connections as u64)
}

/// Connecting, SCRAM-SHA-1 with the same iterations, a resource, and leaving; by several at a time, so that nobody waits for work.
pub(crate) fn login(chosen: &dyn Fn(Kind) -> bool, scale: Scale) -> Vec<Figure> {
    let all = Match::start(&[Kind::Ours], chosen, scale).turns("login", |at, _, ring, scale| {
        come_and_go(at, scale.logins / 4, ring, scale);
        let each = come_and_go(at, scale.logins, ring, scale);
        eprintln!("{each:.0} µs of processor time each");
        each
    });
    vec![figure(
        "CPU of a login with SCRAM-SHA-1, µs",
        Some(Goal::AtMost(1.0)),
        &all,
        |each| *each,
    )]
}

/// So many logins are under way at the same time.
const DOORS: u32 = 16;

/// The processor time of each login, in microseconds.
fn come_and_go(at: &Contestant, count: u32, ring: &mut Ring, scale: Scale) -> f64 {
    let users: Vec<String> = (0..count as usize)
        .map(|index| subscriber(index % scale.crowd))
        .collect();
    // What the salts make of the password is worked out before.
    for user in &users {
        let known = log_in(at, Some(user), ring);
        known.leave().expect("an end");
    }
    at.settle();
    let before = at.usage().cpu;
    let (address, name) = (at.address, at.kind.name());
    std::thread::scope(|scope| {
        for users in users.chunks(count.div_ceil(DOORS) as usize) {
            let mut ring = ring.clone();
            scope.spawn(move || {
                for user in users {
                    let client = Client::login(address, Some(user), &mut ring);
                    let client = client.unwrap_or_else(|error| panic!("{name}: no login: {error}"));
                    client.leave().expect("an end");
                }
            });
        }
    });
    at.settle();
    at.usage().cpu.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(count)
}
