//! Files as engines write them: the right result of an import is the engine's own total.

use crate::common::{Home, fixture};

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
