//! The rules of the guard, as the settings name them.

use super::past::Past;

/// Fewer stops are no cluster, however rare they are.
const FEWEST_STOPS: u32 = 4;

/// Trades of a symbol before its result counts, where the limit follows from the own sessions.
pub(super) const LOW_PROFIT_TRADES: u32 = 3;

/// What a lock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardAction {
    /// Smaller and fewer positions.
    Reduce,
    /// No entries until the lock ends.
    Halt,
}

impl GuardAction {
    /// The word in the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reduce => "reduce",
            Self::Halt => "halt",
        }
    }
}

/// Which trades a rule counts together, and locks together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// All trades together.
    All,
    /// Long ones and short ones apart.
    Side,
    /// Each symbol by itself.
    Symbol,
    /// Each strategy by itself.
    Strategy,
}

impl Per {
    /// Every one, in the order of the manual.
    pub const ALL: [Self; 4] = [Self::All, Self::Side, Self::Symbol, Self::Strategy];

    /// The word in the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Side => "side",
            Self::Symbol => "symbol",
            Self::Strategy => "strategy",
        }
    }
}

/// How long a lock lasts; none lasts longer than the session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LockLength {
    /// To the end of the session.
    Session,
    /// Minutes from the exit on, and never past the close.
    Minutes(f64),
}

/// What passes a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GuardKind {
    /// The day's loss, open positions with it where they are handed over, as a fraction of the equity at the open.
    DayLoss {
        /// Of the equity at the open, above 0 and at most 1.
        limit_frac: f64,
    },
    /// One loss of so many times what was risked.
    SingleLoss {
        /// Times what was risked up to the stop, above 0.
        limit_r: f64,
    },
    /// Nothing was recorded for so many minutes while positions are open.
    Silence {
        /// Minutes without a record, above 0 and at most 1440.
        after_min: f64,
    },
    /// So many trades closed at their stops within so many minutes.
    StopLosses {
        /// How many; none for 4, and more where the own stops come that often by chance once in `sessions`: nothing is
        /// locked before that is known.
        stops: Option<u32>,
        /// Minutes before the newest of these exits, above 0.
        within_min: f64,
        /// Sessions between two such clusters by chance.
        sessions: f64,
    },
    /// How far the day's result is below its best, as a fraction of the equity at the open.
    Drawdown {
        /// Of the equity at the open, above 0 and at most 1.
        limit_frac: f64,
        /// Not before so many trades.
        min_trades: u32,
    },
    /// The day's result in R is as low as this.
    LowProfit {
        /// In R, a loss above 0; none for that which a symbol of the own sessions reaches once in `sessions`.
        limit_r: Option<f64>,
        /// Not before so many trades.
        min_trades: u32,
        /// Sessions between two that a symbol of them is as low in by chance.
        sessions: f64,
    },
    /// A pause after each trade that was closed at its stop.
    Cooldown,
    /// So many losses one after the other.
    LosingRun {
        /// The length; none for that which the own win rate makes once in `sessions`.
        losses: Option<u32>,
        /// Sessions between two runs of that length by chance.
        sessions: f64,
    },
    /// A cumulative sum of wins and losses against the own win rate.
    WinRate {
        /// How much lower the win rate is that it looks for, as a fraction of one.
        drop_frac: f64,
        /// The sum at which it fires.
        threshold: f64,
    },
    /// A drop of the mean result, with a stated mean time between false alarms.
    Detector {
        /// That time, in sessions.
        sessions: f64,
    },
}

impl GuardKind {
    /// The words of the settings, in the order of reports.
    pub const WORDS: [&'static str; 10] = [
        "day_loss",
        "single_loss",
        "silence",
        "stop_losses",
        "drawdown",
        "low_profit",
        "cooldown",
        "losing_run",
        "win_rate",
        "detector",
    ];

    /// The word in the settings.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::DayLoss { .. } => "day_loss",
            Self::SingleLoss { .. } => "single_loss",
            Self::Silence { .. } => "silence",
            Self::StopLosses { .. } => "stop_losses",
            Self::Drawdown { .. } => "drawdown",
            Self::LowProfit { .. } => "low_profit",
            Self::Cooldown => "cooldown",
            Self::LosingRun { .. } => "losing_run",
            Self::WinRate { .. } => "win_rate",
            Self::Detector { .. } => "detector",
        }
    }

    /// Whether it looks at all trades together only: what it compares with is known for all of them.
    pub const fn is_of_all(&self) -> bool {
        matches!(self, Self::Silence { .. } | Self::WinRate { .. } | Self::Detector { .. })
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardRule {
    /// By what a lock and a refused signal name it: `guard:NAME`.
    pub name: String,
    /// What passes which limit.
    pub kind: GuardKind,
    /// Which trades it counts together.
    pub per: Per,
    /// What a lock of it does.
    pub action: GuardAction,
    /// How long a lock of it holds.
    pub lock: LockLength,
}

impl GuardRule {
    /// The limit, given what was recorded before the session.
    ///
    /// # Errors
    /// What is missing for it, as a sentence.
    pub fn limit(&self, past: &Past) -> Result<f64, String> {
        match self.kind {
            GuardKind::DayLoss { limit_frac } | GuardKind::Drawdown { limit_frac, .. } => Ok(limit_frac),
            GuardKind::SingleLoss { limit_r } | GuardKind::LowProfit { limit_r: Some(limit_r), .. } => {
                Ok(limit_r)
            }
            GuardKind::LowProfit { limit_r: None, sessions, .. } => past.low_profit(sessions),
            GuardKind::Silence { after_min } => Ok(after_min),
            GuardKind::StopLosses { stops: Some(stops), .. } => Ok(f64::from(stops)),
            GuardKind::StopLosses { stops: None, within_min, sessions } => {
                past.clustered_stops(within_min, sessions).map(|stops| f64::from(stops.max(FEWEST_STOPS)))
            }
            GuardKind::Cooldown => Ok(1.0),
            GuardKind::LosingRun { losses: Some(losses), .. } => Ok(f64::from(losses)),
            GuardKind::LosingRun { losses: None, sessions } => past.losing_run(sessions).map(f64::from),
            GuardKind::WinRate { drop_frac, threshold } => past.cusum(drop_frac).map(|_| threshold),
            GuardKind::Detector { sessions } => {
                past.expected.clone().map(|_| (sessions * past.trades_per_session).max(1.0))
            }
        }
    }
}

/// What a state of REDUCING does to the knobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reducing {
    /// By what the position size is multiplied, 0 to 1.
    pub size: f64,
    /// By how many the positions open at once are fewer.
    pub positions: u32,
}

impl Default for Reducing {
    fn default() -> Self {
        Self { size: 0.5, positions: 1 }
    }
}

/// The rules in force.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardRules {
    /// Whether every record of an exit asks the guard.
    pub enabled: bool,
    /// The rules, in the order of reports.
    pub rules: Vec<GuardRule>,
    /// What REDUCING does.
    pub reducing: Reducing,
}

impl GuardRules {
    /// The rules of a kind that are in force where the settings say nothing of it. A pause after each stop is the engine's
    /// pace, not a limit that is rarely passed: it has to be asked for.
    pub fn in_force(word: &str) -> Vec<GuardRule> {
        if word == GuardKind::Cooldown.as_str() { Vec::new() } else { Self::shipped(word) }
    }

    /// The rules of a kind as they are shipped, by the word of the settings.
    pub fn shipped(word: &str) -> Vec<GuardRule> {
        use GuardAction::{Halt, Reduce};
        use LockLength::{Minutes, Session};
        let rule =
            |name: &str, kind, per, action, lock| GuardRule { name: name.into(), kind, per, action, lock };
        match word {
            "day_loss" => vec![
                rule("day_loss", GuardKind::DayLoss { limit_frac: 0.02 }, Per::All, Halt, Session),
                rule("day_loss_1", GuardKind::DayLoss { limit_frac: 0.01 }, Per::All, Reduce, Session),
            ],
            "single_loss" => {
                vec![rule(word, GuardKind::SingleLoss { limit_r: 3.0 }, Per::All, Halt, Session)]
            }
            "silence" => {
                vec![rule(word, GuardKind::Silence { after_min: 15.0 }, Per::All, Halt, Minutes(15.0))]
            }
            "stop_losses" => {
                let kind = GuardKind::StopLosses { stops: None, within_min: 60.0, sessions: 60.0 };
                vec![rule(word, kind, Per::All, Halt, Minutes(30.0))]
            }
            "drawdown" => {
                let kind = GuardKind::Drawdown { limit_frac: 0.015, min_trades: 5 };
                vec![rule(word, kind, Per::All, Halt, Minutes(60.0))]
            }
            "low_profit" => {
                let kind =
                    GuardKind::LowProfit { limit_r: None, min_trades: LOW_PROFIT_TRADES, sessions: 60.0 };
                vec![rule(word, kind, Per::Symbol, Halt, Session)]
            }
            "cooldown" => vec![rule(word, GuardKind::Cooldown, Per::Symbol, Halt, Minutes(10.0))],
            "losing_run" => {
                let kind = GuardKind::LosingRun { losses: None, sessions: 60.0 };
                vec![rule(word, kind, Per::All, Reduce, Session)]
            }
            "win_rate" => {
                let kind = GuardKind::WinRate { drop_frac: 0.15, threshold: 5.0 };
                vec![rule(word, kind, Per::All, Reduce, Session)]
            }
            "detector" => {
                vec![rule(word, GuardKind::Detector { sessions: 60.0 }, Per::All, Reduce, Session)]
            }
            _ => Vec::new(),
        }
    }

    /// A number that changes with whatever any rule says.
    pub fn fingerprint(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(format!("{:?}", self.rules).as_bytes())
    }
}

impl Default for GuardRules {
    fn default() -> Self {
        let rules = GuardKind::WORDS.iter().flat_map(|word| Self::in_force(word)).collect();
        Self { enabled: false, rules, reducing: Reducing::default() }
    }
}
