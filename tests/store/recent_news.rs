//! A score with its cache of today's news is that without it, whatever happens to the store in between.

use std::sync::LazyLock;

use dtlearn::app::{
    Context, RetrainRequest, Scorer, record_exits, record_news, record_signals, repair_logs, retrain, void,
};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Disk, Layout, Log, encode_plain_member, gunzip};
use dtlearn::wire::FeatureNames;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::cached::{damage, findings_on, with_and_without};
use crate::common::contexts::context_of;
use crate::common::memory_disk::MemoryDisk;
use crate::common::planted_store::{joined, planted};

const EVENING: &str = "2026-06-26T21:00:00Z";

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn item(id: &str, symbol: &str, at: Timestamp, sentiment: f64) -> Value {
    json!({"timestamp": at.to_string(), "symbol": symbol, "sentiment": sentiment, "source": "wire", "headline_id": id})
}

/// A thousand trades of which an item half a day before said how they come out, with a model that learned it, and a signal.
static BASE: LazyLock<(MemoryDisk, Value)> = LazyLock::new(|| {
    let (mut picks, mut exits) = planted();
    let mut news = vec![item("first", "ELSE", moment("2026-05-01T10:00:00Z"), 0.0)];
    for (at, (pick, exit)) in picks.iter_mut().zip(&mut exits).enumerate() {
        let features = pick["features"].as_object_mut().unwrap();
        features.retain(|name, _| ["rsi_14", "spread_bps"].contains(&name.as_str()));
        let (symbol, good) = (format!("N{at}"), at % 2 == 0);
        (pick["symbol"], exit["symbol"]) = (symbol.as_str().into(), symbol.as_str().into());
        let before = moment(&format!("{}T10:30:00Z", &pick["timestamp"].as_str().unwrap()[..10]));
        news.push(item(&symbol, &symbol, before, if good { 0.7 } else { -0.7 }));
        let moved = if good ^ (at % 8 == 3) { 0.375 } else { -0.25 };
        exit["price"] = (100.0 + if exit["side"] == "BUY" { moved } else { -moved }).into();
    }
    let disk = MemoryDisk::default();
    let context = context_of(&disk, "/store", moment(EVENING), None);
    record_signals(&context, joined(&picks).as_bytes()).unwrap();
    record_exits(&context, joined(&exits).as_bytes()).unwrap();
    record_news(&context, joined(&news).as_bytes()).unwrap();
    retrain(&context, &RetrainRequest { force: true, ..RetrainRequest::when_due() }).unwrap();
    assert!(disk.bytes(&context.layout.current_model()).is_some(), "the model is deployed");
    (disk, picks.swap_remove(0))
});

#[derive(Clone, Debug)]
enum Operation {
    /// So many items, the first of an hour before or after this one.
    Record(u8, i8),
    /// A program that knows no lock appends an item, or a part of one.
    Foreign(i8, bool),
    /// An item is taken out.
    Void(u8),
    /// A byte of the cache is changed.
    Damage(u16),
    /// Hours pass, or the clock goes back.
    Hours(i8),
    Seal,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        4 => (prop_oneof![1u8..4, 60u8..90], -40i8..30).prop_map(|(n, hours)| Operation::Record(n, hours)),
        1 => (-40i8..30, any::<bool>()).prop_map(|(hours, whole)| Operation::Foreign(hours, whole)),
        1 => any::<u8>().prop_map(Operation::Void),
        1 => any::<u16>().prop_map(Operation::Damage),
        3 => (-80i8..80).prop_map(Operation::Hours),
        1 => Just(Operation::Seal),
    ];
    prop::collection::vec(one, 1..10)
}

struct Store {
    disk: MemoryDisk,
    now: Timestamp,
    recorded: usize,
}

impl Store {
    fn new() -> Self {
        Self { disk: BASE.0.copy(), now: moment(EVENING), recorded: 0 }
    }

    fn context<'d>(&self, disk: &'d MemoryDisk) -> Context<'d> {
        context_of(disk, "/store", self.now, None)
    }

    /// What signals of now, of the evening and of the day before yesterday are scored, each by a process of its own.
    fn answer(&self, disk: &MemoryDisk) -> String {
        let of = |hours: i64| {
            let at = Timestamp::from_micros(self.now.micros() + hours * 3_600_000_000);
            let mut pick = BASE.1.clone();
            (pick["symbol"], pick["timestamp"]) = ("FRESH".into(), at.to_string().into());
            let context = self.context(disk);
            let (line, mut names) = (pick.to_string(), FeatureNames::default());
            format!("{:?}\n", Scorer::new(&context).score(&context, line.as_bytes(), &mut names))
        };
        [0, 5, -44].map(of).concat()
    }

    fn cache(&self) -> std::path::PathBuf {
        Layout::new("/store").recent_news()
    }

    fn items(&mut self, count: u8, hours: i8) -> Vec<Value> {
        let told = (0..i64::from(count)).map(|n| {
            let at = self.now.micros() + i64::from(hours) * 3_600_000_000 + n * 1_000_000;
            let id = format!("f{}", self.recorded + n as usize);
            item(&id, "FRESH", Timestamp::from_micros(at), if hours % 2 == 0 { 0.9 } else { -0.8 })
        });
        let told = told.collect();
        self.recorded += usize::from(count);
        told
    }

    fn apply(&mut self, operation: &Operation) {
        let log = Layout::new("/store").log(Log::News);
        match *operation {
            Operation::Record(count, hours) => {
                let items = joined(&self.items(count, hours));
                record_news(&self.context(&self.disk), items.as_bytes()).unwrap();
            }
            Operation::Foreign(hours, whole) => {
                let member = encode_plain_member(joined(&self.items(1, hours)).as_bytes());
                let end = if whole { member.len() } else { member.len() / 2 };
                self.disk.put(&log, &[&self.disk.bytes(&log).unwrap(), &member[..end]].concat());
            }
            Operation::Void(place) => {
                let context = self.context(&self.disk);
                let stored = self.disk.bytes(&log).unwrap();
                let text = std::io::read_to_string(gunzip(&stored[..])).unwrap_or_default();
                let ids = text.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                let id = ids
                    .filter_map(|line| Some(line["news_id"].as_str()?.to_owned()))
                    .nth(usize::from(place) % 100);
                let _ = void(&context, &id.into_iter().collect::<Vec<_>>(), "a test");
            }
            Operation::Damage(at) => {
                damage(&self.disk, &self.cache(), at);
            }
            Operation::Hours(hours) => {
                self.now = Timestamp::from_micros(self.now.micros() + i64::from(hours) * 3_600_000_000);
            }
            Operation::Seal => drop(repair_logs(&self.context(&self.disk), false, false, true)),
        }
    }
}

/// What doctor says of the cache.
fn wrong(store: &Store) -> Vec<String> {
    findings_on(&store.context(&store.disk), "checkpoint.recent-news")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_is_that_without_a_cache(operations in operations()) {
        let mut store = Store::new();
        store.answer(&store.disk);
        for operation in &operations {
            store.apply(operation);
            let [with, without] = with_and_without(&store.disk, &store.cache(), |disk| store.answer(disk));
            prop_assert_eq!(with, without, "after {:?}", operation);
        }
        prop_assert_eq!(wrong(&store), [""; 0]);
    }
}

#[test]
fn a_clock_that_goes_back_finds_the_news_of_its_day() {
    let mut store = Store::new();
    store.apply(&Operation::Record(3, -1));
    store.apply(&Operation::Hours(1));
    let told = store.answer(&store.disk);
    store.apply(&Operation::Hours(72));
    assert_ne!(store.answer(&store.disk), told);
    store.apply(&Operation::Hours(-72));
    assert_eq!(store.answer(&store.disk), told);
}

#[test]
fn the_cache_is_used_and_written_once_a_day() {
    let mut store = Store::new();
    assert!(store.disk.bytes(&store.cache()).is_none());
    let said = store.answer(&store.disk);
    let first = store.disk.bytes(&store.cache()).unwrap();
    store.apply(&Operation::Record(1, -1));
    store.apply(&Operation::Hours(1));
    let told = store.answer(&store.disk);
    assert_ne!(told, said, "what was recorded since counts");
    assert_eq!(store.disk.bytes(&store.cache()).unwrap(), first, "a few items are read behind it");
    store.apply(&Operation::Record(80, 20));
    store.answer(&store.disk);
    let second = store.disk.bytes(&store.cache()).unwrap();
    assert_ne!(second, first);
    store.apply(&Operation::Hours(24));
    store.answer(&store.disk);
    let third = store.disk.bytes(&store.cache()).unwrap();
    assert!(third != second && third.len() < second.len(), "what is of the day before yesterday goes");

    // It is believed as long as it fits: one that says something else gives another answer, and doctor says so.
    let before = store.answer(&store.disk);
    let mut bytes = third;
    let good = 0.9f64.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 8).filter(|at| bytes[*at..*at + 8] == good).collect();
    for at in places {
        bytes[at..at + 8].copy_from_slice(&(-0.9f64).to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[12..]);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    store.disk.put(&store.cache(), &bytes);
    assert_ne!(store.answer(&store.disk), before);
    assert!(wrong(&store).iter().any(|what| what.contains("differs from a recomputation")));
    store.disk.remove(&store.cache()).unwrap();
    assert_eq!(store.answer(&store.disk), before);
    assert_eq!(wrong(&store), [""; 0]);
}

/// An item that is recorded while doctor looks, before any of what it does, is no damage.
#[test]
fn what_is_recorded_while_doctor_looks_is_no_damage() {
    let mut store = Store::new();
    store.answer(&store.disk);
    let log = Layout::new("/store").log(Log::News);
    let item = encode_plain_member(joined(&store.items(1, -1)).as_bytes());
    let _ = store.disk.restart();
    assert_eq!(wrong(&store), [""; 0]);
    let steps = store.disk.restart();
    // From a while before the cache is opened to the end of what is read then.
    let opened = steps.iter().position(|step| step.contains("recent-news")).unwrap();
    let mut met = 0;
    for (at, step) in steps.iter().enumerate().skip(opened.saturating_sub(4)).take(44) {
        let disk = store.disk.copy();
        disk.append_at(at, &log, &item);
        let found = findings_on(&store.context(&disk), "checkpoint.recent-news");
        met += usize::from(disk.bytes(&log) != store.disk.bytes(&log));
        assert_eq!(found, [""; 0], "recorded before operation {at}: {step}");
    }
    assert!(met > 20, "{met}");
}
