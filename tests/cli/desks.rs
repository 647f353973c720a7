//! Several stores together: read at once, or put together from parts.

use crate::common::folders::texts_below;
use crate::common::{CLOSE, Home, exit, program, skipped};

/// Four desks of a few trades, whose ids meet; the last two in one folder of two.
const DESKS: [&str; 4] = ["desks/alpha", "desks/beta", "desks/gamma/da_brains", "desks/delta"];

fn four() -> Home {
    let home = Home::new();
    for (at, root) in DESKS.iter().enumerate() {
        let exits: Vec<String> = (0..=at)
            .flat_map(|trade| {
                let minute = 10 + 7 * trade + at;
                let pnl = f64::from(((trade * 37 + at * 11) % 50) as u32) - 20.0;
                [11, 14, 15].map(|day| {
                    exit(&format!("t{day}-{trade}"), pnl, &format!("2019-02-{day}T15:{minute}:00Z"))
                })
            })
            .collect();
        home.dtlearn().args(["record-exit", "--root", root]).write_stdin(exits.join("\n")).assert().success();
    }
    home
}

fn bytes(home: &Home, args: &[&str]) -> Vec<u8> {
    let output = home.dtlearn().args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn parts_in_any_order_and_grouping_give_the_bytes_of_all_stores_at_once() {
    let home = four();
    for (root, part) in DESKS.iter().zip(["a", "b", "c", "d"]) {
        bytes(&home, &["analyze", "--partial", "--root", root, "-o", part]);
    }
    let before = texts_below(&home.path("desks"));
    let all = bytes(&home, &["analyze", "--root", "desks/*", "--format", "json"]);
    let named: Vec<&str> = DESKS.iter().rev().flat_map(|root| ["--root", root]).collect();
    assert_eq!(all, bytes(&home, &[&["analyze", "--format", "json"], &named[..]].concat()));
    assert_eq!(all, bytes(&home, &["analyze", "--merge", "d", "b", "a", "c", "--format", "json"]));
    bytes(&home, &["analyze", "--merge", "c", "a", "--partial", "-o", "ca"]);
    bytes(&home, &["analyze", "--merge", "d", "ca", "--partial", "-o", "dca"]);
    assert_eq!(all, bytes(&home, &["analyze", "--merge", "b", "dca", "--format", "json"]));
    bytes(&home, &["analyze", "--partial", "--root", "desks/*", "-o", "abcd"]);
    assert_eq!(all, bytes(&home, &["analyze", "--merge", "abcd", "--format", "json"]));

    // Of one store: what it says without the others.
    let one = ["analyze", "--root", DESKS[1], "--as-of", CLOSE, "--format", "json"];
    assert_eq!(bytes(&home, &one), bytes(&home, &["analyze", "--merge", "b", "--format", "json"]));

    let after = texts_below(&home.path("desks"));
    assert_eq!(before, after, "reading several stores changes none of them");
}

#[test]
fn trades_whose_ids_meet_are_two_and_each_says_whose_it_is() {
    let home = four();
    let all = home.json(&["analyze", "--root", "desks/*"]);
    assert_eq!(all["trades"], 3 * (1 + 2 + 3 + 4));
    let by_desk = &all["windows"]["all"]["by_desk"];
    let trades: Vec<u64> = ["alpha", "beta", "delta", "gamma"]
        .iter()
        .map(|desk| by_desk[desk]["trades"].as_u64().unwrap())
        .collect();
    assert_eq!(trades, [3, 6, 12, 9]);
    assert_eq!(all["desks"]["read"], serde_json::json!(["alpha", "beta", "delta", "gamma"]));
    assert_eq!(all["capital_usd"], 40_000.0);
    let shown = home.json(&["report", "trades", "--root", "desks/*", "--days", "all"]);
    let of = |id: &str| -> Vec<&str> {
        let trades = shown["trades"].as_array().unwrap().iter().filter(|trade| trade["trade_id"] == id);
        trades.map(|trade| trade["desk"].as_str().unwrap()).collect()
    };
    assert_eq!(of("t15-0"), ["delta", "gamma", "beta", "alpha"]);
    // A filter looks at each desk's own trades.
    let filtered =
        home.json(&["report", "trades", "--root", "desks/*", "--days", "all", "--where", "pnl < 0"]);
    let losing =
        shown["trades"].as_array().unwrap().iter().filter(|trade| trade["pnl"].as_f64().unwrap() < 0.0);
    assert_eq!(filtered["count"], losing.count());
    let history = home.json(&["report", "history", "--root", "desks/*", "--days", "all"]);
    assert_eq!(history["global_metrics"], all["windows"]["all"]["global_metrics"]);
    let metrics = home.json(&["report", "metrics", "--root", "desks/*"]);
    assert_eq!(metrics["windows"], all["windows"]);
}

#[test]
fn a_desk_that_cannot_be_read_is_named_and_the_others_are_shown() {
    let home = four();
    std::fs::write(home.path("desks/beta/dt_learning/trade_outcomes.jsonl.gz"), "no gzip").unwrap();
    std::fs::create_dir_all(home.path("desks/zeta")).unwrap();
    for view in [&["analyze"][..], &["report", "metrics"], &["report", "trades"], &["report", "risk"]] {
        let seen = home.seen(&[view, &["--root", "desks/*"]].concat(), "");
        assert!(seen.starts_with("status 3\n"), "{seen}");
        // Long lines are broken at 80 columns.
        let seen = seen.replace('\n', " ");
        assert!(seen.contains("3 desks together: alpha, delta, gamma."), "{seen}");
        assert!(seen.contains("2 desks: beta (") && seen.contains("is plain text, not gzip"), "{seen}");
        assert!(seen.contains("zeta: not read: desks/zeta/dt_learning: there is no store here"), "{seen}");
    }
}

#[test]
fn desks_are_named_in_the_settings_and_keep_their_own() {
    let home = four();
    std::fs::create_dir_all(home.store("")).unwrap();
    let settings = "[desks]\n\"Momentum\" = \"../../desks/alpha\"\nrest = \"../../desks/beta\"\n";
    std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
    std::fs::write(home.path("desks/beta/dt_learning/dtlearn.toml"), "capital_usd = 500\n").unwrap();
    let all = home.json(&["analyze"]);
    assert_eq!(all["desks"]["read"], serde_json::json!(["Momentum", "rest"]));
    assert_eq!(all["capital_usd"], 10_500.0);
    // What writes is about the store of these settings, not about the desks.
    let seen = home.seen(&["record-exit"], &exit("t1", 5.0, "2019-02-15T19:50:00Z"));
    assert!(seen.starts_with("status 0\n"), "{seen}");
    assert_eq!(home.json(&["analyze"])["trades"], 9);
}

/// A recipe of the manual, as it stands there.
pub fn recipe(name: &str) -> String {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/man/dtlearn-cluster.7")).unwrap();
    let (_, from) = page.split_once(&format!("BEGIN {name}")).unwrap();
    let (block, _) = from.split_once(&format!("END {name}")).unwrap();
    let (_, program) = block.split_once(".nf\n").unwrap();
    program.split("\n.fi\n").next().unwrap().to_owned()
}

/// Spark takes seconds to begin: only where `DTLEARN_TEST_PYTHON` names a Python that has it, and there is a Java.
#[test]
fn spark_gives_the_bytes_of_one_machine() {
    let Ok(python) = std::env::var("DTLEARN_TEST_PYTHON") else { return skipped("Python with PySpark") };
    let home = four();
    let has_spark = home.program(&[&python, "-c", "import pyspark"], b"").status.success();
    if !has_spark || std::process::Command::new("java").arg("-version").output().is_err() {
        return skipped("Python with PySpark, or Java,");
    }
    std::fs::write(home.path("recipe.py"), recipe("RECIPE")).unwrap();
    let stores = "desks/{*,*/da_brains}/dt_learning/trade_outcomes.jsonl.gz";
    let spark = home.program(&[&python, "recipe.py", program(), stores, CLOSE], b"");
    assert!(spark.status.success(), "{}", String::from_utf8_lossy(&spark.stderr));
    let here = bytes(&home, &["analyze", "--root", "desks/*", "--as-of", CLOSE, "--format", "json"]);
    assert_eq!(String::from_utf8_lossy(&spark.stdout), String::from_utf8_lossy(&here));
}

#[test]
fn no_answer_is_written_over_a_file_of_any_of_the_stores() {
    let home = four();
    let before = texts_below(&home.path("desks"));
    for store in DESKS {
        for file in ["trade_outcomes.jsonl.gz", "new.csv"] {
            let place = format!("{store}/dt_learning/{file}");
            let said = home.seen(&["report", "trades", "--root", "desks/*", "-o", &place], "");
            assert!(said.starts_with("status 14\n") && said.contains("is a file of the store"), "{said}");
        }
    }
    // The store that holds the settings is one of them, whether or not it is joined.
    std::fs::create_dir_all(home.store("")).unwrap();
    let settings = "[desks]\none = \"../../desks/alpha\"\ntwo = \"../../desks/beta\"\n";
    std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
    let said = home.seen(&["report", "trades", "-o", "da_brains/dt_learning/dtlearn.toml"], "");
    assert!(said.starts_with("status 14\n") && said.contains("is a file of the store"), "{said}");
    assert_eq!(std::fs::read_to_string(home.store("dtlearn.toml")).unwrap(), settings);
    let after = texts_below(&home.path("desks"));
    assert!(before == after);
}

/// A record is of one store: of an engine whose store is named by a pattern it is refused, and kept where there is a store; a folder
/// that is none does not become one.
#[test]
fn a_record_for_several_stores_is_kept_in_the_first() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("desks/a/da_brains")).unwrap();
    std::fs::create_dir_all(home.path("desks/b/da_brains/dt_learning")).unwrap();
    let record = exit("t1", 1.0, CLOSE);
    let mut command = home.dtlearn();
    command.env("DTLEARN_ROOT", "desks/*").args(["record-exit", "--never-fail"]);
    let said = crate::common::seen(command.write_stdin(record.clone()), &home);
    assert!(said.contains("status 0\n") && said.contains("several were named"), "{said}");
    assert!(
        said.contains("hint: what was sent is kept in desks/b/da_brains/dt_learning/rejected/"),
        "{said}"
    );
    let kept = texts_below(&home.path("desks"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(String::from_utf8_lossy(kept.values().next().unwrap()).contains("t1"), "{kept:?}");
}
