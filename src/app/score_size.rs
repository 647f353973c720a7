//! What `score` says of a signal's size: what `sizing.json` gives its context, or what chance draws.

use super::Context;
use super::followed_file::FollowedFile;
use crate::decide::{MULTIPLIER_RANGE, PolicyState, SizeKey, context_at, drawn_size};
use crate::domain::Timestamp;
use crate::files::sizing::{SizingInForce, read_sizing};
use crate::report::{ScoredSize, policy_words};
use crate::wire::SizingFile;

/// The policy in force.
#[derive(Debug)]
pub(super) struct SizePolicy(FollowedFile<SizingInForce>);

/// What of a signal its size depends on.
pub(super) struct SizeAsked<'a> {
    /// Its id.
    pub signal_id: Option<&'a str>,
    /// Its score, 0 to 10.
    pub score: f64,
    /// The probability that it carries.
    pub confidence: Option<f64>,
}

impl SizePolicy {
    pub(super) fn new(context: &Context<'_>) -> Self {
        // What an earlier moment would have said is not on record.
        let read = |context: &Context<'_>| {
            let is_past = context.as_of.is_some();
            Ok(if is_past { SizingInForce::None } else { read_sizing(context, context.now) })
        };
        Self(FollowedFile::new(context, context.layout.sizing(), read))
    }

    /// Reads it again where it was written since. For a stream that runs for days.
    pub(super) fn refresh(&mut self, context: &Context<'_>) {
        self.0.refresh(context);
    }

    /// The size of a signal.
    pub(super) fn size(
        &self,
        context: &Context<'_>,
        asked: &SizeAsked<'_>,
        warnings: &mut Vec<String>,
    ) -> ScoredSize {
        let explore = context.settings.size.explore;
        let flat = |policy: String| ScoredSize { multiplier: 1.0, propensity: 1.0, policy };
        if explore > 0.0 {
            // As it was set: 20 %, 0.01 %.
            let policy = format!("explore {} %", (1e8 * explore).round() / 1e6);
            let Some(id) = asked.signal_id else {
                warnings.push("no size was drawn: the signal has no signal_id".into());
                return flat(policy);
            };
            let drawn = drawn_size(id, explore);
            return ScoredSize { multiplier: drawn.multiplier, propensity: drawn.propensity, policy };
        }
        match &self.0.found {
            SizingInForce::None => flat("none: `dtlearn size` makes one".into()),
            SizingInForce::Holds(file)
                if Timestamp::parse(&file.expires_at).is_ok_and(|at| context.now < at) =>
            {
                let state = PolicyState::parse(&file.state).unwrap_or_default();
                let words = policy_words(state, file.e, file.shadow_sessions);
                ScoredSize { multiplier: multiplier(file, asked), ..flat(words) }
            }
            SizingInForce::Holds(_) | SizingInForce::Expired => {
                flat("expired: `dtlearn size` makes a new one".into())
            }
        }
    }
}

/// What the file gives the signal's context; 1.00 for a signal of none, and for a number that no policy gives.
fn multiplier(file: &SizingFile, asked: &SizeAsked<'_>) -> f64 {
    let of_context = || {
        let value = SizeKey::parse(file.key.as_deref()?)?.among(Some(asked.score), asked.confidence)?;
        Some(file.contexts.get(context_at(file.cuts?, value, file.is_under_peak))?.multiplier)
    };
    let (low, high) = MULTIPLIER_RANGE;
    let given = of_context().filter(|given| (low..=high).contains(given)).unwrap_or(1.0);
    (given * 1e4).round() / 1e4
}
