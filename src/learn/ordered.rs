//! Rows in the order of time, and how much the older ones count.

use crate::learn::bins::Binned;
use crate::learn::boost::Learned;
use crate::learn::params::Params;

/// A row that counts less than this share of the last one is not shown to trees.
const HARDLY: f64 = 0.03;

/// How much each of the rows counts where a row of `half_life` sessions earlier than the last counts half; their mean is
/// that of `weights`.
pub(crate) fn faded(weights: &[f64], sessions: &[i64], half_life: f64) -> Vec<f64> {
    if half_life <= 0.0 {
        return weights.to_vec();
    }
    let (mut age, mut later) = (0.0, None);
    let mut faded: Vec<f64> = Vec::with_capacity(weights.len());
    for (&weight, &session) in weights.iter().zip(sessions).rev() {
        if later.is_some_and(|later| later != session) {
            age += 1.0;
        }
        later = Some(session);
        faded.push(weight * (-age / half_life * std::f64::consts::LN_2).exp());
    }
    faded.reverse();
    let scale = weights.iter().sum::<f64>() / faded.iter().sum::<f64>();
    faded.iter_mut().for_each(|weight| *weight *= scale);
    faded
}

/// Rows, in the order of time, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ordered<'a> {
    pub(crate) binned: &'a Binned<'a>,
    pub(crate) labels: &'a [bool],
    pub(crate) weights: &'a [f64],
    pub(crate) sessions: &'a [i64],
    /// Columns worth looking at without those turned by the side, and with them.
    pub(crate) columns: [&'a [u32]; 2],
}

impl<'a> Ordered<'a> {
    /// What the first rows have to teach under these parameters.
    pub(crate) fn first(
        &self,
        rows: usize,
        reach: usize,
        params: &Params,
        weights: &'a [f64],
    ) -> Learned<'a> {
        let columns = self.columns[usize::from(params.turned)];
        let last = weights.last().copied().unwrap_or_default();
        let hardly = |weight: &f64| params.half_life > 0.0 && *weight < last * HARDLY;
        let from = weights.iter().take_while(|weight| hardly(weight)).count();
        Learned { binned: self.binned, labels: &self.labels[..rows], weights, columns, from, reach }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_half_life_ago_counts_half() {
        let found = faded(&[1.0; 6], &[1, 1, 4, 4, 9, 9], 2.0);
        assert!((found[0] / found[5] - 0.5).abs() < 1e-12 && found[4] == found[5]);
        assert!((found.iter().sum::<f64>() - 6.0).abs() < 1e-12);
        assert_eq!(faded(&[2.0, 1.0], &[1, 2], 0.0), [2.0, 1.0]);
    }
}
