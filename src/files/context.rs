//! Everything that a command works with: the disk, where the store lies, the moment, the settings.

use std::time::Duration;

use crate::decide::{GuardRules, HeatLimits, Rulebook};
use crate::domain::{Date, Instruments, Market, Netting, Timestamp, next_day};
use crate::store::{Disk, Layout, LockTimeout, Log, SpoolFolders, StoreError, StoreLock, lock_store};

/// What names in the engine's own closed trades mean, where the vocabulary does not say it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntakeSettings {
    /// Which field a name stands for, each as `name=field`.
    pub maps: Vec<String>,
    /// Names that are left out of account.
    pub ignored: Vec<String>,
    /// Which fills of a book close which: by average price or first in, first out.
    pub netting: Netting,
}

/// How size is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SizeSettings {
    /// Whether the suggested base size goes into the brain file, once a session; the brain's own rules leave it alone then.
    pub apply: bool,
    /// The share of signals whose size is drawn, 0 to 0.8: the question is then whether size moves the price, and multipliers
    /// by context are not given.
    pub explore: f64,
}

/// What the user may set in `dtlearn.toml`, by variables and by flags.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The account's capital at the start, in its currency; drawdowns are shares of it.
    pub capital: f64,
    /// The account's currency, such as `USD`: all amounts of figures are in it.
    pub currency: String,
    /// By which calendars sessions are told.
    pub market: Market,
    /// Missed signals below this confidence are not kept.
    pub min_missed_confidence: f64,
    /// Minutes after which a hypothetical position is left that neither its stop nor its target closed; none for as the
    /// engine leaves its own.
    pub missed_hold_minutes: Option<f64>,
    /// How long commands that are not the engine's wait for the lock.
    pub lock_wait: Duration,
    /// What is known of instruments: multipliers, currencies, inverse contracts.
    pub instruments: Instruments,
    /// What names in the engine's own records mean.
    pub intake: IntakeSettings,
    /// Ranges and defaults of the knobs, and the rules that move them.
    pub rulebook: Rulebook,
    /// When the guard takes risk away within a session.
    pub guard: GuardRules,
    /// How much the open book may risk.
    pub heat: HeatLimits,
    /// How size is learned.
    pub size: SizeSettings,
    /// Commission of a round trip in hundredths of a percent of the position, where a hypothetical result has none.
    pub commission_bps: Option<f64>,
    /// Slippage of a round trip, likewise.
    pub slippage_bps: Option<f64>,
    /// Whether a new model is trained at every close, whatever the triggers say.
    pub retrain_daily: bool,
    /// Sessions after the last one learned from until a model has expired.
    pub expires_sessions: u64,
    /// What of all this makes no sense, where an engine's command goes on all the same.
    pub doubts: Doubts,
}

/// Settings that make no sense, by what rests on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// The logs whose records rest on one, with what is wrong: they wait as they came until it is mended.
    pub logs: Vec<(Log, String)>,
    /// Whether figures over the trades rest on one: they are not written until it is mended.
    pub of_figures: bool,
}

impl Doubts {
    /// Why the records of a log wait.
    pub fn of(&self, log: Log) -> Option<&str> {
        self.logs.iter().find(|(of, _)| *of == log).map(|(_, why)| why.as_str())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capital: 10_000.0,
            currency: "USD".into(),
            market: Market::default(),
            min_missed_confidence: 0.60,
            missed_hold_minutes: None,
            lock_wait: Duration::from_secs(10),
            instruments: Instruments::default(),
            intake: IntakeSettings::default(),
            rulebook: Rulebook::default(),
            guard: GuardRules::default(),
            heat: HeatLimits::default(),
            size: SizeSettings::default(),
            commission_bps: None,
            slippage_bps: None,
            retrain_daily: false,
            expires_sessions: 20,
            doubts: Doubts::default(),
        }
    }
}

/// Tells somebody how far a long piece of work is.
pub trait Progress: Sync {
    /// A piece of work begins; `total` is its size where that is known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So much more of it is done.
    fn advance(&self, amount: u64);
    /// It is over.
    fn end(&self);
    /// The lock is held by somebody else for longer than a second.
    fn waiting_for_lock(&self);
}

/// A [`Progress`] that tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _amount: u64) {}
    fn end(&self) {}
    fn waiting_for_lock(&self) {}
}

/// A store that is read together with others.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What it is called in reports.
    pub name: String,
    /// Where it lies.
    pub layout: Layout,
    /// What was set for it, or why it cannot be read.
    pub settings: Result<Settings, String>,
}

/// Everything that a use case works with.
#[derive(Clone)]
pub struct Context<'a> {
    /// The file system that every file is read from and written to.
    pub disk: &'a dyn Disk,
    /// Where the store lies.
    pub layout: Layout,
    /// The stores that are read together, where several were asked for; otherwise this one, or none.
    pub desks: Vec<Desk>,
    /// Where records go that cannot be stored.
    pub spool: SpoolFolders,
    /// The moment of the command: nothing else asks a clock.
    pub now: Timestamp,
    /// Everything recorded or happened after this is ignored, when it is given.
    pub as_of: Option<Timestamp>,
    /// The session that the work belongs to, when it is not the last one that is over.
    pub session: Option<Date>,
    /// What the user set.
    pub settings: Settings,
    /// Who is told how far a long reading has come.
    pub progress: &'a dyn Progress,
}

impl Context<'_> {
    /// The moment from which windows are seen.
    pub fn seen_from(&self) -> Timestamp {
        self.as_of.unwrap_or(self.now)
    }

    /// Whether what was written down at a moment, as it stands in a file, is ignored: it is after the one that is asked for.
    pub(crate) fn is_later(&self, moment: &str) -> bool {
        self.as_of.is_some_and(|as_of| Timestamp::parse(moment).is_ok_and(|moment| moment > as_of))
    }

    /// That there is no store, for answers that go on without one.
    pub(crate) fn no_store_warning(&self) -> Option<String> {
        let learning = self.layout.learning();
        let is_there = self.disk.stat(&learning).is_ok_and(|stat| stat.is_some());
        (!is_there)
            .then(|| format!("there is no store at {}: nothing was recorded there", learning.display()))
    }

    /// The calendars of the market.
    pub fn market(&self) -> &Market {
        &self.settings.market
    }

    /// The date of the session to which work at the moment seen from belongs: the last one that is over.
    pub fn session_date(&self) -> Date {
        self.session.unwrap_or_else(|| self.market().calendar().session_date(self.seen_from()))
    }

    /// Days from a moment to the one seen from, by the dates of their sessions.
    pub fn days_since(&self, then: Timestamp) -> i64 {
        self.market().calendar().days_between(then, self.seen_from())
    }

    /// How many sessions have begun after that of a date, counted to one more than a model may stand.
    pub(crate) fn begun_since(&self, date: Date) -> u64 {
        let calendar = self.market().calendar();
        let today = calendar.trading_date(self.seen_from());
        let most = self.settings.expires_sessions as usize + 1;
        calendar.sessions(next_day(date), today).take(most).count() as u64
    }

    /// Takes the store's lock, with the patience of commands that are not the engine's.
    ///
    /// # Errors
    /// [`StoreError`] when somebody else holds it for longer, or the file system has no locks.
    pub fn lock(&self) -> Result<StoreLock, StoreError> {
        let patience = LockTimeout(self.settings.lock_wait);
        lock_store(self.disk, &self.layout, patience, &mut || self.progress.waiting_for_lock())
    }

    /// Whether several stores are read together.
    pub fn is_joined(&self) -> bool {
        self.desks.len() > 1
    }

    /// The name of the one desk that is read, where it has one.
    pub(crate) fn one_desk(&self) -> Option<&str> {
        match self.desks.as_slice() {
            [desk] => Some(&desk.name),
            _ => None,
        }
    }

    /// The stores that are read together: this one, where it is alone.
    pub(crate) fn all_desks(&self) -> Vec<Desk> {
        if !self.desks.is_empty() {
            return self.desks.clone();
        }
        let (layout, settings) = (self.layout.clone(), Ok(self.settings.clone()));
        vec![Desk { name: layout.desk_name(), layout, settings }]
    }

    /// As if a desk's store was the only one.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn of_desk(&self, desk: &Desk) -> Result<Self, String> {
        let settings = desk.settings.clone()?;
        // Field by field: a clone of all would bring every desk with its settings along.
        Ok(Self {
            disk: self.disk,
            layout: desk.layout.clone(),
            desks: Vec::new(),
            spool: self.spool.clone(),
            now: self.now,
            as_of: self.as_of,
            session: self.session,
            settings,
            progress: self.progress,
        })
    }
}
