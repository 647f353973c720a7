//! Learns the chance of a good outcome from what was known at entry: labelled rows, boosted trees on a
//! ridge-penalised start, validation on later sessions, the form of a model on disk, the score of a pick.

mod additive;
mod bins;
mod blend;
mod boost;
mod calibrate;
mod choose;
mod cross;
mod curve;
mod dataset;
mod ensemble;
mod error;
mod file;
mod grow;
mod linear;
mod manifest;
mod model;
mod params;
mod patterns;
mod rng;
mod score;
mod scores;
mod table;
mod trees;
mod validate;

pub use additive::Additive;
pub use bins::{BINS_MAX, Bins, MISSING_BIN};
pub use blend::{Blend, blend, blend_weights};
pub use boost::fit;
pub use calibrate::Calibration;
pub use choose::{Choice, Fold, choose, session_folds};
pub use cross::{Cross, Crosses};
pub use dataset::{Costs, Dataset, Draft, Example, Source, is_good};
pub use ensemble::{Damaged, Ensemble, Node, Tree};
pub use error::FitError;
pub use file::{MODEL_SCHEMA, ModelError, ModelFile, Training, Validation};
pub use manifest::{Column, Manifest};
pub use model::{Model, Rows, train};
pub use params::Params;
pub use patterns::{Condition, FALSE_SHARE, Mined, Pattern, Word, look_again, mine};
pub use rng::Rng;
pub use score::{Moved, Score, rule_score, score};
pub use scores::{Band, accuracy, auc, bands, brier, log_loss, sigmoid};
pub use table::Table;
pub use validate::{EMBARGO, Paired, Quality, Split, paired, split, suspects};
