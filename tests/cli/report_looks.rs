//! What a trader looks at, with values worked out by hand: the account under a drawdown, what stood before a trade, the money
//! of fees, tags and accounts, two spans of dates.

use serde_json::{Value, json};

use crate::common::Home;

/// A long trade of 100 units from 100.
fn trade(id: &str, symbol: &str, exit_price: f64, from: &str, to: &str, more: &str) -> String {
    format!(
        r#"{{"trade_id":"{id}","symbol":"{symbol}","side":"long","entry_price":100,"exit_price":{exit_price},"quantity":100,"entry_time":"{from}","exit_time":"{to}"{more}}}"#
    ) + "\n"
}

/// Weekdays on which there was a session.
fn sessions() -> impl Iterator<Item = String> {
    let january =
        (7..=11).chain(14..=18).chain(22..=25).chain(28..=31).map(|day| format!("2019-01-{day:02}"));
    january.chain([1, 4].map(|day| format!("2019-02-{day:02}")))
}

/// Capital 10,000, +1,000 in January, then +500 and −230: the peak is 11,500 and the fall 2 % of it, from whatever day one
/// looks.
#[test]
fn a_fall_is_of_the_account_that_it_fell_from() {
    let home = Home::new();
    let on = |id: &str, price: f64, day: &str| {
        trade(id, "AAPL", price, &format!("{day}T15:00:00Z"), &format!("{day}T15:30:00Z"), "")
    };
    let lines = [on("a", 110.0, "2019-01-07"), on("b", 105.0, "2019-02-12"), on("c", 97.7, "2019-02-13")];
    home.seen(&["record-exit"], &lines.concat());
    for (days, began) in [("all", 10_000.0), ("30", 11_000.0), ("7", 11_000.0)] {
        let found = home.json(&["report", "risk", "--days", days]);
        let fall = &found["drawdowns"][0];
        assert!((fall["drawdown_usd"].as_f64().unwrap() - 230.0).abs() < 1e-6, "{days}: {fall}");
        assert!((fall["drawdown_pct"].as_f64().unwrap() - 0.02).abs() < 1e-9, "{days}: {fall}");
        assert!((found["capital_usd"].as_f64().unwrap() - began).abs() < 1e-6, "{days}");
    }
}

/// In each of twenty sessions A is closed and then B entered; A loses in every second one. Of B alone nothing stood before it.
#[test]
fn what_came_before_a_trade_is_told_by_all_trades() {
    let home = Home::new();
    let mut lines = String::new();
    for (at, day) in sessions().enumerate() {
        let price = if at % 2 == 0 { 99.0 } else { 101.0 };
        lines += &trade(
            &format!("a{at}"),
            "A",
            price,
            &format!("{day}T15:00:00Z"),
            &format!("{day}T15:10:00Z"),
            "",
        );
        lines += &trade(
            &format!("b{at}"),
            "B",
            100.5,
            &format!("{day}T15:20:00Z"),
            &format!("{day}T15:30:00Z"),
            "",
        );
    }
    home.seen(&["record-exit"], &lines);
    let found = home.json(&["report", "behaviour", "--where", "symbol = B"]);
    assert_eq!(found["trades"], 20);
    let of = |situation: &str| -> Vec<(Value, Value)> {
        let groups =
            found["groups"].as_array().unwrap().iter().filter(|group| group["situation"] == situation);
        groups.map(|group| (group["name"].clone(), group["trades"].clone())).collect()
    };
    assert_eq!(of("after"), [(json!("after a win"), json!(10)), (json!("after a loss"), json!(10))]);
    // All of them are the second of their day: there is no rest to hold them against.
    assert_eq!(of("trade_of_day"), []);
}

/// At ten one trade of three has fees, at eleven none has.
#[test]
fn the_money_of_a_group_is_of_the_trades_that_are_counted_beside_it() {
    let home = Home::new();
    let at = |id: &str, hour: u32, more: &str| {
        let (from, to) = (format!("2019-02-12T{hour}:00:00Z"), format!("2019-02-12T{hour}:30:00Z"));
        trade(id, "AAPL", 101.0, &from, &to, more)
    };
    // Ten and eleven in New York.
    let lines = [at("a", 15, r#","fees":4"#), at("b", 15, ""), at("c", 15, ""), at("d", 16, "")];
    home.seen(&["record-exit"], &lines.concat());
    let csv = home.seen(&["-q", "report", "execution", "--format", "csv"], "");
    let rows: Vec<&str> = csv.lines().filter(|line| line.contains(':') && !line.starts_with("---")).collect();
    assert!(rows.iter().any(|row| row.starts_with("10:00,1,100.0,4.0,96.0,")), "{csv}");
    assert!(rows.iter().any(|row| row.starts_with("11:00,0,,,,")), "{csv}");
    let table = home.seen(&["report", "execution"], "");
    assert!(table.contains("of the 1 of 4 trades whose costs are on record"), "{table}");
}

/// +100 with two tags, −40 with one of them, +10 with none.
#[test]
fn groups_by_tag_and_by_account() {
    let home = Home::new();
    let on = |id: &str, price: f64, more: &str| {
        trade(id, "AAPL", price, "2019-02-12T15:00:00Z", "2019-02-12T15:30:00Z", more)
    };
    let lines = [
        on("a", 101.0, r#","tags":["fomo","news"],"account":"one""#),
        on("b", 99.6, r#","tags":["fomo"],"account":"two""#),
        on("c", 100.1, r#","account":"one""#),
    ];
    home.seen(&["record-exit"], &lines.concat());
    let groups = |args: &[&str]| -> Vec<(String, f64, f64)> {
        let found = home.json(&[&["report", "history", "--windows", "7", "--by"], args].concat());
        assert_eq!(found["by"], args[0]);
        let one = |group: &Value| {
            let week = &group["7d"];
            let number = |key: &str| week[key].as_f64().unwrap().round();
            (group["key"].as_str().unwrap().to_owned(), number("trades"), number("pnl"))
        };
        found["groups"].as_array().unwrap().iter().map(one).collect()
    };
    let named = |name: &str, n: f64, pnl: f64| (name.to_owned(), n, pnl);
    let tags = [named("fomo", 2.0, 60.0), named("news", 1.0, 100.0), named("unknown", 1.0, 10.0)];
    assert_eq!(groups(&["tags"]), tags);
    assert_eq!(groups(&["account"]), [named("one", 2.0, 110.0), named("two", 1.0, -40.0)]);
    assert_eq!(
        groups(&["account", "--where", "tags = fomo"]),
        [named("one", 1.0, 100.0), named("two", 1.0, -40.0)]
    );
}

/// Two spans of dates share no session: five whole sessions of either are compared, and with four there is no E.
#[test]
fn spans_of_dates_are_compared_by_whole_sessions() {
    let home = Home::new();
    let mut lines = String::new();
    for (at, day) in sessions().enumerate() {
        for nth in 0..10 {
            let price = 100.0 + if at < 10 { 1.0 } else { -1.0 } + 0.01 * f64::from(nth);
            let (from, to) =
                (format!("{day}T15:{nth}0:00Z").replace(":60", ":06"), format!("{day}T16:0{nth}:00Z"));
            let from = if nth > 5 { format!("{day}T15:0{nth}:00Z") } else { from };
            lines += &trade(&format!("t{at}-{nth}"), "AAPL", price, &from, &to, r#","fees":1"#);
        }
    }
    home.seen(&["record-exit"], &lines);
    let compare = |view: &str, day: &str| {
        let (before, after) = (format!("date < {day}"), format!("date >= {day}"));
        let args = ["report", view, "--days", "all", "--where", &before, "--against", &after];
        (home.json(&args), home.seen(&args, ""))
    };
    // Ten sessions of either.
    let (found, _) = compare("metrics", "2019-01-22");
    let usd = &found["comparison"][2];
    assert_eq!((&usd["a_n"], &usd["b_n"], &usd["verdict"]), (&json!(100), &json!(100), &json!("higher")));
    assert_eq!(usd["between_sessions"], true);
    assert!((usd["difference"].as_f64().unwrap() - 200.0).abs() < 1e-6 && usd["e"].as_f64().unwrap() >= 20.0);
    // Four of the one.
    let (found, shown) = compare("metrics", "2019-01-11");
    let usd = &found["comparison"][2];
    assert_eq!((&usd["a_n"], &usd["verdict"], &usd["e"]), (&json!(40), &json!("too few"), &Value::Null));
    assert!(shown.replace('\n', " ").contains("in 5 sessions of either"), "{shown}");
    assert!(!shown.contains("sessions that have both"), "{shown}");
    // Costs of 1 on 10,000 are one hundredth of a percent, whichever the day.
    let (found, _) = compare("execution", "2019-01-22");
    let costs = &found["comparison"][0];
    assert_eq!(costs["metric"], "cost_pct");
    assert!((costs["a"].as_f64().unwrap() - 1e-4).abs() < 1e-12 && costs["verdict"] == "unclear", "{costs}");
}

#[test]
fn where_an_option_is_refused_the_view_that_takes_it_is_named() {
    let home = Home::with_real_days();
    let refused = |args: &[&str]| {
        let output = home.dtlearn().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["report", "--where", "symbol = AAPL"]).contains("hint: `report metrics --where EXPR`"));
    let said = refused(&["report", "risk", "--where", "symbol = AAPL", "--against", "symbol = MSFT"]);
    assert!(said.contains("hint: `report metrics --where EXPR --against EXPR`"), "{said}");
    assert!(refused(&["report", "risk", "--goal", "0"]).contains("a goal is an amount above zero"));
}
