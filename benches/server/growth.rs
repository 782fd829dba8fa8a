//! How the cost of what our server does grows with subscribers, nodes and items: a table, and a plot in the documentation.

use std::path::Path;
use std::time::Duration;

use bench_support::Table;

use super::ACCOUNTS;
use super::accounts::PUBLISHER;
use super::contestant::{Contestant, Kind};
use super::figures::{median, readable};
use super::hall::{Hall, Pace, Turn};
use super::measure::{
    Scale, WINDOW, count, cpu_a_delivery, cpu_a_publish, delay, hall, idle, judged, log_in,
};
use super::node::{self, Keeping};
use super::peers::SERVICE;
use super::plot::{self, Panel, Series};
use super::scram::Ring;
use super::stanza::Writer;

/// The last is as near to ten thousand as the program takes connections.
const CROWDS: [usize; 4] = [10, 100, 1000, 9_900];
const MANY: [usize; 3] = [1, 1000, 100_000];
/// So many requests are unanswered while a server is filled.
const FILLING: u32 = 1024;

/// Measures, prints the table, and draws.
pub(crate) fn run(scale: Scale) {
    let is_brief = scale.crowd < ACCOUNTS;
    let crowds: &[usize] = if is_brief { &CROWDS[..2] } else { &CROWDS };
    let many: &[usize] = if is_brief { &MANY[..2] } else { &MANY };
    let panels = [
        subscribers(crowds, scale),
        of_many("nodes", many, scale, |count| Filling {
            nodes: count,
            items: 1,
        }),
        of_many("items of one node", many, scale, |count| Filling {
            nodes: 1,
            items: count,
        }),
    ];
    println!("{}", table(&panels));
    let name = if is_brief { "growth-brief" } else { "growth" };
    let directory = if is_brief {
        std::env::temp_dir()
    } else {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images")
    };
    let file = directory.join(format!("{name}.svg"));
    std::fs::write(&file, plot::draw(&panels)).expect("a file that can be written");
    println!("drawn in {}", file.display());
}

fn series(what: &'static str, is_share: bool) -> Series {
    Series {
        what,
        is_share,
        points: Vec::new(),
    }
}

fn middle(turns: &[Turn], of: impl Fn(&Turn) -> f64) -> f64 {
    median(turns.iter().map(of).collect())
}

fn subscribers(crowds: &[usize], scale: Scale) -> Panel {
    let mut all = [
        series("CPU of a delivery in bursts of 64, µs", true),
        series("CPU of a delivery, one at a time, µs", true),
        series("until the last has heard, µs a subscriber", true),
        series("memory of a connection, KiB", true),
    ];
    let mut ring = Ring::default();
    for &crowd in crowds {
        let server = Contestant::start(Kind::Ours, ACCOUNTS);
        let memory = idle(&server, crowd, &mut ring);
        let mut turns = |pace: Pace| -> Vec<Turn> {
            let rounds = 0..scale.rounds;
            rounds
                .map(|round| {
                    server.settle();
                    eprint!("{crowd} subscribers, {pace:?}: ");
                    let node = format!("{crowd}-{pace:?}-{round}");
                    let mut hall = hall(&server, &node, Keeping::Nothing, crowd, &mut ring);
                    hall.run(&server, pace, scale.warming);
                    judged(&server, hall.run(&server, pace, scale.turn))
                })
                .collect()
        };
        let (bursts, single) = (turns(Pace::Burst(WINDOW)), turns(Pace::Burst(1)));
        let each = count(crowd as u64);
        let values = [
            middle(&bursts, cpu_a_delivery),
            middle(&single, cpu_a_delivery),
            middle(&single, |turn| delay(turn, 50)) / each,
            memory,
        ];
        for (series, value) in all.iter_mut().zip(values) {
            series.points.push((crowd, value));
        }
    }
    Panel {
        title: "subscribers",
        series: all.into(),
    }
}

/// What a server is filled with.
#[derive(Debug, Clone, Copy)]
struct Filling {
    nodes: usize,
    /// Of each node.
    items: usize,
}

impl Filling {
    fn names(self) -> Vec<String> {
        (0..self.nodes).map(|index| format!("n{index}")).collect()
    }

    fn all(self) -> usize {
        self.nodes * self.items
    }
}

/// What a publish costs with so many of something, in memory and on the disk, and what each of them costs.
fn of_many(
    title: &'static str,
    many: &[usize],
    scale: Scale,
    filling: impl Fn(usize) -> Filling,
) -> Panel {
    let mut all = [
        series("CPU of a publish in memory, µs", false),
        series("CPU of a durable publish (--sync 1), µs", false),
        series("memory of each, KiB", true),
        series("CPU of starting with each, µs", true),
    ];
    let mut least = None;
    for &number in many {
        let filling = filling(number);
        let volatile = Filled::start(Kind::Ours, filling, scale);
        let durable = Filled::start(Kind::Durable(1), filling, scale);
        let starting = {
            let mut server = durable.server;
            median(
                (0..scale.rounds)
                    .map(|_| {
                        server.restart();
                        server.settle();
                        server.usage().cpu.as_secs_f64() * 1e6
                    })
                    .collect(),
            )
        };
        all[0].points.push((number, volatile.publish));
        all[1].points.push((number, durable.publish));
        match least {
            // Of one alone nothing can be told.
            None => least = Some((number, volatile.bytes, starting)),
            Some((few, bytes, soonest)) => {
                let more = count((number - few) as u64);
                all[2]
                    .points
                    .push((number, (volatile.bytes - bytes) / 1024.0 / more));
                all[3].points.push((number, (starting - soonest) / more));
            }
        }
        eprintln!(
            "{number} {title}: started with {:.0} ms of processor time",
            starting / 1e3
        );
    }
    Panel {
        title,
        series: all.into(),
    }
}

/// A server that has been filled and published to.
struct Filled {
    server: Contestant,
    /// The processor time of a publish, in microseconds.
    publish: f64,
    /// Its memory when it was full.
    bytes: f64,
}

impl Filled {
    fn start(kind: Kind, filling: Filling, scale: Scale) -> Self {
        let server = Contestant::start(kind, 1);
        let mut ring = Ring::default();
        let mut publisher = log_in(&server, Some(PUBLISHER), &mut ring);
        let names = filling.names();
        for name in &names {
            node::create(&mut publisher, name, Keeping::Items(filling.items));
        }
        let mut hall = Hall::new(
            publisher,
            Writer::new(SERVICE, names, usize::MAX),
            Vec::new(),
        );
        let full = u32::try_from(filling.all()).expect("not so many");
        hall.publish(&server, Pace::Window(FILLING), full);
        server.settle();
        let bytes = count(server.usage().bytes);
        let turns: Vec<Turn> = (0..scale.rounds)
            .map(|_| {
                server.settle();
                eprint!("{kind:?}, {filling:?}: ");
                let window = Pace::Window(WINDOW);
                hall.run(&server, window, scale.warming.min(Duration::from_secs(1)));
                judged(&server, hall.run(&server, window, scale.turn))
            })
            .collect();
        Self {
            publish: middle(&turns, cpu_a_publish),
            server,
            bytes,
        }
    }
}

/// The exponents of the steps: how the whole cost grows where each has a share of it, and that of one publish where not.
fn table(panels: &[Panel]) -> Table {
    let mut table = Table::new(["with more", "", "at", "grows as n to the, at most"]);
    for panel in panels {
        for series in &panel.series {
            let points: Vec<String> = series
                .points
                .iter()
                .map(|(number, value)| format!("{number}: {}", readable(*value)))
                .collect();
            table.row([
                panel.title.to_owned(),
                series.what.to_owned(),
                points.join("; "),
                series
                    .worst_step()
                    .map_or_else(String::new, |worst| format!("{worst:.2}")),
            ]);
        }
    }
    table
}
