//! What became of the answer to a question since it was kept: as sentences, and as JSON.

use serde_json::{Value as Json, json};

use super::grid::View;
use super::text::plural;
use crate::learn::{Asked, PatternVerdict};

/// An answer as it was kept.
#[derive(Clone, Debug)]
pub struct AskedBefore {
    /// When it was asked.
    pub asked_at: String,
    /// Days back.
    pub days: u16,
    /// Rows of which it held.
    pub n: u64,
    /// Their win rate less that of the others.
    pub lift: f64,
    /// The word that it had.
    pub verdict: String,
}

/// The answers of today; none where no row, or every row, is on one side.
#[derive(Clone, Debug)]
pub struct AskedNow {
    /// Of all rows of the span.
    pub all: Option<Asked>,
    /// Of the rows since it was kept: nobody knew these when the question was put together.
    pub since: Option<Asked>,
}

/// A question that was asked before.
#[derive(Clone, Debug)]
pub struct AskedAgain {
    /// The question.
    pub ask: String,
    /// Of missed signals; else of trades.
    pub missed: bool,
    /// Days back, now.
    pub days: u16,
    /// What was kept.
    pub before: AskedBefore,
    /// What it is now, or why it cannot be asked any more.
    pub now: Result<AskedNow, String>,
}

impl AskedAgain {
    /// Whether another word is said of it by now.
    fn has_changed(&self) -> bool {
        let all = self.now.as_ref().ok().and_then(|now| now.all.as_ref());
        all.is_some_and(|all| all.pattern.verdict.as_str() != self.before.verdict)
    }
}

impl AskedAgain {
    /// Whether the rows since say the opposite of what was said.
    fn has_turned(&self) -> bool {
        let since = self.now.as_ref().ok().and_then(|now| now.since.as_ref());
        let opposite = match self.before.verdict.as_str() {
            "edge" => PatternVerdict::Drag,
            "drag" => PatternVerdict::Edge,
            _ => return false,
        };
        since.is_some_and(|since| since.pattern.verdict == opposite)
    }
}

/// What the rows are, in a sentence and in JSON.
const fn kind(missed: bool) -> &'static str {
    if missed { "missed" } else { "trades" }
}

/// The span of a question in words: the most days that can be asked for are all.
pub(super) fn span(days: u16) -> String {
    if days == u16::MAX { "all days".into() } else { plural(u64::from(days), "day") }
}

fn told(verdict: &str, lift: f64, n: u64) -> String {
    format!("{verdict}, {:+.1} points (n {n})", lift * 100.0)
}

fn of_answer(answer: Option<&Asked>) -> Option<String> {
    answer.map(|answer| told(answer.pattern.verdict.as_str(), answer.pattern.lift, answer.pattern.n))
}

/// `trades where setup = orb, 90 days: edge, +9.0 points (n 143) on 2026-03-18T21:00:00Z; now unclear, +2.1 points (n
/// 260); on the rows since unclear, -4.0 points (n 117)`.
fn sentence(again: &AskedAgain) -> String {
    let before = &again.before;
    let noun = if again.missed { "missed signals" } else { "trades" };
    let over =
        if before.days == again.days { String::new() } else { format!(", over {} then", span(before.days)) };
    let was = format!(
        "{noun} where {}, {}: {} on {}{over}",
        again.ask,
        span(again.days),
        told(&before.verdict, before.lift, before.n),
        before.asked_at
    );
    match &again.now {
        Err(why) => format!("{was}; cannot be asked now: {why}"),
        Ok(now) => {
            let all = of_answer(now.all.as_ref()).unwrap_or_else(|| "there is nothing to compare".into());
            let since = match of_answer(now.since.as_ref()) {
                Some(since) if again.has_turned() => format!("on the rows since it turned: {since}"),
                Some(since) => format!("on the rows since {since}"),
                None => "the rows since cannot be compared yet".into(),
            };
            format!("{was}; now {all}; {since}")
        }
    }
}

fn answer_json(answer: Option<&Asked>) -> Json {
    answer.map_or(Json::Null, |answer| {
        json!({
            "verdict": answer.pattern.verdict.as_str(),
            "lift_points": answer.pattern.lift * 100.0,
            "n": answer.pattern.n,
        })
    })
}

fn again_json(again: &AskedAgain) -> Json {
    let before = &again.before;
    let now = again.now.as_ref().ok();
    json!({
        "ask": again.ask,
        "of": kind(again.missed),
        "days": again.days,
        "asked_at": before.asked_at,
        "before": {
            "verdict": before.verdict,
            "lift_points": before.lift * 100.0,
            "n": before.n,
            "days": before.days,
        },
        "now": answer_json(now.and_then(|now| now.all.as_ref())),
        "since": answer_json(now.and_then(|now| now.since.as_ref())),
        "changed": again.has_changed(),
        "turned": again.has_turned(),
        "why_not": again.now.as_ref().err(),
    })
}

/// Adds to a view what became of questions that were asked before.
pub(super) fn tell_asked_again(view: &mut View, all: &[AskedAgain]) {
    let changed = all.iter().filter(|again| again.has_changed()).count() as u64;
    if !all.is_empty() {
        let has = if changed == 1 { "has" } else { "have" };
        let turned: Vec<&str> =
            all.iter().filter(|again| again.has_turned()).map(|again| again.ask.as_str()).collect();
        let of_turned = match turned.len() {
            0 => String::new(),
            1 => format!(" (turned on the rows since: {})", turned[0]),
            many => format!(" ({many} turned on the rows since: {})", turned.join("; ")),
        };
        view.lead.push(format!(
            "Of {} kept, {changed} {has} another verdict now{of_turned}:",
            plural(all.len() as u64, "answer")
        ));
        view.lead.extend(all.iter().map(|again| format!("  {}", sentence(again))));
    }
    view.payload.insert("asked_again".into(), all.iter().map(again_json).collect::<Vec<_>>().into());
}
