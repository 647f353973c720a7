//! The health of a store.

use crate::common::Home;

#[test]
fn health_names_what_was_not_done() {
    let home = Home::with_real_signals();
    let fine = home.json(&["report", "health"]);
    assert_eq!((&fine["status"], fine["checks"].as_array().unwrap().len()), (&"ok".into(), 0), "{fine}");
    // A sound store of an engine that loses: the engine comes first.
    assert_eq!(
        (&fine["engine"]["status"], &fine["engine"]["trades"]),
        (&"losing".into(), &222.into()),
        "{fine}"
    );
    // Five sessions are too few to say that one side is worse than the other.
    assert_eq!(fine["engine"]["groups_worse"].as_array().map(Vec::len), Some(0), "{fine}");
    let said = home.seen(&["report", "health"], "");
    let engine = "status 0\n--- out\nThe engine loses: -0.066 % a trade after costs (-0.100 to -0.031 %, 222 trades\nin 90 days)\nBefore fees -57.42 USD, fees 85.58, after fees -143.00\n";
    assert!(
        said.starts_with(engine) && said.contains("The store is healthy: nothing needs attention"),
        "{said}"
    );
    home.dtlearn().arg("post-market").assert().success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
    // Five sessions later, a holiday between them; after four it is not yet the engine that is missing.
    let early = home.seen_at("2019-02-22T21:05:00Z", &["report", "health"]);
    assert!(early.contains("1 warning, nothing is damaged") && !early.contains("no trade for"), "{early}");
    let later = "2019-02-25T21:05:00Z";
    let said = home.seen_at(later, &["report", "health"]);
    assert!(said.contains("2 warnings, nothing is damaged"), "{said}");
    assert!(said.contains("no trade for 5 sessions, the last one on 2019-02-15"), "{said}");
    assert!(said.contains("no post-market run for 5 sessions, the last one for 2019-02-15\n"), "{said}");
    assert!(said.contains("\n        next: dtlearn post-market\n"), "{said}");
    // Doctor says the same.
    let doctor = home.seen_at(later, &["doctor"]);
    assert!(doctor.starts_with("status 3\n") && doctor.contains("no trade for 5 sessions"), "{doctor}");
}
