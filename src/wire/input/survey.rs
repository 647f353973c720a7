//! What the rows of an input say together of how they are written: which comma, which sign, which order of day
//! and month. One row alone may not say it; a guess for one row is a wrong figure in all.

use super::exit::is_order_word;
use super::fields::Fields;
use super::numbers::{Commas, commas_of, plain_number};
use super::raw::{Conventions, Raw};
use super::time_parts::{DateOrder, TimeRules};
use super::times::{hinted_order, is_either_way, proven_order};
use super::vocabulary::Field;
use crate::domain::{Side, contract_size};

/// Fields whose numbers say what a comma is.
const NUMBERS: [Field; 15] = [
    Field::Price,
    Field::EntryPrice,
    Field::ExitPrice,
    Field::Qty,
    Field::Fees,
    Field::Pnl,
    Field::GrossPnl,
    Field::Funding,
    Field::Rebate,
    Field::BuyPrice,
    Field::SellPrice,
    Field::StopPrice,
    Field::TargetPrice,
    Field::Multiplier,
    Field::FxRate,
];

const TIMES: [Field; 5] =
    [Field::EntryTime, Field::ExitTime, Field::BuyTime, Field::SellTime, Field::Timestamp];

/// Rows that say one thing and rows that say the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Votes {
    one: u64,
    other: u64,
}

/// What was seen of an input.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Decimal commas against commas between thousands, by field.
    commas: [Votes; Field::COUNT],
    /// Month first against day first.
    dates: Votes,
    /// A date that can be read either way round.
    either_way: Option<String>,
    /// Costs below zero against costs above.
    costs: Votes,
    /// Sides that fit the stated result against sides that it contradicts.
    sides: Votes,
    /// Of the latter, those whose result the other side explains.
    explained: u64,
    /// Stated results before costs against those after.
    results: Votes,
    /// Stated results that are neither.
    other_results: u64,
    /// Quantities below zero.
    negative_qty: u64,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            commas: [Votes::default(); Field::COUNT],
            dates: Votes::default(),
            either_way: None,
            costs: Votes::default(),
            sides: Votes::default(),
            explained: 0,
            results: Votes::default(),
            other_results: 0,
            negative_qty: 0,
        }
    }
}

impl Votes {
    fn add(&mut self, more: Self) {
        self.one += more.one;
        self.other += more.other;
    }
}

impl Survey {
    /// Adds what was seen of later records.
    pub fn absorb(&mut self, later: Self) {
        for (votes, more) in self.commas.iter_mut().zip(later.commas) {
            votes.add(more);
        }
        self.dates.add(later.dates);
        self.either_way = self.either_way.take().or(later.either_way);
        self.costs.add(later.costs);
        self.sides.add(later.sides);
        self.explained += later.explained;
        self.results.add(later.results);
        self.other_results += later.other_results;
        self.negative_qty += later.negative_qty;
    }

    /// Looks at a record.
    pub fn see(&mut self, fields: &Fields<'_>) {
        // How this program writes is known.
        if fields.is_own() {
            return;
        }
        for field in NUMBERS {
            if let Some(raw) = fields.peek(field) {
                self.see_number(field, raw);
            }
        }
        for field in TIMES {
            if let Some(text) = fields.peek(field).and_then(Raw::text)
                && text.as_bytes().get(4) != Some(&b'-')
            {
                match proven_order(&text) {
                    Some(DateOrder::MonthFirst) => self.dates.one += 1,
                    Some(DateOrder::DayFirst) => self.dates.other += 1,
                    None if self.either_way.is_none() && is_either_way(&text) => {
                        self.either_way = Some(text.into_owned());
                    }
                    None => {}
                }
            }
        }
        match fields.peek_sum(Field::Fees) {
            Some(fees) if fees < 0.0 => self.costs.one += 1,
            Some(fees) if fees > 0.0 => self.costs.other += 1,
            _ => {}
        }
        self.negative_qty += u64::from(fields.peek_number(Field::Qty).is_some_and(|qty| qty < 0.0));
        self.see_side(fields);
        self.see_result(fields);
    }

    /// Whether a stated result is that of the prices before costs, with whatever contract size.
    fn see_result(&mut self, fields: &Fields<'_>) {
        let number = |field| fields.peek_number(field);
        let (Some(stated), Some(entry), Some(exit)) =
            (number(Field::Pnl), number(Field::EntryPrice), number(Field::ExitPrice))
        else {
            return;
        };
        let costs = fields.peek_sum(Field::Fees).unwrap_or(0.0).abs() - number(Field::Funding).unwrap_or(0.0);
        let qty = number(Field::Qty).unwrap_or(1.0).abs() * number(Field::Multiplier).unwrap_or(1.0);
        let gross = (exit - entry).abs() * qty;
        let rounding = (1e-6 * entry.abs() * qty).max(5e-4);
        if costs.abs() <= 2.0 * rounding {
            return;
        }
        let fits = |stated: f64| {
            let stated = stated.abs();
            (stated - gross).abs() <= rounding || contract_size(stated, gross, rounding).is_some()
        };
        match (fits(stated), fits(stated + costs)) {
            (true, false) => self.results.one += 1,
            (false, true) => self.results.other += 1,
            (true, true) => {}
            (false, false) => self.other_results += 1,
        }
    }

    fn see_number(&mut self, field: Field, raw: &Raw<'_>) {
        let Raw::Text(text) = raw else {
            if let Raw::Json(serde_json::Value::String(text)) = raw {
                self.count(field, text);
            }
            return;
        };
        self.count(field, text);
    }

    fn count(&mut self, field: Field, text: &str) {
        let votes = &mut self.commas[field as usize];
        if let Some(commas) = plain_commas(text) {
            // As programs write numbers, without a look at what else they could be.
            votes.other += u64::from(commas == Commas::Thousands);
            return;
        }
        match plain_number(text) {
            // A point with other than three digits behind it stands before decimals.
            Some(_) if !text.contains('.') => {}
            _ => match commas_of(text) {
                Commas::Decimal => votes.one += 1,
                Commas::Thousands => votes.other += 1,
                Commas::Unknown => {}
            },
        }
    }

    fn see_side(&mut self, fields: &Fields<'_>) {
        let stated =
            fields.peek_number(Field::Pnl).map(|net| net + fields.peek_sum(Field::Fees).unwrap_or(0.0).abs());
        let Some(stated) = stated.or_else(|| fields.peek_number(Field::GrossPnl)) else { return };
        let word = fields.peek(Field::Side).or_else(|| fields.peek(Field::Type)).and_then(Raw::text);
        let Some(side) = word.filter(|word| is_order_word(word)).and_then(|word| Side::parse(&word).ok())
        else {
            return;
        };
        let prices = fields.peek_number(Field::EntryPrice).zip(fields.peek_number(Field::ExitPrice));
        let Some((entry, exit)) = prices.filter(|(entry, exit)| entry != exit && stated != 0.0) else {
            return;
        };
        let gross = side.sign() * (exit - entry) * fields.peek_number(Field::Qty).unwrap_or(1.0).abs();
        if gross * stated > 0.0 {
            self.sides.one += 1;
        } else {
            self.sides.other += 1;
            self.explained += u64::from((stated + gross).abs() <= 0.3 * gross.abs());
        }
    }

    /// Which sign costs have: that of their program, else that of most.
    fn sign_of_costs(&self, known: Option<bool>, said: &mut Vec<String>) -> bool {
        let Votes { one: negative, other: positive } = self.costs;
        let are_negative = known.unwrap_or(negative > positive);
        let (against, sign) = if are_negative { (positive, "above") } else { (negative, "below") };
        let others = if known.is_none() { ", against the others" } else { "" };
        if against > 0 {
            said.push(format!("{against} of {} fees are {sign} 0{others}: paid back", negative + positive));
        } else if are_negative && negative > 0 {
            said.push("fees are written below 0: they are costs all the same".to_owned());
        }
        are_negative
    }

    /// Which signs sides and results have.
    fn money(&self, conventions: &mut Conventions, said: &mut Vec<String>) {
        let Votes { one: fits, other: against } = self.sides;
        conventions.side_is_closing =
            against > 0 && against >= 9 * fits && (against >= 3 || self.explained == against);
        if conventions.side_is_closing {
            said.push(
                "the side is that of the closing order, by the sign of the results: it is turned round"
                    .to_owned(),
            );
        }
        let Votes { one: gross, other: net } = self.results;
        conventions.pnl_is_gross = gross > 0 && net == 0 && 9 * self.other_results <= gross;
        if conventions.pnl_is_gross {
            said.push("results are stated before costs: fees and funding are taken off".to_owned());
        }
    }

    /// What is said where nothing in the file proves the order of day and month, and the place of its clock decides.
    fn guessed_order(&self, times: &TimeRules) -> Option<String> {
        let date = self.either_way.as_ref().filter(|_| times.order.is_none())?;
        let (order, other) = match hinted_order(date, times)? {
            DateOrder::MonthFirst => ("month", "dmy"),
            DateOrder::DayFirst => ("day", "mdy"),
        };
        Some(format!(
            "{date} is read with the {order} first, as is usual there: --dates {other} turns it round"
        ))
    }

    /// How the input is written; what the user said of it wins, and whether costs are below zero where its program is known to
    /// write them so. With a sentence for what was found.
    pub fn conventions(
        &self,
        times: TimeRules,
        commas: Option<Commas>,
        costs_are_negative: Option<bool>,
    ) -> (Conventions, Vec<String>) {
        let mut said = Vec::new();
        let mut conventions = Conventions { times, ..Conventions::default() };
        let all = self.commas.iter().fold(Votes::default(), |sum, votes| Votes {
            one: sum.one + votes.one,
            other: sum.other + votes.other,
        });
        for (known, votes) in conventions.commas.iter_mut().zip(&self.commas) {
            *known = commas.unwrap_or_else(|| match decided(votes) {
                Commas::Unknown if votes == &Votes::default() => decided(&all),
                decided => decided,
            });
        }
        if conventions.commas.contains(&Commas::Decimal) && commas.is_none() {
            said.push("numbers have a decimal comma".to_owned());
        }
        match (times.order, self.dates) {
            (None, Votes { one: 1.., other: 0 }) => conventions.times.order = Some(DateOrder::MonthFirst),
            (None, Votes { one: 0, other: 1.. }) => conventions.times.order = Some(DateOrder::DayFirst),
            (None, Votes { one: 1.., other: 1.. }) => {
                said.push(
                    "some dates have the month first and some the day: say which with --dates".to_owned(),
                );
            }
            _ => {}
        }
        match conventions.times.order.filter(|_| times.order.is_none()) {
            Some(DateOrder::MonthFirst) => said.push("dates have the month first".to_owned()),
            Some(DateOrder::DayFirst) => said.push("dates have the day first".to_owned()),
            None => said.extend(self.guessed_order(&times)),
        }
        conventions.costs_are_negative = self.sign_of_costs(costs_are_negative, &mut said);
        self.money(&mut conventions, &mut said);
        conventions.qty_is_signed = self.negative_qty > 0;
        (conventions, said)
    }
}

/// What a comma is where a text is digits alone, or digits around one point: three digits behind it could be thousands.
fn plain_commas(text: &str) -> Option<Commas> {
    let (whole, behind) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_certain = text.len() > whole.len() && (behind.len() != 3 || whole.starts_with('0'));
    let commas = if is_certain { Commas::Thousands } else { Commas::Unknown };
    (is_digits(whole) && is_digits(behind)).then_some(commas)
}

/// What a comma is by the votes of a column; nothing where they differ.
fn decided(votes: &Votes) -> Commas {
    match votes {
        Votes { one: 1.., other: 0 } => Commas::Decimal,
        Votes { one: 0, other: 1.. } => Commas::Thousands,
        _ => Commas::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_numbers_say_what_a_closer_look_says(text in "[0-9]{0,4}[.,]{0,1}[0-9]{0,4}") {
            if let Some(commas) = plain_commas(&text) {
                let is_whole = plain_number(&text).is_some() && !text.contains('.');
                let wanted = if is_whole { Commas::Unknown } else { commas_of(&text) };
                prop_assert_eq!(commas, wanted, "{}", text);
            }
        }
    }
}
