//! `report`: the registry of views. A row is a view's name, what its help says, which options belong to it, and the
//! function that reads what it needs and has it drawn. Never writes, but for what `--save` asks for.

use super::compare::compare_report;
use super::desks::tell_desks_read;
use super::detail_reports::{
    behaviour_report, excursions_report, execution_report, risk_report, sectors_report,
};
use super::examination::Severity;
use super::missed_report::missed_report;
use super::patterns_asked::asked_report;
use super::patterns_report::patterns;
use super::sentiment_report::{Grouping, sentiment_report};
use super::trades_report::{AskedTrades, trades_shown};
use super::{
    Context, DesksError, Reading, brain_report, check_desks, day_report, effects, experiment_report,
    guard_report, health, knob_opinions, model_report, portfolio, save_summary, summary,
};
use crate::domain::{Date, FilterError, Window, nearest};
use crate::files::desks::{joined_totals, windows_of_all};
use crate::files::open_positions;
use crate::files::record_filter::{FilterLoadError, TradeFilter};
use crate::metrics::{Windows, compare_desks};
use crate::report::{
    TradesForm, View, desks_view, experiment_view, experiments_view, history_view, model_view,
    positions_view, size_view, trades_view, windows_view,
};
use crate::store::{Log, StoreError};

/// What a user may ask of a view; a view takes the options that its row names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Keep what was said.
    pub save: bool,
    /// What of trades is shown.
    pub trades: TradesForm,
}

impl ReportOptions {
    fn window(&self, default_days: u16) -> Window {
        self.days.unwrap_or(Window::Days(default_days))
    }

    fn filter(&self, context: &Context<'_>) -> Result<Option<TradeFilter>, ReportError> {
        Ok(self.filter.as_deref().map(|text| TradeFilter::new(context, text)).transpose()?)
    }
}

/// An option that belongs to some views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOption {
    /// `--days`.
    Days,
    /// `--by` and `--windows`.
    By,
    /// `--symbol`.
    Symbol,
    /// `--where`.
    Where,
    /// `--against`.
    Against,
    /// `--ask`.
    Ask,
    /// A date.
    Date,
    /// The name of an experiment.
    Name,
    /// `--effects`.
    Effects,
    /// `--ensemble`.
    Ensemble,
    /// `--since-last`.
    SinceLast,
    /// `--save`.
    Save,
    /// `--html`.
    Html,
}

/// Of how many stores a view can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stores {
    /// One.
    One,
    /// One, or several together.
    Several,
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
}

/// A report: what is shown, and what its exit status depends on.
#[derive(Clone, Debug)]
pub struct Report {
    /// What is shown.
    pub view: View,
    /// How the records behind it read.
    pub reading: Reading,
    /// The log that they were read from.
    pub log: Log,
    /// Whether what it tells of is sound.
    pub health: Health,
}

impl Report {
    fn of_trades((view, reading): (View, Reading)) -> Self {
        Self { view, reading, log: Log::Outcomes, health: Health::Sound }
    }

    fn of_files(view: View, health: Health) -> Self {
        Self { health, ..Self::of_trades((view, Reading::default())) }
    }
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

type Load = fn(&Context<'_>, &ReportOptions) -> Result<Report, ReportError>;

/// A view: a row of [`REPORTS`].
#[derive(Debug)]
pub struct ReportView {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it shows, as help says it.
    pub about: &'static str,
    /// The options that belong to it.
    pub takes: &'static [ReportOption],
    /// Of how many stores it can be.
    pub stores: Stores,
    load: Load,
}

macro_rules! reports {
    ($($name:literal, $about:literal, [$($option:ident),*], $stores:ident, $load:expr;)+) => {
        /// Every view; the first is what `report` shows without a name.
        pub static REPORTS: &[ReportView] = &[$(
            ReportView { name: $name, about: $about, takes: &[$(ReportOption::$option),*], stores: Stores::$stores, load: $load }
        ),+];
    };
}

reports! {
    "summary", "The day and the week in a line each, then the windows side by side", [Save, Html], Several, load_summary;
    "metrics", "Every metric and every group, or two groups of trades against each other", [Where, Against, Days], Several, load_metrics;
    "trades", "The trades themselves, newest first", [Days, Symbol, Where], Several, load_trades;
    "positions", "What is open by the fills that were recorded: since when, at what price, what is at risk", [], One,
        |context, _| {
            let open = open_positions(context)?;
            let form = (&*context.settings.currency, context.market().calendar());
            let view = positions_view(&open.positions, context.seen_from(), form.0, form.1);
            let reading = Reading { scan: open.scan, unreadable_rows: open.unreadable_rows, ..Reading::default() };
            Ok(Report { log: Log::Fills, ..Report::of_trades((view, reading)) })
        };
    "desks", "Desks against each other: what each makes a session, and what of it is luck", [Days], Several, load_desks;
    "history", "Day by day, or with --by the groups of a grouping over several windows", [Days, Where, By], Several, load_history;
    "excursions", "Results in R, how far trades ran for and against, and what exits kept", [Days, Where], Several,
        |context, options| load_details(context, options, Window::Days(90), excursions_report);
    "execution", "Slippage, fees, and what costs turned from win to loss", [Days, Where], Several,
        |context, options| load_details(context, options, Window::Days(90), execution_report);
    "risk", "Drawdowns, tails, months, and where the account may go from here", [Days, Where], Several,
        |context, options| load_details(context, options, Window::All, risk_report);
    "behaviour", "After a loss, late in the day, on Mondays: when results are better or worse", [Days, Where], Several,
        |context, options| load_details(context, options, Window::Days(90), behaviour_report);
    "sectors", "Which sectors' results turned: the last 7 days against the 23 before", [Where], Several,
        |context, options| load_details(context, options, Window::Days(30), |context, _, filter| sectors_report(context, filter));
    "missed", "What was not traded, and what each gate cost or saved, or two groups of it against each other", [Days, Where, Against], Several, load_missed;
    "brain", "The knobs in force, how far they are from their defaults, and why", [Symbol, Effects], One, load_brain;
    "knobs", "What each part of the program would do to each knob, and why", [], One, |context, _| {
        Ok(Report::of_trades(knob_opinions::knobs_report(context)?))
    };
    "model", "The model in use, how it was judged and what it looks at", [Ensemble], One, load_model;
    "retrains", "Every attempt to retrain", [], One, |context, _| {
        Ok(Report::of_files(model_report::retrains_report(context)?, Health::Sound))
    };
    "experiments", "How each experiment stands", [Name], One, load_experiments;
    "patterns", "What wins more or less often than the rest, with everything that was tried counted against it",
        [Days, Where, SinceLast, Save, Ask], Several, load_patterns;
    "guard", "The locks of each session, and how often each rule locks by chance", [], One, |context, _| {
        Ok(Report::of_files(guard_report::guard_report(context)?, Health::Sound))
    };
    "portfolio", "What the open book risked through time, whose risk it was, and size caps by equal risk", [], One, |context, _| {
        Ok(Report::of_trades(portfolio::portfolio_report(context)?))
    };
    "sizing", "The size that the own record supports, what binds, and how multipliers by context did", [], One, |context, _| {
        let found = super::size::sizing(context, super::size::SizeRecord::read(context)?);
        Ok(Report::of_trades((size_view(&found.data, "report.sizing", true), found.reading)))
    };
    "health", "What needs attention, with the next command", [], One, load_health;
    "post-market", "What happened at a close", [Date], One, |context, options| {
        Ok(Report::of_files(day_report::post_market_report(context, options.date)?, Health::Sound))
    };
}

impl ReportView {
    /// The view of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|view| view.name == name)
    }

    /// Reads what it needs and has it drawn.
    ///
    /// # Errors
    /// [`ReportError`]; an empty store is a view of its own.
    pub fn load(&self, context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
        if !context.is_joined() {
            return (self.load)(context, options);
        }
        check_desks(context)?;
        let mut report = (self.load)(context, options)?;
        tell_desks_read(context, &mut report.view, &report.reading)?;
        Ok(report)
    }
}

fn load_summary(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let shown = if options.save { save_summary(context)? } else { summary::summary_report(context)? };
    Ok(Report::of_trades(shown))
}

/// A view of the trades that a filter takes says so first.
fn filtered((mut view, reading): (View, Reading), filter: Option<&TradeFilter>) -> Report {
    if let Some(filter) = filter {
        view.where_(filter.text(), filter.note());
    }
    Report::of_trades((view, reading))
}

type LoadDetails = fn(&Context<'_>, Window, Option<&TradeFilter>) -> Result<(View, Reading), StoreError>;

fn load_details(
    context: &Context<'_>,
    options: &ReportOptions,
    default_window: Window,
    load: LoadDetails,
) -> Result<Report, ReportError> {
    let filter = options.filter(context)?;
    let window = options.days.unwrap_or(default_window);
    Ok(filtered(load(context, window, filter.as_ref())?, filter.as_ref()))
}

fn load_metrics(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    if let (Some(first), Some(second)) = (&options.filter, &options.against) {
        return Ok(Report::of_trades(compare_report(context, options.window(90), [first, second])?));
    }
    let filter = options.filter(context)?;
    Ok(filtered(summary::metrics_report(context, filter.as_ref())?, filter.as_ref()))
}

fn load_trades(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let filter = options.filter(context)?;
    let asked =
        AskedTrades { window: options.window(7), symbol: options.symbol.clone(), form: options.trades };
    let (shown, reading) = trades_shown(context, &asked, filter.as_ref())?;
    let view = trades_view(shown, options.trades, &context.settings.currency, context.market().calendar());
    Ok(filtered((view, reading), filter.as_ref()))
}

fn load_desks(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let window = options.window(90);
    let asked = Windows::new([window], context.seen_from(), context.market());
    let (totals, reading) = joined_totals(context, &asked, None, false);
    let compared = compare_desks(totals.results(&asked, 0));
    let view = desks_view(&compared, reading.missing.len(), window.days(), &context.settings.currency);
    Ok(Report::of_trades((view, reading)))
}

fn load_history(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    if let Some((Grouping::Sentiment, windows)) = &options.by {
        return Ok(Report::of_trades(sentiment_report(context, windows, options.filter.as_deref())?));
    }
    let filter = options.filter(context)?;
    if let Some((Grouping::Of(dimension), windows)) = &options.by {
        let asked = Windows::new(windows.clone(), context.seen_from(), context.market());
        let (figures, reading) = windows_of_all(context, &asked, filter.as_ref())?;
        let view = windows_view(&figures, *dimension, &context.settings.currency);
        return Ok(filtered((view, reading), filter.as_ref()));
    }
    let asked = Windows::new([options.window(90)], context.seen_from(), context.market());
    let (figures, reading) = windows_of_all(context, &asked, filter.as_ref())?;
    let view = history_view(&figures[0].1, context.seen_from(), &context.settings.currency);
    Ok(filtered((view, reading), filter.as_ref()))
}

fn load_missed(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let filters = [options.filter.as_deref(), options.against.as_deref()];
    let shown = missed_report(context, options.window(90), filters)?;
    Ok(Report { log: Log::Missed, ..Report::of_trades(shown) })
}

fn load_brain(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let symbol = options.symbol.as_deref();
    let shown = if options.effects {
        effects::effects_report(context, symbol)?
    } else {
        brain_report::brain_report(context, symbol)?
    };
    Ok(Report::of_trades(shown))
}

fn load_model(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    if options.ensemble {
        let (view, is_damaged) = super::ensemble::ensemble_report(context)?;
        return Ok(Report::of_files(view, if is_damaged { Health::Damaged } else { Health::Sound }));
    }
    let data = model_report::model_sheet(context)?;
    // A model that cannot be used is damage, even where everything else could be read.
    let health = if data.trouble.is_some() { Health::Damaged } else { Health::Sound };
    Ok(Report::of_files(model_view(&data), health))
}

fn load_experiments(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let (all, reading) = experiment_report::standing(context)?;
    let view = match &options.experiment {
        Some(name) => {
            let names = all.iter().map(|data| data.experiment.name());
            let found = all.iter().find(|data| data.experiment.name() == name);
            let unknown = || ReportError::NoExperiment(name.clone(), nearest(name, names).map(str::to_owned));
            experiment_view(found.ok_or_else(unknown)?)
        }
        None => match all.as_slice() {
            [only] => experiment_view(only),
            _ => experiments_view(&all),
        },
    };
    Ok(Report::of_trades((view, reading)))
}

fn load_patterns(context: &Context<'_>, options: &ReportOptions) -> Result<Report, ReportError> {
    let days = options.window(90).days().unwrap_or(u16::MAX);
    if let Some(text) = &options.ask {
        return Ok(Report::of_files(asked_report(context, days, text, options.since_last)?, Health::Sound));
    }
    let filter = options.filter.as_deref();
    Ok(Report::of_trades(patterns(context, days, filter, options.since_last, options.save)?))
}

fn load_health(context: &Context<'_>, _options: &ReportOptions) -> Result<Report, ReportError> {
    let (view, worst) = health::health_report(context)?;
    let health = match worst {
        Some(Severity::Damage) => Health::Damaged,
        Some(Severity::Warning) => Health::Warnings,
        None => Health::Sound,
    };
    Ok(Report::of_files(view, health))
}
