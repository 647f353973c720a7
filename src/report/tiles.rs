//! The first glance at the page: a figure a tile, with the small line that says what it rests on.

use super::FiguresByWindow;
use super::guard_view::guard_why;
use super::health_view::HealthCheck;
use super::summary_view::SummaryData;
use super::text::{clear_of_zero, gain, plural};
use crate::decide::{GuardDay, GuardState, GuardWord};
use crate::domain::Window;
use crate::learn::Paired;
use crate::metrics::{MeanBySession, Metric, Performance, UsualSession};

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

/// What the guard's state is now, as far as exits and the record say.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardNow {
    /// The state.
    pub state: GuardState,
    /// The exits that it follows from.
    pub day: GuardDay,
    /// The date and the rule of the last lock on record.
    pub last: Option<(String, String)>,
}

/// How well the model in use did on rows that it had not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSkill {
    /// Whether it is older than it may be.
    pub is_expired: bool,
    /// By how much its log loss is better.
    pub better: Option<Paired>,
    /// Whether that is against the model before it; else against the base rate.
    pub beats_model: bool,
}

/// What tiles tell besides the figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileData<'a> {
    /// What stands in the summary; of several desks nothing.
    pub told: Option<&'a SummaryData>,
    /// The mean result of a trade over `days`.
    pub trade: &'a MeanBySession,
    /// The days that the page looks back.
    pub days: u16,
    /// How sessions usually ended in those days, where there are some.
    pub usual: Option<UsualSession>,
    /// The 95 % interval of the week's result, by session.
    pub week: Option<(f64, f64)>,
    /// How good the model is; none without one.
    pub skill: Option<&'a ModelSkill>,
    /// The guard; none where it was never set.
    pub guard: Option<&'a GuardNow>,
}

/// A finding as a page says it, without the path that a terminal copies.
pub(super) fn attention_line(check: &HealthCheck) -> String {
    let mut what = check.what.clone();
    if let Some(first) = what.get(..1).map(str::to_uppercase) {
        what.replace_range(..1, &first);
    }
    let next = check.remedy.as_ref().map(|remedy| format!("; next: {remedy}")).unwrap_or_default();
    format!("{}{what}{next}", if check.is_damage { "Damage: " } else { "" })
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

fn money(
    heading: String,
    performance: &Performance,
    currency: &str,
    (around, is_toned): (Option<String>, bool),
) -> Tile {
    let section = "summary";
    let Ok(pnl) = performance.get(Metric::TotalPnl) else {
        return Tile { heading, value: "no trades".into(), small: String::new(), tone: None, section };
    };
    let small = around.map_or_else(|| won(performance), |around| format!("{around}; {}", won(performance)));
    Tile {
        heading,
        value: format!("{} {currency}", gain(pnl)),
        small,
        tone: tone(pnl).filter(|_| is_toned),
        section,
    }
}

/// The mean result of a trade, with the interval that says whether it is above zero.
fn expectancy(mean: &MeanBySession, days: u16) -> Option<Tile> {
    let value = mean.value.ok()?;
    let interval = mean.interval?;
    let is_above = clear_of_zero(mean.interval);
    let clear = is_above.map_or("may be zero", |above| if above { "above zero" } else { "below zero" });
    Some(Tile {
        heading: format!("A trade, {}", plural(u64::from(days), "day")),
        value: format!("{:+.3} %", value * 100.0),
        small: format!("{:+.3} to {:+.3} %, {clear}; n {}", interval.0 * 100.0, interval.1 * 100.0, mean.n),
        tone: is_above.and_then(|_| tone(value)),
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
                "; {:.1} % would have won ({:.0} to {:.0} %)",
                rate.point * 100.0,
                rate.low * 100.0,
                rate.high * 100.0
            )
        },
    );
    let mean = of.all.mean_interval().map_or_else(
        |_| String::new(),
        |(low, mean, high)| {
            format!(", each {:+.2} % ({:+.2} to {:+.2} %)", mean * 100.0, low * 100.0, high * 100.0)
        },
    );
    Tile {
        heading,
        value: format!("{} {currency}", gain(total)),
        small: format!("{} not traded{mean}{rate}", plural(of.all.n, "signal")),
        tone: None,
        section: "missed",
    }
}

fn skill_words(skill: &ModelSkill) -> String {
    let than = if skill.beats_model { "the model before" } else { "the base rate" };
    match &skill.better {
        Some(Paired { mean, low, high, n, .. }) => {
            format!("log loss better than {than} by {mean:+.3} ({low:+.3} to {high:+.3}), held out, n {n}")
        }
        None => "no skill is on record".into(),
    }
}

fn model(data: &SummaryData, skill: Option<&ModelSkill>) -> Tile {
    let tile = |value: String, small: String, tone: Option<bool>| Tile {
        heading: "Model".into(),
        value,
        small,
        tone,
        section: "model",
    };
    let days = match &data.model {
        None => return tile("none yet".into(), "`dtlearn retrain --check` says what it takes".into(), None),
        Some(Err(why)) => return tile("cannot be read".into(), why.clone(), Some(false)),
        Some(Ok((_, days))) => *days,
    };
    let age = if days < 1.0 { "trained today".into() } else { format!("{} old", plural(days as u64, "day")) };
    let words = skill.map(skill_words).unwrap_or_default();
    if skill.is_some_and(|skill| skill.is_expired) {
        return tile("expired".into(), format!("{age}; {words}"), Some(false));
    }
    tile(age, words, None)
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

fn guard(figures: &FiguresByWindow, now: &GuardNow) -> Tile {
    let last = match &now.last {
        Some((date, rule)) => format!("last lock {date} by {rule}"),
        None => "no lock on record".into(),
    };
    let value = match now.state.word {
        GuardWord::Active => "no lock now",
        GuardWord::Reducing => "reducing",
        GuardWord::Halted => "halted",
    };
    Tile {
        heading: "Guard".into(),
        value: value.into(),
        small: guard_why(&now.state, &now.day, figures.now, &figures.currency).unwrap_or(last),
        tone: (now.state.word != GuardWord::Active).then_some(false),
        section: "guard",
    }
}

/// How far the account is below its highest close, as the picture beside it says too.
fn drawdown(figures: &FiguresByWindow, all: &Performance) -> Option<Tile> {
    let closes = super::page_charts::closes(all, figures.capital);
    let last = closes.last()?;
    let deepest = closes.iter().max_by(|a, b| a.fall.total_cmp(&b.fall))?;
    let exits = all
        .get(Metric::DrawdownPct)
        .map_or_else(|_| String::new(), |share| format!(" (after each exit {:.1} %)", share * 100.0));
    let is_below = last.fall > 0.0;
    Some(Tile {
        heading: "Drawdown".into(),
        value: if is_below { format!("{:.1} %", last.fall * 100.0) } else { "none".into() },
        small: format!("at the close; deepest {:.1} % on {}{exits}", deepest.fall * 100.0, deepest.date),
        tone: is_below.then_some(false),
        section: "risk",
    })
}

/// The tiles of a page; none where nothing was traded yet.
pub(super) fn tiles(figures: &FiguresByWindow, beside: &TileData<'_>) -> Vec<Tile> {
    let currency = figures.currency.as_str();
    let Some(all) = figures.all().filter(|all| all.trades() > 0) else { return Vec::new() };
    let mut tiles = Vec::new();
    let ends = |(low, high): (f64, f64)| format!("{} to {}", gain(low), gain(high));
    if let Some(session) = beside.told.and_then(|data| data.session.as_ref()) {
        let running = if session.is_running { ", running" } else { "" };
        let usual = beside.usual.map(|UsualSession { low, high, few }| match few {
            Some(few) => format!("all {few} sessions ended at {}", ends((low, high))),
            None => format!("4 in 5 sessions end at {}", ends((low, high))),
        });
        let heading = format!("Session {}{running}", session.date);
        tiles.push(money(heading, &session.figures, currency, (usual, true)));
    }
    if let Some(week) = figures.window(Window::Days(7)) {
        // What may be zero is neither a gain nor a loss yet.
        let is_clear = clear_of_zero(beside.week).is_some();
        let around = beside.week.map(|week| format!("95 % interval {}", ends(week)));
        tiles.push(money("7 days".into(), week, currency, (around, is_clear)));
    }
    tiles.extend(expectancy(beside.trade, beside.days));
    tiles.extend(drawdown(figures, all));
    if let Some(data) = beside.told {
        tiles.push(missed(data, currency));
        tiles.push(model(data, beside.skill));
        tiles.extend(knobs(data));
    }
    tiles.extend(beside.guard.map(|now| guard(figures, now)));
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_attention_is_said_without_a_path() {
        let check = HealthCheck {
            is_damage: false,
            place: "a/b/model.json.gz".into(),
            what: "the model in use was deployed 173 days ago".into(),
            remedy: Some("dtlearn retrain".into()),
        };
        assert_eq!(
            attention_line(&check),
            "The model in use was deployed 173 days ago; next: dtlearn retrain"
        );
        let damage = HealthCheck { is_damage: true, remedy: None, what: "ümlaut".into(), ..check };
        assert_eq!(attention_line(&damage), "Damage: ümlaut");
    }

    #[test]
    fn a_model_that_has_expired_says_so_and_what_it_could() {
        let data = SummaryData { model: Some(Ok(("v1".into(), 173.0))), ..SummaryData::default() };
        let better = Some(Paired { mean: 0.047, low: 0.012, high: 0.084, n: 40, sessions: 4 });
        let skill = |is_expired| ModelSkill { is_expired, better, beats_model: false };
        let tile = model(&data, Some(&skill(true)));
        assert_eq!((tile.value.as_str(), tile.tone), ("expired", Some(false)));
        assert_eq!(
            tile.small,
            "173 days old; log loss better than the base rate by +0.047 (+0.012 to +0.084), held out, n 40"
        );
        assert_eq!(model(&data, Some(&skill(false))).value, "173 days old");
    }
}
