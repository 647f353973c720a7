//! What explains results that are not those of prices, quantity and costs.

use std::collections::HashMap;

/// Disputed results, for what explains them.
#[derive(Clone, Debug, Default)]
pub struct Disputes {
    /// By symbol: the factor between stated and computed gross, and the difference, while they are the same.
    by_symbol: HashMap<String, (Option<f64>, Option<f64>, u64)>,
}

impl Disputes {
    /// Adds a result of `symbol`: what it states before costs over what prices and quantity give, and the difference
    /// between them in the account's currency.
    pub fn push(&mut self, symbol: &str, factor: f64, sum: f64) {
        let alike = |one: f64, other: f64| (one - other).abs() <= 1e-3 * other.abs().max(1e-9);
        let entry = self.by_symbol.entry(symbol.to_owned()).or_insert((Some(factor), Some(sum), 0));
        entry.0 = entry.0.filter(|known| alike(factor, *known));
        entry.1 = entry.1.filter(|known| alike(sum, *known));
        entry.2 += 1;
    }

    /// A sentence for each symbol.
    pub fn causes(&self) -> Vec<String> {
        let mut symbols: Vec<_> = self.by_symbol.iter().collect();
        symbols.sort_by(|a, b| a.0.cmp(b.0));
        let mut out: Vec<String> = Vec::new();
        for (symbol, (factor, sum, count)) in symbols.into_iter().take(20) {
            let tells = |value: &Option<f64>| value.filter(|value| value.is_finite());
            out.push(match (tells(factor), tells(sum)) {
                (Some(factor), _) if crate::domain::contract_size(factor, 1.0, 2e-3).is_some() => format!(
                    "{symbol}: {count} stated results are {} times what prices give: [instruments.{symbol:?}] multiplier = {}",
                    rounded(factor),
                    rounded(factor)
                ),
                (_, Some(sum)) if *count > 1 || sum < 0.0 => format!(
                    "{symbol}: {count} stated results differ by {} each: a fee or funding that has no column?",
                    rounded(sum)
                ),
                _ => format!(
                    "{symbol}: {} from prices, quantity and costs",
                    if *count == 1 { "1 stated result differs".into() } else { format!("{count} stated results differ") }
                ),
            });
        }
        out
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
