//! Holds missed signals against real prices, and fills their records in place.

mod bars;
mod queue;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use self::bars::SymbolBars;
use self::queue::Policies;
pub(super) use self::queue::PriceQueue;
use super::Context;
use super::record::{Recorded, load_checkpoint};
use crate::domain::{Calendar, MissedState, Timestamp};
use crate::files::{MAX_LISTED, checkpointed_log, missed_log};
use crate::metrics::{HypotheticalTrade, Priced};
use crate::report::{FarOff, Pricing};
use crate::store::{
    LineKind, Log, ScanOptions, StoreError, StoreLock, gunzip, rewrite_lines, scan, system_words,
};
use crate::wire::{
    FormatError, PriceRules, StoredMissed, folded, read_prices, read_stored_missed, read_stored_outcome,
};

/// So many days after the date of a signal, by the date of the last session, it is given up without prices.
const GIVEN_UP_DAYS: i64 = 7;

/// Symbols of a price file that nobody waits for: so many are kept in mind.
const MAX_OTHERS: usize = 10_000;

/// Where prices come from.
#[derive(Clone, Debug, Default)]
pub struct PriceOptions {
    /// The files.
    pub files: Vec<PathBuf>,
    /// How their columns are called and their times are read.
    pub rules: PriceRules,
    /// Price anew what an earlier file resolved.
    pub again: bool,
    /// Price the picks that were recorded and never traded too.
    pub all_signals: bool,
}

/// Why pricing failed.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// A price file cannot be read.
    #[error("{}: cannot be read: {}", path.display(), system_words(source))]
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A column is not there.
    #[error("{}: {source}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: FormatError,
    },
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Reads the prices once, fills every signal that they resolve, and writes the analysis of missed signals.
///
/// # Errors
/// [`PriceError`]; the logs are then as they were.
pub fn price(context: &Context<'_>, options: &PriceOptions) -> Result<Pricing, PriceError> {
    let mut pricing = Pricing::default();
    let mut waiting = PriceQueue::<(Log, String)>::default();
    let traded = if options.all_signals { traded(context)? } else { HashSet::new() };
    let logs: &[Log] = if options.all_signals { &[Log::Missed, Log::Signals] } else { &[Log::Missed] };
    let mut policies = Policies::default();
    for log in logs {
        waiting.gather(context, *log, (&traded, &mut policies), options.again)?;
    }
    // Which symbols were traded is asked of the log, and only where there is a price to keep.
    let mut bars = if options.files.is_empty() { None } else { Some(SymbolBars::of_traded(context)?) };
    let watched: Vec<_> = waiting.read(context, options, bars.as_mut(), &mut pricing)?.collect();
    let outcomes = outcomes(watched.into_iter(), context.market().calendar(), context.now, &mut pricing);
    let sessions = bars.map(SymbolBars::ready).transpose();
    // The engine's commands need the lock too: it is taken for the writing alone.
    let lock = context.lock()?;
    for log in logs {
        fill(context, *log, &lock, &outcomes, options.again, &mut pricing)?;
    }
    missed_log::write_analysis(context, &lock)?;
    match sessions.and_then(|ready| ready.map_or(Ok(0), |ready| ready.keep(&lock))) {
        Ok(sessions) => pricing.sessions = sessions,
        // What was priced stands.
        Err(error) => pricing.warnings.push(format!("the sessions of symbols are not kept: {error}")),
    }
    Ok(pricing)
}

/// Whether prices are looked for: also for a signal that was given up, since they may come late.
fn may_be_priced(stored: &StoredMissed, again: bool) -> bool {
    !stored.is_newer && (again || stored.state != MissedState::Resolved)
}

/// What became of each signal whose session is over.
fn outcomes(
    watched: impl Iterator<Item = ((Log, String), HypotheticalTrade)>,
    calendar: &Calendar,
    now: Timestamp,
    pricing: &mut Pricing,
) -> HashMap<(Log, String), Verdict> {
    let mut outcomes = HashMap::new();
    let last = calendar.last_over(now).map(|session| session.date);
    for (name, watch) in watched {
        if let Some(far_off) = watch.far_off() {
            let (at, signal_price) = (watch.span().0, watch.price());
            let symbol = watch.symbol().to_owned();
            pricing.far_off.push(FarOff { symbol, at, signal_price, file_price: far_off });
        }
        let over = watch.session_close().is_none_or(|close| close <= now);
        let age =
            last.map(|last| last.signed_duration_since(calendar.trading_date(watch.span().0)).num_days());
        let old = age.is_some_and(|days| days >= GIVEN_UP_DAYS);
        match watch.outcome().filter(|_| over) {
            Some(priced) => outcomes.insert(name, Verdict::Resolved(Box::new((watch, priced)))),
            None if old => outcomes.insert(name, Verdict::GivenUp),
            None => None,
        };
    }
    outcomes
}

enum Verdict {
    Resolved(Box<(HypotheticalTrade, Priced)>),
    GivenUp,
}

/// Ids of the signals that were traded.
fn traded(context: &Context<'_>) -> Result<HashSet<String>, StoreError> {
    let mut traded = HashSet::new();
    let id =
        |line: &[u8]| -> Option<String> { read_stored_outcome(line).ok()?.signal_id().map(str::to_owned) };
    let path = context.layout.log(Log::Outcomes);
    let ids = |chunk: crate::store::Chunk<'_>| chunk.lines().filter_map(id).collect::<Vec<_>>();
    scan(context.disk, &path, ScanOptions::default(), ids, |_, ids| traded.extend(ids))?;
    Ok(traded)
}

impl Pricing {
    /// Keeps the symbols of a file that are written almost as one that has no price.
    fn note_alike(&mut self, symbol: &str, others: &BTreeSet<String>) {
        let alike: Vec<String> =
            others.iter().filter(|other| folded(other) == folded(symbol)).cloned().collect();
        if !alike.is_empty() {
            self.likely.entry(symbol.to_owned()).or_default().extend(alike);
        }
    }
}

/// A price file, unpacked as it is read.
fn open_prices<'a>(context: &Context<'a>, path: &Path) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut input = io::BufReader::with_capacity(1 << 20, context.disk.open_user_input(path)?);
    let is_packed = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_packed {
        Box::new(io::BufReader::with_capacity(1 << 20, gunzip(input)))
    } else {
        Box::new(input)
    })
}

fn read_file<K>(
    context: &Context<'_>,
    (path, options): (&Path, &PriceOptions),
    (waiting, mut bars): (&mut PriceQueue<K>, Option<&mut SymbolBars<'_, '_>>),
    pricing: &mut Pricing,
) -> Result<(), PriceError> {
    let failed = |source| PriceError::Input { path: path.to_owned(), source };
    let input = open_prices(context, path).map_err(failed)?;
    let wanted: HashSet<String> = waiting.symbols().map(str::to_owned).collect();
    let traded: HashSet<String> = bars.iter().flat_map(|bars| bars.symbols()).map(str::to_owned).collect();
    let others = RefCell::new(BTreeSet::new());
    let mut priced = HashSet::new();
    let instruments = &context.settings.instruments;
    context.progress.begin("reading prices", None);
    let read = read_prices(
        input,
        &options.rules,
        |symbol| {
            let symbol = &*instruments.written(symbol);
            let is_wanted = wanted.contains(symbol);
            if !is_wanted && others.borrow().len() < MAX_OTHERS && !others.borrow().contains(symbol) {
                others.borrow_mut().insert(symbol.to_owned());
            }
            is_wanted || traded.contains(symbol)
        },
        |row| match row {
            Ok(price) => {
                let symbol = &*instruments.written(price.symbol);
                if let Some(bars) = &mut bars {
                    bars.see(symbol, price.at, price.close);
                }
                if !wanted.contains(symbol) {
                    return;
                }
                pricing.prices += 1;
                if pricing.prices.is_multiple_of(4_096) {
                    context.progress.advance(4_096);
                }
                if !priced.contains(symbol) {
                    priced.insert(symbol.to_owned());
                }
                waiting.see(symbol, price.at, price.high, price.low, price.close);
            }
            Err(bad) => {
                pricing.bad_rows += 1;
                if pricing.bad.len() < MAX_LISTED {
                    pricing.bad.push((path.to_owned(), bad));
                }
            }
        },
    );
    context.progress.end();
    let others = others.into_inner();
    wanted.difference(&priced).for_each(|symbol| pricing.note_alike(symbol, &others));
    read.map_err(failed)?.map_err(|source| PriceError::Column { path: path.to_owned(), source })
}

/// Fills the records of a log in place; unknown keys and the order of keys stay.
fn fill(
    context: &Context<'_>,
    log: Log,
    lock: &StoreLock,
    outcomes: &HashMap<(Log, String), Verdict>,
    again: bool,
    pricing: &mut Pricing,
) -> Result<(), StoreError> {
    let (mut resolved, mut given_up, mut pending) = (0, 0, 0);
    let anything = outcomes.keys().any(|(of, _)| *of == log);
    let change = |line: &[u8]| -> Option<Vec<u8>> {
        let mut stored = read_stored_missed(line).ok().filter(|stored| may_be_priced(stored, again))?;
        let is_pending = stored.state == MissedState::Pending;
        match outcomes.get(&(log, stored.id.clone())) {
            Some(Verdict::GivenUp) if !is_pending => return None,
            None => {
                pending += u64::from(is_pending);
                return None;
            }
            Some(Verdict::GivenUp) => {
                given_up += 1;
                stored.map.insert("state".into(), MissedState::Unresolvable.as_str().into());
            }
            Some(Verdict::Resolved(priced)) => {
                resolved += 1;
                fill_record(&mut stored, &priced.0, &priced.1);
            }
        }
        serde_json::to_vec(&stored.map).ok()
    };
    if anything {
        heal_tail(context, log, lock, pricing)?;
    }
    let event = |line: &[u8]| match read_stored_missed(line) {
        Ok(stored) => LineKind::At(stored.signal.timestamp.micros()),
        Err(_) => LineKind::Unreadable,
    };
    if anything {
        rewrite_lines(context.disk, &context.layout, log, lock, context.now.micros(), event, change)?;
        // It speaks of the old file.
        let _ = context.disk.remove(&context.layout.checkpoint(log));
    } else {
        pending = missed_log::pending(context, log)?;
    }
    if log == Log::Missed {
        (pricing.resolved, pricing.given_up, pricing.pending) = (resolved, given_up, pending);
    } else {
        pricing.picks = resolved;
    }
    Ok(())
}

/// Takes off what a killed writer left behind the last record, as an append would: only a whole log is written anew.
fn heal_tail(
    context: &Context<'_>,
    log: Log,
    lock: &StoreLock,
    pricing: &mut Pricing,
) -> Result<(), StoreError> {
    let mut writer = checkpointed_log::open_writer(context, log, lock)?;
    let mut healed = Recorded::default();
    load_checkpoint(context, &mut writer, &mut healed, || checkpointed_log::signals(context, log))?;
    pricing.warnings.append(&mut healed.warnings);
    Ok(())
}

fn fill_record(stored: &mut StoredMissed, watch: &HypotheticalTrade, priced: &Priced) {
    let number = |value: Option<f64>| value.map_or(Json::Null, Json::from);
    let moved = |value: Option<f64>| number(value.map(|price| watch.moved(price)));
    let [a, b, c] = priced.horizons;
    let eod = Some(priced.end_of_day);
    let levels = stored.exit_levels();
    let policy = match watch.held_minutes() {
        Some(minutes) => format!("{levels}, else after {minutes:.0} min"),
        None => levels.to_owned(),
    };
    for (key, value) in [
        ("price_15m", number(a)),
        ("price_30m", number(b)),
        ("price_1h", number(c)),
        ("price_eod", number(eod)),
        ("would_have_won", (priced.result > 0.0).into()),
        ("hypothetical_pnl_pct", priced.result.into()),
        ("evaluated", true.into()),
        ("pnl_15m", moved(a)),
        ("pnl_30m", moved(b)),
        ("pnl_1h", moved(c)),
        ("pnl_eod", moved(eod)),
        ("exit_policy", policy.into()),
        ("hold_minutes", number(watch.held_minutes())),
        ("pnl_held_to_close", priced.held_to_close.into()),
        ("exit_reason", priced.exit.as_str().into()),
        ("exit_time", priced.exit_at.to_string().into()),
        ("state", MissedState::Resolved.as_str().into()),
    ] {
        stored.map.insert(key.into(), value);
    }
}
