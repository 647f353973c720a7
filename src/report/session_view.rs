//! The session in two lines: what the day brought, and where the account stands.

use serde_json::{Map, Value as Json, json};

use super::text::{gain, percent, plural};
use crate::domain::Date;
use crate::metrics::{Metric, Performance};
use crate::wire::DaySession;

/// What a session came to.
#[derive(Clone, Debug)]
pub struct SessionData {
    /// Its date.
    pub date: Date,
    /// Whether it still runs.
    pub is_running: bool,
    /// The figures of the trades closed on that date.
    pub figures: Performance,
    /// The hour that lost most: hour, net result, trades; none where no hour lost.
    pub worst_hour: Option<(u32, f64, u64)>,
    /// The date of the last trade before, where the session has none.
    pub last_trade: Option<Date>,
    /// How far the account lies below its running peak, in currency and as a fraction of it.
    pub below_peak: Option<(f64, f64)>,
    /// The date at whose close the account stood highest; none where that is its beginning.
    pub peak_on: Option<Date>,
    /// The account's currency.
    pub currency: String,
}

impl SessionData {
    fn money(&self, value: f64) -> String {
        format!("{} {}", gain(value), self.currency)
    }
}

/// What the session brought.
pub(super) fn session_sentence(data: &SessionData) -> String {
    let running = if data.is_running { ", still running" } else { "" };
    let figures = &data.figures;
    let value = |metric| figures.get(metric).ok();
    if figures.trades() == 0 {
        let since =
            data.last_trade.map_or("no trade yet".to_owned(), |last| format!("no trade since {last}"));
        return format!("Session {}{running}: {since}", data.date);
    }
    let mut line = format!(
        "Session {}{running}: {} in {}, {} won ({}, 95 % interval {} to {})",
        data.date,
        value(Metric::TotalPnl).map_or("a result beyond all sums".to_owned(), |pnl| data.money(pnl)),
        plural(figures.trades(), "trade"),
        value(Metric::Wins).map_or("–".to_owned(), |wins| wins.to_string()),
        percent(figures.get(Metric::WinRate)),
        percent(figures.get(Metric::WinRateLow)),
        percent(figures.get(Metric::WinRateHigh)),
    );
    if let Some((hour, pnl, trades)) = data.worst_hour {
        line.push_str(&format!("; worst hour {hour}:00, {} in {}", data.money(pnl), plural(trades, "trade")));
    }
    match (value(Metric::ConsecutiveLosses), value(Metric::ConsecutiveWins)) {
        (Some(losses), _) if losses >= 2.0 => {
            line.push_str(&format!("; {losses} losses in a row at the end"))
        }
        (_, Some(wins)) if wins >= 2.0 => line.push_str(&format!("; {wins} wins in a row at the end")),
        _ => {}
    }
    line
}

/// Where the account stands.
pub(super) fn account_sentence(data: &SessionData) -> Option<String> {
    let (usd, share) = data.below_peak?;
    if share <= 0.0 {
        return Some("Account at its peak".to_owned());
    }
    let whence = data.peak_on.map_or("where it began".to_owned(), |date| format!("its peak of {date}"));
    Some(format!("Account {:.1} % below {whence} ({})", share * 100.0, data.money(-usd)))
}

/// Both as sentences.
fn session_sentences(data: &SessionData) -> Vec<String> {
    std::iter::once(session_sentence(data)).chain(account_sentence(data)).collect()
}

/// The session as files keep it.
pub fn day_session(data: &SessionData) -> DaySession {
    let figures = match figures_json(data) {
        Json::Object(figures) => figures,
        _ => Map::new(),
    };
    DaySession { figures, sentences: session_sentences(data) }
}

fn figures_json(data: &SessionData) -> Json {
    let figures = &data.figures;
    let value = |metric| figures.get(metric).ok();
    json!({
        "date": data.date.to_string(),
        "running": data.is_running,
        "trades": figures.trades(),
        "wins": value(Metric::Wins),
        "win_rate": value(Metric::WinRate),
        "win_rate_low": value(Metric::WinRateLow),
        "win_rate_high": value(Metric::WinRateHigh),
        "total_pnl": value(Metric::TotalPnl),
        "consecutive_wins": value(Metric::ConsecutiveWins),
        "consecutive_losses": value(Metric::ConsecutiveLosses),
        "worst_hour": data.worst_hour.map(|(hour, pnl, trades)| json!({"hour": hour, "pnl": pnl, "trades": trades})),
        "last_trade": data.last_trade.map(|date| date.to_string()),
        "drawdown_now_usd": data.below_peak.map(|below| below.0),
        "drawdown_now_pct": data.below_peak.map(|below| below.1),
        "peak_on": data.peak_on.map(|date| date.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Side, Timestamp, TradeFacts, UNKNOWN};
    use crate::metrics::Sample;

    fn data(results: &[f64]) -> SessionData {
        let mut sample = Sample::new(10_000.0, &crate::domain::Market::default());
        for (at, pnl) in results.iter().enumerate() {
            sample.push(&TradeFacts {
                trade_id: "t",
                symbol: "A",
                side: Side::Long,
                entry_time: None,
                exit_time: Timestamp::from_micros(1_782_500_000_000_000 + at as i64),
                pnl: *pnl,
                pnl_frac: pnl / 1000.0,
                confidence: None,
                regime: UNKNOWN,
                sector: UNKNOWN,
                setup: UNKNOWN,
                exit_reason: UNKNOWN,
                strategy: UNKNOWN,
                variant: UNKNOWN,
                timeframe: UNKNOWN,
                content: 0,
                is_further_leg: false,
            });
        }
        SessionData {
            date: "2026-06-26".parse().unwrap(),
            is_running: false,
            figures: sample.performance(),
            worst_hour: None,
            last_trade: None,
            below_peak: None,
            peak_on: None,
            currency: "USD".into(),
        }
    }

    #[test]
    fn the_day_comes_first_whatever_the_week_was() {
        let bad = SessionData {
            worst_hour: Some((10, -8.5, 2)),
            below_peak: Some((645.2, 0.062)),
            peak_on: "2026-06-12".parse().ok(),
            ..data(&[1.5, -5.0, -3.5])
        };
        assert_eq!(
            session_sentences(&bad),
            [
                "Session 2026-06-26: -7.00 USD in 3 trades, 1 won (33.3 %, 95 % interval 6.1 % to 79.2 %); worst hour 10:00, -8.50 USD in 2 trades; 2 losses in a row at the end",
                "Account 6.2 % below its peak of 2026-06-12 (-645.20 USD)",
            ]
        );
        let empty =
            SessionData { last_trade: "2026-06-24".parse().ok(), below_peak: Some((0.0, 0.0)), ..data(&[]) };
        assert_eq!(
            session_sentences(&empty),
            ["Session 2026-06-26: no trade since 2026-06-24", "Account at its peak"]
        );
    }
}
