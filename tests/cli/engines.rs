//! Files as engines write them: the right result of an import is the engine's own total.

use std::io::Write;

use crate::common::{Home, fixture, unpack};

/// Trades, net result and wins, as the engine states them.
type Stated = (u64, f64, Option<u64>);

#[test]
fn files_of_engines_come_to_the_engine_s_own_totals() {
    let multiplier = "[instruments.\"6E*\"]\nmultiplier = 125000\n";
    let cases: [(&str, &[&str], &str, Stated); 6] = [
        (
            "backtesting_py-GOOG_trades.csv",
            &["--symbol", "GOOG", "--tz", "UTC"],
            "",
            (179, 6_369.867_54, Some(70)),
        ),
        ("backtrader-transactions.csv", &["--tz", "UTC"], "", (754, -112.354, None)),
        ("nautilus-6E_fills.csv", &[], multiplier, (220, -2_630.31, Some(63))),
        ("jesse-trades.json", &["--currency", "USDT"], "", (157, -2_824.849_8, Some(31))),
        ("vectorbt-trades.csv", &[], "", (766, -547.986_097_8, Some(156))),
        ("freqtrade-Fut_result.json", &["--currency", "USDT"], "", (92, -63.417_925_7, None)),
    ];
    for (file, args, settings, (trades, net, wins)) in cases {
        let home = Home::new();
        std::fs::create_dir_all(home.store("")).unwrap();
        std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
        let path = fixture(&format!("engines/{file}.gz"));
        let args = [&["--now", "2026-11-26T12:00:00Z", "import", path.to_str().unwrap()], args].concat();
        let answer = home.json(&args);
        assert_eq!(answer["disputed"], 0, "{file}");
        let out = home.dtlearn().args(["export"]).output().unwrap();
        let results: Vec<f64> = String::from_utf8(out.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["pnl"].as_f64().unwrap())
            .collect();
        assert_eq!(results.len() as u64, trades, "{file}");
        let sum: f64 = results.iter().sum();
        assert!((sum - net).abs() < 0.005, "{file}: {sum}");
        if let Some(wins) = wins {
            assert_eq!(results.iter().filter(|pnl| **pnl > 0.0).count() as u64, wins, "{file}");
        }
        let again = home.json(&args);
        assert_eq!((&again["stored"], &again["conflicts"]), (&0.into(), &0.into()), "{file}");
    }
}

/// The same run of freqtrade as its result, as the zip with it, and as the table that a notebook writes: the same trades, in
/// whatever order the files come.
#[test]
fn a_run_in_every_form_is_the_same_trades() {
    let trades = unpack(&fixture("engines/freqtrade-Fut_result.json.gz"));
    let trades: serde_json::Value = serde_json::from_slice(&trades).unwrap();
    let trades = trades["trades"].as_array().unwrap();
    let result =
        serde_json::json!({"strategy": {"Fut": {"trades": trades, "stake_currency": "USDT"}}}).to_string();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("backtest-result.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(result.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let keys: Vec<&String> = trades[0].as_object().unwrap().keys().filter(|key| *key != "orders").collect();
    let mut csv = keys.iter().fold(String::new(), |line, key| line + "," + key) + "\n";
    for (number, trade) in trades.iter().enumerate() {
        csv += &number.to_string();
        for key in &keys {
            match &trade[*key] {
                serde_json::Value::Null => csv += ",",
                serde_json::Value::Bool(flag) => csv += if *flag { ",True" } else { ",False" },
                serde_json::Value::String(text) => csv += &format!(",{text}"),
                number => csv += &format!(",{number}"),
            }
        }
        csv += "\n";
    }
    let forms = [("run.json", result.into_bytes()), ("run.zip", zip), ("run.csv", csv.into_bytes())];
    for first in 0..forms.len() {
        let home = Home::new();
        for (name, bytes) in forms.iter().cycle().skip(first).take(forms.len()) {
            std::fs::write(home.path(name), bytes).unwrap();
        }
        for (at, (name, _)) in forms.iter().cycle().skip(first).take(forms.len()).enumerate() {
            let answer = home.json(&["--now", "2026-11-26T12:00:00Z", "import", name, "--currency", "USDT"]);
            let wanted = if at == 0 { (92, 0) } else { (0, 92) };
            let found = (answer["stored"].as_u64().unwrap(), answer["already_there"].as_u64().unwrap());
            assert_eq!(found, wanted, "{name} as number {at}: {}", answer["conflicting"]);
        }
        let changed = String::from_utf8(forms[2].1.clone()).unwrap().replace("-1.9232355", "-2.9232355");
        std::fs::write(home.path("other.csv"), changed).unwrap();
        let args = [
            "--now",
            "2026-11-26T12:00:00Z",
            "import",
            "other.csv",
            "--currency",
            "USDT",
            "--format",
            "json",
        ];
        let out = home.dtlearn().args(args).output().unwrap();
        assert_eq!(out.status.code(), Some(3));
        let answer: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!((&answer["conflicts"], &answer["already_there"]), (&1.into(), &91.into()));
    }
}
