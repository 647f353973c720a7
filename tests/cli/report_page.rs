//! The page that a browser shows.

use crate::common::{CLOSE, EVENING, Home, fixture};

fn page(home: &Home) -> String {
    home.dtlearn().args(["report", "--html", "page.html"]).assert().success();
    std::fs::read_to_string(home.path("page.html")).unwrap()
}

/// The real week after its last close, with knobs that moved and signals that were priced.
fn after_the_close() -> Home {
    let home = Home::with_real_signals();
    let bars = fixture("real/bars_1m.csv.gz");
    home.dtlearn().args(["post-market", "--prices", bars.to_str().unwrap()]).assert().success();
    home
}

/// What a reader of the week's page must see.
const SEEN: [&str; 32] = [
    "<!DOCTYPE html>",
    "lang=\"en\"",
    "Content-Security-Policy",
    "-24.48 USD in 48 trades",
    "225 signals not traded",
    "Equity at the close (USD)",
    "9,857.00 on 2019-02-15, 1.4 % below its highest close; deepest at a close 1.4 % on 2019-02-15. 5 trading days drawn.",
    "<title>2019-02-15 Fri: -24.48 in 48 trades</title>",
    "<ul class=\"tiles\">",
    "222 trades, 34.7 % won (29 to 41 %)",
    "0 of 5 sessions above zero; best -11.99 on 2019-02-11, worst -46.80 on 2019-02-14.",
    "Time of day: mean result of a trade",
    "Symbol: mean result of a trade",
    "Worst against best excursion of each trade",
    "Tables: Where results come from",
    "DT_EXEC_MIN_CONF",
    "by default 0.25, from ",
    "No model yet",
    "rejected",
    " variants is clearly better",
    "DT_MIN_TRADE_GAP_MINUTES (USD)",
    "at the close; deepest 1.4 % on 2019-02-15 (after each exit 1.5 %)",
    "Nothing is open by the fills that were recorded.",
    "sessions had a lock under the rules in force",
    "No experiment is on record",
    "95 % interval -",
    "all 5 sessions ended at -46.80 to -11.99",
    "<a href=\"#guard\">Guard</a><span class=\"value\">no lock now</span>",
    "Growth at 10 % of the account a trade",
    "Symbol, 90 days",
    "As of 2019-02-15 ",
    "The green line is the value in force, 15. Of 11 values the best per trade is ",
];

#[test]
fn the_page_tells_the_day_and_needs_nothing_else() {
    let home = after_the_close();
    // A percent sign stays with its number by a space that is not broken.
    let page = page(&home).replace('\u{a0}', " ");
    for part in SEEN {
        assert!(page.contains(part), "{part}");
    }
    // Nothing is fetched and nothing runs.
    for word in
        ["<script", "<link", "<img", "<iframe", "<object", "http:", "https:", "@import", "url(", "src="]
    {
        assert!(!page.contains(word), "{word}");
    }
    assert!(!page.contains("style=\""), "an attribute that the policy would not allow");
    assert!(!page.contains("http-equiv=\"refresh\""));
    // Every chart has its words, every table its headings, every address its place.
    let count = |part: &str| page.matches(part).count();
    assert_eq!(count("<svg "), count("role=\"img\""));
    assert!(count("<svg ") >= 9, "{}", count("<svg "));
    assert_eq!(count("<table"), count("<caption>"));
    // Each picture has words under the pointer, and none of a number has more decimals than tell it.
    for picture in page.split("<svg ").skip(1) {
        let picture = picture.split("</svg>").next().unwrap();
        assert!(picture.contains("<title>"), "{picture}");
    }
    assert!(!page.contains("Symbol, 7 days"));
    assert!(count("scope=\"row\"") > 100);
    for id in [
        "now",
        "summary",
        "sessions",
        "groups",
        "behaviour",
        "execution",
        "risk",
        "missed",
        "patterns",
        "open-book",
        "guard",
        "knobs",
        "size",
        "experiments",
        "model",
        "retrains",
    ] {
        assert!(
            page.contains(&format!("href=\"#{id}\"")) && page.contains(&format!("<h2 id=\"{id}\"")),
            "{id}"
        );
    }
}

#[test]
fn the_same_store_gives_the_same_page() {
    let home = after_the_close();
    assert_eq!(page(&home), page(&home));
}

#[test]
fn the_model_is_on_the_page() {
    let home = Home::with_planted_rows();
    home.dtlearn().env("DTLEARN_NOW", EVENING).arg("retrain").assert().success();
    let page = page(&home);
    assert!(page.contains("Reliability, held out") && page.contains("Predicted against observed frequency"));
    assert!(page.contains("deployed"));
}

#[test]
fn a_page_that_reloads_says_so() {
    let home = Home::with_real_days();
    home.dtlearn().args(["report", "--html", "live.html", "--refresh", "60"]).assert().success();
    let text = std::fs::read_to_string(home.path("live.html")).unwrap();
    assert!(text.contains("<meta http-equiv=\"refresh\" content=\"60\">"));
    let said = home.seen(&["report", "--html", "-"], "");
    assert!(said.starts_with("status 0\n--- out\n<!DOCTYPE html>"), "{}", &said[..80]);
    for (args, why) in [
        (&["report", "trades", "--html", "x.html"][..], "--html goes with `summary`"),
        (&["report", "--refresh", "60"], "--html"),
        (&["report", "--html", "x.html", "-o", "y.html"], "leave --output out"),
        (&["report", "--html", "no/such/x.html"], "no/such/x.html"),
        (&["report", "--watch", "0"], "1..=86400"),
    ] {
        let said = home.seen(args, "");
        assert!(!said.starts_with("status 0") && said.contains(why), "{args:?}: {said}");
    }
    assert!(!home.path("x.html").exists());
}

#[test]
fn an_empty_store_has_a_page_that_says_what_to_do() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    let page = page(&home);
    assert!(page.contains("No trades yet") && page.contains("dtlearn record-exit"), "{page}");
}

#[test]
fn a_saved_summary_stands_beside_what_post_market_wrote() {
    let read = |home: &Home| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(home.store("reports/post_market_2019-02-15.json")).unwrap())
            .unwrap()
    };
    let home = Home::with_real_days();
    home.dtlearn().args(["report", "--save"]).assert().success();
    let told = read(&home);
    assert_eq!((&told["status"], &told["date"]), (&"summary".into(), &"2019-02-15".into()));
    assert_eq!(told["summary"]["windows"]["7d"]["total_trades"], 222);
    // A summary is no run: health still misses one.
    assert!(home.seen(&["report", "post-market"], "").contains("only a summary was saved"));

    home.dtlearn().arg("post-market").assert().success();
    let run = read(&home);
    assert_eq!((&run["status"], run["steps"].as_object().unwrap().len()), (&"ok".into(), 5));
    assert_eq!(run["earlier_runs"], serde_json::json!([]));
    home.dtlearn().args(["report", "--save"]).assert().success();
    let both = read(&home);
    assert_eq!(both["steps"], run["steps"]);
    assert_eq!(both["summary"], run["summary"]);
    let said = home.seen(&["report", "--save", "--as-of", CLOSE], "");
    assert!(said.starts_with("status 2\n"), "{said}");
}
