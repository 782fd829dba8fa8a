//! Lines on logarithmic axes as SVG, for a light page and a dark one.

use std::fmt::Write as _;

/// Some lines over the same axis.
#[derive(Debug)]
pub(crate) struct Panel {
    /// What there is more and more of.
    pub(crate) title: &'static str,
    pub(crate) series: Vec<Series>,
}

/// A line.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) what: &'static str,
    /// Whether each of them costs that, so that all of them cost so many times as much.
    pub(crate) is_share: bool,
    /// How many, and what it costs.
    pub(crate) points: Vec<(usize, f64)>,
}

impl Series {
    /// The greatest exponent with which the cost grows from one point to the next.
    pub(crate) fn worst_step(&self) -> Option<f64> {
        let steps = self.points.windows(2).map(|two| {
            let [(few, before), (many, after)] = [two[0], two[1]];
            let slope = (after / before).ln() / (number(many) / number(few)).ln();
            slope + f64::from(u8::from(self.is_share))
        });
        steps.max_by(f64::total_cmp)
    }
}

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 34.0;
const GAP: f64 = 56.0;
const LEGEND: f64 = 18.0;

/// Seen by those who tell few colours apart as well, on white and on black.
const STYLE: &str = "
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .title { font-weight: 600; font-size: 13px }
  .grid { stroke: #8884; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #0969da; fill: #0969da } .s1 { stroke: #bc4c00; fill: #bc4c00 }
  .s2 { stroke: #1a7f37; fill: #1a7f37 } .s3 { stroke: #8250df; fill: #8250df }
  .line.s0, .line.s1, .line.s2, .line.s3 { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd }
    .s0 { stroke: #58a6ff; fill: #58a6ff } .s1 { stroke: #f0883e; fill: #f0883e }
    .s2 { stroke: #56d364; fill: #56d364 } .s3 { stroke: #bc8cff; fill: #bc8cff }
  }
";

/// Draws the panels side by side.
pub(crate) fn draw(panels: &[Panel]) -> String {
    let lines = panels.iter().map(|panel| panel.series.len()).max();
    let step = LEFT + WIDTH + GAP / 2.0;
    let width = step * number(panels.len()) + GAP / 4.0;
    let height = TOP + HEIGHT + GAP + LEGEND * number(lines.unwrap_or_default());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>What each costs, with more and more of them; a level line is linear growth</title>\n<style>{STYLE}</style>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let left = LEFT + step * number(index);
        push(
            &mut svg,
            format_args!("<g transform=\"translate({left:.0} {TOP:.0})\">"),
        );
        draw_panel(&mut svg, panel);
        push(&mut svg, format_args!("</g>"));
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_panel(svg: &mut String, panel: &Panel) {
    let all = || panel.series.iter().flat_map(|series| &series.points);
    let across = Axis::over(all().map(|(count, _)| number(*count)), WIDTH);
    let up = Axis::over(all().map(|(_, value)| *value), HEIGHT);
    push(
        svg,
        format_args!(
            "<text class=\"title\" x=\"0\" y=\"-14\">{}</text>",
            panel.title
        ),
    );
    for (value, x) in across.ticks() {
        push(
            svg,
            format_args!(
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{HEIGHT}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{value}</text>",
                HEIGHT + 16.0
            ),
        );
    }
    for (value, y) in up.ticks() {
        let y = HEIGHT - y;
        push(
            svg,
            format_args!(
                "<line class=\"grid\" x1=\"0\" y1=\"{y:.1}\" x2=\"{WIDTH}\" y2=\"{y:.1}\"/>\
                 <text x=\"-6\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                y + 4.0
            ),
        );
    }
    for (index, series) in panel.series.iter().enumerate() {
        let places: Vec<(f64, f64)> = series
            .points
            .iter()
            .map(|(count, value)| (across.place(number(*count)), HEIGHT - up.place(*value)))
            .collect();
        let path: String = places
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1} "))
            .collect();
        push(
            svg,
            format_args!(
                "<polyline class=\"line s{index}\" points=\"{}\"/>",
                path.trim_end()
            ),
        );
        for (x, y) in places {
            push(
                svg,
                format_args!("<circle class=\"s{index}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
            );
        }
        let y = HEIGHT + GAP - 16.0 + LEGEND * number(index);
        push(
            svg,
            format_args!(
                "<line class=\"line s{index}\" x1=\"0\" y1=\"{y:.0}\" x2=\"18\" y2=\"{y:.0}\"/>\
                 <text x=\"24\" y=\"{:.0}\">{}</text>",
                y + 4.0,
                series.what
            ),
        );
    }
}

/// From one power of ten to another.
struct Axis {
    first: i32,
    last: i32,
    length: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, length: f64) -> Self {
        let (mut first, mut last) = (i32::MAX, i32::MIN);
        for power in values.filter(|value| *value > 0.0).map(f64::log10) {
            first = first.min(whole(power.floor()));
            last = last.max(whole(power.ceil()));
        }
        let first = first.min(last);
        Self {
            first,
            last: last.max(first + 1),
            length,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.length * share.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = (String, f64)> {
        (self.first..=self.last).map(|power| {
            let text = match power {
                ..0 => format!("{:.*}", power.unsigned_abs() as usize, 10_f64.powi(power)),
                0..6 => super::figures::readable(10_f64.powi(power))
                    .trim_end_matches(".00")
                    .trim_end_matches(".0")
                    .to_owned(),
                _ => format!("{:.0e}", 10_f64.powi(power)),
            };
            (text, self.place(10_f64.powi(power)))
        })
    }
}

fn push(svg: &mut String, words: std::fmt::Arguments<'_>) {
    writeln!(svg, "{words}").expect("a string takes everything");
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("not so many"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "powers of ten are small numbers"
)]
fn whole(power: f64) -> i32 {
    power as i32
}
