//! What came of the measurements: a figure for each server, and what it was hoped to be.

use bench_support::Table;

use super::contestant::Kind;

/// What ours is to reach, as a share of ejabberd's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn text(self) -> String {
        match self {
            Self::AtLeast(ratio) => format!("≥ {ratio}"),
            Self::AtMost(ratio) => format!("≤ {ratio:.3}"),
        }
    }

    fn is_reached(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(goal) => ratio >= goal,
            Self::AtMost(goal) => ratio <= goal,
        }
    }
}

/// One thing that was measured.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) goal: Option<Goal>,
    pub(crate) values: Vec<(Kind, f64)>,
}

impl Figure {
    fn value(&self, is_meant: impl Fn(Kind) -> bool) -> Option<f64> {
        let found = self.values.iter().find(|(kind, _)| is_meant(*kind));
        found.map(|(_, value)| *value)
    }
}

/// A row for each figure.
pub(crate) fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new([
        "", "ours", "ejabberd", "Prosody", "ratio", "goal", "reached",
    ]);
    for figure in figures {
        let ours = figure.value(Kind::is_ours);
        let theirs = figure.value(|kind| kind == Kind::Ejabberd);
        let others = figure.value(|kind| kind == Kind::Prosody);
        let ratio = ours.zip(theirs).map(|(ours, theirs)| ours / theirs);
        let cell = |value: Option<f64>| value.map(readable).unwrap_or_default();
        table.row([
            figure.what.clone(),
            cell(ours),
            cell(theirs),
            cell(others),
            cell(ratio),
            figure.goal.map(Goal::text).unwrap_or_default(),
            match (figure.goal, ratio) {
                (Some(goal), Some(ratio)) if goal.is_reached(ratio) => "yes".to_owned(),
                (Some(_), Some(_)) => "**no**".to_owned(),
                _ => String::new(),
            },
        ]);
    }
    table
}

/// With as many digits as mean something.
pub(crate) fn readable(value: f64) -> String {
    let text = match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    };
    let whole = text.split('.').next().unwrap_or_default().len();
    let mut grouped = String::new();
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(letter);
    }
    grouped
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    at(&mut values, 50)
}

/// The one below which so many hundredths lie.
pub(crate) fn at(values: &mut [f64], hundredth: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * hundredth / 100).min(values.len().saturating_sub(1));
    values.get(index).copied().unwrap_or(f64::NAN)
}
