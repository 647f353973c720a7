//! The first reading of what is replayed: where each record stands, what can be learned, and what tells it all from another
//! history.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::{Date, Market, Timestamp};
use crate::files::trade_signals::SaidBySignals;
use crate::learn::{Costs, Dataset, Draft, SectorResults, Source};
use crate::simulate::{DecisionRecord, Offered};
use crate::wire::{Resolution, TrainingRecord, learn_from_outcome, learn_from_signal};

/// A labelled row, once it is known.
pub(super) struct Row {
    pub known: Timestamp,
    pub at: Timestamp,
    pub id: String,
    pub draft: Draft,
    pub resolved: Resolution,
    pub source: Source,
}

/// When the outcome of a signal can be known: its session is over.
fn known_at(market: &Market, symbol: Option<&str>, at: Timestamp) -> Timestamp {
    let calendar = market.of_symbol(symbol.unwrap_or_default());
    calendar.session(calendar.trading_date(at)).map_or(at, |session| session.close.max(at))
}

/// A record as it is read: in the decision log, and as something to learn from.
pub(super) struct Offer {
    record: DecisionRecord,
    learnable: Option<Box<TrainingRecord>>,
    hash: u64,
}

impl Offer {
    pub(super) fn of(record: DecisionRecord, line: &[u8]) -> Self {
        let learn = if is_taken(&record) { learn_from_outcome } else { learn_from_signal };
        Self { learnable: learn(line).ok().map(Box::new), hash: hash_of(line), record }
    }
}

fn is_taken(record: &DecisionRecord) -> bool {
    matches!(record.offered, Offered::Taken(_))
}

pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// A recorded signal with its moment.
pub(super) type TimedSignal = (TrainingRecord, Timestamp);

/// Signals by their ids; of a signal recorded twice, the first.
pub(super) fn by_id(signals: &[TimedSignal]) -> HashMap<&str, (&TrainingRecord, Timestamp)> {
    let mut found = HashMap::new();
    for (signal, at) in signals {
        if let Some(id) = &signal.signal_id {
            found.entry(id.as_str()).or_insert((signal, *at));
        }
    }
    found
}

/// By which the example of a record is found again: whether it was traded, its id and its moment.
type ExampleKey = (bool, String, Timestamp);

/// What the records are sifted by.
#[derive(Clone, Copy)]
pub(super) struct Sieve<'s> {
    pub market: &'s Market,
    pub costs: Costs,
    /// The dates that are replayed.
    pub dates: (Option<Date>, Option<Date>),
    pub signals: &'s HashMap<&'s str, (&'s TrainingRecord, Timestamp)>,
    /// Whether signals say anything of trades.
    pub has_signals: bool,
}

impl Sieve<'_> {
    pub(super) fn is_inside(&self, date: Date) -> bool {
        let (from, to) = self.dates;
        from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)
    }

    /// The signal behind a record, which came before it.
    fn signal_of(&self, learnable: &TrainingRecord, at: Timestamp) -> Option<&TrainingRecord> {
        let (signal, signalled) = self.signals.get(learnable.signal_id.as_deref()?)?;
        (*signalled <= at).then_some(*signal)
    }
}

/// What was found.
pub(super) struct Sifted {
    pub trades: Vec<(Timestamp, u64)>,
    pub missed: Vec<DecisionRecord>,
    /// Signals that trades name.
    pub named: HashSet<Box<str>>,
    /// Trading dates with a record.
    pub dates: BTreeSet<Date>,
    /// The first and the last moment of a record.
    pub moments: Option<(Timestamp, Timestamp)>,
    pub sectors: SectorResults,
    pub fingerprint: u64,
    pub rows: Vec<Row>,
    /// Records and signals with something to learn from, so far.
    place: usize,
    pub names: Dataset,
    pub offers: Dataset,
    examples: HashMap<ExampleKey, u32>,
}

impl Sifted {
    pub(super) fn new(market: &Market) -> Self {
        Self {
            trades: Vec::new(),
            missed: Vec::new(),
            named: HashSet::new(),
            dates: BTreeSet::new(),
            moments: None,
            sectors: SectorResults::default(),
            fingerprint: 0,
            rows: Vec::new(),
            place: 0,
            names: Dataset::new(market),
            offers: Dataset::new(market),
            examples: HashMap::new(),
        }
    }

    /// The example of a record, where it has features.
    pub(super) fn example(&self, record: &DecisionRecord) -> Option<usize> {
        if self.examples.is_empty() {
            return None;
        }
        self.examples.get(&(is_taken(record), record.id.clone(), record.at)).map(|example| *example as usize)
    }

    /// Takes in a record, a trade with its row.
    pub(super) fn add(&mut self, offer: Offer, row: Option<u64>, sieve: &Sieve<'_>) {
        let Offer { record, learnable, hash } = offer;
        let (date, at) = (sieve.market.trading_date(record.at), record.at);
        if !sieve.is_inside(date) {
            return;
        }
        self.dates.insert(date);
        self.see(at);
        self.fingerprint = self.fingerprint.wrapping_add(hash);
        if let Some(learnable) = &learnable {
            self.learn(&record, learnable, sieve);
            self.offer(&record, learnable, sieve);
        }
        if sieve.has_signals {
            self.named.extend(record.signal.as_deref().map(Into::into));
        }
        match row {
            Some(row) => self.trades.push((at, row)),
            None => self.missed.push(record),
        }
    }

    fn see(&mut self, at: Timestamp) {
        let (first, last) = self.moments.unwrap_or((at, at));
        self.moments = Some((first.min(at), last.max(at)));
    }

    /// A row that can be learned from, with the moment from which it is known.
    fn learn(&mut self, record: &DecisionRecord, learnable: &TrainingRecord, sieve: &Sieve<'_>) {
        let (market, taken) = (sieve.market, is_taken(record));
        let known =
            if taken { record.exit } else { known_at(market, learnable.known.symbol.as_deref(), record.at) };
        if let (true, Some(sector), Some(resolved)) =
            (taken, learnable.known.word("sector"), &learnable.resolved)
        {
            self.sectors.push(market.trading_date(record.exit), sector, resolved.result_frac);
        }
        let source = if taken { Source::Trade } else { Source::Missed };
        self.push_row((learnable, source), (record.at, known), sieve);
    }

    /// Takes in a recorded signal.
    pub(super) fn add_signal(&mut self, (signal, at): &TimedSignal, sieve: &Sieve<'_>) {
        self.see(*at);
        let known = known_at(sieve.market, signal.known.symbol.as_deref(), *at);
        self.push_row((signal, Source::Pick), (*at, known), sieve);
    }

    fn push_row(
        &mut self,
        (learnable, source): (&TrainingRecord, Source),
        (at, known): (Timestamp, Timestamp),
        sieve: &Sieve<'_>,
    ) {
        let place = self.place;
        self.place += 1;
        let Some(resolved) = learnable.resolved else { return };
        let mut draft = self.names.draft(&learnable.known);
        if source != Source::Pick
            && let Some(signal) = sieve.signal_of(learnable, at)
        {
            let signal = self.names.draft(&signal.known);
            draft.complete_with(&signal);
        }
        if draft.has_features() {
            let id = learnable.signal_id.clone().unwrap_or_else(|| format!("row {place:09}"));
            self.rows.push(Row { known, at, id, draft, resolved, source });
        }
    }

    /// What a model can be asked about a record of the decision log.
    fn offer(&mut self, record: &DecisionRecord, learnable: &TrainingRecord, sieve: &Sieve<'_>) {
        let mut draft = self.offers.draft(&learnable.known);
        if let Some(signal) = sieve.signal_of(learnable, record.at) {
            let signal = self.offers.draft(&signal.known);
            draft.complete_with(&signal);
        }
        let before = self.offers.examples.len();
        if draft.has_features() {
            let unknown = Resolution { result_frac: 0.0, costs_known: true, hit_target: false };
            let resolved = learnable.resolved.unwrap_or(unknown);
            self.offers.push(record.id.clone(), draft, &resolved, Source::Pick, sieve.costs);
        }
        // Without a time there is no row. Of two records that go by one name the last one counts.
        let key = || (is_taken(record), record.id.clone(), record.at);
        if self.offers.examples.len() > before {
            self.examples.insert(key(), before as u32);
        } else if !self.examples.is_empty() {
            self.examples.remove(&key());
        }
    }

    /// Takes in what signals say of trades: it is in no line of theirs.
    pub(super) fn hear(&mut self, said: &SaidBySignals) {
        let of_one = |one| hash_of(format!("{one:?}").as_bytes());
        self.fingerprint = said.iter().map(of_one).fold(self.fingerprint, u64::wrapping_add);
    }
}
