//! Every view of several stores: what is joined, what is each desk's own, and what is said of desks that could not be
//! read.

use serde_json::{Value, json};

use crate::common::{Home, exit, fixture};

/// Records exits on the desk of a name.
fn record(home: &Home, desk: &str, exits: &[String]) {
    let root = format!("desks/{desk}");
    home.dtlearn().args(["record-exit", "--root", &root]).write_stdin(exits.join("\n")).assert().success();
}

/// Two desks, the second of which made twice as much with half of the capital.
fn two() -> Home {
    let home = Home::new();
    for (desk, pnl) in [("alpha", 10.0), ("beta", 20.0)] {
        record(&home, desk, &[11, 14, 15].map(|day| exit(&format!("t{day}"), pnl, &at(day, 16, 0))));
    }
    std::fs::write(home.path("desks/beta/dt_learning/dtlearn.toml"), "capital_usd = 5000\n").unwrap();
    home
}

fn at(day: u32, hour: u32, minute: u32) -> String {
    format!("2019-02-{day}T{hour}:{minute:02}:00Z")
}

/// Makes the log of a desk something that is no log.
fn spoil(home: &Home, desk: &str) {
    std::fs::write(home.path(&format!("desks/{desk}/dt_learning/trade_outcomes.jsonl.gz")), "no gzip")
        .unwrap();
}

/// The JSON of a command, whatever its status.
fn any_json(home: &Home, args: &[&str]) -> Value {
    let output = home.dtlearn().args(args).args(["--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_capital_is_that_of_the_desks_that_could_be_read() {
    let home = two();
    let risk = ["report", "risk", "--root", "desks/*"];
    assert_eq!(any_json(&home, &risk)["capital_usd"], 15_000.0);
    spoil(&home, "beta");
    assert_eq!(any_json(&home, &risk)["capital_usd"], 10_000.0);
}

#[test]
fn a_file_of_settings_from_the_environment_is_for_desks_without_their_own() {
    let home = two();
    std::fs::write(home.path("firm.toml"), "capital_usd = 700\n").unwrap();
    let capital = |command: &mut assert_cmd::Command| -> Value {
        let output = command.args(["analyze", "--format", "json", "--root", "desks/*"]).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["capital_usd"].clone()
    };
    assert_eq!(capital(home.dtlearn().args(["--config", "firm.toml"])), 5_700.0);
    assert_eq!(capital(home.dtlearn().env("DTLEARN_CONFIG", "firm.toml")), 5_700.0);
    // The only desk of a list keeps its own settings too.
    std::fs::write(home.path("firm.toml"), "capital_usd = 700\n[desks]\nB = \"desks/beta\"\n").unwrap();
    let only = home.json(&["--config", "firm.toml", "analyze", "--as-of", "2019-02-15T21:05:00Z"]);
    assert_eq!((&only["capital_usd"], &only["trades"]), (&json!(5_000.0), &json!(3)));
}

#[test]
fn a_desk_that_one_part_could_not_read_and_another_could_was_read_in_any_order() {
    let home = two();
    let good = std::fs::read(home.path("desks/beta/dt_learning/trade_outcomes.jsonl.gz")).unwrap();
    spoil(&home, "beta");
    let partial = |args: &[&str]| {
        home.dtlearn().args(["analyze", "--partial"]).args(args).output().unwrap();
    };
    partial(&["--root", "desks/alpha", "--root", "desks/beta", "-o", "first"]);
    std::fs::write(home.path("desks/beta/dt_learning/trade_outcomes.jsonl.gz"), good).unwrap();
    partial(&["--root", "desks/beta", "-o", "again"]);
    record(&home, "gamma", &[exit("t1", 1.0, &at(15, 17, 0))]);
    spoil(&home, "beta");
    partial(&["--root", "desks/beta", "--root", "desks/gamma", "-o", "third"]);
    let merged = |parts: [&str; 3]| {
        let output =
            home.dtlearn().args(["analyze", "--format", "json", "--merge"]).args(parts).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let all = merged(["first", "again", "third"]);
    let told: Value = serde_json::from_slice(&all).unwrap();
    assert_eq!(told["desks"], json!({"read": ["alpha", "beta", "gamma"], "not_read": {}}));
    for order in [["again", "third", "first"], ["third", "first", "again"], ["again", "first", "third"]] {
        assert!(merged(order) == all, "{order:?}");
    }
}

#[test]
fn what_waits_and_what_is_damaged_is_said_of_the_desk_whose_it_is() {
    let home = two();
    let spool = home.path("desks/beta/dt_learning/spool");
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("outcomes-1-2.jsonl"), "{}\n").unwrap();
    let log = home.path("desks/beta/dt_learning/trade_outcomes.jsonl.gz");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend(b"some more");
    std::fs::write(&log, bytes).unwrap();
    let core = home.path("desks/beta/core");
    std::fs::create_dir_all(&core).unwrap();
    std::fs::write(core.join("dt_brain.json.gz"), "no brain").unwrap();
    let said = home.seen(&["report", "metrics", "--root", "desks/*"], "");
    for part in [
        "hint: run `dtlearn --root desks/beta doctor`: it says what can be repaired, and how\n",
        "beta: 1 record in the spool, not yet counted\nhint: run `dtlearn --root desks/beta analyze`: it stores them\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("desks/alpha") && !said.contains("dt_brain"), "{said}");
    let said = home.seen(&["report", "missed", "--root", "desks/*"], "");
    assert!(said.contains("[dt_brain] warning: desks/beta/core/dt_brain.json.gz: is damaged"), "{said}");
}

#[test]
fn desks_that_cannot_be_read_are_no_reason_to_name_others() {
    let home = two();
    let said = |home: &Home| home.seen(&["report", "desks", "--root", "desks/*", "--days", "1"], "");
    assert!(said(&home).contains("Of 2 desks 2 have fewer than "), "{}", said(&home));
    spoil(&home, "beta");
    let one = said(&home);
    assert!(
        one.contains("Of 2 desks 1 could be read: there is none to compare.\nOnly alpha could be read."),
        "{one}"
    );
    assert!(!one.contains("name the others"), "{one}");
    spoil(&home, "alpha");
    assert!(
        said(&home).contains("error: none of the desks can be read: desks/alpha/dt_learning"),
        "{}",
        said(&home)
    );
}

/// The real week with its signals and prices on two desks, the second of which trades in other sizes.
fn two_of_the_real_week() -> Home {
    let home = Home::with_real_signals();
    let bars = fixture("real/bars_1m.csv.gz");
    home.dtlearn().args(["analyze", "--prices", bars.to_str().unwrap()]).assert().success();
    for desk in ["one", "two"] {
        std::fs::create_dir_all(home.path("desks")).unwrap();
        let from = home.path("da_brains").display().to_string();
        let to = home.path(&format!("desks/{desk}")).display().to_string();
        assert!(home.program(&["cp", "-r", &from, &to], b"").status.success());
    }
    let set = ["--root", "desks/two", "brain-adjust", "--set", "DT_POSITION_SIZE_BASE_USD=500"];
    home.dtlearn().args(set).assert().success();
    home
}

#[test]
fn missed_signals_of_several_desks_are_valued_at_the_size_of_each() {
    let home = two_of_the_real_week();
    let missed = |root: &str| home.json(&["report", "missed", "--root", root]);
    let (one, two, both) = (missed("desks/one"), missed("desks/two"), missed("desks/*"));
    let n = one["patterns"]["total_evaluated"].as_u64().unwrap();
    assert!(n > 100);
    assert_eq!(both["patterns"]["total_evaluated"], 2 * n);
    let usd = |view: &Value| view["patterns"]["missed_pnl_usd"].as_f64().unwrap();
    assert!((usd(&two) - usd(&one)).abs() > 1.0 && (usd(&both) - usd(&one) - usd(&two)).abs() < 1e-9);
    let groups = both["patterns"]["groups"].as_array().unwrap();
    let desks: Vec<(&str, u64, bool)> = groups
        .iter()
        .filter(|group| group["grouping"] == "by_desk")
        .map(|group| {
            (group["key"].as_str().unwrap(), group["n"].as_u64().unwrap(), group["verdict"].is_null())
        })
        .collect();
    assert_eq!(desks, [("one", n, true), ("two", n, true)]);
    assert_eq!(both["desks"]["read"], json!(["one", "two"]));
    // Which knob to move is each desk's own matter.
    assert_eq!(both["suggestions"], json!([]));
    let said = home.seen(&["report", "missed", "--root", "desks/*"], "");
    assert!(said.contains("450 signals not taken") && said.contains(" at 500 to "), "{said}");
}

#[test]
fn what_came_before_a_trade_is_what_came_before_it_on_its_desk() {
    let home = two_of_the_real_week();
    let groups = |root: &str, situation: &str| -> Vec<(String, u64)> {
        let view = home.json(&["report", "behaviour", "--root", root]);
        let of = view["groups"].as_array().unwrap().iter().filter(|group| group["situation"] == situation);
        of.map(|group| (group["name"].to_string(), group["trades"].as_u64().unwrap())).collect()
    };
    for situation in ["after", "trade_of_day"] {
        let one = groups("desks/one", situation);
        assert!(one.len() > 2, "{one:?}");
        // Two desks that did the same: each group has twice as many trades.
        let twice: Vec<_> = one.into_iter().map(|(name, n)| (name, 2 * n)).collect();
        let joined: Vec<_> =
            groups("desks/*", situation).into_iter().filter(|g| twice.iter().any(|t| t.0 == g.0)).collect();
        assert_eq!(joined, twice);
    }
}

#[test]
fn patterns_are_looked_for_in_the_rows_of_all_desks() {
    let home = two_of_the_real_week();
    let rows = |root: &str| -> Vec<u64> {
        let view = home.json(&["report", "patterns", "--root", root]);
        view["tried"].as_array().unwrap().iter().map(|tried| tried["rows"].as_u64().unwrap()).collect()
    };
    let one = rows("desks/one");
    assert!(one.len() == 2 && one[0] > 100, "{one:?}");
    assert_eq!(rows("desks/*"), one.iter().map(|n| 2 * n).collect::<Vec<_>>());
    // The names of features and words are one desk's and the other's.
    let view = home.json(&["report", "patterns", "--root", "desks/*"]);
    let named = |view: &Value| -> Vec<Value> {
        view["answers"].as_array().unwrap().iter().map(|answer| answer["conditions"].clone()).collect()
    };
    let joined = named(&view);
    let one = named(&home.json(&["report", "patterns", "--root", "desks/one"]));
    assert!(one.len() > 5 && one.iter().all(|answer| joined.contains(answer)), "{one:?} {joined:?}");
    for (kept, option, again) in [
        (&["--save"][..], "--save", "--save"),
        (&["--since-last"], "--since-last", "--since-last"),
        (&["--ask", "setup = orb"], "--ask", "--ask 'setup = orb'"),
    ] {
        let said = home.seen(&[&["report", "patterns", "--root", "desks/*"], kept].concat(), "");
        let wanted = format!(
            "{option} is of one store, and several were named\nhint: ask one of them: dtlearn --root desks/one report patterns {again};"
        );
        assert!(said.starts_with("status 2\n") && said.contains(&wanted), "{said}");
    }
}

#[test]
fn missed_signals_of_all_desks_are_chosen_and_compared_alike() {
    let home = two_of_the_real_week();
    let view = |root: &str, against: &[&str]| {
        let asked = ["report", "missed", "--days", "all", "--root", root, "--where", "side = long"];
        home.json(&[&asked, against].concat())
    };
    let evaluated = |root: &str| view(root, &[])["patterns"]["total_evaluated"].as_u64().unwrap();
    assert!(evaluated("desks/one") > 20, "{}", evaluated("desks/one"));
    assert_eq!(evaluated("desks/*"), 2 * evaluated("desks/one"));
    let compared = |root: &str| {
        let row = view(root, &["--against", "side = short"])["comparison"][1].clone();
        (row["a_n"].as_u64().unwrap(), row["b_n"].as_u64().unwrap(), row["difference"].as_f64().unwrap())
    };
    let (one, all) = (compared("desks/one"), compared("desks/*"));
    assert_eq!((all.0, all.1), (2 * one.0, 2 * one.1));
    assert!((all.2 - one.2).abs() < 1e-9, "{all:?} {one:?}");
}

#[test]
fn the_page_of_several_desks_joins_them_and_leaves_out_what_is_one_desks_own() {
    let home = two_of_the_real_week();
    record(&home, "spoiled", &[exit("t1", 1.0, &at(15, 17, 0))]);
    spoil(&home, "spoiled");
    let said = home.seen(&["report", "--html", "page.html", "--root", "desks/*"], "");
    assert!(said.starts_with("status 3\n"), "{said}");
    let page = std::fs::read_to_string(home.path("page.html")).unwrap().replace('\u{a0}', " ");
    for part in [
        "2 desks together: one, two.",
        "Not in it, because it could not be read: 1 desk: spoiled (",
        "from 2 desks",
        "444 trades",
        "450 signals not taken",
        "id=\"desks\"",
        "id=\"patterns\"",
        "id=\"behaviour\"",
        "dtlearn --root DIR report --html FILE",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for own in ["id=\"knobs\"", "id=\"guard\"", "id=\"model\"", "id=\"open-book\""] {
        assert!(!page.contains(own), "{own}");
    }
}
