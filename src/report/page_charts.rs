//! Charts of the page that are made of single trades and sessions: equity, the calendar, spreads, heat.

use std::collections::BTreeMap;

use super::chart::{
    CalendarCell, Chart, EquityPoint, HeatCell, HeatRow, HistogramBar, Scale, ScatterPoint, Shape,
};
use super::page_dots::{change, mean_words};
use super::text::{amount, gain, plural};
use crate::domain::Date;
use crate::metrics::{
    Behaviour, BehaviourVerdict, ExactSum, ExcursionPoint, Performance, RDistribution, SessionResult,
    Situation, depths,
};
use crate::simulate::SessionFan;

/// Points of a cloud: of more trades every so many-th is drawn.
const POINTS: usize = 400;

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
        format!("{:.1} % below its highest close", last.fall * 100.0)
    } else {
        "the highest close".into()
    };
    Some(Chart {
        title: format!("Equity at the close ({currency}), and how far below its highest close"),
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
    let differs =
        |group: &&Behaviour| matches!(group.verdict, BehaviourVerdict::Better | BehaviourVerdict::Worse);
    let clear = groups.iter().filter(|group| group.situation == Situation::WeekdayHour).filter(differs);
    let clear: Vec<String> = clear
        .map(|group| format!("{} ({})", super::behaviour_view::shown_name(group), group.verdict.as_str()))
        .collect();
    let clear = match clear.as_slice() {
        [] => "None of these differs from the rest by more than chance, corrected for all groups here."
            .to_owned(),
        clear => format!("Clearly other than the rest, corrected for all groups here: {}.", clear.join(", ")),
    };
    (rows.len() >= 2 && hours.len() >= 2).then(|| Chart {
        title: "Weekday and hour of the entry: mean result (%)".into(),
        text: format!("{clear} Cells of fewer than 10 trades are left out."),
        scale: Scale::Share,
        shape: Shape::Heat { columns: hours.clone(), rows },
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
pub(super) fn excursion_chart(known: &[ExcursionPoint]) -> Option<Chart> {
    let step = known.len().div_ceil(POINTS).max(1);
    let point = |trade: &ExcursionPoint| ScatterPoint {
        x: trade.mae_frac,
        y: trade.mfe_frac,
        is_gain: trade.won,
        words: format!(
            "{} {}: {:+.2} %, worst {:.2} %, best {:+.2} %",
            trade.symbol,
            trade.exit_time,
            trade.pnl_frac * 100.0,
            trade.mae_frac * 100.0,
            trade.mfe_frac * 100.0
        ),
    };
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
