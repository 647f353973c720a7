//! `size` and `report sizing`: the base size, what binds, and the multipliers by context.

use serde_json::{Value as Json, json};

use super::experiment_text::e_text;
use super::grid::{Cell, Column, Grid, View};
use super::size_chart::course_grid;
use super::size_data::{SIZE_THIRDS, SizingData, binding_words};
use super::text::{plural, round_amount};
use crate::decide::{BASE_NEEDED, BaseSize, Binding, CONTEXTS, CONTEXTS_NEEDED, EDGE_T, PolicyState};
use crate::domain::{Date, KnobName};
use crate::stats::evidence::ENOUGH;

/// `Size 1000 → 1100 USD (…)`.
fn headline(data: &SizingData) -> String {
    let currency = &data.currency;
    let base = match &data.base {
        Err(few) => {
            return format!(
                "No opinion on size yet: it needs {} sessions and {} trades, has {} and {}. {} {currency} stays.",
                BASE_NEEDED.0,
                BASE_NEEDED.1,
                few.sessions,
                few.trades,
                round_amount(data.in_force)
            );
        }
        Ok(base) => base,
    };
    let rests = format!("{}, {}", plural(base.sessions as u64, "session"), plural(base.trades, "trade"));
    let why = binding_words(base.binding);
    if base.suggested == data.in_force {
        return format!("Size stays at {} {currency}: {why} ({rests}).", round_amount(data.in_force));
    }
    let moved = if data.applied.is_some() { "Size" } else { "Suggested size" };
    format!(
        "{moved} {} → {} {currency}: {why} ({rests}).",
        round_amount(data.in_force),
        round_amount(base.suggested)
    )
}

/// Where the multipliers stand, in a sentence; also what `score` says of them.
pub fn policy_words(state: PolicyState, e: f64, sessions: u64) -> String {
    match state {
        PolicyState::Waiting => format!(
            "waiting for {} sessions, and {} trades with a score or a confidence",
            CONTEXTS_NEEDED.0, CONTEXTS_NEEDED.1
        ),
        PolicyState::Shadow => {
            format!("shadow, E {} of {ENOUGH:.0}, {}", e_text(e), plural(sessions, "session"))
        }
        PolicyState::Published => format!("published, E {}, {}", e_text(e), plural(sessions, "session")),
    }
}

fn policy_line(data: &SizingData) -> String {
    let policy = &data.history.policy;
    let effect = match policy.state() {
        PolicyState::Published => "they are in force",
        _ => "every trade gets 1.00",
    };
    let words = policy_words(policy.state(), policy.e(), policy.sessions());
    format!("Multipliers by context: {words}; {effect}.")
}

fn base_grid(data: &SizingData, base: &BaseSize) -> Grid {
    let equity = data.history.equity;
    let row = |name: &str, share: f64, note: String| {
        vec![Cell::Text(name.into()), Cell::Amount(share * equity), Cell::Share(share), Cell::Text(note)]
    };
    let of_amount = |name: &str, size: f64, note: String| row(name, size / equity, note);
    let shrunk = base.shrink * base.kelly.constrained;
    let tail_note = if base.backtest.is_too_low() {
        "sessions have become worse than those before said: the worst case".into()
    } else {
        format!("they lose {:.1} % of a position in the mean at most, with 90 %", 100.0 * base.tail.walked)
    };
    let rows = vec![
        row("Fastest growth", base.kelly.free, "Kelly, as if the past were the truth".into()),
        row("Loss limit", base.kelly.constrained, "a fifth lost with a chance of at most 5 %".into()),
        row("Less ignorance", shrunk, format!("times {:.2}, as t is {:.2}", base.shrink, base.t)),
        row("Worst tenth", base.tail_size, tail_note),
        of_amount("Supported", base.target, edge_note(base)),
        of_amount("In force", data.in_force, "before this answer".into()),
        of_amount("Suggested", base.suggested, binding_words(base.binding).into()),
    ];
    Grid {
        title: Some("Base size".into()),
        columns: vec![
            Column::text("step", "Step", 0),
            Column::number("size_usd", &format!("Size ({})", data.currency), 0),
            Column::number("size_frac", "Of the account", 1),
            Column::text("note", "Note", 2),
        ],
        rows,
        empty: String::new(),
    }
}

fn edge_note(base: &BaseSize) -> String {
    let e = e_text(base.e);
    if base.binding == Binding::NoEdge {
        format!("t {:.2} is below {EDGE_T:.0}: no edge is shown; E {e}", base.t)
    } else {
        format!("within the knob's range; E {e}, going up takes {ENOUGH:.0}")
    }
}

fn context_grid(data: &SizingData) -> Grid {
    let policy = &data.history.policy;
    let (shadow, in_force, counts) = (policy.shadow(), policy.in_force(), policy.counts());
    let row = |at: usize| {
        let is_under = at >= CONTEXTS / 2;
        vec![
            Cell::Text(SIZE_THIRDS[at % SIZE_THIRDS.len()].into()),
            Cell::Text(if is_under { "under its peak" } else { "at its peak" }.into()),
            Cell::Ratio(in_force[at]),
            Cell::Ratio(shadow[at]),
            Cell::Count(counts[at].into()),
        ]
    };
    let key = data.history.key.map_or("score", |key| key.as_str());
    Grid {
        title: Some("Multipliers".into()),
        columns: vec![
            Column::text("third", &format!("Third of {key}"), 0),
            Column::text("account", "Account", 0),
            Column::number("multiplier", "In force", 0),
            Column::number("shadow", "Shadow", 0),
            Column::number("trades", "Trades", 1),
        ],
        rows: (0..CONTEXTS).map(row).collect(),
        empty: String::new(),
    }
}

/// What is left to do with a suggestion.
fn to_do(data: &SizingData) -> Option<String> {
    if let Some(why) = &data.not_applied {
        return Some(format!("Not applied: {why}."));
    }
    if data.suggested() == data.now_in_force() {
        return None;
    }
    if data.applies {
        return Some("`dtlearn size` applies it, once a session.".into());
    }
    let set = format!("dtlearn brain-adjust --set {}={}", KnobName::PositionSize.as_str(), data.suggested());
    Some(format!("Nothing was moved: `{set}` does, or apply = true under [size]."))
}

fn notes(data: &SizingData) -> Vec<String> {
    let mut notes = Vec::new();
    for rule in &data.run_rules {
        notes.push(format!(
            "Rule {}: {} {} in a row move the size towards {}. {:.0} % of sessions end with such a run by chance; a brake, not a \
             signal.",
            rule.name,
            rule.run,
            if rule.is_of_wins { "wins" } else { "losses" },
            round_amount(rule.target),
            100.0 * rule.on_noise
        ));
    }
    notes.extend(data.base.iter().flat_map(tail_notes));
    if let Some((low, high)) = data.history.policy.cuts() {
        let key = data.history.key.map_or("score", |key| key.as_str());
        notes.push(format!(
            "Thirds of the {key}: below {low:.2}, to {high:.2}, above. Gross exposure is that of 1.00."
        ));
    }
    if let Some(recent) = data.history.policy.recent() {
        let between = recent.interval.map_or_else(
            || "no interval yet".into(),
            |(low, high)| format!("{:+.3} to {:+.3} %", 100.0 * low, 100.0 * high),
        );
        notes.push(format!(
            "The last {}: {:+.3} % of the account a session beyond one size, at a tenth of it a trade ({between}).",
            plural(recent.sessions, "session"),
            100.0 * recent.mean
        ));
    }
    notes
}

/// What the bounds of the worst tenth of sessions are worth.
fn tail_notes(base: &BaseSize) -> Vec<String> {
    let tail = &base.tail;
    let unordered = if tail.is_vacuous() {
        format!(
            "below {} sessions the worst case: {:.0} % of a position, every stop of a session three times as far, or the worst session on record where that lost more",
            tail.needed,
            100.0 * tail.value
        )
    } else {
        format!("{:.1} % of a position", 100.0 * tail.value)
    };
    let mut notes = vec![format!(
        "Expected loss in the worst 10 % of sessions: upper bound {:.1} % of a position (order-free bound: {unordered}).",
        100.0 * tail.walked
    )];
    let held = &base.backtest;
    if held.sessions() > 0 {
        notes.push(format!(
            "Held against {}, {} lost more than where the worst tenth of those before began: {}evidence that the bound was too low (E {}, needs {ENOUGH:.0}).",
            plural(held.sessions(), "session"),
            held.exceeded(),
            if held.is_too_low() { "" } else { "no " },
            e_text(held.e())
        ));
    }
    notes
}

/// The dates of the first and the last session.
fn dates(data: &SizingData) -> Option<(Date, Date)> {
    let of = |day: &i32| Date::from_num_days_from_ce_opt(*day);
    Some((of(data.history.days.first()?)?, of(data.history.days.last()?)?))
}

/// The answer in sentences.
pub fn size_sentences(data: &SizingData) -> Vec<String> {
    let mut said = vec![headline(data)];
    if !data.history.days.is_empty() {
        said.push(policy_line(data));
    }
    said
}

/// What the report of a day keeps of it.
pub fn size_step_json(data: &SizingData) -> Json {
    json!({"base": base_json(data), "policy": policy_json(data)})
}

/// Builds the view; `is_whole` shows every step.
pub fn size_view(data: &SizingData, name: &'static str, is_whole: bool) -> View {
    let mut view = View { name, lead: size_sentences(data), ..View::default() };
    if data.history.days.is_empty() {
        view.notes.push(
            "Record closed trades with `dtlearn record-exit`; each session counts when it is over.".into(),
        );
    } else if is_whole {
        if let Ok(base) = &data.base {
            view.grids.push(base_grid(data, base));
        }
        view.grids.push(context_grid(data));
        view.grids.extend(dates(data).and_then(|dates| course_grid(&data.history.points, dates)));
        view.notes = to_do(data).into_iter().chain(notes(data)).collect();
    } else {
        view.notes = to_do(data).into_iter().collect();
        view.notes
            .push("`dtlearn size --explain` shows every step, `dtlearn report sizing` the course.".into());
    }
    view.records = context_grid(data);
    view.assignments = assignments(data);
    fill(&mut view, data);
    view
}

fn assignments(data: &SizingData) -> Vec<(String, String)> {
    let policy = &data.history.policy;
    let offset = if policy.is_under() { CONTEXTS / 2 } else { 0 };
    let given = policy.in_force();
    let mut out = vec![
        (KnobName::PositionSize.as_str().to_owned(), data.now_in_force().to_string()),
        ("DT_SIZE_POLICY".into(), policy.state().as_str().into()),
    ];
    for (at, third) in SIZE_THIRDS.iter().enumerate() {
        let value = (given[at + offset] * 1e4).round() / 1e4;
        out.push((format!("DT_SIZE_MULTIPLIER_{}", third.to_uppercase()), value.to_string()));
    }
    if let (Some(key), Some((low, high))) = (data.history.key, policy.cuts()) {
        out.push(("DT_SIZE_KEY".into(), key.as_str().into()));
        out.push(("DT_SIZE_CUT_LOW".into(), low.to_string()));
        out.push(("DT_SIZE_CUT_HIGH".into(), high.to_string()));
    }
    out
}

fn base_json(data: &SizingData) -> Json {
    let mut out = json!({"in_force_usd": data.in_force, "suggested_usd": data.suggested(), "applied_usd": data.applied});
    let more = match &data.base {
        Err(few) => json!({"binding": "too_few", "sessions": few.sessions, "trades": few.trades}),
        Ok(base) => json!({
            "binding": base.binding.as_str(),
            "sessions": base.sessions,
            "trades": base.trades,
            "mean_frac": base.mean,
            "t": base.t,
            "e": base.e,
            "kelly_frac": base.kelly.free,
            "constrained_frac": base.kelly.constrained,
            "shrink": base.shrink,
            "tail_walked": base.tail.walked,
            "tail_bound": base.tail.value,
            "tail_worst": base.tail.worst,
            "tail_needs_sessions": base.tail.needed,
            "tail_is_vacuous": base.tail.is_vacuous(),
            "tail_held_sessions": base.backtest.sessions(),
            "tail_exceeded": base.backtest.exceeded(),
            "tail_e": base.backtest.e(),
            "tail_frac": base.tail_size,
            "supported_frac": base.supported,
            "target_usd": base.target,
        }),
    };
    if let (Json::Object(out), Json::Object(more)) = (&mut out, more) {
        out.extend(more);
    }
    out
}

fn policy_json(data: &SizingData) -> Json {
    let policy = &data.history.policy;
    json!({
        "state": policy.state().as_str(),
        "e": policy.e(),
        "sessions": policy.sessions(),
        "publications": policy.publications(),
        "key": data.history.key.map(|key| key.as_str()),
        "cuts": policy.cuts(),
        "is_under_peak": policy.is_under(),
        "multipliers": policy.in_force(),
        "shadow": policy.shadow(),
        "trades": policy.counts(),
    })
}

fn fill(view: &mut View, data: &SizingData) {
    let course = data.history.days.iter().zip(&data.history.points).map(|(day, point)| {
        json!({
            "session": Date::from_num_days_from_ce_opt(*day).map(|date| date.to_string()),
            "growth": point.flat.exp_m1(),
            "beyond": point.beyond,
            "drawdown_frac": point.drawdown_frac,
            "e": point.e,
            "state": point.state.as_str(),
        })
    });
    let rules = data.run_rules.iter().map(|rule| {
        json!({"rule": rule.name, "run": rule.run, "of": if rule.is_of_wins { "wins" } else { "losses" }, "target_usd": rule.target, "on_noise": rule.on_noise})
    });
    let entries = [
        ("session", json!(data.session.to_string())),
        ("equity_usd", json!(data.history.equity)),
        ("base", base_json(data)),
        ("policy", policy_json(data)),
        ("run_rules", rules.collect()),
        ("course", course.collect()),
    ];
    view.payload.extend(entries.map(|(key, value)| (key.to_owned(), value)));
}
