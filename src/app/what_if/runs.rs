//! The runs of `what-if`: the decision log under each variant, and by what a run is compared with what happened.

use std::collections::BTreeSet;

use chrono::Datelike;
use rayon::prelude::*;

use super::{Variant, knobs_of};
use crate::app::Context;
use crate::decide::SizeHistory;
use crate::domain::Market;
use crate::metrics::Sample;
use crate::simulate::{
    Comparison, Conditions, DayTotals, DecisionLog, Disposition, LoggedEntry, ReplayedEntry, Resolutions,
    RunFacts, VariantFacts, compare, inconclusive_counts,
};

/// What all runs of one request share.
pub(super) struct Runs<'r> {
    pub context: &'r Context<'r>,
    pub log: &'r DecisionLog,
    /// The own record of sizes, where a variant multiplies by it.
    pub sizes: Option<&'r SizeHistory>,
    pub resolved: &'r Resolutions,
}

/// What the runs came to.
pub(super) struct Ran {
    /// What happened.
    pub actual: Sample,
    pub variants: Vec<VariantFacts>,
    /// Sessions of the decision log.
    pub sessions: usize,
}

/// The records of a log in the order of their exits, each with the session of its exit. It is the same for all runs.
struct Exits {
    /// Places in the log; of one moment by the ids.
    order: Vec<usize>,
    /// The session of each place, by its number.
    session: Vec<usize>,
    /// The dates of the sessions, in order.
    dates: Vec<i32>,
}

impl Exits {
    fn of(log: &DecisionLog, market: &Market) -> Self {
        let slots = log.slots();
        let date = |slot: &LoggedEntry| market.trading_date(slot.record.exit).num_days_from_ce();
        let of_slots: Vec<i32> = slots.iter().map(date).collect();
        let dates: Vec<i32> = of_slots.iter().copied().collect::<BTreeSet<i32>>().into_iter().collect();
        let session = of_slots.iter().map(|date| dates.partition_point(|known| known < date)).collect();
        let mut order: Vec<usize> = (0..slots.len()).collect();
        order.sort_by(|a, b| {
            let key = |at: usize| (slots[at].record.exit, &slots[at].record.id);
            key(*a).cmp(&key(*b))
        });
        Self { order, session, dates }
    }

    /// What each session brought, by the date of the exit.
    fn totals(&self, market: &Market, run: &[ReplayedEntry<'_>]) -> Vec<DayTotals> {
        let mut days = vec![DayTotals::default(); self.dates.len()];
        let closed = |place: &usize| Some((run[*place].disposition.closed()?, *place));
        let mut trades: Vec<_> = self.order.iter().filter_map(closed).collect();
        // In the order of a sample's, or falls would be others. It is that already, unless prices closed a trade earlier.
        trades.sort_by(|(a, at), (b, other)| {
            a.exit.cmp(&b.exit).then_with(|| run[*at].slot.record.id.cmp(&run[*other].slot.record.id))
        });
        for (closed, place) in trades {
            // Prices close a trade within its session, so no date is new.
            let session = if closed.exit == run[place].slot.record.exit {
                Ok(self.session[place])
            } else {
                self.dates.binary_search(&market.trading_date(closed.exit).num_days_from_ce())
            };
            if let Ok(session) = session {
                days[session].add(closed);
            }
        }
        days
    }
}

/// The trades of a run as a sample, in the order of their exits.
fn sample(market: &Market, run: &[ReplayedEntry<'_>], capital: f64) -> Sample {
    let exit = |one: &ReplayedEntry<'_>| Some(one.disposition.closed()?.exit);
    let mut order: Vec<_> = run.iter().filter_map(|one| Some((exit(one)?, one))).collect();
    order.sort_by_key(|(exit, _)| *exit);
    let mut sample = Sample::new(capital, market);
    order.iter().filter_map(|(_, one)| one.facts()).for_each(|facts| sample.push(&facts));
    sample
}

impl Runs<'_> {
    /// What a record is offered under in a variant.
    fn conditions<'v>(&self, variant: &'v Variant, slot: &LoggedEntry) -> Conditions<'v> {
        let sizes = self.sizes.filter(|_| variant.multipliers);
        let multiplier = sizes.map(|sizes| super::multiplier_of(self.context.market(), sizes, slot));
        Conditions { knobs: knobs_of(variant, slot), multiplier, open: variant.open.as_ref() }
    }

    /// What happened, and each variant compared with it; only `in_detail` are the figures of a variant made and what becomes
    /// of each record kept: of a hundred variants that is more than all that they are compared by.
    pub(super) fn compared(&self, variants: Vec<Variant>, in_detail: bool) -> Ran {
        let (market, capital) = (self.context.market(), self.context.settings.capital);
        let exits = Exits::of(self.log, market);
        let (actual, base) = {
            let run = self.log.run(|slot| *slot.in_force, &Resolutions::new());
            (sample(market, &run, capital), exits.totals(market, &run))
        };
        let one = |variant: &Variant| {
            let run = self.log.run(|slot| self.conditions(variant, slot), self.resolved);
            let mut facts = RunFacts {
                let_in: run.iter().filter(|of| matches!(of.disposition, Disposition::Admitted(..))).count()
                    as u64,
                inconclusive: inconclusive_counts(&variant.knobs, &run),
                performance: in_detail.then(|| sample(market, &run, capital).performance().without_groups()),
                dispositions: Vec::new(),
                changes: Vec::new(),
            };
            let noted = run.iter().enumerate().filter(|_| in_detail);
            noted.for_each(|(place, of)| facts.note(place, &of.disposition));
            (facts, exits.totals(market, &run))
        };
        let (runs, days): (Vec<RunFacts>, Vec<Vec<DayTotals>>) = variants.par_iter().map(one).unzip();
        let facts = |((variant, run), comparison): ((Variant, RunFacts), Comparison)| VariantFacts {
            settings: variant.knobs,
            multipliers: variant.multipliers,
            open: variant.open,
            comparison,
            run,
        };
        let variants = variants.into_iter().zip(runs).zip(compare(&base, &days)).map(facts).collect();
        Ran { actual, variants, sessions: exits.dates.len() }
    }
}
