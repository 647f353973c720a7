//! The linear fits that members start from: what several of them share is made once.

use rayon::prelude::*;

use crate::learn::linear::{LinearFit, LinearRows, level_of};
use crate::learn::ordered::{Ordered, faded};
use crate::learn::params::Params;

/// Linear fits on the first rows, by the settings that they depend on.
pub(crate) struct Starts(Vec<(Params, LinearFit)>);

/// Whether two members begin with the same linear fit.
fn alike(one: &Params, other: &Params) -> bool {
    let of =
        |params: &Params| (params.ridge, params.lasso, params.turned, params.half_life, params.distances);
    of(one) == of(other)
}

impl Starts {
    /// The linear starts of members that are fitted on the first `rows`.
    pub(crate) fn new(on: Ordered<'_>, rows: usize, members: &[Params]) -> Self {
        let mut distinct: Vec<&Params> = Vec::new();
        for params in members {
            if !distinct.iter().any(|known| alike(known, params)) {
                distinct.push(params);
            }
        }
        let labels = &on.labels[..rows];
        let columns = |params: &Params| on.columns[usize::from(params.turned)];
        let mut fits: Vec<(Params, LinearFit)> = Vec::new();
        // Rows that count alike are summed once, over all columns that any of the fits looks at.
        for of_weights in distinct.chunk_by(|a, b| a.half_life == b.half_life) {
            let weights = faded(&on.weights[..rows], &on.sessions[..rows], of_weights[0].half_life);
            let penalised = || of_weights.iter().filter(|params| params.penalty(rows).is_any());
            let widest = penalised().map(|params| columns(params)).max_by_key(|columns| columns.len());
            let distances = if penalised().any(|params| params.distances) { on.columns[0] } else { &[] };
            let seen = widest.map(|columns| LinearRows::new(on.binned, columns, distances, &weights));
            let fit = |params: &&Params| {
                let linear = match &seen {
                    Some(seen) => seen.fit(columns(params), params.distances, labels, params.penalty(rows)),
                    None => (level_of(labels, &weights), Vec::new()),
                };
                ((*params).clone(), linear)
            };
            fits.par_extend(of_weights.par_iter().map(fit));
        }
        Self(fits)
    }

    /// The start of a member.
    pub(crate) fn of(&self, member: &Params) -> LinearFit {
        self.0
            .iter()
            .find(|(params, _)| alike(params, member))
            .map(|(_, fit)| fit.clone())
            .unwrap_or_default()
    }
}
