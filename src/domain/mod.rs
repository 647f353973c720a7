//! What a trade, a signal, a knob and a session are, and what is always true of them.
//!
//! No input or output, no serialisation, no clock: everything here is a value or a rule about values.

mod calendar;
mod currency;
mod date;
mod exit_rule;
mod experiment;
mod fill;
mod filter;
mod grade;
mod instrument;
mod inverse;
mod knob;
mod missed;
mod nearest;
mod net_result;
mod netting;
mod news;
mod option_symbol;
mod refusal;
mod risk_check;
mod side;
mod signal;
mod size_tag;
mod time_of_day;
mod timeframe;
mod timestamp;
mod trade;
mod trade_detail;
mod window;

pub use calendar::{
    BUILT_IN, Calendar, CalendarError, CalendarTable, Market, Session, Special, holiday_lines,
};
pub use currency::{
    base_and_quote, base_and_quote_of_pair, currencies_at_end, currency_signs, is_alike_currency,
    is_same_currency, quote_currency,
};
pub use date::{WEEKDAYS, WEEKDAYS_IN_FULL, next_day, weekday_name};
pub use exit_rule::{ExitKind, is_at_stop, is_at_target, reached, says_stop, says_target, touched};
pub use experiment::{
    Arm, ArmTag, Assignment, Experiment, ExperimentMetric, ExperimentUnit, MAX_ARMS, MIN_SHARE, cell_key,
};
pub use fill::{AtEntry, BookKey, Effect, Fill, OpenPosition, derived_fill_id};
pub use filter::{FieldKind, FieldTable, FieldValue, Filter, FilterError, plain_expression};
pub use grade::{Outcome, Quality};
pub use instrument::{ContractTerms, InstrumentRule, Instruments};
pub use inverse::{NamedInverse, inverse_by_name, is_told_in_dollars, settlement_coin};
pub use knob::{KNOBS, Knob, KnobKind, KnobName, PerKnob};
pub use missed::{MissedSignal, MissedState, is_shadow};
pub use nearest::nearest;
pub use net_result::{MAX_ABS_PNL, MAX_ABS_PNL_FRAC, StatedResult, contract_size, costs, position_and_gross};
pub use netting::{Book, Books, Closing, Lot, Netting, Taken};
pub use news::{NewsItem, sector_key, symbol_key};
pub use option_symbol::is_listed_option;
pub use refusal::Refusal;
pub use risk_check::{Gate, RiskCheck, threshold_in_reason};
pub use side::Side;
pub use signal::{Mode, Signal};
pub use size_tag::{LEAST_PROPENSITY, SizeTag};
pub use time_of_day::TimeOfDay;
pub use timeframe::timeframe;
pub use timestamp::{Date, TimeError, Timestamp, Zone};
pub use trade::{ClosedTrade, Trade, TradeFacts, UNKNOWN, derived_trade_id};
pub use trade_detail::{TradeDetail, risk_frac};
pub use window::Window;

/// Returns `value` when it is a finite price above zero, else the refusal that names `field`.
///
/// # Errors
/// [`Refusal::NotFinite`] or [`Refusal::NotPositive`].
pub fn positive(field: &'static str, value: f64) -> Result<f64, Refusal> {
    if !value.is_finite() {
        return Err(Refusal::NotFinite { field });
    }
    if value <= 0.0 {
        return Err(Refusal::NotPositive { field, value });
    }
    Ok(value)
}

/// Returns `value` when it is a probability in `[0, 1]`, else the refusal that names `field`.
///
/// # Errors
/// [`Refusal::NotFinite`] or [`Refusal::NotProbability`].
pub fn probability(field: &'static str, value: f64) -> Result<f64, Refusal> {
    if !value.is_finite() {
        return Err(Refusal::NotFinite { field });
    }
    if !(0.0..=1.0).contains(&value) {
        return Err(Refusal::NotProbability { field, value });
    }
    Ok(value)
}
