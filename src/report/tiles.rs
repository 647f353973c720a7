//! The first glance at the page: a figure a tile, with the small line that says what it rests on.

use super::FiguresByWindow;
use super::missed_view::left_words;
use super::summary_view::SummaryData;
use super::text::{gain, plural};
use crate::domain::Window;
use crate::metrics::{MeanBySession, Metric, Performance};

/// A figure that is seen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub heading: String,
    /// The figure.
    pub value: String,
    /// What it rests on.
    pub small: String,
    /// Whether it is a gain (`Some(true)`), a loss, or neither.
    pub tone: Option<bool>,
    /// The section that has more of it.
    pub section: &'static str,
}

fn tone(value: f64) -> Option<bool> {
    if value > 0.0 { Some(true) } else { (value < 0.0).then_some(false) }
}

fn won(performance: &Performance) -> String {
    let of = |metric| performance.get(metric).ok();
    let trades = plural(performance.trades(), "trade");
    let (Some(rate), Some(low), Some(high)) =
        (of(Metric::WinRate), of(Metric::WinRateLow), of(Metric::WinRateHigh))
    else {
        return trades;
    };
    format!("{trades}, {:.1} % won ({:.0} to {:.0} %)", rate * 100.0, low * 100.0, high * 100.0)
}

fn money(heading: String, performance: &Performance, currency: &str, section: &'static str) -> Tile {
    let Ok(pnl) = performance.get(Metric::TotalPnl) else {
        return Tile { heading, value: "no trades".into(), small: String::new(), tone: None, section };
    };
    Tile {
        heading,
        value: format!("{} {currency}", gain(pnl)),
        small: won(performance),
        tone: tone(pnl),
        section,
    }
}

/// The mean result of a trade, with the interval that says whether it is above zero.
fn expectancy(mean: &MeanBySession, days: u16) -> Option<Tile> {
    let value = mean.value.ok()?;
    let interval = mean.interval?;
    let clear = if interval.0 > 0.0 {
        "above zero"
    } else if interval.1 < 0.0 {
        "below zero"
    } else {
        "may be zero"
    };
    Some(Tile {
        heading: format!("A trade, {}", plural(u64::from(days), "day")),
        value: format!("{:+.3} %", value * 100.0),
        small: format!("{:+.3} to {:+.3} %, {clear}; n {}", interval.0 * 100.0, interval.1 * 100.0, mean.n),
        tone: if clear == "may be zero" { None } else { tone(value) },
        section: "groups",
    })
}

fn missed(data: &SummaryData, currency: &str) -> Tile {
    let heading = "Missed, 7 days".to_owned();
    let of = &data.beside.missed;
    let Some(total) = of.all.total_usd().ok().filter(|_| of.all.n > 0) else {
        let small = if of.pending > 0 { format!("{} waiting for prices", of.pending) } else { String::new() };
        return Tile { heading, value: "nothing priced".into(), small, tone: None, section: "missed" };
    };
    let rate = of.all.win_rate().map_or_else(
        |_| String::new(),
        |rate| {
            format!(
                ", {:.1} % would have won ({:.0} to {:.0} %)",
                rate.point * 100.0,
                rate.low * 100.0,
                rate.high * 100.0
            )
        },
    );
    Tile {
        heading,
        value: format!("{} {currency}", gain(total)),
        small: format!(
            "{} not traded{rate}; each left at {}",
            plural(of.all.n, "signal"),
            left_words(&of.holds)
        ),
        tone: None,
        section: "missed",
    }
}

fn model(data: &SummaryData) -> Tile {
    let (value, small) = match &data.model {
        None => ("none yet".to_owned(), "`dtlearn retrain --check` says what it takes".to_owned()),
        Some(Ok((version, days))) if *days < 1.0 => ("trained today".into(), version.clone()),
        Some(Ok((version, days))) => (format!("{} old", plural(*days as u64, "day")), version.clone()),
        Some(Err(why)) => ("cannot be read".into(), why.clone()),
    };
    Tile { heading: "Model".into(), value, small, tone: None, section: "model" }
}

fn knobs(data: &SummaryData) -> Option<Tile> {
    let total = data.knobs().len();
    let moved = data.knobs().iter().filter(|line| line.effective != line.knob.default).count();
    let last = data
        .changes
        .last()
        .map_or_else(|| "never moved by a rule".to_owned(), |last| format!("last moved {}", last.date));
    (total > 0).then(|| Tile {
        heading: "Knobs".into(),
        value: format!("{moved} of {total} off their defaults"),
        small: last,
        tone: None,
        section: "knobs",
    })
}

/// What the guard said last in this session, and when.
pub(super) fn guard_tile(state: &str, why: Option<&str>, as_of: &str) -> Tile {
    let tone = if state == "ACTIVE" { None } else { Some(false) };
    let small = why.map_or_else(|| format!("as of {as_of}"), |why| format!("{why}; as of {as_of}"));
    Tile { heading: "Guard".into(), value: state.to_owned(), small, tone, section: "summary" }
}

/// The tiles of a page; none where nothing was traded yet.
pub(super) fn tiles(
    figures: &FiguresByWindow,
    data: Option<&SummaryData>,
    trade: &MeanBySession,
    days: u16,
) -> Vec<Tile> {
    let currency = figures.currency.as_str();
    let Some(all) = figures.all().filter(|all| all.trades() > 0) else { return Vec::new() };
    let mut tiles = Vec::new();
    if let Some(session) = data.and_then(|data| data.session.as_ref()) {
        let running = if session.is_running { ", running" } else { "" };
        tiles.push(money(
            format!("Session {}{running}", session.date),
            &session.figures,
            currency,
            "summary",
        ));
    }
    if let Some(week) = figures.window(Window::Days(7)) {
        tiles.push(money("7 days".into(), week, currency, "summary"));
    }
    tiles.extend(expectancy(trade, days));
    let falls =
        [Metric::DrawdownNowUsd, Metric::DrawdownNowPct, Metric::DrawdownPct].map(|metric| all.get(metric));
    if let [Ok(usd), Ok(share), Ok(deepest)] = falls {
        tiles.push(Tile {
            heading: "Below the peak".into(),
            value: if share > 0.0 { format!("{:.1} %", share * 100.0) } else { "at the peak".into() },
            small: format!(
                "{usd:.2} {currency}; deepest after an exit {:.1} %, at a close {:.1} %",
                deepest * 100.0,
                super::page_charts::closes(all, figures.capital)
                    .iter()
                    .map(|close| close.fall)
                    .fold(0.0, f64::max)
                    * 100.0
            ),
            tone: (share > 0.0).then_some(false),
            section: "risk",
        });
    }
    if let Some(data) = data {
        tiles.push(missed(data, currency));
        tiles.push(model(data));
        tiles.extend(knobs(data));
    }
    tiles
}
