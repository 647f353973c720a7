//! What there is to say of size, without a form.

use crate::decide::{BaseSize, Binding, SizeHistory, TooFew};
use crate::domain::Date;

/// The names of the thirds of a key.
pub const SIZE_THIRDS: [&str; 3] = ["low", "middle", "high"];

/// A rule of the brain that looks at a run of wins or losses.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRule {
    /// Its name.
    pub name: &'static str,
    /// The trades in a row.
    pub run: u32,
    /// Whether they are wins.
    pub is_of_wins: bool,
    /// Where it moves the size.
    pub target: f64,
    /// How often trades that are independent, won as often as the own ones, end an evening with such a run.
    pub on_noise: f64,
}

/// What the record says of size.
#[derive(Clone, Debug)]
pub struct SizingData {
    /// The record walked through.
    pub history: SizeHistory,
    /// The base size that it supports.
    pub base: Result<BaseSize, TooFew>,
    /// The size in force before this session's answer was applied.
    pub in_force: f64,
    /// The size that was written into the brain file in this session.
    pub applied: Option<f64>,
    /// Why a suggestion was not applied although the settings ask for it.
    pub not_applied: Option<String>,
    /// Whether the settings ask for suggestions to be applied.
    pub applies: bool,
    /// The last session that is over.
    pub session: Date,
    /// What the seed's rules on runs do on noise.
    pub run_rules: Vec<RunRule>,
    /// The account's currency.
    pub currency: String,
}

impl SizingData {
    /// The size for the next session: the suggestion, or what is in force without one.
    pub fn suggested(&self) -> f64 {
        self.base.as_ref().map_or(self.in_force, |base| base.suggested)
    }

    /// The size that engines get from now on.
    pub fn now_in_force(&self) -> f64 {
        self.applied.unwrap_or(self.in_force)
    }
}

/// What determines a suggestion, in words.
pub fn binding_words(binding: Binding) -> &'static str {
    match binding {
        Binding::NoEdge => "no edge is shown: the floor",
        Binding::Loss => "a fifth of the account is lost with a chance of at most 5 %",
        Binding::Tail => "the worst tenth of sessions does not lose a fifth by itself",
        Binding::Floor => "the record supports less, and the knob goes no lower",
        Binding::Ceiling => "the record supports more, and the knob goes no higher",
        Binding::Step => "the record supports more, and a size goes up by at most a tenth a session",
        Binding::Evidence => "there is an edge, but not enough evidence to size up",
    }
}
