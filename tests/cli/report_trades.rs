//! `report trades`: more of them than are held at once.

use crate::common::{Home, exit};

/// Whatever the order in which trades were recorded, they are told by their exits, each as it is stored.
#[test]
fn trades_that_are_read_again_are_told_in_the_order_of_exits() {
    let count = 9_000;
    // As they were closed, and far out of order.
    for step in [1, 4_001] {
        let home = Home::new();
        let one = |at: u32| {
            let (hour, minute, second) = (14 + at / 3_600, at / 60 % 60, at % 60);
            exit(
                &format!("t{at:05}"),
                f64::from(at % 7) - 3.0,
                &format!("2019-02-15T{hour}:{minute:02}:{second:02}Z"),
            )
        };
        let exits: Vec<String> = (0..count).map(|at| one(at * step % count)).collect();
        let mut record = home.dtlearn();
        record.arg("record-exit").write_stdin(exits.join("\n")).assert().success();
        let lines = |format: &str| {
            let mut report = home.dtlearn();
            report.args(["report", "trades", "--days", "all", "--format", format]);
            let output = report.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let told = |text: &str| -> Vec<String> {
            let rows = text.lines().filter_map(|line| {
                line.split_once("\"trade_id\": \"").or(line.split_once("\"trade_id\":\""))
            });
            rows.map(|(_, rest)| rest.chars().take(6).collect()).collect()
        };
        let wanted: Vec<String> = (0..count).rev().map(|at| format!("t{at:05}")).collect();
        assert_eq!(told(&lines("json")), wanted, "step {step}");
        assert_eq!(told(&lines("jsonl")), wanted, "step {step}");
        assert_eq!(lines("csv").lines().count(), wanted.len() + 1, "step {step}");
    }
}
