//! Trades of two books held against each other: which of one is which of the other, and where they differ.

use std::collections::HashMap;

use super::booked::{Booked, Tolerance, apart_s, is_near, is_price, same_qty};
use super::parts::{Parts, join_parts};
use crate::domain::contract_size;
use crate::report::plural;

/// One trade that both books have, and in what they differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    /// As the engine recorded it.
    pub ours: Booked,
    /// As the broker has it.
    pub theirs: Booked,
    /// What differs: `time`, `side`, `qty`, `entry_price`, `exit_price`, `fees`, `pnl`.
    pub differs: Vec<&'static str>,
}

/// Two books held against each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Compared {
    /// Trades that both have, in the order of the broker's exits.
    pub pairs: Vec<Pair>,
    /// Trades that only the broker has.
    pub missing_here: Vec<Booked>,
    /// Trades that only the engine has.
    pub missing_there: Vec<Booked>,
    /// What explains the differences, a sentence each.
    pub causes: Vec<String>,
}

/// Trades are no further apart than this to be one whose clock was read in another zone, in seconds.
const ZONES_S: f64 = 26.0 * 3_600.0;

/// A rule by which a trade of the broker is taken for one of the engine's; the earlier ones first.
struct Rule {
    /// How far apart the two may be, in seconds.
    within_s: fn(&Tolerance) -> f64,
    /// Whether what they say is the same.
    fits: fn(&Booked, &Booked, &Tolerance) -> bool,
}

const RULES: [Rule; 4] = [
    Rule {
        within_s: |tolerance| tolerance.within_s,
        fits: |ours, theirs, _| ours.side == theirs.side && same_qty(ours, theirs),
    },
    Rule { within_s: |tolerance| tolerance.within_s, fits: |ours, theirs, _| ours.side == theirs.side },
    Rule { within_s: |tolerance| tolerance.within_s, fits: |ours, theirs, _| same_qty(ours, theirs) },
    Rule {
        within_s: |_| ZONES_S,
        fits: |ours, theirs, tolerance| {
            ours.side == theirs.side
                && same_qty(ours, theirs)
                && is_price(ours.entry_price, theirs.entry_price, tolerance)
                && is_price(ours.exit_price, theirs.exit_price, tolerance)
        },
    },
];

/// The places of trades by symbol, each in the order of their exits: of a busy day most are of others.
fn by_symbol(trades: &[Booked]) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, trade) in trades.iter().enumerate() {
        match places.get_mut(&trade.symbol) {
            Some(places) => places.push(at),
            None => drop(places.insert(trade.symbol.clone(), vec![at])),
        }
    }
    places
}

/// Holds the engine's trades against the broker's. Each is taken once; of several that fit, the nearest in time.
pub(super) fn compare(mut ours: Vec<Booked>, mut theirs: Vec<Booked>, tolerance: &Tolerance) -> Compared {
    ours.sort_by_key(|trade| trade.exit_time);
    theirs.sort_by_key(|trade| trade.exit_time);
    let mut taken: Vec<Option<usize>> = vec![None; theirs.len()];
    let mut is_free = vec![true; ours.len()];
    let mut parts = Parts::default();
    let of_symbol = by_symbol(&ours);
    for (number, rule) in RULES.iter().enumerate() {
        if number == 1 {
            parts = join_parts((&mut ours, &mut is_free), (&mut theirs, &mut taken), tolerance);
        }
        let within_s = (rule.within_s)(tolerance);
        // A trade that was joined is as late as its last part, and stands where the first one was.
        let reach = ((within_s + 2.0 * tolerance.within_s) * 1e6) as i64;
        for (at, there) in
            theirs.iter().enumerate().filter(|(at, _)| taken[*at].is_none()).collect::<Vec<_>>()
        {
            if parts.of_theirs.contains(&at) {
                continue;
            }
            let exit = there.exit_time.micros();
            let places = of_symbol.get(&there.symbol).map_or(&[][..], Vec::as_slice);
            let from =
                places.partition_point(|own| ours[*own].exit_time.micros() < exit.saturating_sub(reach));
            let near = places[from..].iter().map(|own| (*own, &ours[*own]));
            let near = near.take_while(|(_, own)| own.exit_time.micros() <= exit.saturating_add(reach));
            let fitting = near.filter(|(index, own)| {
                is_free[*index] && apart_s(own, there).abs() <= within_s && (rule.fits)(own, there, tolerance)
            });
            let best = fitting.min_by(|a, b| apart_s(a.1, there).abs().total_cmp(&apart_s(b.1, there).abs()));
            if let Some((index, _)) = best {
                is_free[index] = false;
                taken[at] = Some(index);
            }
        }
    }
    let mut out = Compared::default();
    for (at, (there, found)) in theirs.into_iter().zip(taken).enumerate() {
        match found {
            None if parts.of_theirs.contains(&at) => {}
            None => out.missing_here.push(there),
            Some(index) => {
                let own = ours[index].clone();
                let differs = differences(&own, &there, tolerance);
                out.pairs.push(Pair { ours: own, theirs: there, differs });
            }
        }
    }
    out.missing_there = ours.into_iter().zip(is_free).filter(|(_, free)| *free).map(|(own, _)| own).collect();
    out.causes = causes(&out, tolerance);
    out.causes.extend(parts.said());
    out
}

fn differences(ours: &Booked, theirs: &Booked, tolerance: &Tolerance) -> Vec<&'static str> {
    let amount = |one: f64, other: f64| (one - other).abs() > tolerance.amount;
    [
        ("time", !is_near(ours, theirs, tolerance)),
        ("side", ours.side != theirs.side),
        ("qty", !same_qty(ours, theirs)),
        ("entry_price", !is_price(ours.entry_price, theirs.entry_price, tolerance)),
        ("exit_price", !is_price(ours.exit_price, theirs.exit_price, tolerance)),
        ("fees", amount(ours.fees, theirs.fees)),
        ("pnl", amount(ours.pnl, theirs.pnl)),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// What usually lies behind such differences.
fn causes(compared: &Compared, tolerance: &Tolerance) -> Vec<String> {
    let mut out = Vec::new();
    let differing = |name: &str| {
        compared.pairs.iter().filter(move |pair| pair.differs.contains(&name)).collect::<Vec<_>>()
    };
    let shifts: Vec<f64> = differing("time").iter().map(|pair| apart_s(&pair.ours, &pair.theirs)).collect();
    if let Some(first) = shifts.first() {
        let minutes = (first / 900.0).round() * 15.0;
        let is_constant =
            shifts.iter().all(|shift| (shift / 60.0 - minutes).abs() * 60.0 <= tolerance.within_s);
        if is_constant && minutes != 0.0 {
            out.push(format!(
                "times are {:+} h apart in all {} trades whose times differ: the file was read in another zone, say it with --tz",
                minutes / 60.0,
                shifts.len()
            ));
        }
    }
    let fees = differing("fees");
    let unknown = fees.iter().filter(|pair| pair.ours.fees == 0.0).count();
    if unknown > 0 {
        let sum: f64 = fees.iter().filter(|pair| pair.ours.fees == 0.0).map(|pair| pair.theirs.fees).sum();
        out.push(format!(
            "{} without fees here and with {sum:.2} there: the engine does not record them",
            plural(unknown as u64, "trade")
        ));
    }
    let at_same_prices = |pair: &&Pair| {
        !["side", "qty", "entry_price", "exit_price"].iter().any(|name| pair.differs.contains(name))
    };
    let factors: Vec<f64> = differing("pnl")
        .into_iter()
        .filter(at_same_prices)
        .filter_map(|pair| {
            let (ours, theirs) = (pair.ours.pnl + pair.ours.fees, pair.theirs.pnl + pair.theirs.fees);
            contract_size(theirs, ours, 2.0 * tolerance.amount)
        })
        .collect();
    if let Some(first) = factors.first()
        && factors.iter().all(|factor| factor == first)
    {
        out.push(format!(
            "results there are {first} times those here in {} trades of the same prices: set [instruments] multiplier = {first}",
            factors.len()
        ));
    }
    if differing("side").len() > 1 {
        out.push("sides are turned round: one of the books has the side of the closing order".into());
    }
    if !compared.missing_here.is_empty() {
        out.push(
            "missing here: exits that the broker made by itself, such as a stop that was hit while the engine was off"
                .into(),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Side, Timestamp};

    fn booked(id: &str, minute: i64, exit_price: f64, fees: f64) -> Booked {
        Booked {
            id: id.into(),
            symbol: "MSFT".into(),
            side: Side::Long,
            entry_time: None,
            exit_time: Timestamp::from_micros(minute * 60_000_000),
            entry_price: Some(100.0),
            exit_price: Some(exit_price),
            qty: 10.0,
            fees,
            pnl: (exit_price - 100.0) * 10.0 - fees,
        }
    }

    #[test]
    fn both_directions_and_differences_with_their_cause() {
        let ours =
            vec![booked("a", 10, 101.0, 0.0), booked("b", 20, 99.0, 0.0), booked("c", 300, 105.0, 0.0)];
        let theirs =
            vec![booked("1", 10, 101.0, 1.0), booked("2", 20, 99.0, 1.0), booked("3", 900, 98.0, 1.0)];
        let compared = compare(ours, theirs, &Tolerance::default());
        let pairs: Vec<_> = compared.pairs.iter().map(|pair| (&*pair.ours.id, &*pair.theirs.id)).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "2")]);
        assert_eq!(compared.pairs[0].differs, ["fees", "pnl"]);
        assert_eq!((compared.missing_here[0].id.as_str(), compared.missing_there[0].id.as_str()), ("3", "c"));
        assert!(
            compared.causes[0].starts_with("2 trades without fees here and with 2.00 there"),
            "{:?}",
            compared.causes
        );
    }

    #[test]
    fn another_zone_and_another_contract_size_are_named() {
        let ours: Vec<Booked> = (0..4).map(|n| booked("o", 10 + 40 * n, 101.0 + n as f64, 0.0)).collect();
        let theirs: Vec<Booked> = (0..4)
            .map(|n| {
                let own = booked("t", 310 + 40 * n, 101.0 + n as f64, 0.0);
                Booked { pnl: own.pnl * 50.0, ..own }
            })
            .collect();
        let compared = compare(ours, theirs, &Tolerance::default());
        assert_eq!(
            (compared.pairs.len(), compared.missing_here.len(), compared.missing_there.len()),
            (4, 0, 0)
        );
        assert!(compared.causes[0].starts_with("times are -5 h apart in all 4"), "{:?}", compared.causes);
        assert!(compared.causes[1].contains("multiplier = 50"), "{:?}", compared.causes);
        let same: Vec<Booked> = (0..3).map(|n| booked("x", n, 101.0, 0.0)).collect();
        let none = compare(same.clone(), same, &Tolerance::default());
        assert!(none.causes.is_empty() && none.pairs.iter().all(|pair| pair.differs.is_empty()));
    }

    #[test]
    fn a_trade_that_one_book_has_in_parts_is_one() {
        let parts = |first: f64| {
            [first, 10.0 - first].map(|qty| {
                let whole = booked("part", 10, 101.0, 1.0);
                Booked { qty, pnl: whole.pnl * qty / 10.0, fees: qty / 10.0, ..whole }
            })
        };
        let whole = || vec![booked("a", 10, 101.0, 1.0), booked("b", 10, 101.0, 1.0)];
        let in_parts = || [parts(4.0), parts(3.0)].concat();
        for (ours, theirs) in [(whole(), in_parts()), (in_parts(), whole())] {
            let compared = compare(ours, theirs, &Tolerance::default());
            let same = compared.pairs.iter().filter(|pair| pair.differs.is_empty()).count();
            assert_eq!((same, compared.missing_here.len(), compared.missing_there.len()), (2, 0, 0));
            assert!(compared.causes[0].ends_with("their sum: 2 trades"), "{:?}", compared.causes);
        }
        // A part of it is missing.
        let compared = compare(whole(), in_parts()[..3].to_vec(), &Tolerance::default());
        assert_eq!((compared.pairs.len(), compared.missing_here.len()), (2, 0));
        assert_eq!(compared.pairs.iter().filter(|pair| pair.differs.is_empty()).count(), 1);
    }

    #[test]
    fn equal_trades_are_each_taken_once() {
        let ours = vec![booked("a", 10, 101.0, 0.0); 2];
        let theirs = vec![booked("1", 10, 101.0, 0.0); 3];
        let compared = compare(ours, theirs, &Tolerance::default());
        assert_eq!((compared.pairs.len(), compared.missing_here.len()), (2, 1));
    }
}
