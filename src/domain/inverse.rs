//! Inverse contracts: settled in the coin that they price, and told by their names at the venues that have them.

use super::currency::base_and_quote_of_pair;

/// What a contract of Binance and OKX is worth in dollars: 100 of bitcoin, 10 of any other coin (their contract
/// specifications, COIN-M futures and coin-margined swaps, 2026).
const BITCOIN_USD: f64 = 100.0;
const OTHER_USD: f64 = 10.0;

/// What the name of an inverse contract says of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NamedInverse {
    /// What a contract is worth in the currency of its price; `None` is 1, or not said.
    pub multiplier: Option<f64>,
}

/// Whether a symbol is the name of an inverse contract, as only such have: `BTC/USD:BTC` as engines write it, `BTCUSD_PERP` and
/// `BTCUSD_260327` of Binance, `BTC-USD-SWAP` and `BTC-USD-260327` of OKX, `XBTUSD` and `XBTH26` of BitMEX, `BTC-PERPETUAL` and
/// `BTC-27MAR26` of Deribit. `BTCUSD` alone is a pair at most venues.
pub fn inverse_by_name(symbol: &str) -> Option<NamedInverse> {
    let symbol = symbol.trim();
    if let Some((base, quote)) = symbol.split_once('/') {
        let (_, coin) = quote.split_once(':')?;
        let coin = coin.split('-').next().unwrap_or(coin);
        return coin.eq_ignore_ascii_case(base).then_some(NamedInverse { multiplier: None });
    }
    let name = symbol.rsplit(':').next().unwrap_or(symbol);
    if !name.contains(['_', '-', 'x', 'X']) {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let of_binance = name.split_once('_').and_then(|(pair, kind)| Some((pair.strip_suffix("USD")?, kind)));
    let of_okx = name.split_once("-USD-");
    if let Some((coin, kind)) = of_binance.or(of_okx) {
        let is_kind = kind == "PERP" || kind == "SWAP" || is_date(kind);
        let worth = if coin == "BTC" { BITCOIN_USD } else { OTHER_USD };
        return (is_kind && is_coin(coin)).then_some(NamedInverse { multiplier: Some(worth) });
    }
    let of_bitmex = name == "XBTUSD" || (name.starts_with("XBT") && name.len() == 6 && has_expiry(&name));
    let of_deribit = name
        .split_once('-')
        .is_some_and(|(coin, kind)| is_deribit_coin(coin) && (kind == "PERPETUAL" || is_day(kind)));
    (of_bitmex || of_deribit).then_some(NamedInverse { multiplier: None })
}

/// Whether a contract at a venue that has no pairs in dollars themselves is inverse: `BTCUSD` and `ETHUSDH26`, but not `BTCUSDT`.
pub fn is_told_in_dollars(symbol: &str) -> bool {
    coin_told_in_dollars(symbol).is_some()
}

/// The coin in which an inverse contract is settled: what is named behind a colon, else what comes first.
pub fn settlement_coin(symbol: &str) -> Option<String> {
    let symbol = symbol.trim();
    if let Some((_, coin)) = symbol.split_once('/').and_then(|(_, quote)| quote.split_once(':')) {
        return Some(coin.split('-').next().unwrap_or(coin).to_uppercase());
    }
    let symbol = symbol.rsplit(':').next().unwrap_or(symbol);
    let head = symbol.split(['-', '_']).next().unwrap_or(symbol);
    let of_pair = || base_and_quote_of_pair(head).map(|(base, _)| base);
    let of_parts = || (head.len() < symbol.len()).then_some(head);
    let coin = coin_told_in_dollars(head).or_else(of_pair).or_else(of_parts).or_else(|| symbol.get(..3));
    let coin = coin.filter(|coin| is_coin(coin))?;
    Some(if coin.eq_ignore_ascii_case("XBT") { "BTC".into() } else { coin.to_uppercase() })
}

/// BTC of `BTCUSD` and `BTCUSDH26`. No coin stands for a dollar here: `XBTUSD` is none of TUSD.
fn coin_told_in_dollars(symbol: &str) -> Option<&str> {
    let name = without_expiry(symbol);
    let (coin, quote) = name.split_at_checked(name.len().checked_sub(3)?)?;
    (is_coin(coin) && quote.eq_ignore_ascii_case("USD")).then_some(coin)
}

fn is_coin(text: &str) -> bool {
    (2..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_deribit_coin(text: &str) -> bool {
    ["BTC", "ETH"].contains(&text)
}

/// Six digits: year, month, day.
fn is_date(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A day as `27MAR26`; an option has its strike behind it.
fn is_day(text: &str) -> bool {
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.len().checked_sub(5).and_then(|day| Some((text.get(..day)?, text.get(day..)?)));
    parts.is_some_and(|(day, rest)| {
        let (month, year) = rest.split_at_checked(3).unwrap_or((rest, ""));
        day.len() <= 2 && digits(day) && months.contains(&month) && digits(year)
    })
}

/// Whether a name ends with the letter of a month and two digits, as futures do.
fn has_expiry(name: &str) -> bool {
    let [.., month, tens, ones] = name.as_bytes() else { return false };
    b"FGHJKMNQUVXZ".contains(&month.to_ascii_uppercase()) && tens.is_ascii_digit() && ones.is_ascii_digit()
}

fn without_expiry(name: &str) -> &str {
    let root = name.len().checked_sub(3).and_then(|end| name.get(..end));
    root.filter(|_| has_expiry(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_contracts_are_known_by_their_names() {
        for (symbol, multiplier) in [
            ("BTC/USD:BTC", None),
            ("ETH/USD:ETH-260327", None),
            ("BTCUSD_PERP", Some(100.0)),
            ("LINKUSD_260327", Some(10.0)),
            ("BTC-USD-SWAP", Some(100.0)),
            ("ADA-USD-260327", Some(10.0)),
            ("XBTUSD", None),
            ("BITMEX:XBTUSD", None),
            ("XBTH26", None),
            ("BTC-PERPETUAL", None),
            ("ETH-27MAR26", None),
        ] {
            assert_eq!(inverse_by_name(symbol), Some(NamedInverse { multiplier }), "{symbol}");
        }
        for symbol in [
            "BTCUSD",
            "BTC-USD",
            "BTCUSDT",
            "BTC/USDT:USDT",
            "BTC-USDT-SWAP",
            "BTCUSDT_260327",
            "BTC-27MAR26-50000-C",
            "BTC_USDC-PERPETUAL",
            "XBTUSDT",
            "AAPL",
            "ESH26",
            "BRK-B",
            "EUR/USD",
            "ÄÖÜUSD_PERP",
            "_PERP",
            "-USD-SWAP",
            "",
        ] {
            assert_eq!(inverse_by_name(symbol), None, "{symbol}");
        }
    }

    #[test]
    fn the_coin_that_is_paid() {
        for (symbol, coin) in [
            ("BTC/USD:BTC", Some("BTC")),
            ("ETH/USD:ETH-260327", Some("ETH")),
            ("XBTUSD", Some("BTC")),
            ("XBTH26", Some("BTC")),
            ("ETHUSD_PERP", Some("ETH")),
            ("SOLUSD", Some("SOL")),
            ("DOGEUSDH26", Some("DOGE")),
            ("LINK-USD-SWAP", Some("LINK")),
            ("BTC-PERPETUAL", Some("BTC")),
            ("ÄÖÜ", None),
            ("", None),
        ] {
            assert_eq!(settlement_coin(symbol).as_deref(), coin, "{symbol}");
        }
        for (symbol, is_inverse) in [
            ("BTCUSD", true),
            ("ETHUSDH26", true),
            ("BTCUSDT", false),
            ("BTCPERP", false),
            ("BTC-26DEC26", false),
        ] {
            assert_eq!(is_told_in_dollars(symbol), is_inverse, "{symbol}");
        }
    }
}
