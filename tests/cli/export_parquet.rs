//! Records as Parquet: every one once, with types that other programs take as they are meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::Value;

use crate::common::folders::{files_below, named_below, texts_below};
use crate::common::{CLOSE, Home, exit, skipped};
use crate::desks::recipe;

fn reader(path: &Path) -> SerializedFileReader<std::fs::File> {
    SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap()
}

fn rows(folder: &Path) -> Vec<Row> {
    let of_file = |path: &PathBuf| -> Vec<Row> {
        reader(path).get_row_iter(None).unwrap().map(Result::unwrap).collect()
    };
    files_below(folder).iter().flat_map(of_file).collect()
}

fn field<'r>(row: &'r Row, name: &str) -> &'r Field {
    row.get_column_iter().find(|(known, _)| *known == name).unwrap().1
}

fn real(row: &Row, name: &str) -> f64 {
    match field(row, name) {
        Field::Double(value) => *value,
        other => panic!("{name}: {other:?}"),
    }
}

/// The real week with its signals, and each trade twice in the log, as a program leaves it that sends late.
fn recorded_twice() -> Home {
    let home = Home::with_real_signals();
    let fill = r#"{"fill_id":"f1","symbol":"MSFT","side":"buy","qty":10,"price":100.5,"timestamp":"2019-02-15T15:00:00Z"}"#;
    home.dtlearn().arg("record-fill").write_stdin(fill).assert().success();
    let log = home.store("trade_outcomes.jsonl.gz");
    let once = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&once[..], &once].concat()).unwrap();
    home
}

#[test]
fn a_record_is_one_row_and_what_it_says_keeps_its_type() {
    let home = recorded_twice();
    let said = home.seen(&["export", "--parquet", "lake"], "");
    assert!(
        said.contains("dtlearn: lake/trades: 222 rows of 5 sessions; 5 files written, 0 as before\n"),
        "{said}"
    );
    let trades = rows(&home.path("lake/trades"));
    assert_eq!(trades.len(), 222);
    let all = home.json_at(CLOSE, &["report", "metrics"])["windows"]["all"]["global_metrics"].clone();
    let total: f64 = trades.iter().map(|row| real(row, "pnl")).sum();
    assert!((total - all["total_pnl"].as_f64().unwrap()).abs() < 1e-9, "{total} {}", all["total_pnl"]);
    for (table, n) in [("signals", 0), ("missed", 225), ("fills", 1)] {
        let found = rows(&home.path(&format!("lake/{table}"))).len();
        assert!(found >= n.max(1) && (n == 0 || found == n), "{table}: {found}");
    }
    // Each record as it is stored, key by key.
    let mut stored = BTreeMap::new();
    for line in
        home.seen(&["-q", "export", "--format", "jsonl"], "").lines().filter(|line| line.starts_with('{'))
    {
        let record: Value = serde_json::from_str(line).unwrap();
        stored.insert(record["trade_id"].as_str().unwrap().to_owned(), record);
    }
    for row in &trades {
        let Field::Str(id) = field(row, "trade_id") else { panic!() };
        let record = &stored[id];
        for (name, value) in row.get_column_iter().skip(2) {
            let told = &record[name];
            match value {
                Field::Null => assert!(told.is_null(), "{name}"),
                Field::Double(value) => assert_eq!(told.as_f64(), Some(*value), "{name}"),
                Field::Bool(value) => assert_eq!(told.as_bool(), Some(*value), "{name}"),
                Field::Long(value) => assert_eq!(told.as_i64(), Some(*value), "{name}"),
                Field::Str(text) if name == "features" || name == "extra" => {
                    assert_eq!(*told, serde_json::from_str::<Value>(text).unwrap(), "{name}");
                }
                Field::Str(text) => assert_eq!(told.as_str(), Some(&**text), "{name}"),
                Field::TimestampMicros(_) => {
                    // Written as microseconds of UTC: the date is that of the text.
                    assert!(
                        told.as_str().unwrap().starts_with(&value.to_string()[..10]),
                        "{name} {value} {told}"
                    );
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_file_says_its_types_and_between_which_values_each_column_lies() {
    let home = recorded_twice();
    home.dtlearn().args(["export", "--parquet", "lake"]).assert().success();
    let file = reader(&home.path("lake/trades/date=2019-02-14/da_brains.parquet"));
    let mut schema = Vec::new();
    parquet::schema::printer::print_schema(&mut schema, file.metadata().file_metadata().schema());
    let schema = String::from_utf8(schema).unwrap();
    for column in [
        "REQUIRED BYTE_ARRAY desk (STRING);",
        "REQUIRED INT32 session (DATE);",
        "OPTIONAL INT64 exit_time (TIMESTAMP(MICROS,true));",
        "OPTIONAL DOUBLE pnl;",
        "OPTIONAL BOOLEAN success;",
    ] {
        assert!(schema.contains(column), "{column}: {schema}");
    }
    let group = file.metadata().row_group(0);
    assert_eq!(file.metadata().num_row_groups(), 1);
    let pnl: Vec<f64> = file.get_row_iter(None).unwrap().map(|row| real(&row.unwrap(), "pnl")).collect();
    let column = group.columns().iter().find(|column| column.column_path().string() == "pnl").unwrap();
    let parquet::file::statistics::Statistics::Double(found) = column.statistics().unwrap() else { panic!() };
    assert_eq!(found.min_opt().copied(), pnl.iter().copied().reduce(f64::min));
    assert_eq!(found.max_opt().copied(), pnl.iter().copied().reduce(f64::max));
    assert_eq!(group.num_rows() as usize, pnl.len());
}

#[test]
fn a_new_session_is_a_new_file_and_the_others_stay_as_they_are() {
    let home = Home::with_real_days();
    home.dtlearn().args(["export", "--parquet", "lake"]).assert().success();
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap());
    let before: BTreeMap<String, u64> =
        named_below(&home.path("lake")).iter().map(|(name, path)| (name.clone(), inode(path))).collect();
    assert_eq!(before.len(), 5);
    let later = "2019-02-19T21:30:00Z";
    let record = |line: String| {
        home.dtlearn().env("DTLEARN_NOW", later).arg("record-exit").write_stdin(line).assert().success()
    };
    record(exit("new", 3.0, "2019-02-19T16:00:00Z"));
    let said = home.seen_at(later, &["export", "--parquet", "lake", "--days", "3"]);
    assert!(said.contains("lake/trades: 1 row of 1 session; 1 file written, 0 as before\n"), "{said}");
    record(exit("late", 3.0, "2019-02-12T16:00:00Z"));
    let said = home.seen_at(later, &["export", "--parquet", "lake"]);
    assert!(said.contains("lake/trades: 224 rows of 6 sessions; 1 file written, 5 as before\n"), "{said}");
    let after = named_below(&home.path("lake"));
    for (name, inode_before) in &before {
        assert_eq!(inode(&after[name]) != *inode_before, name.contains("2019-02-12"), "{name}");
    }
    let mut void = home.dtlearn();
    void.env("DTLEARN_NOW", later).args(["void", "new", "--why", "a test"]).assert().success();
    let said = home.seen_at(later, &["export", "--parquet", "lake"]);
    assert!(said.contains("0 files written, 5 as before, 1 file taken away\n"), "{said}");
    assert_eq!(named_below(&home.path("lake")).len(), 5);
    assert_eq!(rows(&home.path("lake/trades")).len(), 223);
}

#[test]
fn what_cannot_be_read_any_more_stays_where_it_was_written() {
    let home = Home::with_real_days();
    home.dtlearn().args(["export", "--parquet", "lake"]).assert().success();
    let before = texts_below(&home.path("lake"));
    let log = home.store("trade_outcomes.jsonl.gz");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&log, bytes).unwrap();
    let later = "2019-02-19T21:30:00Z";
    let new = exit("new", 3.0, "2019-02-19T16:00:00Z");
    home.dtlearn().env("DTLEARN_NOW", later).arg("record-exit").write_stdin(new).assert().success();
    let said = home.seen_at(later, &["export", "--parquet", "lake"]);
    assert!(said.contains("1 row of 1 session; 1 file written"), "{said}");
    let after = texts_below(&home.path("lake"));
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes) && after.len() == 6, "{said}");
}

#[test]
fn what_would_count_twice_or_lies_in_a_store_is_refused() {
    let home = Home::with_real_days();
    home.dtlearn().args(["export", "--parquet", "lake", "--partition", "desk"]).assert().success();
    assert!(named_below(&home.path("lake")).contains_key("trades/desk=da_brains/2019-02-15.parquet"));
    let schema = reader(&home.path("lake/trades/desk=da_brains/2019-02-15.parquet"));
    assert_eq!(schema.metadata().file_metadata().schema().get_fields()[0].name(), "session");
    for (args, wanted) in [
        (
            &["export", "--parquet", "lake"][..],
            "lake/trades: holds files by desk already\nhint: say --partition desk, or name another folder",
        ),
        (
            &["export", "--parquet", "da_brains/dt_learning"],
            "is a file of the store: name another one for the answer",
        ),
        (
            &["export", "--parquet", "lake", "--as-of", CLOSE],
            "--parquet keeps what is now: it does not go with --as-of",
        ),
        (
            &["export", "--parquet", "lake", "-o", "x.csv"],
            "--parquet names a folder of its own: leave --output and --format out",
        ),
    ] {
        let said = home.seen(args, "");
        assert!(!said.starts_with("status 0\n") && said.contains(wanted), "{said}");
    }
}

/// Desks of which one cannot be read and one has a name that is no path.
fn lake_of_desks() -> Home {
    let home = Home::new();
    for (desk, pnl) in [("alpha", 10.0), ("be=ta", -4.5), ("gamma", 7.25)] {
        let exits: Vec<String> = [11, 13, 14, 15]
            .iter()
            .flat_map(|day| {
                (0..6).map(move |at| {
                    exit(
                        &format!("t{day}-{at}"),
                        pnl * f64::from(at - 2),
                        &format!("2019-02-{day}T1{}:30:00Z", 5 + at % 4),
                    )
                })
            })
            .collect();
        let root = format!("desks/{desk}");
        home.dtlearn()
            .args(["record-exit", "--root", &root])
            .write_stdin(exits.join("\n"))
            .assert()
            .success();
    }
    home
}

#[test]
fn several_desks_are_written_side_by_side_and_one_that_cannot_be_read_is_named() {
    let home = lake_of_desks();
    std::fs::write(home.path("desks/gamma/dt_learning/trade_outcomes.jsonl.gz"), "no gzip").unwrap();
    let said = home.seen(&["export", "--parquet", "lake", "--root", "desks/*"], "");
    assert!(said.starts_with("status 3\n") && said.contains("gamma: not read: "), "{said}");
    assert!(said.contains("lake/trades: 48 rows of 8 sessions; 8 files written, 0 as before\n"), "{said}");
    assert!(named_below(&home.path("lake")).contains_key("trades/date=2019-02-11/be%3Dta.parquet"));
    let desks: std::collections::BTreeSet<String> =
        rows(&home.path("lake")).iter().map(|row| field(row, "desk").to_string()).collect();
    assert_eq!(desks.into_iter().collect::<Vec<_>>(), ["\"alpha\"", "\"be=ta\""]);
}

/// The Python of `DTLEARN_TEST_PYTHON`, where it has these modules.
fn python_with(home: &Home, modules: &str) -> Option<String> {
    let python = std::env::var("DTLEARN_TEST_PYTHON").ok();
    let python = python
        .filter(|python| home.program(&[python, "-c", &format!("import {modules}")], b"").status.success());
    if python.is_none() {
        skipped(&format!("a Python with {modules}"));
    }
    python
}

const TOTALS: &str = r#"
import sys
import duckdb, pandas, polars
for files in sys.argv[1:]:
    by_duckdb = duckdb.sql(f"SELECT count(*), sum(pnl), max(exit_time)::VARCHAR, count(DISTINCT desk) FROM read_parquet('{files}/*/*.parquet', hive_partitioning = true)").limit(1).fetchall()[0]
    frame = polars.read_parquet(f"{files}/*/*.parquet", hive_partitioning=True)
    by_polars = (frame.height, frame["pnl"].sum(), str(frame["exit_time"].max()), frame["desk"].n_unique())
    table = pandas.read_parquet(files)
    by_pandas = (len(table), table["pnl"].sum(), str(table["exit_time"].max()), table["desk"].nunique())
    for one in (by_duckdb, by_polars, by_pandas):
        print(one[0], f"{one[1]:.9f}", one[2][:19], one[3])
"#;

#[test]
fn duckdb_polars_and_pandas_see_the_same_totals() {
    let home = lake_of_desks();
    let Some(python) = python_with(&home, "duckdb, polars, pandas, pyarrow") else { return };
    for (lake, by) in [("lake", "date"), ("by-desk", "desk")] {
        let export = ["export", "--parquet", lake, "--partition", by, "--root", "desks/*"];
        home.dtlearn().args(export).assert().success();
    }
    let told = home.program(&[&python, "-c", TOTALS, "lake/trades", "by-desk/trades"], b"");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let all = home.json(&["analyze", "--root", "desks/*"])["windows"]["all"]["global_metrics"].clone();
    let line = format!("72 {:.9} 2019-02-15 18:30:00 3\n", all["total_pnl"].as_f64().unwrap());
    assert_eq!(String::from_utf8_lossy(&told.stdout), line.repeat(6));
}

#[test]
fn spark_sql_gives_the_figures_of_analyze() {
    let home = lake_of_desks();
    let Some(python) = python_with(&home, "pyspark") else { return };
    if std::process::Command::new("java").arg("-version").output().is_err() {
        return skipped("Java");
    }
    home.dtlearn().args(["export", "--parquet", "lake", "--root", "desks/*"]).assert().success();
    std::fs::write(home.path("figures.py"), recipe("SQL RECIPE")).unwrap();
    let spark = home.program(&[&python, "figures.py", "lake/trades"], b"");
    assert!(spark.status.success(), "{}", String::from_utf8_lossy(&spark.stderr));
    let all = home.json(&["analyze", "--root", "desks/*"])["windows"]["all"].clone();
    let told: Vec<Value> = String::from_utf8(spark.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for line in told {
        let (desk, here) = match line["desk"].as_str() {
            Some(desk) => (desk, &all["by_desk"][desk]),
            None => ("all", &all["global_metrics"]),
        };
        let mut compared = 0;
        for (name, value) in line.as_object().unwrap().iter().filter(|(name, _)| *name != "desk") {
            let (Some(theirs), Some(ours)) = (value.as_f64(), here[name].as_f64()) else { continue };
            assert!((theirs - ours).abs() <= 1e-9 * ours.abs().max(1.0), "{desk} {name}: {theirs} {ours}");
            compared += 1;
        }
        assert!(compared >= if desk == "all" { 7 } else { 4 }, "{desk}: {compared}");
    }
}
