use proptest::prelude::*;

use super::*;
use crate::domain::{Market, Side, Timestamp, TradeFacts, UNKNOWN};
use crate::metrics::{Exit, Metric};

type Row = (i64, i64, i64, i32, usize);

fn now() -> Timestamp {
    Timestamp::parse("2026-03-13T21:05:00Z").unwrap()
}

fn windows() -> Windows {
    let market = Market::default();
    let session = Window::session(market.calendar(), now()).unwrap();
    Windows::new([session, Window::Days(7), Window::Days(30), Window::All], now(), &market)
}

/// A trade some days and minutes before now.
fn trade<'a>(row: &Row, id: &'a str) -> TradeFacts<'a> {
    let (day, minute, held, cents, symbol) = *row;
    let exit = now().plus_days(-day).micros() - (60 + minute) * 60_000_000;
    TradeFacts {
        trade_id: id,
        symbol: ["A", "B", "C"][symbol],
        side: Side::Long,
        entry_time: Some(Timestamp::from_micros(exit - held * 60_000_000)),
        exit_time: Timestamp::from_micros(exit),
        pnl: f64::from(cents) / 7.0,
        pnl_frac: f64::from(cents) / 7e4,
        confidence: Some(f64::from(cents.unsigned_abs()) / 900.0),
        regime: UNKNOWN,
        sector: UNKNOWN,
        setup: UNKNOWN,
        exit_reason: UNKNOWN,
        strategy: UNKNOWN,
        variant: UNKNOWN,
        timeframe: UNKNOWN,
        content: 0,
        is_further_leg: false,
    }
}

fn books(rows: &[Row]) -> (TotalsByWindow, PathsByWindow) {
    let windows = windows();
    let (mut books, mut paths) = (TotalsByWindow::new(&windows), PathsByWindow::new(&windows, 500.0));
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| std::cmp::Reverse((row.0, row.1)));
    for (at, row) in rows.iter().enumerate() {
        let id = format!("t{at}");
        let trade = trade(row, &id);
        books.add(&windows, &trade);
        paths.push(&windows, &Exit::of(&trade, windows.market()));
    }
    (books, paths)
}

fn desk(name: &str, rows: &[Row]) -> JoinedTotals {
    let (books, paths) = books(rows);
    JoinedTotals::of_desk(&windows(), name, 500.0, books, paths)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec((0i64..40, 0i64..300, 0i64..90, -900i32..900, 0usize..3), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the order and the grouping in which desks are put together, and whether or not they went through
    /// a file: the same bits.
    #[test]
    fn order_and_grouping_do_not_matter(
        desks in proptest::collection::vec(rows(), 2..6),
        order in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let parts: Vec<JoinedTotals> =
            desks.iter().enumerate().map(|(at, rows)| desk(&format!("desk{at}"), rows)).collect();
        let fold = |parts: &[JoinedTotals]| {
            let mut all = JoinedTotals::new(&windows());
            parts.iter().for_each(|part| all.merge(part.clone()).unwrap());
            all
        };
        let all = fold(&parts);
        let mut turned = parts.clone();
        turned.rotate_left(order.index(parts.len()));
        turned.reverse();
        let (left, right) = turned.split_at(cut.index(parts.len()));
        let through_file = |part: JoinedTotals| -> JoinedTotals {
            postcard::from_bytes(&postcard::to_stdvec(&part).unwrap()).unwrap()
        };
        let mut grouped = through_file(fold(left));
        grouped.merge(through_file(fold(right))).unwrap();
        prop_assert_eq!(&grouped, &all);
        prop_assert_eq!(grouped.finish(&windows()), all.finish(&windows()));
        prop_assert!(grouped.fits(&windows()));
    }

    /// What can be added up is what one store with all the trades says.
    #[test]
    fn sums_are_those_of_one_store(one in rows(), other in rows()) {
        let mut joined = desk("one", &one);
        joined.merge(desk("other", &other)).unwrap();
        let (books, paths) = books(&[one, other].concat());
        let whole = paths.finish(&windows(), books);
        for ((_, joined), (_, whole)) in joined.finish(&windows()).iter().zip(&whole) {
            for metric in Metric::ALL {
                let by_order = ["drawdown", "recovery", "consecutive", "exposure", "concurrent"];
                if !by_order.iter().any(|part| metric.name().contains(part)) {
                    prop_assert_eq!(joined.get(*metric), whole.get(*metric), "{}", metric.name());
                }
            }
            prop_assert_eq!(joined.daily(), whole.daily());
            prop_assert_eq!(joined.groups(Dimension::Symbol), whole.groups(Dimension::Symbol));
        }
    }

    /// One desk alone is what it is without the others, trade by trade.
    #[test]
    fn one_desk_is_itself(rows in rows()) {
        let (books, paths) = books(&rows);
        prop_assert_eq!(desk("one", &rows).finish(&windows()), paths.finish(&windows(), books));
    }
}

#[test]
fn what_depends_on_order_is_told_by_desk_and_by_day() {
    // Yesterday one desk lost 100 and the other made 200; today they lost 70 and 10. In cents of sevenths.
    let one = desk("one", &[(1, 0, 30, -700, 0), (0, 0, 30, -490, 0)]);
    let mut both = desk("other", &[(1, 5, 60, 1400, 0), (0, 5, 60, -70, 0)]);
    both.merge(one).unwrap();
    let figures = both.finish(&windows());
    let (_, all) = figures.last().unwrap();
    // 1,000 at the start, 1,100 after the first day, 1,020 after the second.
    assert_eq!(all.get(Metric::DrawdownUsd), Ok(80.0));
    assert_eq!(all.get(Metric::DrawdownPct), Ok(80.0 / 1_100.0));
    assert_eq!(all.get(Metric::MaxConsecutiveLosses), Ok(2.0));
    assert_eq!(all.get(Metric::MaxConcurrent), Ok(1.0));
    let groups: Vec<(&str, u64)> =
        all.groups(Dimension::Desk).iter().map(|group| (&*group.key, group.trades())).collect();
    assert_eq!(groups, [("one", 2), ("other", 2)]);
    assert_eq!(both.capital(), 1_000.0);
}

#[test]
fn a_desk_that_comes_twice_is_refused_and_changes_nothing() {
    let mut all = desk("one", &[(0, 0, 30, 700, 0)]);
    let before = all.clone();
    assert_eq!(all.merge(desk("one", &[(0, 1, 30, 700, 0)])), Err(SameDesk("one".into())));
    assert_eq!(all, before);
}

#[test]
fn windows_move_until_a_trade_leaves_them() {
    // An hour and five minutes after the moment of six days ago at which a week began: the nearest behind a cut.
    let mut all = desk("one", &[(6, 24 * 60 - 125, 5, 700, 0), (0, 0, 5, 700, 0)]);
    let room = 65 * 60_000_000;
    assert!(!all.move_by(room) && !all.move_by(-1));
    assert!(all.move_by(room - 7) && all.move_by(6) && !all.move_by(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A part that somebody made up is refused, or says something; it never panics.
    #[test]
    fn changed_bytes_do_no_harm(
        rows in rows(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = postcard::to_stdvec(&desk("one", &rows)).unwrap();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Ok(mut part) = postcard::from_bytes::<JoinedTotals>(&bytes)
            && part.fits(&windows())
        {
            let _ = part.merge(desk("other", &rows));
            let _ = part.finish(&windows());
            let _ = crate::metrics::compare_desks(part.results(&windows(), 0));
        }
    }
}
