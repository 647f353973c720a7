//! What a price file says of the sessions of the symbols that the engine trades, whether or not a signal waits for it.

use std::collections::{BTreeMap, HashMap};

use crate::app::Context;
use crate::domain::{Date, Timestamp, Window};
use crate::files::symbol_sessions::{
    SymbolSessions, session_row, symbol_session_bytes, write_symbol_sessions,
};
use crate::files::trades_in_window::each_trade;
use crate::metrics::SessionBars;
use crate::store::{StoreError, StoreLock};
use crate::wire::SymbolSession;

/// Days in which a symbol must have been traded.
const DAYS: Window = Window::Days(90);

/// The most symbols that are kept, those with the most trades.
const MOST_SYMBOLS: usize = 200;

/// Older prices are of no session that is kept.
const OLDEST_DAYS: i64 = 400;

/// The sessions of a symbol, and the one that its last price was of.
#[derive(Default)]
struct OfSymbol {
    sessions: BTreeMap<Date, SessionBars>,
    last: Option<Date>,
}

/// The sessions that price files are looked through for.
pub(in crate::app) struct SymbolBars<'a, 'd> {
    context: &'a Context<'d>,
    symbols: HashMap<String, OfSymbol>,
    since: Timestamp,
}

impl<'a, 'd> SymbolBars<'a, 'd> {
    /// Those of the symbols that were traded lately.
    ///
    /// # Errors
    /// [`StoreError`] when the log of trades cannot be read at all.
    pub(super) fn of_traded(context: &'a Context<'d>) -> Result<Self, StoreError> {
        let (traded, _) = each_trade(context, DAYS, |stored, _| Ok(stored.facts().symbol.to_owned()))?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        traded.into_iter().for_each(|symbol| *counts.entry(symbol).or_default() += 1);
        let mut symbols: Vec<(String, u64)> = counts.into_iter().collect();
        symbols.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let symbols = symbols.into_iter().take(MOST_SYMBOLS).map(|(symbol, _)| (symbol, OfSymbol::default()));
        let since = context.now.plus_days(-OLDEST_DAYS);
        Ok(Self { context, symbols: symbols.collect(), since })
    }

    /// The symbols whose prices are looked at, in no order.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.keys().map(String::as_str)
    }

    /// A price of the file.
    pub(super) fn see(&mut self, symbol: &str, at: Timestamp, price: f64) {
        let Some(of) = self.symbols.get_mut(symbol).filter(|_| at >= self.since) else { return };
        if let Some(bars) = of.last.and_then(|date| of.sessions.get_mut(&date))
            && (bars.session().open..bars.session().close).contains(&at)
        {
            bars.see(at, price);
            return;
        }
        let calendar = self.context.market().of_symbol(symbol);
        let date = calendar.trading_date(at);
        // What is not over yet is not known.
        let session = calendar.session(date).filter(|session| session.close <= self.context.now);
        if let Some(session) = session {
            of.sessions.entry(date).or_insert_with(|| SessionBars::new(session)).see(at, price);
            of.last = Some(date);
        }
    }

    /// What is to be kept of what was seen, made ready without the lock.
    ///
    /// # Errors
    /// [`StoreError`] when the file of sessions cannot be read.
    pub(super) fn ready(self) -> Result<ReadySessions<'a, 'd>, StoreError> {
        let mut found: Vec<(Date, SymbolSession)> = Vec::new();
        for (symbol, of) in &self.symbols {
            let row = |(date, bars): (&Date, &SessionBars)| {
                Some((*date, session_row(symbol, *date, bars.figures()?)))
            };
            found.extend(of.sessions.iter().filter_map(row));
        }
        let context = self.context;
        let before = symbol_session_bytes(context)?;
        let after = with(context, before.as_deref(), &found)?;
        Ok(ReadySessions { context, found, before, after })
    }
}

/// The bytes of the file with the sessions that were found put in; none where that changes nothing.
fn with(
    context: &Context<'_>,
    before: Option<&[u8]>,
    found: &[(Date, SymbolSession)],
) -> Result<Option<Vec<u8>>, StoreError> {
    if found.is_empty() {
        return Ok(None);
    }
    let mut sessions = SymbolSessions::parse(context, before, None)?;
    let had = sessions.clone();
    sessions.put(found.iter().cloned());
    Ok((sessions != had).then(|| sessions.to_bytes()))
}

/// Sessions that are ready to be kept.
pub(super) struct ReadySessions<'a, 'd> {
    context: &'a Context<'d>,
    found: Vec<(Date, SymbolSession)>,
    /// The file that they were put into.
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

impl ReadySessions<'_, '_> {
    /// Keeps them; how many they are.
    ///
    /// # Errors
    /// [`StoreError`] when the file of sessions cannot be read or written; it is then as it was.
    pub(super) fn keep(self, _lock: &StoreLock) -> Result<u64, StoreError> {
        let now = symbol_session_bytes(self.context)?;
        let after =
            if now == self.before { self.after } else { with(self.context, now.as_deref(), &self.found)? };
        after.map_or(Ok(()), |bytes| write_symbol_sessions(self.context, &bytes))?;
        Ok(self.found.len() as u64)
    }
}
