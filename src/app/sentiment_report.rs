//! `report history --by sentiment`: results by how the news, or a feature of the engine, sounded before the trade.

use super::{Context, Reading};
use crate::domain::Window;
use crate::files::training_rows::rows_of_all;
use crate::learn::{Example, SentimentDecile, Source, sentiment_deciles};
use crate::metrics::Dimension;
use crate::store::StoreError;

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

/// The deciles of each window.
pub(super) type SentimentFound = Vec<(Window, Vec<SentimentDecile>)>;

/// Results by sentiment decile, of trades entered in each of these windows.
///
/// # Errors
/// [`StoreError`] when a log of the one store cannot be read.
pub(super) fn sentiment_of(
    context: &Context<'_>,
    windows: &[Window],
) -> Result<(SentimentFound, Reading), StoreError> {
    let days = windows.iter().map(|window| window.days().unwrap_or(u16::MAX)).max().unwrap_or_default();
    let (dataset, reading) = rows_of_all(context, days)?;
    let now = context.seen_from();
    let of = |window: &Window| {
        let is_inside = |row: &&Example| row.source == Source::Trade && window.contains(row.at, now);
        let rows: Vec<&Example> = dataset.examples.iter().filter(is_inside).collect();
        (*window, sentiment_deciles(&dataset, &rows))
    };
    Ok((windows.iter().map(of).collect(), reading))
}
