//! Where a trade would have closed under another stop or target, from its recorded excursions.

use serde::{Deserialize, Serialize};

use std::collections::HashMap;

use super::decision::{Contradiction, Hit, LoggedEntry, NEAR, TakenTrade};
use crate::domain::{KnobName, PerKnob, Timestamp, reached};

/// How a trade is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// As it was.
    AsItWas,
    /// At the other stop.
    Stop,
    /// At the other stop, which was touched as the target was; nothing says which came first.
    StopOfBoth,
    /// At the other target.
    Target,
    /// Where the prices say.
    Prices,
}

impl Closing {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsItWas => "as recorded",
            Self::Stop => "at the other stop",
            Self::StopOfBoth => "at the other stop, the target was touched too",
            Self::Target => "at the other target",
            Self::Prices => "where the prices say",
        }
    }
}

/// Why a trade says nothing about another level, and counts as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inconclusive {
    /// Its excursions or prices are not on record.
    NoExcursions,
    /// Its level was its own and not the knob's.
    OwnLevel,
    /// Its excursions or its exit contradict the level in force.
    NotTheLevel,
    /// Its size is not the knob's.
    NotTheSize,
    /// It was closed at a level that would have been further away; what came after is not on record.
    AfterItsExit,
    /// It was never entered: its result under the frozen policy is all that is known.
    FrozenPolicy,
    /// No confidence on record, so no minimum refuses it.
    NoConfidence,
    /// No entry time on record, so no gate of time refuses it.
    NoEntryTime,
}

impl Inconclusive {
    /// All, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::NoConfidence,
        Self::NoEntryTime,
        Self::NoExcursions,
        Self::OwnLevel,
        Self::NotTheLevel,
        Self::NotTheSize,
        Self::AfterItsExit,
        Self::FrozenPolicy,
    ];

    /// The words in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoConfidence => "no confidence on record",
            Self::NoEntryTime => "no entry time on record",
            Self::NoExcursions => "no excursions (mfe_pct, mae_pct) on record",
            Self::OwnLevel => "a stop or target of its own, not the knob's",
            Self::NotTheLevel => "contradicts the recorded stop or target",
            Self::NotTheSize => "contradicts the recorded position size",
            Self::AfterItsExit => "closed at its level; what came after was not recorded",
            Self::FrozenPolicy => "a missed signal, whose stop and target are frozen",
        }
    }
}

/// What prices say of a trade under other levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResolvedExit {
    /// The move from the entry price, signed by side.
    pub moved: f64,
    /// When it is closed.
    pub at: Timestamp,
}

/// What prices resolved: by the record's place in the log and the levels, to the last bit.
pub type Resolutions = HashMap<(usize, u64, u64), ResolvedExit>;

/// Levels that a record's own excursions do not resolve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unresolved {
    /// Stop and target as fractions of the entry price.
    pub levels: (f64, f64),
    /// Whether its recorded exit no longer counts.
    pub beyond_exit: bool,
}

/// How a trade comes out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// Size of the position at entry, in the account's currency.
    pub exposure: f64,
    /// When it is closed.
    pub exit: Timestamp,
    /// How.
    pub closing: Closing,
    /// Why it says nothing about the other levels, if so.
    pub inconclusive: Option<Inconclusive>,
}

/// One of the two levels under other knobs.
struct Level {
    /// Where it was.
    was: f64,
    /// Its distance as a fraction of the entry price.
    at: f64,
    /// Whether it differs from the one that the trade had.
    moved: bool,
}

/// How much worse than its stop and its target a trade was filled that was closed there, as fractions of the entry
/// price; none where it was closed elsewhere.
pub(super) fn slippage(trade: &TakenTrade, in_force: &PerKnob<f64>) -> [Option<f64>; 2] {
    let stop = trade.stop_frac.unwrap_or(in_force[KnobName::StopLoss]);
    let target = trade.target_frac.unwrap_or(in_force[KnobName::TakeProfit]);
    let at = |hit: Hit, level: f64| trade.moved.filter(|_| trade.hit == hit).map(|moved| level - moved);
    [at(Hit::Stop, -stop), at(Hit::Target, target)]
}

/// The level of a trade; an error where the trade's level is not the knob's to move.
fn level(own: Option<f64>, in_force: f64, wanted: f64) -> Result<Level, Inconclusive> {
    let was = own.unwrap_or(in_force);
    if wanted == in_force {
        return Ok(Level { was, at: was, moved: false });
    }
    match own {
        Some(own) if (own - in_force).abs() > NEAR => Err(Inconclusive::OwnLevel),
        _ => Ok(Level { was, at: wanted, moved: true }),
    }
}

/// How the excursions read.
enum Read {
    AsItWas,
    At(f64, Closing),
    Abstains(Inconclusive, Option<Unresolved>),
}

/// Stop and target of a trade under other knobs.
fn levels(
    trade: &TakenTrade,
    in_force: &PerKnob<f64>,
    knobs: &PerKnob<f64>,
) -> Result<(Level, Level), Inconclusive> {
    let of = |own: Option<f64>, name: KnobName| level(own, in_force[name], knobs[name]);
    Ok((of(trade.stop_frac, KnobName::StopLoss)?, of(trade.target_frac, KnobName::TakeProfit)?))
}

/// Whether a trade was closed at a level that would have been further away: its recorded exit no longer counts.
fn beyond(trade: &TakenTrade, stop: &Level, target: &Level) -> bool {
    (trade.hit == Hit::Stop && stop.at > stop.was) || (trade.hit == Hit::Target && target.at > target.was)
}

/// Which levels the excursions touched. One that stays where it was, was touched where it closed the trade, and
/// nowhere else. One that is further away than where it closed the trade was touched by no more than the slippage
/// of that, which does not say where it would have been filled.
fn touched(trade: &TakenTrade, stop: &Level, target: &Level) -> Option<(bool, bool)> {
    let (mae, mfe) = trade.excursions.filter(|_| trade.moved.is_some())?;
    let further = beyond(trade, stop, target);
    let (at_stop, at_target) = reached((mae, mfe), (stop.at, target.at));
    let stopped = match (stop.moved, trade.hit == Hit::Stop) {
        (false, hit) => hit,
        (true, true) if further => false,
        (true, _) => at_stop,
    };
    let targeted = match (target.moved, trade.hit == Hit::Target) {
        (false, hit) => hit,
        (true, true) if further => false,
        (true, _) => at_target,
    };
    Some((stopped, targeted))
}

/// Where excursions say how a trade ends under other levels, and where not. Excursions do not say which level was touched
/// first, so that of two the stop counts, as the bars of a day are read ([`crate::domain`], exit rule):
///
/// | stop touched | target touched | reads |
/// |---|---|---|
/// | moved stop | no | the stop |
/// | moved stop | moved target | the stop, and says that both were |
/// | the stop that it had | either | as it was |
/// | no | moved target | the target |
/// | no | the target that it had | as it was |
/// | no | no, and its exit still counts | as it was |
/// | no | no, and it was closed at a level that is further away | nothing: what came later is not on record |
fn read(slot: &LoggedEntry, trade: &TakenTrade, knobs: &PerKnob<f64>) -> Read {
    let (stop, target) = match levels(trade, &slot.in_force, knobs) {
        Ok(levels) => levels,
        Err(why) => return Read::Abstains(why, None),
    };
    if !stop.moved && !target.moved {
        return Read::AsItWas;
    }
    // The engine did not work by the level in force: nothing says what it would have made of another.
    if slot.contradictions.iter().any(|odd| *odd != Contradiction::Size) {
        return Read::Abstains(Inconclusive::NotTheLevel, None);
    }
    let beyond = beyond(trade, &stop, &target);
    let unresolved = Some(Unresolved { levels: (stop.at, target.at), beyond_exit: beyond });
    match touched(trade, &stop, &target) {
        None => Read::Abstains(Inconclusive::NoExcursions, unresolved.filter(|_| trade.moved.is_some())),
        Some((true, at_target)) if stop.moved => {
            let both = at_target && target.moved;
            Read::At(-stop.at, if both { Closing::StopOfBoth } else { Closing::Stop })
        }
        // It was closed at the stop that it had; a nearer target that was touched too gives way to it.
        Some((true, _)) => Read::AsItWas,
        Some((false, true)) if target.moved => Read::At(target.at, Closing::Target),
        Some((false, true)) => Read::AsItWas,
        Some((false, false)) if beyond => Read::Abstains(Inconclusive::AfterItsExit, unresolved),
        Some((false, false)) => Read::AsItWas,
    }
}

/// What prices would have to resolve: levels that were both touched, excursions that are not on record, and what
/// came after an exit that no longer counts.
pub(super) fn unresolved(slot: &LoggedEntry, trade: &TakenTrade, knobs: &PerKnob<f64>) -> Option<Unresolved> {
    if let Read::Abstains(_, unresolved) = read(slot, trade, knobs) {
        return unresolved;
    }
    let (stop, target) = levels(trade, &slot.in_force, knobs).ok()?;
    let both = target.moved && touched(trade, &stop, &target)? == (true, true);
    both.then_some(Unresolved { levels: (stop.at, target.at), beyond_exit: false })
}

/// How a trade comes out under other knobs, with `by` times the multiplier of its size.
pub(super) fn closed(
    slot: &LoggedEntry,
    trade: &TakenTrade,
    place: usize,
    (knobs, by): (&PerKnob<f64>, f64),
    resolved: &Resolutions,
) -> Closed {
    let size = KnobName::PositionSize;
    let (old, new) = (slot.in_force[size], knobs[size]);
    // A trade whose size was not the knob's says nothing about another one.
    let not_the_size = new != old && slot.contradictions.contains(&Contradiction::Size);
    // Where nothing changes, nothing is multiplied: what happened comes back to the last bit. What multiplies the size is
    // known whatever the size is.
    let scaled =
        |pnl: f64| by * if new == old || old <= 0.0 || not_the_size { pnl } else { pnl * (new / old) };
    let exposure = scaled(trade.exposure().unwrap_or(old));
    let of_size = not_the_size.then_some(Inconclusive::NotTheSize);
    let as_it_was = |inconclusive: Option<Inconclusive>| Closed {
        pnl: scaled(trade.pnl),
        pnl_frac: trade.pnl_frac,
        exposure,
        exit: slot.record.exit,
        closing: Closing::AsItWas,
        inconclusive: inconclusive.or(of_size),
    };
    let at = |moved: f64, exit: Timestamp, closing| {
        // Fees and the like stay what they were.
        let pnl_frac = trade.pnl_frac + (moved - trade.moved.unwrap_or(moved));
        let pnl = trade.notional.map_or(trade.pnl, |notional| pnl_frac * notional);
        Closed { pnl: scaled(pnl), pnl_frac, exposure, exit, closing, inconclusive: of_size }
    };
    if !resolved.is_empty()
        && let Some(open) = unresolved(slot, trade, knobs)
        && let Some(found) = resolved.get(&(place, open.levels.0.to_bits(), open.levels.1.to_bits()))
    {
        return at(found.moved, found.at, Closing::Prices);
    }
    match read(slot, trade, knobs) {
        Read::AsItWas => as_it_was(None),
        Read::At(level, closing) => {
            at(level - slot.slippage(closing == Closing::Target), slot.record.exit, closing)
        }
        Read::Abstains(why, _) => as_it_was(Some(why)),
    }
}
