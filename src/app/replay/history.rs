//! What there is to replay: the record session by session, and what could be learned at each close.

use std::collections::{BTreeSet, HashMap};

use super::super::training::RETRAIN_DAYS;
use super::super::{Context, Reading};
use super::ReplayRequest;
use super::entries::{Entries, Places, Session};
use super::life_trades::REMEMBERED_DAYS;
use super::sifted::{Offer, Sieve, Sifted, TimedSignal, by_id, hash_of};
use crate::domain::{Date, Market, Timestamp, Window, next_day};
use crate::files::decision_log::{fold_decisions, knob_timeline};
use crate::files::round_trip::round_trip;
use crate::files::surroundings::{Wanted, read_surroundings};
use crate::files::trade_signals::said_by_signals;
use crate::files::trades_in_window::has_signals;
use crate::files::training_rows::{RowsReport, read};
use crate::learn::{Costs, Dataset, Example, ModelFile, Surroundings};
use crate::metrics::HoldCounts;
use crate::simulate::{LeftOut, LogWalk};
use crate::store::{Log, StoreError};
use crate::wire::signal_with;

/// Days of rows that a retrain learns from.
const DAYS: i64 = RETRAIN_DAYS as i64;

/// The whole history.
pub(super) struct History {
    pub entries: Entries,
    pub sessions: Vec<Session>,
    /// Records of the decision log.
    pub records: usize,
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
    sifted: Sifted,
    around: Surroundings,
    costs: Costs,
    pub market: Market,
}

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
        let (market, known_costs) = (context.market(), round_trip(context));
        let costs = known_costs.unwrap_or_default();
        let dates = (request.from, request.to);
        let mut sieve =
            Sieve { market, costs, dates, signals: &HashMap::new(), has_signals: has_signals(context) };
        let (signals, unreadable, of_signals) =
            signals_of(context, |at| sieve.is_inside(market.trading_date(at)))?;
        let signals_by_id = by_id(&signals);
        sieve.signals = &signals_by_id;
        let add = |sifted: &mut Sifted, offer, row| sifted.add(offer, row, &sieve);
        let begin = || Sifted::new(market);
        let (found, log) = fold_decisions(context, (Window::All, known_costs), Offer::of, begin, add)?;
        let mut sifted = found.records;
        signals.iter().for_each(|signal| sifted.add_signal(signal, &sieve));
        sifted.rows.sort_by(|a, b| (a.known, a.at, &a.id, a.source).cmp(&(b.known, b.at, &b.id, b.source)));
        let said = said_by_signals(context, Window::All, &std::mem::take(&mut sifted.named))?;
        sifted.hear(&said);
        let around = around(context, &mut sifted, !request.without_model)?;
        sifted.offers.surround(&around);
        let what = (request.from, request.to, request.cycle, request.without_model);
        let set = &context.settings;
        let settings = (&set.rulebook, set.capital, costs, &set.guard);
        let mut fingerprint =
            hash_of(format!("{what:?}{settings:?}{timeline:?}{}", market.fingerprint()).as_bytes());
        fingerprint = fingerprint.wrapping_add(of_signals).wrapping_add(sifted.fingerprint);
        if let (Some(news), Some((_, last))) = (&around.news, sifted.moments) {
            // What is told after the last row changes nothing of what went before.
            fingerprint = fingerprint.wrapping_add(news.mark(last));
        }
        let (trades, missed) = (std::mem::take(&mut sifted.trades), std::mem::take(&mut sifted.missed));
        let mut places = Places { log, trades, missed, said };
        places.sort();
        Ok(Self {
            sessions: sessions(context, request, &sifted.dates, &places),
            records: places.count(),
            entries: Entries::new(places, timeline, LogWalk::new(request.cycle), market),
            reading: found.reading,
            without_outcome: found.without_outcome,
            without_costs: found.without_costs,
            holds: found.holds,
            left_out: found.left_out,
            unreadable: found.unreadable_signals + unreadable,
            fingerprint,
            sifted,
            around,
            costs,
            market: market.clone(),
        })
    }

    /// Reads what was offered in a session.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub(super) fn load(&mut self, session: usize) -> Result<(), StoreError> {
        if let Some(before) = session.checked_sub(1) {
            self.entries.forget(self.sessions[before].close.plus_days(-REMEMBERED_DAYS));
        }
        self.entries.load(&self.sessions[session..])
    }

    /// The rows that `retrain` would have found at a close.
    pub(super) fn rows_known(&self, close: Timestamp) -> Dataset {
        let since = close.plus_days(-DAYS);
        let mut dataset = self.sifted.names.clone();
        let end = self.sifted.rows.partition_point(|row| row.known <= close);
        for row in self.sifted.rows[..end].iter().rev().take_while(|row| row.known > since) {
            if row.at > since {
                dataset.push(row.id.clone(), row.draft.clone(), &row.resolved, row.source, self.costs);
            }
        }
        dataset.sort();
        dataset.surround(&self.around);
        dataset
    }

    /// The example of a record at hand, where it has features.
    fn example(&self, slot: usize) -> Option<usize> {
        self.sifted.example(&self.entries.get(slot).record)
    }

    /// The chance that a model gives each of these records; none without features.
    pub(super) fn chances(&self, file: &ModelFile, slots: impl Iterator<Item = usize>) -> Vec<Option<f64>> {
        let examples: Vec<Option<usize>> = slots.map(|slot| self.example(slot)).collect();
        let rows: Vec<usize> = examples.iter().flatten().copied().collect();
        let table = file.manifest.table(&self.sifted.offers, &rows);
        let mut given = file.model.predict_all(&table).into_iter();
        examples.into_iter().map(|example| example.and_then(|_| given.next())).collect()
    }

    /// The row of a record with its label, for a record whose outcome is known by now.
    pub(super) fn labelled(&self, slot: usize) -> Option<&Example> {
        self.example(slot).map(|example| &self.sifted.offers.examples[example])
    }
}

/// The sessions of the decision log.
fn sessions(
    context: &Context<'_>,
    request: &ReplayRequest,
    dates: &BTreeSet<Date>,
    places: &Places,
) -> Vec<Session> {
    let (market, now) = (context.market(), context.seen_from());
    let mut sessions = Vec::new();
    let (Some(first), Some(last)) = (dates.first().copied(), dates.last().copied()) else { return sessions };
    let mut date = request.from.unwrap_or(first).max(first);
    let last = request.to.unwrap_or(last).min(market.trading_date(now));
    let (mut begin, mut idle) = (0, 0);
    while date <= last {
        let session = market.calendar().session(date);
        let traded = dates.contains(&date);
        idle = if traded { 0 } else { idle + 1 };
        // The day's work is done at every session; after a month without a record there is nothing left to do.
        // What was traded on a day without one is looked at when that day is over.
        let end_of_day = || traded.then(|| market.calendar().bounds(date).1);
        let close = session.map(|session| session.post_market()).or_else(end_of_day);
        if let Some(close) = close.filter(|close| (traded || idle <= DAYS) && *close <= now) {
            let end = places.until(close);
            sessions.push(Session { date, close, slots: begin..end });
            begin = end;
        }
        let next = next_day(date);
        if next == date {
            break;
        }
        date = next;
    }
    sessions
}

/// What was known beside the records: how sectors did by the trades that were taken, and, for lives that train, what the
/// news said. Each row takes of it what was known at its own moment, so that it may reach to the end of the record.
fn around(context: &Context<'_>, sifted: &mut Sifted, news: bool) -> Result<Surroundings, StoreError> {
    let mut around = match sifted.moments {
        Some((first, _)) => {
            let first = context.market().trading_date(first);
            read_surroundings(context, first, Wanted { sectors: false, news })?
        }
        None => Surroundings::default(),
    };
    around.sectors = std::mem::take(&mut sifted.sectors);
    Ok(around)
}
