//! The brain file and the record of its changes.

use crate::app::examination::{Examination, MAX_LISTED, words};
use crate::app::repair_brain::can_rebuild;
use crate::domain::KnobName;
use crate::files::Context;
use crate::files::brain::Brain;
use crate::store::read_state;
use crate::wire::read_adjustments;

/// The brain file, where there is one: knobs are numbers within their hard ranges.
pub(super) fn examine_brain(context: &Context<'_>, examined: &mut Examination) {
    let path = context.layout.brain();
    match read_state(context.disk, &path) {
        Ok(Some(_)) => {}
        Ok(None) => {
            if can_rebuild(context) {
                let what = "is gone, every knob counts as its default";
                examined.warn(&path, what, Some("dtlearn doctor --repair"));
            }
            return examine_adjustments(context, examined);
        }
        Err(error) => return examined.damage(&path, "", &words(&error), None),
    }
    match Brain::read(context).and_then(|brain| Ok((brain.knobs(context)?, brain.symbols(context)))) {
        Ok(((knobs, outside), symbols)) => {
            let names = KnobName::ALL.into_iter().filter(|name| knobs[*name].outside);
            for (what, name) in outside.iter().zip(names) {
                examined.damage(&path, "", what, Some(reset_command(name)));
            }
            if let Err(error) = symbols {
                examined.damage(&path, "", &words(&error), rebuild_command(context));
            }
        }
        Err(error) => match rebuild_command(context) {
            Some(remedy) => examined.damage(
                &path,
                "",
                &format!("{}: restore it from a backup, or have its knobs made anew", words(&error)),
                Some(remedy),
            ),
            None => examined.damage(&path, "", &format!("{}: restore it from a backup", words(&error)), None),
        },
    }
    examine_adjustments(context, examined);
}

/// What makes the file anew, where the changes on record say what stood in it.
fn rebuild_command(context: &Context<'_>) -> Option<&'static str> {
    can_rebuild(context).then_some("dtlearn doctor --repair")
}

/// The command that brings a knob back.
const fn reset_command(name: KnobName) -> &'static str {
    match name {
        KnobName::MinConfidence => "dtlearn brain-adjust --reset DT_EXEC_MIN_CONF",
        KnobName::MaxPositions => "dtlearn brain-adjust --reset DT_MAX_POSITIONS",
        KnobName::StopLoss => "dtlearn brain-adjust --reset DT_STOP_LOSS_PCT",
        KnobName::TakeProfit => "dtlearn brain-adjust --reset DT_TAKE_PROFIT_PCT",
        KnobName::PositionSize => "dtlearn brain-adjust --reset DT_POSITION_SIZE_BASE_USD",
        KnobName::MaxOrders => "dtlearn brain-adjust --reset DT_MAX_ORDERS_PER_CYCLE",
        KnobName::MinGap => "dtlearn brain-adjust --reset DT_MIN_TRADE_GAP_MINUTES",
    }
}

pub(super) fn examine_adjustments(context: &Context<'_>, examined: &mut Examination) {
    let path = context.layout.adjustments();
    match read_state(context.disk, &path) {
        Ok(Some(text)) => {
            let (_, bad) = read_adjustments(&text);
            for line in bad.iter().take(MAX_LISTED) {
                examined.warn(&path, &format!("line {line} is not a knob change: skipped"), None);
            }
        }
        Ok(None) => {}
        Err(error) => examined.damage(&path, "", &words(&error), None),
    }
}
