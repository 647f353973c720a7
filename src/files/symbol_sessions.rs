//! `symbol_sessions.jsonl.gz`: a row a symbol and session, kept of the price files that were read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use chrono::Datelike;

use super::Context;
use crate::decide::BarReturns;
use crate::domain::{Date, Timestamp};
use crate::metrics::SessionFigures;
use crate::store::{Durability, StoreError, encode_plain_member, gunzip, read_state, replace_state};
use crate::wire::{SCHEMA, SymbolSession};

/// Sessions of a symbol that are kept.
const KEPT: usize = 250;

/// More than this is no such file, in bytes.
const MAX_TEXT: u64 = 1 << 30;

/// The row of a symbol's session with these figures.
pub(crate) fn session_row(symbol: &str, date: Date, figures: SessionFigures) -> SymbolSession {
    let SessionFigures { open, close, realised_vol, bars, returns_15m } = figures;
    let (symbol, date) = (symbol.to_owned(), date.to_string());
    SymbolSession { symbol, date, open, close, realised_vol, bars, returns_15m, schema: SCHEMA }
}

/// The rows, by symbol and date.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SymbolSessions {
    rows: BTreeMap<(String, Date), SymbolSession>,
}

/// The bytes of the file, as it stands; none where there is none.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub(crate) fn symbol_session_bytes(context: &Context<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    read_state(context.disk, &context.layout.symbol_sessions())
}

/// Replaces the file. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write_symbol_sessions(context: &Context<'_>, bytes: &[u8]) -> Result<(), StoreError> {
    replace_state(context.disk, &context.layout.symbol_sessions(), bytes, Durability::Durable)
}

impl SymbolSessions {
    /// Every session of the file, or those of `wanted` symbols alone.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is damaged, or was written by a newer version: what cannot be read would be lost
    /// when it is written again.
    pub(crate) fn parse(
        context: &Context<'_>,
        bytes: Option<&[u8]>,
        wanted: Option<&BTreeSet<&str>>,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        let Some(bytes) = bytes else { return Ok(found) };
        let corrupt = |why: String| StoreError::Corrupt { path: context.layout.symbol_sessions(), why };
        let mut text = Vec::new();
        gunzip(bytes).take(MAX_TEXT).read_to_end(&mut text).map_err(|error| corrupt(error.to_string()))?;
        if text.len() as u64 == MAX_TEXT {
            return Err(corrupt(format!("unpacked it has {MAX_TEXT} bytes or more")));
        }
        // As a line has them.
        let names: Option<Vec<String>> = wanted
            .map(|wanted| wanted.iter().map(|symbol| serde_json::Value::from(*symbol).to_string()).collect());
        let is_wanted = |line: &[u8]| {
            let holds = |name: &String| memchr::memmem::find(line, name.as_bytes()).is_some();
            names.as_ref().is_none_or(|names| names.iter().any(holds))
        };
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() || !is_wanted(line) {
                continue;
            }
            let (date, row) = SymbolSession::read(line)
                .ok_or_else(|| corrupt(format!("line {} is no session, or of a newer version", at + 1)))?;
            found.rows.insert((row.symbol.clone(), date), row);
        }
        Ok(found)
    }

    /// Puts sessions in. Of one that is there, that with more of its quarter hours counts, and of as many that with more
    /// bars: a file may have had a part of it.
    pub(crate) fn put(&mut self, found: impl IntoIterator<Item = (Date, SymbolSession)>) {
        for (date, row) in found {
            let key = (row.symbol.clone(), date);
            if self.rows.get(&key).is_none_or(|known| known.extent() <= row.extent()) {
                self.rows.insert(key, row);
            }
        }
        let mut seen: (String, usize) = Default::default();
        let mut newest_first: Vec<(String, Date)> = self.rows.keys().cloned().collect();
        newest_first.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        for key in newest_first {
            if seen.0 != key.0 {
                seen = (key.0.clone(), 0);
            }
            seen.1 += 1;
            if seen.1 > KEPT {
                self.rows.remove(&key);
            }
        }
    }

    /// The bytes of the file that holds them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let text: Vec<u8> = self.rows.values().flat_map(SymbolSession::to_line).collect();
        encode_plain_member(&text)
    }

    /// The returns of the quarter hours of the sessions that are over at the moment seen from, and between which moments
    /// they are the same ones: at the first or after it, and before the second.
    pub(crate) fn into_returns(self, context: &Context<'_>) -> (BarReturns, [Timestamp; 2]) {
        let mut returns = BarReturns::default();
        let mut between = [Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX)];
        for ((symbol, date), row) in self.rows {
            let Some(session) = context.market().of_symbol(&symbol).session(date) else { continue };
            if session.close <= context.seen_from() {
                between[0] = between[0].max(session.close);
                returns.push(&symbol, date.num_days_from_ce(), row.returns_15m);
            } else {
                between[1] = between[1].min(session.close);
            }
        }
        (returns, between)
    }
}
