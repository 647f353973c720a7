//! The day's work after the close, and its report.

use crate::common::{Home, fixture};

#[test]
fn the_day_is_done_in_five_steps_and_told() {
    let home = Home::with_real_signals();
    let bars = fixture("real/bars_1m.csv.gz");
    let said = home.seen(&["post-market", "--prices", bars.to_str().unwrap()], "");
    // The day first, in money, then what was done about it.
    let day = "status 0\n--- out\nSession 2019-02-15: -24.48 USD in 48 trades, 19 won (39.6 %, ";
    assert!(said.starts_with(day) && said.contains("\n2019-02-15: all of 5 steps done\n"), "{said}");
    assert!(said.contains("225 missed signals priced, 0 waiting for prices"), "{said}");
    let told = home.day_report("post_market_2019-02-15");
    assert_eq!(told, home.day_report("post_market_latest"));
    assert_eq!((&told["date"], &told["status"]), (&"2019-02-15".into(), &"ok".into()));
    let steps: Vec<&String> = told["steps"].as_object().unwrap().keys().collect();
    assert_eq!(steps, ["trade_analysis", "missed_opportunities", "retrain", "brain_update", "size"]);
    assert_eq!(told["steps"]["missed_opportunities"]["resolved"], 225);
    assert_eq!(told["steps"]["retrain"]["result"], "rejected");
    assert_eq!(told["steps"]["brain_update"]["changes"].as_array().unwrap().len(), 2);

    // A second time on the same date: nothing is done twice, and nothing that was told is lost.
    let again = home.seen(&["post-market"], "");
    assert!(
        again.contains("already tried on 2019-02-15") && again.contains("already moved knobs on 2019-02-15"),
        "{again}"
    );
    let told = home.day_report("post_market_2019-02-15");
    assert_eq!(told["earlier_runs"][0]["steps"]["brain_update"]["changes"].as_array().unwrap().len(), 2);
    assert!(told["earlier_runs"][0].get("earlier_runs").is_none());

    // The Monday after is a holiday: nothing to do, and nothing changes.
    let before = std::fs::read(home.store("reports/post_market_latest.json")).unwrap();
    let said = home.seen_at("2019-02-18T21:05:00Z", &["post-market"]).replace('\n', " ");
    let nothing = "2019-02-18 is no session (Washington's Birthday), and the work of the last one, 2019-02-15, is done.";
    assert!(said.starts_with(&format!("status 0 --- out Nothing to do: {nothing} ")), "{said}");
    assert_eq!(std::fs::read(home.store("reports/post_market_latest.json")).unwrap(), before);

    // The next session is shown beside this one.
    let said = home.seen_at("2019-02-19T21:05:00Z", &["post-market"]);
    assert!(said.starts_with("status 0\n--- out\nSession 2019-02-19: no trade since 2019-02-15\n"), "{said}");
    let said = home.seen_at("2019-02-19T21:05:00Z", &["report", "post-market"]);
    assert!(said.contains("2019-02-19: all of 5 steps done") && said.contains("2019-02-15: "), "{said}");
    let said = home.seen(&["report", "post-market", "2019-02-15"], "");
    assert!(said.contains("2019-02-15: all of 5 steps done"), "{said}");
    assert!(
        home.seen(&["report", "post-market", "2019-02-11"], "").contains("No post-market run on 2019-02-11")
    );
    assert!(home.seen(&["report", "post-market", "soon"], "").contains("write a date like 2026-03-02"));
    assert!(home.seen(&["report", "metrics", "2019-02-11"], "").starts_with("status 2\n"));
}

#[test]
fn a_log_that_cannot_be_read_whole_is_told_to_cron() {
    let home = Home::with_real_days();
    home.dtlearn().args(["doctor", "--seal"]).assert().code(0);
    let path = home.store("trade_outcomes.jsonl.gz");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    let said = home.seen(&["post-market"], "");
    assert!(said.starts_with("status 3\n") && said.contains("a part of the log could not be read"), "{said}");
}

#[test]
fn a_run_in_the_session_says_what_it_takes_and_the_past_is_shown_as_it_was() {
    let home = Home::with_real_days();
    let early = home.seen_at("2019-02-15T16:00:00Z", &["post-market"]);
    assert!(early.starts_with("status 1\n") && early.contains("runs until 16:00 in New York"), "{early}");
    assert!(!home.store("reports").exists());
    let early = home.seen_at("2019-02-15T16:00:00Z", &["post-market", "--force"]);
    assert!(early.contains("\n2019-02-15: all of 5 steps done\n"), "{early}");
    assert!(early.contains("the session of 2019-02-15 is not over (11:00 in New York)"), "{early}");
    assert!(!home.seen(&["post-market"], "").contains("not over"));
    home.seen_at("2019-02-19T21:05:00Z", &["post-market"]);
    let args = ["report", "post-market", "--as-of", "2019-02-16T00:00:00Z"];
    let past = home.seen_at("2019-02-19T21:05:00Z", &args);
    assert!(past.contains("2019-02-15: all of 5 steps done"), "{past}");
    let args = ["report", "post-market", "2019-02-18", "--as-of", "2019-02-16T00:00:00Z"];
    assert!(home.seen_at("2019-02-19T21:05:00Z", &args).contains("No post-market run on 2019-02-18"));
}

#[test]
fn a_step_that_fails_does_not_stop_the_next() {
    let home = Home::with_real_signals();
    std::fs::create_dir_all(home.path("da_brains/core")).unwrap();
    std::fs::write(home.path("da_brains/core/dt_brain.json.gz"), "damaged").unwrap();
    let said = home.seen(&["post-market", "--prices", "nowhere.csv"], "");
    assert!(
        said.contains("\n2019-02-15: missed_opportunities, brain_update failed, the others are done\n"),
        "{said}"
    );
    let told = home.day_report("post_market_latest");
    assert_eq!(told["status"], "partial");
    assert!(
        told["steps"]["brain_update"]["error"].as_str().unwrap().contains("is damaged: not gzip"),
        "{told}"
    );
    assert_eq!(
        (&told["steps"]["trade_analysis"]["status"], &told["steps"]["retrain"]["status"]),
        (&"ok".into(), &"ok".into())
    );
    assert_eq!(std::fs::read(home.path("da_brains/core/dt_brain.json.gz")).unwrap(), b"damaged");
    assert!(Home::new().seen(&["post-market"], "").starts_with("status 10\n"));
    assert!(home.seen(&["post-market", "--as-of", "2019-02-14T21:05:00Z"], "").starts_with("status 2\n"));
}
