//! `report patterns` as an operator meets it.

use serde_json::json;

use crate::common::planted_store::{dealt, planted, store};
use crate::common::{EVENING, Home, fixture, unpack};

/// 20 trades a session; breakouts win four of five in the first `good` sessions, everything else one of three.
fn trades(sessions: std::ops::Range<u32>, good: u32) -> String {
    let mut lines = String::new();
    for session in sessions {
        let day = format!("2026-{:02}-{:02}", 3 + session / 20, 1 + session % 20);
        for n in 0..20u32 {
            let breakout = n % 2 == 0;
            // Spread over the sessions, so that no other word knows it.
            let dice = (session * 7 + n * 3 + n / 2) % 15;
            let won = if breakout && session < good { dice < 12 } else { dice % 3 == 0 };
            let symbol = ["AAA", "BBB", "CCC"][(session as usize + n as usize) % 3];
            let sector = ["tech", "energy"][(n as usize / 3 + session as usize) % 2];
            let event = json!({
                "symbol": symbol, "side": "BUY", "sector": sector,
                "setup": if breakout { "breakout" } else { "fade" },
                "entry_price": 100, "price": if won { 101 } else { 99 }, "qty": 1, "fees": 0,
                "entry_timestamp": format!("{day}T15:{n:02}:00Z"), "timestamp": format!("{day}T16:{n:02}:00Z"),
                "features": {"news_sentiment": f64::from((session * 13 + n * 17) % 100) / 100.0},
                "trade_id": format!("{session}-{n}"),
            });
            lines.push_str(&format!("{event}\n"));
        }
    }
    lines
}

#[test]
fn an_edge_is_named_saved_and_looked_at_again() {
    let home = Home::new();
    let record = |lines: String| home.dtlearn().arg("record-exit").write_stdin(lines).assert().success();
    record(trades(0..18, 99));
    let now = "2026-03-18T21:00:00Z";
    let none = home.seen_at(now, &["report", "patterns", "--since-last"]);
    assert!(none.contains("No patterns have been saved yet: `dtlearn report patterns --save`"), "{none}");
    let said = home.seen_at(now, &["report", "patterns", "--save", "--wide"]);
    assert!(said.contains("edge: setup breakout won 78 % (72–84, n 180 over 18 days), 45 points above the rest of its days\n"), "{said}");
    assert!(said.contains("1 pattern of ") || said.contains("drag: setup fade"), "{said}");
    let json = home.json_at(now, &["report", "patterns"]);
    let edge = json["patterns"].as_array().unwrap().iter().find(|p| p["verdict"] == "edge").unwrap();
    assert_eq!(
        (edge["n"].as_u64(), edge["sessions"].as_u64(), &edge["of"]),
        (Some(180), Some(18), &"trades".into())
    );
    assert!(
        edge["lift_low_points"].as_f64() < edge["lift_points"].as_f64()
            && edge["shrunk_lift_points"].as_f64() < edge["lift_points"].as_f64()
    );
    assert!(edge["p"].as_f64().unwrap() < 1e-6);
    // Its other half: no model is in use, and its trades made more than the others of their days.
    assert!(edge["model"].is_null() && said.contains("No model is in use that could score them"), "{said}");
    assert!(said.contains("    these trades made +0.57 % each (n 180), the others -0.33 %, "), "{said}");
    assert!(said.contains(": taking only these would have been better, E "), "{said}");
    let drag = said.lines().skip_while(|line| !line.starts_with("  drag: setup fade")).nth(1).unwrap();
    assert!(drag.contains("these trades made -0.3"), "{said}");
    assert!(drag.contains(": leaving them out would have been better, E "), "{said}");
    let followed = &edge["followed"];
    assert_eq!((&followed["judgement"], followed["n_others"].as_u64()), (&"better".into(), Some(180)));
    assert!(
        followed["e"].as_f64() > Some(20.0) && followed["difference_low"].as_f64() > Some(0.005),
        "{edge}"
    );
    let unclear = json["patterns"].as_array().unwrap().iter().find(|p| p["verdict"] == "unclear").unwrap();
    assert!(unclear["followed"].is_null(), "only what is named is worth following");
    assert!(json["tried"][0]["tried"].as_u64().unwrap() > 100);
    assert_eq!(json["sentiment"].as_array().unwrap().len(), 10);
    assert_eq!(json["sentiment"][9]["n"], 36);

    // It goes on, and then it ends.
    record(trades(18..36, 99));
    let later = home.json_at("2026-04-20T21:00:00Z", &["report", "patterns", "--since-last"]);
    assert_eq!(
        (&later["confirmed"][0]["was"], &later["confirmed"][0]["now"]["verdict"]),
        (&"edge".into(), &"edge".into())
    );
    assert_eq!(later["since"], now);
    let over = Home::new();
    over.dtlearn().arg("record-exit").write_stdin(trades(0..18, 18)).assert().success();
    over.seen_at(now, &["report", "patterns", "--save"]);
    over.dtlearn().arg("record-exit").write_stdin(trades(18..36, 18)).assert().success();
    let said = over.seen_at("2026-04-20T21:00:00Z", &["report", "patterns", "--since-last", "--wide"]);
    assert!(said.contains("0 of ") && said.contains("edge, now unclear: setup breakout won"), "{said}");
}

/// Breakouts win in 18 sessions, then no more; the question was asked in between.
#[test]
fn what_became_of_a_question_since_it_was_asked() {
    let home = Home::new();
    let record = |lines: String| home.dtlearn().arg("record-exit").write_stdin(lines).assert().success();
    let (then, later) = ("2026-03-18T21:00:00Z", "2026-04-20T21:00:00Z");
    record(trades(0..18, 18));
    let ask = ["report", "patterns", "--ask", "setup = breakout", "--since-last"];
    let first = home.seen_at(then, &ask);
    assert!(first.contains("It was not asked before.") && !first.contains("another verdict"), "{first}");
    let kept = || std::fs::read_to_string(home.store("patterns_asked.jsonl")).unwrap();
    assert_eq!(kept().lines().count(), 1);
    record(trades(18..36, 18));

    // Of all that was asked, and nothing is written down.
    let all = home.json_at(later, &["report", "patterns", "--since-last"]);
    let told = &all["asked_again"][0];
    assert_eq!(
        (&told["ask"], &told["of"], &told["asked_at"]),
        (&ask[3].into(), &"trades".into(), &then.into())
    );
    let of = |when: &str| (told[when]["verdict"].as_str().unwrap(), told[when]["n"].as_u64().unwrap());
    assert_eq!((of("before"), of("since")), (("edge", 180), ("unclear", 180)), "{told}");
    assert_eq!(of("now").1, 360);
    let lift = |when: &str| told[when]["lift_points"].as_f64().unwrap();
    assert!(lift("before") > 40.0 && lift("since").abs() < 5.0, "{told}");
    assert!((lift("now") - f64::midpoint(lift("before"), lift("since"))).abs() < 1.0, "{told}");
    assert_eq!(told["changed"], of("now").0 != "edge");
    assert_eq!(home.json_at(later, &["report", "patterns", "--since-last"])["asked_again"][0], *told);
    assert_eq!(kept().lines().count(), 1);
    assert_eq!(
        home.json_at(then, &["report", "patterns", "--since-last"])["asked_again"][0]["since"],
        json!(null)
    );
    let said = home.seen_at(later, &["report", "patterns", "--since-last", "--wide"]);
    assert!(said.contains("Of 1 answer kept, "), "{said}");
    assert!(
        said.contains(
            "trades where setup = breakout, 90 days: edge, +45.0 points (n 180) on 2026-03-18T21:00:00Z; now "
        ),
        "{said}"
    );

    // Asked once more over fewer days: held against what was kept, and a look of its own.
    let fewer = home.json_at(later, &[&ask[..], &["--days", "30"]].concat());
    let told = &fewer["asked_again"][0];
    assert_eq!(
        (&told["before"]["days"], &told["days"], told["before"]["n"].as_u64()),
        (&90.into(), &30.into(), Some(180))
    );
    assert_eq!((&told["now"]["verdict"], &told["changed"]), (&fewer["answers"][0]["verdict"], &true.into()));
    assert_eq!(kept().lines().count(), 2);
    let wide = [&ask[..], &["--days", "30", "--wide"]].concat();
    assert!(home.seen_at(later, &wide).contains("on 2026-04-20T21:00:00Z; now "), "the newest answer counts");

    // A field that no row has any more.
    let gone = kept().lines().next().unwrap().replace("setup = breakout", "vanished > 1");
    std::fs::write(home.store("patterns_asked.jsonl"), format!("{gone}\n")).unwrap();
    let told = home.json_at(later, &["report", "patterns", "--since-last"])["asked_again"][0].clone();
    assert!(told["why_not"].as_str().unwrap().contains("vanished") && told["now"].is_null(), "{told}");
}

/// Three of four trades win where `momentum_15m` is above zero, and lose where it is not.
#[test]
fn the_other_half_says_what_the_model_does_and_what_following_would_have_brought() {
    let (picks, exits) = planted();
    let home = store(&picks, &dealt(&picks, &exits, false));
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let answer = |ask: &str| {
        let json = home.json_at(EVENING, &["report", "patterns", "--ask", ask]);
        json["answers"][0].clone()
    };
    for (ask, word) in
        [("momentum_15m > 0", ("higher", "better")), ("momentum_15m <= 0", ("lower", "better"))]
    {
        let answer = answer(ask);
        let (model, followed) = (&answer["model"], &answer["followed"]);
        assert_eq!((&model["verdict"], &followed["judgement"]), (&word.0.into(), &word.1.into()), "{answer}");
        assert!(followed["e"].as_f64() > Some(20.0));
        let of = |half: &serde_json::Value, key: &str| half[key].as_f64().unwrap();
        let (low, high) = (of(model, "difference_low_points"), of(model, "difference_high_points"));
        let difference = of(model, "difference_points");
        assert!(low < difference && difference < high && (low > 0.0) == (word.0 == "higher"), "{answer}");
        assert_eq!(of(model, "n") + of(model, "n_others"), 1000.0);
        let means = of(model, "mean_probability") - of(model, "mean_probability_others");
        assert!((means * 100.0 - difference).abs() < 5.0 && means.abs() > 0.2, "{answer}");
    }
    let said = home.seen_at(EVENING, &["report", "patterns", "--wide"]);
    assert!(
        said.contains("    the model gives them a chance of ")
            && said.contains(" points within the same days ("),
        "{said}"
    );
    // The spread has no part in anything.
    assert_eq!(answer("spread_bps > 5")["followed"]["judgement"], "cannot tell");
}

#[test]
fn nothing_stands_out_of_five_real_days() {
    let home = Home::with_real_days();
    home.dtlearn()
        .arg("record-signal")
        .write_stdin(unpack(&fixture("real/signals.jsonl.gz")))
        .assert()
        .success();
    let said = home.seen(&["report", "patterns"], "");
    assert!(
        said.contains("No pattern stands out among ") && said.contains(" tried on 222 trades in 5"),
        "{said}"
    );
    assert!(said.contains("unclear"), "{said}");
    let csv = home.seen(&["report", "patterns", "--format", "csv"], "");
    assert!(csv.contains("of,verdict,pattern,n,sessions,win_rate") && csv.contains(",lift_points,"), "{csv}");
    let empty = Home::new();
    empty
        .dtlearn()
        .arg("record-exit")
        .write_stdin(crate::common::exit("t", 1.0, "2019-02-15T15:00:00Z"))
        .assert()
        .success();
    assert!(empty.seen(&["report", "patterns"], "").contains("No trades with an entry time in this span"));
    assert!(empty.seen(&["report", "metrics", "--save"], "").starts_with("status 2\n"));
}

#[test]
fn what_is_asked_once_is_one_look_and_what_cannot_be_asked_is_said() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(trades(0..18, 99)).assert().success();
    let now = "2026-03-18T21:00:00Z";
    let asked = |ask: &[&str]| {
        home.json_at(now, &[&["report", "patterns", "--ask"], ask].concat())["asked"].as_u64().unwrap()
    };
    for ask in [
        "setup = breakout",
        "(setup = breakout)",
        "setup in (breakout)",
        "SETUP = Breakout",
        "not setup != breakout",
    ] {
        assert_eq!(asked(&[ask]), 1, "{ask}");
    }
    assert_eq!(asked(&["setup = breakout", "--days", "30"]), 2, "over other days it is another look");
    assert_eq!(asked(&["news_sentiment between .4 and .6"]), 3);
    assert_eq!(asked(&["news_sentiment <= .6 and news_sentiment >= .4"]), 3);

    let said =
        |ask: &str, more: &[&str]| home.seen_at(now, &[&["report", "patterns", "--ask", ask], more].concat());
    assert!(said("pnl > 0", &[]).contains("`pnl` is known only after the trade"), "{}", said("pnl > 0", &[]));
    assert!(said("setup = none_such", &[]).contains("It holds of none of 360 trades"));
    assert!(said("side = long", &[]).contains("It holds of every one that says enough of 360 trades"));
    let empty = home.seen_at("2027-03-18T21:00:00Z", &["report", "patterns", "--ask", "rsi_14 > 5"]);
    assert!(empty.contains("No trades or missed signals in this span") && !empty.contains("no field"));
    // Evidence beyond all doubt: its size in the table, the number in JSON.
    let e =
        home.json_at(now, &["report", "patterns", "--ask", "setup = breakout"])["answers"][0]["e"].as_f64();
    assert!(e > Some(1e9) && said("setup = breakout", &["--wide"]).contains("above 10^9"), "{e:?}");

    // A line that cannot be read no longer counts: doctor says so.
    let path = home.store("patterns_asked.jsonl");
    let kept = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{kept}{{\"ask\":\n")).unwrap();
    assert!(home.seen_at(now, &["doctor"]).contains("1 line skipped: not questions"));
}

/// Breakouts win in the first sessions and lose in those since: over all rows the verdict may stand, and that it turned is said
/// first.
#[test]
fn a_verdict_that_turned_is_said_in_the_first_line() {
    let home = Home::new();
    let record = |lines: String| home.dtlearn().arg("record-exit").write_stdin(lines).assert().success();
    record(trades(0..18, 18));
    home.seen_at("2026-03-18T21:00:00Z", &["report", "patterns", "--ask", "setup = breakout"]);
    let turned = trades(18..36, 36).replace("\"setup\":\"breakout\"", "\"setup\":\"x\"");
    record(
        turned
            .replace("\"setup\":\"fade\"", "\"setup\":\"breakout\"")
            .replace("\"setup\":\"x\"", "\"setup\":\"fade\""),
    );
    let later = "2026-04-20T21:00:00Z";
    let said = home.seen_at(later, &["report", "patterns", "--since-last", "--wide"]);
    assert!(said.contains(" (turned on the rows since: setup = breakout):"), "{said}");
    let told = home.json_at(later, &["report", "patterns", "--since-last"])["asked_again"][0].clone();
    assert_eq!((&told["turned"], &told["since"]["verdict"]), (&true.into(), &"drag".into()), "{told}");
}
