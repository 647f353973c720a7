//! The break-even band: a result within it counts as a scratch in every view alike, and as money all the same.

use serde_json::Value;

use crate::common::{CLOSE, Home, fixture, unpack};

const BAND_BPS: f64 = 10.0;

fn with_band(home: &Home, bps: f64) {
    std::fs::write(home.store("dtlearn.toml"), format!("[metrics]\nscratch_bps = {bps}\n")).unwrap();
}

/// What the records themselves say: those above the band, those below it, those within.
fn counted(home: &Home, band: f64) -> (Vec<(f64, f64)>, [usize; 3]) {
    let lines = home.seen(&["-q", "export", "--format", "jsonl"], "");
    let records = lines.lines().filter(|line| line.starts_with('{'));
    let results: Vec<(f64, f64)> = records
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|record| (record["pnl"].as_f64().unwrap(), record["pnl_pct"].as_f64().unwrap()))
        .collect();
    let count = |holds: fn(f64, f64) -> bool| results.iter().filter(|(_, frac)| holds(*frac, band)).count();
    let counts =
        [count(|frac, band| frac > band), count(|frac, band| frac < -band), count(|f, band| f.abs() <= band)];
    (results, counts)
}

#[test]
fn a_result_within_the_band_is_a_scratch_in_every_view_and_stays_money() {
    let home = Home::with_real_days();
    let before = home.json(&["report", "metrics"])["windows"]["all"]["global_metrics"].clone();
    with_band(&home, BAND_BPS);
    let band = BAND_BPS / 1e4;
    let (results, [wins, losses, scratches]) = counted(&home, band);
    assert!(wins > 20 && losses > 20 && scratches > 20, "{wins} {losses} {scratches}");

    // The aggregates that were kept without a band are not believed.
    let all = home.json(&["report", "metrics"])["windows"]["all"]["global_metrics"].clone();
    for (name, expected) in [("wins", wins), ("losses", losses), ("scratches", scratches)] {
        assert_eq!(all[name], expected, "{name}");
    }
    let sum = |holds: &dyn Fn(f64) -> bool, of: &dyn Fn(&(f64, f64)) -> f64| -> f64 {
        results.iter().filter(|(_, frac)| holds(*frac)).map(of).sum()
    };
    let (won, lost) =
        (sum(&|frac| frac > band, &|(pnl, _)| *pnl), sum(&|frac| frac < -band, &|(pnl, _)| *pnl));
    let near = |name: &str, expected: f64| {
        let found = all[name].as_f64().unwrap();
        assert!(
            (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{name}: {found}, not {expected}"
        );
    };
    near("win_rate", wins as f64 / results.len() as f64);
    near("profit_factor", won / -lost);
    near("avg_win", sum(&|frac| frac > band, &|(_, frac)| *frac) / wins as f64);
    near("avg_loss", sum(&|frac| frac < -band, &|(_, frac)| *frac) / losses as f64);
    for name in
        ["total_trades", "total_pnl", "expectancy_usd", "expectancy_pct", "drawdown_usd", "sharpe_ratio"]
    {
        assert_eq!(all[name], before[name], "{name} is of money, and within the band there is money too");
    }
    assert_same_wins(&home, wins, scratches);
}

/// The same counts wherever wins are told.
fn assert_same_wins(home: &Home, wins: usize, scratches: usize) {
    let half = |where_: &str| home.json(&["report", "metrics", "--where", where_])["windows"]["all"].clone();
    assert_eq!(half("outcome = win")["global_metrics"]["total_trades"], wins);
    assert_eq!(half("outcome = scratch")["global_metrics"]["total_trades"], scratches);
    assert_eq!(half("success")["global_metrics"]["wins"], wins);
    let execution = home.json(&["report", "execution", "--days", "all"]);
    assert_eq!(execution["all"]["net"]["wins"], wins, "{}", execution["all"]["net"]);
    let sessions = home.json(&["report", "history", "--days", "all"]);
    let told: u64 =
        sessions["daily"].as_array().unwrap().iter().map(|day| day["wins"].as_u64().unwrap()).sum();
    assert_eq!(told, wins as u64);
    let against = home.json(&[
        "report",
        "metrics",
        "--where",
        "symbol = AAPL",
        "--against",
        "symbol != AAPL",
        "--days",
        "all",
    ]);
    let rate = &against["comparison"][0];
    assert_eq!(rate["metric"], "win_rate");
    let rates: f64 = [("a", "a_n"), ("b", "b_n")]
        .iter()
        .map(|(value, n)| rate[value].as_f64().unwrap() * rate[n].as_f64().unwrap())
        .sum();
    assert!((rates - wins as f64).abs() < 1e-6, "{rates}");
    let table = home.seen_at(CLOSE, &["report", "metrics"]);
    assert!(
        table.contains("A result of up to 10 bps of the position, either way, counts as a scratch"),
        "{table}"
    );
}

#[test]
fn an_exit_more_and_all_of_them_anew_give_the_same_bytes_under_a_band() {
    let home = Home::with_real_days();
    with_band(&home, BAND_BPS);
    let exit = |id: &str, price: f64| {
        format!(
            r#"{{"trade_id":"{id}","symbol":"AAPL","side":"long","entry_price":100,"exit_price":{price},"quantity":10,"fees":0,"entry_time":"2019-02-15T20:00:00Z","exit_time":"2019-02-15T20:30:00Z"}}"#
        )
    };
    let scratches = || {
        let file = std::fs::read_to_string(home.store("performance_metrics.json")).unwrap();
        let file: Value = serde_json::from_str(&file).unwrap();
        (file["global_metrics"]["scratches"].as_u64().unwrap(), file)
    };
    home.seen(&["record-exit"], &exit("in", 100.05));
    let before = scratches().0;
    // On the edge, a hair beyond it, and with a sign that counts for nothing.
    for (id, price, is_within) in [("edge", 100.1, true), ("beyond", 100.101, false), ("below", 99.95, true)]
    {
        let known = scratches().0;
        home.seen(&["record-exit"], &exit(id, price));
        assert_eq!(scratches().0, known + u64::from(is_within), "{id}");
    }
    assert_eq!(scratches().0, before + 2);
    let incremental = scratches().1;
    for cache in std::fs::read_dir(home.store(".dtlearn")).unwrap().map(Result::unwrap) {
        if cache.file_name().to_string_lossy().starts_with("checkpoint") {
            std::fs::remove_file(cache.path()).unwrap();
        }
    }
    home.seen(&["analyze"], "");
    assert_eq!(scratches().1["global_metrics"], incremental["global_metrics"]);
    assert_eq!(scratches().1["by_symbol"], incremental["by_symbol"]);
}

/// The share of missed signals that would have won stands beside the win rate of trades: both count alike.
#[test]
fn missed_signals_within_the_band_are_scratches_too() {
    let home = Home::with_real_signals();
    home.seen(&["analyze", "--prices", fixture("real/bars_1m.csv.gz").to_str().unwrap()], "");
    with_band(&home, BAND_BPS);
    let view = home.json(&["report", "missed", "--days", "all"]);
    let costs = view["patterns"]["costs_frac"].as_f64().unwrap();
    let text = String::from_utf8(unpack(&home.store("missed_signals.jsonl.gz"))).unwrap();
    let results = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let results: Vec<f64> =
        results.filter_map(|of| Some(of["hypothetical_pnl_pct"].as_f64()? - costs)).collect();
    let band = BAND_BPS / 1e4;
    let above = |least: f64| results.iter().filter(|result| **result > least).count() as f64;
    assert!(above(band) < above(0.0), "nothing is won within the band");
    let share = view["patterns"]["profitable_missed_pct"].as_f64().unwrap();
    assert!((share - 100.0 * above(band) / results.len() as f64).abs() < 1e-9, "{share}");
    let chosen = home.json(&["report", "missed", "--days", "all", "--where", "would_have_won"]);
    assert_eq!(chosen["patterns"]["total_evaluated"].as_f64(), Some(above(band)));
    let said = home.seen(&["report", "missed", "--days", "all"], "");
    assert!(said.contains("counts as a scratch"), "{said}");
    home.seen(&["analyze"], "");
    let file = std::fs::read_to_string(home.store("missed_analysis.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["would_have_won"].as_f64(), Some(above(band)));
    let below = results.iter().filter(|result| **result < -band).count();
    assert_eq!(file["would_have_lost"], below);
}
