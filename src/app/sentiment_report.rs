//! `report history --by sentiment`: results by how the news, or a feature of the engine, sounded before the trade.

use super::{Context, Reading};
use crate::domain::{Filter, Window};
use crate::files::FilterLoadError;
use crate::files::training_rows::rows_of_all;
use crate::learn::{Example, RowFields, Source, keep_where};
use crate::metrics::Dimension;
use crate::report::{SentimentWindow, View, plural, sentiment_view};

/// How the trades of a window are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// By what each of them says.
    Of(Dimension),
    /// By deciles of how it sounded.
    Sentiment,
}

impl Grouping {
    /// Every way, in the order of reports.
    pub fn all() -> impl Iterator<Item = Self> {
        Dimension::ALL.into_iter().map(Self::Of).chain([Self::Sentiment])
    }

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Of(dimension) => dimension.word(),
            Self::Sentiment => "sentiment",
        }
    }
}

/// Results by sentiment decile, of trades entered in each of these windows of which an expression holds.
///
/// # Errors
/// [`FilterLoadError`] when the expression makes no sense, or a log of the one store cannot be read.
pub(super) fn sentiment_report(
    context: &Context<'_>,
    windows: &[Window],
    filter: Option<&str>,
) -> Result<(View, Reading), FilterLoadError> {
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
    let mut view = sentiment_view(&windows.iter().map(of).collect::<Vec<_>>());
    if let Some(text) = filter {
        let note = format!("{} that do not say enough to tell are left out.", plural(open, "row"));
        view.where_(text.trim(), (open > 0).then_some(note));
    }
    Ok((view, reading))
}
