//! The groupings of `report history`: by what each trade says, by how the news, or a feature of the engine, sounded before
//! it, by its tags or its account.

use super::{Context, Reading};
use crate::domain::{Filter, TradeFacts, Window};
use crate::files::record_filter::{FilterLoadError, TradeFilter};
use crate::files::trade_words::worded_trades;
use crate::files::training_rows::rows_of_all;
use crate::learn::{Example, RowFields, SentimentWindow, Source, keep_where};
use crate::metrics::{Dimension, Performance, Sample};
use crate::report::{Scope, plural};
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

/// Results by sentiment decile, of trades entered in each of these windows of which an expression holds; with what to say of it.
///
/// # Errors
/// [`FilterLoadError`] when the expression makes no sense, or a log of the one store cannot be read.
pub(super) fn sentiment_of(
    context: &Context<'_>,
    windows: &[Window],
    filter: Option<&str>,
) -> Result<(Vec<SentimentWindow>, Scope, Reading), FilterLoadError> {
    let days = windows.iter().map(|window| window.days().unwrap_or(u16::MAX)).max().unwrap_or_default();
    let (mut dataset, reading) = rows_of_all(context, days)?;
    let mut open = 0;
    if let Some(text) = filter {
        let filter = Filter::parse(text, &RowFields(&dataset))?;
        open = keep_where(&mut dataset, &filter);
    }
    let now = context.seen_from();
    let of = |window: &Window| {
        let is_inside = |row: &&Example| row.source == Source::Trade && window.contains(row.at, now);
        let rows: Vec<&Example> = dataset.examples.iter().filter(is_inside).collect();
        SentimentWindow::new(*window, &dataset, &rows)
    };
    let found = windows.iter().map(of).collect();
    let filter = filter.map(|text| {
        let note = format!("{} that do not say enough to tell are left out.", plural(open, "row"));
        (text.trim().to_owned(), (open > 0).then_some(note))
    });
    Ok((found, Scope { filter, ..Scope::default() }, reading))
}

/// The figures of each word in each of several windows, and of which field the words are.
pub(super) type WordsFound = (Vec<(Window, Performance)>, &'static str);

/// The trades that a filter takes by the words of a field, in each of these windows.
///
/// # Errors
/// [`StoreError`] when a log of the one store cannot be read.
pub(super) fn words_of(
    context: &Context<'_>,
    windows: &[Window],
    filter: Option<&TradeFilter>,
    field: &'static str,
) -> Result<(WordsFound, Reading), StoreError> {
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
    Ok(((windows.iter().map(of).collect(), field), reading))
}
