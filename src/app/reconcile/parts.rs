//! Trades that one book has whole and the other in parts.

use std::collections::HashSet;

use super::booked::{Booked, SAME_QTY, Tolerance, is_price};
use crate::report::plural;

/// Trades that one book has in parts.
#[derive(Default)]
pub(super) struct Parts {
    /// Places of the broker's trades that stand in another one as its parts.
    pub(super) of_theirs: HashSet<usize>,
    /// How many trades of the engine the broker has in parts, and the other way round.
    counts: [u64; 2],
}

impl Parts {
    /// What is said of them.
    pub(super) fn said(&self) -> impl Iterator<Item = String> {
        let of = |(count, place): (u64, &str)| {
            (count > 0)
                .then(|| format!("in parts {place}, held against their sum: {}", plural(count, "trade")))
        };
        [(self.counts[0], "there"), (self.counts[1], "here")].into_iter().filter_map(of)
    }
}

/// Takes a trade that is left over in one book for several of the other that are its parts: of one entry, closed within the
/// tolerance, and together of its quantity.
pub(super) fn join_parts(
    (ours, is_free): (&mut [Booked], &mut [bool]),
    (theirs, taken): (&mut [Booked], &mut [Option<usize>]),
    tolerance: &Tolerance,
) -> Parts {
    let mut parts = Parts::default();
    for at in 0..ours.len() {
        let left = |there: &usize| taken[*there].is_none() && !parts.of_theirs.contains(there);
        if let Some(found) = is_free[at].then(|| parts_of(&ours[at], theirs, left, tolerance)).flatten() {
            theirs[found[0]] = joined(found.iter().map(|there| &theirs[*there]));
            taken[found[0]] = Some(at);
            is_free[at] = false;
            parts.of_theirs.extend(&found[1..]);
            parts.counts[0] += 1;
        }
    }
    for at in (0..theirs.len()).filter(|at| taken[*at].is_none()).collect::<Vec<_>>() {
        let is_part = parts.of_theirs.contains(&at);
        let left = |own: &usize| is_free[*own];
        if let Some(found) = (!is_part).then(|| parts_of(&theirs[at], ours, left, tolerance)).flatten() {
            ours[found[0]] = joined(found.iter().map(|own| &ours[*own]));
            taken[at] = Some(found[0]);
            found.iter().for_each(|own| is_free[*own] = false);
            parts.counts[1] += 1;
        }
    }
    parts
}

/// The places of the trades that together are `whole`, in the order of their exits.
fn parts_of(
    whole: &Booked,
    others: &[Booked],
    is_left: impl Fn(&usize) -> bool,
    tolerance: &Tolerance,
) -> Option<Vec<usize>> {
    let reach = (tolerance.within_s * 1e6) as i64;
    let exit = whole.exit_time.micros();
    let from = others.partition_point(|one| one.exit_time.micros() < exit.saturating_sub(reach));
    let (mut found, mut sum) = (Vec::new(), 0.0);
    for (at, part) in others.iter().enumerate().skip(from) {
        if part.exit_time.micros() > exit.saturating_add(reach) {
            break;
        }
        let is_entered = match (whole.entry_time, part.entry_time) {
            (Some(one), Some(other)) => (one.micros() - other.micros()).abs() <= reach,
            _ => true,
        };
        let is_part = part.symbol == whole.symbol
            && part.side == whole.side
            && is_entered
            && is_price(whole.entry_price, part.entry_price, tolerance);
        if !is_part || !is_left(&at) {
            continue;
        }
        found.push(at);
        sum += part.qty;
        if (sum - whole.qty).abs() <= SAME_QTY * whole.qty {
            return (found.len() > 1).then_some(found);
        }
        if sum > whole.qty {
            return None;
        }
    }
    None
}

/// The parts of a trade as one: its price of the exit is their average.
fn joined<'b>(parts: impl Iterator<Item = &'b Booked>) -> Booked {
    let parts: Vec<&Booked> = parts.collect();
    let sum = |of: fn(&Booked) -> f64| parts.iter().map(|part| of(part)).sum::<f64>();
    let qty = sum(|part| part.qty);
    let exits = parts.iter().map(|part| Some(part.exit_price? * part.qty)).sum::<Option<f64>>();
    let last = parts[parts.len() - 1];
    Booked {
        id: parts[0].id.clone(),
        exit_price: exits.map(|exits| exits / qty),
        qty,
        fees: sum(|part| part.fees),
        pnl: sum(|part| part.pnl),
        ..last.clone()
    }
}
