//! The learner on data whose best possible score is known: see `fixtures/planted/README.md`. Trained on the first
//! 70 % of the rows in time, judged on the last 30 %.

use dtlearn::learn::{Params, Rows, auc, brier, train};

use crate::common::planted;

/// AUC and Brier score on the last 30 %.
fn judged(size: &str, rows: usize) -> (f64, f64) {
    let (past, later) = planted::halves(&format!("planted/{size}"));
    assert_eq!(past.labels.len() + later.labels.len(), rows);
    let (table, labels, sessions) = (&past.table, &past.labels, &past.sessions);
    let all = Rows { table, labels, weights: None, sessions, side: past.side, encoded: &[] };
    let model = train(&all, &Params::candidates(labels.len()), 1).unwrap().model;
    let given: Vec<f64> = (0..later.table.rows).map(|row| model.predict(&later.table.row(row))).collect();
    let found = (auc(&given, &later.labels).unwrap(), brier(&given, &later.labels).unwrap());
    eprintln!("{size}: AUC {:.4}, Brier {:.4}, {} columns", found.0, found.1, table.columns.len());
    found
}

#[test]
fn a_thousand_rows() {
    let (auc, brier) = judged("1000", 1_000);
    assert!(auc >= 0.61 && brier < 0.236, "{auc} {brier}");
}

#[test]
fn ten_thousand_rows() {
    let (auc, brier) = judged("10000", 10_000);
    assert!(auc >= 0.645 && brier < 0.220, "{auc} {brier}");
}
