//! The seven execution knobs: their names, defaults and hard ranges. The only table of them.

/// What kind of number a knob holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnobKind {
    /// A fraction of one.
    Fraction,
    /// A whole number.
    Integer,
    /// US dollars.
    Usd,
}

/// A knob of the execution engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knob {
    /// Its name, which is also the engine's environment variable.
    pub name: &'static str,
    /// The value that an engine without history runs with.
    pub default: f64,
    /// The smallest value that is ever written.
    pub low: f64,
    /// The largest value that is ever written.
    pub high: f64,
    /// What kind of number it is.
    pub kind: KnobKind,
}

/// Every knob, in the order of reports.
pub const KNOBS: [Knob; 7] = [
    Knob { name: "DT_EXEC_MIN_CONF", default: 0.25, low: 0.15, high: 0.40, kind: KnobKind::Fraction },
    Knob { name: "DT_MAX_POSITIONS", default: 3.0, low: 1.0, high: 6.0, kind: KnobKind::Integer },
    Knob { name: "DT_STOP_LOSS_PCT", default: 0.02, low: 0.01, high: 0.04, kind: KnobKind::Fraction },
    Knob { name: "DT_TAKE_PROFIT_PCT", default: 0.04, low: 0.02, high: 0.08, kind: KnobKind::Fraction },
    Knob {
        name: "DT_POSITION_SIZE_BASE_USD",
        default: 1000.0,
        low: 500.0,
        high: 2000.0,
        kind: KnobKind::Usd,
    },
    Knob { name: "DT_MAX_ORDERS_PER_CYCLE", default: 3.0, low: 1.0, high: 5.0, kind: KnobKind::Integer },
    Knob { name: "DT_MIN_TRADE_GAP_MINUTES", default: 15.0, low: 5.0, high: 30.0, kind: KnobKind::Integer },
];
