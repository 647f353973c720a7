//! What there is to replay: the record session by session, and what could be learned at each close.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::super::training::RETRAIN_DAYS;
use super::super::{Context, Reading};
use super::ReplayRequest;
use crate::domain::{Date, Market, Timestamp, Window, next_day};
use crate::files::decision_log::{complete_from_signals, knob_timeline, read_decision_log};
use crate::files::surroundings::{Wanted, read_surroundings};
use crate::files::training_rows::{RowsReport, read};
use crate::learn::{Costs, Dataset, Draft, Example, ModelFile, Source, Surroundings};
use crate::metrics::HoldCounts;
use crate::simulate::{DecisionLog, DecisionRecord, LeftOut};
use crate::store::{Log, StoreError};
use crate::wire::{Resolution, TrainingRecord, learn_from_outcome, learn_from_signal, signal_with};

/// Days of rows that a retrain learns from.
const DAYS: i64 = RETRAIN_DAYS as i64;

/// A session with what was offered in it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Its trading date.
    pub date: Date,
    /// When the day's work is done: five minutes after the close.
    pub close: Timestamp,
    /// The records that were offered since the close before.
    pub slots: Range<usize>,
}

/// A labelled row, once it is known.
struct Row {
    known: Timestamp,
    at: Timestamp,
    id: String,
    draft: Draft,
    resolved: Resolution,
    source: Source,
}

/// The whole history.
pub(super) struct History {
    pub decision_log: DecisionLog,
    pub sessions: Vec<Session>,
    pub reading: Reading,
    /// Missed signals without an outcome.
    pub without_outcome: u64,
    /// Missed signals whose outcome carries no costs.
    pub without_costs: u64,
    /// How the hypothetical positions of those with an outcome are left.
    pub holds: HoldCounts,
    /// Records that are left out, by experiment.
    pub left_out: Vec<LeftOut>,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Changes with everything that goes in.
    pub fingerprint: u64,
    rows: Vec<Row>,
    names: Dataset,
    offers: Dataset,
    around: Surroundings,
    /// The example of each record that has features, by its place in the decision log.
    example: Vec<Option<usize>>,
    costs: Costs,
    pub market: Market,
}

/// A record as it is read: in the decision log, and as something to learn from.
struct Offer {
    record: DecisionRecord,
    learnable: Option<TrainingRecord>,
    hash: u64,
}

impl Offer {
    /// What there is to learn from it, under the name by which it is found again.
    fn take_learnable(&mut self) -> Option<((bool, String, Timestamp), TrainingRecord)> {
        let record = &self.record;
        let key = (record_is_taken(record), record.id.clone(), record.at);
        Some((key, self.learnable.take()?))
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// When the outcome of a signal can be known: its session is over.
fn known_at(market: &Market, symbol: Option<&str>, at: Timestamp) -> Timestamp {
    let calendar = market.of_symbol(symbol.unwrap_or_default());
    calendar.session(calendar.trading_date(at)).map_or(at, |session| session.close.max(at))
}

/// A recorded signal with its moment.
type TimedSignal = (TrainingRecord, Timestamp);

/// The recorded signals whose moment counts, how many lines could not be read, and what tells them from others.
fn signals_of(
    context: &Context<'_>,
    inside: impl Fn(Timestamp) -> bool,
) -> Result<(Vec<TimedSignal>, u64, u64), StoreError> {
    let mut report = RowsReport::default();
    let mut signals: Vec<TimedSignal> = Vec::new();
    let mut fingerprint = 0u64;
    read(
        context,
        Log::Signals,
        None,
        signal_with,
        |_| true,
        &mut report,
        |signal| {
            if let Some(at) = signal.known.at.filter(|at| inside(*at)) {
                fingerprint = fingerprint.wrapping_add(hash_of(format!("{signal:?}").as_bytes()));
                signals.push((signal, at));
            }
        },
    )?;
    Ok((signals, report.unreadable, fingerprint))
}

impl History {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`] when a log or the brain file cannot be read.
    pub(super) fn read(context: &Context<'_>, request: &ReplayRequest) -> Result<Self, StoreError> {
        let mut timeline = knob_timeline(context)?;
        for (name, value) in &request.in_force {
            timeline.overrule(*name, *value);
        }
        let found = read_decision_log(context, Window::All, |record, line| {
            let learn = if record_is_taken(&record) { learn_from_outcome } else { learn_from_signal };
            let learnable = learn(line);
            Offer { record, learnable: learnable.ok(), hash: hash_of(line) }
        })?;
        let market = context.market();
        let inside = |at: Timestamp| {
            let date = market.trading_date(at);
            request.from.is_none_or(|from| date >= from) && request.to.is_none_or(|to| date <= to)
        };
        let mut offers: Vec<Offer> = found.records;
        offers.retain(|offer| inside(offer.record.at));
        complete_from_signals(context, Window::All, offers.iter_mut().map(|offer| &mut offer.record))?;
        let what = (request.from, request.to, request.cycle, request.without_model);
        let set = &context.settings;
        let costs = found.costs.unwrap_or_default();
        let settings = (&set.rulebook, set.capital, costs, &set.guard);
        let mut fingerprint =
            hash_of(format!("{what:?}{settings:?}{timeline:?}{}", market.fingerprint()).as_bytes());
        let (signals, unreadable, of_signals) = signals_of(context, inside)?;
        let around = around(context, &offers, &signals, !request.without_model)?;
        fingerprint = fingerprint.wrapping_add(of_signals).wrapping_add(hash_of_offers(&offers));
        if let (Some(news), Some(last)) = (&around.news, moments(&offers, &signals).max()) {
            // What is told after the last row changes nothing of what went before.
            fingerprint = fingerprint.wrapping_add(news.mark(last));
        }
        let mut history = Self {
            decision_log: DecisionLog::default(),
            sessions: Vec::new(),
            reading: found.reading,
            without_outcome: found.without_outcome,
            without_costs: found.without_costs,
            holds: found.holds,
            left_out: found.left_out,
            unreadable: found.unreadable_signals + unreadable,
            fingerprint,
            rows: Vec::new(),
            names: Dataset::new(market),
            offers: Dataset::new(market),
            around,
            example: Vec::new(),
            costs,
            market: market.clone(),
        };
        history.learn_from(&offers, &signals);
        let learnables: HashMap<(bool, String, Timestamp), TrainingRecord> =
            offers.iter_mut().filter_map(Offer::take_learnable).collect();
        let records = offers.into_iter().map(|offer| offer.record).collect();
        history.decision_log = DecisionLog::new(records, &timeline, request.cycle);
        history.offer(&learnables, &by_id(&signals));
        history.offers.surround(&history.around);
        history.hold_sessions(context.seen_from(), request);
        Ok(history)
    }

    /// Every row that can ever be learned from, with the moment from which it is known.
    fn learn_from(&mut self, offers: &[Offer], signals: &[(TrainingRecord, Timestamp)]) {
        let by_id = by_id(signals);
        let mut rows: Vec<(&TrainingRecord, Timestamp, Timestamp, Source)> = Vec::new();
        for offer in offers {
            let Some(learnable) = &offer.learnable else { continue };
            let taken = record_is_taken(&offer.record);
            let at = offer.record.at;
            let known = if taken {
                offer.record.exit
            } else {
                known_at(&self.market, learnable.known.symbol.as_deref(), at)
            };
            rows.push((learnable, at, known, if taken { Source::Trade } else { Source::Missed }));
        }
        rows.extend(signals.iter().map(|(signal, at)| {
            let known = known_at(&self.market, signal.known.symbol.as_deref(), *at);
            (signal, *at, known, Source::Pick)
        }));
        for (place, (learnable, at, known, source)) in rows.into_iter().enumerate() {
            let Some(resolved) = learnable.resolved else { continue };
            let mut draft = self.names.draft(&learnable.known);
            if source != Source::Pick
                && let Some(signal) = signal_of(learnable, at, &by_id)
            {
                let signal = self.names.draft(&signal.known);
                draft.complete_with(&signal);
            }
            if !draft.has_features() {
                continue;
            }
            let id = learnable.signal_id.clone().unwrap_or_else(|| format!("row {place:09}"));
            self.rows.push(Row { known, at, id, draft, resolved, source });
        }
        self.rows.sort_by(|a, b| (a.known, a.at, &a.id, a.source).cmp(&(b.known, b.at, &b.id, b.source)));
    }

    /// What a model can be asked about each record of the decision log.
    fn offer(
        &mut self,
        learnables: &HashMap<(bool, String, Timestamp), TrainingRecord>,
        signals: &HashMap<&str, (&TrainingRecord, Timestamp)>,
    ) {
        for slot in self.decision_log.slots() {
            let record = &slot.record;
            let key = (slot.was_taken(), record.id.clone(), record.at);
            let found = learnables.get(&key).and_then(|learnable| {
                let mut draft = self.offers.draft(&learnable.known);
                if let Some(signal) = signal_of(learnable, record.at, signals) {
                    let signal = self.offers.draft(&signal.known);
                    draft.complete_with(&signal);
                }
                if !draft.has_features() {
                    return None;
                }
                let unknown = Resolution { result_frac: 0.0, costs_known: true, hit_target: false };
                let before = self.offers.examples.len();
                let resolved = learnable.resolved.unwrap_or(unknown);
                self.offers.push(record.id.clone(), draft, &resolved, Source::Pick, self.costs);
                // Without a time there is no row.
                (self.offers.examples.len() > before).then_some(before)
            });
            self.example.push(found);
        }
    }

    fn hold_sessions(&mut self, now: Timestamp, request: &ReplayRequest) {
        let dates: BTreeSet<Date> =
            self.decision_log.slots().iter().map(|slot| self.market.trading_date(slot.record.at)).collect();
        let (Some(first), Some(last)) = (dates.first().copied(), dates.last().copied()) else { return };
        let mut date = request.from.unwrap_or(first).max(first);
        let last = request.to.unwrap_or(last).min(self.market.trading_date(now));
        let (mut begin, mut idle) = (0, 0);
        while date <= last {
            let session = self.market.calendar().session(date);
            let traded = dates.contains(&date);
            idle = if traded { 0 } else { idle + 1 };
            // The day's work is done at every session; after a month without a record there is nothing left to do.
            // What was traded on a day without one is looked at when that day is over.
            let end_of_day = || traded.then(|| self.market.calendar().bounds(date).1);
            let close = session.map(|session| session.post_market()).or_else(end_of_day);
            if let Some(close) = close.filter(|close| (traded || idle <= DAYS) && *close <= now) {
                let end = self.decision_log.slots().partition_point(|slot| slot.record.at <= close);
                self.sessions.push(Session { date, close, slots: begin..end });
                begin = end;
            }
            let next = next_day(date);
            if next == date {
                break;
            }
            date = next;
        }
    }

    /// The rows that `retrain` would have found at a close.
    pub(super) fn rows_known(&self, close: Timestamp) -> Dataset {
        let since = close.plus_days(-DAYS);
        let mut dataset = self.names.clone();
        let end = self.rows.partition_point(|row| row.known <= close);
        for row in self.rows[..end].iter().rev().take_while(|row| row.known > since) {
            if row.at > since {
                dataset.push(row.id.clone(), row.draft.clone(), &row.resolved, row.source, self.costs);
            }
        }
        dataset.sort();
        dataset.surround(&self.around);
        dataset
    }

    /// The chance that a model gives each of these records; none without features.
    pub(super) fn chances(&self, file: &ModelFile, slots: impl Iterator<Item = usize>) -> Vec<Option<f64>> {
        let examples: Vec<Option<usize>> = slots.map(|slot| self.example[slot]).collect();
        let rows: Vec<usize> = examples.iter().flatten().copied().collect();
        let table = file.manifest.table(&self.offers, &rows);
        let mut given = file.model.predict_all(&table).into_iter();
        examples.into_iter().map(|example| example.and_then(|_| given.next())).collect()
    }

    /// The row of a record with its label, for a record whose outcome is known by now.
    pub(super) fn labelled(&self, slot: usize) -> Option<&Example> {
        self.example[slot].map(|example| &self.offers.examples[example])
    }
}

/// What tells these offers from others.
fn hash_of_offers(offers: &[Offer]) -> u64 {
    // What the signals said of one is in no line of its own.
    let completed = |offer: &Offer| hash_of(format!("{:?}", offer.record).as_bytes());
    let of = |offer: &Offer| offer.hash.wrapping_add(completed(offer));
    offers.iter().fold(0, |sum, offer| sum.wrapping_add(of(offer)))
}

/// When each of these was recorded.
fn moments(offers: &[Offer], signals: &[TimedSignal]) -> impl Iterator<Item = Timestamp> {
    offers.iter().map(|offer| offer.record.at).chain(signals.iter().map(|signal| signal.1))
}

/// What was known beside the records: how sectors did by the trades that were taken, and, for lives that train, what the
/// news said. Each row takes of it what was known at its own moment, so that it may reach to the end of the record.
fn around(
    context: &Context<'_>,
    offers: &[Offer],
    signals: &[TimedSignal],
    news: bool,
) -> Result<Surroundings, StoreError> {
    let market = context.market();
    let mut around = match moments(offers, signals).min() {
        Some(first) => {
            read_surroundings(context, market.trading_date(first), Wanted { sectors: false, news })?
        }
        None => Surroundings::default(),
    };
    let mut trades: Vec<(Timestamp, &str, f64)> = (offers.iter())
        .filter(|offer| record_is_taken(&offer.record))
        .filter_map(|offer| {
            let learnable = offer.learnable.as_ref()?;
            Some((offer.record.exit, learnable.known.word("sector")?, learnable.resolved?.result_frac))
        })
        .collect();
    trades.sort_by_key(|trade| trade.0);
    for (exit, sector, net_frac) in trades {
        around.sectors.push(market.trading_date(exit), sector, net_frac);
    }
    Ok(around)
}

fn record_is_taken(record: &DecisionRecord) -> bool {
    matches!(record.offered, crate::simulate::Offered::Taken(_))
}

fn by_id(signals: &[(TrainingRecord, Timestamp)]) -> HashMap<&str, (&TrainingRecord, Timestamp)> {
    let mut found = HashMap::new();
    for (signal, at) in signals {
        if let Some(id) = &signal.signal_id {
            found.entry(id.as_str()).or_insert((signal, *at));
        }
    }
    found
}

/// The signal behind a record, which came before it.
fn signal_of<'a>(
    learnable: &TrainingRecord,
    at: Timestamp,
    signals: &HashMap<&str, (&'a TrainingRecord, Timestamp)>,
) -> Option<&'a TrainingRecord> {
    let (signal, signalled) = signals.get(learnable.signal_id.as_deref()?)?;
    (*signalled <= at).then_some(*signal)
}
