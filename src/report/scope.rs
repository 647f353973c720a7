//! Of which records an answer is, and in whose money and by whose clock it is told.

use super::desks_text::DesksTold;
use super::grid::View;
use crate::domain::{Calendar, Timestamp};

/// In whose money and by whose clock an answer is told.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The account's currency.
    pub currency: String,
    /// The market's sessions and clock.
    pub calendar: Calendar,
    /// The moment that it speaks of.
    pub now: Timestamp,
}

/// Of which records an answer is; of all of one store by default.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The expression that holds of them, and what else to know of it.
    pub filter: Option<(String, Option<String>)>,
    /// The desks that they are of, where several were asked for.
    pub desks: Option<DesksTold>,
}

impl Scope {
    /// Says on a view that it is of these records only.
    pub fn tell(&self, view: &mut View) {
        if let Some((filter, note)) = &self.filter {
            view.where_(filter, note.clone());
        }
        if let Some(desks) = &self.desks {
            desks.tell(view);
        }
    }
}
