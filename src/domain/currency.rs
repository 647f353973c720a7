//! Which currency a symbol or a sign says, and which are alike.

/// Currencies and coins in which prices are commonly told.
const CODES: [&str; 38] = [
    "USD", "EUR", "JPY", "GBP", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "HKD", "SGD", "ZAR", "MXN",
    "TRY", "PLN", "CZK", "HUF", "CNH", "CNY", "INR", "KRW", "BRL", "ILS", "THB", "TWD", "BTC", "ETH", "BNB",
    "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI", "XAU", "XAG",
];

/// The dollar and the coins that stand for it.
const DOLLARS: [&str; 7] = ["USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI"];

fn code(text: &str) -> Option<&'static str> {
    CODES.into_iter().find(|code| code.eq_ignore_ascii_case(text))
}

/// Whether two codes are one currency; `¥` is the sign of two.
pub fn is_same_currency(one: &str, other: &str) -> bool {
    let yen =
        |sign: &str, code: &str| sign == "¥" && ["JPY", "CNY", "CNH"].contains(&code.to_uppercase().as_str());
    one.eq_ignore_ascii_case(other) || yen(one, other) || yen(other, one)
}

/// The same, where a dollar's coin is a dollar: headings and pairs say the coin in which an account is kept that calls itself one
/// of dollars.
pub fn is_alike_currency(one: &str, other: &str) -> bool {
    let is_dollar = |code: &str| DOLLARS.iter().any(|dollar| dollar.eq_ignore_ascii_case(code));
    is_same_currency(one, other) || (is_dollar(one) && is_dollar(other))
}

/// The currency in which the prices of a pair are told, or in which it is settled where it says so: JPY of `USD/JPY`, `USDJPY` and
/// `FX:USDJPY`, BTC of `ETH-BTC`, USDT of `SOL/USDT:USDT`. `None` for what is no pair.
pub fn quote_currency(symbol: &str) -> Option<&'static str> {
    let symbol = symbol.trim();
    if let Some((base, quote)) = symbol.split_once('/') {
        let quote = quote.rsplit(':').next().unwrap_or(quote);
        return code(quote).filter(|_| !base.is_empty());
    }
    let symbol = symbol.rsplit(':').next().unwrap_or(symbol);
    let symbol = symbol.strip_suffix("=X").unwrap_or(symbol);
    if let Some((base, quote)) = symbol.split_once(['-', '_']) {
        // `BRK-B` is none.
        return code(quote).filter(|_| base.len() >= 2);
    }
    if let Some((base, quote)) = symbol.split_once('.') {
        // `VOD.L` is none, nor is a share on an exchange that is called like a currency.
        return code(quote).filter(|_| code(base).is_some());
    }
    let halves = symbol.is_ascii().then(|| symbol.split_at_checked(3)).flatten();
    halves.filter(|(base, quote)| quote.len() == 3 && code(base).is_some()).and_then(|(_, quote)| code(quote))
}

/// The coin in which an inverse contract is settled: what is named behind a colon, else what comes first.
pub fn settlement_coin(symbol: &str) -> Option<&'static str> {
    let symbol = symbol.trim();
    if let Some((_, coin)) = symbol.split_once('/').and_then(|(_, quote)| quote.split_once(':')) {
        return code(coin);
    }
    let symbol = symbol.rsplit(':').next().unwrap_or(symbol);
    let coin = symbol.get(..3)?;
    if coin.eq_ignore_ascii_case("XBT") { Some("BTC") } else { code(coin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_says_its_quote_currency_and_a_share_says_none() {
        for (symbol, quote) in [
            ("USD/JPY", Some("JPY")),
            ("USDJPY", Some("JPY")),
            ("usdjpy", Some("JPY")),
            ("FX:USDJPY", Some("JPY")),
            ("EURUSD=X", Some("USD")),
            ("EUR.USD", Some("USD")),
            ("ETH-BTC", Some("BTC")),
            ("SOL/EUR", Some("EUR")),
            ("SOL/USDT:USDT", Some("USDT")),
            ("BTC/USD:BTC", Some("BTC")),
            ("BTC_EUR", Some("EUR")),
            ("SOL-EUR", Some("EUR")),
            ("XAUUSD", Some("USD")),
            ("AAPL", None),
            ("BRK-B", None),
            ("BRK/B", None),
            ("VOD.L", None),
            ("GOOGLE", None),
            ("ES=F", None),
            ("NASDAQ:AAPL", None),
            ("BTCUSDT", None),
            ("ÄÖÜ", None),
            ("/EUR", None),
            ("", None),
        ] {
            assert_eq!(quote_currency(symbol), quote, "{symbol}");
        }
        for (symbol, coin) in [
            ("BTC/USD:BTC", Some("BTC")),
            ("XBTUSD", Some("BTC")),
            ("ETHUSD_PERP", Some("ETH")),
            ("SOLUSD", None),
        ] {
            assert_eq!(settlement_coin(symbol), coin, "{symbol}");
        }
        assert!(is_alike_currency("usdt", "USD") && !is_same_currency("USDT", "USD"));
        assert!(
            is_same_currency("¥", "JPY") && is_same_currency("CNY", "¥") && !is_same_currency("¥", "USD")
        );
    }
}
