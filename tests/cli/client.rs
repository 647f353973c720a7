//! The client module for Python: what it records, and that it never raises.

use std::process::Command;

use crate::common::{Home, program};

const SCRIPT: &str = r#"
import json, sys
from datetime import datetime, timedelta
from dtlearn_client import Dtlearn

program, root = sys.argv[1:]
learn = Dtlearn(root=root, program=program)
now = datetime(2019, 2, 15, 15, 0)
out = {}
out["signal"] = learn.signal(signal_id="s-9", symbol="MSFT", side="LONG", entry_price=105.27, timestamp=now,
                             features={"rsi": 31}).ok
learn.fill(fill_id="e1", symbol="MSFT", side="BUY", qty=10, price=105.27, fees=0.5, timestamp=now, signal_id="s-9")
closed = learn.fill(fill_id="e2", symbol="MSFT", side="SELL", qty=10, price=106.27, fees=0.5,
                    timestamp=now + timedelta(minutes=5))
out["trades"] = closed.data["trades"]
out["missed"] = learn.missed("max_positions", symbol="KO", label="BUY", confidence=0.7, price=45.1, timestamp=now).ok
refused = learn.exit(symbol="X", side="LONG")
out["refused"] = [refused.ok, "no entry_price" in refused.error]
out["score"] = learn.score(symbol="MSFT", side="LONG", timestamp=now, score=5).data["scores"][0]["score"]
out["knobs"] = len(learn.knobs())
exit = dict(symbol="X", side="LONG", entry_price=1, exit_price=2, qty=1, exit_time=now)
absent = Dtlearn(root=root, program="/nowhere/dtlearn")
out["absent"] = absent.exit(trade_id="t1", **exit).ok
slow = Dtlearn(root=root, program=[sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.3)
out["slow"] = slow.exit(trade_id="t2", **exit).ok
out["unreadable"] = learn.exit(trade_id="t4", symbol="X", extra=object()).ok
out["next"] = learn.exit(trade_id="t3", **exit).ok
out["kept"] = learn.resend()
print(json.dumps(out))
"#;

#[test]
fn the_python_client_records_and_never_raises() {
    let home = Home::new();
    let printed = home.dtlearn().args(["generate", "client", "python"]).output().unwrap();
    std::fs::write(home.path("dtlearn_client.py"), &printed.stdout).unwrap();
    std::fs::write(home.path("engine.py"), SCRIPT).unwrap();
    let ran = Command::new("python3")
        .args(["-W", "error", "engine.py", program(), "da_brains"])
        .env("DTLEARN_NOW", crate::common::CLOSE)
        .current_dir(home.path(""))
        .output();
    let Ok(output) = ran else {
        println!("no python3 here: the client was not run");
        return;
    };
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{why}");
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let wanted = serde_json::json!({
        "signal": true, "trades": 1, "missed": true, "refused": [false, true], "score": 5.0, "knobs": 7,
        "absent": false, "slow": false, "unreadable": false, "next": true, "kept": 0,
    });
    assert_eq!(found, wanted, "{why}");
    // What could not be handed over came with the next call.
    let trades = home.json(&["report", "trades", "--days", "30"]);
    let mut ids: Vec<&str> =
        trades["trades"].as_array().unwrap().iter().filter_map(|trade| trade["trade_id"].as_str()).collect();
    ids.retain(|id| id.starts_with('t'));
    ids.sort_unstable();
    assert_eq!(ids, ["t1", "t2", "t3"]);
    let trade = trades["trades"].as_array().unwrap().iter().find(|trade| trade["symbol"] == "MSFT").unwrap();
    assert_eq!((trade["signal_id"].as_str(), trade["pnl"].as_f64()), (Some("s-9"), Some(9.0)));
}

/// Every hook of the docstring, in its engine, comes to the engine's own trades and net result.
#[test]
fn the_hooks_of_the_client_come_to_what_their_engines_say() {
    for engine in ["backtesting.py", "backtrader", "nautilus_trader", "freqtrade", "jesse"] {
        let home = Home::new();
        let printed = home.dtlearn().args(["generate", "client", "python"]).output().unwrap();
        std::fs::write(home.path("dtlearn_client.py"), &printed.stdout).unwrap();
        std::fs::write(home.path("hooks.py"), include_str!("../clients/client_hooks.py")).unwrap();
        let python = std::env::var("DTLEARN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let ran = Command::new(python)
            .args(["hooks.py", engine, program(), "da_brains"])
            .env("DTLEARN_NOW", "2026-11-26T12:00:00Z")
            .current_dir(home.path(""))
            .output();
        let Ok(output) = ran else {
            crate::common::skipped("python3");
            return;
        };
        let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let last = said.lines().last().unwrap_or_default();
        if last.starts_with("SKIPPED") {
            eprintln!("{last}");
            continue;
        }
        assert!(output.status.success(), "{engine}: {said}{why}");
        let stated: serde_json::Value =
            serde_json::from_str(last).unwrap_or_else(|_| panic!("{engine}: {said}{why}"));
        let exported = home.dtlearn().args(["--now", "2026-11-26T12:00:00Z", "export"]).output().unwrap();
        let net =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["pnl"].as_f64().unwrap();
        let results: Vec<f64> = String::from_utf8(exported.stdout).unwrap().lines().map(net).collect();
        assert_eq!(stated["trades"], results.len(), "{engine}: {why}");
        assert!(!results.is_empty(), "{engine}");
        let (sum, wanted) = (results.iter().sum::<f64>(), stated["net"].as_f64().unwrap());
        // freqtrade rounds to eight decimals.
        assert!((sum - wanted).abs() <= 1e-6, "{engine}: {sum}, not {wanted}");
    }
}

#[test]
fn a_language_without_a_client_is_named() {
    let said = Home::new().seen(&["generate", "client", "cobol"], "");
    assert!(said.starts_with("status 2") && said.contains("there is no client for cobol"), "{said}");
}
