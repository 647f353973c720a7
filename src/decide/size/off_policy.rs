//! What other sizes would have brought, from trades whose sizes were drawn with known chances: no assumption that size moves
//! no price is made.

use super::explore::DRAWN;
use crate::stats::evidence::SymmetricTest;

/// The first sessions, of which only the scale of the interval is taken; and how many there have to be beside them.
const FOR_SCALE: usize = 20;

/// Below this share of the trades an estimate rests on too few of them.
const EFFECTIVE_FRAC: f64 = 0.30;

/// A trade that counts more often than this decides everything.
const WEIGHT_MAX: f64 = 20.0;

/// How far a multiplier may be from one that is drawn.
const TOLERANCE: f64 = 0.005;

/// A trade whose size was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnTrade {
    /// The session, in days from the common era.
    pub day: i32,
    /// By what the base size was multiplied.
    pub multiplier: Option<f64>,
    /// The chance with which that was drawn, above 0 and at most 1.
    pub propensity: f64,
    /// The net result as a fraction of the position.
    pub result: f64,
}

/// Sizes that could have been given: the chances of the multipliers of [`DRAWN`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeTarget {
    /// Its name.
    pub name: &'static str,
    /// The chance of each multiplier.
    pub chances: [f64; DRAWN.len()],
}

/// What is asked.
pub(super) const SIZE_TARGETS: [SizeTarget; 5] = [
    SizeTarget { name: "all at 0.80", chances: [1.0, 0.0, 0.0] },
    SizeTarget { name: "half at 0.80", chances: [0.5, 0.5, 0.0] },
    SizeTarget { name: "all at 1.00", chances: [0.0, 1.0, 0.0] },
    SizeTarget { name: "half at 1.25", chances: [0.0, 0.5, 0.5] },
    SizeTarget { name: "all at 1.25", chances: [0.0, 0.0, 1.0] },
];

/// What a target would have brought, as fractions of the base size a trade.
#[derive(Clone, Debug, PartialEq)]
pub struct OffPolicy {
    /// The sizes that are asked about.
    pub target: SizeTarget,
    /// Trades that were weighed.
    pub trades: usize,
    /// Sessions behind the estimate.
    pub sessions: usize,
    /// How many trades the weighted ones are worth, as a share of them: (Σw)²/(n·Σw²).
    pub effective_frac: f64,
    /// The weighted mean; none without weight.
    pub snips: Option<f64>,
    /// The doubly robust estimate and its interval, which holds at every look; or why there is none.
    pub robust: Result<(f64, Option<(f64, f64)>), String>,
}

/// Why nothing can be said at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDrawn {
    /// No trade says with which chance its size was drawn.
    NoChances,
    /// Trades say so, and none of them was sized by a multiplier that is drawn.
    OtherSizes,
    /// Every size was certain.
    Certain,
}

/// The place of a multiplier among those that are drawn.
fn place(multiplier: f64) -> Option<usize> {
    DRAWN.iter().position(|drawn| (drawn - multiplier).abs() <= TOLERANCE)
}

/// Estimates every target. With weights w, the chance under the target over the one under which the size was drawn, and
/// the result y at the base size: Σwy/Σw (Swaminathan and Joachims 2015, *Advances in Neural Information Processing
/// Systems* 28), and the mean of q(target) + w·(y − q(drawn)) with q(m) = m times the mean result of earlier sessions
/// (Dudík, Langford and Li 2011, *Proceedings of the 28th ICML*), by session.
///
/// # Errors
/// [`NotDrawn`]: where a size is certain nothing is known of others without assuming it.
pub fn off_policy(trades: &[DrawnTrade]) -> Result<Vec<OffPolicy>, NotDrawn> {
    let with_chance =
        |trade: &&DrawnTrade| trade.propensity > 0.0 && trade.propensity <= 1.0 && trade.result.is_finite();
    let known = trades.iter().filter(with_chance);
    let of_drawn = known.clone().filter_map(|trade| Some((place(trade.multiplier?)?, trade)));
    // A size that was certain was not drawn, whatever was drawn before and after.
    let (drawn, certain): (Vec<_>, Vec<_>) = of_drawn.partition(|(_, trade)| trade.propensity < 1.0);
    if drawn.is_empty() {
        return Err(match (known.count(), certain.is_empty()) {
            (0, _) => NotDrawn::NoChances,
            (_, true) => NotDrawn::OtherSizes,
            (_, false) => NotDrawn::Certain,
        });
    }
    Ok(SIZE_TARGETS.iter().map(|target| estimate(target, &drawn)).collect())
}

fn estimate(target: &SizeTarget, drawn: &[(usize, &DrawnTrade)]) -> OffPolicy {
    let (mut weights, mut squares, mut weighted, mut largest) = (0.0, 0.0, 0.0, 0.0f64);
    let mut values = Vec::new();
    let (mut sum, mut count) = (0.0, 0.0);
    let mean_size: f64 = target.chances.iter().zip(DRAWN).map(|(chance, m)| chance * m).sum();
    for session in drawn.chunk_by(|a, b| a.1.day == b.1.day) {
        let before = if count > 0.0 { sum / count } else { 0.0 };
        let mut value = 0.0;
        for (at, trade) in session {
            let weight = target.chances[*at] / trade.propensity;
            let result = DRAWN[*at] * trade.result;
            weights += weight;
            squares += weight * weight;
            weighted += weight * result;
            largest = largest.max(weight);
            value += mean_size * before + weight * (result - DRAWN[*at] * before);
            sum += trade.result;
            count += 1.0;
        }
        values.push(value / session.len() as f64);
    }
    let trades = drawn.len();
    let effective_frac = if squares > 0.0 { weights * weights / (trades as f64 * squares) } else { 0.0 };
    let robust = if effective_frac < EFFECTIVE_FRAC {
        let share = 100.0 * effective_frac;
        Err(format!(
            "the trades are worth {share:.0} % of their number, it takes {:.0} %",
            100.0 * EFFECTIVE_FRAC
        ))
    } else if largest > WEIGHT_MAX {
        Err(format!("one trade counts {largest:.0} times, it may {WEIGHT_MAX:.0} times"))
    } else {
        interval(&values)
    };
    OffPolicy {
        target: *target,
        trades,
        sessions: values.len(),
        effective_frac,
        snips: (weights > 0.0).then(|| weighted / weights),
        robust,
    }
}

/// The mean of the sessions' values, and its interval: every value against which E is below 20, looked at as often as one
/// likes (the self-normalised mixture of [`SymmetricTest`]).
fn interval(values: &[f64]) -> Result<(f64, Option<(f64, f64)>), String> {
    if values.len() < 2 * FOR_SCALE {
        return Err(format!("{} sessions, it takes {}", values.len(), 2 * FOR_SCALE));
    }
    let (first, rest) = values.split_at(FOR_SCALE);
    let mean = first.iter().sum::<f64>() / FOR_SCALE as f64;
    let squares: f64 = first.iter().map(|value| (value - mean).powi(2)).sum();
    let test = SymmetricTest::new((squares / (FOR_SCALE - 1) as f64).sqrt());
    let mut test = test.ok_or("every session has the same value")?;
    rest.iter().for_each(|value| test.push(*value));
    Ok((test.mean().unwrap_or(mean), test.interval()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // One at .80 drawn with ¼ that lost 1 %, one at 1.00 drawn with ½ that made 2 %, one at 1.25 with ¼ that made 4 %.
        let trade = |multiplier, propensity, result| DrawnTrade {
            day: 1,
            multiplier: Some(multiplier),
            propensity,
            result,
        };
        let trades = [trade(0.8, 0.25, -0.01), trade(1.0, 0.5, 0.02), trade(1.25, 0.25, 0.04)];
        let found = off_policy(&trades).unwrap();
        // Half at 1.25: weights 0, 1, 2; (1·.02 + 2·.05)/3; (0 + 1 + 2)²/(3·5).
        let half = &found[3];
        assert!((half.snips.unwrap() - 0.04).abs() < 1e-12, "{half:?}");
        assert!((half.effective_frac - 0.6).abs() < 1e-12);
        assert_eq!(half.robust, Err("1 sessions, it takes 40".into()));
        // All at 1.25: one of three.
        assert!((found[4].effective_frac - 1.0 / 3.0).abs() < 1e-12);
        assert!((found[4].snips.unwrap() - 0.05).abs() < 1e-12);
    }

    #[test]
    fn what_was_certain_is_refused() {
        let trade = |propensity| DrawnTrade { day: 1, multiplier: Some(1.0), propensity, result: 0.01 };
        assert_eq!(off_policy(&[]), Err(NotDrawn::NoChances));
        assert_eq!(off_policy(&[trade(0.0), trade(f64::NAN)]), Err(NotDrawn::NoChances));
        assert_eq!(off_policy(&[trade(1.0), trade(1.0)]), Err(NotDrawn::Certain));
        // Of those that were certain, none counts beside one that was drawn.
        let found = off_policy(&[trade(1.0), trade(0.8), trade(1.0)]).unwrap();
        assert_eq!(found, off_policy(&[trade(0.8)]).unwrap());
        assert_eq!(found[2].trades, 1);
        // A size that is never drawn by anybody says nothing of those that are.
        assert_eq!(
            off_policy(&[DrawnTrade { multiplier: Some(3.0), ..trade(0.5) }]),
            Err(NotDrawn::OtherSizes)
        );
    }

    #[test]
    fn forty_sessions_are_held_against_what_the_ones_before_made() {
        // One trade a session at 1.25, drawn with ½, that makes 1 % and 3 % in turn.
        let trade = |day: i32| DrawnTrade {
            day,
            multiplier: Some(1.25),
            propensity: 0.5,
            result: if day % 2 == 0 { 0.01 } else { 0.03 },
        };
        let trades: Vec<DrawnTrade> = (0..40).map(trade).collect();
        let robust = |trades: &[DrawnTrade]| off_policy(trades).unwrap()[4].robust.clone();
        // Before an even session the mean was 2 %, so 1.25·(2·.01 − .02); before an odd one .02 − .01/j, so 1.25·(.04 + .01/j).
        let odd = (21..40).step_by(2).map(|j| 1.25 * (0.04 + 0.01 / f64::from(j))).sum::<f64>();
        let (mean, _) = robust(&trades).unwrap();
        assert!((mean - odd / 20.0).abs() < 1e-12, "{mean}");
        assert_eq!(robust(&trades[1..]), Err("39 sessions, it takes 40".into()));
        // A second trade in each session, of the same result: the session counts once.
        let twice: Vec<DrawnTrade> = trades.iter().flat_map(|trade| [*trade, *trade]).collect();
        assert!((robust(&twice).unwrap().0 - odd / 20.0).abs() < 1e-12);
    }

    #[test]
    fn what_rests_on_a_quarter_of_the_trades_or_on_one_is_not_said() {
        let trade = |multiplier, propensity| DrawnTrade {
            day: 1,
            multiplier: Some(multiplier),
            propensity,
            result: 0.01,
        };
        let at_most = |trades: &[DrawnTrade]| off_policy(trades).unwrap()[4].robust.clone().unwrap_err();
        let quarter = [trade(1.25, 0.5), trade(1.0, 0.5), trade(1.0, 0.5), trade(1.0, 0.5)];
        assert_eq!(at_most(&quarter), "the trades are worth 25 % of their number, it takes 30 %");
        assert_eq!(at_most(&[trade(1.25, 0.04)]), "one trade counts 25 times, it may 20 times");
        assert_eq!(at_most(&[trade(1.25, 0.05)]), "1 sessions, it takes 40");
    }
}
