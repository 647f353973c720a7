//! What is taken off hypothetical results where the settings name no costs: what the own trades paid, where they say it.

use serde_json::Value;

use crate::common::Home;

/// A signal of 18:00 on 2019-02-15 that made 1 % by the close.
fn with_a_priced_signal() -> Home {
    let home = Home::new();
    let signal = r#"{"symbol":"MSFT","label":"BUY","confidence":0.7,"price":100,"reason_not_traded":"max_positions","timestamp":"2019-02-15T18:00:00Z"}"#;
    home.seen(&["track-missed"], signal);
    let bars = "symbol,timestamp,close\nMSFT,2019-02-15T18:00:00Z,100\nMSFT,2019-02-15T20:59:00Z,101\n";
    std::fs::write(home.path("bars.csv"), bars).unwrap();
    home.seen(&["analyze", "--prices", "bars.csv"], "");
    home
}

fn trades(numbers: std::ops::Range<u32>, date: &str, more: &str) -> String {
    let one = |n: u32| {
        format!(
            r#"{{"trade_id":"t{n}","symbol":"MSFT","side":"BUY","entry_price":100,"exit_price":101,"exit_time":"{date}T15:{:02}:00Z"{more}}}"#,
            n % 60
        )
    };
    numbers.map(one).collect::<Vec<_>>().join("\n") + "\n"
}

/// What was taken off, and of how many signals nothing was known.
fn taken_off(home: &Home) -> (Option<f64>, u64) {
    let view = home.json(&["report", "missed"]);
    let found = view["patterns"]["costs_frac"].clone();
    let costs =
        if found.is_null() && view["costs_frac"].is_number() { view["costs_frac"].clone() } else { found };
    let find = |key: &str| -> Value {
        let text = view.to_string();
        let (_, rest) = text.split_once(&format!("\"{key}\":")).unwrap();
        rest.split([',', '}']).next().unwrap().parse().unwrap()
    };
    (costs.as_f64().or_else(|| find("costs_frac").as_f64()), find("without_costs").as_u64().unwrap())
}

#[test]
fn own_trades_say_what_a_round_trip_costs_where_there_are_enough() {
    let home = with_a_priced_signal();
    assert_eq!(taken_off(&home), (None, 1));
    // 1.50 on 1,000: 15 bps. Twenty-nine are too few.
    let paid = r#","qty":10,"fees":1.5"#;
    home.seen(&["record-exit"], &trades(0..29, "2019-02-14", paid));
    assert_eq!(taken_off(&home), (None, 1));
    home.seen(&["record-exit"], &trades(29..41, "2019-02-14", paid));
    assert_eq!(taken_off(&home), (Some(0.0015), 0));
    // One trade that paid 40 moves nothing, nor do trades without a quantity.
    home.seen(&["record-exit"], &trades(41..42, "2019-02-14", r#","qty":10,"fees":40"#));
    home.seen(&["record-exit"], &trades(42..142, "2019-02-14", r#","fees":1.5,"pnl":35.5"#));
    assert_eq!(taken_off(&home), (Some(0.0015), 0));
    // The settings go before, also where they say nothing is paid.
    std::fs::write(home.store("dtlearn.toml"), "commission_bps = 0\n").unwrap();
    assert_eq!(taken_off(&home), (Some(0.0), 0));
    std::fs::write(home.store("dtlearn.toml"), "slippage_bps = 0.5\n").unwrap();
    assert_eq!(taken_off(&home), (Some(0.00155), 0));
}

/// A desk that paused pays what it paid, one that pays nothing is known to, and funding is no cost of a round trip.
#[test]
fn costs_of_a_desk_that_paused_of_a_free_one_and_of_one_that_is_funded() {
    let home = with_a_priced_signal();
    home.seen(&["record-exit"], &trades(0..40, "2018-12-03", r#","qty":10,"fees":1.5,"funding":2"#));
    assert_eq!(taken_off(&home), (Some(0.0015), 0));
    let free = with_a_priced_signal();
    free.seen(&["record-exit"], &trades(0..40, "2019-02-14", r#","qty":10,"fees":0"#));
    assert_eq!(taken_off(&free), (Some(0.0), 0));
}
