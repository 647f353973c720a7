//! Files are shared with Python programs that know nothing of this one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{CLOSE, Home, exit, python};

/// What Python's own gzip and json make of a log.
const COUNT: &str = "
import gzip, json, sys
rows = [json.loads(line) for line in gzip.open(sys.argv[1], 'rt')]
print(len(rows), round(sum(r['pnl'] for r in rows), 6))
";

#[test]
fn python_reads_what_is_written_here() {
    let home = Home::with_real_days();
    let log = home.store("trade_outcomes.jsonl.gz");
    let Some(said) = python(COUNT, &[log.to_str().unwrap()]) else { return };
    assert_eq!(said.trim(), "222 -143.00232");
}

#[test]
fn what_python_appends_is_read_here() {
    let home = Home::with_real_days();
    let log = home.store("trade_outcomes.jsonl.gz");
    // As a program does that never heard of dtlearn: NaN, no id, its own key, one member a line.
    let append = r#"
import gzip, json, sys
for n in range(3):
    with gzip.open(sys.argv[1], 'at') as f:
        f.write(json.dumps({'symbol': 'PY%d' % n, 'side': 'BUY', 'entry_time': None, 'exit_time': '2019-02-15T20:59:0%dZ' % n,
            'entry_price': 100.0, 'exit_price': 101.0, 'pnl': 1.0, 'pnl_pct': 0.01, 'vix': float('nan'), 'mine': [1]}) + '\n')
"#;
    if python(append, &[log.to_str().unwrap()]).is_none() {
        return;
    }
    let all = home.json(&["report", "metrics"])["windows"]["all"].clone();
    assert_eq!(all["global_metrics"]["total_trades"], 225);
    assert_eq!(all["by_symbol"]["PY2"]["wins"], 1);
    // The next exit takes them into the file that it keeps current, and appends behind them.
    home.dtlearn().arg("record-exit").write_stdin(exit("x1", 5.0, CLOSE)).assert().success();
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.store("performance_metrics.json")).unwrap()).unwrap();
    assert_eq!(file["global_metrics"]["total_trades"], 226);
    let said = python(COUNT, &[log.to_str().unwrap()]).unwrap();
    assert!(said.starts_with("226 "), "{said}");
}
