//! Files are shared with Python programs that know nothing of this one.

use crate::common::{CLOSE, Home, exit, python};

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

/// The drop-in function of the manual, as it stands there.
fn drop_in() -> String {
    let manual =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/man/dtlearn-store.5")).unwrap();
    let block = manual.split(".nf\n").find(|block| block.contains("def append_outcome")).unwrap();
    block.split("\n.fi\n").next().unwrap().replace("\\e", "\\")
}

#[test]
fn eight_python_writers_that_take_the_lock_lose_nothing() {
    let home = Home::with_real_days();
    let root = home.path("da_brains");
    let program = drop_in()
        + r#"
import multiprocessing, sys
def many(n):
    for i in range(50):
        append_outcome({'symbol': 'PY', 'side': 'BUY', 'exit_time': '2019-02-15T20:00:%02dZ' % i, 'entry_price': 100.0,
            'exit_price': 101.0, 'pnl': 1.0, 'pnl_pct': 0.01, 'trade_id': 'py%d.%d' % (n, i)}, sys.argv[1])
workers = [multiprocessing.Process(target=many, args=(n,)) for n in range(8)]
[w.start() for w in workers]; [w.join() for w in workers]
"#;
    // Records of our own go in meanwhile.
    let writer = {
        let home = &home;
        std::thread::scope(|scope| {
            let ours = scope.spawn(move || {
                for n in 0..20 {
                    let time = format!("2019-02-15T20:01:{n:02}Z");
                    home.dtlearn()
                        .arg("record-exit")
                        .write_stdin(exit(&format!("own{n}"), 1.0, &time))
                        .assert()
                        .success();
                }
            });
            let python = python(&program, &[root.to_str().unwrap()]);
            ours.join().unwrap();
            python
        })
    };
    if writer.is_none() {
        return;
    }
    home.dtlearn().arg("analyze").assert().success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"), "{}", home.seen(&["doctor"], ""));
    assert_eq!(
        home.json(&["report", "metrics"])["windows"]["all"]["global_metrics"]["total_trades"],
        222 + 400 + 20
    );
}

/// Writers that ignore the lock tear each other's members apart; repair puts every record back together.
#[test]
fn eight_python_writers_that_ignore_the_lock_are_mended() {
    let program = r#"
import gzip, json, multiprocessing, sys
def many(n):
    for i in range(100):
        with gzip.open(sys.argv[1], 'at') as f:
            f.write(json.dumps({'symbol': 'PY', 'side': 'BUY', 'exit_time': '2019-02-15T20:%02d:%02dZ' % (i // 60, i % 60),
                'entry_price': 100.0, 'exit_price': 101.0, 'pnl': 1.0, 'pnl_pct': 0.01, 'trade_id': 'py%d.%d' % (n, i)}) + '\n')
workers = [multiprocessing.Process(target=many, args=(n,)) for n in range(8)]
[w.start() for w in workers]; [w.join() for w in workers]
"#;
    let mut torn = 0;
    for run in 0..5 {
        let home = Home::new();
        std::fs::create_dir_all(home.store("")).unwrap();
        let log = home.store("trade_outcomes.jsonl.gz");
        if python(program, &[log.to_str().unwrap()]).is_none() {
            return;
        }
        torn += usize::from(home.seen(&["report"], "").starts_with("status 3\n"));
        let said = home.seen(&["doctor", "--repair"], "");
        assert!(said.starts_with("status 0\n"), "run {run}: {said}");
        let count = home.json(&["report", "trades", "--days", "all"])["count"].clone();
        assert_eq!(count, 800, "run {run}: {said}");
    }
    assert!(torn > 0, "not one of five runs tore a member: the test did not test anything");
}

/// Members of every kind, ours and Python's, counted by the programs that people use.
#[test]
fn other_programs_count_the_same_records() {
    let home = Home::with_real_days();
    home.dtlearn().args(["doctor", "--seal"]).assert().success();
    home.dtlearn().arg("record-exit").write_stdin(exit("x1", 5.0, CLOSE)).assert().success();
    let log = home.store("trade_outcomes.jsonl.gz");
    let append = "import gzip, json, sys; gzip.open(sys.argv[1], 'at').write(json.dumps({'symbol': 'PY', 'side': 'BUY', 'exit_time': '2019-02-15T20:00:00Z', 'entry_price': 1.0, 'exit_price': 2.0, 'pnl': 1.0, 'pnl_pct': 1.0, 'trade_id': 'py'}) + '\\n')";
    if python(append, &[log.to_str().unwrap()]).is_none() {
        return;
    }
    home.dtlearn().arg("record-exit").write_stdin(exit("x2", 5.0, CLOSE)).assert().success();
    let path = log.to_str().unwrap();
    let mut counted = vec!["python"];
    assert!(python(COUNT, &[path]).unwrap().starts_with("225 "));
    for (name, program) in [
        (
            "pandas",
            "import pandas, sys; print(len(pandas.read_json(sys.argv[1], lines=True, compression='gzip')))",
        ),
        (
            "polars",
            "import polars, gzip, sys, io; print(len(polars.read_ndjson(io.BytesIO(gzip.open(sys.argv[1]).read()), infer_schema_length=None)), len(polars.scan_ndjson(sys.argv[1], infer_schema_length=None).collect()))",
        ),
        (
            "pyspark",
            "import sys; from pyspark.sql import SparkSession; s = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate(); print(s.read.json(sys.argv[1]).count())",
        ),
        (
            "duckdb",
            "import duckdb, sys; print(duckdb.sql(f\"select count(*) from read_json_auto('{sys.argv[1]}', format='newline_delimited')\").fetchall()[0][0])",
        ),
    ] {
        let python = std::env::var("DTLEARN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let run = std::process::Command::new(python).args(["-c", program, path]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        let why = String::from_utf8_lossy(&run.stderr).into_owned();
        if why.contains("ModuleNotFoundError") || (name == "pyspark" && why.contains("JAVA_HOME")) {
            eprintln!("SKIPPED: {name} is not installed (or, for pyspark, no Java)");
            continue;
        }
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        assert!(said.split_whitespace().all(|n| n == "225") && !said.trim().is_empty(), "{name}: {said}");
        counted.push(name);
    }
    match std::process::Command::new("bgzip").arg("-t").arg(path).output() {
        Ok(output) => {
            assert!(output.status.success(), "bgzip: {}", String::from_utf8_lossy(&output.stderr));
            counted.push("bgzip");
        }
        Err(_) => eprintln!("SKIPPED: bgzip is not installed"),
    }
    eprintln!("counted by {counted:?}");
}

/// The ten lines of the README, as they stand there.
#[test]
fn the_engine_of_the_readme_stores_its_exit() {
    let home = Home::new();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let root = home.path("da_brains");
    let lines = lines.replace("/srv/engine/da_brains", root.to_str().unwrap());
    let script = format!("import os, sys\nos.environ['PATH'] = sys.argv[1]\n{lines}");
    let folder = std::path::Path::new(crate::common::program()).parent().unwrap();
    let Some(said) = python(&script, &[folder.to_str().unwrap()]) else { return };
    assert_eq!(said, "");
    let trades = home.dtlearn().arg("export").output().unwrap();
    let trades = String::from_utf8(trades.stdout).unwrap();
    assert_eq!(trades.lines().filter(|line| line.contains("\"MSFT\"")).count(), 1, "{trades}");
}
