//! The answer of heat with its cache is that without it, whatever happens to the store in between.

use chrono::{Days, NaiveDate};
use dtlearn::app::{
    AdjustRequest, Context, HeatRequest, adjust, analyze, open_heat, record_exits, repair_logs, void,
};
use dtlearn::domain::{KnobName, Timestamp};
use dtlearn::store::{Disk, Layout, encode_plain_member};
use proptest::prelude::*;

use super::cached::{damage, findings_on, with_and_without};
use crate::common::contexts::context_of;
use crate::common::memory_disk::MemoryDisk;

const SYMBOLS: [&str; 4] = ["AAA", "BBB", "CCC", "DDD"];

#[derive(Clone, Debug)]
enum Operation {
    /// The engine records a trade of a day before or after this one.
    Record(u8, i8),
    /// A record is taken out.
    Void(u8),
    /// A price file was read: so many sessions of so many symbols, with another drift.
    Bars(u8, u8, u8),
    /// The file of bars is gone, or somebody cut it.
    NoBars,
    CutBars(u8),
    /// A byte of the cache is changed.
    Damage(u16),
    /// Hours pass, or the clock goes back.
    Hours(i8),
    Seal,
    Analyze,
    /// A knob says how far a stop is that is not recorded.
    Stop(bool),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        4 => (any::<u8>(), -40i8..2).prop_map(|(id, day)| Operation::Record(id, day)),
        1 => any::<u8>().prop_map(Operation::Void),
        2 => (18u8..70, 1u8..4, any::<u8>()).prop_map(|(n, of, drift)| Operation::Bars(n, of, drift)),
        1 => Just(Operation::NoBars),
        1 => any::<u8>().prop_map(Operation::CutBars),
        1 => any::<u16>().prop_map(Operation::Damage),
        3 => (-30i8..60).prop_map(Operation::Hours),
        1 => Just(Operation::Seal),
        1 => Just(Operation::Analyze),
        1 => any::<bool>().prop_map(Operation::Stop),
    ];
    prop::collection::vec(one, 1..14)
}

fn first() -> NaiveDate {
    "2019-02-15".parse().unwrap()
}

fn day(back: u64) -> NaiveDate {
    first() - Days::new(back)
}

fn trade(id: usize, date: NaiveDate) -> String {
    let (minute, price) = (id * 7 % 50, 100.0 + (id * 31 % 41) as f64 / 10.0 - 2.0);
    let (symbol, sector) = (SYMBOLS[id % 4], ["x", "y"][id % 2]);
    format!(
        r#"{{"trade_id":"t{id}-{date}","symbol":"{symbol}","sector":"{sector}","side":"BUY","qty":10,"entry_price":100,"exit_price":{price},"entry_time":"{date}T15:{minute:02}:00Z","exit_time":"{date}T16:{minute:02}:30Z"}}"#
    )
}

fn bars(sessions: u8, symbols: u8, drift: u8) -> Vec<u8> {
    let mut text = String::new();
    for back in 0..u64::from(sessions) {
        for (at, symbol) in SYMBOLS.iter().enumerate().take(usize::from(symbols) + 1) {
            let step =
                |part: u64| ((part * 7 + back * 13 + at as u64 * 3 + u64::from(drift)) % 11) as f64 / 1e4;
            let returns: Vec<String> = (0..6).map(|part| step(part).to_string()).collect();
            text.push_str(&format!(
                "{{\"symbol\":\"{symbol}\",\"date\":\"{}\",\"open\":1,\"close\":1,\"realised_vol\":null,\"bars\":6,\"returns_15m\":[{}],\"schema\":1}}\n",
                day(back),
                returns.join(",")
            ));
        }
    }
    encode_plain_member(text.as_bytes())
}

struct Store {
    disk: MemoryDisk,
    now: Timestamp,
}

impl Store {
    /// Thirty sessions with trades.
    fn new() -> Self {
        let store =
            Self { disk: MemoryDisk::default(), now: Timestamp::parse("2019-02-15T15:00:00Z").unwrap() };
        let dates =
            (1..45).map(day).filter(|date| !["Sat", "Sun"].contains(&&*date.format("%a").to_string()));
        let lines: Vec<String> = dates.flat_map(|date| (0..5).map(move |id| trade(id, date))).collect();
        record_exits(&store.context(&store.disk), lines.join("\n").as_bytes()).unwrap();
        store
    }

    fn context<'d>(&self, disk: &'d MemoryDisk) -> Context<'d> {
        context_of(disk, "/store", self.now, None)
    }

    fn answer(&self, disk: &MemoryDisk) -> String {
        let open = r#"[{"symbol":"AAA","side":"BUY","qty":5,"entry_price":100,"stop_price":99},{"symbol":"BBB","side":"SELL","qty":7,"entry_price":100},{"symbol":"CCC","side":"BUY","qty":3,"entry_price":100}]"#;
        let request = HeatRequest { open: Some(("open".into(), open.into())), ..HeatRequest::default() };
        format!("{:?}", open_heat(&self.context(disk), &request).unwrap())
    }

    fn cache(&self) -> std::path::PathBuf {
        Layout::new("/store").heat_past()
    }

    fn apply(&mut self, operation: &Operation) {
        let layout = Layout::new("/store");
        let context = self.context(&self.disk);
        match *operation {
            Operation::Record(id, after) => {
                let date = first() + chrono::Duration::days(i64::from(after));
                record_exits(&context, trade(usize::from(id), date).as_bytes()).unwrap();
            }
            Operation::Void(id) => {
                let id = format!("t{}-{}", id % 5, day(u64::from(id) % 40));
                let _ = void(&context, &[id], "a test");
            }
            Operation::Bars(sessions, symbols, drift) => {
                self.disk.put(&layout.symbol_sessions(), &bars(sessions, symbols, drift));
            }
            Operation::NoBars => {
                let _ = self.disk.remove(&layout.symbol_sessions());
            }
            Operation::CutBars(at) => {
                if let Some(bytes) = self.disk.bytes(&layout.symbol_sessions()) {
                    self.disk.put(
                        &layout.symbol_sessions(),
                        &bytes[..bytes.len() - usize::from(at) % bytes.len()],
                    );
                }
            }
            Operation::Damage(at) => {
                damage(&self.disk, &self.cache(), at);
            }
            Operation::Hours(hours) => {
                let hours = i64::from(hours) * 3_600_000_000;
                self.now = Timestamp::from_micros(self.now.micros() + hours);
            }
            Operation::Seal => drop(repair_logs(&context, false, false, true)),
            Operation::Analyze => drop(analyze(&context)),
            Operation::Stop(wide) => {
                let value = if wide { 0.03 } else { 0.02 };
                let _ = adjust(&context, &AdjustRequest::Set(vec![(KnobName::StopLoss, value)]), false);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

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
fn the_cache_is_used_and_written_once_a_session() {
    let mut store = Store::new();
    assert!(store.disk.bytes(&store.cache()).is_none());
    let said = store.answer(&store.disk);
    let first = store.disk.bytes(&store.cache()).unwrap();
    // What is of this session moves nothing of it.
    let today = trade(1, day(0));
    record_exits(&store.context(&store.disk), today.as_bytes()).unwrap();
    store.answer(&store.disk);
    assert_eq!(store.disk.bytes(&store.cache()).unwrap(), first);
    // What came late does, and so does the end of the session.
    record_exits(&store.context(&store.disk), trade(9, day(3)).as_bytes()).unwrap();
    assert_ne!(store.answer(&store.disk), said);
    let second = store.disk.bytes(&store.cache()).unwrap();
    assert_ne!(second, first);
    store.apply(&Operation::Hours(7));
    store.answer(&store.disk);
    assert_ne!(store.disk.bytes(&store.cache()).unwrap(), second);
    // It is believed as long as it fits: one that says something else gives another answer, and doctor says so.
    let before = store.answer(&store.disk);
    let mut bytes = store.disk.bytes(&store.cache()).unwrap();
    let at = bytes.windows(6).position(|part| part == b"\x03AAA\x01x").unwrap();
    bytes[at + 5] = b'q';
    let sum = crc32fast::hash(&bytes[12..]);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    store.disk.put(&store.cache(), &bytes);
    assert_ne!(store.answer(&store.disk), before);
    assert!(wrong(&store).iter().any(|what| what.contains("differs from a recomputation")));
    store.disk.remove(&store.cache()).unwrap();
    assert_eq!(store.answer(&store.disk), before);
    assert_eq!(wrong(&store), [""; 0]);
}

/// What doctor says of the cache.
fn wrong(store: &Store) -> Vec<String> {
    findings_on(&store.context(&store.disk), "checkpoint.heat")
}
