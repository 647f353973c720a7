//! What a scenario remembers: its trades, what became of its knobs, its account.

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use crate::decide::KnobPast;
use crate::domain::{Date, Timestamp};
use crate::metrics::{MetricResult, Undefined};
use crate::simulate::{Closed, Closing};

/// What moves the knobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Policy {
    /// Nothing: they stay at their defaults.
    Defaults,
    /// The rules, where a figure crosses its line.
    Rules,
    /// The rules, where its whole interval does.
    Strict,
    /// Nothing, and the guard watches.
    Guarded,
    /// Nothing, and sizes are multiplied by context.
    Sized,
}

impl Policy {
    /// Those that differ in the knobs alone.
    pub(super) const ALL: [Self; 3] = [Self::Defaults, Self::Rules, Self::Strict];

    /// The word in reports.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Defaults | Self::Guarded | Self::Sized => "defaults",
            Self::Rules => "rules",
            Self::Strict => "strict",
        }
    }
}

/// A trade that the scenario took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Taken {
    /// Its place in the decision log.
    pub slot: usize,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// Size of the position, in the account's currency.
    pub exposure: f64,
    /// When it is closed, in microseconds; before that nobody knows the result.
    pub exit_us: i64,
    /// What closed it.
    pub closing: Closing,
}

impl Taken {
    pub(super) fn closed(&self) -> Closed {
        Closed {
            pnl: self.pnl,
            pnl_frac: self.pnl_frac,
            exposure: self.exposure,
            exit: Timestamp::from_micros(self.exit_us),
            closing: self.closing,
            inconclusive: None,
        }
    }
}

/// What happened to a knob, as it is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Past {
    /// The newest trade that a move rested on, in microseconds.
    pub used_us: Option<i64>,
    /// The day of the last move by results, counted from the common era.
    pub moved_on: Option<i32>,
    /// The value underneath, where a regime holds it.
    pub base: Option<f64>,
}

impl Past {
    pub(super) fn known(self) -> KnobPast {
        KnobPast {
            used_until: self.used_us.map(Timestamp::from_micros),
            moved_on: self.moved_on.and_then(Date::from_num_days_from_ce_opt),
            base: self.base,
        }
    }

    pub(super) fn of(past: KnobPast) -> Self {
        Self {
            used_us: past.used_until.map(Timestamp::micros),
            moved_on: past.moved_on.map(|date| date.num_days_from_ce()),
            base: past.base,
        }
    }
}

/// The account's running result, with its peak, up to a close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    pub until_us: i64,
    pub running: f64,
    pub peak: f64,
}

impl Account {
    /// How far it lies below its peak, a fraction.
    pub(super) fn drawdown(self, capital: f64) -> MetricResult {
        let top = capital + self.peak;
        if top > 0.0 { Ok((self.peak - self.running) / top) } else { Err(Undefined::NoCapital) }
    }
}

/// A value for each knob as a list, in the order of the knobs.
pub(super) mod per_knob {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::{KnobName, PerKnob};

    pub(in super::super) fn serialize<T: Serialize, S: Serializer>(
        values: &PerKnob<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        values.as_array().serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PerKnob<T>, D::Error> {
        <[T; KnobName::COUNT]>::deserialize(deserializer).map(PerKnob::new)
    }
}
