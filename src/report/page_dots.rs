//! Charts of the page that are dots with their intervals on one axis: groups, gates, patterns, costs.

use super::PatternData;
use super::chart::{Chart, Dot, Scale, Shape};
use super::detail_grid::shown;
use super::missed_view::left_words;
use super::text::clear_of_zero;
use crate::learn::Pattern;
use crate::metrics::{
    Behaviour, BehaviourVerdict, DetailGroup, ExcursionFigures, Execution, ExecutionFigures, MeanBySession,
    MissedDimension, MissedGroupTotals, MissedTotals, Situation,
};

/// Rows of a chart of dots; the table has all.
const DOTS: usize = 12;

pub(super) fn mean_words(mean: &MeanBySession, show: impl Fn(f64) -> String) -> String {
    let value = mean.value.map_or_else(|_| "–".into(), &show);
    format!("{value}{}, n {}", interval_words(mean.interval, show), mean.n)
}

fn interval_words(interval: Option<(f64, f64)>, show: impl Fn(f64) -> String) -> String {
    interval.map_or_else(String::new, |(low, high)| format!(" ({} to {})", show(low), show(high)))
}

pub(super) fn change(value: f64) -> String {
    format!("{:+.3} %", value * 100.0)
}

/// The ends of an axis that has room for all of these, with some air.
fn reach<'a>(dots: impl Iterator<Item = &'a Dot>) -> Option<(f64, f64)> {
    let ends = dots.flat_map(|dot| {
        let (low, high) = dot.interval.unwrap_or((dot.value, dot.value));
        [low, high, dot.value]
    });
    let (low, high) = ends.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let air = (high - low) * 0.06;
    (air > 0.0).then_some((low - air, high + air))
}

/// How much better or worse than the rest the groups of each situation are, all on one axis. What passes the correction
/// over all of them is coloured.
pub(super) fn behaviour_charts(groups: &[Behaviour], situations: &[Situation]) -> Vec<Chart> {
    let dot = |group: &Behaviour| {
        let gap = group.difference.as_ref().ok()?;
        let (interval, mean) = (gap.interval(), mean_words(&group.mean, change));
        Some(Dot {
            label: super::behaviour_view::shown_name(group).to_owned(),
            n: Some(group.n),
            value: gap.value,
            interval: Some(interval),
            words: format!(
                "{}{} against the rest; itself {mean}",
                change(gap.value),
                interval_words(Some(interval), change)
            ),
            tone: match group.verdict {
                BehaviourVerdict::Better => Some(true),
                BehaviourVerdict::Worse => Some(false),
                BehaviourVerdict::Unclear | BehaviourVerdict::TooFew => None,
            },
        })
    };
    let of = |situation: &Situation| -> Vec<Dot> {
        groups.iter().filter(|group| group.situation == *situation).filter_map(dot).collect()
    };
    let all: Vec<(Situation, Vec<Dot>)> =
        situations.iter().map(|situation| (*situation, of(situation))).collect();
    let reach = reach(all.iter().flat_map(|(_, dots)| dots));
    let chart = |(situation, dots): (Situation, Vec<Dot>)| {
        Chart {
        title: format!("{}: a trade against the rest", situation.heading()),
        text: "Mean result less that of all other trades, with 95 % intervals by session; coloured where it is clear \
               after the correction for all groups here."
            .into(),
        scale: Scale::Share,
        shape: Shape::Dots { dots, reach },
    }
    };
    all.into_iter().filter(|(_, dots)| dots.len() >= 2).map(chart).collect()
}

/// Mean results of a grouping's groups.
pub(super) fn group_dots(group: DetailGroup, found: &[(String, ExcursionFigures)]) -> Option<Chart> {
    let all = found.len();
    let mut rows = shown(group, found, |of| of.trades);
    rows.truncate(DOTS);
    let dots: Vec<Dot> =
        rows.iter().filter_map(|(name, of)| mean_dot(name, &of.expectancy_frac, false)).collect();
    let more = if all > dots.len() {
        format!(" Those with the most trades, {} of {all}.", dots.len())
    } else {
        String::new()
    };
    (dots.len() >= 2).then(|| Chart {
        title: format!("{}: mean result of a trade", group.heading()),
        text: format!("With 95 % intervals by session; coloured where they exclude zero.{more}"),
        scale: Scale::Share,
        shape: Shape::Dots { dots, reach: None },
    })
}

/// A mean as a dot; what is above zero is good, or a cost.
fn mean_dot(name: &str, mean: &MeanBySession, is_cost: bool) -> Option<Dot> {
    Some(Dot {
        label: name.to_owned(),
        n: Some(mean.n),
        value: mean.value.ok()?,
        interval: mean.interval,
        words: mean_words(mean, change),
        tone: clear_of_zero(mean.interval).map(|is_above| is_above != is_cost),
    })
}

/// What is looked at of execution: its name, and the mean.
type Cost = (&'static str, fn(&ExecutionFigures) -> &MeanBySession);

/// Where execution costs: the first of slippage at the entry, at stops, and costs that differs between groups.
pub(super) fn execution_chart(found: &Execution) -> Option<Chart> {
    let costs: [Cost; 3] = [
        ("fill at the entry against the signal's price", |of| &of.entry_slippage),
        ("fill at the stop against its level", |of| &of.stop_slippage),
        ("fees of a trade", |of| &of.cost_frac),
    ];
    let groups = [DetailGroup::Hour, DetailGroup::Symbol];
    costs.iter().flat_map(|cost| groups.map(|group| (cost, group))).find_map(|((name, mean), group)| {
        let (_, found) = found.groups.iter().find(|(by, _)| *by == group)?;
        let mut rows = shown(group, found, |of| of.trades);
        rows.truncate(DOTS);
        let dots: Vec<Dot> = rows.iter().filter_map(|(name, of)| mean_dot(name, mean(of), true)).collect();
        (dots.len() >= 2 && dots.iter().any(|dot| dot.value.abs() > 1e-9)).then(|| Chart {
            title: format!("{}: {name}", group.heading()),
            text: "Means with 95 % intervals by session; right of zero it costs, red where that is clear."
                .into(),
            scale: Scale::Share,
            shape: Shape::Dots { dots, reach: None },
        })
    })
}

/// What each gate refused would have brought in the mean, with its interval.
pub(super) fn gate_chart(totals: &MissedTotals) -> Option<Chart> {
    let mut groups: Vec<_> = totals.groups(MissedDimension::Reason).collect();
    groups.sort_by(|a, b| b.1.n.cmp(&a.1.n).then(a.0.cmp(b.0)));
    let dot = |(reason, tally): &(&String, &MissedGroupTotals)| {
        let interval = tally.mean_interval().ok().map(|(low, _, high)| (low, high));
        let mean = tally.mean().ok()?;
        Some(Dot {
            label: (*reason).clone(),
            n: Some(tally.n),
            value: mean,
            interval,
            words: format!("{}{} in the mean, n {}", change(mean), interval_words(interval, change), tally.n),
            tone: clear_of_zero(interval),
        })
    };
    let dots: Vec<Dot> = groups.iter().take(DOTS).filter_map(dot).collect();
    (!dots.is_empty()).then(|| Chart {
        title: "What each check refused would have made, in the mean".into(),
        text: format!(
            "Right of zero the check cost money, left of it it saved some; with 95 % intervals, coloured where they exclude zero. Each position is left at {}.",
            left_words(&totals.holds)
        ),
        scale: Scale::Share,
        shape: Shape::Dots { dots, reach: None },
    })
}

/// How much more or less often than the rest each pattern wins that is named.
pub(super) fn pattern_dots(data: &PatternData) -> Option<Chart> {
    let points = |value: f64| format!("{:+.1} points", value * 100.0);
    let dot = |missed: bool, pattern: &Pattern| Dot {
        label: super::patterns_view::words(&pattern.conditions),
        n: Some(pattern.n),
        value: pattern.lift,
        interval: Some(pattern.lift_interval),
        words: format!(
            "{} {}{}, n {}",
            if missed { "missed signals win" } else { "wins" },
            points(pattern.lift),
            interval_words(Some(pattern.lift_interval), points),
            pattern.n
        ),
        tone: Some(pattern.lift > 0.0),
    };
    let mut dots: Vec<Dot> = Vec::new();
    for source in &data.sources {
        let named = source.mined.patterns.iter().chain(&source.answers).filter(|pattern| pattern.is_clear());
        for dot in named.map(|pattern| dot(source.missed, pattern)) {
            if !dots.iter().any(|known| known.label == dot.label) && dots.len() < DOTS {
                dots.push(dot);
            }
        }
    }
    (!dots.is_empty()).then(|| Chart {
        title: "Patterns that are named: win rate less that of the rest".into(),
        text: "With 95 % intervals by session. What it says of money is in the table, under Mean.".into(),
        scale: Scale::Share,
        shape: Shape::Dots { dots, reach: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_beside_each_other_share_an_axis_that_holds_all() {
        let dot = |value: f64, interval| Dot {
            label: String::new(),
            n: None,
            value,
            interval,
            words: String::new(),
            tone: clear_of_zero(interval),
        };
        let dots = [dot(1.0, Some((0.5, 3.0))), dot(-1.0, None), dot(0.1, Some((-0.1, 0.3)))];
        assert_eq!(reach(dots.iter()), Some((-1.24, 3.24)));
        assert_eq!(reach([].into_iter()), None);
        assert_eq!(dots.map(|dot| dot.tone), [Some(true), None, None]);
        assert_eq!(clear_of_zero(Some((-2.0, -1.0))), Some(false));
    }
}
