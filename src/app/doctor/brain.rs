//! The brain file and the record of its changes.

use crate::app::examination::{Examination, words};
use crate::app::repair_brain::can_rebuild;
use crate::domain::KnobName;
use crate::files::Context;
use crate::files::MAX_LISTED;
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
                examined.knob(&path, what, name);
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
