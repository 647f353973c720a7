//! The seven execution knobs: their names, defaults and hard ranges. One row a knob; the only table of them.

use std::ops::{Index, IndexMut};

macro_rules! knobs {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $default:literal, $low:literal, $high:literal, $kind:ident;)+) => {
        /// A knob of the execution engine.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum KnobName { $($(#[$doc])* $variant),+ }

        impl KnobName {
            /// Every knob, in the order of reports.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$variant),+];

            /// How many there are.
            pub const COUNT: usize = [$($name),+].len();

            /// Its name, which is also the engine's environment variable.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        /// Every knob as it is shipped.
        pub const KNOBS: PerKnob<Knob> = PerKnob::new([$(Knob {
            name: KnobName::$variant,
            default: $default,
            low: $low,
            high: $high,
            kind: KnobKind::$kind,
        }),+]);
    };
}

knobs! {
    /// Signals below this confidence are not traded.
    MinConfidence, "DT_EXEC_MIN_CONF", 0.25, 0.15, 0.40, Fraction;
    /// Most positions open at once.
    MaxPositions, "DT_MAX_POSITIONS", 3.0, 1.0, 6.0, Integer;
    /// Distance of the stop from the entry price.
    StopLoss, "DT_STOP_LOSS_PCT", 0.02, 0.01, 0.04, Fraction;
    /// Distance of the target from the entry price.
    TakeProfit, "DT_TAKE_PROFIT_PCT", 0.04, 0.02, 0.08, Fraction;
    /// Size of a position.
    PositionSize, "DT_POSITION_SIZE_BASE_USD", 1000.0, 500.0, 2000.0, Usd;
    /// Most orders sent in one cycle of the engine.
    MaxOrders, "DT_MAX_ORDERS_PER_CYCLE", 3.0, 1.0, 5.0, Integer;
    /// Minutes between two trades of a symbol.
    MinGap, "DT_MIN_TRADE_GAP_MINUTES", 15.0, 5.0, 30.0, Integer;
}

impl KnobName {
    /// The knob of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str().eq_ignore_ascii_case(text))
    }
}

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

/// A knob with its default and its hard range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knob {
    /// Which one.
    pub name: KnobName,
    /// The value that an engine without history runs with.
    pub default: f64,
    /// The smallest value that is ever written.
    pub low: f64,
    /// The largest value that is ever written.
    pub high: f64,
    /// What kind of number it is.
    pub kind: KnobKind,
}

/// Smoothed values are kept to so many places: 0.8 × 0.02 + 0.2 × 0.015 is 0.019, not 0.019000000000000003.
const PLACES: f64 = 1e10;

impl Knob {
    /// The width of its range, in the knob's unit; 0 or above.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Whether the value lies in its range.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// A smoothed value without rounding noise and within the range.
    pub fn tidy(&self, value: f64) -> f64 {
        ((value * PLACES).round() / PLACES).clamp(self.low, self.high)
    }

    /// What the engine is given for a smoothed value: integers rounded half up.
    pub fn effective(&self, smoothed: f64) -> f64 {
        match self.kind {
            KnobKind::Integer => (smoothed + 0.5).floor().clamp(self.low, self.high),
            KnobKind::Fraction | KnobKind::Usd => smoothed,
        }
    }
}

/// A value of each knob, in the order of [`KnobName::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerKnob<T>([T; KnobName::COUNT]);

impl<T> PerKnob<T> {
    /// From values in the order of [`KnobName::ALL`].
    pub const fn new(values: [T; KnobName::COUNT]) -> Self {
        Self(values)
    }

    /// What `value` gives for each knob.
    pub fn from_fn(value: impl FnMut(KnobName) -> T) -> Self {
        Self(KnobName::ALL.map(value))
    }

    /// What `of` makes of each value.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> PerKnob<U> {
        PerKnob(self.0.map(of))
    }

    /// The values, in the order of [`KnobName::ALL`].
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The values, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }

    /// The values as an array, in the order of [`KnobName::ALL`].
    pub const fn as_array(&self) -> &[T; KnobName::COUNT] {
        &self.0
    }
}

impl<T> Index<KnobName> for PerKnob<T> {
    type Output = T;

    fn index(&self, name: KnobName) -> &T {
        &self.0[name as usize]
    }
}

impl<T> IndexMut<KnobName> for PerKnob<T> {
    fn index_mut(&mut self, name: KnobName) -> &mut T {
        &mut self.0[name as usize]
    }
}

impl<T> IntoIterator for PerKnob<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, { KnobName::COUNT }>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a PerKnob<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for (knob, name) in KNOBS.iter().zip(KnobName::ALL) {
            assert_eq!(knob.name, name);
            assert!(knob.holds(knob.default), "{name:?}");
            assert_eq!(KnobName::parse(&name.as_str().to_lowercase()), Some(name));
        }
    }

    #[test]
    fn integers_are_rounded_half_up() {
        let positions = KNOBS[KnobName::MaxPositions];
        assert_eq!([2.49, 2.5, 3.4, 3.5].map(|v| positions.effective(v)), [2.0, 3.0, 3.0, 4.0]);
        assert_eq!(KNOBS[KnobName::StopLoss].effective(0.0187), 0.0187);
        assert_eq!(KNOBS[KnobName::StopLoss].tidy(0.8 * 0.02 + 0.2 * 0.015), 0.019);
    }
}
