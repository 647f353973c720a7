//! Signals that wait for prices, and how long each would have been held.

use std::collections::{HashMap, HashSet};

use super::bars::SymbolBars;
use super::{PriceError, PriceOptions, may_be_priced, read_file};
use crate::app::Context;
use crate::domain::Timestamp;
use crate::files::exit_history::ExitHistory;
use crate::metrics::HypotheticalTrade;
use crate::report::Pricing;
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{StoredMissed, read_stored_missed};

/// What waits for prices, by symbol in the order of time; `K` is the name of each.
pub(in crate::app) struct PriceQueue<K>(HashMap<String, Vec<(K, HypotheticalTrade)>>);

/// A symbol's signals are looked through from this long before a price on, in microseconds.
const LONGEST_SPAN_US: i64 = 36 * 3_600_000_000;

impl<K> Default for PriceQueue<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K> PriceQueue<K> {
    /// Waits for prices of a symbol.
    pub(in crate::app) fn push(&mut self, symbol: &str, name: K, watch: HypotheticalTrade) {
        self.0.entry(symbol.to_owned()).or_default().push((name, watch));
    }

    pub(super) fn see(
        &mut self,
        symbol: &str,
        at: Timestamp,
        high: Option<f64>,
        low: Option<f64>,
        close: f64,
    ) {
        let Some(signals) = self.0.get_mut(symbol) else { return };
        let oldest = Timestamp::from_micros(at.micros() - LONGEST_SPAN_US);
        let first = signals.partition_point(|(_, watch)| watch.span().0 < oldest);
        for (_, watch) in signals[first..].iter_mut().take_while(|(_, watch)| watch.span().0 <= at) {
            if at <= watch.span().1 {
                watch.see(at, high, low, close);
            }
        }
    }

    /// The symbols whose prices are waited for, in no order.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads the price files once, and hands back all that waited; with `bars`, what they say of sessions is seen too.
    ///
    /// # Errors
    /// [`PriceError`] when a file cannot be read.
    pub(in crate::app) fn read(
        mut self,
        context: &Context<'_>,
        options: &PriceOptions,
        mut bars: Option<&mut SymbolBars<'_, '_>>,
        pricing: &mut Pricing,
    ) -> Result<impl Iterator<Item = (K, HypotheticalTrade)>, PriceError> {
        self.0.values_mut().for_each(|watches| watches.sort_by_key(|(_, watch)| watch.span().0));
        for path in &options.files {
            read_file(context, (path, options), (&mut self, bars.as_deref_mut()), pricing)?;
        }
        if pricing.prices + pricing.bad_rows == 0 && pricing.likely.is_empty() && !options.files.is_empty() {
            let mut waiting: Vec<&str> = self.symbols().collect();
            waiting.sort_unstable();
            if let [first, others @ ..] = &waiting[..] {
                let more =
                    if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
                pricing
                    .warnings
                    .push(format!("the files have no price of {first}{more}, which signals wait for"));
            }
        }
        Ok(self.0.into_values().flatten())
    }
}

impl PriceQueue<(Log, String)> {
    pub(super) fn gather(
        &mut self,
        context: &Context<'_>,
        log: Log,
        (traded, policies): (&HashSet<String>, &mut Policies),
        again: bool,
    ) -> Result<(), StoreError> {
        let read = |line: &[u8]| -> Option<StoredMissed> {
            read_stored_missed(line).ok().filter(|stored| may_be_priced(stored, again))
        };
        let path = context.layout.log(log);
        let pending = |chunk: crate::store::Chunk<'_>| chunk.lines().filter_map(read).collect::<Vec<_>>();
        let mut waiting: Vec<StoredMissed> = Vec::new();
        scan(context.disk, &path, ScanOptions::default(), pending, |_, found| {
            waiting.extend(
                found.into_iter().filter(|stored| log == Log::Missed || !traded.contains(&stored.id)),
            );
        })?;
        let oldest = waiting.iter().map(|stored| stored.signal.timestamp).min();
        for stored in waiting {
            let mut watch =
                HypotheticalTrade::new(context.market().of_symbol(&stored.signal.symbol), &stored.signal);
            if let Some(minutes) = policies.hold_minutes(context, &stored, oldest)? {
                watch.hold_for(minutes);
            }
            // Older records may have another case than those that are written today.
            let symbol = context.settings.instruments.written(stored.signal.symbol.as_str()).into_owned();
            self.push(&symbol, (log, stored.id), watch);
        }
        Ok(())
    }
}

/// When a hypothetical position is left that no level has closed: where the record says so, where the settings do, else
/// as the engine left its own.
#[derive(Default)]
pub(super) struct Policies(Option<ExitHistory>);

impl Policies {
    /// Minutes; none where it is held to the close. `oldest` is the oldest signal that will be asked about.
    fn hold_minutes(
        &mut self,
        context: &Context<'_>,
        stored: &StoredMissed,
        oldest: Option<Timestamp>,
    ) -> Result<Option<f64>, StoreError> {
        let said = stored.said_hold_minutes().or(context.settings.missed_hold_minutes);
        if let Some(minutes) = said.filter(|minutes| minutes.is_finite() && *minutes >= 0.0) {
            return Ok(Some(minutes));
        }
        let signal = &stored.signal;
        let history = match &mut self.0 {
            Some(history) => history,
            none => none.insert(ExitHistory::read(context, oldest.unwrap_or(signal.timestamp))?),
        };
        let policy = history.at(context.market().trading_date(signal.timestamp));
        Ok(policy.of_setup(signal.setup.as_deref()).hold().map(|hold| hold.median))
    }
}
