//! The bounds that tests hold rates against.

use crate::common::statistics::at_most;

#[test]
fn the_bound_is_that_of_a_table() {
    // P(X ≥ 19) is 0.0063 and P(X ≥ 18) 0.0125 for 200 draws at one in twenty.
    assert_eq!(at_most(200, 0.05), 18);
    // P(X ≥ 4) is 0.0012 and P(X ≥ 3) 0.0115 for 10 draws at one in twenty.
    assert_eq!(at_most(10, 0.05), 3);
    assert_eq!(at_most(5, 0.9999), 5);
}
