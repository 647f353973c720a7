//! What a report was asked for, what was loaded for it, and why it could not be.

use super::desks::desks_told;
use super::sentiment_report::Grouping;
use super::{Context, DesksError, Reading, check_desks};
use crate::domain::{Date, FilterError, Window};
use crate::files::record_filter::{FilterLoadError, TradeFilter};
use crate::report::{Scope, Terms, TradesForm};
use crate::simulate::Goal;
use crate::store::{Log, StoreError};

/// What a user may ask of a view; a view takes the options that its row names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportOptions {
    /// Days back, or all.
    pub days: Option<Window>,
    /// By which grouping, over these windows.
    pub by: Option<(Grouping, Vec<Window>)>,
    /// Of one symbol.
    pub symbol: Option<String>,
    /// Of records of which this holds.
    pub filter: Option<String>,
    /// One question about patterns.
    pub ask: Option<String>,
    /// Compared with records of which this holds.
    pub against: Option<String>,
    /// Of one session.
    pub date: Option<Date>,
    /// What followed each change of a knob, instead of the knobs.
    pub effects: bool,
    /// The weights of an ensemble, instead of the model.
    pub ensemble: bool,
    /// How the patterns of the last saved report did since, instead of new ones.
    pub since_last: bool,
    /// Of one experiment.
    pub experiment: Option<String>,
    /// What the account is to earn.
    pub goal: Option<Goal>,
    /// Keep what was said.
    pub save: bool,
    /// What of trades is shown.
    pub trades: TradesForm,
}

impl ReportOptions {
    /// The days that were asked for, else the last `default_days`.
    pub(crate) fn window(&self, default_days: u16) -> Window {
        self.days.unwrap_or(Window::Days(default_days))
    }

    pub(super) fn filter(&self, context: &Context<'_>) -> Result<Option<TradeFilter>, ReportError> {
        Ok(self.filter.as_deref().map(|text| TradeFilter::new(context, text)).transpose()?)
    }
}

/// How sound what a report rests on is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Nothing is wrong.
    #[default]
    Sound,
    /// Something needs attention, and nothing is lost.
    Warnings,
    /// Something cannot be read, or says what is not so.
    Damaged,
    /// Something was written by a newer version of this program.
    Newer,
}

/// In whose money and by whose clock answers of a store are told.
pub fn terms(context: &Context<'_>) -> Terms {
    Terms {
        currency: context.settings.currency.clone(),
        calendar: context.market().calendar().clone(),
        now: context.seen_from(),
    }
}

/// What a view is drawn from, and what the exit status of its report depends on.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// What was found.
    pub data: T,
    /// Of which records it is.
    pub scope: Scope,
    /// In whose money and by whose clock it is told.
    pub terms: Terms,
    /// How the records behind it read.
    pub reading: Reading,
    /// The log that they were read from.
    pub log: Log,
    /// Whether what it tells of is sound.
    pub health: Health,
}

impl<T> Loaded<T> {
    /// Of trades, of all of them unless a filter says which.
    pub(crate) fn of_trades(
        context: &Context<'_>,
        (data, reading): (T, Reading),
        filter: Option<&TradeFilter>,
    ) -> Self {
        let scope = Scope {
            filter: filter.map(|filter| (filter.text().to_owned(), filter.note())),
            ..Scope::default()
        };
        let terms = terms(context);
        Self { data, scope, terms, reading, log: Log::Outcomes, health: Health::Sound }
    }

    /// The same, with something else in the place of what was found.
    pub(super) fn map<U>(self, into: impl FnOnce(T) -> U) -> Loaded<U> {
        let Self { data, scope, terms, reading, log, health } = self;
        Loaded { data: into(data), scope, terms, reading, log, health }
    }

    /// Of files that say by themselves what is wrong with them.
    pub(crate) fn of_files(context: &Context<'_>, data: T) -> Self {
        Self::of_trades(context, (data, Reading::default()), None)
    }
}

/// What was found in a window of so many days; none for all.
#[derive(Clone, Debug)]
pub struct OverDays<T> {
    /// What was found.
    pub found: T,
    /// The days.
    pub days: Option<u16>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no experiment of that name; the second is the one most like it.
    #[error("there is no experiment {0}")]
    NoExperiment(String, Option<String>),
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The stores cannot be joined.
    #[error("{0}")]
    Desks(#[from] DesksError),
    /// The filter makes no sense.
    #[error("{0}")]
    Filter(#[from] FilterError),
}

impl From<FilterLoadError> for ReportError {
    fn from(error: FilterLoadError) -> Self {
        match error {
            FilterLoadError::Filter(error) => Self::Filter(error),
            FilterLoadError::Store(error) => Self::Store(error),
        }
    }
}

/// What came of a loader.
pub type LoadResult<T> = Result<Loaded<T>, ReportError>;

/// What reads what a view needs.
pub type Load<T> = fn(&Context<'_>, &ReportOptions) -> LoadResult<T>;

/// Reads what a view needs, of one store or of several desks.
///
/// # Errors
/// [`ReportError`]; an empty store is an answer of its own.
pub fn loaded<T>(context: &Context<'_>, options: &ReportOptions, load: Load<T>) -> LoadResult<T> {
    if !context.is_joined() {
        return load(context, options);
    }
    check_desks(context)?;
    let mut loaded = load(context, options)?;
    loaded.scope.desks = Some(desks_told(context, &loaded.reading)?);
    Ok(loaded)
}
