//! Charts of the page that are made of single trades and sessions: dots with intervals, the calendar, spreads, heat.

use std::collections::BTreeMap;

use super::PatternData;
use super::chart::{
    CalendarCell, Chart, Dot, EquityPoint, HeatCell, HeatRow, HistogramBar, Scale, ScatterPoint, Shape,
};
use super::detail_grid::shown;
use super::missed_view::left_words;
use super::text::{amount, gain, plural};
use crate::domain::{Date, Outcome, TradeDetail};
use crate::learn::Pattern;
use crate::metrics::{
    Behaviour, BehaviourWord, DetailGroup, ExactSum, ExcursionFigures, MeanBySession, MissedDimension,
    MissedTotals, Performance, RDistribution, SessionResult, Situation, depths,
};
use crate::simulate::SessionFan;

/// Rows of a chart of dots; the table has all.
const DOTS: usize = 12;

/// Points of a cloud: of more trades every so many-th is drawn.
const POINTS: usize = 600;

/// Sessions that are drawn at most, the newest.
const SESSIONS: usize = 500;

/// The account at each close.
pub(super) fn closes(performance: &Performance, capital: f64) -> Vec<EquityPoint> {
    let mut running = ExactSum::default();
    let mut equities: Vec<(Date, f64)> = Vec::new();
    for (date, day) in performance.daily().days() {
        running.merge(day.pnl);
        equities.extend(running.value().ok().map(|total| (date, capital + total)));
    }
    let falls = depths(equities.iter().map(|(_, equity)| *equity), capital);
    equities.into_iter().zip(falls).map(|((date, equity), fall)| EquityPoint { date, equity, fall }).collect()
}

/// Equity with the fall from its peak, at each close.
pub(super) fn equity_chart(performance: &Performance, capital: f64, currency: &str) -> Option<Chart> {
    let mut points = closes(performance, capital);
    // Of the account's whole course, as its tile says, however much of it is drawn.
    let deepest = *points.iter().max_by(|a, b| a.fall.total_cmp(&b.fall))?;
    let all = points.len();
    let points = points.split_off(all.saturating_sub(SESSIONS));
    let last = points.last()?;
    let of = if points.len() < all { format!(" of {all}") } else { String::new() };
    let now = if last.fall > 0.0 {
        format!("{:.1} % below its peak", last.fall * 100.0)
    } else {
        "at its peak".into()
    };
    Some(Chart {
        title: format!("Equity at the close ({currency}), and how far below its peak"),
        text: format!(
            "{} on {}, {now}; deepest at a close {:.1} % on {}. {}{of} drawn.",
            amount(last.equity),
            last.date,
            deepest.fall * 100.0,
            deepest.date,
            plural(points.len() as u64, "trading day")
        ),
        scale: Scale::Money,
        shape: Shape::Equity { points, capital },
    })
}

/// The sessions, coloured by their results.
pub(super) fn calendar_chart(sessions: &[SessionResult], currency: &str) -> Option<Chart> {
    let (first, last) = (sessions.first()?, sessions.last()?);
    let won = sessions.iter().filter(|session| session.pnl > 0.0).count();
    let best = sessions.iter().max_by(|a, b| a.pnl.total_cmp(&b.pnl))?;
    let worst = sessions.iter().min_by(|a, b| a.pnl.total_cmp(&b.pnl))?;
    let cell =
        |session: &SessionResult| CalendarCell { date: session.date, value: session.pnl, n: session.trades };
    Some(Chart {
        title: format!("Result of each session ({currency})"),
        text: format!(
            "{} to {}: {won} of {} above zero; best {} on {}, worst {} on {}.",
            first.date,
            last.date,
            plural(sessions.len() as u64, "session"),
            gain(best.pnl),
            best.date,
            gain(worst.pnl),
            worst.date
        ),
        scale: Scale::Money,
        shape: Shape::Calendar(sessions.iter().map(cell).collect()),
    })
}

fn mean_words(mean: &MeanBySession, show: impl Fn(f64) -> String) -> String {
    let value = mean.value.map_or_else(|_| "–".into(), &show);
    let interval =
        mean.interval.map_or_else(String::new, |(low, high)| format!(" ({} to {})", show(low), show(high)));
    format!("{value}{interval}, n {}", mean.n)
}

fn change(value: f64) -> String {
    format!("{:+.3} %", value * 100.0)
}

/// Whether an interval excludes zero.
fn excludes_zero(interval: Option<(f64, f64)>) -> bool {
    interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

/// Mean results of groups, with their intervals. What is named by the correction over all of a page is coloured.
pub(super) fn behaviour_chart(groups: &[Behaviour], situation: Situation) -> Option<Chart> {
    let of: Vec<&Behaviour> = groups.iter().filter(|group| group.situation == situation).collect();
    let dot = |group: &&Behaviour| {
        let label = super::behaviour_view::shown_name(group);
        Some(Dot {
            label: format!("{label} (n {})", group.n),
            value: group.mean.value.ok()?,
            interval: group.mean.interval,
            words: mean_words(&group.mean, change),
            is_clear: matches!(group.word, BehaviourWord::Better | BehaviourWord::Worse),
        })
    };
    let dots: Vec<Dot> = of.iter().filter_map(dot).collect();
    (dots.len() >= 2).then(|| Chart {
        title: format!("{}: mean result of a trade", situation.heading()),
        text: "With 95 % intervals by session; coloured where it differs clearly from the rest.".into(),
        scale: Scale::Share,
        shape: Shape::Dots(dots),
    })
}

/// Mean results of a grouping's groups.
pub(super) fn group_dots(group: DetailGroup, found: &[(String, ExcursionFigures)]) -> Option<Chart> {
    let all = found.len();
    let mut rows = shown(group, found, |of| of.trades);
    rows.truncate(DOTS);
    let dot = |(name, of): &&(String, ExcursionFigures)| {
        let mean = &of.expectancy_frac;
        Some(Dot {
            label: format!("{name} (n {})", mean.n),
            value: mean.value.ok()?,
            interval: mean.interval,
            words: mean_words(mean, change),
            is_clear: excludes_zero(mean.interval),
        })
    };
    let dots: Vec<Dot> = rows.iter().filter_map(dot).collect();
    let more = if all > dots.len() {
        format!(" Those with the most trades, {} of {all}.", dots.len())
    } else {
        String::new()
    };
    (dots.len() >= 2).then(|| Chart {
        title: format!("{}: mean result of a trade", group.heading()),
        text: format!("With 95 % intervals by session; coloured where they exclude zero.{more}"),
        scale: Scale::Share,
        shape: Shape::Dots(dots),
    })
}

/// What each gate refused would have brought in the mean, with its interval.
pub(super) fn gate_chart(totals: &MissedTotals) -> Option<Chart> {
    let mut groups: Vec<_> = totals.groups(MissedDimension::Reason).collect();
    groups.sort_by(|a, b| b.1.n.cmp(&a.1.n).then(a.0.cmp(b.0)));
    let dot = |(reason, tally): &(&String, &crate::metrics::MissedGroupTotals)| {
        let interval = tally.mean_interval().ok().map(|(low, _, high)| (low, high));
        Some(Dot {
            label: format!("{reason} (n {})", tally.n),
            value: tally.mean().ok()?,
            interval,
            words: format!("{} in the mean", change(tally.mean().ok()?)),
            is_clear: excludes_zero(interval),
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
        shape: Shape::Dots(dots),
    })
}

/// Weekday by hour.
pub(super) fn weekday_hour_chart(groups: &[Behaviour]) -> Option<Chart> {
    let mut hours: Vec<String> = Vec::new();
    let mut days: BTreeMap<String, BTreeMap<String, HeatCell>> = BTreeMap::new();
    for group in groups.iter().filter(|group| group.situation == Situation::WeekdayHour) {
        let (Some((day, hour)), Ok(mean)) = (group.name.rsplit_once(' '), group.mean.value) else { continue };
        let cell = HeatCell {
            value: mean,
            short: format!("{:+.2}", mean * 100.0),
            words: format!(
                "{} {hour}: {}",
                day.trim_start_matches(|c: char| c.is_ascii_digit()).trim(),
                mean_words(&group.mean, change)
            ),
        };
        hours.push(hour.to_owned());
        days.entry(day.to_owned()).or_default().insert(hour.to_owned(), cell);
    }
    hours.sort();
    hours.dedup();
    let row = |(day, mut cells): (String, BTreeMap<String, HeatCell>)| HeatRow {
        name: day.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_owned(),
        cells: hours.iter().map(|hour| cells.remove(hour)).collect(),
    };
    let rows: Vec<HeatRow> = days.into_iter().map(row).collect();
    (rows.len() >= 2 && hours.len() >= 2).then(|| Chart {
        title: "Weekday and hour of the entry: mean result (%)".into(),
        text: "Cells of fewer than 10 trades are left out. A pale cell is near zero; few of these differ by more than chance, the table says which.".into(),
        scale: Scale::Share,
        shape: Shape::Heat { columns: hours.clone(), rows },
    })
}

/// How much more or less often than the rest each pattern wins that is named.
pub(super) fn pattern_dots(data: &PatternData) -> Option<Chart> {
    let points = |value: f64| format!("{:+.1} points", value * 100.0);
    let dot = |missed: bool, pattern: &Pattern| Dot {
        label: super::patterns_view::words(&pattern.conditions),
        value: pattern.lift,
        interval: Some(pattern.lift_interval),
        words: format!(
            "{} {} ({} to {}), n {}",
            if missed { "missed signals win" } else { "wins" },
            points(pattern.lift),
            points(pattern.lift_interval.0),
            points(pattern.lift_interval.1),
            pattern.n
        ),
        is_clear: true,
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
        shape: Shape::Dots(dots),
    })
}

/// How results in R are spread.
pub(super) fn r_chart(found: &RDistribution) -> Option<Chart> {
    let first = found.bands.iter().position(|band| band.n > 0)?;
    let last = found.bands.iter().rposition(|band| band.n > 0)?;
    let bars = found.bands[first..=last].iter().map(|band| {
        let from = band.from_halves.map(|halves| f64::from(halves) / 2.0);
        let name = from.map_or_else(|| "lower".to_owned(), |from| format!("{from:+.1}"));
        HistogramBar {
            words: format!("from {name} R: {}", plural(band.n, "trade")),
            from: name,
            n: band.n,
            is_loss: from.is_none_or(|from| from < 0.0),
        }
    });
    let [_, low, middle, high, _] = found.points?;
    Some(Chart {
        title: "Results in R".into(),
        text: format!(
            "Half of {} lie between {low:+.2} R and {high:+.2} R, the middle one at {middle:+.2} R.",
            plural(found.n, "trade")
        ),
        scale: Scale::Number,
        shape: Shape::Histogram(bars.collect()),
    })
}

/// How far each trade went against and for the position.
pub(super) fn excursion_chart(trades: &[TradeDetail]) -> Option<Chart> {
    let known: Vec<(f64, f64, bool)> = trades
        .iter()
        .filter_map(|trade| trade.excursions().map(|(mae, mfe)| (mae, mfe, trade.outcome == Outcome::Win)))
        .collect();
    let step = known.len().div_ceil(POINTS).max(1);
    let point = |(mae, mfe, is_gain): &(f64, f64, bool)| ScatterPoint { x: *mae, y: *mfe, is_gain: *is_gain };
    let points: Vec<ScatterPoint> = known.iter().step_by(step).map(point).collect();
    let shown = if step > 1 { format!(", {} of them drawn", points.len()) } else { String::new() };
    (points.len() >= 10).then(|| Chart {
        title: "Worst against best excursion of each trade".into(),
        text: format!(
            "{}{shown}; green ones won. Losers far to the top were in profit first, winners far to the left were nearly lost.",
            plural(known.len() as u64, "trade")
        ),
        scale: Scale::Share,
        shape: Shape::Scatter { points, names: ("worst (MAE)", "best (MFE)") },
    })
}

/// Where the account may go.
pub(super) fn fan_chart(fan: &SessionFan, currency: &str) -> Chart {
    Chart {
        title: format!("Equity from here ({currency}), if sessions to come are like those before"),
        text: format!(
            "Bands of half and of nine tenths of the paths, drawn from {}; {:.0} % end below today.",
            plural(fan.drawn_from, "session"),
            (fan.below_today * 100.0).clamp(1.0, 99.0)
        ),
        scale: Scale::Money,
        shape: Shape::Fan { start: fan.equity, course: fan.course.clone() },
    }
}
