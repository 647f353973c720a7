//! The form of a model on disk: gzip around JSON, with schema and checksum. Nothing in it is believed before it
//! was checked.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::drift::Profile;
use super::encode::Encoding;
use super::manifest::{COLUMNS_MAX, Column, Manifest};
use super::model::Model;
use super::validate::{Paired, Quality};

/// The form that is written. 2 has members, and columns of past results; 1 is read as well.
pub const MODEL_SCHEMA: u64 = 2;

/// The largest model that is read, in bytes after unpacking.
const MAX_BYTES: u64 = 16 << 20;

/// What a model was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// First and last trading date of the rows.
    pub from: String,
    /// Last trading date of the rows.
    pub until: String,
    /// Rows.
    pub rows: u64,
    /// Sessions.
    pub sessions: u64,
    /// Rows by where they come from: trades, missed signals, recorded signals.
    pub sources: [u64; 3],
    /// Share of good outcomes.
    pub base_rate: f64,
    /// Share of rows on the right side of one half, in training.
    pub accuracy: f64,
    /// The seed of everything that is drawn.
    pub seed: u64,
}

/// How a model was judged before it was deployed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// First and last trading date of the held-out rows.
    pub from: String,
    /// Last trading date of the held-out rows.
    pub until: String,
    /// Sessions held out.
    pub sessions: u64,
    /// On the held-out rows.
    pub held_out: Quality,
    /// The model in use on the same rows.
    pub champion: Option<Quality>,
    /// Log loss of always saying the base rate of the training rows.
    pub base_log_loss: Option<f64>,
    /// Accuracy of always guessing the majority of the training rows.
    pub majority_accuracy: Option<f64>,
    /// Against the model in use, or without one against the base rate.
    pub paired: Option<Paired>,
    /// Mean log loss of the walk-forward within the training rows.
    pub walk_log_loss: Option<f64>,
    /// The base rate's on the same rows.
    pub walk_base_log_loss: Option<f64>,
    /// The engine's confidence threshold at that time.
    pub threshold: f64,
    /// Mean result after costs of all held-out rows.
    pub expectancy: Option<f64>,
}

/// A model with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its name.
    pub version: String,
    /// When it was made, UTC.
    pub created_at: String,
    /// Its columns.
    pub manifest: Manifest,
    /// What it was trained on.
    pub training: Training,
    /// How it was judged.
    pub validation: Validation,
    /// Share of each column in the gain of all splits.
    pub importances: Vec<f64>,
    /// What each column looked like in training; none in a model of schema 1.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// The model.
    pub model: Model,
}

#[derive(Serialize)]
struct Written<'a> {
    schema: String,
    checksum: String,
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct Stored<'a> {
    schema: String,
    checksum: String,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not what it should be.
    #[error("{0}")]
    Damaged(String),
    /// Of a newer form.
    #[error("schema dtlearn.model/{0}, this dtlearn reads up to dtlearn.model/{MODEL_SCHEMA}")]
    Newer(u64),
}

fn checksum(body: &str) -> String {
    format!("xxh3-{:016x}", xxhash_rust::xxh3::xxh3_64(body.as_bytes()))
}

impl ModelFile {
    /// Each column's title with its share in the gain of all splits, the largest first.
    pub fn ranked_importances(&self) -> Vec<(String, f64)> {
        let titles = self.manifest.columns.iter().map(Column::title);
        let mut ranked: Vec<(String, f64)> = titles.zip(self.importances.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked
    }

    /// Where the model parts the values of its columns of numbers, and how much of the loss each cut took away: the
    /// splits of its trees, and the jumps of its step functions, which share their column's gain by their squares.
    pub fn cuts(&self) -> Vec<(usize, f64, f64)> {
        let ensemble = &self.model.ensemble;
        let splits = ensemble.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| node.gain > 0.0);
        let mut cuts: Vec<(usize, f64, f64)> =
            splits.map(|node| (node.column as usize, node.cut, node.gain)).collect();
        for part in &ensemble.additive {
            let jumps = part.values.windows(2).skip(1).map(|pair| (pair[1] - pair[0]).powi(2));
            let all: f64 = jumps.clone().sum();
            let jumps = part.cuts.iter().zip(jumps).filter(|(_, jump)| *jump > 0.0);
            cuts.extend(jumps.map(|(cut, jump)| (part.column as usize, *cut, part.gain * jump / all)));
        }
        // Derived columns stand behind the model's own; their cuts are no cuts of a feature.
        cuts.retain(|(column, ..)| self.manifest.columns.get(*column).is_some_and(Column::is_number));
        cuts
    }

    /// The model as a file, and its checksum.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] when a number in it is not finite.
    pub fn to_bytes(&self) -> Result<(Vec<u8>, String), ModelError> {
        let failed = |why: String| ModelError::Damaged(why);
        let body = serde_json::value::to_raw_value(self).map_err(|why| failed(why.to_string()))?;
        let sum = checksum(body.get());
        let whole =
            Written { schema: format!("dtlearn.model/{MODEL_SCHEMA}"), checksum: sum.clone(), body: &body };
        let text = serde_json::to_vec(&whole).map_err(|why| failed(why.to_string()))?;
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        let packed = out.write_all(&text).and_then(|()| out.finish());
        Ok((packed.map_err(|why| failed(why.to_string()))?, sum))
    }

    /// Reads a model and checks everything in it.
    ///
    /// # Errors
    /// [`ModelError`]; never a panic, whatever the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let damaged = |why: String| ModelError::Damaged(why);
        let mut text = Vec::new();
        let mut limited = flate2::read::GzDecoder::new(bytes).take(MAX_BYTES + 1);
        limited.read_to_end(&mut text).map_err(|why| damaged(format!("damaged gzip: {why}")))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(damaged("larger than any model".into()));
        }
        let stored: Stored<'_> = serde_json::from_slice(&text).map_err(|why| damaged(why.to_string()))?;
        match stored.schema.strip_prefix("dtlearn.model/").and_then(|number| number.parse::<u64>().ok()) {
            Some(1..=MODEL_SCHEMA) => {}
            Some(number) if number > MODEL_SCHEMA => return Err(ModelError::Newer(number)),
            _ => return Err(damaged(format!("schema {:?}", stored.schema))),
        }
        if checksum(stored.body.get()) != stored.checksum {
            return Err(damaged("the checksum does not fit".into()));
        }
        let file: Self = serde_json::from_str(stored.body.get()).map_err(|why| damaged(why.to_string()))?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), ModelError> {
        let columns = self.manifest.columns.len();
        if columns > COLUMNS_MAX || self.importances.len() != columns {
            return Err(ModelError::Damaged("the columns do not fit".into()));
        }
        if !self.manifest.columns.iter().filter_map(|column| column.encoded.as_ref()).all(Encoding::is_sound)
        {
            return Err(ModelError::Damaged("past results out of all range".into()));
        }
        let fits = self.profiles.is_empty() || self.profiles.len() == columns;
        if !fits || !self.profiles.iter().all(Profile::is_sound) {
            return Err(ModelError::Damaged("the profiles do not fit".into()));
        }
        self.model.check(columns).map_err(|why| ModelError::Damaged(why.to_string()))
    }
}
