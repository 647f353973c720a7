//! Closed trades in files of other programs.
//!
//! A file is opened in three steps: what it is packed in ([`container_of`]), which records it has ([`FORMATS`],
//! the first that claims it), and row by row into the fields of the one vocabulary. A format of its own is a file
//! and a row of [`FORMATS`]: the names by which it is known, and what its rows say in the words of the vocabulary.

mod brokers;
mod bybit;
mod cells;
mod container;
mod crypto;
mod csv;
mod engines;
mod error;
mod freqtrade;
mod freqtrade_database;
mod headings;
mod ibkr;
mod ibkr_settle;
mod ibkr_statements;
mod json;
mod layout;
mod lean;
mod metatrader;
mod metatrader_html;
mod metatrader_tester;
mod nautilus;
mod objects;
mod open;
mod profile;
mod rewriter;
mod rows;
mod schwab;
mod sides_held;
mod table;
mod thinkorswim;
mod tradingview;

pub use container::{Container, container_of, decode_utf16, unzip};
pub use error::FormatError;
pub use freqtrade_database::database_lines;
pub use ibkr_statements::{SettledRows, settled_rows};
pub use json::{records_of, unwrap_json};
pub use open::open_rows;
pub use rows::{ColumnUse, Piece, Row, RowReader, Splitter};
pub(super) use table::{Table, json_objects, split_row};

use super::input::{JsonObject, Kind, MapError, Names, folded};
use profile::is_name;

/// A program whose files have a form of their own.
pub trait ImportFormat: Sync + Send {
    /// Its name, as `import --list` says it.
    fn name(&self) -> &'static str;

    /// What of that program it reads.
    fn about(&self) -> &'static str;

    /// What its rows are: closed trades, or executions.
    fn kind(&self) -> Kind {
        Kind::Exit
    }

    /// Names, folded, that a file of it has: one of these sets; a `*` at the end of a name stands for any rest.
    fn signatures(&self) -> &'static [&'static [&'static str]];

    /// A record in the words of the vocabulary. What it does not know stays as it is.
    fn rewrite(&self, record: JsonObject) -> JsonObject;

    /// Whether its newest rows stand first, also where times without a clock do not tell.
    fn is_newest_first(&self) -> bool {
        false
    }

    /// Under which key of a record further ones stand.
    fn holds(&self) -> Option<&'static str> {
        None
    }

    /// What one row may say of all.
    fn turn(&self) -> Option<Turn> {
        None
    }

    /// Whether its rows say how much of them closes, so that all together show which symbols are held long and short at once.
    fn shows_sides(&self) -> bool {
        false
    }
}

/// A value in one row of a file by which all its rows are of another format than the headings alone would say.
#[derive(Clone, Copy)]
pub struct Turn {
    /// The names, folded, under which it stands.
    names: &'static [&'static str],
    /// Whether a value is such a one.
    is_it: fn(&str) -> bool,
    /// What the rows are then.
    format: &'static dyn ImportFormat,
}

impl Turn {
    /// What a value under a heading makes of the file.
    fn by(&self, heading: &str, value: &str) -> Option<&'static dyn ImportFormat> {
        ((self.is_it)(value) && self.names.contains(&folded(heading).as_str())).then_some(self.format)
    }
}

impl std::fmt::Debug for dyn ImportFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// All programs whose files have a form of their own; any other file is read by its names alone.
pub const FORMATS: &[&dyn ImportFormat] = &[
    &freqtrade::Freqtrade,
    &lean::Lean,
    &lean::ORDERS,
    &nautilus::Nautilus,
    &nautilus::FILLS,
    &engines::BACKTESTING_PY,
    &engines::VECTORBT,
    &engines::BACKTRADER_TRANSACTIONS,
    &engines::JESSE,
    &tradingview::TRADINGVIEW,
    &metatrader::METATRADER_DEALS,
    &metatrader::METATRADER_ORDERS,
    &metatrader_tester::METATRADER_TESTER,
    &ibkr::IBKR,
    &thinkorswim::THINKORSWIM,
    &brokers::ALPACA,
    &schwab::SCHWAB,
    &brokers::WEBULL,
    &brokers::NINJATRADER,
    &brokers::TRADOVATE,
    &brokers::QUANTOWER,
    &brokers::QUESTRADE,
    &crypto::BINANCE,
    &crypto::BINANCE_POSITIONS,
    &bybit::BYBIT,
    &bybit::BYBIT_CLOSED,
    &crypto::HUMMINGBOT,
];

/// How many names of a signature are there.
fn matched(names: &[String], signature: &[&str]) -> usize {
    signature.iter().filter(|wanted| names.iter().any(|name| is_name(name, wanted))).count()
}

/// The format that a record with these names is of.
fn format_of(names: &[&str]) -> Option<&'static dyn ImportFormat> {
    let names: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let is_it = |signature: &&[&str]| matched(&names, signature) == signature.len();
    FORMATS.iter().copied().find(|format| format.signatures().iter().any(&is_it))
}

/// The format that names are most like, and what is missing of it; none where less than half is there.
fn nearest_format(names: &[&str]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let all = FORMATS
        .iter()
        .flat_map(|format| format.signatures().iter().map(move |signature| (format, *signature)));
    let share = |signature: &[&str]| matched(&names, signature) as f64 / signature.len() as f64;
    let (format, signature) = all.max_by(|a, b| share(a.1).total_cmp(&share(b.1)))?;
    let missing: Vec<&str> =
        signature.iter().filter(|wanted| !names.iter().any(|name| is_name(name, wanted))).copied().collect();
    (share(signature) >= 0.5)
        .then(|| format!("it is most like {}, without: {}", format.name(), missing.join(", ")))
}

/// A file of several tables or elements, of which one holds the executions.
struct Statement {
    /// Whether a file begins so.
    begins: fn(&str) -> bool,
    rows: StatementRows,
}

/// How the rows of a file are read that is no table by itself.
#[derive(Clone, Copy)]
pub enum StatementRows {
    /// Of all its text: as JSON Lines, on the lines on which they stand.
    Whole(fn(&str) -> String),
    /// One by one, as [`settled_rows`] says.
    OneByOne,
}

/// How the rows of a file that begins so are read; `None` of one that is no such file.
pub fn statement_rows(head: &str) -> Option<StatementRows> {
    let head = head_of(head);
    let of_brokers = ibkr_statements::STATEMENTS.iter().chain(thinkorswim::STATEMENTS);
    // A report of the tester names the terminal's maker too.
    let mut all = of_brokers.chain(metatrader_tester::STATEMENTS).chain(metatrader_html::STATEMENTS);
    all.find(|statement| (statement.begins)(head)).map(|statement| statement.rows)
}

/// The beginning of a file, by which a statement is known.
fn head_of(text: &str) -> &str {
    text.split_at(text.char_indices().nth(4_000).map_or(text.len(), |(at, _)| at)).0
}

/// What is said of a statement in which no row was found; `None` where an empty file is all there is to say.
pub fn without_rows(text: &str) -> Option<FormatError> {
    metatrader_html::is_report(head_of(text)).then(metatrader_html::without_rows)
}

/// Each line as a record, or an empty line in its place.
fn section(text: &str, mut read: impl FnMut(&str) -> Option<JsonObject>) -> String {
    in_lines(text.lines().map(|line| read(bare(line))))
}

/// A line without what ends it, or marks the beginning of a file.
fn bare(line: &str) -> &str {
    line.trim_end_matches('\r').trim_start_matches('\u{feff}')
}

/// Each record on its line, or an empty line in its place.
fn in_lines(records: impl Iterator<Item = Option<JsonObject>>) -> String {
    let mut out = String::new();
    for record in records {
        if let Some(record) = record {
            out.push_str(&serde_json::Value::Object(record).to_string());
        }
        out.push('\n');
    }
    out
}

/// What the names of a file mean, whether its rows turn out to be trades or executions.
#[derive(Debug)]
pub struct ImportNames {
    exits: Result<Names, MapError>,
    fills: Result<Names, MapError>,
}

impl ImportNames {
    /// The vocabulary under what the user and the settings say. A mapping may be of one kind of rows alone.
    ///
    /// # Errors
    /// [`MapError`] when it is of neither.
    pub fn parse(exits: Result<Names, MapError>, fills: Result<Names, MapError>) -> Result<Self, MapError> {
        match (exits, fills) {
            (Err(error), Err(_)) => Err(error),
            (exits, fills) => Ok(Self { exits, fills }),
        }
    }

    /// Those of a kind of rows.
    ///
    /// # Errors
    /// [`MapError`] of a mapping that this kind has no field for.
    pub(super) fn of(&self, kind: Kind) -> Result<&Names, MapError> {
        match if kind == Kind::Fill { &self.fills } else { &self.exits } {
            Ok(names) => Ok(names),
            Err(error) => Err(error.clone()),
        }
    }

    /// The names that the user mapped.
    fn any(&self) -> Option<&Names> {
        self.exits.as_ref().or(self.fills.as_ref()).ok()
    }
}

/// A record in which what the user mapped stands under its field's own name, so that a format finds it there.
fn under_their_fields(record: JsonObject, names: &super::input::Names) -> JsonObject {
    use super::input::{Found, Rank};
    if names.mapped().next().is_none() {
        return record;
    }
    let field = |key: &str| match names.find(key) {
        Found::Field(meaning) if meaning.rank == Rank::Mapped => Some(meaning.field.as_str().to_owned()),
        _ => None,
    };
    // What is mapped comes last, so that it counts where the file has a key of that name too.
    let (mapped, plain): (Vec<_>, Vec<_>) = record
        .into_iter()
        .map(|(key, value)| (field(&key), key, value))
        .partition(|(field, ..)| field.is_some());
    let mut out = JsonObject::new();
    for (field, key, value) in plain.into_iter().chain(mapped) {
        out.insert(field.unwrap_or(key), value);
    }
    out
}
