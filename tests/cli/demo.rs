//! The demo.

use crate::common::Home;

#[test]
fn the_demo_tells_its_week_and_leaves_a_store() {
    let home = Home::new();
    let said = home.seen(&["demo", "week"], "");
    assert!(said.starts_with("status 0\n"), "{said}");
    for part in [
        "== Mon 2019-02-11, at the close",
        "$ dtlearn --root week/da_brains --now 2019-02-12T21:05:00Z record-exit --file week/input/exit-2019-02-12.jsonl\nrecorded 55 trades",
        "Week    -143.00 USD in 222 trades",
        "$ dtlearn --root week/da_brains --now 2019-02-15T21:05:00Z report --html week/report.html",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let page = std::fs::read_to_string(home.path("week/report.html")).unwrap();
    assert!(page.contains("-143.00 USD in 222 trades") && page.ends_with("</html>"));
    let again = home.seen(&["demo", "week"], "");
    assert!(again.starts_with("status 1\n") && again.contains("week: is not empty"), "{again}");
    // The commands that it names work as they stand.
    let typed = home
        .seen(&["--root", "week/da_brains", "record-exit", "--file", "week/input/exit-2019-02-12.jsonl"], "");
    assert!(typed.contains("55 already there"), "{typed}");
}
