//! `report`: what a view shows by what was asked of it, where that is more than one use case: which of several results,
//! of which records, how sound. Typed data; the rows of `cli/report_registry.rs` say how they are drawn. Never writes, but
//! for what `--save` asks for.

use super::compare::compare_data;
use super::detail_reports::{
    BehaviourFound, RiskFound, SectorsFound, behaviour_found, excursions_of, execution_of, risk_found,
    sectors_found,
};
use super::loaded::{Health, LoadResult, Loaded, OverDays, ReportError, ReportOptions};
use super::missed_report::missed_report;
use super::patterns_asked::asked_data;
use super::patterns_report::patterns as found_patterns;
use super::sentiment_report::{Grouping, WordsFound, sentiment_of, words_of};
use super::size::SizeRecord;
use super::summary::{MetricsFound, metrics_data, summary_report};
use super::trades_report::{AskedTrades, trades_shown};
use super::{
    Context, Reading, brain_report, effects, ensemble, experiment_report, knob_opinions, model_report,
    save_summary,
};
use crate::domain::{OpenPosition, Window, nearest};
use crate::files::desks::{joined_totals, windows_of_all};
use crate::files::record_filter::TradeFilter;
use crate::learn::SentimentWindow;
use crate::metrics::{
    Compared, DeskComparison, Dimension, Excursions, Execution, Performance, Windows, compare_desks,
};
use crate::report::{
    AskedData, BrainData, CompareData, EffectsData, EnsembleData, ExperimentData, KnobOpinions, MissedReport,
    ModelData, PatternData, SizingData, SummaryReport, TradesForm, TradesShown,
};
use crate::store::{Log, StoreError};

/// The figures of the windows, and of one store what stands beside them.
pub fn summary(context: &Context<'_>, options: &ReportOptions) -> LoadResult<SummaryReport> {
    let found = if options.save { save_summary(context)? } else { summary_report(context)? };
    Ok(Loaded::of_trades(context, found, None))
}

/// What `report metrics` found.
#[derive(Clone, Debug)]
pub enum MetricsReport {
    /// Every metric and group.
    All(Box<MetricsFound>),
    /// Two groups of trades against each other.
    Compared(Box<CompareData>),
}

/// Every metric and every group, or two groups of trades against each other.
pub fn metrics(context: &Context<'_>, options: &ReportOptions) -> LoadResult<MetricsReport> {
    if let (Some(first), Some(second)) = (&options.filter, &options.against) {
        let (data, reading) = compare_data(context, options.window(90), [first, second], &Compared::ALL)?;
        return Ok(Loaded::of_trades(context, (MetricsReport::Compared(Box::new(data)), reading), None));
    }
    let filter = options.filter(context)?;
    let (data, reading) = metrics_data(context, filter.as_ref())?;
    Ok(Loaded::of_trades(context, (MetricsReport::All(Box::new(data)), reading), filter.as_ref()))
}

/// The trades themselves, newest first.
pub fn trades(context: &Context<'_>, options: &ReportOptions) -> LoadResult<(TradesShown, TradesForm)> {
    let filter = options.filter(context)?;
    let asked =
        AskedTrades { window: options.window(7), symbol: options.symbol.clone(), form: options.trades };
    let (shown, reading) = trades_shown(context, &asked, filter.as_ref())?;
    Ok(Loaded::of_trades(context, ((shown, options.trades), reading), filter.as_ref()))
}

/// What is open by the recorded fills.
pub fn positions(context: &Context<'_>, _: &ReportOptions) -> LoadResult<Vec<OpenPosition>> {
    let open = crate::files::open_positions(context)?;
    let reading = Reading { scan: open.scan, unreadable_rows: open.unreadable_rows, ..Reading::default() };
    Ok(Loaded { log: Log::Fills, ..Loaded::of_trades(context, (open.positions, reading), None) })
}

/// Desks against each other, and how many of them could not be read.
pub fn desks(
    context: &Context<'_>,
    options: &ReportOptions,
) -> LoadResult<OverDays<(DeskComparison, usize)>> {
    let window = options.window(90);
    let asked = Windows::new([window], context.seen_from(), context.market());
    let (totals, reading) = joined_totals(context, &asked, None, false);
    let found = (compare_desks(totals.results(&asked, 0)), reading.missing.len());
    Ok(Loaded::of_trades(context, (OverDays { found, days: window.days() }, reading), None))
}

/// What `report history` found.
#[derive(Clone, Debug)]
pub enum HistoryReport {
    /// Day by day.
    Days(Box<Performance>),
    /// The groups of a grouping over several windows.
    Groups(Vec<(Window, Performance)>, Dimension),
    /// The same by how each trade sounded.
    Sentiment(Vec<SentimentWindow>),
    /// The same by the words of a field.
    Words(WordsFound),
}

/// Day by day, or the groups of a grouping over several windows.
pub fn history(context: &Context<'_>, options: &ReportOptions) -> LoadResult<HistoryReport> {
    if let Some((Grouping::Sentiment, windows)) = &options.by {
        let (found, scope, reading) = sentiment_of(context, windows, options.filter.as_deref())?;
        let loaded = Loaded::of_trades(context, (HistoryReport::Sentiment(found), reading), None);
        return Ok(Loaded { scope, ..loaded });
    }
    let filter = options.filter(context)?;
    if let Some((Grouping::Words(field), windows)) = &options.by {
        let (found, reading) = words_of(context, windows, filter.as_ref(), field)?;
        return Ok(Loaded::of_trades(context, (HistoryReport::Words(found), reading), filter.as_ref()));
    }
    let windows =
        options.by.as_ref().map_or_else(|| vec![options.window(90)], |(_, windows)| windows.clone());
    let asked = Windows::new(windows, context.seen_from(), context.market());
    let (mut figures, reading) = windows_of_all(context, &asked, filter.as_ref(), true)?;
    let report = match &options.by {
        Some((Grouping::Of(dimension), _)) => HistoryReport::Groups(figures, *dimension),
        _ => HistoryReport::Days(Box::new(figures.swap_remove(0).1)),
    };
    Ok(Loaded::of_trades(context, (report, reading), filter.as_ref()))
}

type Found<T> = fn(&Context<'_>, Window, Option<&TradeFilter>) -> Result<(T, Reading), StoreError>;

/// What is found in trades one by one, of a window and of those that the filter takes.
fn details<T>(
    context: &Context<'_>,
    options: &ReportOptions,
    default_window: Window,
    find: Found<T>,
) -> LoadResult<OverDays<T>> {
    let filter = options.filter(context)?;
    let window = options.days.unwrap_or(default_window);
    let (found, reading) = find(context, window, filter.as_ref())?;
    Ok(Loaded::of_trades(context, (OverDays { found, days: window.days() }, reading), filter.as_ref()))
}

/// What was found in trades one by one, or in two groups of them.
#[derive(Clone, Debug)]
pub enum DetailsReport<T> {
    /// In all of them.
    All(OverDays<T>),
    /// Two groups of trades against each other.
    Compared(Box<CompareData>),
}

/// Two groups against each other where two were named, else what is found in one.
fn compared<T>(
    context: &Context<'_>,
    options: &ReportOptions,
    what: &[Compared],
    find: Found<T>,
) -> LoadResult<DetailsReport<T>> {
    if let (Some(first), Some(second)) = (&options.filter, &options.against) {
        let (data, reading) = compare_data(context, options.window(90), [first, second], what)?;
        return Ok(Loaded::of_trades(context, (DetailsReport::Compared(Box::new(data)), reading), None));
    }
    Ok(details(context, options, Window::Days(90), find)?.map(DetailsReport::All))
}

/// Results in R, and how far trades ran for and against; or those of two groups.
pub fn excursions(context: &Context<'_>, options: &ReportOptions) -> LoadResult<DetailsReport<Excursions>> {
    compared(context, options, &Compared::OF_EXCURSIONS, excursions_of)
}

/// Slippage and fees; or those of two groups.
pub fn execution(context: &Context<'_>, options: &ReportOptions) -> LoadResult<DetailsReport<Execution>> {
    compared(context, options, &Compared::OF_EXECUTION, execution_of)
}

/// Drawdowns, tails, months, and where the account may go from here.
pub fn risk(context: &Context<'_>, options: &ReportOptions) -> LoadResult<OverDays<RiskFound>> {
    let filter = options.filter(context)?;
    let window = options.days.unwrap_or(Window::All);
    let (found, reading) = risk_found(context, window, filter.as_ref(), options.goal)?;
    Ok(Loaded::of_trades(context, (OverDays { found, days: window.days() }, reading), filter.as_ref()))
}

/// When results are better or worse than the rest.
pub fn behaviour(context: &Context<'_>, options: &ReportOptions) -> LoadResult<OverDays<BehaviourFound>> {
    details(context, options, Window::Days(90), behaviour_found)
}

/// Which sectors' results turned.
pub fn sectors(context: &Context<'_>, options: &ReportOptions) -> LoadResult<OverDays<SectorsFound>> {
    details(context, options, Window::Days(30), |context, _, filter| sectors_found(context, filter))
}

/// What was not traded, or two groups of it against each other.
pub fn missed(context: &Context<'_>, options: &ReportOptions) -> LoadResult<MissedReport> {
    let filters = [options.filter.as_deref(), options.against.as_deref()];
    let (found, filter, reading) = missed_report(context, options.window(90), filters)?;
    let mut loaded = Loaded { log: Log::Missed, ..Loaded::of_trades(context, (found, reading), None) };
    loaded.scope.filter = filter;
    Ok(loaded)
}

/// What `report brain` found.
#[derive(Clone, Debug)]
pub enum BrainReport {
    /// The knobs in force.
    Knobs(Box<BrainData>),
    /// What followed each change of them.
    Effects(EffectsData),
}

/// The knobs in force, or what followed each change of them.
pub fn brain(context: &Context<'_>, options: &ReportOptions) -> LoadResult<BrainReport> {
    let symbol = options.symbol.as_deref();
    if options.effects {
        let (data, reading) = effects::effects_data(context, symbol)?;
        return Ok(Loaded::of_trades(context, (BrainReport::Effects(data), reading), None));
    }
    let data = brain_report::brain_data(context, symbol)?;
    Ok(Loaded::of_files(context, BrainReport::Knobs(Box::new(data))))
}

/// What each part of the program would do to each knob.
pub fn knobs(context: &Context<'_>, _: &ReportOptions) -> LoadResult<KnobOpinions> {
    let found = knob_opinions::knob_opinions(context, SizeRecord::read(context).as_ref())?;
    Ok(Loaded::of_trades(context, found, None))
}

/// What `report model` found.
#[derive(Clone, Debug)]
pub enum ModelReport {
    /// The models.
    Models(Box<ModelData>),
    /// How much weight each of several models deserves.
    Ensemble(Box<EnsembleData>),
}

/// The models, or how much weight each of several deserves.
pub fn model(context: &Context<'_>, options: &ReportOptions) -> LoadResult<ModelReport> {
    if options.ensemble {
        let data = ensemble::ensemble_data(context)?;
        let health = if data.is_damaged { Health::Damaged } else { Health::Sound };
        let loaded = Loaded::of_files(context, ModelReport::Ensemble(Box::new(data)));
        return Ok(Loaded { health, ..loaded });
    }
    let data = model_report::model_data(context)?;
    let unusable = if data.is_newer { Health::Newer } else { Health::Damaged };
    let health = data.trouble.as_ref().map_or(Health::Sound, |_| unusable);
    Ok(Loaded { health, ..Loaded::of_files(context, ModelReport::Models(Box::new(data))) })
}

/// What `report experiments` found.
#[derive(Clone, Debug)]
pub enum ExperimentsReport {
    /// The one that was asked for, or that there is.
    One(Box<ExperimentData>),
    /// None, or several.
    All(Vec<ExperimentData>),
}

/// How each experiment stands.
pub fn experiments(context: &Context<'_>, options: &ReportOptions) -> LoadResult<ExperimentsReport> {
    let (mut all, reading) = experiment_report::standing(context)?;
    let names = || all.iter().map(|data| data.experiment.name());
    let asked = match &options.experiment {
        Some(name) => Some(names().position(|known| known == name).ok_or_else(|| {
            ReportError::NoExperiment(name.clone(), nearest(name, names()).map(str::to_owned))
        })?),
        None => (all.len() == 1).then_some(0),
    };
    let report = match asked {
        Some(at) => ExperimentsReport::One(Box::new(all.swap_remove(at))),
        None => ExperimentsReport::All(all),
    };
    Ok(Loaded::of_trades(context, (report, reading), None))
}

/// What `report patterns` found.
#[derive(Clone, Debug)]
pub enum PatternsReport {
    /// What wins more or less often than the rest.
    Found(Box<PatternData>),
    /// The answer to one question.
    Asked(Box<AskedData>),
}

/// What wins more or less often than the rest, or the answer to one question.
pub fn patterns(context: &Context<'_>, options: &ReportOptions) -> LoadResult<PatternsReport> {
    let days = options.window(90).days().unwrap_or(u16::MAX);
    if let Some(text) = &options.ask {
        let data = asked_data(context, days, text, options.since_last)?;
        return Ok(Loaded::of_files(context, PatternsReport::Asked(Box::new(data))));
    }
    let filter = options.filter.as_deref();
    let (data, reading) = found_patterns(context, days, filter, options.since_last, options.save)?;
    Ok(Loaded::of_trades(context, (PatternsReport::Found(Box::new(data)), reading), None))
}

/// The size that the own record supports.
pub fn sizing(context: &Context<'_>, _: &ReportOptions) -> LoadResult<SizingData> {
    let found = super::size::sizing(context, SizeRecord::read(context)?);
    Ok(Loaded::of_trades(context, (found.data, found.reading), None))
}
