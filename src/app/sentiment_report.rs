//! `report history`: day by day, or the groups of a grouping over several windows: by what each trade says, by how the
//! news, or a feature of the engine, sounded before it, by its tags or its account.

use super::{Context, Reading};
use crate::domain::{TradeFacts, Window};
use crate::files::desks::windows_of_all;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_words::worded_trades;
use crate::files::training_rows::rows_of_all;
use crate::learn::{Example, Source};
use crate::metrics::{Dimension, Sample, Windows};
use crate::report::{View, history_view, sentiment_deciles, sentiment_view, windows_view, words_view};
use crate::store::StoreError;

/// How the trades of a window are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// By what each of them says.
    Of(Dimension),
    /// By deciles of how it sounded.
    Sentiment,
    /// By a field of the record of which no figure is kept.
    Words(&'static str),
}

impl Grouping {
    /// Every way, in the order of reports.
    pub fn all() -> impl Iterator<Item = Self> {
        Dimension::ALL.into_iter().map(Self::Of).chain([
            Self::Sentiment,
            Self::Words("tags"),
            Self::Words("account"),
        ])
    }

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Of(dimension) => dimension.word(),
            Self::Sentiment => "sentiment",
            Self::Words(field) => field,
        }
    }
}

/// Results by sentiment decile, of trades entered in each of these windows.
fn sentiment_report(context: &Context<'_>, windows: &[Window]) -> Result<(View, Reading), StoreError> {
    let days = windows.iter().map(|window| window.days().unwrap_or(u16::MAX)).max().unwrap_or_default();
    let (dataset, reading) = rows_of_all(context, days)?;
    let now = context.seen_from();
    let of = |window: &Window| {
        let is_inside = |row: &&Example| row.source == Source::Trade && window.contains(row.at, now);
        let rows: Vec<&Example> = dataset.examples.iter().filter(is_inside).collect();
        (*window, sentiment_deciles(&dataset, &rows))
    };
    Ok((sentiment_view(&windows.iter().map(of).collect::<Vec<_>>()), reading))
}

/// The trades that a filter takes by the words of a field, in each of these windows.
fn words_report(
    context: &Context<'_>,
    windows: &[Window],
    filter: Option<&TradeFilter>,
    field: &'static str,
) -> Result<(View, Reading), StoreError> {
    let widest = windows.iter().copied().max_by_key(|window| window.days().unwrap_or(u16::MAX));
    let (trades, reading) = worded_trades(context, widest.unwrap_or(Window::All), filter, field)?;
    let now = context.seen_from();
    let of = |window: &Window| {
        let mut sample = Sample::new(context.settings.capital, context.market());
        for (trade, words) in trades.iter().filter(|(trade, _)| window.contains(trade.exit_time, now)) {
            words.iter().for_each(|word| sample.push(&TradeFacts { strategy: word, ..trade.facts() }));
        }
        (*window, sample.performance())
    };
    let spans: Vec<_> = windows.iter().map(of).collect();
    Ok((words_view(&spans, field, &context.settings.currency), reading))
}

/// The trades that a filter takes: of a window day by day, or the groups of a grouping in each of its windows.
///
/// # Errors
/// [`StoreError`] when a log of the one store cannot be read.
pub(super) fn history_report(
    context: &Context<'_>,
    by: Option<&(Grouping, Vec<Window>)>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Result<(View, Reading), StoreError> {
    let (now, currency) = (context.seen_from(), &context.settings.currency);
    let read =
        |windows: &[Window]| windows_of_all(context, &Windows::new(windows, now, context.market()), filter);
    match by {
        Some((Grouping::Sentiment, windows)) => sentiment_report(context, windows),
        Some((Grouping::Words(field), windows)) => words_report(context, windows, filter, field),
        Some((Grouping::Of(dimension), windows)) => {
            let (figures, reading) = read(windows)?;
            Ok((windows_view(&figures, *dimension, currency), reading))
        }
        None => {
            let (figures, reading) = read(&[window])?;
            Ok((history_view(&figures[0].1, now, currency), reading))
        }
    }
}
