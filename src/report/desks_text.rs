//! What every view of several stores says of them: which are in it, and which are not.

use serde_json::json;

use super::grid::View;
use super::text::plural;

/// How many desks are named in a sentence; the payload has all.
const NAMED: usize = 8;

/// Says which desks a view is of. A view of one desk that could be read is that desk's own, and says nothing.
pub fn tell_desks(view: &mut View, names: &[&str], missing: &[(&str, &str)]) {
    if names.len() < 2 && missing.is_empty() {
        return;
    }
    view.lead.push(match names {
        [only] => format!("Only {only} could be read."),
        _ => format!("{} together: {}.", plural(names.len() as u64, "desk"), some_of(names)),
    });
    if !missing.is_empty() {
        let reasons: Vec<String> = missing.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
        let could_not = if missing.len() == 1 { "it could not" } else { "they could not" };
        let count = plural(missing.len() as u64, "desk");
        let reasons = some_of(&reasons);
        view.lead.push(format!("Not in it, because {could_not} be read: {count}: {reasons}."));
    }
    let missing: serde_json::Map<_, _> =
        missing.iter().map(|(name, why)| ((*name).to_owned(), json!(why))).collect();
    view.payload.insert("desks".into(), json!({ "read": names, "not_read": missing }));
}

/// The first of many names.
fn some_of(names: &[&str]) -> String {
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => {
            format!("{} and {} more", first.join(", "), names.len() - NAMED)
        }
        _ => names.join(", "),
    }
}
