//! News that are refused, or left out of a score, and how that is said.

use serde_json::json;

use crate::common::Home;

#[test]
fn several_symbols_are_refused_in_words_of_their_own() {
    let home = Home::new();
    for symbols in [r#""symbols":["AAPL","MSFT"]"#, r#""symbol":"AAPL,MSFT""#, r#""tickers":["AAPL"]"#] {
        let line = format!(r#"{{"timestamp":"2019-02-15T15:00:00Z",{symbols},"sentiment":0.1}}"#);
        let said = home.seen(&["record-news"], &line);
        assert!(said.contains("send one item for each"), "{said}");
    }
}

#[test]
fn a_score_says_that_it_leaves_later_news_out() {
    let home = Home::new();
    let pick = json!({"symbol": "A", "side": "BUY", "timestamp": "2019-02-15T15:00:00Z",
        "features": {"news_mean": 0.4, "news_time": "2019-02-15T15:00:01Z"}});
    let said = home.seen(&["score"], &pick.to_string());
    assert!(said.contains("news later than the signal"), "{said}");
}
