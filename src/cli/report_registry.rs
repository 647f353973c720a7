//! The registry of what `report` shows: a row is a view's name, what help says of it, which options belong to it, of how
//! many stores it can be, how its result is loaded (the use case of [`app`](crate::app) itself, or a function of
//! [`reports`] where options choose between several) and how [`report`](crate::report) draws it. A new view is a row here.

use crate::app::reports::{
    self, BrainReport, DetailsReport, ExperimentsReport, HistoryReport, MetricsReport, ModelReport,
    PatternsReport,
};
use crate::app::{
    Context, Health, Load, Loaded, Reading, ReportError, ReportOptions, guard_history, health, loaded,
    portfolio_data, post_market_data, retrains_data,
};
use crate::report::{
    Terms, View, asked_view, behaviour_view, brain_view, compare_view, desks_view, effects_view,
    ensemble_view, excursions_view, execution_view, experiment_view, experiments_view, guard_history_view,
    health_view, history_view, metrics_view, missed_report_view, model_view, opinions_view, patterns_view,
    portfolio_view, positions_view, post_market_view, retrains_view, risk_view, sectors_view, sentiment_view,
    size_view, summary_report_view, trades_view, windows_view, words_view,
};
use crate::store::Log;

/// An option that belongs to some views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportOption {
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
    /// `--goal`.
    Goal,
}

/// Of how many stores a view can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stores {
    /// One.
    One,
    /// One, or several together.
    Several,
}

/// A report: what is shown, and what its exit status depends on.
pub(super) struct Report {
    /// What is shown.
    pub view: View,
    /// How the records behind it read.
    pub reading: Reading,
    /// The log that they were read from.
    pub log: Log,
    /// Whether what it tells of is sound.
    pub health: Health,
}

/// A view: a row of [`REPORTS`].
pub(super) struct ReportView {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it shows, as help says it.
    pub about: &'static str,
    /// The options that belong to it.
    pub takes: &'static [ReportOption],
    /// Of how many stores it can be.
    pub stores: Stores,
    answer: fn(&Context<'_>, &ReportOptions) -> Result<Report, ReportError>,
}

macro_rules! reports {
    ($($name:literal, $about:literal, [$($option:ident),*], $stores:ident, $load:expr => $draw:expr;)+) => {
        /// Every view; the first is what `report` shows without a name.
        pub(super) static REPORTS: &[ReportView] = &[$(ReportView {
            name: $name,
            about: $about,
            takes: &[$(ReportOption::$option),*],
            stores: Stores::$stores,
            answer: |context, options| answer(context, options, $load, $draw),
        }),+];
    };
}

reports! {
    "summary", "The day and the week in a line each, then the windows side by side", [Save, Html], Several,
        reports::summary => |report, _| summary_report_view(&report);
    "metrics", "Every metric and every group, or two groups of trades against each other", [Where, Against, Days], Several,
        reports::metrics => |report, _| match report {
            MetricsReport::All(found) => metrics_view(&found.0, found.1.as_ref()),
            MetricsReport::Compared(data) => compare_view(&data),
        };
    "trades", "The trades themselves, newest first", [Days, Symbol, Where], Several,
        reports::trades => |(shown, form), terms| trades_view(shown, form, &terms.currency, &terms.calendar);
    "positions", "What is open by the fills that were recorded: since when, at what price, what is at risk", [], One,
        reports::positions => |open, terms| positions_view(&open, terms.now, &terms.currency, &terms.calendar);
    "desks", "Desks against each other: what each makes a session, and what of it is luck", [Days], Several,
        reports::desks => |over, terms| desks_view(&over.found.0, over.found.1, over.days, &terms.currency);
    "history", "Day by day, or with --by the groups of a grouping over several windows", [Days, Where, By], Several,
        reports::history => |report, terms| match report {
            HistoryReport::Days(days) => history_view(&days, terms.now, &terms.currency),
            HistoryReport::Groups(windows, dimension) => windows_view(&windows, dimension, &terms.currency),
            HistoryReport::Sentiment(windows) => sentiment_view(&windows),
            HistoryReport::Words((windows, field)) => words_view(&windows, field, &terms.currency),
        };
    "excursions", "Results in R, how far trades ran for and against, and what exits kept", [Days, Where, Against], Several,
        reports::excursions => |report, _| match report {
            DetailsReport::All(over) => excursions_view(&over.found, over.days),
            DetailsReport::Compared(data) => compare_view(&data),
        };
    "execution", "Slippage, fees, and what costs turned from win to loss", [Days, Where, Against], Several,
        reports::execution => |report, terms| match report {
            DetailsReport::All(over) => execution_view(&over.found, over.days, &terms.currency),
            DetailsReport::Compared(data) => compare_view(&data),
        };
    "risk", "Drawdowns, tails, months, and where the account may go from here", [Days, Where, Goal], Several,
        reports::risk => |over, terms| risk_view(&over.found.0, over.found.1.as_ref(), &terms.currency);
    "behaviour", "After a loss, late in the day, on Mondays: when results are better or worse", [Days, Where], Several,
        reports::behaviour => |over, _| behaviour_view(&over.found.0, over.found.1, over.days);
    "sectors", "Which sectors' results turned: the last 7 days against the 23 before", [Where], Several,
        reports::sectors => |over, _| sectors_view(&over.found.0, over.found.1);
    "missed", "What was not traded, and what each gate cost or saved, or two groups of it against each other", [Days, Where, Against], Several,
        reports::missed => |report, _| missed_report_view(&report);
    "brain", "The knobs in force, how far they are from their defaults, and why", [Symbol, Effects], One,
        reports::brain => |report, _| match report {
            BrainReport::Knobs(data) => brain_view(&data),
            BrainReport::Effects(data) => effects_view(&data),
        };
    "knobs", "What each part of the program would do to each knob, and why", [], One,
        reports::knobs => |data, _| opinions_view(&data);
    "model", "The model in use, how it was judged and what it looks at", [Ensemble], One,
        reports::model => |report, _| match report {
            ModelReport::Models(data) => model_view(&data),
            ModelReport::Ensemble(data) => ensemble_view(&data),
        };
    "retrains", "Every attempt to retrain", [], One,
        |context, _| Ok(Loaded::of_files(context, retrains_data(context)?)) => |data, _| retrains_view(&data);
    "experiments", "How each experiment stands", [Name], One,
        reports::experiments => |report, _| match report {
            ExperimentsReport::One(data) => experiment_view(&data),
            ExperimentsReport::All(all) => experiments_view(&all),
        };
    "patterns", "What wins more or less often than the rest, with everything that was tried counted against it",
        [Days, Where, SinceLast, Save, Ask], Several,
        reports::patterns => |report, _| match report {
            PatternsReport::Found(data) => patterns_view(&data),
            PatternsReport::Asked(data) => asked_view(&data),
        };
    "guard", "The locks of each session, and how often each rule locks by chance", [], One,
        |context, _| Ok(Loaded::of_files(context, guard_history(context)?)) => |data, _| guard_history_view(&data);
    "portfolio", "What the open book risked through time, whose risk it was, and size caps by equal risk", [], One,
        |context, _| Ok(Loaded::of_trades(context, portfolio_data(context)?, None)) => |data, _| portfolio_view(&data);
    "sizing", "The size that the own record supports, what binds, and how multipliers by context did", [], One,
        reports::sizing => |data, _| size_view(&data, "report.sizing", true);
    "health", "What needs attention, with the next command", [], One,
        health => |data, _| health_view(&data);
    "post-market", "What happened at a close", [Date], One,
        |context, options| Ok(Loaded::of_files(context, post_market_data(context, options.date)?)) => |data, _| post_market_view(&data);
}

impl ReportView {
    /// The view of a name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|view| view.name == name)
    }

    /// Reads what it needs and has it drawn.
    ///
    /// # Errors
    /// [`ReportError`]; an empty store is a view of its own.
    pub(super) fn answer(
        &self,
        context: &Context<'_>,
        options: &ReportOptions,
    ) -> Result<Report, ReportError> {
        (self.answer)(context, options)
    }
}

fn answer<T>(
    context: &Context<'_>,
    options: &ReportOptions,
    load: Load<T>,
    draw: fn(T, &Terms) -> View,
) -> Result<Report, ReportError> {
    let found = loaded(context, options, load)?;
    let mut view = draw(found.data, &found.terms);
    found.scope.tell(&mut view);
    Ok(Report { view, reading: found.reading, log: found.log, health: found.health })
}
