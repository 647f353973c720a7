//! Price files that mean harm: reading ends, no price is none, and what is held follows the file.

use std::io::BufReader;

use dtlearn::store::gunzip;
use dtlearn::wire::{BadPrice, Price, PriceRules, read_prices};
use proptest::prelude::*;

fn part() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"symbol,timestamp,close\n",
        b"Date,Open,High,Low,Close\n",
        b"A,2019-02-15T15:30:00Z,101\n",
        b"A,2019-02-15T15:30:00Z,1e999\n",
        b"A,1550244600000000000,-0\n",
        b"{\"symbol\":\"A\",\"t\":\"2019-02-15T15:30:00Z\",\"c\":NaN}\n",
        b"{\"bars\":{\"A\":[{\"t\":1,\"c\":2}]}}",
        b"[[[[[[[[",
        b"\"never closed,",
        b"\xff\xfe\0",
        b"\r",
        b"\n",
        b",,,,,,,,",
    ];
    prop_oneof![
        4 => prop::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (any::<u8>(), 1usize..200_000).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_price_file_panics_or_gives_a_price_that_is_none(parts in prop::collection::vec(part(), 0..12), is_packed in any::<bool>()) {
        let bytes = parts.concat();
        let rules = PriceRules::default();
        let look = |price: Result<Price<'_>, BadPrice>| {
            if let Ok(price) = price {
                assert!(price.close.is_finite());
            }
        };
        if is_packed {
            // As it is, which is no gzip as a rule, and packed.
            let packed = dtlearn::store::encode_plain_member(&bytes);
            let cut = &packed[..packed.len() - parts.len().min(8)];
            for input in [&bytes[..], &packed, cut] {
                let lines = BufReader::new(gunzip(input));
                let _ = read_prices(lines, &rules, |_| true, look);
            }
        } else {
            let lines = BufReader::new(&bytes[..]);
            let _ = read_prices(lines, &rules, |_| true, look);
        }
    }
}
