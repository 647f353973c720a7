//! The engine's exit event, and any other record of a closed trade, into an outcome record.

use self::coin::refuse_coin;
use self::event::word_of_side;
use super::contract::terms;
use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::later_news::put_later_news_aside;
use super::money::{Costs, Money};
use super::names::Names;
use super::own::{own_currency, own_terms};
use super::raw::Conventions;
use super::rules::{ExitRules, FillMade, ResultChoice};
use super::signal::size_tag;
use super::times::ReadTime;
use super::vocabulary::{Field, Kind};
use crate::domain::{ClosedTrade, ContractTerms, Refusal, Side, StatedResult, Timestamp, Trade};
use crate::wire::Read;

mod coin;
mod event;

/// A trade with what rides along in its record.
#[derive(Clone, Debug)]
pub struct OutcomeRecord {
    /// The trade.
    pub trade: Trade,
    /// What was known at entry, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
    /// Names in `extra` that look like money and were not taken.
    pub left_over: Vec<String>,
    /// Of a trade that fills closed: their book, and the fill that closed it.
    pub made_of: Option<FillMade>,
}

/// What a record of a closed trade turned out to be.
#[derive(Debug)]
pub enum ExitRecord {
    /// A closed trade.
    Trade(Box<ReadExit>),
    /// A position that is still open.
    Open,
    /// Another event of the engine, by its word.
    Event(String),
}

/// A closed trade with what was done to read it.
#[derive(Debug)]
pub struct ReadExit {
    /// The record, and what its sender should know.
    pub read: Read<OutcomeRecord>,
    /// Whether it has no id of its own.
    pub is_unnamed: bool,
    /// Whether its quantity was taken as 1, because none is there.
    pub is_defaulted: bool,
    /// What the engine says of the positions that are still open: their result so far, in the account's currency.
    pub open_pnl: Option<f64>,
}

impl ExitRecord {
    /// The closed trade.
    ///
    /// # Errors
    /// [`Refusal::NotAnExit`] when it is none.
    pub fn into_trade(self) -> Result<Read<OutcomeRecord>, WireError> {
        match self {
            Self::Trade(trade) => Ok(trade.read),
            Self::Open => Err(Refusal::NotAnExit { text: "open".into() }.into()),
            Self::Event(text) => Err(Refusal::NotAnExit { text }.into()),
        }
    }
}

/// An exit that is this many times the entry, or this part of it, is worth a look.
const FAR_AWAY: f64 = 20.0;

/// Reads an exit event, a row of another program's closed trades, or a stored outcome that is recorded again.
///
/// # Errors
/// The [`Refusal`] that applies first.
pub fn read_exit(mut fields: Fields<'_>, rules: &ExitRules) -> Result<ExitRecord, WireError> {
    let mut word_of_side = match word_of_side(&mut fields) {
        Ok(word) => word,
        Err(other) => return Ok(other),
    };
    fields.no_clash()?;
    let is_own = fields.is_own();
    if is_own {
        fields.read_as_own();
    }
    let symbol = symbol(&mut fields, rules)?;
    let mut legs = legs(&mut fields)?;
    let signed = fields.amount(Field::Qty)?;
    let terms = if is_own { own_terms(&mut fields)? } else { terms(&mut fields, &symbol, rules)? };
    let mut money = Money::take(&mut fields)?;
    let (currency, fx_rate) = if is_own {
        own_currency(&mut fields, &rules.account_currency)?
    } else {
        money.currency(&mut fields, (&symbol, &terms), rules, None)?
    };
    let costs = money.costs(fields.conventions().costs_are_negative);
    let qty = signed.as_ref().map(|qty| qty.value);
    let stated_gross = money.stated_gross(&costs);
    let side = side_of(&mut fields, word_of_side.take().or(legs.side.take()), qty, stated_gross, &legs)?;
    let is_defaulted = qty.is_none() && rules.default_qty.is_none();
    doubt_distance(&legs, &mut fields);
    let closed =
        TradeParts { symbol, side, qty: qty.map(f64::abs).or(rules.default_qty), terms, currency, fx_rate };
    let said_frac = fields.optional_text(Field::PnlPct).and_then(|text| text.trim().parse::<f64>().ok());
    let kept_frac = said_frac.filter(|_| is_own);
    let stated = money.stated(&costs).map(|stated| StatedResult { kept_frac, ..stated });
    let mut closed = closed.whole(&legs, &costs, stated, &mut fields);
    let is_unnamed = closed.trade_id.is_none();
    let mut features = fields.optional_object(Field::Features);
    put_later_news_aside(features.as_mut(), closed.entry_time, &mut fields);
    let open_pnl = fields.optional_number(Field::OpenPnl, f64::is_finite, "a number");
    if let Some(open) = open_pnl {
        fields.put_aside(Field::OpenPnl.as_str(), open.into());
    }
    if rules.result == ResultChoice::Computed {
        closed.stated = None;
    }
    let trade = Trade::new(closed)?;
    if !is_own {
        refuse_coin(&trade, rules)?;
    }
    dispute(&trade, rules, &mut fields)?;
    doubt_sign(&trade, said_frac, costs.sum(), &mut fields);
    let rest = fields.finish();
    let record =
        OutcomeRecord { trade, features, extra: rest.extra, left_over: rest.left_over, made_of: None };
    let read = Read { record, warnings: rest.warnings };
    Ok(ExitRecord::Trade(Box::new(ReadExit { read, is_unnamed, is_defaulted, open_pnl })))
}

/// Says that exit and entry are far from each other.
fn doubt_distance(legs: &Legs, fields: &mut Fields<'_>) {
    let (exit, entry) = (legs.exit_price, legs.entry_price);
    if exit > 0.0 && !(1.0 / FAR_AWAY..=FAR_AWAY).contains(&(exit / entry)) {
        fields.warn(format!("the exit price is {exit} and the entry price {entry}: check them"));
    }
}

/// What a trade is made of, beside what is taken over as it stands.
struct TradeParts {
    symbol: String,
    side: Side,
    qty: Option<f64>,
    terms: ContractTerms,
    currency: Option<String>,
    fx_rate: Option<f64>,
}

impl TradeParts {
    fn whole(
        self,
        legs: &Legs,
        costs: &Costs,
        stated: Option<StatedResult>,
        fields: &mut Fields<'_>,
    ) -> ClosedTrade {
        ClosedTrade {
            trade_id: fields.optional_text(Field::TradeId),
            signal_id: fields.optional_text(Field::SignalId),
            symbol: self.symbol,
            side: self.side,
            entry_time: legs.entry_time,
            exit_time: legs.exit_time,
            entry_price: legs.entry_price,
            exit_price: legs.exit_price,
            qty: self.qty,
            fees: costs.fees,
            funding: costs.funding,
            rebate: costs.rebate,
            terms: self.terms,
            currency: self.currency,
            fx_rate: self.fx_rate,
            stated,
            leg: None,
            label: fields.optional_text(Field::ModelLabel),
            confidence: fields.optional_probability(Field::ModelConfidence),
            lgb_prob: fields.optional_probability(Field::LgbProb),
            lstm_prob: fields.optional_probability(Field::LstmProb),
            transformer_prob: fields.optional_probability(Field::TransformerProb),
            regime: fields.optional_text(Field::Regime),
            vix: fields.optional_vix(),
            sector: fields.optional_text(Field::Sector),
            exit_reason: fields.optional_text(Field::ExitReason),
            stop_price: fields.optional_price(Field::StopPrice),
            target_price: fields.optional_price(Field::TargetPrice),
            hit_target: fields.optional_flag(Field::HitTarget),
            hit_stop: fields.optional_flag(Field::HitStop),
            mfe_frac: fields.optional_number(Field::MfePct, |value| value >= 0.0, "0 or above"),
            mae_frac: fields.optional_number(Field::MaePct, |value| value <= 0.0, "0 or below"),
            setup: fields.optional_text(Field::Setup),
            timeframe: fields.optional_timeframe(),
            strategy: fields.optional_text(Field::Strategy),
            variant: fields.optional_text(Field::Variant),
            experiment: fields.optional_text(Field::Experiment),
            variant_share: fields.optional_probability(Field::VariantShare),
            size: size_tag(fields),
        }
    }
}

/// What was traded: the record's word, else the one that goes for all of them.
pub(super) fn symbol(fields: &mut Fields<'_>, rules: &ExitRules) -> Result<String, WireError> {
    let symbol = match &rules.symbol {
        Some(symbol) if !fields.has(Field::Symbol) => symbol.clone(),
        _ => fields.text(Field::Symbol)?,
    };
    Ok(rules.instruments.written(symbol).into_owned())
}

/// Says, or refuses, that the stated result is not that of prices, quantity and costs.
fn dispute(trade: &Trade, rules: &ExitRules, fields: &mut Fields<'_>) -> Result<(), Refusal> {
    let Some(computed) = trade.pnl_computed() else { return Ok(()) };
    let stated = trade.pnl();
    if rules.result == ResultChoice::Refuse {
        return Err(Refusal::Disputed { stated, computed });
    }
    fields.warn(format!(
        "pnl is {stated}, prices, quantity and costs give {}: the first is stored",
        rounded(computed)
    ));
    Ok(())
}

/// Says that a record takes itself for the other kind of trade: a side turned round, or costs that are not there, look so. A share
/// of the position may be before costs.
fn doubt_sign(trade: &Trade, said_frac: Option<f64>, costs: f64, fields: &mut Fields<'_>) {
    let pnl = trade.pnl();
    let is_other = |won: bool, pnl: f64| if won { pnl < 0.0 } else { pnl > 0.0 };
    let said = fields.said_to_have_won().filter(|(_, won)| is_other(*won, pnl));
    let by_share = said_frac.filter(|frac| *frac != 0.0).map(|frac| ("pnl_pct", frac > 0.0));
    let by_share = by_share.filter(|(_, won)| is_other(*won, pnl) && is_other(*won, pnl + costs));
    if let Some((field, won)) = said.or(by_share) {
        let kind = if won { "a win" } else { "a loss" };
        fields.warn(format!(
            "{field} says {kind}, the result is {}: check side, prices and costs",
            rounded(pnl)
        ));
    }
}

/// Reads one exit event by itself, with nothing said beside it.
///
/// # Errors
/// As [`read_exit`]; [`Refusal::NotAnExit`] for what is no closed trade.
pub fn read_exit_event(map: JsonObject) -> Result<Read<OutcomeRecord>, WireError> {
    let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
    read_exit(Fields::of_object(map, &names, &conventions), &ExitRules::default())?.into_trade()
}

/// As many digits as a person reads.
fn rounded(value: f64) -> f64 {
    let scale = 10f64.powi(6 - value.abs().max(1e-9).log10().floor() as i32);
    (value * scale).round() / scale
}

/// Prices and times of both ends of a position.
struct Legs {
    entry_price: f64,
    exit_price: f64,
    entry_time: Option<Timestamp>,
    exit_time: Timestamp,
    /// The side, where buying and selling are told apart by time.
    side: Option<String>,
}

fn legs(fields: &mut Fields<'_>) -> Result<Legs, WireError> {
    let bought = |fields: &Fields<'_>| {
        [Field::BuyPrice, Field::SellPrice, Field::BuyTime, Field::SellTime]
            .into_iter()
            .all(|f| fields.has(f))
    };
    if !fields.has(Field::EntryPrice) && !fields.has(Field::ExitPrice) && bought(fields) {
        let (buy, sell) = (fields.number(Field::BuyPrice)?.value, fields.number(Field::SellPrice)?.value);
        let (buy_at, sell_at) = (fields.time(Field::BuyTime)?.at, fields.time(Field::SellTime)?.at);
        let is_long = buy_at <= sell_at;
        let ((entry_price, entry), (exit_price, exit_time)) =
            if is_long { ((buy, buy_at), (sell, sell_at)) } else { ((sell, sell_at), (buy, buy_at)) };
        let side = Some(if is_long { "LONG" } else { "SHORT" }.to_owned());
        return Ok(Legs { entry_price, exit_price, entry_time: Some(entry), exit_time, side });
    }
    let entry_price = fields.number(Field::EntryPrice)?.value;
    let exit_price = fields.number(Field::ExitPrice)?.value;
    let exit = fields.time(Field::ExitTime)?;
    let entry = fields.optional_time(Field::EntryTime)?;
    let (entry_time, exit_time) = in_order(entry, exit);
    Ok(Legs { entry_price, exit_price, entry_time, exit_time, side: None })
}

/// A local time that a change of clocks repeats is the earlier one, unless the exit would then be before the
/// entry.
fn in_order(entry: Option<ReadTime>, exit: ReadTime) -> (Option<Timestamp>, Timestamp) {
    let entered = entry.map(|entry| entry.at);
    match exit.repeated {
        Some(later) if entered.is_some_and(|entered| exit.at < entered) => (entered, later),
        _ => (entered, exit.at),
    }
}

/// The position's side: as it is given, less what the conventions of the input say of it; else by the sign of
/// the quantity; else by that of the stated result.
fn side_of(
    fields: &mut Fields<'_>,
    word: Option<String>,
    qty: Option<f64>,
    stated_gross: Option<f64>,
    legs: &Legs,
) -> Result<Side, WireError> {
    let conventions = fields.conventions();
    let word = match word {
        Some(word) => Some(word),
        None => fields.optional_text(Field::Side),
    };
    let Some(word) = word else {
        let by_qty = qty.filter(|qty| *qty < 0.0 || conventions.qty_is_signed);
        let moved = legs.exit_price - legs.entry_price;
        let by_result = || stated_gross.map(|gross| gross * moved).filter(|sign| *sign != 0.0);
        let sign = by_qty.or_else(by_result).ok_or(Refusal::Missing { field: "side" })?;
        return Ok(if sign < 0.0 { Side::Short } else { Side::Long });
    };
    let side = Side::parse(&word)?;
    let side = match (conventions.side_is_closing && is_order_word(&word), side) {
        (false, side) => side,
        (true, Side::Long) => Side::Short,
        (true, Side::Short) => Side::Long,
    };
    match qty {
        Some(qty) if qty < 0.0 && side == Side::Long => {
            Err(Refusal::SideAgainstQty { qty, side: word }.into())
        }
        _ => Ok(side),
    }
}

/// Whether a word for a side is that of an order, which can open or close a position.
pub(super) fn is_order_word(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    matches!(
        word.as_str(),
        "buy" | "sell" | "b" | "s" | "bot" | "sld" | "bought" | "sold" | "kauf" | "verkauf"
    )
}

#[cfg(test)]
mod tests;
