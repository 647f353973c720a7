//! The figures as Prometheus reads them, against those of JSON.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Home, exit};

/// Each line that holds a value: name, labels, value. What is no such line must be HELP or TYPE of the name that follows.
fn samples(text: &str) -> Vec<(String, String, f64)> {
    let mut all = Vec::new();
    let mut typed = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(kind, "gauge");
            assert!(typed.insert(name.to_owned()), "{name} twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        assert!(typed.contains(name), "{name} has no type");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(name.starts_with("dtlearn_") && name.chars().all(plain), "{name}");
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite());
        // The desk stands behind everything else that tells a series.
        let (labels, desk) = labels.trim_end_matches('}').rsplit_once("desk=").unwrap();
        assert!(desk.len() > 2 && desk.starts_with('"') && desk.ends_with('"'), "{desk}");
        all.push((name.to_owned(), labels.trim_end_matches(',').to_owned(), value));
    }
    let series: BTreeSet<(&str, &str)> = all.iter().map(|(name, labels, _)| (&**name, &**labels)).collect();
    assert_eq!(series.len(), all.len(), "a series twice");
    all
}

#[test]
fn every_figure_that_has_a_value_is_there_in_base_units_and_no_other() {
    let home = Home::with_real_days();
    let said = home.seen(&["report", "metrics", "--format", "prometheus"], "");
    let text = said.strip_prefix("status 0\n--- out\n").unwrap().split("--- err").next().unwrap();
    let all: BTreeMap<(String, String), f64> =
        samples(text).into_iter().map(|(name, labels, value)| ((name, labels), value)).collect();
    let json = home.json(&["report", "metrics"]);
    let mut found = 0;
    for (window, figures) in json["windows"].as_object().unwrap() {
        for (name, series, factor) in [
            ("total_trades", "dtlearn_total_trades", 1.0),
            ("win_rate", "dtlearn_win_rate_ratio", 1.0),
            ("total_pnl", "dtlearn_total_pnl_usd", 1.0),
            ("expectancy_usd", "dtlearn_expectancy_usd", 1.0),
            ("expectancy_pct", "dtlearn_expectancy_ratio", 1.0),
            ("drawdown_pct", "dtlearn_drawdown_ratio", 1.0),
            ("avg_hold_minutes", "dtlearn_avg_hold_seconds", 60.0),
            ("avg_loss_hold_time", "dtlearn_avg_loss_hold_seconds", 60.0),
            ("profit_factor", "dtlearn_profit_factor", 1.0),
            ("avg_confidence", "dtlearn_avg_confidence_ratio", 1.0),
            ("sortino_ratio", "dtlearn_sortino_ratio", 1.0),
        ] {
            let wanted = figures["global_metrics"].get(name).or_else(|| figures.get(name)).unwrap();
            let got = all.get(&(series.to_owned(), format!("window=\"{window}\"")));
            match wanted.as_f64() {
                Some(wanted) => {
                    let got = *got.unwrap_or_else(|| panic!("no {series} of {window}"));
                    assert!((got - wanted * factor).abs() < 1e-9 * (1.0 + got.abs()), "{series} {window}");
                    found += 1;
                }
                None => assert!(got.is_none(), "{series} of {window} has no value"),
            }
        }
    }
    assert!(found > 30, "{found}");
    let of_symbol =
        ("dtlearn_group_total_trades".to_owned(), "grouping=\"by_symbol\",key=\"MSFT\"".to_owned());
    let by_symbol = json["windows"]["7d"]["by_symbol"]["MSFT"]["trades"].as_f64();
    assert_eq!(all.get(&of_symbol).copied(), by_symbol);
    assert_eq!(all[&("dtlearn_as_of_timestamp_seconds".to_owned(), String::new())], 1_550_264_700.0);
}

#[test]
fn the_file_is_replaced_whole_and_other_answers_have_no_such_form() {
    let home = Home::new();
    let evil = exit("t1", 5.0, "2019-02-15T19:50:00Z").replace("MSFT", r#"A\"} 1\nevil"#);
    home.dtlearn().arg("record-exit").write_stdin(evil).assert().success();
    std::fs::write(home.path("d.prom"), "old").unwrap();
    let said = home.seen(&["report", "metrics", "-o", "d.prom"], "");
    assert_eq!(said, "status 0\n--- out\n--- err\n");
    let text = std::fs::read_to_string(home.path("d.prom")).unwrap();
    let trades = samples(&text).into_iter().filter(|(name, ..)| name == "dtlearn_group_total_trades");
    let symbols: Vec<String> =
        trades.map(|(_, labels, _)| labels).filter(|l| l.contains("by_symbol")).collect();
    assert_eq!(symbols.len(), 1, "{symbols:?}");
    let left: Vec<_> =
        std::fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".new")), "{left:?}");
    for args in [
        &["report", "trades"][..],
        &["analyze"],
        &["report", "metrics", "--where", "r > 0", "--against", "r < 0"],
    ] {
        let said = home.seen(&[args, &["--format", "prometheus"]].concat(), "");
        assert!(said.starts_with("status 2\n") && said.contains("only `report metrics`"), "{said}");
    }
}

#[test]
fn the_series_of_two_desks_are_two() {
    let home = Home::new();
    let of = |root: &str| {
        let mut command = home.dtlearn();
        command.args(["--root", root, "record-exit"]).write_stdin(exit("t1", 5.0, "2019-02-15T19:50:00Z"));
        command.assert().success();
        let said = home.seen(&["--root", root, "report", "metrics", "--format", "prometheus"], "");
        said.lines().filter(|line| line.starts_with("dtlearn_")).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (one, other) = (of("momentum/da_brains"), of("reversal"));
    assert!(one.iter().all(|line| line.contains("desk=\"momentum\"")), "{one:?}");
    assert!(one.is_disjoint(&other) && one.len() == other.len());
}
