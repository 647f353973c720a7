//! The form of `sizing.json`.

use serde::{Deserialize, Serialize};

use super::stored::StoredOutcome;
use super::text::{Number, Text};

/// The version of the form that this program writes.
pub const SIZING_SCHEMA: &str = "dtlearn.sizing/1";

/// The base size in `sizing.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BaseSizeLine {
    /// The size in force, in the account's currency.
    pub in_force_usd: f64,
    /// What is suggested for the next session; as in force without an opinion.
    pub suggested_usd: f64,
    /// What the record supports within the knob's range; none without an opinion.
    pub target_usd: Option<f64>,
    /// What determines the suggestion: `no_edge`, `loss_limit`, `tail`, `floor`, `ceiling`, `step`, `evidence`, or
    /// `too_few` without an opinion.
    pub binding: String,
    /// Sessions and trades that it rests on.
    pub sessions: u64,
    /// Trades in them.
    pub trades: u64,
    /// The mean result of a session over its standard error.
    pub t: Option<f64>,
    /// Evidence that it is above 0.
    pub e: Option<f64>,
    /// The size of fastest growth, as a share of the account.
    pub kelly_frac: Option<f64>,
    /// The same where a fifth of the account is lost with a chance of at most 5 %.
    pub constrained_frac: Option<f64>,
    /// What is left of it for what is not known of the mean, 0 to 1.
    pub shrink: Option<f64>,
    /// The bound of the mean loss of the worst tenth of sessions by their order, as a share of a position.
    pub tail_walked: Option<f64>,
    /// The bound without an order.
    pub tail_bound: Option<f64>,
    /// Whether the bound without an order is no more than the worst case.
    pub tail_is_vacuous: Option<bool>,
    /// Evidence that the worst tenth was said too low; from 20 on the worst case is the bound.
    pub tail_e: Option<f64>,
}

/// A context in `sizing.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextLine {
    /// `low`, `middle` or `high`: the third of the key.
    pub third: String,
    /// Whether the account is under its peak.
    pub is_under_peak: bool,
    /// What engines are given.
    pub multiplier: f64,
    /// What the shadow gives.
    pub shadow: f64,
    /// Trades of the last 60 sessions.
    pub trades: u64,
}

/// `sizing.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SizingFile {
    /// Version of the form.
    pub schema: String,
    /// The last session that it rests on.
    pub session: String,
    /// The end of that session, UTC.
    pub as_of: String,
    /// When nothing of it holds any more, UTC: engines get 1.00 then.
    pub expires_at: String,
    /// The account after that session, in its currency.
    pub equity_usd: f64,
    /// The base size.
    pub base: BaseSizeLine,
    /// `waiting`, `shadow` or `published`.
    pub state: String,
    /// The evidence that the multipliers make a difference.
    pub e: f64,
    /// Sessions of the shadow.
    pub shadow_sessions: u64,
    /// The number that tells the contexts, `score` or `confidence`.
    pub key: Option<String>,
    /// The borders between its thirds.
    pub cuts: Option<(f64, f64)>,
    /// Whether the account is under its peak.
    pub is_under_peak: bool,
    /// The contexts: the thirds from the low one on, at the peak, then under it.
    pub contexts: Vec<ContextLine>,
}

/// What of a stored trade only its size asks.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SizeFields<'a> {
    #[serde(borrow)]
    signal_id: Option<Text<'a>>,
    size_multiplier: Option<Number>,
    size_propensity: Option<Number>,
}

/// How a stored trade was sized: the signal behind it, by what its size was multiplied, and with which chance it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredSize {
    /// The signal.
    pub signal_id: Option<Box<str>>,
    /// The multiplier.
    pub multiplier: Option<f64>,
    /// The chance with which that multiplier was drawn, 0 to 1; 1 where it was not drawn.
    pub propensity: Option<f64>,
}

/// How a stored trade was sized, of which `line` is the line; of one that cannot be read, nothing.
pub fn size_of(stored: &StoredOutcome<'_>, line: &[u8]) -> StoredSize {
    // Few lines say anything of size, and reading one as a whole once more costs as much as reading it did.
    let says_size = memchr::memmem::find(line, b"size_").is_some() || memchr::memchr(b'\\', line).is_some();
    if !says_size {
        return StoredSize { signal_id: stored.signal_id().map(Into::into), ..StoredSize::default() };
    }
    let read: SizeFields<'_> = serde_json::from_slice(line).unwrap_or_default();
    StoredSize {
        signal_id: read.signal_id.map(|id| id.0.as_ref().into()),
        multiplier: read.size_multiplier.map(|number| number.0),
        propensity: read.size_propensity.map(|number| number.0),
    }
}
