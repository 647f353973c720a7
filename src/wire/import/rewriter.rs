//! Records of a format in the words of the vocabulary, under what all rows of the file say together.

use serde_json::Value;

use super::profile::number;
use super::rows::ColumnUse;
use super::sides_held::SidesHeld;
use super::{ImportFormat, under_their_fields};
use crate::wire::input::{Field, Found, JsonObject, Likeness, Names, folded};

/// Which sign costs have in the files of a program, whatever the rows of one of them show; what is against it was paid back.
#[derive(Clone, Copy)]
enum FeeSign {
    Below,
    Above,
    /// That of the rows that took from the market, as these names, folded, say of each: they are never paid for.
    OfTakers(&'static [&'static str]),
}

/// Programs of which the sign is known.
const FEE_SIGNS: [(&str, FeeSign); 9] = [
    ("interactive-brokers", FeeSign::Below),
    ("bybit", FeeSign::Above),
    ("hummingbot", FeeSign::Above),
    ("nautilus_trader", FeeSign::Above),
    ("nautilus_trader-fills", FeeSign::Above),
    ("freqtrade", FeeSign::Above),
    ("metatrader", FeeSign::Below),
    ("metatrader-4", FeeSign::Below),
    // Its documentation has costs below zero, its exports above.
    ("binance", FeeSign::OfTakers(&["maker", "ismaker"])),
];

/// Records by which it is told what becomes of each name.
const SAMPLES: usize = 32;

/// What rewrites the records of a file.
pub(super) struct Rewriter {
    pub format: &'static dyn ImportFormat,
    sides: Option<SidesHeld>,
    fee_sign: Option<FeeSign>,
    /// Rows of takers with costs above zero less those with costs below.
    takers: i64,
    samples: Vec<JsonObject>,
}

impl Rewriter {
    pub(super) fn of(format: &'static dyn ImportFormat) -> Self {
        let fee_sign = FEE_SIGNS.iter().find(|(program, _)| *program == format.name()).map(|(_, sign)| *sign);
        let sides = format.shows_sides().then(SidesHeld::default);
        Self { format, sides, fee_sign, takers: 0, samples: Vec::new() }
    }

    /// Whether costs are below zero; `None` where the file as a whole has to say it.
    pub(super) fn costs_are_negative(&self) -> Option<bool> {
        match self.fee_sign? {
            FeeSign::Below => Some(true),
            FeeSign::Above => Some(false),
            FeeSign::OfTakers(_) => (self.takers != 0).then_some(self.takers < 0),
        }
    }

    /// Whether it still learns from rows.
    pub(super) fn is_learning(&self) -> bool {
        let needs_all = self.format.turn().is_some() || self.sides.is_some();
        needs_all || self.samples.len() < SAMPLES || matches!(self.fee_sign, Some(FeeSign::OfTakers(_)))
    }

    /// Sees a record, before any is read for good.
    pub(super) fn learn(&mut self, record: JsonObject, names: &Names) {
        if let Some(turn) = self.format.turn() {
            let turned = record.iter().find_map(|(key, value)| match value {
                Value::String(text) => turn.by(key, text),
                Value::Number(number) => turn.by(key, &number.to_string()),
                _ => None,
            });
            self.format = turned.unwrap_or(self.format);
        }
        if self.samples.len() < SAMPLES {
            self.samples.push(record.clone());
        }
        let is_of_taker = match self.fee_sign {
            Some(FeeSign::OfTakers(maker)) => record.iter().any(|(key, value)| {
                let is_false = value.as_bool() == Some(false)
                    || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"));
                is_false && maker.contains(&folded(key).as_str())
            }),
            _ => false,
        };
        if !is_of_taker && self.sides.is_none() {
            return;
        }
        let rewritten = self.format.rewrite(under_their_fields(record, names));
        let cost = number(&rewritten, "fees").filter(|cost| is_of_taker && *cost != 0.0);
        self.takers += cost.map_or(0, |cost| if cost < 0.0 { -1 } else { 1 });
        self.sides.iter_mut().for_each(|sides| sides.see(&rewritten));
    }

    /// Says that all rows were seen.
    pub(super) fn end_learning(&mut self) {
        self.sides.iter_mut().for_each(SidesHeld::end);
    }

    pub(super) fn rewrite(&self, record: JsonObject, names: &Names) -> JsonObject {
        let mut record = self.format.rewrite(under_their_fields(record, names));
        self.sides.iter().for_each(|sides| sides.mark(&mut record));
        record
    }

    /// What becomes of the names of the file, some of which are ignored. `names` are those that the user says, and those of
    /// records that are rewritten.
    pub(super) fn columns<'n>(
        &self,
        names_of_file: impl Iterator<Item = (&'n str, bool)>,
        names: (&Names, &Names),
    ) -> Vec<ColumnUse> {
        let of = |(name, is_ignored): (&str, bool)| {
            let (field, note) = match self.becomes(name, names) {
                _ if is_ignored => (None, "ignored"),
                Some(Found::Field(meaning)) => (Some(meaning.field.as_str()), ""),
                Some(Found::Unknown(Some(Likeness::Money))) => (None, "looks like money"),
                Some(_) => (None, "kept under extra"),
                None => (None, ""),
            };
            ColumnUse { name: name.to_owned(), field, note }
        };
        let mut uses: Vec<ColumnUse> = names_of_file.map(of).collect();
        // Beside an amount may stand what it is in.
        let is_cost = |column: &&mut ColumnUse| {
            column.field == Some(Field::Fees.as_str())
                && self.samples.iter().any(|record| number(record, &column.name).is_some())
        };
        if uses.iter_mut().filter(is_cost).count() > 1 {
            uses.iter_mut().filter(is_cost).for_each(|column| column.note = "added up");
        }
        uses
    }

    /// What a name of the file becomes: what records have under the same name, or lack or have otherwise where it is left out.
    fn becomes(&self, name: &str, (names, plain): (&Names, &Names)) -> Option<Found> {
        let said = |record: &&JsonObject| record.get(name).is_some_and(|value| !value.is_null());
        let found = self.samples.iter().filter(said).filter_map(|record| {
            let mut without = record.clone();
            let value = without.shift_remove(name);
            let (whole, without) = (self.rewrite(record.clone(), names), self.rewrite(without, names));
            if whole.get(name) == value.as_ref() {
                return Some(plain.find(name));
            }
            let differing = whole.iter().filter(|(key, value)| without.get(*key) != Some(value));
            // What has its value is it; anything else may rest on it.
            let best = differing.min_by_key(|(_, other)| Some(*other) != value.as_ref());
            best.map(|(key, _)| plain.find(key))
        });
        found.min_by_key(|found| !matches!(found, Found::Field(_)))
    }
}
