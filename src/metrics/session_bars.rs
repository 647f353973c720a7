//! What the bars of a session say of a symbol: its first and its last price, how much it moved, and the returns of its quarter
//! hours.

use crate::domain::{Session, Timestamp};

/// Five minutes, and the parts of a session that returns are taken over, in microseconds.
const PART_US: i64 = 5 * 60_000_000;

/// Parts of a quarter hour.
const QUARTER: usize = 3;

/// The bars of a session so far. In whatever order they come, and however often, the prices and returns are the same.
#[derive(Clone, Debug)]
pub struct SessionBars {
    session: Session,
    first: Option<(Timestamp, f64)>,
    last: Option<(Timestamp, f64)>,
    /// The last price of each five minutes, by the stamps of the bars.
    parts: Vec<Option<(Timestamp, f64)>>,
    bars: u64,
}

/// What the prices of a symbol did in a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFigures {
    /// The first price that was seen, in the currency of the file.
    pub open: f64,
    /// The last price that was seen, in the same currency.
    pub close: f64,
    /// The root of the sum of squared five-minute returns, logarithms: the realised volatility of the session (Andersen and
    /// Bollerslev 1998, *International Economic Review* 39(4), 885–905); none where a price is not above 0, and of fewer
    /// than two prices of five minutes.
    pub realised_vol: Option<f64>,
    /// Bars that were seen, each as often as it came.
    pub bars: u64,
    /// The logarithmic return of each quarter hour of the session; none of one without a bar, or after one without.
    pub returns_15m: Vec<Option<f64>>,
}

impl SessionBars {
    /// A session without bars.
    pub fn new(session: Session) -> Self {
        let parts = ((session.close.micros() - session.open.micros() + PART_US - 1) / PART_US).max(1);
        let parts = vec![None; usize::try_from(parts).unwrap_or(1)];
        Self { session, first: None, last: None, parts, bars: 0 }
    }

    /// The session whose bars these are.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A bar by its stamp and its closing price; one outside of the session is passed over.
    pub fn see(&mut self, at: Timestamp, price: f64) {
        if at < self.session.open || at > self.session.close {
            return;
        }
        self.bars += 1;
        // The closing price is stamped with the close.
        let part = (at.micros() - self.session.open.micros()) / PART_US;
        let part = usize::try_from(part).unwrap_or(0).min(self.parts.len() - 1);
        let first = |known: &(Timestamp, f64)| known.0 <= at;
        if !self.first.as_ref().is_some_and(first) {
            self.first = Some((at, price));
        }
        for known in [&mut self.last, &mut self.parts[part]] {
            if known.is_none_or(|known| known.0 <= at) {
                *known = Some((at, price));
            }
        }
    }

    /// The figures; none without a bar.
    pub fn figures(&self) -> Option<SessionFigures> {
        let (open, close) = (self.first?.1, self.last?.1);
        let step = |from: f64, to: f64| Some((to / from).ln()).filter(|_| from > 0.0 && to > 0.0);
        let mut before = open;
        let squares: Option<f64> = self
            .parts
            .iter()
            .flatten()
            .map(|(_, price)| step(std::mem::replace(&mut before, *price), *price).map(|step| step * step))
            .sum();
        let mut before = Some(open);
        let quarter = |parts: &[Option<(Timestamp, f64)>]| {
            let price = parts.iter().rev().flatten().next().map(|(_, price)| *price);
            let found = before.zip(price).and_then(|(from, to)| step(from, to));
            before = price;
            // More digits than a price has say nothing.
            found.map(|step| (step * 1e7).round() / 1e7)
        };
        let returns_15m = self.parts.chunks(QUARTER).map(quarter).collect();
        Some(SessionFigures {
            open,
            close,
            realised_vol: squares.map(f64::sqrt).filter(|_| self.parts.iter().flatten().nth(1).is_some()),
            bars: self.bars,
            returns_15m,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Calendar;

    #[test]
    fn figures_are_those_of_the_hand_calculation() {
        let calendar = Calendar::xnys();
        let session = calendar.session("2026-03-02".parse().unwrap()).unwrap();
        let at = |minute: i64| Timestamp::from_micros(session.open.micros() + minute * 60_000_000);
        // 100 → 101 → 102.01 in the first quarter hour, nothing in the third, 100 at the close.
        let bars =
            [(0, 100.0), (6, 101.0), (14, 102.01), (20, 102.01), (50, 100.0), (390, 100.0), (391, 7.0)];
        let mut seen = SessionBars::new(session);
        bars.iter().for_each(|(minute, price)| seen.see(at(*minute), *price));
        let figures = seen.figures().unwrap();
        assert_eq!((figures.open, figures.close, figures.bars), (100.0, 100.0, 6));
        let step = 1.01f64.ln();
        assert!(
            (figures.realised_vol.unwrap() - (2.0 * step * step + 4.0 * step * step).sqrt()).abs() < 1e-12
        );
        let returns = &figures.returns_15m;
        assert_eq!((returns.len(), returns[1], returns[2], returns[3]), (26, Some(0.0), None, None));
        assert!((returns[0].unwrap() - 2.0 * step).abs() < 1e-7, "{returns:?}");
        let mut backwards = SessionBars::new(session);
        bars.iter().rev().for_each(|(minute, price)| backwards.see(at(*minute), *price));
        assert_eq!(backwards.figures().unwrap(), figures);
        assert_eq!(SessionBars::new(session).figures(), None);
        let mut below = SessionBars::new(session);
        below.see(at(1), -3.0);
        below.see(at(20), 5.0);
        let figures = below.figures().unwrap();
        assert_eq!((figures.realised_vol, figures.returns_15m[1]), (None, None));
    }
}
