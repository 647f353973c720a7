//! The brain file and the record of its changes.

use crate::app::examination::{Examination, MAX_LISTED, words};
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
        Ok(None) => return,
        Err(error) => return examined.damage(&path, "", &words(&error), None),
    }
    match Brain::read(context).and_then(|brain| Ok((brain.knobs(context)?, brain.symbols(context)))) {
        Ok(((knobs, outside), symbols)) => {
            let names = KnobName::ALL.into_iter().filter(|name| knobs[*name].outside);
            for (what, name) in outside.iter().zip(names) {
                examined.knob(&path, what, name);
            }
            if let Err(error) = symbols {
                examined.damage(&path, "", &words(&error), None);
            }
        }
        Err(error) => {
            examined.damage(&path, "", &format!("{}: restore it from a backup", words(&error)), None)
        }
    }
    examine_adjustments(context, examined);
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
