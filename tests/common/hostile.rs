//! Names that an engine should never send, in every place that takes a name.

use crate::common::{CLOSE, Home, fixture};
use serde_json::json;

/// Escape sequences, markup, formulas, characters that turn the direction, and one of 300 characters.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "\u{1b}[2J\u{1b}[31mRED\u{7}",
        "<b>BOLD</b><script>alert(1)</script>",
        "\" onload=\"x",
        "=HYPERLINK(\"http://127.0.0.1\",1)",
        "+1+cmd|' /C calc'!A0",
        "@SUM(1)",
        "\tTAB\r\nLINE",
        "A\u{202e}LPA\u{200b}\u{feff}",
        "]]><svg/onload=x>&amp;",
        "']\\u{1b}%s%n{}",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("W".repeat(300));
    names.push("東".repeat(100));
    names
}

/// Characters that must not reach anybody.
pub const TREACHEROUS: [char; 5] = ['\u{1b}', '\u{202e}', '\u{200b}', '\u{feff}', '\u{7}'];

/// The real week, and a trade, a pick and a missed signal for each name, which stands in every field.
pub fn store() -> Home {
    let home = Home::with_real_signals();
    let (mut exits, mut picks, mut missed) = (String::new(), String::new(), String::new());
    for (at, name) in names().iter().enumerate() {
        let exit = json!({
            "type": "exit", "trade_id": format!("{name}{at}"), "signal_id": name, "symbol": name, "side": "BUY",
            "entry_price": 100, "price": 101, "qty": 1, "confidence": 0.7, "entry_timestamp": "2019-02-15T19:00:00Z",
            "timestamp": "2019-02-15T19:30:00Z", "label": name, "regime": name, "sector": name, "setup": name,
            "strategy": name, "variant": name, "exit_reason": name, "features": {"f": 1.0, name: 2.0}, name: name,
        });
        let pick = json!({
            "signal_id": name, "symbol": name, "timestamp": "2019-02-15T19:00:00Z", "side": "BUY", "setup": name,
            "score": 5, "confidence": 0.7, "entry_price": 100, "regime": name, "sector": name, "features": {name: 2.0},
        });
        let signal = json!({
            "signal_id": format!("m{at}{name}"), "symbol": name, "timestamp": "2019-02-15T19:00:00Z", "label": "BUY",
            "confidence": 0.9, "price_at_signal": 100, "reason_not_traded": name, "regime": name, "setup": name,
        });
        exits.push_str(&format!("{exit}\n"));
        picks.push_str(&format!("{pick}\n"));
        missed.push_str(&format!("{signal}\n"));
    }
    for (command, lines) in [("record-exit", exits), ("record-signal", picks), ("track-missed", missed)] {
        let output = home.dtlearn().arg(command).write_stdin(lines).output().unwrap();
        assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{command}");
        assert_clean(command, &output.stdout);
        assert_clean(command, &output.stderr);
    }
    // An experiment whose second arm has such a name, as only an editor writes it.
    let plan = json!({
        "event": "plan", "name": "gone", "planned_at": "2019-02-08T22:00:00Z", "starts": "2019-02-11",
        "unit": "symbol-session", "metric": "net_usd", "min_effect": 5.0, "scale": 20.0, "clip": 80.0,
        "arms": [{"name": "A", "share": 0.5}, {"name": names()[0], "share": 0.5}], "capital": 10000.0,
        "sessions_needed": 60, "sessions_needed_one_look": 30, "max_sessions": 250, "schema": 1, "hash": names()[1],
    });
    std::fs::write(home.store("experiments.jsonl"), format!("{plan}\n")).unwrap();
    // Prices for each name, so that its missed signal is resolved and its reason is told of.
    let mut bars = String::from("symbol,timestamp,open,high,low,close\n");
    for name in names().iter().filter(|name| !name.contains(['"', '\n', '\r', ','])) {
        for minute in 0..60 {
            bars.push_str(&format!("\"{name}\",2019-02-15T19:{minute:02}:00Z,100,101,99.9,100.5\n"));
        }
    }
    let path = home.path("bars.csv");
    std::fs::write(&path, bars).unwrap();
    let real = fixture("real/bars_1m.csv.gz");
    let args = ["post-market", "--prices", real.to_str().unwrap(), path.to_str().unwrap(), "--now", CLOSE];
    let output = home.dtlearn().args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    home
}

/// Nothing treacherous in what was said.
pub fn assert_clean(what: &str, said: &[u8]) {
    let text = std::str::from_utf8(said).unwrap();
    for c in TREACHEROUS {
        assert!(!text.contains(c), "{what}: {c:?} in {text:?}");
    }
}
