//! What can be learned at a close: the same for every scenario, as a signal that was not traded is priced by then.

use std::collections::BTreeMap;

use super::entries::Session;
use super::history::History;
use crate::app::retrain::NEEDED_ROWS;
use crate::app::training::{Fitted, fit_challenger};
use crate::learn::{Dataset, FitError};
use crate::stats::evidence::SessionSkill;

/// A challenger, the rows that it was made of, and what sessions say of skill by fits that had not seen them.
pub(super) struct Taught {
    pub fitted: Fitted,
    pub rows: Dataset,
    pub scored: BTreeMap<i64, SessionSkill>,
}

impl Taught {
    /// At the close of a session; `None` where there is too little. Sessions up to `scored_until` are not scored again.
    ///
    /// # Errors
    /// [`FitError`] when the rows cannot be learned from.
    pub(super) fn at(
        history: &History,
        session: &Session,
        scored_until: i64,
    ) -> Result<Option<Self>, FitError> {
        let rows = history.rows_known(session.close);
        if rows.examples.len() < NEEDED_ROWS {
            return Ok(None);
        }
        let Some(fitted) = fit_challenger(&rows)? else { return Ok(None) };
        let scored = fitted.scored(&rows, scored_until)?;
        Ok(Some(Self { fitted, rows, scored }))
    }
}
