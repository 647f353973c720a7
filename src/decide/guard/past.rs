//! What the sessions before this one say: how often trades win, how many there are, what a result is expected to be.

use serde::{Deserialize, Serialize};

use crate::stats::{Clustered, WinRateCusum, Z80};

/// The days before a session that count as its past: some 60 sessions of a market that is closed on weekends.
pub const PAST_DAYS: i32 = 90;

/// Below so many sessions and trades nothing is concluded from the past.
const NEEDED: (u32, u32) = (20, 100);

/// The same for the deviation of results, on which the first sessions that are counted rest.
const NEEDED_FOR_DEVIATION: (u32, u32) = (5, 30);

/// A day on which everything falls together is no change of the engine: results are expected so many deviations of what
/// the trades of a session share below their mean.
const SHARED: f64 = 1.5;

/// A smaller loss of a symbol is none to lock for, in R.
const LEAST_R: f64 = 1.0;

/// The doubt that is left in a stated rate that a record of few sessions cannot tell more closely.
const DOUBT: f64 = 0.05;

/// Halvings of the search for such a rate.
const HALVINGS: usize = 60;

/// The longest run that is worth a rule.
const LONGEST_RUN: u32 = 10_000;

/// A session that is over. A cache keeps it as it is: with another field the version of checkpoints is raised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSum {
    /// Its date, in days from the common era.
    pub day: i32,
    /// Trades closed, scratches among them.
    pub trades: u32,
    /// Trades with a result above the band of scratches.
    pub wins: u32,
    /// Trades with a result below it.
    pub losses: u32,
    /// Sum of the results as fractions of the position.
    pub sum: f64,
    /// Sum of their squares.
    pub squares: f64,
    /// Sum of the results in deviations of the sessions before, cut to [`CLIP`](crate::stats::CLIP).
    pub clipped: f64,
    /// Sum of their squares.
    pub clipped_squares: f64,
    /// Trades in those sums.
    pub standardised: u32,
    /// The lowest that the result of a symbol came to in R, from its third trade on, as a loss; 0 where it never was one.
    pub low_r: f64,
    /// Trades closed at their stops.
    pub stops: u32,
    /// Minutes from the first exit to the last, at least an hour.
    pub span_min: f64,
}

/// The past of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Sessions with a trade.
    pub sessions: u32,
    /// Trades closed, scratches among them.
    pub trades: u32,
    /// Trades a session, of the sessions with one; 0 without any.
    pub trades_per_session: f64,
    /// Losses among wins and losses.
    loss_rate: Option<f64>,
    /// Trades closed at their stops a session, and a minute.
    stop_rates: Result<(f64, f64), String>,
    /// The lower 80 % bound of the win rate, by session.
    pub win_rate_low: Result<f64, String>,
    /// The standard deviation of results as fractions of the position.
    pub deviation: Option<f64>,
    /// The lower 80 % bound of the mean result in deviations, cut to [`CLIP`](crate::stats::CLIP), by session, on a day
    /// whose trades share a bad one.
    pub expected: Result<f64, String>,
    /// The lowest that a symbol came to in each session, in R, as a loss, the worst first.
    low_r: Vec<f64>,
}

impl Past {
    /// The past that these sessions are.
    pub fn of(before: &[SessionSum]) -> Self {
        let sessions = before.len() as u32;
        let sum = |of: fn(&SessionSum) -> f64| before.iter().map(of).sum::<f64>();
        let trades: u32 = before.iter().map(|day| day.trades).sum();
        let (wins, losses) = (sum(|day| f64::from(day.wins)), sum(|day| f64::from(day.losses)));
        let standardised: u32 = before.iter().map(|day| day.standardised).sum();
        let counted = before.iter().filter(|day| day.standardised > 0).count() as u32;
        let low = |pairs: &mut dyn Iterator<Item = (f64, f64)>, have: (u32, u32)| {
            enough(have, NEEDED)?;
            let found = Clustered::of(pairs).map_err(|why| why.to_string())?;
            Ok(found.value - Z80 * found.variance.sqrt())
        };
        let mut of_wins = before.iter().map(|day| (f64::from(day.wins), f64::from(day.trades)));
        let mut of_results = before.iter().map(|day| (day.clipped, f64::from(day.standardised)));
        let is_enough = enough((sessions, trades), NEEDED_FOR_DEVIATION).is_ok();
        let n = f64::from(trades);
        let variance = sum(|day| day.squares) / n - (sum(|day| day.sum) / n).powi(2);
        Self {
            sessions,
            trades,
            trades_per_session: if sessions == 0 { 0.0 } else { n / f64::from(sessions) },
            loss_rate: (wins + losses > 0.0).then(|| losses / (wins + losses)),
            stop_rates: enough((sessions, trades), NEEDED).map(|()| {
                let stops = sum(|day| f64::from(day.stops));
                (stops / f64::from(sessions), stops / sum(|day| day.span_min).max(1.0))
            }),
            win_rate_low: low(&mut of_wins, (sessions, trades)),
            deviation: Some(variance.sqrt()).filter(|sd| is_enough && sd.is_finite() && *sd > 0.0),
            expected: low(&mut of_results, (counted, standardised)).map(|low| low - SHARED * shared(before)),
            low_r: {
                let mut low_r: Vec<f64> = before.iter().map(|day| day.low_r).collect();
                low_r.sort_by(|a, b| b.total_cmp(a));
                low_r
            },
        }
    }

    /// The place from the worst of the session whose low is the limit: n/sessions of n, the worst where that is less than 1.
    fn limiting_low(&self, sessions: f64) -> usize {
        ((f64::from(self.sessions) / sessions).floor() as usize).max(1)
    }

    /// The loss of a symbol, in R, that is reached in fewer than one in `sessions`: of the sessions on record the one that
    /// as many reached as may, n/sessions of n. Over all records that there could have been, a session like them lies beyond
    /// it with a chance of at most 1/sessions, or 1/(n + 1) where n is less; for how often it does by one record see
    /// [`Self::low_profit_rate`].
    ///
    /// # Errors
    /// What is missing for it.
    pub fn low_profit(&self, sessions: f64) -> Result<f64, String> {
        enough((self.sessions, self.trades), NEEDED)?;
        let worst = self.low_r.get(self.limiting_low(sessions) - 1).copied().unwrap_or_default();
        // What equals the worst is as it was.
        Ok(worst.max(LEAST_R) * (1.0 + 1e-9))
    }

    /// In what part of sessions like those on record a symbol passes [`Self::low_profit`] at most, with a certainty of 95 %: p
    /// with P(B < k) = .05, where the k-th worst of n sessions is the limit and B, binomial, counts the ones of n that are
    /// beyond it (Clopper and Pearson 1934, *Biometrika* 26(4), 404–413).
    pub fn low_profit_rate(&self, sessions: f64) -> f64 {
        let (n, k) = (self.sessions, self.limiting_low(sessions));
        let below = |rate: f64| {
            let mut term = (1.0 - rate).powi(n as i32);
            let mut sum = 0.0;
            for count in 0..k {
                sum += term;
                term *= (f64::from(n) - count as f64) / (count + 1) as f64 * rate / (1.0 - rate);
            }
            sum
        };
        let (mut low, mut high) = (0.0, 1.0 - 1e-9);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if below(middle) > DOUBT { low = middle } else { high = middle }
        }
        high
    }

    /// The shortest run of losses that trades which are independent make less than once in `sessions`: the smallest k
    /// with n·q^k·p ≤ 1/sessions, for n trades a session of which q are losses and p are not.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn losing_run(&self, sessions: f64) -> Result<u32, String> {
        enough((self.sessions, self.trades), NEEDED)?;
        let loss = self.loss_rate.ok_or("no trade before this session was won or lost")?;
        let rate = |run: u32| {
            self.trades_per_session * loss.powi(i32::try_from(run).unwrap_or(i32::MAX)) * (1.0 - loss)
        };
        (1..=LONGEST_RUN)
            .find(|run| rate(*run) <= 1.0 / sessions && loss < 1.0)
            .ok_or_else(|| "nearly every trade before this session was lost".into())
    }

    /// The fewest stops within `within_min` that stops which are independent make less than once in `sessions`: the
    /// smallest k with s·P(N ≥ k − 1) ≤ 1/sessions, where s stops come in a session and N, Poisson, within that time.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn clustered_stops(&self, within_min: f64, sessions: f64) -> Result<u32, String> {
        let (a_session, a_minute) = self.stop_rates.clone()?;
        let mean = a_minute * within_min;
        let (mut term, mut below) = ((-mean).exp(), 0.0);
        for count in 0..LONGEST_RUN {
            // Here `below` is P(N < count).
            if a_session * (1.0 - below) <= 1.0 / sessions {
                return Ok(count + 1);
            }
            below += term;
            term *= mean / f64::from(count + 1);
        }
        Err("nearly every trade before this session was closed at its stop".into())
    }

    /// The cumulative sum of wins and losses that looks for a win rate lower by `drop_frac` than the own one.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn cusum(&self, drop_frac: f64) -> Result<WinRateCusum, String> {
        let expected = self.win_rate_low.clone()?;
        WinRateCusum::new(expected, expected - drop_frac)
            .ok_or_else(|| format!("a win rate of {expected:.2} leaves no room for a drop of {drop_frac}"))
    }
}

/// What the trades of a session share: the deviation of sessions' means beyond that of as many independent trades, in
/// deviations of a trade, cut as they are; 0 where there is none.
fn shared(before: &[SessionSum]) -> f64 {
    let counted: Vec<&SessionSum> = before.iter().filter(|day| day.standardised > 1).collect();
    let n = counted.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = |day: &SessionSum| day.clipped / f64::from(day.standardised);
    let all = counted.iter().map(|day| mean(day)).sum::<f64>() / n;
    let between = counted.iter().map(|day| (mean(day) - all).powi(2)).sum::<f64>() / (n - 1.0);
    let by_chance = counted.iter().map(|day| {
        let trades = f64::from(day.standardised);
        (day.clipped_squares / trades - mean(day).powi(2)).max(0.0) / (trades - 1.0)
    });
    (between - by_chance.sum::<f64>() / n).max(0.0).sqrt()
}

/// Whether there is enough to conclude from.
fn enough(have: (u32, u32), need: (u32, u32)) -> Result<(), String> {
    if have.0 >= need.0 && have.1 >= need.1 {
        return Ok(());
    }
    Err(format!(
        "needs {} sessions and {} trades of the last {PAST_DAYS} days, has {} and {}",
        need.0, need.1, have.0, have.1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(sessions: u32, wins: u32, losses: u32) -> Past {
        let day = |day| SessionSum { day, trades: wins + losses, wins, losses, ..SessionSum::default() };
        Past::of(&(0..sessions as i32).map(day).collect::<Vec<_>>())
    }

    #[test]
    fn a_cluster_of_stops_follows_from_how_often_they_come() {
        let day = |day| SessionSum { day, trades: 48, stops: 24, span_min: 390.0, ..SessionSum::default() };
        let past = Past::of(&(0..60).map(day).collect::<Vec<_>>());
        // 3.69 in an hour: P(N ≥ 12) is .00055, and 24 times that below 1/60; P(N ≥ 11) is .0017.
        assert_eq!(past.clustered_stops(60.0, 60.0), Ok(13));
        let quiet = |day| SessionSum { day, trades: 10, stops: 1, span_min: 390.0, ..SessionSum::default() };
        let past = Past::of(&(0..60).map(quiet).collect::<Vec<_>>());
        // 1/6.5 in an hour: P(N ≥ 2) is .0107.
        assert_eq!(past.clustered_stops(60.0, 60.0), Ok(3));
        assert!(Past::of(&[]).clustered_stops(60.0, 60.0).is_err());
    }

    #[test]
    fn what_a_session_shares_is_what_its_means_vary_by_beyond_chance() {
        let day = |mean: f64| {
            let n = 25.0;
            // Deviation 1 within the session: by chance means vary by 1/25 · 25/24.
            let squares = n * (1.0 + mean * mean);
            SessionSum {
                trades: 25,
                standardised: 25,
                clipped: n * mean,
                clipped_squares: squares,
                ..SessionSum::default()
            }
        };
        let days = [day(0.5), day(-0.5), day(0.5), day(-0.5)];
        assert!((shared(&days) - (1.0f64 / 3.0 - 1.0 / 24.0).sqrt()).abs() < 1e-12);
        assert_eq!((shared(&days[..1]), shared(&[day(0.1), day(-0.1)])), (0.0, 0.0));
    }

    #[test]
    fn a_symbol_locks_beyond_the_worst_of_as_many_sessions_as_stated() {
        let day = |day: i32| SessionSum {
            day,
            trades: 40,
            low_r: 2.0 + 0.1 * f64::from(day),
            ..SessionSum::default()
        };
        let past = Past::of(&(0..60).map(day).collect::<Vec<_>>());
        let near = |sessions: f64, wanted: f64| (past.low_profit(sessions).unwrap() - wanted).abs() < 1e-6;
        assert!(near(60.0, 7.9) && near(1_000.0, 7.9) && near(20.0, 7.7), "{:?}", past.low_profit(20.0));
        // The worst of 60: 1 − .05^(1/60). The third worst: P(B < 3) = .05 for 60 sessions at 10.12 %.
        assert!((past.low_profit_rate(60.0) - (1.0 - 0.05f64.powf(1.0 / 60.0))).abs() < 1e-12);
        assert!((past.low_profit_rate(20.0) - 0.101_236).abs() < 1e-6, "{}", past.low_profit_rate(20.0));
        let quiet = Past::of(&vec![SessionSum { trades: 40, ..SessionSum::default() }; 30]);
        assert!((quiet.low_profit(60.0).unwrap() - 1.0).abs() < 1e-6);
        assert!(Past::of(&[day(0)]).low_profit(60.0).is_err());
    }

    #[test]
    fn the_losing_run_follows_from_the_win_rate() {
        // Win rate 45 %, 40 trades a day: five losses come .9 times a day, eight .15, twelve .014.
        let past_45 = past(60, 18, 22);
        let rate = |run: i32| 40.0 * 0.55f64.powi(run) * 0.45;
        assert!((rate(5) - 0.906).abs() < 1e-3 && (rate(8) - 0.151).abs() < 1e-3 && rate(12) < 1.0 / 60.0);
        assert_eq!(past_45.losing_run(60.0), Ok(12));
        assert_eq!(past_45.losing_run(1.0), Ok(5));
        assert_eq!(past(60, 30, 10).losing_run(60.0), Ok(6));
        let why = past(19, 18, 22).losing_run(60.0).unwrap_err();
        assert_eq!(why, "needs 20 sessions and 100 trades of the last 90 days, has 19 and 760");
        assert!(past(60, 0, 40).losing_run(60.0).is_err());
        // Every trade won: the first loss is worth a look.
        assert_eq!(past(60, 40, 0).losing_run(60.0), Ok(1));
    }

    #[test]
    fn twenty_sessions_of_five_trades_are_a_past() {
        assert_eq!(past(20, 3, 2).losing_run(1.0), Ok(2));
        let why = past(20, 3, 1).losing_run(1.0).unwrap_err();
        assert_eq!(why, "needs 20 sessions and 100 trades of the last 90 days, has 20 and 80");
        // For the deviation thirty trades of five: the squares of .01 ± .02.
        let deviation = |sessions: usize, trades: u32| {
            let n = f64::from(trades);
            let (sum, squares) = (n * 0.01, n * (0.01 * 0.01 + 0.02 * 0.02));
            let day = SessionSum { trades, sum, squares, ..SessionSum::default() };
            Past::of(&vec![day; sessions]).deviation
        };
        assert!((deviation(5, 6).unwrap() - 0.02).abs() < 1e-12, "{:?}", deviation(5, 6));
        assert_eq!((deviation(4, 8), deviation(5, 5)), (None, None));
        let flat = SessionSum { trades: 6, sum: 6.0, squares: 6.0, ..SessionSum::default() };
        assert_eq!(Past::of(&[flat; 5]).deviation, None, "results that never vary have none");
    }

    #[test]
    fn what_is_expected_lies_below_what_was_by_hand() {
        let day = |at: usize| {
            // Three of five won and a mean of ½ on one day, one of five and a mean of .3 on the next; alike within a day.
            let (wins, mean) = if at.is_multiple_of(2) { (3, 0.5) } else { (1, 0.3) };
            SessionSum {
                trades: 5,
                wins,
                losses: 5 - wins,
                clipped: 5.0 * mean,
                clipped_squares: 5.0 * mean * mean,
                standardised: 5,
                ..SessionSum::default()
            }
        };
        let days: Vec<SessionSum> = (0..20).map(day).collect();
        let past = Past::of(&days);
        // 40 % with residuals of ±1: a variance of 20/19 · 20/100², whose root is .045883; .841621 of it below.
        assert!((past.win_rate_low.clone().unwrap() - 0.361_384).abs() < 1e-6, "{past:?}");
        // .4 with residuals of ±½: .022942 an error. Days share √(20/19)·.1 = .102598, and 1.5 times that is taken off.
        assert!((past.expected.clone().unwrap() - (0.4 - 0.019_308 - 0.153_897)).abs() < 2e-6, "{past:?}");
        // Days without a result in deviations are none of the twenty.
        let mut one_less = days.clone();
        one_less[3] = SessionSum { standardised: 0, ..one_less[3] };
        assert!(Past::of(&one_less).expected.is_err() && Past::of(&one_less).win_rate_low.is_ok());
    }

    #[test]
    fn a_day_of_one_trade_says_nothing_of_what_days_share() {
        let day = |standardised: u32, mean: f64| {
            let n = f64::from(standardised);
            let clipped_squares = n * (1.0 + mean * mean);
            SessionSum { standardised, clipped: n * mean, clipped_squares, ..SessionSum::default() }
        };
        // Two days half a deviation off: ½ between them, less 1/24 by chance.
        let two = [day(25, 0.5), day(25, -0.5)];
        assert!((shared(&two) - (0.5f64 - 1.0 / 24.0).sqrt()).abs() < 1e-12, "{}", shared(&two));
        assert_eq!(shared(&[two[0], two[1], day(1, 3.0)]), shared(&two));
    }
}
