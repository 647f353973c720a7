//! Trades of two books held against each other: which of one is which of the other, and where they differ.

use crate::domain::{Side, Timestamp, contract_size};
use crate::report::plural;

/// A closed trade, as far as two books can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Booked {
    /// Its id in its book.
    pub id: String,
    /// What was traded.
    pub symbol: String,
    /// The position's side.
    pub side: Side,
    /// When it was entered, if known.
    pub entry_time: Option<Timestamp>,
    /// When it was closed.
    pub exit_time: Timestamp,
    /// Average price of the entry, where it is recorded.
    pub entry_price: Option<f64>,
    /// Average price of the exit, where it is recorded.
    pub exit_price: Option<f64>,
    /// Units, above 0.
    pub qty: f64,
    /// Costs, in the account's currency; 0 where none are recorded.
    pub fees: f64,
    /// Net result in the account's currency.
    pub pnl: f64,
}

/// How far apart two records of one trade may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Between the times of the exit, in seconds.
    pub within_s: f64,
    /// Between prices, as a fraction of the price.
    pub price_frac: f64,
    /// Between fees and between results, in the account's currency.
    pub amount: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { within_s: 60.0, price_frac: 1e-4, amount: 0.01 }
    }
}

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

/// Quantities that differ by less than this fraction are one.
const SAME_QTY: f64 = 1e-9;

/// A rule by which a trade of the broker is taken for one of the engine's; the earlier ones first.
type Rule = fn(&Booked, &Booked, &Tolerance) -> bool;

const RULES: [Rule; 4] = [
    |ours, theirs, tolerance| {
        is_near(ours, theirs, tolerance) && ours.side == theirs.side && same_qty(ours, theirs)
    },
    |ours, theirs, tolerance| is_near(ours, theirs, tolerance) && ours.side == theirs.side,
    |ours, theirs, tolerance| is_near(ours, theirs, tolerance) && same_qty(ours, theirs),
    |ours, theirs, tolerance| {
        apart_s(ours, theirs).abs() <= ZONES_S
            && ours.side == theirs.side
            && same_qty(ours, theirs)
            && is_price(ours.entry_price, theirs.entry_price, tolerance)
            && is_price(ours.exit_price, theirs.exit_price, tolerance)
    },
];

fn apart_s(ours: &Booked, theirs: &Booked) -> f64 {
    (ours.exit_time.micros() - theirs.exit_time.micros()) as f64 / 1e6
}

fn is_near(ours: &Booked, theirs: &Booked, tolerance: &Tolerance) -> bool {
    apart_s(ours, theirs).abs() <= tolerance.within_s
}

fn same_qty(ours: &Booked, theirs: &Booked) -> bool {
    (ours.qty - theirs.qty).abs() <= SAME_QTY * ours.qty.abs().max(theirs.qty.abs())
}

fn is_price(one: Option<f64>, other: Option<f64>, tolerance: &Tolerance) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= tolerance.price_frac * one.abs().max(other.abs()),
        (one, other) => one == other,
    }
}

/// Holds the engine's trades against the broker's. Each is taken once; of several that fit, the nearest in time.
pub(super) fn compare(mut ours: Vec<Booked>, mut theirs: Vec<Booked>, tolerance: &Tolerance) -> Compared {
    ours.sort_by_key(|trade| trade.exit_time);
    theirs.sort_by_key(|trade| trade.exit_time);
    let mut taken: Vec<Option<usize>> = vec![None; theirs.len()];
    let mut is_free = vec![true; ours.len()];
    for rule in RULES {
        for (at, there) in
            theirs.iter().enumerate().filter(|(at, _)| taken[*at].is_none()).collect::<Vec<_>>()
        {
            let reach = (ZONES_S * 1e6) as i64;
            let from = ours.partition_point(|own| own.exit_time.micros() < there.exit_time.micros() - reach);
            let near = ours[from..].iter().enumerate().map(|(index, own)| (from + index, own));
            let near = near.take_while(|(_, own)| own.exit_time.micros() <= there.exit_time.micros() + reach);
            let fitting = near.filter(|(index, own)| {
                is_free[*index] && own.symbol == there.symbol && rule(own, there, tolerance)
            });
            let best = fitting.min_by(|a, b| apart_s(a.1, there).abs().total_cmp(&apart_s(b.1, there).abs()));
            if let Some((index, _)) = best {
                is_free[index] = false;
                taken[at] = Some(index);
            }
        }
    }
    let mut out = Compared::default();
    for (there, found) in theirs.into_iter().zip(taken) {
        match found {
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
    fn equal_trades_are_each_taken_once() {
        let ours = vec![booked("a", 10, 101.0, 0.0); 2];
        let theirs = vec![booked("1", 10, 101.0, 0.0); 3];
        let compared = compare(ours, theirs, &Tolerance::default());
        assert_eq!((compared.pairs.len(), compared.missing_here.len()), (2, 1));
    }
}
