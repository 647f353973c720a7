//! The engine's exit event, and any other record of a closed trade, into an outcome record.

use super::fields::{Amount, Fields, Raw};
use super::json::{JsonObject, WireError};
use super::times::ReadTime;
use super::vocabulary::Field;
use crate::domain::{ClosedTrade, ContractTerms, Instruments, Refusal, Side, StatedResult, Timestamp, Trade};
use crate::wire::Read;

/// A trade with what rides along in its record.
#[derive(Clone, Debug)]
pub struct OutcomeRecord {
    /// The trade.
    pub trade: Trade,
    /// What was known at entry, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
    /// Names in `extra` that smell of money and were not taken.
    pub left_over: Vec<String>,
}

/// Which result counts where the stated one differs from that of prices, quantity and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultChoice {
    /// The stated one; the other is kept beside it.
    #[default]
    Stated,
    /// The computed one.
    Computed,
    /// Neither: the record is refused.
    Refuse,
}

/// What the settings and the command say about closed trades on their way in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExitRules {
    /// The currency in which the store counts.
    pub account_currency: String,
    /// What is known of instruments.
    pub instruments: Instruments,
    /// Which result counts.
    pub result: ResultChoice,
    /// The quantity of records that have none, where the user said one.
    pub default_qty: Option<f64>,
    /// The symbol of records that have none, where the user said one.
    pub symbol: Option<String>,
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
    let mut word_of_side = None;
    if let Some(word) = fields.optional_text(Field::Type) {
        if Side::parse(&word).is_ok() && !fields.has(Field::Side) {
            word_of_side = Some(word);
        } else if !is_exit(&word, &fields) {
            return Ok(ExitRecord::Event(word));
        } else if !EXIT_WORDS.contains(&word.to_ascii_lowercase().as_str()) {
            fields.put_aside("type", word.into());
        }
    }
    if is_open(&mut fields) {
        return Ok(ExitRecord::Open);
    }
    fields.no_clash()?;
    let mut symbol = match &rules.symbol {
        Some(symbol) if !fields.has(Field::Symbol) => symbol.clone(),
        _ => fields.text(Field::Symbol)?,
    };
    if rules.instruments.fold_case {
        symbol = symbol.to_uppercase();
    }
    let mut legs = legs(&mut fields)?;
    let signed = fields.amount(Field::Qty)?;
    let terms = terms(&mut fields, &symbol, rules)?;
    let money = Money::take(&mut fields)?;
    let (currency, fx_rate) = money.currency(&mut fields, &terms, rules)?;
    let costs = money.costs(fields.conventions().costs_are_negative);
    let qty = signed.as_ref().map(|qty| qty.value);
    let stated_gross = money.stated_gross(&costs);
    let side = side_of(&mut fields, word_of_side.or(legs.side.take()), qty, stated_gross, &legs)?;
    let is_defaulted = qty.is_none() && rules.default_qty.is_none();
    if legs.exit_price > 0.0 && !(1.0 / FAR_AWAY..=FAR_AWAY).contains(&(legs.exit_price / legs.entry_price)) {
        let (exit, entry) = (legs.exit_price, legs.entry_price);
        fields.warn(format!("the exit price is {exit} and the entry price {entry}: check them"));
    }
    let trade_id = fields.optional_text(Field::TradeId);
    let is_unnamed = trade_id.is_none();
    let mut closed = ClosedTrade {
        trade_id,
        signal_id: fields.optional_text(Field::SignalId),
        symbol,
        side,
        entry_time: legs.entry_time,
        exit_time: legs.exit_time,
        entry_price: legs.entry_price,
        exit_price: legs.exit_price,
        qty: qty.map(f64::abs).or(rules.default_qty),
        fees: costs.fees,
        funding: costs.funding,
        rebate: costs.rebate,
        terms,
        currency,
        fx_rate,
        stated: money.stated(&costs),
        leg: None,
        label: fields.optional_text(Field::ModelLabel),
        confidence: fields.optional_probability(Field::ModelConfidence),
        lgb_prob: fields.optional_probability(Field::LgbProb),
        lstm_prob: fields.optional_probability(Field::LstmProb),
        transformer_prob: fields.optional_probability(Field::TransformerProb),
        regime: fields.optional_text(Field::Regime),
        vix: fields.optional_number(Field::Vix, |vix| vix > 0.0, "above 0"),
        sector: fields.optional_text(Field::Sector),
        exit_reason: fields.optional_text(Field::ExitReason),
        stop_price: fields.optional_price(Field::StopPrice),
        target_price: fields.optional_price(Field::TargetPrice),
        hit_target: fields.optional_flag(Field::HitTarget),
        hit_stop: fields.optional_flag(Field::HitStop),
        mfe_frac: fields.optional_number(Field::MfePct, |value| value >= 0.0, "0 or above"),
        mae_frac: fields.optional_number(Field::MaePct, |value| value <= 0.0, "0 or below"),
        setup: fields.optional_text(Field::Setup),
        strategy: fields.optional_text(Field::Strategy),
        variant: fields.optional_text(Field::Variant),
    };
    let features = fields.optional_object(Field::Features);
    fields.optional_text(Field::PnlPct);
    if rules.result == ResultChoice::Computed {
        closed.stated = None;
    }
    let trade = Trade::new(closed)?;
    if let Some(computed) = trade.pnl_computed() {
        let stated = trade.pnl();
        if rules.result == ResultChoice::Refuse {
            return Err(Refusal::Disputed { stated, computed }.into());
        }
        fields.warn(format!(
            "pnl is {stated}, prices, quantity and costs give {}: the first is stored",
            rounded(computed)
        ));
    }
    let rest = fields.finish();
    let record = OutcomeRecord { trade, features, extra: rest.extra, left_over: rest.left_over };
    let read = Read { record, warnings: rest.warnings };
    Ok(ExitRecord::Trade(Box::new(ReadExit { read, is_unnamed, is_defaulted })))
}

/// As many digits as a person reads.
fn rounded(value: f64) -> f64 {
    let scale = 10f64.powi(6 - value.abs().max(1e-9).log10().floor() as i32);
    (value * scale).round() / scale
}

/// Words for the event of a closed trade.
const EXIT_WORDS: [&str; 4] = ["exit", "fill_exit", "close", "trade"];

/// Whether an event of this word is a closed trade: by its word, or because it has everything that a closed trade
/// has, as rows have whose `type` is a kind of order or of instrument.
fn is_exit(word: &str, fields: &Fields<'_>) -> bool {
    let is_whole = || {
        let both = |one, other| fields.has(one) && fields.has(other);
        both(Field::EntryPrice, Field::Side)
            && both(Field::ExitTime, Field::EntryTime)
            && fields.is_certain(Field::ExitPrice)
    };
    EXIT_WORDS.contains(&word.to_ascii_lowercase().as_str()) || is_whole()
}

/// Whether the record says that the position is open, or has neither price nor time of an exit.
fn is_open(fields: &mut Fields<'_>) -> bool {
    if fields.optional_flag(Field::IsOpen) == Some(true) {
        return true;
    }
    let status = fields.peek(Field::Status).and_then(Raw::text).map(|word| word.to_ascii_lowercase());
    if status.is_some_and(|word| matches!(word.as_str(), "open" | "opened" | "active" | "pending")) {
        return true;
    }
    let gone = |field: Field| fields.peek(field).is_none_or(|raw| raw.text().is_none());
    fields.has(Field::EntryPrice)
        && [Field::ExitPrice, Field::ExitTime, Field::SellPrice, Field::BuyPrice].into_iter().all(gone)
        && fields.names_an_exit()
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

fn terms(fields: &mut Fields<'_>, symbol: &str, rules: &ExitRules) -> Result<ContractTerms, WireError> {
    let mut terms = rules.instruments.terms(symbol);
    if let Some(multiplier) = fields.amount(Field::Multiplier)? {
        terms.multiplier = Some(multiplier.value);
    }
    terms.multiplier = terms.multiplier.filter(|multiplier| *multiplier != 1.0);
    if let Some(inverse) = fields.optional_flag(Field::Inverse) {
        terms.inverse = inverse;
    }
    Ok(terms)
}

/// Amounts as they came.
struct Money {
    fees: Vec<Amount>,
    funding: Option<Amount>,
    rebate: Option<Amount>,
    pnl: Option<Amount>,
    gross: Option<Amount>,
    /// Whether the input states results before costs.
    pnl_is_gross: bool,
}

/// What a trade cost besides its prices, with the signs of the record.
struct Costs {
    fees: Option<f64>,
    funding: Option<f64>,
    rebate: Option<f64>,
}

impl Costs {
    fn sum(&self) -> f64 {
        self.fees.unwrap_or(0.0) - self.rebate.unwrap_or(0.0) - self.funding.unwrap_or(0.0)
    }
}

impl Money {
    fn take(fields: &mut Fields<'_>) -> Result<Self, WireError> {
        let (pnl, fees) = (fields.amount(Field::Pnl)?, fields.amounts(Field::Fees)?);
        let gross = if pnl.is_none() { fields.amount(Field::GrossPnl)? } else { None };
        let (funding, rebate) = (fields.amount(Field::Funding)?, fields.amount(Field::Rebate)?);
        Ok(Self { fees, funding, rebate, pnl, gross, pnl_is_gross: fields.conventions().pnl_is_gross })
    }

    /// Fees are a cost whatever sign the input gives them; against that sign they were paid back.
    fn costs(&self, costs_are_negative: bool) -> Costs {
        let fees = (!self.fees.is_empty()).then(|| {
            let sum: f64 = self.fees.iter().map(|fee| fee.value).sum();
            if costs_are_negative { 0.0 - sum } else { sum }
        });
        let paid_back = fees.filter(|fees| *fees < 0.0).map(|fees| -fees);
        let rebate = self.rebate.as_ref().map(|rebate| rebate.value.abs());
        Costs {
            fees: fees.map(|fees| if paid_back.is_some() { 0.0 } else { fees + 0.0 }),
            funding: self.funding.as_ref().map(|funding| funding.value).filter(|funding| *funding != 0.0),
            rebate: match (rebate, paid_back) {
                (None, None) => None,
                (one, other) => Some(one.unwrap_or(0.0) + other.unwrap_or(0.0)),
            }
            .filter(|rebate| *rebate != 0.0),
        }
    }

    fn stated(&self, costs: &Costs) -> Option<StatedResult> {
        let gross = |amount: &Amount| (amount.value - costs.sum(), amount.half_unit);
        let net = |pnl: &Amount| if self.pnl_is_gross { gross(pnl) } else { (pnl.value, pnl.half_unit) };
        self.pnl
            .as_ref()
            .map(net)
            .or_else(|| self.gross.as_ref().map(gross))
            .map(|(pnl, half_unit)| StatedResult { pnl, half_unit })
    }

    fn stated_gross(&self, costs: &Costs) -> Option<f64> {
        self.stated(costs).map(|stated| stated.pnl + costs.sum())
    }

    /// The currency of the result where it is not the account's, with its rate.
    fn currency(
        &self,
        fields: &mut Fields<'_>,
        terms: &ContractTerms,
        rules: &ExitRules,
    ) -> Result<(Option<String>, Option<f64>), WireError> {
        let fx_rate = fields.amount(Field::FxRate)?.map(|rate| rate.value);
        let beside = |amount: &Option<Amount>| amount.as_ref().and_then(|amount| amount.currency.clone());
        let named = fields.optional_text(Field::Currency).map(|code| code.to_uppercase());
        let result = named
            .or_else(|| beside(&self.pnl))
            .or_else(|| beside(&self.gross))
            .or_else(|| terms.currency.clone());
        let account = rules.account_currency.trim();
        let expected = result.clone().unwrap_or_else(|| account.to_owned());
        for cost in self.fees.iter().chain(&self.funding).chain(&self.rebate) {
            if let Some(code) = cost
                .currency
                .as_ref()
                .filter(|code| !code.eq_ignore_ascii_case(&expected) && !expected.is_empty())
            {
                let (field, text) = (cost.name, format!("{} {code}", cost.value));
                return Err(Refusal::BadNumber {
                    field,
                    text,
                    why: format!("is not in {expected} as the result is"),
                }
                .into());
            }
        }
        match result.filter(|code| !account.is_empty() && !code.eq_ignore_ascii_case(account)) {
            None => Ok((None, None)),
            Some(currency) if fx_rate.is_none() => {
                Err(Refusal::OtherCurrency { currency, account: account.to_owned() }.into())
            }
            other => Ok((other, fx_rate)),
        }
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
mod tests {
    use super::*;
    use crate::wire::input::{Conventions, Kind, Names};
    use crate::wire::{OUTCOME_KEYS_AT_NEED, parse_object, read_stored_outcome};
    use serde_json::Value;

    const EVENT: &str = r#"{"type":"exit","trade_id":"t1","symbol":"MSFT","side":"BUY","price":105.081,
        "entry_price":105.265,"qty":9,"fees":0.2795,"confidence":0.60912,"label":"BUY","vix":NaN,
        "timestamp":"2019-02-11T19:50:00Z","entry_timestamp":"2019-02-11T19:35:00Z","exit_reason":"stop_loss",
        "mfe_pct":-0.1,"venue":"ARCA","features":{"rsi":NaN,"gap":0.1}}"#;

    fn read(text: &str) -> Result<Read<OutcomeRecord>, WireError> {
        let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
        read_exit(
            Fields::of_object(parse_object(text.as_bytes())?, &names, &conventions),
            &ExitRules::default(),
        )?
        .into_trade()
    }

    #[test]
    fn an_event_becomes_a_line_that_is_read_back() {
        let read = read(EVENT).unwrap();
        let line = read.record.to_line(Timestamp::parse("2019-02-11T19:50:01Z").unwrap());
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(
            text.starts_with(r#"{"symbol":"MSFT","entry_time":"2019-02-11T19:35:00Z","exit_time":"#),
            "{text}"
        );
        let keys: Vec<String> = parse_object(&line).unwrap().keys().cloned().collect();
        let always = crate::wire::OUTCOME_KEYS.iter().filter(|key| !OUTCOME_KEYS_AT_NEED.contains(key));
        assert_eq!(keys, always.copied().collect::<Vec<_>>());
        assert!(text.ends_with(
            "\"features\":{\"rsi\":null,\"gap\":0.1},\"extra\":{\"venue\":\"ARCA\",\"mfe_pct\":-0.1},\"schema\":1,\"_ts\":\"2019-02-11T19:50:01Z\"}\n"
        ), "{text}");
        let stored = read_stored_outcome(&line).unwrap();
        assert_eq!(stored.facts(), read.record.trade.facts());
        assert_eq!(
            read.warnings,
            [
                "vix is not a finite number, taken as absent",
                "mfe_pct is -0.1, it must be 0 or above: kept under extra, the record goes without it",
                "features: 1 non-finite number(s) stored as null",
            ]
        );
    }

    #[test]
    fn what_is_optional_never_refuses_a_trade() {
        let changed =
            EVENT.replace("0.60912", "61").replace("\"vix\":NaN", "\"mae_pct\":0.7,\"stop_price\":\"n/k\"");
        let read = read(&changed).unwrap();
        assert_eq!(read.record.trade.closed().confidence, None);
        for (key, value) in
            [("confidence", Value::from(61)), ("mae_pct", 0.7.into()), ("stop_price", "n/k".into())]
        {
            assert_eq!(read.record.extra[key], value);
        }
        assert_eq!(read.warnings.len(), 4 + 1, "{:?}", read.warnings);
    }

    #[test]
    fn names_money_and_signs() {
        let exit = |rest: &str| {
            let text = format!(
                r#"{{"symbol":"A","side":"long","entry_price":100,"exit_price":101,"exit_time":"2026-03-02T15:30:00Z",{rest}}}"#
            );
            read(&text)
                .map(|read| (read.record.trade.pnl(), read.record.left_over))
                .map_err(|why| why.to_string())
        };
        let pnl = |rest: &str| exit(rest).map(|found| found.0);
        assert_eq!(pnl(r#""quantity":250,"commission":2.5"#), Ok(247.5));
        assert_eq!(pnl(r#""Qty":10,"Commission":2,"Exchange Fee":"0.5""#), Ok(7.5));
        assert_eq!(pnl(r#""qty":10,"fees":"(2.00)","rebate":0.5"#), Ok(12.5));
        assert_eq!(pnl(r#""qty":2,"multiplier":50,"fees":4.2,"funding":-1"#), Ok(94.8));
        assert_eq!(pnl(r#""qty":10,"pnl":7.25"#), Ok(7.25));
        assert_eq!(exit(r#""qty":10,"est_tax_due":7.25"#).unwrap().1, ["est_tax_due"]);
        assert_eq!(
            pnl(r#""qty":10,"shares":11"#),
            Err("qty and shares both stand for qty and differ".into())
        );
        assert_eq!(
            pnl(r#""qty":-10"#),
            Err("qty is -10 and side is long: a negative quantity is a short position".into())
        );
        assert_eq!(pnl(r#""qty":1,"currency":"JPY""#), Ok(1.0));
    }

    #[test]
    fn a_stored_line_recorded_again_is_the_same_line() {
        let now = Timestamp::parse("2019-02-11T19:50:01Z").unwrap();
        let line = read(EVENT).unwrap().record.to_line(now);
        let again = read(std::str::from_utf8(&line).unwrap()).unwrap();
        assert_eq!(again.record.to_line(now), line);
        assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    }

    #[test]
    fn lines_of_other_writers_are_understood() {
        let line = br#"{"symbol":"A","side":"SELL","exit_time":"2019-02-11T19:50:00+00:00","entry_price":100,"exit_price":99,"qty":"2","fees":null,"symbol":"B","vix":NaN}"#;
        let stored = read_stored_outcome(line).unwrap();
        let facts = stored.facts();
        assert_eq!((facts.symbol, facts.pnl, facts.pnl_frac), ("B", 2.0, 0.01));
        assert!(facts.trade_id.starts_with('h'));
    }

    #[test]
    fn each_refusal_has_its_own_words() {
        for (from, to, message) in [
            ("\"symbol\":\"MSFT\"", "\"symbol\":\"\"", "no symbol"),
            ("\"price\":105.081", "\"pric\":1", "no exit_price"),
            ("\"price\":105.081", "\"price\":null", "no exit_price"),
            ("\"price\":105.081", "\"price\":Infinity", "price is not a finite number"),
            ("\"price\":105.081", "\"price\":[1]", "price is list, it must be a number"),
            (
                "\"price\":105.081",
                "\"price\":-1",
                "exit_price is -1, a price is not below 0 unless [instruments] negative_prices says so",
            ),
            ("\"entry_price\":105.265", "\"entry_price\":0", "entry_price is 0, it must be above 0"),
            ("\"qty\":9", "\"qty\":0", "qty is 0, it must be above 0"),
            ("\"qty\":9", "\"qty\":NaN", "qty is not a finite number"),
            ("\"qty\":9", "\"qty\":\"many\"", "qty \"many\" is not a number"),
            (
                "\"side\":\"BUY\"",
                "\"side\":\"FLAT\"",
                "side \"FLAT\" is unknown: BUY, LONG, SELL or SHORT (the position's side, not the closing order's)",
            ),
            ("\"side\":\"BUY\"", "\"side\":null", "no side"),
            (
                "\"type\":\"exit\"",
                "\"type\":\"fill\"",
                "type \"fill\" is not a closed trade: exit, fill_exit or close",
            ),
            (
                "2019-02-11T19:50:00Z",
                "2019-02-11T19:50:00",
                "timestamp \"2019-02-11T19:50:00\" is not a time: it has no time zone; add Z or an offset such as -05:00",
            ),
            ("2019-02-11T19:50:00Z", "", "no exit_time"),
            (
                "2019-02-11T19:35:00Z",
                "2019-02-11T19:55:00Z",
                "the exit (2019-02-11T19:50:00Z) is before the entry (2019-02-11T19:55:00Z)",
            ),
        ] {
            let changed = EVENT.replacen(from, to, 1);
            assert_ne!(changed, EVENT, "{from}");
            assert_eq!(read(&changed).unwrap_err().to_string(), message);
        }
    }
}
