//! `reconcile`: the broker's file against the engine's records, both directions.

use insta::assert_snapshot;

use crate::common::Home;

const ENGINE: &str = r#"{"trade_id":"a","symbol":"MSFT","side":"BUY","entry_price":100,"price":101,"qty":10,"entry_timestamp":"2019-02-15T15:00:00Z","timestamp":"2019-02-15T15:30:00Z"}
{"trade_id":"b","symbol":"MSFT","side":"BUY","entry_price":100,"price":99,"qty":10,"entry_timestamp":"2019-02-15T16:00:00Z","timestamp":"2019-02-15T16:30:00Z"}
{"trade_id":"c","symbol":"KO","side":"SELL","entry_price":45,"price":44,"qty":10,"entry_timestamp":"2019-02-15T16:00:00Z","timestamp":"2019-02-15T16:10:00Z"}
"#;

/// The broker's fills: the first two trades with fees, none of the third, and a stop that the engine did not see.
const FILLS: &str = "Symbol,Side,Quantity,Price,Commission,Time\n\
    MSFT,BUY,10,100,0.5,2019-02-15T15:00:01Z\n\
    MSFT,SELL,10,101,0.5,2019-02-15T15:30:02Z\n\
    MSFT,BUY,10,100,0.5,2019-02-15T16:00:00Z\n\
    MSFT,SELL,10,99,0.5,2019-02-15T16:30:00Z\n\
    AAPL,BUY,5,200,0.5,2019-02-15T17:00:00Z\n\
    AAPL,SELL,5,196,0.5,2019-02-15T17:05:00Z\n";

#[test]
fn what_is_missing_and_what_differs_is_said_with_its_cause() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(ENGINE).assert().success();
    std::fs::write(home.path("fills.csv"), FILLS).unwrap();
    assert_snapshot!(home.seen(&["reconcile", "fills.csv", "--exit-code"], ""), @r"
    status 4
    --- out
    0 the same, 1 missing here, 1 missing there, 2 different
    Engine +10.00 USD in 3 trades, broker -23.00 in 3 trades: -33.00 apart

    Missing here: the broker has it, the engine has not recorded it
    Exit (New York)   Symbol  Side  Qty  Entry  Exit  P&L (USD)
    2019-02-15 12:05  AAPL    BUY     5    200   196     -21.00
    left out for width: Id (--wide shows all)

    Missing there: the engine recorded it, the broker has not
    Exit (New York)   Symbol  Side  Qty  Entry  Exit  P&L (USD)  Id
    2019-02-15 11:10  KO      SELL   10     45    44     +10.00  c

    Different
    Exit (New York)   Symbol  Here, and there                      Apart (USD)  Id
    2019-02-15 10:30  MSFT    fees 0.00, 1.00; pnl +10.00, +9.00         -1.00  a
    2019-02-15 11:30  MSFT    fees 0.00, 1.00; pnl -10.00, -11.00        -1.00  b

    2 trades without fees here and with 2.00 there: the engine does not record them
    missing here: exits that the broker made by itself, such as a stop that was hit
    while the engine was off
    --- err
    ");
    let found = home.json(&["reconcile", "fills.csv"]);
    let count = |key: &str| found[key].as_array().unwrap().len();
    assert_eq!((count("missing_here"), count("missing_there"), count("different")), (1, 1, 2));
    assert_eq!(found["missing_here"][0]["symbol"], "AAPL");
    assert_eq!(found["missing_there"][0]["trade_id"], "c");
    assert_eq!(found["different"][0]["differs"], serde_json::json!(["fees", "pnl"]));
    // The same within a dollar, and in another zone than it was read in.
    let shifted = FILLS.lines().filter(|line| !line.starts_with("AAPL")).map(|line| line.replace('Z', ""));
    std::fs::write(home.path("shifted.csv"), shifted.collect::<Vec<_>>().join("\n")).unwrap();
    let zone = ["reconcile", "shifted.csv", "--tz", "America/New_York", "--amount-tolerance", "1"];
    let said = home.seen(&zone, "");
    assert!(said.contains("times are -5 h apart in all 2 trades"), "{said}");
}

#[test]
fn books_that_agree_say_so() {
    let home = Home::new();
    home.dtlearn().arg("record-fill").write_stdin(
        FILLS.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!(
                "{{\"symbol\":\"{}\",\"side\":\"{}\",\"qty\":{},\"price\":{},\"fees\":{},\"timestamp\":\"{}\"}}\n",
                cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]
            )
        }).collect::<String>(),
    ).assert().success();
    std::fs::write(home.path("fills.csv"), FILLS).unwrap();
    let said = home.seen(&["reconcile", "fills.csv", "--exit-code"], "");
    assert!(said.starts_with("status 0\n--- out\nThe books are the same: 3 trades\n"), "{said}");
}

#[test]
fn an_exit_that_the_broker_filled_in_parts_is_the_same() {
    let home = Home::new();
    let whole = ENGINE.lines().next().unwrap();
    home.dtlearn().arg("record-exit").write_stdin(whole).assert().success();
    let fills = "Symbol,Side,Quantity,Price,Time\n\
        MSFT,BUY,10,100,2019-02-15T15:00:01Z\n\
        MSFT,SELL,4,101,2019-02-15T15:29:58Z\n\
        MSFT,SELL,6,101,2019-02-15T15:30:00Z\n";
    std::fs::write(home.path("fills.csv"), fills).unwrap();
    let said = home.seen(&["reconcile", "fills.csv", "--exit-code"], "");
    assert!(said.starts_with("status 0\n--- out\nThe books are the same: 1 trade\n"), "{said}");
    assert!(said.contains("in parts there, held against their sum: 1 trade"), "{said}");
}
