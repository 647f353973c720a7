//! What would have become of a signal that was not traded: prices at fixed times after it, and the exit under
//! a policy frozen at the signal.

use crate::domain::{Calendar, ExitKind, MissedSignal, Side, Timestamp, touched};

/// Minutes after the signal at which its price is looked up.
pub const HORIZON_MINUTES: [i64; 3] = [15, 30, 60];

/// A horizon's price may come this much later, in microseconds.
const LATEST_US: i64 = 5 * 60_000_000;

/// How a hypothetical trade was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyExit {
    /// The stop was touched.
    Stop,
    /// The target was touched, and the stop was not before it or in the same bar.
    Target,
    /// Neither was, and the time for which the engine holds a position was over.
    Time,
    /// Neither was, to the end of the session.
    EndOfDay,
}

impl PolicyExit {
    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop_loss",
            Self::Target => "take_profit",
            Self::Time => "time_exit",
            Self::EndOfDay => "end_of_day",
        }
    }
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priced {
    /// Price at each horizon, where there was one.
    pub horizons: [Option<f64>; 3],
    /// The last price of the session.
    pub end_of_day: f64,
    /// Result of the policy, a fraction of the position, positive for a gain; before costs.
    pub result: f64,
    /// How the policy closed it.
    pub exit: PolicyExit,
    /// When, by the stamp of the price that did.
    pub exit_at: Timestamp,
    /// The result where the position would have been held to the end of the session instead, unless stop or target
    /// closed it: the same as `result` for a policy without a time.
    pub held_to_close: f64,
}

/// A signal that waits for prices. Prices may come in any order; of two with the same stamp the one seen later
/// gives the price, the one seen first the touch of a level.
#[derive(Clone, Debug)]
pub struct HypotheticalTrade {
    at: Timestamp,
    /// The end of its session, where its date has one.
    close: Option<Timestamp>,
    side: Side,
    price: f64,
    stop: Option<f64>,
    target: Option<f64>,
    horizons: [Option<(Timestamp, f64)>; 3],
    last: Option<(Timestamp, f64)>,
    touched: Option<(Timestamp, PolicyExit)>,
    /// When a position is left that no level has closed, and the first price from then on.
    due: Option<(Timestamp, Option<(Timestamp, f64)>)>,
    symbol: String,
    /// A price within the hour that cannot be the signal's.
    far_off: Option<f64>,
}

/// A price that differs by more than this share from the signal's own within the hour is not of the same thing, or
/// not in the same unit.
const FAR_OFF: f64 = 0.30;

/// How long a price is compared with the signal's own, in microseconds.
const COMPARED_US: i64 = 3_600_000_000;

impl HypotheticalTrade {
    /// Begins to watch the session of a signal, by the calendar of its symbol.
    pub fn new(calendar: &Calendar, signal: &MissedSignal) -> Self {
        let levels = (signal.stop_price, signal.target_price);
        let trade = Self::from(calendar, signal.timestamp, signal.side, signal.price_at_signal, levels);
        Self { symbol: signal.symbol.clone(), ..trade }
    }

    /// What would have been traded; empty where nobody said it.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The price at which it begins.
    pub fn price(&self) -> f64 {
        self.price
    }

    /// A price that was seen within the hour and cannot be its own.
    pub fn far_off(&self) -> Option<f64> {
        self.far_off
    }

    /// Begins to watch the session of a moment, from a price and with a stop and a target.
    pub fn from(
        calendar: &Calendar,
        at: Timestamp,
        side: Side,
        price: f64,
        (stop, target): (Option<f64>, Option<f64>),
    ) -> Self {
        let session = calendar.session(calendar.trading_date(at));
        Self {
            at,
            close: session.map(|session| session.close),
            side,
            price,
            stop,
            target,
            horizons: [None; 3],
            last: None,
            touched: None,
            due: None,
            symbol: String::new(),
            far_off: None,
        }
    }

    /// Leaves the position so many minutes after the signal, unless its stop or target has closed it by then, or the
    /// session ends before.
    pub fn hold_for(&mut self, minutes: f64) {
        let due = Timestamp::from_micros(self.at.micros() + (minutes * 60e6) as i64);
        self.due = Some((due, None)).filter(|_| self.close.is_some_and(|close| due < close));
    }

    /// How long it is held, in minutes, where not to the end of the session.
    pub fn held_minutes(&self) -> Option<f64> {
        self.due.map(|(due, _)| due.minutes_since(self.at))
    }

    /// The end of its session; `None` on a day without one.
    pub fn session_close(&self) -> Option<Timestamp> {
        self.close
    }

    /// The first and the last moment at which a price can matter to it.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let longest = self.at.micros() + HORIZON_MINUTES[2] * 60_000_000 + LATEST_US;
        (self.at, Timestamp::from_micros(self.close.map_or(longest, |close| longest.max(close.micros()))))
    }

    /// Looks at a bar or a tick of its symbol. Without high and low the price itself is both.
    pub fn see(&mut self, at: Timestamp, high: Option<f64>, low: Option<f64>, close: f64) {
        if at < self.at {
            return;
        }
        if at.micros() - self.at.micros() <= COMPARED_US && (close / self.price - 1.0).abs() > FAR_OFF {
            self.far_off.get_or_insert(close);
        }
        for (minutes, found) in HORIZON_MINUTES.iter().zip(&mut self.horizons) {
            let due = self.at.micros() + minutes * 60_000_000;
            let in_time = (due..=due + LATEST_US).contains(&at.micros());
            if in_time && found.is_none_or(|(earliest, _)| at <= earliest) {
                *found = Some((at, close));
            }
        }
        if self.close.is_none_or(|close| at > close) {
            return;
        }
        if self.last.is_none_or(|(latest, _)| at >= latest) {
            self.last = Some((at, close));
        }
        if let Some((due, found)) = &mut self.due
            && at >= *due
            && found.is_none_or(|(earliest, _)| at <= earliest)
        {
            *found = Some((at, close));
        }
        if let Some(exit) = self.touch(high.unwrap_or(close), low.unwrap_or(close))
            && self.touched.is_none_or(|(first, _)| at < first)
        {
            self.touched = Some((at, exit));
        }
    }

    /// Which level a bar touches; the stop where it holds both.
    fn touch(&self, high: f64, low: f64) -> Option<PolicyExit> {
        match touched(self.side, (self.stop, self.target), (high, low))? {
            ExitKind::Stop => Some(PolicyExit::Stop),
            ExitKind::Target => Some(PolicyExit::Target),
            ExitKind::Time | ExitKind::Close | ExitKind::Signal => None,
        }
    }

    /// The move from the signal's price to `price` in the signal's direction, a fraction.
    pub fn moved(&self, price: f64) -> f64 {
        self.side.sign() * (price - self.price) / self.price
    }

    /// What became of the signal; `None` while its session has no price, or when its prices cannot be its own.
    pub fn outcome(&self) -> Option<Priced> {
        if self.far_off.is_some() {
            return None;
        }
        let (last_at, end_of_day) = self.last?;
        let level = |exit: PolicyExit| match exit {
            PolicyExit::Stop => self.stop.unwrap_or(end_of_day),
            PolicyExit::Target => self.target.unwrap_or(end_of_day),
            PolicyExit::Time | PolicyExit::EndOfDay => end_of_day,
        };
        let to_close = self.touched.unwrap_or((last_at, PolicyExit::EndOfDay));
        // In the bar of the time itself nothing says which came first: the level counts, as where a bar holds both.
        let timed = self
            .due
            .and_then(|(_, found)| found)
            .filter(|(at, _)| self.touched.is_none_or(|(touched, _)| *at < touched));
        let (exit_at, exit, price) = match timed {
            Some((at, price)) => (at, PolicyExit::Time, price),
            None => (to_close.0, to_close.1, level(to_close.1)),
        };
        let horizons = self.horizons.map(|found| found.map(|(_, price)| price));
        let held_to_close = self.moved(level(to_close.1));
        Some(Priced { horizons, end_of_day, result: self.moved(price), exit, exit_at, held_to_close })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2019-02-11T{text}Z")).unwrap()
    }

    fn long(stop: Option<f64>, target: Option<f64>) -> HypotheticalTrade {
        watch(Side::Long, "15:00:00", stop, target)
    }

    fn watch(side: Side, time: &str, stop: Option<f64>, target: Option<f64>) -> HypotheticalTrade {
        HypotheticalTrade::from(&Calendar::xnys(), at(time), side, 100.0, (stop, target))
    }

    #[test]
    fn a_bar_that_holds_both_levels_stops() {
        let mut signal = long(Some(99.0), Some(101.0));
        signal.see(at("15:01:00"), Some(102.0), Some(98.0), 100.0);
        let priced = signal.outcome().unwrap();
        assert_eq!((priced.exit, priced.result), (PolicyExit::Stop, -0.01));
        assert_eq!(priced.exit_at, at("15:01:00"));
    }

    /// A position is left when its time is over, and what came later is only what holding it would have made.
    #[test]
    fn a_position_is_left_when_its_time_is_over() {
        let run = |stop: f64| {
            let mut signal = long(Some(stop), Some(103.0));
            signal.hold_for(26.0);
            for (time, high, low, close) in [
                ("15:25:00", 100.9, 99.5, 100.4),
                ("15:26:00", 100.9, 100.1, 100.6),
                ("15:27:00", 102.0, 100.0, 101.0),
                ("20:59:00", 99.0, 98.0, 98.5),
            ] {
                signal.see(at(time), Some(high), Some(low), close);
            }
            signal.outcome().unwrap()
        };
        let priced = run(97.0);
        assert_eq!((priced.exit, priced.exit_at), (PolicyExit::Time, at("15:26:00")));
        assert!((priced.result - 0.006).abs() < 1e-12 && (priced.held_to_close + 0.015).abs() < 1e-12);
        // Stopped after its time was over, which is nothing to it; and before.
        assert_eq!(run(98.5).exit, PolicyExit::Time);
        let stopped = run(99.6);
        assert_eq!((stopped.exit, stopped.exit_at), (PolicyExit::Stop, at("15:25:00")));
        assert_eq!(stopped.result, stopped.held_to_close);
    }

    #[test]
    fn order_and_duplicates_do_not_matter() {
        let bars = [
            ("15:01:00", 100.4, 99.5, 100.2),
            ("15:15:00", 100.6, 100.0, 100.5),
            ("15:16:00", 101.2, 100.4, 101.0),
            ("20:59:00", 99.0, 98.0, 98.5),
        ];
        let run = |order: &[usize]| {
            let mut signal = long(Some(98.5), Some(101.0));
            for index in order {
                let (time, high, low, close) = bars[*index];
                signal.see(at(time), Some(high), Some(low), close);
            }
            signal.outcome().unwrap()
        };
        let priced = run(&[0, 1, 2, 3]);
        assert_eq!(priced, run(&[3, 1, 0, 2]));
        assert_eq!(priced, run(&[0, 0, 1, 2, 2, 3, 3]));
        assert_eq!((priced.exit, priced.horizons), (PolicyExit::Target, [Some(100.5), None, None]));
        assert_eq!(priced.end_of_day, 98.5);
    }

    #[test]
    fn a_gap_leaves_a_horizon_empty_and_a_late_price_is_not_taken() {
        let mut signal = long(None, None);
        signal.see(at("15:20:00"), None, None, 100.5);
        signal.see(at("15:35:00.000001"), None, None, 100.6);
        let priced = signal.outcome().unwrap();
        assert_eq!(priced.horizons, [Some(100.5), None, None]);
        assert_eq!((priced.exit, priced.end_of_day), (PolicyExit::EndOfDay, 100.6));
    }

    #[test]
    fn signals_at_the_edges_of_the_session() {
        // In the last minute: the last bar is stamped at the signal.
        let mut last_minute = watch(Side::Short, "20:59:00", Some(101.0), Some(99.0));
        last_minute.see(at("20:58:00"), Some(105.0), Some(95.0), 100.0);
        assert_eq!(last_minute.outcome(), None, "prices before the signal say nothing");
        last_minute.see(at("20:59:00"), Some(100.5), Some(99.5), 99.8);
        let priced = last_minute.outcome().unwrap();
        assert_eq!(priced.exit, PolicyExit::EndOfDay);
        assert!((priced.result - 0.002).abs() < 1e-12);
        // After the close: its session has no more prices, whatever trades later.
        let mut late = watch(Side::Long, "21:30:00", None, None);
        late.see(at("21:45:00"), None, None, 101.0);
        assert_eq!(late.outcome(), None);
        // Half a day: the last price of the date counts.
        let mut half = long(None, None);
        half.see(at("17:59:00"), None, None, 103.0);
        assert_eq!(half.outcome().unwrap().end_of_day, 103.0);
    }
}
