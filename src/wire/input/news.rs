//! A piece of news, from its JSON.

use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::vocabulary::Field;
use crate::domain::NewsItem;
use crate::wire::Read;

/// A piece of news with what rides along in its record.
#[derive(Clone, Debug)]
pub struct NewsRecord {
    /// The item.
    pub item: NewsItem,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

/// Reads a piece of news.
///
/// # Errors
/// The refusal that applies first.
pub fn read_news(mut fields: Fields<'_>) -> Result<Read<NewsRecord>, WireError> {
    fields.no_clash()?;
    let item = NewsItem {
        timestamp: fields.time(Field::Timestamp)?.at,
        symbol: fields.optional_text(Field::Symbol),
        sector: fields.optional_text(Field::Sector),
        sentiment: fields.number(Field::Sentiment)?.value,
        source: fields.optional_text(Field::Source),
        headline_id: fields.optional_text(Field::HeadlineId),
    }
    .checked()?;
    let rest = fields.finish();
    Ok(Read { record: NewsRecord { item, extra: rest.extra }, warnings: rest.warnings })
}
