//! Many questions at once: which answers may be named so that at most a share of the named ones is chance?

/// Indices of the p-values that pass the procedure of Benjamini and Hochberg (1995, *Journal of the Royal Statistical
/// Society B* 57(1), 289–300) at `share`, ascending: of those named, at most that share is chance in the mean. A
/// p-value that is not a number does not pass; it counts as asked.
pub fn benjamini_hochberg(p: &[f64], share: f64) -> Vec<usize> {
    step_up(p, share)
}

/// The same for e-values, whatever their dependence (Wang and Ramdas 2022, *Journal of the Royal Statistical Society
/// B* 84(3), 822–852): 1/e takes the place of p.
pub fn e_benjamini_hochberg(e: &[f64], share: f64) -> Vec<usize> {
    step_up(&e.iter().map(|e| 1.0 / e).collect::<Vec<f64>>(), share)
}

fn step_up(p: &[f64], share: f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).filter(|at| !p[*at].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(a.cmp(b)));
    let asked = p.len() as f64;
    let passes = |(rank, at): (usize, &usize)| p[*at] <= share * (rank + 1) as f64 / asked;
    order.truncate(order.iter().enumerate().rposition(passes).map_or(0, |last| last + 1));
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The example of the paper's table 1: four of fifteen pass at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        assert_eq!(benjamini_hochberg(&p, 0.05), [0, 1, 2, 3]);
        // A later one that passes takes those before it along: .04 ≤ .05·3/3.
        assert_eq!(benjamini_hochberg(&[0.04, 0.03, 0.04], 0.05), [0, 1, 2]);
        assert_eq!(benjamini_hochberg(&[f64::NAN, 0.04], 0.05), [0usize; 0]);
        assert_eq!(benjamini_hochberg(&[], 0.05), [0usize; 0]);
        // 1/e ≤ .05·k/3: 60 alone reaches 20·3, two of 30 reach 20·3/2.
        assert_eq!(e_benjamini_hochberg(&[60.0, 1.0, 0.0], 0.05), [0]);
        assert_eq!(e_benjamini_hochberg(&[30.0, 59.0, 30.0], 0.05), [0, 1, 2]);
        assert_eq!(e_benjamini_hochberg(&[29.9, 1.0, 29.9], 0.05), [0usize; 0]);
        assert_eq!(e_benjamini_hochberg(&[f64::INFINITY], 0.05), [0]);
    }
}
