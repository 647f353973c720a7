//! Trades in a CSV file, whatever its columns are called.

use std::io;

use serde_json::Value;

use crate::wire::input::{JsonObject, WireError};

/// Fields that a column can stand for, with the headings that are understood without being told. Headings
/// are compared in lower case with blanks and dashes as underscores.
const FIELDS: FieldNames = &[
    ("symbol", &["ticker", "instrument", "pair"]),
    ("side", &["direction", "position_side"]),
    ("entry_price", &["open_rate", "avg_entry_price", "entry"]),
    ("exit_price", &["price", "close_rate", "avg_exit_price", "exit"]),
    ("entry_time", &["entry_timestamp", "open_date", "opened_at", "entry_date"]),
    ("exit_time", &["timestamp", "close_date", "closed_at", "exit_date"]),
    ("qty", &["quantity", "shares", "amount", "size", "contracts"]),
    ("fees", &["fee", "commission", "commissions"]),
    ("pnl", &["profit", "net_pnl", "realized_pnl"]),
    ("pnl_pct", &[]),
    ("trade_id", &["id"]),
    ("signal_id", &[]),
    ("model_label", &["label"]),
    ("model_confidence", &["confidence"]),
    ("lgb_prob", &[]),
    ("lstm_prob", &[]),
    ("transformer_prob", &[]),
    ("regime", &[]),
    ("vix", &[]),
    ("sector", &[]),
    ("exit_reason", &["reason"]),
    ("stop_price", &["stop", "stop_loss"]),
    ("target_price", &["target", "take_profit"]),
    ("hit_target", &[]),
    ("hit_stop", &[]),
    ("mfe_pct", &["mfe"]),
    ("mae_pct", &["mae"]),
    ("setup", &["enter_tag", "tag"]),
    ("strategy", &[]),
    ("variant", &[]),
    ("type", &[]),
    ("features", &[]),
    ("extra", &[]),
];

/// Columns that are worked out anew rather than taken over.
const DERIVED: &[&str] =
    &["hold_duration_minutes", "time_of_day", "success", "quality", "outcome", "schema", "_ts"];

/// A field, and the headings that stand for it without being told.
pub(in crate::wire) type FieldNames = &'static [(&'static str, &'static [&'static str])];

/// Which column stands for which field, as told by the user.
#[derive(Clone, Debug)]
pub struct ColumnMap {
    told: Vec<(String, String)>,
    verbatim: bool,
    fields: FieldNames,
}

impl Default for ColumnMap {
    fn default() -> Self {
        Self { told: Vec::new(), verbatim: false, fields: FIELDS }
    }
}

/// Why a column cannot be mapped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Not `column=field`.
    #[error("{0:?} is not of the form column=field")]
    Form(String),
    /// No field of that name.
    #[error("there is no field {field:?}{}", nearest.map(|n| format!(", did you mean {n:?}?")).unwrap_or_default())]
    NoSuchField {
        /// What was asked for.
        field: String,
        /// The field that is spelt most like it.
        nearest: Option<&'static str>,
    },
    /// The file has no such column.
    #[error("there is no column {column:?} in the file; it has: {has}")]
    NoSuchColumn {
        /// What was asked for.
        column: String,
        /// The columns that are there.
        has: String,
    },
}

impl ColumnMap {
    /// Takes every heading as it is, for files whose columns another reader knows.
    pub fn verbatim() -> Self {
        Self { verbatim: true, ..Self::default() }
    }

    /// Reads mappings of the form `column=field`.
    ///
    /// # Errors
    /// [`MapError::Form`] and [`MapError::NoSuchField`].
    pub fn parse(pairs: &[String]) -> Result<Self, MapError> {
        Self::of(pairs, FIELDS)
    }

    /// Reads mappings onto the given fields.
    pub(in crate::wire) fn of(pairs: &[String], fields: FieldNames) -> Result<Self, MapError> {
        let mut told = Vec::new();
        for pair in pairs {
            let (column, field) = pair.rsplit_once('=').ok_or_else(|| MapError::Form(pair.clone()))?;
            let field = field.trim();
            if !fields.iter().any(|(name, _)| *name == field) {
                let close = fields.iter().map(|(name, _)| (strsim::jaro_winkler(name, field), *name));
                let nearest = close.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 > 0.7);
                return Err(MapError::NoSuchField { field: field.to_owned(), nearest: nearest.map(|n| n.1) });
            }
            told.push((column.trim().to_owned(), field.to_owned()));
        }
        Ok(Self { told, verbatim: false, fields })
    }

    /// The field that each heading stands for; a heading that is not understood keeps its own name and
    /// ends up under `extra`.
    ///
    /// # Errors
    /// [`MapError::NoSuchColumn`] when the user named a column that is not there.
    pub(in crate::wire) fn resolve(&self, headings: &[String]) -> Result<Vec<String>, MapError> {
        for (column, _) in &self.told {
            if !headings.contains(column) {
                let has = headings.join(", ");
                return Err(MapError::NoSuchColumn { column: column.clone(), has });
            }
        }
        if self.verbatim {
            return Ok(headings.to_vec());
        }
        let told =
            |heading: &str| self.told.iter().find(|(column, _)| column == heading).map(|(_, f)| f.clone());
        let plain: Vec<String> =
            headings.iter().map(|h| h.trim().to_lowercase().replace([' ', '-'], "_")).collect();
        let mut fields: Vec<String> = Vec::new();
        for (heading, plain_name) in headings.iter().zip(&plain) {
            let known = self.fields.iter().find(|(name, _)| name == plain_name);
            // An alias stands for its field only where the field's own column is absent.
            let alias = self.fields.iter().find(|(name, others)| {
                others.contains(&plain_name.as_str())
                    && !plain.iter().any(|p| p == name)
                    && !self.told.iter().any(|(_, field)| field == name)
            });
            let field = told(heading)
                .or_else(|| known.or(alias).map(|(name, _)| (*name).to_owned()))
                .filter(|field| !fields.contains(field));
            fields.push(field.unwrap_or_else(|| heading.clone()));
        }
        Ok(fields)
    }
}

/// Reads the rows of a CSV file as objects of texts, keyed by field.
///
/// # Errors
/// [`MapError`] when a column that was named is not there.
pub fn read_sheet<R: io::Read>(
    input: R,
    map: &ColumnMap,
) -> Result<impl Iterator<Item = (u64, Result<JsonObject, WireError>)> + use<R>, MapError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let headings: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(_) => Vec::new(),
    };
    let fields = map.resolve(&headings)?;
    Ok(reader.into_records().enumerate().map(move |(at, row)| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return (at as u64 + 2, Err(WireError::NotJson(csv_error(&error)))),
        };
        let line = row.position().map_or(at as u64 + 2, csv::Position::line);
        (line, Ok(object(&fields, &row)))
    }))
}

fn csv_error(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, the heading has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".into(),
        _ => error.to_string(),
    }
}

fn object(fields: &[String], row: &csv::StringRecord) -> JsonObject {
    let mut map = JsonObject::new();
    for (field, cell) in fields.iter().zip(row.iter()) {
        if cell.is_empty() || DERIVED.contains(&field.as_str()) {
            continue;
        }
        // An export guards cells that a spreadsheet would run as a formula with an apostrophe.
        let cell = match cell.strip_prefix('\'') {
            Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
            _ => cell,
        };
        let nested = matches!(field.as_str(), "features" | "extra")
            .then(|| serde_json::from_str::<Value>(cell).ok())
            .flatten();
        map.insert(field.clone(), nested.unwrap_or_else(|| Value::String(cell.to_owned())));
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, pairs: &[&str]) -> Vec<(u64, Result<JsonObject, WireError>)> {
        let pairs: Vec<String> = pairs.iter().map(|p| (*p).to_owned()).collect();
        read_sheet(text.as_bytes(), &ColumnMap::parse(&pairs).unwrap()).unwrap().collect()
    }

    #[test]
    fn headings_are_understood_or_mapped() {
        let text = "\u{feff}Ticker,Direction,Px,exit price,Price,Note\nMSFT,BUY,100,101,7,=x\n";
        let rows = rows(text, &["Px=entry_price"]);
        let map = rows[0].1.as_ref().unwrap();
        assert_eq!(rows[0].0, 2);
        assert_eq!(map["symbol"], "MSFT");
        assert_eq!((&map["entry_price"], &map["exit_price"]), (&"100".into(), &"101".into()));
        assert_eq!((&map["Price"], &map["Note"]), (&"7".into(), &"=x".into()));
    }

    #[test]
    fn a_short_row_is_named_and_the_rest_is_read() {
        let rows = rows("symbol,side\nA,BUY\nB\nC,SELL\n", &[]);
        assert_eq!(
            rows[1].1.as_ref().unwrap_err().to_string(),
            "not JSON: the row has 1 cells, the heading has 2"
        );
        assert_eq!(rows[2].1.as_ref().unwrap()["symbol"], "C");
    }

    #[test]
    fn a_wrong_mapping_is_named() {
        let said = |pair: &str| ColumnMap::parse(&[pair.to_owned()]).unwrap_err().to_string();
        assert_eq!(said("Px"), "\"Px\" is not of the form column=field");
        assert_eq!(
            said("Px=entry_prize"),
            "there is no field \"entry_prize\", did you mean \"entry_price\"?"
        );
        let map = ColumnMap::parse(&["Px=qty".to_owned()]).unwrap();
        let error = read_sheet(&b"a,b\n1,2\n"[..], &map).err().unwrap();
        assert_eq!(error.to_string(), "there is no column \"Px\" in the file; it has: a, b");
    }
}
