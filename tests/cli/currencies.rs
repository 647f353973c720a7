//! Results and costs in another currency than the account's are converted by a rate that is said, or refused; never added up.

use serde_json::Value;

use crate::common::Home;

const BINANCE: &str = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee";
const FREQTRADE: &str =
    "pair,open_rate,close_rate,amount,profit_abs,open_date,close_date,fee_open,fee_close,is_short";
const TIMES: &str = "2019-02-14T15:00:00Z,2019-02-14T16:00:00Z,0.0005,0.0005,False";

/// Ten units bought at one price and sold at another, with the fees of both.
fn round_trip(pair: &str, bought: [&str; 3], sold: [&str; 3]) -> String {
    let row = |time, side, [price, executed, fee]: [&str; 3]| {
        format!("2019-02-14 {time}:00,{pair},{side},{price},{executed},1,{fee}\n")
    };
    format!("{BINANCE}\n{}{}", row("16:00", "BUY", bought), row("16:30", "SELL", sold))
}

/// The stored trade after an import; else what was said of it.
fn imported(file: &str, args: &[&str]) -> Result<Value, String> {
    let home = Home::new();
    std::fs::write(home.path("f.csv"), file).unwrap();
    let said = home.seen(&[&["import", "f.csv"], args].concat(), "");
    let lines = home.seen(&["export", "--format", "jsonl"], "");
    let line = lines.lines().find(|line| line.starts_with('{')).ok_or(said)?;
    Ok(serde_json::from_str(line).unwrap())
}

fn is_near(found: &Value, wanted: f64) -> bool {
    found.as_f64().is_some_and(|found| (found - wanted).abs() < 1e-9)
}

#[test]
fn a_pair_written_as_one_word_says_its_currency() {
    for (pair, quote) in [("SOLBTC", "BTC"), ("SOLEUR", "EUR"), ("SOLARS", "ARS"), ("SOLTRY", "TRY")] {
        let file = round_trip(pair, ["0.2", "10SOL", "0.01SOL"], ["0.21", "9.99SOL", &format!("0.1{quote}")]);
        let refused = imported(&file, &[]).unwrap_err();
        assert!(
            refused.contains(&format!("the result is in {quote}, this store counts in USD")),
            "{refused}"
        );
        let trade = imported(&file, &["--currency", quote]).unwrap();
        // The venue took a hundredth of a coin, worth 0.002, and 0.1 of what it was sold for.
        assert!(is_near(&trade["pnl"], 9.99 * 0.01 - 0.002 - 0.1), "{trade}");
    }
    // The account's dollar, in the coin that stands for it.
    let file = round_trip("SOLUSDT", ["120", "10SOL", "1.2USDT"], ["121", "10SOL", "1.21USDT"]);
    assert!(is_near(&imported(&file, &[]).unwrap()["pnl"], 10.0 - 2.41));
    assert!(imported(&file, &["--currency", "EUR"]).unwrap_err().contains("the result is in USDT"));
}

/// A thousand dollars' worth bought at 50,000 and sold at 51,000: 1,000/50,000 − 1,000/51,000 coins.
const IN_COINS: f64 = 1_000.0 / 50_000.0 - 1_000.0 / 51_000.0;

#[test]
fn inverse_contracts_pay_in_the_coin_and_are_known_by_venue_name_and_result() {
    let in_btc = |file: &str, pnl: f64| {
        let refused = imported(file, &[]).unwrap_err();
        assert!(refused.contains("the result is in BTC, this store counts in USD"), "{refused}");
        let trade = imported(file, &["--currency", "BTC"]).unwrap();
        assert!(is_near(&trade["pnl"], pnl), "{trade}");
    };
    // Bybit has no pairs in dollars themselves.
    let fill = |side: &str, price: u32, minute: u32| {
        format!(
            "{{\"symbol\":\"BTCUSD\",\"side\":\"{side}\",\"execPrice\":\"{price}\",\"execQty\":\"1000\",\"execTime\":\"17700000{minute:02}000\",\"execFee\":\"0.00001\",\"execId\":\"{side}\",\"execType\":\"Trade\"}}\n"
        )
    };
    in_btc(&(fill("Buy", 50_000, 0) + &fill("Sell", 51_000, 30)), IN_COINS - 0.00002);
    // Its closed results: the stated one is that of an inverse contract less fees, and nothing like that of the prices.
    let closed = |symbol: &str, result: f64| {
        format!(
            "Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,Exit Type,Trade Time\n{symbol},Sell,1000,50000,51000,{result},Trade,2026-02-02 04:00\n"
        )
    };
    let refused = imported(&closed("BTCUSD", 0.000_372_16), &[]).unwrap_err();
    assert!(refused.contains("the result is in BTC, this store counts in USD"), "{refused}");
    let linear = imported(&closed("BTCUSDT", 990_000.0), &["--result", "stated"]).unwrap();
    assert!(is_near(&linear["pnl"], 990_000.0), "{linear}");
    // By its name, with what a contract of that venue is worth.
    let exit = |more: &str| {
        format!(
            "{{\"symbol\":\"BTC-USD-SWAP\",\"side\":\"long\",\"entry_price\":50000,\"exit_price\":51000,\"qty\":10,\"exit_time\":\"2026-02-02T15:00:00Z\"{more}}}\n"
        )
    };
    in_btc(&exit(""), IN_COINS);
    let converted = imported(&exit(",\"currency\":\"BTC\",\"fx_rate\":51000"), &[]).unwrap();
    assert!((converted["pnl"].as_f64().unwrap() - 20.0).abs() < 1e-9, "{converted}");
    // Who says that it is none is believed.
    let linear = imported(&exit(",\"inverse\":false,\"currency\":\"USD\",\"multiplier\":1"), &[]).unwrap();
    assert!(is_near(&linear["pnl"], 10_000.0), "{linear}");
}

#[test]
fn what_freqtrade_states_is_in_its_stake_currency() {
    let file = |pair: &str| format!("{FREQTRADE}\n{pair},50000,51000,0.1,94.95,{TIMES}\n");
    for (pair, account, other) in
        [("BTC/EUR", "EUR", "USD"), ("BTC/USDT", "USD", "EUR"), ("BTC/USDC:USDC", "USDC", "BTC")]
    {
        assert!(is_near(&imported(&file(pair), &["--currency", account]).unwrap()["pnl"], 94.95), "{pair}");
        let refused = imported(&file(pair), &["--currency", other]).unwrap_err();
        assert!(refused.contains("there is no fx_rate") && refused.starts_with("status 1\n"), "{refused}");
    }
}

#[test]
fn a_fee_in_a_third_coin_needs_its_rate() {
    let file = round_trip("SOLUSDT", ["120", "10SOL", "0.001BNB"], ["121", "10SOL", "0.001BNB"]);
    let refused = imported(&file, &[]).unwrap_err();
    assert!(refused.contains("fees \"0.001 BNB\" is not in USDT as the result is"), "{refused}");
    assert!(
        refused.contains("hint: nothing was imported; where a column has that: --map COLUMN=fee_fx_rate")
    );
    let priced = file.replacen(BINANCE, &format!("{BINANCE},BNB price"), 1).replace("BNB\n", "BNB,600\n");
    let trade = imported(&priced, &["--map", "BNB price=fee_fx_rate"]).unwrap();
    assert!(is_near(&trade["pnl"], 10.0 - 1.2), "{trade}");
}

#[test]
fn the_currency_of_a_fill_s_fee_is_its_own() {
    let fill = |more: &str| {
        let home = Home::new();
        let text = format!(
            r#"{{"symbol":"SOLUSDT","side":"BUY","qty":10,"price":120,"time":"2019-02-14T15:00:00Z",{more}}}"#
        );
        let said = home.seen(&["record-fill"], &text);
        let log = home.store("fills.jsonl.gz");
        let read = |log| std::io::read_to_string(flate2::read::MultiGzDecoder::new(log)).unwrap();
        std::fs::File::open(log)
            .map(|log| serde_json::from_str::<Value>(&read(log)).unwrap())
            .map_err(|_| said)
    };
    for (more, fees, qty) in [
        (r#""fees":1.2,"fee_currency":"USDT""#, 1.2, 10.0),
        (r#""fees":1.2,"fee_currency":"USD""#, 1.2, 10.0),
        (r#""fees":"1.2 USD""#, 1.2, 10.0),
        (r#""commission":"0.01","commissionAsset":"SOL""#, 1.2, 9.99),
        (r#""fees":0.01,"fee_currency":"BNB","fee_fx_rate":600"#, 6.0, 10.0),
        (r#""fees":0,"fee_currency":"BNB""#, 0.0, 10.0),
        // Of a result that is converted, a fee in the account's own currency.
        (r#""fees":1.1,"fee_currency":"USD","currency":"EUR","fx_rate":1.1"#, 1.0, 10.0),
        (r#""fees":1.1,"fee_currency":"JPY","currency":"account","fee_fx_rate":0.01"#, 0.011, 10.0),
    ] {
        let stored = fill(more).unwrap_or_else(|said| panic!("{more}: {said}"));
        assert!(is_near(&stored["fees"], fees) && is_near(&stored["qty"], qty), "{more}: {stored}");
    }
    for (more, why) in [
        (r#""fees":0.01,"fee_currency":"BNB""#, "\"0.01 BNB\" is not in USDT as the result is"),
        (r#""fees":1,"fee_currency":"EUR""#, "\"1 EUR\" is not in USDT as the result is"),
        (r#""fees":1,"fee_currency":"BNB","fee_fx_rate":0"#, "fee_fx_rate is 0, it must be above 0"),
        (r#""fees":1,"currency":"EUR""#, "the result is in EUR, this store counts in USD"),
    ] {
        let said = fill(more).unwrap_err();
        assert!(said.contains(why) && said.starts_with("status 1\n"), "{more}: {said}");
    }
}

#[test]
fn what_metatrader_states_is_in_the_account_s_currency_of_whatever_pair() {
    let headings = "Time\tDeal\tSymbol\tType\tDirection\tVolume\tPrice\tOrder\tCommission\tFee\tSwap\tProfit\tBalance\tComment";
    let file = format!(
        "{headings}\n2019.02.14 10:00:00\t12\tEURJPY.r\tbuy\tin\t0.10\t125.0\t11\t-0.35\t0\t0\t0\t1\t\n\
         2019.02.14 11:00:00\t14\tEURJPY.r\tsell\tout\t0.10\t125.2\t13\t-0.35\t0\t0\t18.10\t1\t\n"
    );
    let trade = imported(&file, &["--tz", "UTC"]).unwrap();
    assert!(is_near(&trade["pnl"], 18.10 - 0.70), "{trade}");
}
