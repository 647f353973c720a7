//! The health of a store.

use crate::common::Home;

#[test]
#[ignore = "written before health began with the engine's own results"]
fn health_names_what_was_not_done() {
    let home = Home::with_real_signals();
    let fine = home.json(&["report", "health"]);
    assert_eq!((&fine["status"], fine["checks"].as_array().unwrap().len()), (&"ok".into(), 0), "{fine}");
    assert!(home.seen(&["report", "health"], "").contains("The store is healthy: nothing needs attention"));
    home.dtlearn().arg("post-market").assert().success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
    let later = "2019-02-22T21:05:00Z";
    let said = home.seen_at(later, &["report", "health"]);
    assert!(said.contains("2 warnings, nothing is damaged"), "{said}");
    assert!(said.contains("no trade for 5 sessions, the last one on 2019-02-15"), "{said}");
    assert!(
        said.contains(
            "no post-market run for 5 session(s), the last one on 2019-02-15; next: dtlearn post-market"
        ),
        "{said}"
    );
    // Doctor says the same.
    let doctor = home.seen_at(later, &["doctor"]);
    assert!(doctor.starts_with("status 3\n") && doctor.contains("no trade for 5 sessions"), "{doctor}");
}
