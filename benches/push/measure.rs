//! What is measured, turn by turn, and the tables that come of it.

use std::time::Duration;

use bench_support::Table;

use super::contestant::Contestant;
use super::load::{Load, Pace, Turn};
use super::message::PUBLISHERS;
use super::road::Road;
use super::way::Way;

const ROUNDS: usize = 5;
/// How long each contestant is measured at once, after it has warmed up.
const TURN: Duration = Duration::from_millis(1500);
const WARMING: Duration = Duration::from_millis(200);
/// So many messages are under way to a subscriber at most.
const WINDOW: u64 = 64;
/// Fifty a second, to so many.
const INTERVAL: Duration = Duration::from_millis(20);
const CROWD: usize = 1000;
const DELAY_TURN: Duration = Duration::from_secs(5);
/// So many connections are idle.
const IDLE: usize = 10_000;

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).expect("a number that a turn can reach"))
}

/// Microseconds of processor time for each.
fn each(time: Duration, number: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count(number.max(1))
}

/// Lets everybody have a turn with a channel of its own, so often; what came of each, by contestant.
fn turns(
    contestants: &[Contestant],
    name: &str,
    turn: impl Fn(&Contestant, &str) -> Turn,
) -> Vec<Vec<Turn>> {
    let mut all: Vec<Vec<Turn>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for (contestant, turns) in contestants.iter().zip(&mut all) {
            let channel = format!("{name}-{round}");
            let came = turn(contestant, &channel);
            let Turn {
                published,
                heard,
                lost,
                took,
                cpu,
                own_cpu,
                ..
            } = &came;
            eprintln!(
                "{channel} {:<9} published {published} heard {heard} lost {lost} in {took:.2?}; {cpu:.2?} of its processor time, {own_cpu:.2?} of ours",
                contestant.name
            );
            turns.push(came);
            for contestant in contestants {
                contestant.settle();
            }
        }
    }
    all
}

fn connect(
    to: &Contestant,
    way: Way,
    channel: &str,
    subscribers: usize,
    publishers: usize,
) -> Load {
    Load::connect(to, way, channel, subscribers, publishers).expect("everybody can connect")
}

/// Makes sure that ours loses nothing; what another loses is told in the table.
fn judge(to: &Contestant, load: &Load) {
    assert!(
        load.is_whole() || to.xmpp.is_none(),
        "{}: not everybody has heard everything, once and in the same order",
        to.name
    );
}

/// As much as goes.
fn flood(to: &Contestant, mut load: Load) -> Turn {
    load.run(to, Pace::Window(WINDOW), WARMING);
    let turn = load.run(to, Pace::Window(WINDOW), TURN);
    judge(to, &load);
    turn
}

/// Deliveries a second, and what each of them costs.
pub(crate) fn deliveries(contestants: &[Contestant], ways: &[Way], crowds: &[usize]) -> Table {
    let mut table = Table::new([
        "transport",
        "subscribers",
        "server",
        "deliveries/s",
        "to the last",
        "CPU µs each",
        "to the last",
        "load's share of the CPU",
        "lost",
    ]);
    for &way in ways {
        for &crowd in crowds {
            let name = format!("{way}-{crowd}");
            let all = turns(contestants, &name, |to, channel| {
                flood(to, connect(to, way, channel, crowd, PUBLISHERS))
            });
            let rate = |turn: &Turn| count(turn.heard) / turn.took.as_secs_f64();
            let cost = |turn: &Turn| each(turn.cpu, turn.heard);
            let share =
                |turn: &Turn| turn.own_cpu.as_secs_f64() / (turn.cpu + turn.own_cpu).as_secs_f64();
            let middle = |of: &dyn Fn(&Turn) -> f64| -> Vec<f64> {
                let all = all.iter();
                all.map(|turns| median(turns.iter().map(of).collect()))
                    .collect()
            };
            let (rates, costs, shares) = (middle(&rate), middle(&cost), middle(&share));
            for (index, contestant) in contestants.iter().enumerate() {
                table.row([
                    way.to_string(),
                    crowd.to_string(),
                    contestant.name.clone(),
                    format!("{:.0}", rates[index]),
                    format!("{:.2}", rates[index] / rates[rates.len() - 1]),
                    format!("{:.2}", costs[index]),
                    format!("{:.2}", costs[index] / costs[costs.len() - 1]),
                    format!("{:.0} %", 100.0 * shares[index]),
                    all[index]
                        .iter()
                        .map(|turn| turn.lost)
                        .sum::<u64>()
                        .to_string(),
                ]);
            }
        }
    }
    table
}

/// The main road: published over XMPP, as what a program saves, and delivered by those gateways.
pub(crate) fn from_xmpp(gateways: &[Contestant], ways: &[Way], crowds: &[usize]) -> Table {
    let mut table = Table::new([
        "transport",
        "subscribers",
        "server",
        "deliveries/s",
        "CPU µs each",
    ]);
    for &way in ways {
        for &crowd in crowds {
            let name = format!("xmpp-{way}-{crowd}");
            let all = turns(gateways, &name, |to, channel| {
                Road::prepare(to, channel);
                let mut load = connect(to, way, channel, crowd, 0);
                load.over_xmpp(to, channel);
                flood(to, load)
            });
            for (gateway, turns) in gateways.iter().zip(all) {
                let rate = |turn: &Turn| count(turn.heard) / turn.took.as_secs_f64();
                let cost = |turn: &Turn| each(turn.cpu, turn.heard);
                table.row([
                    way.to_string(),
                    crowd.to_string(),
                    gateway.name.clone(),
                    format!("{:.0}", median(turns.iter().map(rate).collect())),
                    format!("{:.2}", median(turns.iter().map(cost).collect())),
                ]);
            }
        }
    }
    table
}

/// How many messages a second nobody hears.
pub(crate) fn publishing(contestants: &[Contestant]) -> Table {
    let mut table = Table::new(["publishers", "server", "published/s", "CPU µs each"]);
    for publishers in [1, PUBLISHERS] {
        let all = turns(contestants, &format!("pub-{publishers}"), |to, channel| {
            flood(to, connect(to, Way::Stream, channel, 0, publishers))
        });
        for (contestant, turns) in contestants.iter().zip(all) {
            let rate = |turn: &Turn| count(turn.published) / turn.took.as_secs_f64();
            let cost = |turn: &Turn| each(turn.cpu, turn.published);
            table.row([
                publishers.to_string(),
                contestant.name.clone(),
                format!("{:.0}", median(turns.iter().map(rate).collect())),
                format!("{:.2}", median(turns.iter().map(cost).collect())),
            ]);
        }
    }
    table
}

/// How long messages take that come at a fixed rate.
pub(crate) fn delays(contestants: &[Contestant], ways: &[Way]) -> Table {
    let mut table = Table::new(["transport", "server", "p50 ms", "p99 ms", "CPU µs each"]);
    for &way in ways {
        let all = turns(contestants, &format!("delay-{way}"), |to, channel| {
            let mut load = connect(to, way, channel, CROWD, 4);
            load.run(to, Pace::Every(INTERVAL), WARMING);
            let mut turn = load.run(to, Pace::Every(INTERVAL), DELAY_TURN);
            judge(to, &load);
            turn.delays.sort_unstable();
            turn
        });
        for (contestant, turns) in contestants.iter().zip(all) {
            let at = |hundredth: usize| {
                let of = |turn: &Turn| turn.delays[turn.delays.len() * hundredth / 100];
                median(turns.iter().map(|turn| f64::from(of(turn)) / 1e3).collect())
            };
            let cost = |turn: &Turn| each(turn.cpu, turn.heard);
            table.row([
                way.to_string(),
                contestant.name.clone(),
                format!("{:.2}", at(50)),
                format!("{:.2}", at(99)),
                format!("{:.2}", median(turns.iter().map(cost).collect())),
            ]);
        }
    }
    table
}

/// What a connection costs on which nothing happens: of a server that was just started.
pub(crate) fn memory(start: impl Fn() -> Vec<Contestant>, ways: &[Way]) -> Table {
    let mut table = Table::new([
        "transport",
        "connections",
        "server",
        "KiB each",
        "to the last",
    ]);
    for &way in ways {
        let contestants = start();
        let costs: Vec<f64> = contestants.iter().map(|to| idle(to, way)).collect();
        for (contestant, cost) in contestants.iter().zip(&costs) {
            table.row([
                way.to_string(),
                IDLE.to_string(),
                contestant.name.clone(),
                format!("{cost:.2}"),
                format!("{:.2}", cost / costs[costs.len() - 1]),
            ]);
        }
    }
    table
}

/// Kibibytes for each connection, by the growth of the process from a few to all of them.
fn idle(to: &Contestant, way: Way) -> f64 {
    let _first = connect(to, way, "idle", 10, 0);
    to.settle();
    let before = to.usage().bytes;
    let _all = connect(to, way, "idle", IDLE, 0);
    to.settle();
    let more = to.usage().bytes.saturating_sub(before);
    count(more) / 1024.0 / count(IDLE as u64)
}
