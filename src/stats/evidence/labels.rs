//! Do two groups of the same sessions differ?

use super::skill::SessionScores;
use super::{SkillSession, SkillTest, log_mean_exp};

/// A standard deviation in units of the scores that [`SkillTest`] stakes on: it is most sensitive to differences of 0.1
/// to 0.8 of them.
const UNIT: f64 = 0.4;

/// Sessions that hold both groups, below which whole sessions are compared with each other instead.
const LEAST_SHARED: u64 = 5;

/// Values with a label each, session by session.
///
/// Under the null it is chance which of a session's values bear the label. With the values as scores and the labels as
/// outcomes that is the null of [`SkillSession`], whose e-value then has a mean of exactly 1 whatever the values look
/// like: skewed, heavy-tailed, all of one session moved alike. Values are measured in standard deviations of their own
/// session, both directions count half. Where hardly any session holds both groups, as with weekdays, the means of the
/// sessions are compared once; that asks more, namely that sessions may change places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelTest {
    within: [SkillTest; 2],
    shared: u64,
    whole: Vec<(f64, bool)>,
}

/// Values less their mean in standard deviations, times [`UNIT`]; none where all are alike.
fn standardised(values: &[f64]) -> Option<Vec<f64>> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let fits = deviation > 1e-12 * mean.abs() && deviation.is_finite();
    fits.then(|| values.iter().map(|v| UNIT * (v - mean) / deviation).collect())
}

/// How many rows are in the smaller one of two groups.
fn smaller(labels: &[bool]) -> usize {
    let labelled = labels.iter().filter(|label| **label).count();
    labelled.min(labels.len() - labelled)
}

/// The values of one session, of which it may be asked again and again what labels say.
#[derive(Clone, Debug)]
pub struct SessionValues {
    /// Which values are finite; the others are left out.
    counts: Vec<bool>,
    mean: f64,
    /// The values as scores, and those with their signs turned; none where all are alike.
    ways: Option<[SessionScores; 2]>,
}

impl SessionValues {
    /// Values, and the labels that will be asked about: the more of the smaller group there are, the more is worked out.
    pub fn new<'a>(values: &[f64], labellings: impl IntoIterator<Item = &'a [bool]>) -> Self {
        let most = labellings.into_iter().map(smaller).max().unwrap_or_default();
        let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        Self {
            counts: values.iter().map(|value| value.is_finite()).collect(),
            mean: finite.iter().sum::<f64>() / finite.len() as f64,
            ways: if most == 0 { None } else { Self::ways(&finite, most) },
        }
    }

    fn ways(values: &[f64], most: usize) -> Option<[SessionScores; 2]> {
        let mut scores = standardised(values)?;
        let up = SessionScores::new(&scores, most);
        scores.iter_mut().for_each(|score| *score = -*score);
        Some([up, SessionScores::new(&scores, most)])
    }

    /// The session from both sides. Which of the groups is called the label is the same to the e-value, and the smaller
    /// one costs less.
    fn both_ways(&self, labels: &[bool]) -> Option<[SkillSession; 2]> {
        let [up, down] = self.ways.as_ref()?;
        let labelled = labels.iter().filter(|label| **label).count();
        let swap = 2 * labelled > labels.len();
        let labels: Vec<bool> = labels.iter().map(|label| *label != swap).collect();
        let (up, down) = (up.session(&labels), down.session(&labels));
        Some(if swap { [down, up] } else { [up, down] })
    }
}

impl LabelTest {
    /// Adds a session: values and whether each bears the label. A value that is not finite is left out.
    pub fn push(&mut self, rows: &[(f64, bool)]) {
        let (values, labels): (Vec<f64>, Vec<bool>) = rows.iter().copied().unzip();
        self.push_labels(&SessionValues::new(&values, [&*labels]), &labels);
    }

    /// Adds a session whose values are known: whether each bears the label.
    pub fn push_labels(&mut self, session: &SessionValues, labels: &[bool]) {
        let counted = labels.iter().zip(&session.counts).filter(|(_, counts)| **counts);
        let labels: Vec<bool> = counted.map(|(label, _)| *label).collect();
        let labelled = labels.iter().filter(|label| **label).count();
        if labels.is_empty() {
            return;
        }
        if labelled == 0 || labelled == labels.len() {
            self.whole.push((session.mean, labelled > 0));
            return;
        }
        self.shared += 1;
        if let Some(sessions) = session.both_ways(&labels) {
            for (test, session) in self.within.iter_mut().zip(&sessions) {
                test.push(session);
            }
        }
    }

    /// Sessions that hold both groups.
    pub fn shared(&self) -> u64 {
        self.shared
    }

    /// Whether whole sessions are compared with each other.
    pub fn is_between_sessions(&self) -> bool {
        self.shared < LEAST_SHARED
    }

    /// Whether there are enough sessions for a word.
    pub fn is_enough(&self) -> bool {
        let of = |label: bool| self.whole.iter().filter(|row| row.1 == label).count() as u64;
        !self.is_between_sessions() || (of(true) >= LEAST_SHARED && of(false) >= LEAST_SHARED)
    }

    /// The e-value against no difference, 0 or above; may be infinite.
    pub fn e(&self) -> f64 {
        self.logs().map_or(1.0, |logs| log_mean_exp(&logs).exp())
    }

    /// Whether the e-value speaks for higher values with the label, rather than for lower ones; none where it speaks for
    /// neither.
    pub fn speaks_for_higher(&self) -> Option<bool> {
        let [up, down] = self.logs()?;
        (up != down).then_some(up > down)
    }

    /// The logarithms of the e-values of both directions, higher with the label first.
    fn logs(&self) -> Option<[f64; 2]> {
        Some(if self.is_between_sessions() {
            let (values, labels): (Vec<f64>, Vec<bool>) = self.whole.iter().copied().unzip();
            let sessions = SessionValues::new(&values, [&*labels]).both_ways(&labels)?;
            sessions.map(|session| SkillTest::from_iter([&session]).log_e())
        } else {
            [self.within[0].log_e(), self.within[1].log_e()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With three values and one label the mean of e over the three places of the label is 1.
    #[test]
    fn its_mean_over_all_labellings_is_one() {
        let values = [3.0, -1.0, 40.0, 0.5];
        for labelled in 1..4usize {
            let mut es = Vec::new();
            for mask in 0u32..16 {
                if mask.count_ones() as usize != labelled {
                    continue;
                }
                let rows: Vec<(f64, bool)> =
                    values.iter().enumerate().map(|(at, v)| (*v, mask & (1 << at) != 0)).collect();
                let mut test = LabelTest { shared: LEAST_SHARED, ..LabelTest::default() };
                test.push(&rows);
                es.push(test.e());
            }
            let mean = es.iter().sum::<f64>() / es.len() as f64;
            assert!((mean - 1.0).abs() < 1e-12, "{labelled} labels: {mean}");
        }
    }

    #[test]
    fn values_that_are_alike_but_for_rounding_say_nothing() {
        assert_eq!(standardised(&[1e6, 1e6 + 1e-9, 1e6]), None);
        assert_eq!(standardised(&[f64::MAX, -f64::MAX]), None);
        assert_eq!(standardised(&[1.0, 3.0]), Some(vec![-UNIT, UNIT]));
    }

    #[test]
    fn sessions_of_one_kind_are_compared_with_each_other() {
        let mut test = LabelTest::default();
        for at in 0..20 {
            let label = at % 2 == 0;
            let value = f64::from(at % 3) * 0.1 + if label { 1.0 } else { 0.0 };
            test.push(&[(value, label), (value + 0.1, label)]);
        }
        assert!(test.is_between_sessions() && test.is_enough() && test.shared() == 0);
        assert!(test.e() > 20.0, "{}", test.e());
        assert_eq!(LabelTest::default().e(), 1.0);
    }

    #[test]
    fn five_sessions_of_each_kind_are_enough_and_so_are_five_that_hold_both() {
        let with = |of_label: u32, of_rest: u32, of_both: u32| {
            let mut test = LabelTest::default();
            (0..of_label).for_each(|at| test.push(&[(f64::from(at), true)]));
            (0..of_rest).for_each(|at| test.push(&[(f64::from(at), false)]));
            (0..of_both).for_each(|_| test.push(&[(1.0, true), (2.0, false)]));
            (test.shared(), test.is_between_sessions(), test.is_enough())
        };
        assert_eq!(with(5, 5, 0), (0, true, true));
        assert_eq!((with(4, 9, 0), with(9, 4, 0)), ((0, true, false), (0, true, false)));
        assert_eq!((with(0, 0, 5), with(0, 0, 4)), ((5, false, true), (4, true, false)));
    }

    #[test]
    fn values_are_measured_in_deviations_of_their_own_session() {
        // 1, 1, 4: a mean of 2 and a deviation of √2; what is not a number is left out.
        let found = standardised(&[1.0, 1.0, 4.0]).unwrap();
        let unit = UNIT / 2f64.sqrt();
        for (found, wanted) in found.iter().zip([-unit, -unit, 2.0 * unit]) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
        assert_eq!(SessionValues::new(&[1.0, f64::NAN, 1.0, 4.0], [&[true; 4][..]]).mean, 2.0);
    }
}
