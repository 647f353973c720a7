//! `symbol_sessions.jsonl.gz`: a row a symbol and session, kept of the price files that were read.

use std::collections::BTreeMap;
use std::io::Read as _;

use chrono::Datelike;

use super::Context;
use crate::decide::BarReturns;
use crate::domain::Date;
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
    /// Lines that could not be read.
    pub unreadable: u64,
}

impl SymbolSessions {
    /// Reads the sessions that were over at the moment seen from.
    ///
    /// # Errors
    /// [`StoreError`] when the file is there and cannot be read, or is damaged.
    pub(crate) fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let path = context.layout.symbol_sessions();
        let Some(bytes) = read_state(context.disk, &path)? else { return Ok(Self::default()) };
        let mut text = Vec::new();
        gunzip(&bytes[..])
            .take(MAX_TEXT)
            .read_to_end(&mut text)
            .map_err(|error| StoreError::Corrupt { path, why: error.to_string() })?;
        let last = context.session_date();
        let mut found = Self::default();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match SymbolSession::read(line) {
                Some((date, row)) if date <= last => drop(found.rows.insert((row.symbol.clone(), date), row)),
                Some(_) => {}
                None => found.unreadable += 1,
            }
        }
        Ok(found)
    }

    /// Puts sessions in. Of one that is there, that with more bars counts: a file may have had a part of it.
    pub(crate) fn put(&mut self, found: impl IntoIterator<Item = (Date, SymbolSession)>) {
        for (date, row) in found {
            let key = (row.symbol.clone(), date);
            if self.rows.get(&key).is_none_or(|known| known.bars <= row.bars) {
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

    /// Replaces the file. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub(crate) fn write(&self, context: &Context<'_>) -> Result<(), StoreError> {
        let text: Vec<u8> = self.rows.values().flat_map(SymbolSession::to_line).collect();
        let path = context.layout.symbol_sessions();
        replace_state(context.disk, &path, &encode_plain_member(&text), Durability::Durable)
    }

    /// The returns of the quarter hours.
    pub(crate) fn returns(&self) -> BarReturns {
        let mut returns = BarReturns::default();
        for ((symbol, date), row) in &self.rows {
            returns.push(symbol, date.num_days_from_ce(), row.returns_15m.clone());
        }
        returns
    }
}
