//! News as something to learn from: those that mean nothing let no model through, those that mean something are found.

use std::fmt::Write as _;
use std::io::Read as _;

use dtlearn::app::{Context, RetrainRequest, record_exits, record_news, retrain};
use dtlearn::domain::Timestamp;
use dtlearn::store::gunzip;

use crate::common::contexts::context_of;
use crate::common::histories::{at, dates};
use crate::common::memory_disk::MemoryDisk;
use crate::draws::{Draws, Rate, chance};

const SESSIONS: usize = 20;
/// Trades of a session, two of each symbol.
const ROWS: usize = 24;

/// An item as a feed would write it.
pub(crate) fn item(id: &str, symbol: &str, time: Timestamp, sentiment: f64) -> String {
    format!(
        "{{\"headline_id\":\"{id}\",\"symbol\":\"{symbol}\",\"timestamp\":\"{time}\",\"sentiment\":{sentiment:.3},\"source\":\"wire\"}}\n"
    )
}

/// A store in which up to three items are told of each symbol before a session opens, of which the last one moves the
/// log-odds of its trades by `slope`. What a forced retrain at the end deploys: none, or the bytes of the model.
fn deployed(seed: u64, slope: f64, told: bool) -> Option<Vec<u8>> {
    let mut draws = Draws::new(seed);
    let disk = MemoryDisk::default();
    let context_at = |now| -> Context<'_> { context_of(&disk, "/store", now, Some("/home/state")) };
    let days = dates(SESSIONS + 1);
    // Of a day before the first one, so that there is something to know of it.
    let mut news = item("first", "ELSE", at(days[0], 300), 0.0);
    for date in &days[1..] {
        let (mut trades, shock) = (String::new(), 0.3 * draws.normal());
        let mut last = [0.0; ROWS / 2];
        for (symbol, last) in last.iter_mut().enumerate() {
            for n in 0..(4.0 * draws.unit()) as u16 {
                *last = 2.0 * draws.unit() - 1.0;
                let time = at(*date, 400 + 40 * n + symbol as u16);
                news.push_str(&item(&format!("{date}-{symbol}-{n}"), &format!("S{symbol}"), time, *last));
            }
        }
        for row in 0..ROWS {
            let symbol = row % last.len();
            let won = draws.chance(chance(slope * last[symbol] + shock));
            let (price, entry) = (if won { 101.0 } else { 99.0 }, at(*date, 600 + row as u16));
            let exit = Timestamp::from_micros(entry.micros() + 1_800_000_000);
            let _ = writeln!(
                trades,
                "{{\"trade_id\":\"{date}-{row}\",\"symbol\":\"S{symbol}\",\"side\":\"BUY\",\"entry_price\":100,\"price\":{price},\"qty\":1,\"entry_timestamp\":\"{entry}\",\"timestamp\":\"{exit}\",\"features\":{{\"f0\":{:.4},\"f1\":{:.4}}}}}",
                draws.normal(),
                draws.normal()
            );
        }
        // As an engine records them: before the open, and after the close.
        if told {
            record_news(&context_at(at(*date, 565)), news.as_bytes()).unwrap();
        }
        news.clear();
        record_exits(&context_at(at(*date, 965)), trades.as_bytes()).unwrap();
    }
    let context = context_at(at(days[SESSIONS], 966));
    retrain(&context, &RetrainRequest { force: true, ..RetrainRequest::when_due() }).unwrap();
    let current = String::from_utf8(disk.bytes(&context.layout.current_model())?).unwrap();
    let version = current.lines().next().unwrap();
    let model = context.layout.models().join(version).join("model.json.gz");
    let (packed, mut text) = (disk.bytes(&model).unwrap(), Vec::new());
    gunzip(&packed[..]).read_to_end(&mut text).unwrap();
    Some(text)
}

fn knows_news(model: &[u8]) -> bool {
    String::from_utf8_lossy(model).contains("\"name\":\"news_")
}

/// Four more columns are four more ways to be fooled: the gate pays for them.
#[test]
fn news_that_mean_nothing_let_no_model_through() {
    let noise = Rate::of("gate, news of noise, 20 sessions of 24 rows: a model is deployed", 60, |seed| {
        deployed(seed, 0.0, true).is_some()
    });
    assert!(noise.is_at_most(0.05), "{noise:?}");
}

#[test]
fn news_that_mean_something_are_found_and_deployed() {
    let stores = 12;
    let found = Rate::of(
        "gate, the last item moves the log-odds by 1.5, 20 sessions of 24 rows: deployed",
        stores,
        |seed| deployed(500 + seed, 1.5, true).is_some_and(|model| knows_news(&model)),
    );
    assert!(found.share() >= 0.75, "{found:?}");
    // The same trades where nobody recorded what moved them.
    let without = Rate::of("gate, the same without a log of news: deployed", stores, |seed| {
        deployed(500 + seed, 1.5, false).is_some()
    });
    assert!(without.is_at_most(0.05), "{without:?}");
}
