//! What the brain file, which the engine shares, says of the knobs in force.

use serde_json::Value as Json;

use super::Desk;
use crate::domain::KNOBS;
use crate::store::{gunzip, read_state};

/// The largest brain file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The brain file's object; `None` when there is none, or none that can be read (doctor says why).
pub(super) fn brain(desk: &Desk<'_>) -> Option<Json> {
    let bytes = read_state(desk.disk, &desk.layout.brain()).ok()??;
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(gunzip(&*bytes), MAX_BYTES), &mut text).ok()?;
    serde_json::from_slice::<Json>(&text).ok().filter(Json::is_object)
}

/// A knob's value in force, where the brain file says one within its range.
fn knob_of(brain: &Json, name: &str) -> Option<f64> {
    let knob = KNOBS.iter().find(|knob| knob.name == name)?;
    brain.get("knobs")?.get(name)?.as_f64().filter(|value| (knob.low..=knob.high).contains(value))
}

/// Stop and target in force, as fractions of the price; `None` when no brain file says so.
pub(super) fn levels(desk: &Desk<'_>) -> Option<(f64, f64)> {
    let brain = brain(desk)?;
    Some((knob_of(&brain, "DT_STOP_LOSS_PCT")?, knob_of(&brain, "DT_TAKE_PROFIT_PCT")?))
}

/// The position size in force: the brain file's, else the default.
pub(super) fn position_size(desk: &Desk<'_>) -> f64 {
    let default =
        KNOBS.iter().find(|knob| knob.name == "DT_POSITION_SIZE_BASE_USD").map_or(0.0, |k| k.default);
    brain(desk).and_then(|brain| knob_of(&brain, "DT_POSITION_SIZE_BASE_USD")).unwrap_or(default)
}
