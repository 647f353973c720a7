//! Several ensembles as one whose log-odds are the weighted sum of theirs.

use std::collections::BTreeMap;

use crate::learn::additive::Additive;
use crate::learn::bins::{Bins, MISSING_BIN};
use crate::learn::ensemble::{Ensemble, Tree};

/// Joins ensembles that were fitted on the same bins. Trees of a single split become part of the step functions by
/// column: to score them costs nothing more.
pub(crate) fn merged(members: Vec<(f64, Ensemble)>, bins: &Bins, columns: usize) -> Ensemble {
    let mut whole = Ensemble { columns: columns as u32, chains: 1, ..Ensemble::default() };
    let mut parts: BTreeMap<u32, Additive> = BTreeMap::new();
    for (weight, member) in members {
        whole.start += weight * member.start;
        for part in member.additive {
            part_of(&mut parts, bins, part.column).add(weight, &part);
        }
        for mut tree in member.trees {
            for node in &mut tree.nodes {
                node.value *= weight;
                node.gain *= weight;
            }
            match tree.nodes.as_slice() {
                [leaf] => whole.start += leaf.value,
                [_, _, _] => whole.start += add_stump(&mut parts, bins, &tree),
                _ => whole.trees.push(tree),
            }
        }
    }
    whole.additive = parts.into_values().collect();
    whole
}

fn part_of<'a>(parts: &'a mut BTreeMap<u32, Additive>, bins: &Bins, column: u32) -> &'a mut Additive {
    parts.entry(column).or_insert_with(|| Additive {
        column,
        cuts: bins.cuts(column as usize).to_vec(),
        values: vec![0.0; bins.count(column as usize)],
        gain: 0.0,
    })
}

/// Adds a tree of one split to the part of its column, less the mean over the rows learned from, which is given back.
fn add_stump(parts: &mut BTreeMap<u32, Additive>, bins: &Bins, tree: &Tree) -> f64 {
    let [root, left, right] = tree.nodes.as_slice() else { return 0.0 };
    let part = part_of(parts, bins, root.column);
    let last_left = bins.bin(root.column as usize, root.cut);
    for (bin, value) in part.values.iter_mut().enumerate() {
        let bin = bin as u8;
        let is_left = if bin == MISSING_BIN { root.missing_left } else { bin <= last_left };
        *value += if is_left { left.value } else { right.value } - root.value;
    }
    part.gain += root.gain;
    root.value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{Params, Rng, Table, fit};

    #[test]
    fn the_whole_gives_the_weighted_sum_of_its_members() {
        let mut rng = Rng::new(4, 0);
        let mut column = |holes: usize| -> Vec<f64> {
            (0..300).map(|row| if row % holes == 0 { f64::NAN } else { rng.below(900) as f64 }).collect()
        };
        let table = Table { columns: vec![column(7), column(400), column(5)], rows: 300 };
        let labels: Vec<bool> = (0..300).map(|row| table.columns[1][row] > 300.0 || row % 3 == 0).collect();
        let of = |depth, ridge| {
            let params = Params { depth, ridge, rounds: 6, rate: 0.5, chains: 2, ..Params::default() };
            fit(&table, &labels, None, &params, 1).unwrap()
        };
        let members = vec![(0.5, of(1, 0.0)), (0.25, of(3, 9.0)), (0.7, of(1, 30.0))];
        let whole = merged(members.clone(), &Bins::of(&table), 3);
        assert_eq!(whole.check(3), Ok(()));
        assert!(whole.trees.iter().all(|tree| tree.nodes.len() > 3));
        for row in 0..300 {
            let row = table.row(row);
            let sum: f64 = members.iter().map(|(weight, member)| weight * member.predict(&row)).sum();
            assert!((whole.predict(&row) - sum).abs() < 1e-9);
            let moved: f64 = whole.contributions(&row).iter().sum();
            assert!((whole.base() + moved - sum).abs() < 1e-9);
        }
    }
}
