//! A pick of the engine, from its JSON.

use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::later_news::no_later_news;
use super::vocabulary::Field;
use crate::domain::{ArmTag, LEAST_PROPENSITY, Mode, Side, Signal, SizeTag};
use crate::wire::Read;

/// A pick with what rides along in its record.
#[derive(Clone, Debug)]
pub struct SignalRecord {
    /// The pick.
    pub signal: Signal,
    /// What was known when it was made, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

/// Reads a signal.
///
/// # Errors
/// The refusal that applies first.
pub fn read_signal(mut fields: Fields<'_>) -> Result<Read<SignalRecord>, WireError> {
    fields.no_clash()?;
    let symbol = fields.text(Field::Symbol)?;
    let timestamp = fields.time(Field::Timestamp)?.at;
    let side = Side::parse(&fields.text(Field::Side)?)?;
    let mode = fields.optional_text(Field::Mode).and_then(|word| {
        let mode = Mode::parse(&word).ok();
        if mode.is_none() {
            fields.warn(format!("mode {word:?} is unknown (SAFE or AGGRESSIVE): kept under extra"));
            fields.put_aside("mode", word.into());
        }
        mode
    });
    let entry_price = fields.number(Field::EntryPrice)?.value;
    let (stop_price, target_price) = levels(&mut fields, side, entry_price);
    let signal = Signal {
        signal_id: fields.optional_text(Field::SignalId),
        symbol,
        timestamp,
        side,
        mode,
        setup: fields.optional_text(Field::Setup),
        timeframe: fields.optional_timeframe(),
        score: fields.optional_number(Field::Score, |score| (0.0..=10.0).contains(&score), "from 0 to 10"),
        confidence: fields.optional_probability(Field::Confidence),
        entry_price,
        stop_price,
        target_price,
        regime: fields.optional_text(Field::Regime),
        sector: fields.optional_text(Field::Sector),
        arm: arm_tag(&mut fields),
        size: size_tag(&mut fields),
    }
    .checked()?;
    let features = fields.optional_object(Field::Features);
    no_later_news(features.as_ref(), signal.timestamp, &fields)?;
    let rest = fields.finish();
    Ok(Read { record: SignalRecord { signal, features, extra: rest.extra }, warnings: rest.warnings })
}

/// The experiment that a signal takes part in.
pub(super) fn arm_tag(fields: &mut Fields<'_>) -> ArmTag {
    ArmTag {
        experiment: fields.optional_text(Field::Experiment),
        variant: fields.optional_text(Field::Variant),
        variant_share: fields.optional_probability(Field::VariantShare),
    }
}

/// How a signal or a trade was sized.
pub(super) fn size_tag(fields: &mut Fields<'_>) -> SizeTag {
    let positive = |value: f64| value > 0.0;
    SizeTag {
        multiplier: fields.optional_number(
            Field::SizeMultiplier,
            |multiplier| multiplier > 0.0 && multiplier <= 100.0,
            "above 0 and at most 100",
        ),
        propensity: fields.optional_number(
            Field::SizePropensity,
            |chance| (LEAST_PROPENSITY..=1.0).contains(&chance),
            "a chance from 0.000001 to 1",
        ),
        equity: fields.optional_number(Field::EquityUsd, positive, "above 0"),
        qty_intended: fields.optional_number(Field::QtyIntended, positive, "above 0"),
    }
}

/// Stop and target of a signal. One on the wrong side of the price would be hit at once: it is put aside.
pub(super) fn levels(fields: &mut Fields<'_>, side: Side, price: f64) -> (Option<f64>, Option<f64>) {
    let level = |fields: &mut Fields<'_>, field: Field, sign: f64| {
        let level = fields.optional_price(field)?;
        if sign * (level - price) > 0.0 || price <= 0.0 {
            return Some(level);
        }
        let name = field.as_str();
        fields.warn(format!("{name} is {level}, on the wrong side of the price {price}: kept under extra"));
        fields.put_aside(name, level.into());
        None
    };
    (level(fields, Field::StopPrice, -side.sign()), level(fields, Field::TargetPrice, side.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::wire::input::{Conventions, Kind, Names};
    use crate::wire::parse_object;

    fn read(text: &[u8]) -> Result<Read<SignalRecord>, WireError> {
        let (names, conventions) = (Names::of(Kind::Signal), Conventions::default());
        read_signal(Fields::of_object(parse_object(text)?, &names, &conventions))
    }

    #[test]
    fn a_signal_becomes_a_line_that_reads_back_the_same() {
        let now = Timestamp::parse("2019-02-11T19:35:01Z").unwrap();
        let text =
            br#"{"symbol":"AMZN","timestamp":"2019-02-11T19:35:00Z","side":"LONG","mode":"safe","score":3.5,
            "confidence":0.35,"entry_price":1589.98,"features":{"momentum_5m":0.000808967},"venue":1}"#;
        let first = read(text).unwrap().record;
        let line = first.to_line(now);
        let again = read(&line).unwrap().record;
        assert_eq!(again.to_line(now), line);
        assert!(line.starts_with(br#"{"signal_id":"h"#));
    }

    #[test]
    fn what_is_optional_never_refuses_a_signal() {
        let said = |change: &str| {
            let text = format!(
                r#"{{"symbol":"A","timestamp":"2019-02-11T19:35:00Z","side":"LONG","entry_price":10,{change}}}"#
            );
            let signal = read(text.as_bytes()).unwrap();
            (signal.record.extra.len(), signal.warnings.join("; "))
        };
        assert_eq!(
            said(r#""score":35.4"#).1,
            "score is 35.4, it must be from 0 to 10: kept under extra, the record goes without it"
        );
        assert_eq!(
            said(r#""mode":"live""#).1,
            "mode \"live\" is unknown (SAFE or AGGRESSIVE): kept under extra"
        );
        assert_eq!(said(r#""confidence":61"#).0, 1);
        assert_eq!(
            said(r#""stop_price":11"#).1,
            "stop_price is 11, on the wrong side of the price 10: kept under extra"
        );
        assert_eq!(said(r#""stop_price":9,"target_price":12"#), (0, String::new()));
    }
}
