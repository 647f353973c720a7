//! Which sectors' results turned: the last 7 days against the 23 before, by session.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::by_session::BySession;
use crate::domain::{Market, Timestamp, TradeDetail, UNKNOWN};
use crate::stats::{Clustered, Undefined, clear_differences, shrunken_means};

/// Days of the newer span; its last is today.
pub const ROTATION_DAYS: u16 = 7;

/// Days of both spans together.
pub const ROTATION_SPAN: u16 = 30;

/// Of the sectors that are named, at most this share is chance.
const NAMED_SHARE: f64 = 0.05;

/// Trades that each span of a sector needs to be judged.
pub const ROTATION_TRADES: u64 = 10;

/// A sector's trades in a span of days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SectorSpan {
    /// Trades closed in the span.
    pub trades: u64,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Mean net result, a fraction of the position, with the variance that sessions show.
    pub mean: Result<Clustered, Undefined>,
}

/// What is said of a sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationVerdict {
    /// Clearly better than before.
    Rising,
    /// Clearly worse than before.
    Falling,
    /// Enough trades, and no clear change.
    Unclear,
    /// Too few trades or sessions.
    TooFew,
}

impl RotationVerdict {
    /// The word for it in tables and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// A sector, now and before.
#[derive(Clone, Debug, PartialEq)]
pub struct SectorRotation {
    /// The sector, as its trades or the settings name it.
    pub sector: String,
    /// Its trades of the last 7 days.
    pub newer: SectorSpan,
    /// Its trades of the 23 days before them.
    pub older: SectorSpan,
    /// The newer mean less the older one, with its 95 % interval.
    pub change: Option<(f64, (f64, f64))>,
    /// The newer mean, drawn to that of all sectors by as much as chance makes them differ.
    pub shrunk: Option<f64>,
    /// What the change comes to, all sectors that were looked at counted against it.
    pub verdict: RotationVerdict,
}

/// What a [`SectorSpan`] is made of.
#[derive(Clone, Debug)]
struct SpanSums {
    trades: u64,
    pnl: f64,
    sessions: BySession,
}

impl Default for SpanSums {
    fn default() -> Self {
        Self { trades: 0, pnl: std::iter::empty::<f64>().sum(), sessions: BySession::default() }
    }
}

impl SpanSums {
    fn add(&mut self, trade: &TradeDetail) {
        (self.trades, self.pnl) = (self.trades + 1, self.pnl + trade.pnl);
        self.sessions.add(trade.session, (trade.pnl_frac, 1.0));
    }

    fn finish(&self) -> SectorSpan {
        SectorSpan { trades: self.trades, pnl: self.pnl, mean: self.sessions.ratio() }
    }
}

/// What the rotation of sectors is made of, added up trade by trade.
#[derive(Clone, Debug)]
pub struct RotationSums {
    /// The oldest session, the first of the newer span, and today.
    sessions: [i32; 3],
    /// The newer and the older span of each sector.
    sectors: BTreeMap<String, (SpanSums, SpanSums)>,
    /// Trades, whatever their sector and session.
    pub trades: usize,
}

impl RotationSums {
    /// No trade yet, seen at `now`.
    pub fn new(market: &Market, now: Timestamp) -> Self {
        let today = market.trading_date(now).num_days_from_ce();
        let [first, oldest] = [ROTATION_DAYS, ROTATION_SPAN].map(|days| today - i32::from(days) + 1);
        Self { sessions: [oldest, first, today], sectors: BTreeMap::new(), trades: 0 }
    }

    /// Adds a trade; one of no known sector has no part, and neither has one that is older than the spans.
    pub fn add(&mut self, trade: &TradeDetail) {
        self.trades += 1;
        // A session is never cut in two.
        let ([oldest, first, today], session) = (self.sessions, trade.session);
        if *trade.sector == *UNKNOWN || !(oldest..=today).contains(&session) {
            return;
        }
        if !self.sectors.contains_key(&*trade.sector) {
            self.sectors.insert(trade.sector.to_string(), <(SpanSums, SpanSums)>::default());
        }
        if let Some((newer, older)) = self.sectors.get_mut(&*trade.sector) {
            if session >= first { newer.add(trade) } else { older.add(trade) }
        }
    }

    /// The sectors, most trades first. A verdict is given to what passes Benjamini and Hochberg's procedure among all sectors
    /// that can be judged.
    pub fn finish(&self) -> Vec<SectorRotation> {
        let rotation = |(sector, (newer, older)): (&String, &(SpanSums, SpanSums))| SectorRotation {
            sector: sector.clone(),
            newer: newer.finish(),
            older: older.finish(),
            change: None,
            shrunk: None,
            verdict: RotationVerdict::TooFew,
        };
        let mut found: Vec<SectorRotation> = self.sectors.iter().map(rotation).collect();
        judge(&mut found);
        found.sort_by(|a, b| {
            let trades = |of: &SectorRotation| of.newer.trades + of.older.trades;
            trades(b).cmp(&trades(a)).then_with(|| a.sector.cmp(&b.sector))
        });
        found
    }
}

/// The sectors of the trades of the last 30 days at `now`: see [`RotationSums`].
#[cfg(test)]
fn sector_rotation(trades: &[TradeDetail], market: &Market, now: Timestamp) -> Vec<SectorRotation> {
    let mut sums = RotationSums::new(market, now);
    trades.iter().for_each(|trade| sums.add(trade));
    sums.finish()
}

fn judge(sectors: &mut [SectorRotation]) {
    let (mut places, mut pairs) = (Vec::new(), Vec::new());
    for (at, sector) in sectors.iter().enumerate() {
        if let (Ok(newer), Ok(older)) = (sector.newer.mean, sector.older.mean)
            && sector.newer.trades.min(sector.older.trades) >= ROTATION_TRADES
        {
            places.push(at);
            pairs.push((newer, older));
        }
    }
    let means: Vec<(f64, f64)> = pairs.iter().map(|(newer, _)| (newer.value, newer.variance)).collect();
    for ((at, (newer, older)), shrunk) in places.iter().zip(&pairs).zip(shrunken_means(&means)) {
        let sector = &mut sectors[*at];
        sector.change = Some((newer.value - older.value, newer.difference(older)));
        sector.shrunk = Some(shrunk);
        sector.verdict = RotationVerdict::Unclear;
    }
    for named in clear_differences(&pairs, NAMED_SHARE) {
        let (newer, older) = &pairs[named];
        sectors[places[named]].verdict =
            if newer.value > older.value { RotationVerdict::Rising } else { RotationVerdict::Falling };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-30T20:05:00Z";

    fn trade(sector: &str, days_ago: i64, pnl_frac: f64) -> TradeDetail {
        let exit_time = Timestamp::parse("2026-03-30T15:00:00Z").unwrap().plus_days(-days_ago);
        TradeDetail { sector: sector.into(), ..TradeDetail::of_result(exit_time, pnl_frac) }
    }

    /// Four trades a day over 30 days around the older and the newer mean.
    fn sector(name: &str, older: f64, newer: f64) -> Vec<TradeDetail> {
        let of = |day: i64, at: i64| {
            let mean = if day < 7 { newer } else { older };
            trade(
                name,
                day,
                mean + [-0.004, 0.004, -0.003, 0.003][at as usize] + 0.0005 * (day % 3 - 1) as f64,
            )
        };
        (0..30).flat_map(|day| (0..4).map(move |at| of(day, at))).collect()
    }

    #[test]
    fn a_sector_that_turned_is_named_and_the_others_are_not() {
        let now = Timestamp::parse(NOW).unwrap();
        let mut trades = sector("Energy", 0.001, -0.004);
        trades.extend(sector("Technology", 0.001, 0.001));
        trades.extend(sector("Health", -0.001, 0.003));
        trades.extend((0..9).map(|day| trade("Utilities", day, 0.01)));
        trades.extend(sector(UNKNOWN, 0.0, 0.02));
        let found = sector_rotation(&trades, &Market::default(), now);
        let verdicts: Vec<(&str, RotationVerdict)> =
            found.iter().map(|of| (&*of.sector, of.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                ("Energy", RotationVerdict::Falling),
                ("Health", RotationVerdict::Rising),
                ("Technology", RotationVerdict::Unclear),
                ("Utilities", RotationVerdict::TooFew),
            ]
        );
        let energy = &found[0];
        assert_eq!((energy.newer.trades, energy.older.trades), (28, 92));
        let (gap, (low, high)) = energy.change.unwrap();
        assert!(low < gap && gap < high && (gap + 0.005).abs() < 2e-4, "{gap}");
        // Of three means there is nothing to learn a spread from.
        assert_eq!(energy.shrunk, Some(energy.newer.mean.unwrap().value));
    }

    #[test]
    fn a_session_is_in_one_span_whatever_the_hour() {
        let trades: Vec<TradeDetail> = (0..40).map(|day| trade("Energy", day, 0.001)).collect();
        for now in ["2026-03-30T13:31:00Z", NOW, "2026-03-31T03:00:00Z"] {
            let found = sector_rotation(&trades, &Market::default(), Timestamp::parse(now).unwrap());
            assert_eq!((found[0].newer.trades, found[0].older.trades), (7, 23), "{now}");
        }
    }
}
