//! Desks against each other: what each makes a session, how sure that is when all of them were looked at, and what is
//! left of the differences when luck is taken out.

use crate::stats::{Clustered, MetricResult, Undefined, benjamini_hochberg, expected_best, shrunken_means};

/// Sessions below which nothing is said of a desk.
pub const DESK_SESSIONS: u64 = 20;

/// Of the desks of which something is said, at most this share is chance, in the mean.
const CHANCE: f64 = 0.05;

/// What is known of a desk.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskResults {
    /// Its name.
    pub name: String,
    /// Closed trades.
    pub trades: u64,
    /// Trades of them that won; a scratch is none.
    pub wins: u64,
    /// Net result in the account's currency.
    pub net_usd: MetricResult,
    /// Its capital at the start, in the account's currency.
    pub capital_usd: f64,
    /// Net results of its sessions from its first to its last with a trade, in the account's currency.
    pub sessions: Vec<f64>,
}

/// What is said of a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskVerdict {
    /// It makes money, beyond what chance does to so many desks.
    Makes,
    /// It loses money, likewise.
    Loses,
    /// It may be either.
    Unclear,
    /// Too few sessions to say.
    TooFew,
}

impl DeskVerdict {
    /// The word for it in tables and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Makes => "makes money",
            Self::Loses => "loses",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// A desk among others.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedDesk {
    /// What is known of it.
    pub results: DeskResults,
    /// The mean result of a session as a fraction of its capital, with its 95 % interval.
    pub mean: Result<(f64, (f64, f64)), Undefined>,
    /// The mean drawn to that of all desks by as much as their differences are chance; none where there are too few
    /// sessions or fewer than four desks with enough.
    pub shrunken: Option<f64>,
    /// What is said of it.
    pub verdict: DeskVerdict,
}

/// Desks, the most promising first.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskComparison {
    /// The desks: by shrunken mean, those of which nothing can be said last.
    pub desks: Vec<ComparedDesk>,
    /// The mean that the best of so many desks shows when all of them are alike, a fraction of the capital a session;
    /// none below two desks with enough sessions.
    pub best_by_luck: Option<f64>,
}

/// Compares desks. The mean of a session has Student's interval; of all desks with at least [`DESK_SESSIONS`] sessions
/// those are named whose mean is not zero by the procedure of Benjamini and Hochberg over all of them, at 5 %.
pub fn compare_desks(desks: Vec<DeskResults>) -> DeskComparison {
    let share = |desk: &DeskResults| {
        let capital = desk.capital_usd;
        Clustered::of(desk.sessions.iter().map(|usd| (usd / capital, 1.0)))
    };
    let means: Vec<Result<Clustered, Undefined>> = desks.iter().map(share).collect();
    let enough = |mean: &Result<Clustered, Undefined>| -> Option<Clustered> {
        mean.ok().filter(|mean| mean.days >= DESK_SESSIONS && mean.variance > 0.0)
    };
    let asked: Vec<usize> = (0..desks.len()).filter(|at| enough(&means[*at]).is_some()).collect();
    let of_asked: Vec<Clustered> = asked.iter().filter_map(|at| enough(&means[*at])).collect();
    let p: Vec<f64> = of_asked.iter().map(Clustered::p).collect();
    let named = benjamini_hochberg(&p, CHANCE);
    let pairs: Vec<(f64, f64)> = of_asked.iter().map(|mean| (mean.value, mean.variance)).collect();
    let drawn = shrunken_means(&pairs);
    let mut compared: Vec<ComparedDesk> = Vec::with_capacity(desks.len());
    for (at, (results, mean)) in desks.into_iter().zip(&means).enumerate() {
        let place = asked.binary_search(&at).ok();
        let verdict = match place.map(|place| (named.contains(&place), of_asked[place].value > 0.0)) {
            None => DeskVerdict::TooFew,
            Some((false, _)) => DeskVerdict::Unclear,
            Some((true, true)) => DeskVerdict::Makes,
            Some((true, false)) => DeskVerdict::Loses,
        };
        let shrunken = place.filter(|_| asked.len() >= 4).map(|place| drawn[place]);
        let mean = mean.map(|mean| (mean.value, mean.interval()));
        compared.push(ComparedDesk { results, mean, shrunken, verdict });
    }
    let promise = |desk: &ComparedDesk| desk.shrunken.or(desk.mean.ok().map(|(mean, _)| mean));
    compared.sort_by(|a, b| {
        let last = |desk: &ComparedDesk| desk.verdict == DeskVerdict::TooFew;
        let [of_a, of_b] = [a, b].map(|desk| promise(desk).unwrap_or(f64::NEG_INFINITY));
        let by_mean = of_b.total_cmp(&of_a);
        last(a).cmp(&last(b)).then(by_mean).then_with(|| a.results.name.cmp(&b.results.name))
    });
    DeskComparison { desks: compared, best_by_luck: best_by_luck(&pairs) }
}

/// The common mean, and above it what the best of so many draws by chance alone.
fn best_by_luck(means: &[(f64, f64)]) -> Option<f64> {
    if means.len() < 2 {
        return None;
    }
    let weights: f64 = means.iter().map(|(_, variance)| 1.0 / variance).sum();
    let common = means.iter().map(|(mean, variance)| mean / variance).sum::<f64>() / weights;
    let spread = (means.iter().map(|(_, variance)| variance).sum::<f64>() / means.len() as f64).sqrt();
    Some(common + expected_best(means.len()) * spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like chance: sums of twelve halves of a linear congruence.
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f64 {
            let mut sum = -6.0;
            for _ in 0..12 {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sum += (self.0 >> 11) as f64 / (1u64 << 53) as f64;
            }
            sum
        }
    }

    fn desk(noise: &mut Noise, at: usize, sessions: usize, edge: f64) -> DeskResults {
        DeskResults {
            name: format!("d{at:02}"),
            trades: 9,
            wins: 5,
            net_usd: Ok(1.0),
            capital_usd: 10_000.0,
            sessions: (0..sessions).map(|_| 100.0 * (edge + noise.next())).collect(),
        }
    }

    /// The rate over many firms: without any edge hardly one in twenty hears a verdict, with one among them it is found,
    /// and what is left of the best is nearer to what it will make than what it showed.
    #[test]
    fn the_best_of_many_without_an_edge_is_seldom_named() {
        let mut noise = Noise(9);
        let (mut with_a_verdict, mut found, mut shown, mut left) = (0, 0, 0.0, 0.0);
        const FIRMS: usize = 100;
        for _ in 0..FIRMS {
            let alike = compare_desks((0..20).map(|at| desk(&mut noise, at, 40, 0.0)).collect());
            let said = |desk: &ComparedDesk| matches!(desk.verdict, DeskVerdict::Makes | DeskVerdict::Loses);
            with_a_verdict += usize::from(alike.desks.iter().any(said));
            let best = alike.desks.iter().filter_map(|desk| desk.mean.ok()).map(|(mean, _)| mean);
            shown += best.fold(f64::MIN, f64::max);
            left += alike.desks[0].shrunken.unwrap();
            let mut desks: Vec<_> = (0..20).map(|at| desk(&mut noise, at, 40, 0.0)).collect();
            desks[7] = desk(&mut noise, 7, 40, 0.8);
            let compared = compare_desks(desks);
            found += usize::from(
                compared.desks[0].results.name == "d07" && compared.desks[0].verdict == DeskVerdict::Makes,
            );
        }
        // 5 % of 100 are 5, with an error of 2.
        assert!(with_a_verdict <= 11, "{with_a_verdict} of {FIRMS}");
        assert!(found >= FIRMS * 8 / 10, "{found} of {FIRMS}");
        assert!(
            shown / FIRMS as f64 > 2e-3 && left / FIRMS as f64 <= 0.5 * shown / FIRMS as f64,
            "{shown} {left}"
        );
    }

    #[test]
    fn few_sessions_and_few_desks_are_said() {
        let mut noise = Noise(3);
        let compared = compare_desks(vec![desk(&mut noise, 0, 19, 9.0), desk(&mut noise, 1, 40, 9.0)]);
        let told: Vec<(&str, DeskVerdict, bool)> = compared
            .desks
            .iter()
            .map(|desk| (&*desk.results.name, desk.verdict, desk.shrunken.is_some()))
            .collect();
        assert_eq!(told, [("d01", DeskVerdict::Makes, false), ("d00", DeskVerdict::TooFew, false)]);
        assert_eq!(compared.best_by_luck, None);
        assert!(compare_desks(Vec::new()).desks.is_empty());
    }

    #[test]
    fn the_best_by_luck_is_that_of_the_hand_calculation() {
        // Means 1 and 4 with variances 1 and 4: together (1 + 1)/(1 + ¼), and the larger of two normal draws lies 1/√π above
        // its mean, in deviations of √2.5.
        let wanted = 1.6 + (2.5 / std::f64::consts::PI).sqrt();
        let found = best_by_luck(&[(1.0, 1.0), (4.0, 4.0)]).unwrap();
        assert!((found / wanted - 1.0).abs() < 0.03, "{found} {wanted}");
        assert_eq!((best_by_luck(&[]), best_by_luck(&[(1.0, 1.0)])), (None, None));
    }

    #[test]
    fn twenty_sessions_are_enough_and_four_desks_are() {
        let mut noise = Noise(5);
        let mut compared = |desks: usize, sessions: usize| {
            compare_desks((0..desks).map(|at| desk(&mut noise, at, sessions, 9.0)).collect()).desks
        };
        assert!(compared(1, 20).iter().all(|desk| desk.verdict == DeskVerdict::Makes));
        assert!(compared(1, 19).iter().all(|desk| desk.verdict == DeskVerdict::TooFew));
        assert!(compared(4, 20).iter().all(|desk| desk.shrunken.is_some()));
        assert!(compared(3, 20).iter().all(|desk| desk.shrunken.is_none()));
        // 900 a session of 10,000.
        let (mean, _) = compared(1, 400)[0].mean.unwrap();
        assert!((mean - 0.09).abs() < 0.005, "{mean}");
    }
}
