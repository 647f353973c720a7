//! How bad it got and how long it lasted: drawdowns, tails, and the last sessions as they went along.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::catalog::sharpe::sharpe_ratio;
use crate::domain::{Calendar, Date, Market, Outcome, TradeDetail, next_day};
use crate::stats::{MetricResult, Undefined, quantile, sorted, worst_mean};

/// The share of sessions or trades that a tail is.
pub const TAIL: f64 = 0.05;

/// Sessions below which nothing is said of a tail.
const TAIL_SESSIONS: u32 = 20;

/// Sessions of a rolling figure.
pub const ROLLING_SESSIONS: usize = 20;

/// Drawdowns that are told one by one.
const FALLS_SHOWN: usize = 5;

/// A session and its net result in the account's currency, 0 where nothing was closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionResult {
    /// Its date.
    pub date: Date,
    /// Net result.
    pub pnl: f64,
    /// Trades closed.
    pub trades: u64,
    /// Of them above zero.
    pub wins: u64,
}

/// A fall of equity at the close from a peak until that peak is reached again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// The session at whose close the account stood highest; none where that is its beginning.
    pub peak: Option<Date>,
    /// The session at whose close it stood lowest.
    pub trough: Date,
    /// The session at whose close the peak was reached again; none where it was not yet.
    pub recovered: Option<Date>,
    /// Peak less trough in the account's currency.
    pub usd: f64,
    /// The same as a fraction of the peak.
    pub frac: f64,
    /// Sessions from the peak to the trough.
    pub sessions_down: u64,
    /// Sessions from the peak to the recovery, or so far.
    pub sessions: u64,
}

/// The sessions of a calendar month.
#[derive(Clone, Debug, PartialEq)]
pub struct Month {
    /// The month, such as `2026-03`.
    pub name: String,
    /// Its sessions.
    pub sessions: Vec<SessionResult>,
    /// The largest fall at the close within it, in the account's currency.
    pub fall: f64,
}

impl Month {
    /// Net result of its sessions, in the account's currency.
    pub fn pnl(&self) -> f64 {
        self.sessions.iter().map(|session| session.pnl).sum()
    }

    /// Trades closed in it.
    pub fn trades(&self) -> u64 {
        self.sessions.iter().map(|session| session.trades).sum()
    }

    /// Wins over trades; none without a trade.
    pub fn win_rate(&self) -> Option<f64> {
        let wins = self.sessions.iter().map(|session| session.wins).sum::<u64>();
        let trades = self.trades();
        (trades > 0).then(|| wins as f64 / trades as f64)
    }

    /// Net result of its best session, in the account's currency.
    pub fn best(&self) -> Option<f64> {
        self.sessions.iter().map(|session| session.pnl).max_by(f64::total_cmp)
    }

    /// Net result of its worst session, in the account's currency.
    pub fn worst(&self) -> Option<f64> {
        self.sessions.iter().map(|session| session.pnl).min_by(f64::total_cmp)
    }
}

/// A rolling figure at the close of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rolling {
    /// The last session of the stretch.
    pub date: Date,
    /// Sharpe ratio of the stretch, scaled to a year of sessions.
    pub sharpe: MetricResult,
    /// Wins over trades of the stretch, in `[0, 1]`; none without trades.
    pub win_rate: Option<f64>,
    /// Trades.
    pub trades: u64,
}

/// The risk of a stretch of sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// The account's capital at the start.
    pub capital: f64,
    /// Every session from the first to the last with a trade.
    pub sessions: Vec<SessionResult>,
    /// The deepest falls, the worst first.
    pub falls: Vec<Fall>,
    /// Share of sessions that closed below an earlier close.
    pub under_water: MetricResult,
    /// The longest stretch of such sessions.
    pub longest_under_water: u64,
    /// Mean of the worst 5 % of sessions, in the account's currency.
    pub cvar_sessions: MetricResult,
    /// Mean of the worst 5 % of trades, a fraction of the position.
    pub cvar_trades: MetricResult,
    /// Root of the mean squared fall from the peak at the close, a fraction (Martin and McCann 1989, *The Investor's
    /// Guide to Fidelity Funds*).
    pub ulcer_index: MetricResult,
    /// Mean result of a session, times the sessions of a year, over the deepest fall at the close (Young 1991,
    /// *Futures* 20(1)).
    pub calmar: MetricResult,
    /// The 95 % point of session results over the absolute 5 % point.
    pub tail_ratio: MetricResult,
    /// The last twenty sessions, at each close from the twentieth on.
    pub rolling: Vec<Rolling>,
    /// By month.
    pub months: Vec<Month>,
}

/// What the risk of trades is made of, added up trade by trade.
#[derive(Clone, Debug, Default)]
pub struct RiskSums {
    /// Net result, trades and wins of each session.
    days: BTreeMap<i32, (f64, u64, u64)>,
    /// The results of trades as fractions, for their tail.
    fracs: Vec<f64>,
}

impl RiskSums {
    /// Adds a trade; they come in the order of their exits.
    pub fn add(&mut self, trade: &TradeDetail) {
        let day = self.days.entry(trade.session).or_default();
        *day = (day.0 + trade.pnl, day.1 + 1, day.2 + u64::from(trade.outcome == Outcome::Win));
        self.fracs.push(trade.pnl_frac);
    }
}

fn results_of(days: BTreeMap<i32, (f64, u64, u64)>, market: &Market) -> Vec<SessionResult> {
    let calendar = market.calendar();
    let mut sessions = Vec::new();
    let mut expected: Option<Date> = None;
    for (day, (pnl, trades, wins)) in days {
        let Some(date) = Date::from_num_days_from_ce_opt(day) else { continue };
        let mut at = expected.unwrap_or(date);
        while at < date {
            if calendar.is_session(at) {
                sessions.push(SessionResult { date: at, pnl: 0.0, trades: 0, wins: 0 });
            }
            at = next_day(at);
        }
        sessions.push(SessionResult { date, pnl, trades, wins });
        expected = Some(next_day(date));
    }
    sessions
}

/// Every fall from a peak at the close.
fn falls(sessions: &[SessionResult], capital: f64) -> Vec<Fall> {
    let mut found = Vec::new();
    let (mut equity, mut peak) = (capital, (capital, None::<(usize, Date)>));
    let mut open: Option<Fall> = None;
    for (at, session) in sessions.iter().enumerate() {
        equity += session.pnl;
        // The beginning stands before the first session.
        let since = peak.1.map_or(at as u64 + 1, |(from, _)| (at - from) as u64);
        if equity >= peak.0 {
            if let Some(fall) = open.take() {
                found.push(Fall { recovered: Some(session.date), sessions: since, ..fall });
            }
            peak = (equity, Some((at, session.date)));
            continue;
        }
        let usd = peak.0 - equity;
        let deeper = open.is_none_or(|fall| usd > fall.usd);
        let fall = open.get_or_insert(Fall {
            peak: peak.1.map(|peak| peak.1),
            trough: session.date,
            recovered: None,
            usd,
            frac: 0.0,
            sessions_down: since,
            sessions: since,
        });
        fall.sessions = since;
        if deeper {
            (fall.trough, fall.usd, fall.sessions_down) = (session.date, usd, since);
            fall.frac = part_of_peak(usd, peak.0);
        }
    }
    found.extend(open);
    found
}

/// A fall as a fraction of the peak; of an account that never had anything it is all of it.
fn part_of_peak(fall: f64, peak: f64) -> f64 {
    if peak > 0.0 { fall / peak } else { 1.0 }
}

/// How far each close lies below the highest before, the capital at the start among them, a fraction of it.
pub fn depths(closes: impl IntoIterator<Item = f64>, capital: f64) -> Vec<f64> {
    let mut peak = capital;
    let depth = closes.into_iter().map(|equity| {
        peak = peak.max(equity);
        part_of_peak(peak - equity, peak)
    });
    depth.collect()
}

/// The account at the close of each session.
fn closes(sessions: &[SessionResult], capital: f64) -> impl Iterator<Item = f64> {
    sessions.iter().scan(capital, |equity, session| {
        *equity += session.pnl;
        Some(*equity)
    })
}

fn needs(sessions: usize, need: u32) -> Result<(), Undefined> {
    if sessions >= need as usize {
        Ok(())
    } else {
        Err(Undefined::TooFewDays { need, have: sessions as u64 })
    }
}

/// The risk of the trades that were added up, for an account that began with `capital`.
pub fn risk_of(sums: RiskSums, market: &Market, capital: f64) -> Risk {
    let RiskSums { days, fracs } = sums;
    let sessions = results_of(days, market);
    let depths = depths(closes(&sessions, capital), capital);
    let n = sessions.len();
    let results = sorted(sessions.iter().map(|session| session.pnl));
    let enough = needs(n, TAIL_SESSIONS);
    let value = |value: Option<f64>| value.ok_or(Undefined::NoTrades);
    let mut all = falls(&sessions, capital);
    let deepest = all.iter().map(|fall| fall.usd).fold(0.0, f64::max);
    all.sort_by(|a, b| b.frac.total_cmp(&a.frac).then(a.trough.cmp(&b.trough)));
    all.truncate(FALLS_SHOWN);
    let calendar = market.calendar();
    let year = f64::from(calendar.sessions_per_year());
    let mean = sessions.iter().map(|session| session.pnl).sum::<f64>() / n.max(1) as f64;
    let calmar = enough
        .and_then(|()| if deepest > 0.0 { Ok(mean * year / deepest) } else { Err(Undefined::NoDrawdown) });
    let tail_ratio = enough.and_then(|()| {
        let (high, low) = (value(quantile(&results, 1.0 - TAIL))?, value(quantile(&results, TAIL))?);
        if low < 0.0 { Ok(high / -low) } else { Err(Undefined::NoLosingDays) }
    });
    let squares = depths.iter().map(|depth| depth * depth).sum::<f64>();
    let mean_of_depths = |sum: f64| if n == 0 { Err(Undefined::NoTrades) } else { Ok(sum / n as f64) };
    Risk {
        capital,
        falls: all,
        under_water: mean_of_depths(depths.iter().filter(|depth| **depth > 0.0).count() as f64),
        longest_under_water: longest(&depths),
        cvar_sessions: enough.and_then(|()| value(worst_mean(&results, TAIL))),
        cvar_trades: enough.and_then(|()| value(worst_mean(&sorted(fracs), TAIL))),
        ulcer_index: mean_of_depths(squares).map(f64::sqrt),
        calmar,
        tail_ratio,
        rolling: rolling(&sessions, calendar),
        months: months(&sessions, capital),
        sessions,
    }
}

fn longest(depths: &[f64]) -> u64 {
    depths.split(|depth| *depth <= 0.0).map(|below| below.len() as u64).max().unwrap_or(0)
}

fn rolling(sessions: &[SessionResult], calendar: &Calendar) -> Vec<Rolling> {
    let year = f64::from(calendar.sessions_per_year());
    let stretch = |part: &[SessionResult]| {
        let series: Vec<f64> = part.iter().map(|session| session.pnl).collect();
        let trades = part.iter().map(|session| session.trades).sum::<u64>();
        let wins = part.iter().map(|session| session.wins).sum::<u64>();
        Some(Rolling {
            date: part.last()?.date,
            sharpe: sharpe_ratio(&series, year),
            win_rate: (trades > 0).then(|| wins as f64 / trades as f64),
            trades,
        })
    };
    sessions.windows(ROLLING_SESSIONS).filter_map(stretch).collect()
}

fn months(sessions: &[SessionResult], capital: f64) -> Vec<Month> {
    let month = |session: &SessionResult| (session.date.year(), session.date.month());
    let mut equity = capital;
    sessions
        .chunk_by(|a, b| month(a) == month(b))
        .map(|part| {
            let fall = falls(part, equity).iter().map(|fall| fall.usd).fold(0.0, f64::max);
            equity += part.iter().map(|session| session.pnl).sum::<f64>();
            Month { name: part[0].date.format("%Y-%m").to_string(), sessions: part.to_vec(), fall }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(results: &[f64]) -> Vec<SessionResult> {
        let mut date: Date = "2026-03-02".parse().unwrap();
        let session = |pnl: &f64| {
            let session = SessionResult { date, pnl: *pnl, trades: 2, wins: u64::from(*pnl > 0.0) };
            date = next_day(date);
            session
        };
        results.iter().map(session).collect()
    }

    /// Equity 1000, 1100, 1050, 990, 1120, 1120, 1000, 1060: falls of 110 on 1100 (10 %), made good, and of 120 on
    /// 1120 (10.7 %), not made good. By NumPy: depth [0, 0.0454545, 0.1, 0, 0, 0.1071429, 0.0535714], root of the mean
    /// square 0.0614301.
    #[test]
    fn falls_begin_at_a_peak_and_end_where_it_is_reached_again() {
        let sessions = sessions(&[100.0, -50.0, -60.0, 130.0, 0.0, -120.0, 60.0]);
        let found = falls(&sessions, 1000.0);
        assert_eq!(found.len(), 2);
        let (first, second) = (found[0], found[1]);
        assert_eq!((first.usd, first.sessions_down, first.sessions), (110.0, 2, 3));
        assert_eq!(first.peak.unwrap().to_string(), "2026-03-02");
        assert_eq!(
            (first.trough.to_string(), first.recovered.unwrap().to_string()),
            ("2026-03-04".into(), "2026-03-05".into())
        );
        // A close at the peak is the later peak.
        assert_eq!((second.peak.unwrap().to_string(), second.recovered), ("2026-03-06".into(), None));
        assert_eq!((second.usd, second.sessions_down, second.sessions), (120.0, 1, 2));
        assert!((second.frac - 120.0 / 1120.0).abs() < 1e-12);
        let depths = depths(closes(&sessions, 1000.0), 1000.0);
        let ulcer = (depths.iter().map(|d| d * d).sum::<f64>() / 7.0).sqrt();
        assert!((ulcer - 0.061_430_1).abs() < 1e-6, "{ulcer}");
        assert_eq!(longest(&depths), 2);
        // Below the beginning from the first session on.
        let fall = falls(&super::tests::sessions(&[-10.0, -5.0]), 100.0)[0];
        assert_eq!((fall.peak, fall.sessions_down, fall.sessions, fall.frac), (None, 2, 2, 0.15));
    }

    #[test]
    fn months_fall_within_themselves() {
        let mut all = sessions(&[10.0; 40]);
        all[3].pnl = -30.0;
        let found = months(&all, 100.0);
        assert_eq!(
            found.iter().map(|month| (month.name.as_str(), month.fall)).collect::<Vec<_>>(),
            [("2026-03", 30.0), ("2026-04", 0.0)]
        );
        assert!(rolling(&all[..19], &Calendar::xnys()).is_empty());
        assert_eq!(rolling(&all, &Calendar::xnys()).len(), 21);
    }

    #[test]
    fn a_stretch_knows_its_win_rate_and_one_without_trades_has_none() {
        // Every other session wins one of its two trades.
        let all: Vec<f64> = (0..20).map(|at| if at % 2 == 0 { 10.0 } else { -10.0 }).collect();
        let mut sessions = sessions(&all);
        let found = &rolling(&sessions, &Calendar::xnys())[0];
        assert_eq!((found.trades, found.win_rate), (40, Some(0.25)));
        sessions.iter_mut().for_each(|session| (session.trades, session.wins) = (0, 0));
        assert_eq!(rolling(&sessions, &Calendar::xnys())[0].win_rate, None);
    }
}
