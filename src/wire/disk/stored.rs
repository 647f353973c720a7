//! What metrics need of a line of `trade_outcomes.jsonl.gz`, and whether it holds together.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::text::{Lenient, Number, Text};
use crate::domain::{
    MAX_ABS_PNL, MAX_ABS_PNL_FRAC, Refusal, Side, Timestamp, TradeFacts, UNKNOWN, costs, derived_trade_id,
    position_and_gross, positive,
};
use crate::wire::SCHEMA;

/// What metrics need of a stored line, borrowed from it where possible.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub struct StoredOutcome<'a> {
    #[serde(borrow)]
    pub(super) symbol: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) entry_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exit_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) side: Option<Text<'a>>,
    pub(super) entry_price: Option<Number>,
    pub(super) exit_price: Option<Number>,
    pub(super) pnl: Option<Number>,
    pub(super) pnl_pct: Option<Number>,
    pub(super) model_confidence: Option<Number>,
    #[serde(borrow)]
    pub(super) regime: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) sector: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exit_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) trade_id: Option<Text<'a>>,
    pub(super) qty: Option<Number>,
    pub(super) fees: Option<Number>,
    #[serde(borrow)]
    pub(super) setup: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) strategy: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) variant: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) timeframe: Option<Text<'a>>,
    pub(super) multiplier: Option<Number>,
    pub(super) inverse: Option<bool>,
    pub(super) funding: Option<Number>,
    pub(super) rebate: Option<Number>,
    pub(super) fx_rate: Option<Number>,
    pub(super) pnl_disputed: Option<bool>,
    #[serde(deserialize_with = "is_there")]
    #[serde(default)]
    pub(super) left_over: bool,
    pub(super) leg: Option<u32>,
    pub(super) schema: Option<u32>,
    #[serde(borrow)]
    pub(super) _ts: Option<Text<'a>>,
    /// What views of details look at; what is of another kind says nothing.
    #[serde(borrow, default)]
    pub(super) signal_id: Lenient<Text<'a>>,
    #[serde(default)]
    pub(super) stop_price: Lenient<Number>,
    #[serde(default)]
    pub(super) target_price: Lenient<Number>,
    #[serde(default)]
    pub(super) hit_target: Lenient<bool>,
    #[serde(default)]
    pub(super) hit_stop: Lenient<bool>,
    #[serde(default)]
    pub(super) mfe_pct: Lenient<Number>,
    #[serde(default)]
    pub(super) mae_pct: Lenient<Number>,
    #[serde(default)]
    pub(super) size_multiplier: Lenient<Number>,
    /// Whether any program that reads JSON reads the line as it is.
    #[serde(skip)]
    pub(super) is_common_json: bool,
    #[serde(skip)]
    pub(super) derived: Derived,
}

/// What [`StoredOutcome::read`] checked or worked out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Derived {
    pub(super) side: Option<Side>,
    pub(super) entry: Option<Timestamp>,
    pub(super) exit: Timestamp,
    pub(super) pnl: f64,
    pub(super) pnl_frac: f64,
    pub(super) trade_id: Option<String>,
    pub(super) content: u64,
}

impl StoredOutcome<'_> {
    /// The part of the trade that metrics look at.
    pub fn facts(&self) -> TradeFacts<'_> {
        fn group<'t>(text: &'t Option<Text<'_>>) -> &'t str {
            text.as_ref().map_or(UNKNOWN, |t| if t.0.is_empty() { UNKNOWN } else { &t.0 })
        }
        TradeFacts {
            trade_id: self.derived.trade_id.as_deref().unwrap_or_else(|| group(&self.trade_id)),
            symbol: group(&self.symbol),
            side: self.derived.side.unwrap_or(Side::Long),
            entry_time: self.derived.entry,
            exit_time: self.derived.exit,
            pnl: self.derived.pnl,
            pnl_frac: self.derived.pnl_frac,
            confidence: self.model_confidence.map(|n| n.0).filter(|p| (0.0..=1.0).contains(p)),
            regime: group(&self.regime),
            sector: group(&self.sector),
            setup: group(&self.setup),
            exit_reason: group(&self.exit_reason),
            strategy: group(&self.strategy),
            variant: group(&self.variant),
            timeframe: group(&self.timeframe),
            content: self.derived.content,
            is_further_leg: self.is_further_leg(),
        }
    }

    /// Entry price, exit price and quantity, where the line has them.
    pub fn prices(&self) -> (Option<f64>, Option<f64>, Option<f64>) {
        (self.entry_price.map(|n| n.0), self.exit_price.map(|n| n.0), self.qty.map(|n| n.0))
    }

    /// The id of the signal behind it.
    pub fn signal_id(&self) -> Option<&str> {
        self.signal_id.0.as_ref().map(|text| &*text.0)
    }

    /// Stop and target at entry.
    pub fn levels(&self) -> (Option<f64>, Option<f64>) {
        (self.stop_price.0.map(|n| n.0), self.target_price.0.map(|n| n.0))
    }

    /// What the engine says of whether the stop was hit, and the target.
    pub fn hits(&self) -> (Option<bool>, Option<bool>) {
        (self.hit_stop.0, self.hit_target.0)
    }

    /// MAE and MFE, fractions of the position.
    pub fn excursions(&self) -> (Option<f64>, Option<f64>) {
        (self.mae_pct.0.map(|n| n.0), self.mfe_pct.0.map(|n| n.0))
    }

    /// By what its size was multiplied.
    pub fn size_multiplier(&self) -> Option<f64> {
        self.size_multiplier.0.map(|n| n.0)
    }

    /// Whether the contract is inverse.
    pub fn is_inverse(&self) -> bool {
        self.inverse.unwrap_or(false)
    }

    /// Which exit of its position it is, from 1 on.
    pub fn leg(&self) -> u32 {
        self.leg.unwrap_or(1)
    }

    /// Fees in the account's currency, where the line has them.
    pub fn fees(&self) -> Option<f64> {
        self.fees.map(|n| n.0 * self.fx_rate.map_or(1.0, |rate| rate.0))
    }

    /// Fees less rebates in the account's currency, where the line has fees.
    pub fn fees_less_rebate(&self) -> Option<f64> {
        let rate = self.fx_rate.map_or(1.0, |rate| rate.0);
        self.fees.map(|fees| (fees.0 - self.rebate.map_or(0.0, |rebate| rebate.0)) * rate)
    }

    /// The position at entry in the account's currency, where the line has a price.
    pub fn position(&self) -> Option<f64> {
        self.derived_result(self.derived.side?).map(|(_, position)| position)
    }

    /// Fees less rebates and funding in the account's currency; none where the line has no fees.
    pub fn costs(&self) -> Option<f64> {
        let rate = self.fx_rate.map_or(1.0, |rate| rate.0);
        self.fees.map(|_| self.own_costs() * rate)
    }

    /// Costs in the currency of the record.
    fn own_costs(&self) -> f64 {
        let number = |number: Option<Number>| number.map(|number| number.0);
        costs(number(self.fees), number(self.rebate), number(self.funding))
    }

    /// Result and position by prices, quantity and costs, in the account's currency.
    pub(super) fn derived_result(&self, side: Side) -> Option<(f64, f64)> {
        let number = |number: Option<Number>, absent: f64| number.map_or(absent, |number| number.0);
        let (entry, exit) = (self.entry_price?.0, self.exit_price?.0);
        let units = number(self.qty, 1.0) * number(self.multiplier, 1.0);
        let rate = number(self.fx_rate, 1.0);
        let (position, gross) = position_and_gross(side, (entry, exit), units, self.is_inverse());
        Some(((gross - self.own_costs()) * rate, position * rate))
            .filter(|(pnl, position)| pnl.is_finite() && position.is_finite())
    }

    /// Whether this is a further exit of a position of which another exit is recorded.
    pub fn is_further_leg(&self) -> bool {
        self.leg.is_some_and(|leg| leg > 1)
    }

    /// Whether the stated result differs from that of prices, quantity and costs.
    pub fn is_disputed(&self) -> bool {
        self.pnl_disputed == Some(true)
    }

    /// Whether names that look like money were not taken.
    pub fn has_left_over(&self) -> bool {
        self.left_over
    }

    /// Whether other programs read the line too; they do not read NaN, and not everyone takes repeated keys.
    pub fn is_common_json(&self) -> bool {
        self.is_common_json
    }

    /// Whether the line was written by a newer program than this one.
    pub fn is_newer(&self) -> bool {
        self.schema.is_some_and(|schema| schema > SCHEMA)
    }

    /// Whether the line says that it was written after `moment`.
    pub fn was_written_after(&self, moment: Timestamp) -> bool {
        self._ts
            .as_ref()
            .and_then(|text| Timestamp::parse(&text.0).ok())
            .is_some_and(|written| written > moment)
    }

    pub(super) fn check(&mut self) -> Result<(), Refusal> {
        let moment = |field, text: &Text<'_>| {
            Timestamp::parse(trimmed(&text.0)).map_err(|why| Refusal::BadTime {
                field,
                text: text.0.clone().into_owned(),
                why,
            })
        };
        if self.symbol.as_ref().is_none_or(|t| trimmed(&t.0).is_empty()) {
            return Err(Refusal::Missing { field: "symbol" });
        }
        let side = self.side.as_ref().map(|t| trimmed(&t.0)).filter(|t| !t.is_empty());
        let side = Side::parse(side.ok_or(Refusal::Missing { field: "side" })?)?;
        let exit =
            moment("exit_time", self.exit_time.as_ref().ok_or(Refusal::Missing { field: "exit_time" })?)?;
        let entry = self.entry_time.as_ref().map(|text| moment("entry_time", text)).transpose()?;
        if let Some(entered) = entry
            && exit < entered
        {
            return Err(Refusal::ExitBeforeEntry { entry: entered.to_string(), exit: exit.to_string() });
        }
        let qty = self.qty.map_or(1.0, |n| n.0);
        let prices = self.entry_price.zip(self.exit_price).map(|(entry, exit)| (entry.0, exit.0));
        let (pnl, pnl_frac) = match (self.pnl, self.pnl_pct, prices) {
            (Some(pnl), Some(frac), _) => (pnl.0, frac.0),
            (pnl, frac, Some(_)) => {
                let (derived, position) =
                    self.derived_result(side).ok_or(Refusal::NotFinite { field: "pnl" })?;
                positive("entry_price * qty", position)?;
                let frac = frac.map_or(derived / position, |n| n.0);
                (pnl.map_or(frac * position, |n| n.0), frac)
            }
            (Some(_), None, None) => return Err(Refusal::Missing { field: "pnl_pct" }),
            (None, _, None) => return Err(Refusal::Missing { field: "pnl" }),
        };
        if !(pnl.abs() <= MAX_ABS_PNL && pnl_frac.abs() <= MAX_ABS_PNL_FRAC) {
            return Err(Refusal::Implausible { pnl, frac: pnl_frac });
        }
        let further_leg = self.leg.filter(|leg| *leg > 1);
        let trade_id = match (&self.trade_id, further_leg) {
            (Some(id), None) if !id.0.is_empty() => None,
            (Some(id), Some(leg)) if !id.0.is_empty() => Some(format!("{}#{leg}", id.0)),
            _ => {
                let (entry_price, exit_price) = prices.unwrap_or((pnl, pnl_frac));
                let symbol = self.symbol.as_ref().map_or("", |t| t.0.trim());
                Some(derived_trade_id(symbol, side, entry, exit, [entry_price, exit_price, qty]))
            }
        };
        self.derived = Derived { side: Some(side), entry, exit, pnl, pnl_frac, trade_id, content: 0 };
        Ok(())
    }

    pub(super) fn into_owned(self) -> StoredOutcome<'static> {
        let own = |text: Option<Text<'_>>| text.map(Text::into_owned);
        StoredOutcome {
            symbol: own(self.symbol),
            entry_time: own(self.entry_time),
            exit_time: own(self.exit_time),
            side: own(self.side),
            regime: own(self.regime),
            sector: own(self.sector),
            exit_reason: own(self.exit_reason),
            trade_id: own(self.trade_id),
            setup: own(self.setup),
            strategy: own(self.strategy),
            variant: own(self.variant),
            timeframe: own(self.timeframe),
            entry_price: self.entry_price,
            exit_price: self.exit_price,
            pnl: self.pnl,
            pnl_pct: self.pnl_pct,
            model_confidence: self.model_confidence,
            qty: self.qty,
            fees: self.fees,
            multiplier: self.multiplier,
            inverse: self.inverse,
            funding: self.funding,
            rebate: self.rebate,
            fx_rate: self.fx_rate,
            pnl_disputed: self.pnl_disputed,
            left_over: self.left_over,
            leg: self.leg,
            schema: self.schema,
            _ts: own(self._ts),
            signal_id: Lenient(own(self.signal_id.0)),
            stop_price: self.stop_price,
            target_price: self.target_price,
            hit_target: self.hit_target,
            hit_stop: self.hit_stop,
            mfe_pct: self.mfe_pct,
            mae_pct: self.mae_pct,
            size_multiplier: self.size_multiplier,
            is_common_json: self.is_common_json,
            derived: self.derived,
        }
    }
}

/// A list that is not empty.
fn is_there<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<Vec<IgnoredAny>>::deserialize(from)?.is_some_and(|list| !list.is_empty()))
}

/// The text without blanks around it. Nearly all begin and end with a letter or digit, which is seen at once.
fn trimmed(text: &str) -> &str {
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    let is_bare = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_bare(ends.0) && is_bare(ends.1) { text } else { text.trim() }
}
