//! Trades of other programs.

use insta::assert_snapshot;

use crate::common::{Home, fixture};

/// What is said without the report on the names of the file.
fn without_report(said: &str) -> String {
    let is_report = |line: &&str| line.contains("]   ") || line.ends_with(" rows");
    said.lines().filter(|line| !is_report(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_freqtrade_result_is_read_as_it_comes() {
    let home = Home::new();
    let file = fixture("freqtrade/backtest-result.json");
    let foreign = home.seen(&["import", file.to_str().unwrap()], "");
    assert!(
        foreign.contains("the result is in BTC, this store counts in USD, and there is no fx_rate"),
        "{foreign}"
    );
    let said = home.seen(&["import", file.to_str().unwrap(), "--currency", "BTC"], "");
    assert_snapshot!(without_report(&said), @r#"
    status 0
    --- out
    recorded 5 trades, 1 disputed: the stated result is not that of prices and
    costs, 1 skipped: still open
    --- err
    [import] warning: XMR/BTC: 1 stated result differs from prices, quantity and costs
    [import] this import is 20190215210500; `dtlearn import --undo 20190215210500` takes it back
    "#);
    // Again: nothing new, the same trade of two strategies stays two trades.
    let again = home.seen(&["import", file.to_str().unwrap(), "-q", "--currency", "BTC"], "");
    assert_snapshot!(again, @r"
    status 0
    --- out
    5 already there, 1 skipped: still open
    --- err
    ");
    let all = home.json(&["report", "history", "--days", "all"]);
    let figures = &all["global_metrics"];
    assert_eq!((&figures["total_trades"], &figures["wins"]), (&5.into(), &4.into()));
    let trades = home.json(&["report", "trades", "--days", "all"])["trades"].clone();
    let short = trades.as_array().unwrap().iter().find(|t| t["symbol"] == "ETH/BTC").unwrap().clone();
    assert_eq!((&short["side"], &short["exit_reason"]), (&"SELL".into(), &"stop_loss".into()));
    let fees = 0.5 * 0.001 * (0.0943 + 0.0945);
    assert!((short["pnl"].as_f64().unwrap() - (-0.0002 * 0.5 - fees)).abs() < 1e-12);
    // Times as milliseconds where there is no text.
    let ada = trades.as_array().unwrap().iter().find(|t| t["symbol"] == "ADA/BTC").unwrap().clone();
    assert_eq!(ada["entry_time"], "2018-01-10T07:15:00Z");
}

#[test]
fn one_strategy_of_a_zip() {
    let home = Home::new();
    let zipped = home.path("result.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("backtest-result_config.json", b"{}".to_vec()),
        ("backtest-result.json", std::fs::read(fixture("freqtrade/backtest-result.json")).unwrap()),
    ] {
        zip.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    zip.finish().unwrap();
    let said = home.seen(&["import", "result.zip", "--strategy", "Dip", "--currency", "BTC"], "");
    assert_snapshot!(without_report(&said), @r"
    status 0
    --- out
    recorded 3 trades
    --- err
    [import] this import is 20190215210500; `dtlearn import --undo 20190215210500` takes it back
    ");
    let wrong = home.seen(&["import", "result.zip", "--strategy", "Drip"], "");
    assert!(wrong.contains("result.zip: there is no strategy \"Drip\" in it; it has: Dip, Swing"), "{wrong}");
}

#[test]
fn the_exported_csv_of_freqtrade() {
    let home = Home::new();
    let file = fixture("freqtrade/trades.csv");
    let said = home.seen(&["import", file.to_str().unwrap(), "--currency", "BTC"], "");
    assert_snapshot!(without_report(&said), @r"
    status 0
    --- out
    recorded 2 trades
    --- err
    [import] this import is 20190215210500; `dtlearn import --undo 20190215210500` takes it back
    ");
}

#[test]
fn any_csv_with_a_mapping() {
    let home = Home::new();
    std::fs::write(
        home.path("mine.csv"),
        "Ticker,Direction,Fill Px,Exit Price,Closed At,Shares\n\
         MSFT,BUY,100,101,2019-02-15 14:50:00,3\n\
         AAPL,SELL,100,x,2019-02-15 14:51:00,3\n\
         TSLA,SELL,100,101\n\
         GLD,SHORT,120,119,2019-02-15 14:52:00,1\n",
    )
    .unwrap();
    let said =
        home.seen(&["import", "mine.csv", "--map", "Fill Px=entry_price", "--tz", "America/New_York"], "");
    assert_snapshot!(said, @r#"
    status 3
    --- out
    recorded 2 trades, 2 refused
    --- err
    [import] mine.csv: csv, 4 rows
    [import]   read as: Ticker → symbol, Direction → side, Fill Px → entry_price, Exit Price → exit_price, Closed At → exit_time, Shares → qty
    [import] error: line 3 refused: exit_price "x" is not a number
    [import] error: line 4 refused: the row has 4 cells, the heading has 6
    hint: refused input is kept, with the reason, in ./da_brains/dt_learning/rejected/import-2019-02-15.jsonl
    [import] this import is 20190215210500; `dtlearn import --undo 20190215210500` takes it back
    "#);
    let trade = home.json(&["report", "trades"])["trades"][1].clone();
    assert_eq!((&trade["exit_time"], &trade["pnl"]), (&"2019-02-15T19:50:00Z".into(), &3.0.into()));
    let wrong = home.seen(&["import", "mine.csv", "--map", "Fill Px=entry_prize"], "");
    assert!(wrong.starts_with("status 2\n") && wrong.contains("did you mean \"entry_price\"?"), "{wrong}");
}

#[test]
fn a_missing_or_senseless_file_is_named() {
    let home = Home::new();
    let said = home.seen(&["import", "nowhere.csv"], "");
    assert!(said.starts_with("status 1\n") && said.contains("nowhere.csv: cannot be read"), "{said}");
    std::fs::write(home.path("x.csv"), "a,b\n1,2\n").unwrap();
    let said = home.seen(&["import", "x.csv"], "");
    assert!(said.starts_with("status 1\n") && said.contains("no line has headings that are known"), "{said}");
}
