//! What a trade does not say itself, and its signal or the settings do: the words by which trades are told apart.

use std::collections::HashMap;

use super::Context;
use super::trade_signals::signals_of;
use super::trades_in_window::named_signals;
use crate::domain::{Instruments, TradeFacts, UNKNOWN, Window};
use crate::store::StoreError;
use crate::wire::{JsonObject, StoredOutcome};

/// What a signal says of the trade that it led to.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignalWords {
    pub setup: Option<Box<str>>,
    pub sector: Option<Box<str>>,
    regime: Option<Box<str>>,
    timeframe: Option<Box<str>>,
    confidence: Option<f64>,
}

impl SignalWords {
    pub(crate) fn of(signal: &JsonObject) -> Self {
        let word = |key: &str| {
            signal.get(key).and_then(|value| value.as_str()).filter(|word| !word.is_empty()).map(Into::into)
        };
        Self {
            setup: word("setup"),
            sector: word("sector"),
            regime: word("regime"),
            timeframe: word("timeframe"),
            confidence: signal.get("confidence").and_then(|value| value.as_f64()),
        }
    }
}

/// What the signals behind the trades of a window say, as far as the trades do not, and what the settings say of sectors.
#[derive(Clone, Debug, Default)]
pub(crate) struct SaidElsewhere {
    signals: HashMap<String, SignalWords>,
    instruments: Instruments,
}

/// Whether a trade leaves anything open that its signal may say.
fn is_open(stored: &StoredOutcome<'_>) -> bool {
    let facts = stored.facts();
    let words = [facts.setup, facts.sector, facts.regime, facts.timeframe];
    facts.confidence.is_none() || words.contains(&UNKNOWN)
}

impl SaidElsewhere {
    /// Reads it. Trades are looked through for their signals only where there is a log of signals, and that only where a trade
    /// leaves something open.
    ///
    /// # Errors
    /// [`StoreError`] when a log cannot be read at all.
    pub(crate) fn read(context: &Context<'_>, window: Window) -> Result<Self, StoreError> {
        let wanted = named_signals(context, window, |stored, _| is_open(stored))?;
        let signals = signals_of(context, window, Some(&wanted), SignalWords::of)?;
        Ok(Self { signals, instruments: context.settings.instruments.clone() })
    }

    /// The facts of a stored trade, with what it leaves open.
    pub(crate) fn complete<'t>(&'t self, stored: &'t StoredOutcome<'_>) -> TradeFacts<'t> {
        let mut facts = stored.facts();
        let words = |word: &mut &'t str, said: Option<&'t str>| {
            if *word == UNKNOWN {
                *word = said.unwrap_or(UNKNOWN);
            }
        };
        if let Some(signal) = stored.signal_id().and_then(|id| self.signals.get(id)) {
            words(&mut facts.setup, signal.setup.as_deref());
            words(&mut facts.sector, signal.sector.as_deref());
            words(&mut facts.regime, signal.regime.as_deref());
            words(&mut facts.timeframe, signal.timeframe.as_deref());
            facts.confidence = facts.confidence.or(signal.confidence);
        }
        if facts.sector == UNKNOWN {
            words(&mut facts.sector, self.instruments.sector(facts.symbol));
        }
        facts
    }
}
