use proptest::prelude::*;

use super::*;

pub(in crate::domain) fn closed(
    side: Side,
    entry_price: f64,
    exit_price: f64,
    qty: f64,
    fees: f64,
) -> ClosedTrade {
    ClosedTrade {
        trade_id: None,
        signal_id: None,
        symbol: "MSFT".into(),
        side,
        entry_time: Timestamp::parse("2019-02-11T19:35:00Z").ok(),
        exit_time: Timestamp::parse("2019-02-11T19:50:00Z").unwrap(),
        entry_price,
        exit_price,
        qty: Some(qty),
        fees: Some(fees),
        funding: None,
        rebate: None,
        terms: ContractTerms::default(),
        currency: None,
        fx_rate: None,
        stated: None,
        leg: None,
        label: None,
        confidence: None,
        lgb_prob: None,
        lstm_prob: None,
        transformer_prob: None,
        regime: None,
        vix: None,
        sector: None,
        exit_reason: None,
        stop_price: Some(99.0),
        target_price: Some(102.0),
        hit_target: None,
        hit_stop: None,
        mfe_frac: None,
        mae_frac: None,
        setup: None,
        timeframe: None,
        strategy: None,
        variant: None,
        experiment: None,
        variant_share: None,
        size: SizeTag::default(),
    }
}

#[test]
fn the_result_is_net_of_fees_and_signed_by_side() {
    let long = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 5.0)).unwrap();
    assert!((long.pnl_frac() - 0.015).abs() < 1e-15 && (long.pnl() - 15.0).abs() < 1e-12);
    let short = Trade::new(closed(Side::Short, 100.0, 102.0, 10.0, 5.0)).unwrap();
    assert!((short.pnl_frac() + 0.025).abs() < 1e-15 && (short.pnl() + 25.0).abs() < 1e-12);
    assert_eq!(long.hold_minutes(), Some(15.0));
    assert_eq!((long.hit_target(), long.hit_stop()), (Some(true), Some(false)));
    let mut stopped = closed(Side::Short, 100.0, 102.0, 10.0, 5.0);
    (stopped.stop_price, stopped.target_price) = (Some(102.0), None);
    let stopped = Trade::new(stopped).unwrap();
    assert_eq!((stopped.hit_target(), stopped.hit_stop()), (None, Some(true)));
}

#[test]
fn what_cannot_be_is_refused() {
    let good = closed(Side::Long, 100.0, 102.0, 10.0, 0.0);
    let refusal = |change: &dyn Fn(&mut ClosedTrade)| {
        let mut bad = good.clone();
        change(&mut bad);
        Trade::new(bad).unwrap_err().to_string()
    };
    for (change, message) in [
        (&(|t: &mut ClosedTrade| t.symbol = " ".into()) as &dyn Fn(&mut ClosedTrade), "no symbol"),
        (&|t| t.entry_price = f64::NAN, "entry_price is not a finite number"),
        (
            &|t| t.exit_price = -0.5,
            "exit_price is -0.5, a price is not below 0 unless [instruments] negative_prices says so",
        ),
        (&|t| t.entry_price = 0.0, "entry_price is 0, it must be above 0"),
        (&|t| t.qty = Some(-3.0), "qty is -3, it must be above 0"),
        (
            &|t| t.confidence = Some(65.0),
            "confidence is 65, a probability lies between 0 and 1 (did you mean 0.65?)",
        ),
        (
            &|t| t.entry_time = Timestamp::parse("2019-02-12T19:35:00Z").ok(),
            "the exit (2019-02-11T19:50:00Z) is before the entry (2019-02-12T19:35:00Z)",
        ),
        (
            &|t| t.entry_price = 1e-300,
            "the result is 1.020e3 (1.020e302 of the position), beyond what is plausible: check price and qty",
        ),
    ] {
        assert_eq!(refusal(change), message);
    }
}

#[test]
fn the_derived_id_tells_trades_apart() {
    let a = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 0.0)).unwrap();
    let b = Trade::new(closed(Side::Long, 100.0, 102.0, 11.0, 0.0)).unwrap();
    let again = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 3.0)).unwrap();
    assert_ne!(a.trade_id(), b.trade_id());
    assert_eq!(a.trade_id(), again.trade_id(), "fees do not make another trade");
}

proptest! {
    #[test]
    fn whatever_is_taken_has_a_finite_result(
        entry in proptest::num::f64::ANY, exit in proptest::num::f64::ANY,
        qty in proptest::num::f64::ANY, fees in proptest::num::f64::ANY, short: bool,
    ) {
        let side = if short { Side::Short } else { Side::Long };
        if let Ok(trade) = Trade::new(closed(side, entry, exit, qty, fees)) {
            prop_assert!(trade.pnl().is_finite() && trade.pnl_frac().is_finite());
            prop_assert!(trade.closed().entry_price > 0.0 && trade.qty() > 0.0);
        }
    }
}
