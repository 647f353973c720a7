//! A trade that comes later than 256 others: stored at once, and in the figures without the engine having to wait for
//! as long as the log is.

use serde_json::Value;

use crate::common::{Home, exit};

/// More rows than are read again at once.
const ROWS: usize = 20_300;

const LATE: &str = "2019-02-11T10:00:00Z";

fn metrics(home: &Home) -> Value {
    serde_json::from_slice(&std::fs::read(home.store("performance_metrics.json")).unwrap()).unwrap()
}

/// Trades a second apart, losing every third.
fn exits(rows: usize) -> String {
    let moment = |row: usize| {
        let second = row % 20_000;
        format!(
            "2019-02-{:02}T{:02}:{:02}:{:02}Z",
            12 + row / 20_000,
            14 + second / 3_600,
            second / 60 % 60,
            second % 60
        )
    };
    let lines = (0..rows)
        .map(|row| exit(&format!("T{row}"), if row % 3 == 0 { -2.0 } else { 1.5 }, &moment(row)) + "\n");
    lines.collect()
}

fn with_rows(rows: usize) -> Home {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(exits(rows)).assert().success();
    home
}

#[test]
fn in_a_long_log_it_counts_from_the_next_analysis_on() {
    let home = with_rows(ROWS);
    let drawdown = metrics(&home)["global_metrics"]["drawdown_usd"].clone();

    let said = home.seen(&["record-exit"], &exit("LATE", -500.0, LATE));
    assert!(said.contains("recorded 1 trade\n"), "{said}");
    assert!(said.contains("1 trade came late: in the figures from the next `dtlearn analyze` on"), "{said}");
    let now = metrics(&home);
    assert_eq!(now["left_out"], 1);
    assert_eq!(now["global_metrics"]["total_trades"], ROWS);
    assert_eq!(now["global_metrics"]["drawdown_usd"], drawdown);

    // Again is once, others go on, and what reads the figures sees all trades.
    assert!(home.seen(&["record-exit"], &exit("LATE", -500.0, LATE)).contains("1 already there"));
    home.seen(&["record-exit"], &exit("NEXT", 1.0, "2019-02-15T15:00:00Z"));
    let now = metrics(&home);
    assert_eq!((&now["left_out"], &now["global_metrics"]["total_trades"]), (&1.into(), &(ROWS + 1).into()));
    let read = home.json(&["report", "metrics"]);
    assert_eq!(read["performance_7d"]["total_trades"], ROWS + 2);
    let doctor = home.seen(&["doctor"], "");
    assert!(doctor.contains("leaves out 1 trade that came late"), "{doctor}");

    home.dtlearn().arg("analyze").assert().success();
    let all = metrics(&home);
    assert!(all.get("left_out").is_none());
    assert_eq!(all["global_metrics"]["total_trades"], ROWS + 2);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));

    // The same figures as if it had come in time.
    let other = Home::new();
    let text = exit("LATE", -500.0, LATE) + "\n" + &exits(ROWS) + &exit("NEXT", 1.0, "2019-02-15T15:00:00Z");
    other.dtlearn().arg("record-exit").write_stdin(text).assert().success();
    other.dtlearn().arg("analyze").assert().success();
    let in_time = metrics(&other);
    for key in ["global_metrics", "by_symbol", "daily"] {
        assert_eq!(all[key], in_time[key], "{key}");
    }
}

#[test]
fn in_a_short_log_it_counts_at_once() {
    let home = with_rows(1_000);
    home.seen(&["record-exit"], &exit("LATE", -500.0, LATE));
    let now = metrics(&home);
    assert!(now.get("left_out").is_none());
    assert_eq!(now["global_metrics"]["total_trades"], 1_001);
}
