use super::*;
use crate::wire::parse_object;

fn known(text: &str) -> EntryFeatures {
    let at = Timestamp::parse("2019-02-11T19:35:00Z").unwrap();
    EntryFeatures::of(&parse_object(text.as_bytes()).unwrap(), Some(at))
}

#[test]
fn labels_are_net_of_costs() {
    let costs = Costs { commission_bps: 2.0, slippage_bps: 1.0 };
    let label = |result_frac, costs_known, hit_target| {
        let mut dataset = Dataset::new(&Market::default());
        let draft = dataset.draft(&known(r#"{"features":{"spread_bps":4}}"#));
        dataset.push("a", draft, &Resolution { result_frac, costs_known, hit_target }, Source::Trade, costs);
        (dataset.examples[0].label, (dataset.examples[0].net_frac * 1e6).round())
    };
    // 4 + 2 + 1 hundredths of a percent, unless fees are on record.
    assert_eq!(label(0.0018, false, false), (true, 1100.0));
    assert_eq!(label(0.0017, false, false), (false, 1000.0));
    assert_eq!(label(0.0011, true, false), (true, 1100.0));
    assert_eq!(label(-0.0012, false, true), (true, -1900.0));
    assert_eq!(label(-0.0013, false, true), (false, -2000.0));
}

#[test]
fn news_later_than_the_signal_leave_a_trade_that_takes_its_time() {
    let at = |text: &str| Some(Timestamp::parse(text).unwrap());
    let of = |text: &str, time| EntryFeatures::of(&parse_object(text.as_bytes()).unwrap(), time);
    let told = r#"{"features":{"news_time":"2019-02-11T19:35:00Z","news_mean":0.5,"rsi":40}}"#;
    let mut dataset = Dataset::new(&Market::default());
    let names = |dataset: &mut Dataset, own, signal| {
        let mut draft = dataset.draft(&of(told, own));
        let signal = dataset.draft(&of(r#"{"features":{"gap":1}}"#, signal));
        draft.complete_with(&signal);
        let names = draft.numbers.iter().map(|(name, _)| dataset.names.list[usize::from(name)].clone());
        names.collect::<Vec<_>>()
    };
    let (entry, before) = (at("2019-02-11T19:36:00Z"), at("2019-02-11T19:34:59Z"));
    assert_eq!(names(&mut dataset, entry, None), ["news_mean", "rsi", "gap"]);
    assert_eq!(names(&mut dataset, entry, at("2019-02-11T19:35:00Z")), ["news_mean", "rsi", "gap"]);
    assert_eq!(names(&mut dataset, entry, before), ["rsi", "gap"]);
    assert_eq!(names(&mut dataset, None, entry), ["rsi", "gap"], "nothing to hold its time against");
    assert_eq!(names(&mut dataset, before, entry), ["rsi", "gap"]);
}

#[test]
fn a_signal_is_one_row_and_its_trade_gives_the_outcome() {
    let mut dataset = Dataset::new(&Market::default());
    let resolved = |result_frac| Resolution { result_frac, costs_known: true, hit_target: false };
    for (source, result) in [(Source::Pick, 0.5), (Source::Trade, -0.5), (Source::Missed, 0.1)] {
        let draft = dataset.draft(&known("{\"features\":{\"a\":1,\"pnl\":3}}"));
        dataset.push("s1", draft, &resolved(result), source, Costs::default());
    }
    dataset.sort();
    assert_eq!(dataset.examples.len(), 1);
    assert_eq!((dataset.examples[0].source, dataset.examples[0].net_frac), (Source::Trade, -0.5));
    assert_eq!(dataset.refused["pnl"], 3);
    assert_eq!(
        dataset.names(),
        ["a", "hour", "weekday", "minutes_since_open", "minutes_to_close", "day_before_holiday"]
    );
    let mut trade = dataset.draft(&known(r#"{"regime":"trend"}"#));
    let signal = dataset.draft(&known(r#"{"regime":"range","setup":"orb","features":{"b":2}}"#));
    trade.complete_with(&signal);
    assert!(trade.has_features() && trade.numbers.iter().count() == 1);
    assert_eq!(trade.words[2], signal.words[2]);
    assert_ne!(trade.words[3], signal.words[3]);
}
