//! Learns the chance of a good outcome from what was known at entry. Pure: rows in, a model or a number out.
//!
//! **From records to a model.** A record gives [`crate::wire::EntryFeatures`]; [`Dataset`] keeps them as labelled rows
//! in the order of time (`dataset`). A [`Manifest`] says which columns rows are worth: numbers, a column a frequent
//! word, and, for symbols and words with many values, how each did before (`manifest`, `encode`). The columns become a
//! [`Table`]; each is there once more with its sign turned for short positions (`cross`), and becomes at most 31 codes by
//! quantile (`bins`), which is all that a fit sees.
//!
//! **One fit** (`boost`): a penalised logistic start on the normal scores of the columns (`linear`), then trees on the gradient
//! of the log loss (`grow`), whose splits are those of `linfa-trees` (`trees`). What comes out is plain data
//! (`ensemble`, `additive`).
//!
//! **A model** ([`train`]) is several fits joined. Every candidate of [`Params::candidates`] walks forward by session
//! (`walk`): fitted on what came before, it predicts what comes next, and so finds its number of rounds. What the
//! candidates gave rows that none had seen says how much each weighs (`stack`); few rows leave the weights as they were
//! assumed. The weighted sum is one ensemble again (`merge`). [`Trained`] holds the judged fit, the predictions by which
//! its skill can be tested, and [`Trained::refit`], which fits the same settings on all rows for use. Beside it `ahead`
//! scores each session by a plain fit made just before it, which sees skill sooner.
//!
//! **In use**: `file` is a model's form on disk, `score` what a signal is worth, `drift` whether signals still look
//! like the rows learned from, `validate` and `scores` how good probabilities were, `blend` what the engine's own models
//! deserve beside this one, `speaking` which of them can be weighed,
//! `base_blend` the score that they stand for. `patterns` looks for groups of trades that do better or worse than the rest.
//!
//! The same rows give the same bytes, in any process and on any number of threads: whatever is drawn comes from `rng`
//! with a seed in the code, and sums are taken in a fixed order.

mod additive;
mod ahead;
mod base_blend;
mod bin_scores;
mod bins;
mod blend;
mod boost;
mod calibrate;
mod cholesky;
mod cross;
mod damage;
mod dataset;
mod drift;
mod encode;
mod ensemble;
mod error;
mod file;
mod grow;
mod linear;
mod manifest;
mod merge;
mod model;
mod news;
mod ordered;
mod params;
mod patterns;
mod rng;
mod score;
mod scores;
mod sector_results;
mod sentiment;
mod speaking;
mod stack;
mod starts;
mod surroundings;
mod table;
mod train;
mod trees;
mod validate;
mod walk;

pub use additive::Additive;
pub use ahead::one_session_ahead;
pub use base_blend::{BaseBlend, BaseFound, BaseProbability, BlendMember, ENGINE_MODELS};
pub use bins::{BINS_MAX, Bins, MISSING_BIN};
pub use blend::{Blend, blend, blend_weights};
pub use boost::fit;
pub use calibrate::Calibration;
pub use cross::{Cross, Crosses};
pub use damage::Damaged;
pub use dataset::{Costs, Dataset, Draft, Example, Source, is_good};
pub use drift::{Drift, Profile, drift};
pub use encode::Encoding;
pub use ensemble::{Ensemble, Node, Tree};
pub use error::FitError;
pub use file::{MODEL_SCHEMA, ModelError, ModelFile, Training, Validation};
pub use manifest::{Column, Manifest};
pub use model::{Member, Model};
pub use news::{NEWS_FEATURES, News};
pub use params::Params;
pub use patterns::{
    Asked, Condition, FALSE_SHARE, Half, Mined, OtherHalf, OwnTrades, Pattern, PatternVerdict, RowField,
    RowFields, ask, ask_questions, followed, holds_of_all, keep_where, look_again, mine, scored, sides,
};
pub use rng::{BOOTSTRAP_SEED, RESAMPLES, Rng};
pub use score::{Moved, ReadyModel, Score, mean_score, probabilities, score};
pub use scores::{Band, accuracy, auc, bands, brier, log_loss, sigmoid};
pub use sector_results::{SECTOR_REL, SectorResults};
pub use sentiment::{DECILES_TRADES, SentimentDecile, SentimentWindow, sentiment_deciles};
pub use speaking::{SILENT_SESSIONS, Speech, speech};
pub use surroundings::Surroundings;
pub use table::Table;
pub use train::{Rows, Trained, train};
pub use validate::{EMBARGO, Paired, Quality, Split, paired, split, suspects};
