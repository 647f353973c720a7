//! `score`: what a signal is worth, at once and whatever happens.

use rayon::prelude::*;
use smol_str::SmolStr;

use super::Context;
use super::followed_file::{FollowedFile, stat_of};
use super::followed_surroundings::FollowedSurroundings;
use super::score_base::base_of;
use super::score_size::{SizeAsked, SizePolicy};
use crate::domain::{Date, Experiment, ExperimentUnit, Timestamp};
use crate::files::base_blend::{BaseWeights, blend_path, read_blend};
use crate::files::experiments::running;
use crate::files::models::{FALLBACK, Pointer, challenger, load, pointer};
use crate::learn::{ModelFile, ReadyModel, score};
use crate::report::{InShadow, ScoreAnswer, ScoredSignal};
use crate::store::{Stat, StoreError, start_threads};
use crate::wire::{EntryFeatures, FeatureNames, SignalLine};

/// Signals that one core scores alone.
const LINES_OF_ONE_CORE: usize = 64;

/// Scores signals; the model is loaded once, and again when another one is deployed.
#[derive(Debug)]
pub struct Scorer {
    pointer: Option<Pointer>,
    /// What stood at the pointer's place when it was read.
    seen: Option<Stat>,
    model: Result<ReadyModel, String>,
    /// Why the model before the one in use stands in for it, where it does.
    stands_in: Option<String>,
    /// What was trained last and is not in use.
    challenger: FollowedFile<Option<ReadyModel>>,
    expired: bool,
    /// The trading date of which it is known whether the model has expired.
    today: Date,
    experiments: FollowedFile<Vec<Experiment>>,
    /// Which of the engine's models stand for its score.
    engine_models: FollowedFile<BaseWeights>,
    size: SizePolicy,
    surroundings: FollowedSurroundings,
}

/// The arm of a signal in each of the experiments that run, as far as the signal says what arms are drawn for.
fn arms(
    context: &Context<'_>,
    running: &FollowedFile<Vec<Experiment>>,
    (signal_id, symbol): (Option<&str>, Option<&str>),
    at: Option<Timestamp>,
    warnings: &mut Vec<String>,
) -> Vec<(String, String)> {
    warnings.extend(running.trouble.as_ref().map(|why| format!("no arm of an experiment: {why}")));
    let calendar = context.market().calendar();
    let session = at.map(|at| calendar.trading_date(at));
    let mut arms = Vec::new();
    for experiment in &running.found {
        let assignment = &experiment.assignment;
        let (drawn, missing) = match assignment.unit {
            ExperimentUnit::Signal | ExperimentUnit::Shadow => {
                (signal_id.map(|id| assignment.of_signal(id)), "signal_id")
            }
            ExperimentUnit::SymbolSession => {
                (symbol.zip(session).map(|(symbol, date)| assignment.of_symbol(symbol, date)), "symbol")
            }
            ExperimentUnit::Session => {
                (session.map(|date| assignment.of_session(date, calendar).unwrap_or(0)), "timestamp")
            }
        };
        match drawn {
            Some(arm) => arms.push((experiment.name().to_owned(), experiment.arms()[arm].name.clone())),
            None => warnings.push(format!("no arm of {}: the signal has no {missing}", experiment.name())),
        }
    }
    arms
}

impl Scorer {
    /// Loads the model in use; without a usable one every signal gets its own score, and why.
    pub fn new(context: &Context<'_>) -> Self {
        // Looked at first: a model deployed meanwhile is then noticed with the next signal.
        let seen = stat_of(context, &context.layout.current_model());
        let mut stands_in = None;
        let (pointer, model) = match pointer(context) {
            Ok(None) => (None, Err("no model was ever deployed: `dtlearn retrain` makes one".to_owned())),
            Ok(Some(found)) if found.current == FALLBACK => {
                let why =
                    "the last model was worse than the base rate and is retired: `dtlearn report retrains`";
                (Some(found), Err(why.to_owned()))
            }
            Ok(Some(found)) => {
                let mut model = load(context, &found.current).map_err(|error| error.to_string());
                // An intact one before it is nearer to what was deployed than no model at all.
                if let (Err(why), Some(before)) = (&model, &found.previous)
                    && let Ok(before) = load(context, before)
                {
                    stands_in = Some(why.clone());
                    model = Ok(before);
                }
                (Some(found), model.map(|file| ReadyModel::new(file, context.market())))
            }
            Err(error) => (None, Err(error.to_string())),
        };
        let expired = model.as_ref().is_ok_and(|model| is_expired(context, model.file()));
        let today = context.market().trading_date(context.seen_from());
        let experiments = FollowedFile::new(context, context.layout.experiments(), running);
        let engine_models = FollowedFile::new(context, blend_path(context), read_blend);
        let size = SizePolicy::new(context);
        let challenger = FollowedFile::new(context, context.layout.challenger(), ready_challenger);
        let surroundings =
            FollowedSurroundings::new(context, [model.as_ref().ok(), challenger.found.as_ref()]);
        Self {
            pointer,
            seen,
            model,
            stands_in,
            challenger,
            expired,
            today,
            experiments,
            engine_models,
            size,
            surroundings,
        }
    }

    /// Loads the model again when another one is in use by now, and experiments and sizes when they changed; what has expired
    /// meanwhile is. For a stream that runs for days.
    pub fn refresh(&mut self, context: &Context<'_>) {
        self.experiments.refresh(context);
        self.engine_models.refresh(context);
        self.size.refresh(context);
        if self.challenger.refresh(context) {
            let models = [self.model.as_ref().ok(), self.challenger.found.as_ref()];
            self.surroundings = FollowedSurroundings::new(context, models);
        }
        self.surroundings.refresh(context);
        let seen = stat_of(context, &context.layout.current_model());
        if seen != self.seen {
            self.seen = seen;
            if pointer(context).ok().flatten() != self.pointer {
                *self = Self::new(context);
            }
        }
        let today = context.market().trading_date(context.seen_from());
        if today != self.today {
            self.today = today;
            self.expired = self.model.as_ref().is_ok_and(|model| is_expired(context, model.file()));
            // Weights grow old too.
            self.engine_models = FollowedFile::new(context, blend_path(context), read_blend);
        }
    }

    /// Why there is no usable model.
    pub fn trouble(&self) -> Option<&str> {
        self.stands_in.as_deref().or_else(|| self.model.as_ref().err().map(String::as_str))
    }

    /// Whether a session closed since the model in use was made, where the settings ask for a new one at every close.
    fn is_due(&self, context: &Context<'_>) -> bool {
        let made = self.model.as_ref().ok().and_then(|model| Timestamp::parse(&model.file().created_at).ok());
        let last = context.market().calendar().last_over(context.now);
        let is_old = made.is_none_or(|made| last.is_some_and(|session| made < session.close));
        context.settings.retrain_daily && is_old
    }

    /// As [`Self::score`] for many lines, in their order.
    pub fn score_all(&self, context: &Context<'_>, lines: &[&[u8]]) -> Vec<ScoreAnswer> {
        let score_some = |lines: &[&[u8]]| {
            let mut names = FeatureNames::default();
            lines.iter().map(|line| self.score(context, line, &mut names)).collect::<Vec<_>>()
        };
        // Few are scored sooner than threads are begun.
        if lines.len() < 2 * LINES_OF_ONE_CORE || start_threads() < 2 {
            return score_some(lines);
        }
        lines.par_chunks(LINES_OF_ONE_CORE).flat_map_iter(score_some).collect()
    }

    /// What the challenger says of a signal.
    fn in_shadow(&self, known: &EntryFeatures, warnings: &mut Vec<String>) -> Option<InShadow> {
        self.model.as_ref().ok()?;
        warnings.extend(self.challenger.trouble.as_ref().map(|why| format!("no challenger: {why}")));
        let challenger = self.challenger.found.as_ref()?;
        let (probability, percentile) = challenger.in_shadow(known)?;
        Some(InShadow { version: challenger.file().version.clone(), probability, percentile })
    }

    /// Scores the signal of a line; anything wrong in it but its being a JSON object is worked around. `names` are those of
    /// the features of signals before it, which mostly have the same.
    pub fn score(&self, context: &Context<'_>, line: &[u8], names: &mut FeatureNames) -> ScoreAnswer {
        let signal = match SignalLine::parse(line) {
            Ok(signal) => signal,
            Err(why) => return ScoreAnswer::Refused(why.to_string()),
        };
        let mut warnings: Vec<String> = Vec::new();
        warnings.extend(
            self.stands_in
                .as_ref()
                .map(|why| format!("the model in use cannot be read, the one before it stands in: {why}")),
        );
        if self.is_due(context) {
            warnings.push("a retrain is due: `dtlearn retrain`".into());
        }
        let at = moment_of(&signal, context, &mut warnings);
        let own = signal.number("score").filter(|own| (0.0..=10.0).contains(own));
        if own.is_none()
            && let Some(value) = signal.given("score")
        {
            warnings.push(format!("score {value} is not a number from 0 to 10; treated as missing"));
        }
        let mut known = signal.known(at, names);
        let written = |symbol: &str| context.settings.instruments.written(symbol).into_owned();
        known.symbol = known.symbol.as_deref().map(written).map(SmolStr::from);
        warnings.extend(refused_warning(&known));
        self.surroundings.complete(context, &mut known, &mut warnings);
        if known.words[0].is_none()
            && let Some(value) = signal.given("side").or_else(|| signal.given("label"))
        {
            warnings.push(format!("side {value} is unknown; treated as missing"));
        }
        let text = |key: &str| signal.text(key).filter(|text| !text.is_empty());
        let (signal_id, symbol) = (text("signal_id").map(str::to_owned), text("symbol").map(written));
        let named = (signal_id.as_deref(), symbol.as_deref());
        let variants = arms(context, &self.experiments, named, at, &mut warnings);
        let (base, base_of) = base_of(&self.engine_models, own, &known, &mut warnings);
        let scored = score(&known, base, self.model.as_ref().map_err(String::as_str));
        let challenger = self.in_shadow(&known, &mut warnings);
        let asked = SizeAsked {
            signal_id: signal_id.as_deref(),
            // What was recorded as the score of earlier signals: the engine's own where it has one.
            score: own.unwrap_or(scored.score),
            confidence: known.number("confidence"),
        };
        let size = self.size.size(context, &asked, &mut warnings);
        ScoreAnswer::Scored(Box::new(ScoredSignal {
            symbol,
            signal_id,
            variants,
            score: scored,
            challenger,
            base_of,
            size,
            expired: self.expired,
            warnings,
        }))
    }
}

/// A signal without a time is one of now; one with a time that cannot be read has none.
fn moment_of(
    signal: &SignalLine<'_>,
    context: &Context<'_>,
    warnings: &mut Vec<String>,
) -> Option<Timestamp> {
    let read = match signal.text("timestamp") {
        Some(text) => Timestamp::parse(text).map_err(|why| why.to_string()),
        None if signal.given("timestamp").is_none() => return Some(context.now),
        None => Err("not a string".to_owned()),
    };
    let value = || signal.given("timestamp").unwrap_or_default();
    read.map_err(|why| warnings.push(format!("timestamp {}: {why}; treated as missing", value()))).ok()
}

/// That features of a signal are left out, because they cannot have been known.
fn refused_warning(known: &EntryFeatures) -> Option<String> {
    let (first, more) = known.refused.split_first()?;
    let names = more.iter().fold(first.clone(), |names, name| format!("{names}, {name}"));
    Some(format!("{names} left out: news later than the signal, or how it came out, cannot have been known"))
}

/// The challenger, ready to score.
fn ready_challenger(context: &Context<'_>) -> Result<Option<ReadyModel>, StoreError> {
    Ok(challenger(context)?.map(|file| ReadyModel::new(file, context.market())))
}

/// Whether more sessions than the settings allow (20 unless set) have begun since the last one that a model learned from.
pub(super) fn is_expired(context: &Context<'_>, file: &ModelFile) -> bool {
    let Ok(until) = file.training.until.parse::<Date>() else { return false };
    context.begun_since(until) > context.settings.expires_sessions
}
