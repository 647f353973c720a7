//! News in a replay: each signal gets what was known at its time, and another log of news is another replay.

use dtlearn::app::{record_news, replay};
use dtlearn::domain::Timestamp;
use dtlearn::store::Layout;

use crate::common::histories::{
    Pick, Spec, at, dates, desk_at, disk_with, everything, history, replayed, scenario,
};
use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::draws::Draws;
use crate::news::item;

/// A history in which what is told of a symbol half an hour before a pick decides how it comes out, and what is told.
fn told(sessions: usize) -> (Vec<Pick>, Vec<String>) {
    let spec = Spec {
        seed: 11,
        sessions,
        picks: 18,
        hold_minutes: 25,
        features: 2,
        mean: |_: f64, _: &[f64], _| 0.0,
        noise: (0.001, 0.004),
    };
    let mut picks = history(&spec);
    let mut draws = Draws::new(7);
    let mut news = vec![item("first", "ELSE", at(dates(1)[0], 1).plus_days(-3), 0.0)];
    for pick in &mut picks {
        pick.symbol = format!("N{}", pick.id);
        let sentiment = 2.0 * draws.unit() - 1.0;
        pick.moved += 0.008 * sentiment;
        (pick.mae, pick.mfe) = (pick.moved.min(0.0), pick.moved.max(0.0));
        let before = Timestamp::from_micros(pick.at.micros() - 30 * 60_000_000);
        news.push(item(&pick.id, &pick.symbol, before, sentiment));
    }
    (picks, news)
}

/// The history on a disk, with news that are recorded long after it.
fn disk_of(picks: &[Pick], news: &[String]) -> MemoryDisk {
    let disk = disk_with(picks);
    record_news(&desk_at(&disk, "r"), news.concat().as_bytes()).unwrap();
    disk
}

#[test]
fn a_replay_knows_the_news_of_each_signal_and_none_that_came_later() {
    let (picks, news) = told(22);
    let of = |news: &[String]| replayed(&desk_at(&disk_of(&picks, news), "r"), &everything(false));
    let found = of(&news);
    let trained = scenario(&found, "defaults + model");
    assert!(
        trained["models_deployed"].as_u64() > Some(0) && trained["vetoed"].as_u64() > Some(20),
        "{trained}"
    );
    let gained = &trained["against_defaults"]["expectancy_pct_difference"]["value"];
    assert!(gained.as_f64() > Some(0.0), "what was told helps: {gained}");
    let without = replayed(&desk_at(&disk_with(&picks), "r"), &everything(false));
    assert_eq!(scenario(&without, "defaults + model")["models_deployed"], 0, "there is nothing else to know");

    // As much against the truth as can be: at the moment of each signal, a second later, and a day before it; then within
    // the day.
    let against = |shifts_us: &[i64]| -> Vec<String> {
        let contradicted = shifts_us.iter().flat_map(|shift_us| {
            picks.iter().map(move |pick| {
                let (id, time) = (format!("{}-{shift_us}", pick.id), pick.at.micros() + shift_us);
                let sentiment = if pick.moved > 0.0 { -1.0 } else { 1.0 };
                item(&id, &pick.symbol, Timestamp::from_micros(time), sentiment)
            })
        });
        news.iter().cloned().chain(contradicted).collect()
    };
    let same = of(&against(&[0, 1_000_000, -86_400_000_000])) == found;
    assert!(same, "an item that was not known at its signal, or is older than a day, entered");
    assert!(of(&against(&[-1_000_000])) != found, "what is compared would tell of a leak");
}

#[test]
fn a_replay_that_was_stopped_begins_again_when_the_news_are_others() {
    let (picks, news) = told(22);
    let state = Layout::new("r").replay_state();
    let whole = disk_of(&picks, &news);
    whole.restart();
    replayed(&desk_at(&whole, "r"), &everything(false));
    let operations = whole.restart();
    let saved =
        operations.iter().position(|what| what.starts_with("rename to") && what.ends_with("/replay/state"));
    let disk = disk_of(&picks, &news);
    disk.restart();
    disk.fail_at(saved.unwrap() + 1, Fault::Kill);
    let _ = replay(&desk_at(&disk, "r"), &everything(false));
    disk.restart();
    let left = disk.bytes(&state).unwrap();
    let is_resumed = |news: &[String]| {
        let disk = disk_of(&picks, news);
        disk.put(&state, &left);
        let done = replay(&desk_at(&disk, "r"), &everything(false)).unwrap();
        done.warnings.iter().any(|warning| warning.contains("resumed after "))
    };
    assert!(is_resumed(&news));
    let mut more = news.clone();
    more.push(item("more", &picks[0].symbol, picks[0].at, 0.5));
    assert!(!is_resumed(&more));
    let mut other = news.clone();
    let before = Timestamp::from_micros(picks[0].at.micros() - 30 * 60_000_000);
    other[1] = item(&picks[0].id, &picks[0].symbol, before, -0.123);
    assert!(!is_resumed(&other), "{} {}", news[1], other[1]);
}
