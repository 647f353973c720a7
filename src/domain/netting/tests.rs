use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::domain::{ContractTerms, Side, Trade};

fn fill(id: u64, is_buy: bool, qty: f64, price: f64, fees: f64) -> Arc<Fill> {
    Arc::new(Fill {
        fill_id: format!("f{id}").into(),
        order_id: None,
        position_id: None,
        account: None,
        strategy: None,
        symbol: "MSFT".into(),
        folded: None,
        is_buy,
        qty,
        price,
        fees: Some(fees),
        funding: None,
        terms: ContractTerms::default(),
        currency: None,
        fx_rate: None,
        time: Timestamp::from_micros(id as i64 * 60_000_000),
        stated: None,
        stated_is_gross: false,
        effect: None,
        signal_id: None,
        stop_price: None,
        target_price: None,
        exit_reason: None,
        at_entry: None,
    })
}

fn with(fill: Arc<Fill>, change: impl FnOnce(&mut Fill)) -> Arc<Fill> {
    let mut fill = Fill::clone(&fill);
    change(&mut fill);
    Arc::new(fill)
}

fn netted(netting: Netting, fills: &[Arc<Fill>]) -> (Vec<Closing>, Books) {
    let mut books = Books::new(netting);
    let closed = fills.iter().flat_map(|fill| books.take(fill)).collect();
    (closed, books)
}

/// Side, quantity, entry price, exit price, fees, and which exit of its position it is.
fn shown(closing: &Closing) -> (Side, f64, f64, f64, f64, Option<u32>) {
    let trade = &closing.trade;
    (trade.side, trade.qty.unwrap(), trade.entry_price, trade.exit_price, trade.fees.unwrap(), trade.leg)
}

#[test]
fn parts_are_scaled_in_and_out_at_the_average_or_first_in_first_out() {
    let fills = [
        fill(1, true, 100.0, 10.0, 1.0),
        fill(2, true, 100.0, 12.0, 1.0),
        fill(3, false, 150.0, 13.0, 3.0),
        fill(4, false, 50.0, 9.0, 1.0),
    ];
    let (average, books) = netted(Netting::Average, &fills);
    let shown_average: Vec<_> = average.iter().map(shown).collect();
    let first = (Side::Long, 150.0, 11.0, 13.0, 4.5, None);
    assert_eq!(shown_average, [first, (Side::Long, 50.0, 11.0, 9.0, 1.5, Some(2))]);
    assert_eq!(average[0].trade.trade_id, average[1].trade.trade_id);
    assert_eq!(books.open_positions(), []);
    let (fifo, _) = netted(Netting::Fifo, &fills);
    let entry = (100.0 * 10.0 + 50.0 * 12.0) / 150.0;
    let shown_fifo: Vec<_> = fifo.iter().map(shown).collect();
    let first = (Side::Long, 150.0, entry, 13.0, 4.5, None);
    assert_eq!(shown_fifo, [first, (Side::Long, 50.0, 12.0, 9.0, 1.5, Some(2))]);
    // What is booked in all is the same.
    let booked = |closed: &[Closing]| -> f64 {
        closed.iter().map(|closing| Trade::new(closing.trade.clone()).unwrap().pnl()).sum()
    };
    assert!((booked(&average) - booked(&fifo)).abs() < 1e-9);
    assert!((booked(&average) - (150.0 * 13.0 + 50.0 * 9.0 - 2_200.0 - 6.0)).abs() < 1e-9);
}

#[test]
fn a_reversal_closes_one_position_and_opens_another() {
    let fills =
        [fill(1, false, 10.0, 50.0, 2.0), fill(2, true, 25.0, 48.0, 5.0), fill(3, false, 15.0, 49.0, 3.0)];
    let (closed, books) = netted(Netting::Average, &fills);
    assert_eq!(
        closed.iter().map(shown).collect::<Vec<_>>(),
        [(Side::Short, 10.0, 50.0, 48.0, 4.0, None), (Side::Long, 15.0, 48.0, 49.0, 6.0, None)]
    );
    assert_ne!(closed[0].trade.trade_id, closed[1].trade.trade_id);
    assert_eq!(books.open_positions(), []);
}

#[test]
fn signals_stay_apart_first_in_first_out_and_the_first_counts_at_the_average() {
    let by = |id: u64, signal: &str| {
        with(fill(id, true, 1.0, 10.0 + id as f64, 0.0), |fill| {
            fill.signal_id = Some(signal.to_owned());
            fill.stop_price = Some(id as f64);
        })
    };
    let fills = [by(1, "a"), by(2, "a"), by(3, "b"), fill(4, false, 3.0, 20.0, 0.0)];
    let signals = |netting| -> Vec<(Option<String>, f64)> {
        let (closed, _) = netted(netting, &fills);
        closed.iter().map(|closing| (closing.trade.signal_id.clone(), closing.trade.entry_price)).collect()
    };
    assert_eq!(signals(Netting::Fifo), [(Some("a".into()), 11.5), (Some("b".into()), 13.0)]);
    assert_eq!(signals(Netting::Average), [(Some("a".into()), 12.0)]);
    let (_, books) = netted(Netting::Average, &fills[..3]);
    let open = &books.open_positions()[0];
    assert_eq!((open.qty, open.entry_price, open.stop_price), (3.0, 12.0, Some(3.0)));
    assert!((open.at_risk().unwrap() - 27.0).abs() < 1e-9);
}

#[test]
fn accounts_strategies_and_positions_of_the_venue_stay_apart() {
    let fills = [
        with(fill(1, true, 1.0, 10.0, 0.0), |fill| fill.account = Some("A".into())),
        with(fill(2, false, 1.0, 11.0, 0.0), |fill| fill.account = Some("B".into())),
        with(fill(3, false, 1.0, 12.0, 0.0), |fill| fill.strategy = Some("orb".into())),
        with(fill(4, true, 1.0, 12.0, 0.0), |fill| fill.position_id = Some("7".into())),
    ];
    let (closed, books) = netted(Netting::Average, &fills);
    assert_eq!((closed.len(), books.open_positions().len()), (0, 4));
}

#[test]
fn what_closes_more_than_is_open_opens_nothing_where_the_venue_says_so() {
    let closing = with(fill(1, false, 5.0, 10.0, 0.0), |fill| fill.effect = Some(Effect::Close));
    let (closed, books) = netted(Netting::Average, &[closing]);
    assert_eq!((closed.len(), books.open_positions().len(), books.unopened), (0, 0, 1));
}

#[test]
fn a_result_before_costs_is_stated_less_the_costs_of_both_ends() {
    let stated = with(fill(2, false, 10.0, 11.0, 1.0), |fill| {
        fill.stated = Some(StatedResult { pnl: 500.0, half_unit: 0.005, kept_frac: None });
        fill.stated_is_gross = true;
    });
    let (closed, _) = netted(Netting::Average, &[fill(1, true, 10.0, 10.0, 2.0), stated]);
    assert_eq!(closed[0].trade.stated.map(|stated| stated.pnl), Some(497.0));
}

#[test]
fn tenths_leave_nothing_open() {
    let mut fills = vec![fill(1, true, 0.3, 100.0, 0.0)];
    fills.extend((2..5).map(|id| fill(id, false, 0.1, 101.0, 0.0)));
    let (closed, books) = netted(Netting::Average, &fills);
    assert_eq!(closed.iter().map(|closing| closing.trade.qty.unwrap()).collect::<Vec<_>>(), [0.1; 3]);
    assert_eq!(books.open_positions(), []);
}

#[test]
fn inverse_contracts_are_averaged_in_the_coin() {
    let inverse = |fill| with(fill, |fill| fill.terms.inverse = true);
    let fills = [
        inverse(fill(1, true, 10_000.0, 40_000.0, 0.0)),
        inverse(fill(2, true, 10_000.0, 50_000.0, 0.0)),
        inverse(fill(3, false, 20_000.0, 45_000.0, 0.0)),
    ];
    let (closed, _) = netted(Netting::Average, &fills);
    let booked = Trade::new(closed[0].trade.clone()).unwrap().pnl();
    assert!((booked - (10_000.0 / 40_000.0 + 10_000.0 / 50_000.0 - 20_000.0 / 45_000.0)).abs() < 1e-12);
}

/// A trade of the plain netting: minute of the exit, whether it was long, units, prices, fees.
type Plain = (i64, bool, f64, f64, f64, f64);

/// Netting as it is done by hand: unit by unit, each with its price and its part of the fee.
fn plain(netting: Netting, fills: &[(i64, bool, u32, u32, u32)]) -> Vec<Plain> {
    let (mut open, mut is_long): (VecDeque<(f64, f64)>, bool) = (VecDeque::new(), true);
    let mut out = Vec::new();
    for (minute, is_buy, qty, price, fee) in fills {
        let (unit_fee, price) = (f64::from(*fee) / f64::from(*qty), f64::from(*price));
        let (mut units, mut entry, mut fees) = (0.0, 0.0, 0.0);
        let was_long = is_long;
        for _ in 0..*qty {
            if open.is_empty() || is_long == *is_buy {
                is_long = *is_buy;
                open.push_back((price, unit_fee));
                if netting == Netting::Average {
                    let count = open.len() as f64;
                    let (sum, all) = open.iter().fold((0.0, 0.0), |(p, f), unit| (p + unit.0, f + unit.1));
                    open.iter_mut().for_each(|unit| *unit = (sum / count, all / count));
                }
            } else if let Some((paid, entry_fee)) = open.pop_front() {
                (units, entry, fees) = (units + 1.0, entry + paid, fees + entry_fee + unit_fee);
            }
        }
        if units > 0.0 {
            out.push((*minute, was_long, units, entry / units, price, fees));
        }
    }
    out
}

/// Time, side, quantity, price and fee of a fill.
type PlainFill = (i64, bool, u32, u32, u32);

fn fills_of(history: &[(bool, u32, u32, u32)]) -> (Vec<Arc<Fill>>, Vec<PlainFill>) {
    let fills = history.iter().zip(1..).map(|(&(is_buy, qty, price, fee), id)| {
        fill(id, is_buy, f64::from(qty), f64::from(price), f64::from(fee))
    });
    let plain = history.iter().zip(1..).map(|(&(is_buy, qty, price, fee), id)| (id, is_buy, qty, price, fee));
    (fills.collect(), plain.collect())
}

proptest! {
    #[test]
    fn trades_are_those_of_a_plain_netting_in_whatever_order_fills_come(
        history in proptest::collection::vec((any::<bool>(), 1..6u32, 90..110u32, 0..4u32), 1..40),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 80),
        is_fifo: bool,
    ) {
        let netting = if is_fifo { Netting::Fifo } else { Netting::Average };
        let (fills, by_hand) = fills_of(&history);
        let (in_order, books) = netted(netting, &fills);
        let wanted = plain(netting, &by_hand);
        prop_assert_eq!(in_order.len(), wanted.len());
        for (closing, want) in in_order.iter().zip(&wanted) {
            let (side, qty, entry, exit, fees, _) = shown(closing);
            let minute = closing.trade.exit_time.micros() / 60_000_000;
            prop_assert_eq!((minute, side == Side::Long, qty), (want.0, want.1, want.2));
            prop_assert!((entry - want.3).abs() < 1e-9 && (exit - want.4).abs() < 1e-9);
            prop_assert!((fees - want.5).abs() < 1e-9, "{} {}", fees, want.5);
        }
        // Any order, some of them several times: a book that gets one too late is netted anew from all that came.
        let mut arriving: Vec<Arc<Fill>> = order.iter().map(|at| Arc::clone(at.get(&fills))).collect();
        arriving.extend(fills.iter().cloned());
        let mut later = Books::new(netting);
        let (mut came, mut trades): (Vec<Arc<Fill>>, Vec<Closing>) = (Vec::new(), Vec::new());
        for fill in arriving {
            came.push(Arc::clone(&fill));
            trades.extend(later.take(&fill));
            if !later.late.is_empty() {
                trades.clear();
                later.net_anew(came.clone(), |closing| trades.push(closing));
            }
        }
        prop_assert_eq!(trades, in_order);
        prop_assert_eq!(later.books, books.books);
    }
}
