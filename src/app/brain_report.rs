//! `report brain`: what is in force, and what changed.

use super::{Context, last_replay};
use crate::decide::{GuardWord, Override, reduced_knobs};
use crate::domain::{KnobName, PerKnob, Window};
use crate::files::brain::Brain;
use crate::files::brain_log::{read_log, value_before};
use crate::files::guard_files::overlay;
use crate::files::trades_in_window::recent_trades;
use crate::report::{BrainData, GuardOverlay, KnobLine, plural};
use crate::store::StoreError;

/// Days in which a symbol must have been traded to be offered for a mistyped one.
const SYMBOL_DAYS: u16 = 90;

/// The knobs in force, for one symbol where it has values of its own, and what is wrong with them.
fn in_force(
    context: &Context<'_>,
    brain: &Brain,
    of_symbol: Option<&[Override]>,
) -> Result<(Vec<KnobLine>, Vec<String>), StoreError> {
    let (knobs, outside) = brain.knobs(context)?;
    let mut lines: Vec<KnobLine> = context
        .settings
        .rulebook
        .knobs
        .iter()
        .zip(knobs)
        .map(|(knob, now)| KnobLine { knob: *knob, smoothed: now.smoothed, effective: now.effective })
        .collect();
    for own in of_symbol.unwrap_or_default() {
        lines[own.knob as usize].smoothed = own.smoothed;
        lines[own.knob as usize].effective = own.effective;
    }
    Ok((lines, outside))
}

/// Lowers the size to the cap that a symbol has, and says so. Since when it has one is not on record, so that it says nothing
/// of an earlier moment.
fn capped(context: &Context<'_>, (symbol, cap): (&str, f64), lines: &mut [KnobLine]) -> String {
    if context.as_of.is_some() {
        return format!("The size cap of {symbol} is left out: since when it holds is not on record.");
    }
    // Only ever less.
    let size = &mut lines[KnobName::PositionSize as usize];
    size.effective = size.effective.min(cap).max(size.knob.low);
    format!(
        "A position in {symbol} is at most {cap} {}: `dtlearn report portfolio`.",
        context.settings.currency
    )
}

/// Lowers the knobs as the guard's locks in the brain file do that hold now, and says what it did. A lock that has expired
/// does nothing, and what is asked of another moment is not what holds now.
fn guarded(context: &Context<'_>, brain: &Brain, lines: &mut [KnobLine]) -> Option<GuardOverlay> {
    if context.as_of.is_some() {
        return None;
    }
    let state = overlay(brain, context.now);
    let settings = &context.settings;
    if state.word == GuardWord::Active && !settings.guard.enabled {
        return None;
    }
    let base = PerKnob::from_fn(|name| lines[name as usize].effective);
    let knobs = reduced_knobs(&settings.rulebook.knobs, &base, state.word, &settings.guard.reducing);
    for (line, reduced) in lines.iter_mut().zip(knobs) {
        line.effective = reduced;
    }
    let calendar = context.market().calendar();
    let lowered = KnobName::ALL.into_iter().filter(|name| knobs[*name] != base[*name]).collect();
    Some(GuardOverlay { word: state.word, until: state.until.map(|until| calendar.hhmm(until)), lowered })
}

/// The knobs, the changes, and the symbols with values of their own, with what is wrong with them, and the last replay.
///
/// # Errors
/// [`StoreError`] when the brain file or the record of changes cannot be read.
pub(super) fn brain_data(context: &Context<'_>, symbol: Option<&str>) -> Result<BrainData, StoreError> {
    let brain = Brain::read(context)?;
    let mut log = read_log(context, &brain)?;
    let later = log.cut_off_at(context);
    let symbols = brain.symbols(context)?;
    let of_symbol = symbols.iter().find(|(name, _)| symbol == Some(name.as_str())).map(|(_, own)| &own[..]);
    let (mut knobs, outside) = in_force(context, &brain, of_symbol)?;
    for line in &mut knobs {
        let now = (line.smoothed, line.effective);
        (line.smoothed, line.effective) = value_before(&later, symbol, line.knob.name, now);
    }
    let cap = match symbol {
        Some(symbol) => brain.size_caps(context)?.remove(symbol).map(|cap| (symbol, cap)),
        None => None,
    };
    let cap = cap.map(|cap| capped(context, cap, &mut knobs));
    let guard = guarded(context, &brain, &mut knobs);
    let mut notes: Vec<String> = outside
        .into_iter()
        .map(|what| format!("{what}. The next `dtlearn brain-adjust` that changes a knob writes it again."))
        .collect();
    notes.extend(cap);
    if log.unreadable > 0 {
        let path = context.layout.adjustments();
        notes.push(format!("{}: {} cannot be read.", path.display(), plural(log.unreadable, "line")));
    }
    // Only for a hint: what cannot be read is said elsewhere.
    let traded = symbol.map_or_else(Vec::new, |_| {
        let trades =
            recent_trades(context, Window::Days(SYMBOL_DAYS)).map_or_else(|_| Vec::new(), |found| found.0);
        trades.iter().map(|trade| trade.symbol.to_string()).collect()
    });
    Ok(BrainData {
        traded,
        knobs,
        changes: log.changes,
        symbols,
        symbol: symbol.map(str::to_owned),
        is_there: brain.is_there(),
        guard,
        replay: last_replay(context),
        notes,
    })
}
