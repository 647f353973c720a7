//! Long lists of large items, put in order and handed on without a second list of them.

use std::cmp::Ordering;

/// So many items are handed on before their room is given back.
const STRETCH: usize = 4_096;

/// Sorts as `sort_by` does, by places: that moves whole items about, and needs half as much room again.
pub(crate) fn sort_in_place<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    order.sort_by(|a, b| compare(&items[*a as usize], &items[*b as usize]));
    // Round by round: at each place the item that belongs there, until the place is met from which the first one came.
    for first in 0..order.len() {
        let mut at = first;
        loop {
            let from = order[at] as usize;
            order[at] = at as u32;
            if from == first {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

/// The items in their order. Their room is given back as they are taken: what is made of them is not held beside all of them.
pub(crate) fn given_back<T>(mut items: Vec<T>) -> impl Iterator<Item = T> {
    items.reverse();
    std::iter::from_fn(move || {
        let item = items.pop();
        if items.len().is_multiple_of(STRETCH) {
            items.shrink_to_fit();
        }
        item
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_stable_sort(keys in proptest::collection::vec(0u8..6, 0..60)) {
            let mut items: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let mut sorted = items.clone();
            sorted.sort_by_key(|item| item.0);
            sort_in_place(&mut items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(&items, &sorted);
            prop_assert_eq!(given_back(items).collect::<Vec<_>>(), sorted);
        }
    }
}
