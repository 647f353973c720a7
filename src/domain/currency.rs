//! Which currency a symbol, a sign or a heading says, and which are alike.

/// A currency, or a coin in which prices are told.
struct Currency {
    code: &'static str,
    /// The sign that it alone has.
    sign: &'static str,
    /// Whether it is the dollar, or a coin that stands for it.
    is_dollar: bool,
    /// Whether a symbol that is one word, such as `SOLEUR`, may end with it; others are the end of words.
    ends_words: bool,
}

/// One that prices of any symbol are told in.
const fn money(code: &'static str, sign: &'static str) -> Currency {
    Currency { code, sign, is_dollar: false, ends_words: true }
}

/// The dollar, and the coins that stand for it.
const fn dollar(code: &'static str) -> Currency {
    Currency { code, sign: "", is_dollar: true, ends_words: true }
}

/// One that ends a symbol only where that is known to be a pair.
const fn rare(code: &'static str) -> Currency {
    Currency { code, sign: "", is_dollar: false, ends_words: false }
}

/// All that are known. Of two that end alike the longer one stands first.
#[rustfmt::skip]
const CURRENCIES: &[Currency] = &[
    dollar("FDUSD"), dollar("USDT"), dollar("USDC"), dollar("BUSD"), dollar("TUSD"), dollar("USDP"), dollar("USD"),
    Currency { ends_words: false, ..dollar("DAI") },
    rare("AEUR"), rare("EURI"), money("EUR", "€"), money("JPY", ""), money("GBP", "£"), money("CHF", ""), money("CAD", ""),
    money("AUD", ""), money("NZD", ""), money("SEK", ""), money("NOK", ""), money("DKK", ""), money("HKD", ""),
    money("SGD", ""), money("ZAR", ""), money("MXN", ""), Currency { sign: "₺", ..rare("TRY") }, money("PLN", ""), money("CZK", ""),
    money("HUF", ""), money("CNH", ""), money("CNY", ""), money("INR", "₹"), money("KRW", "₩"), money("BRL", ""),
    rare("ILS"), money("THB", ""), money("TWD", ""), money("RUB", "₽"), rare("BIDR"), rare("IDRT"), rare("IDR"),
    rare("ARS"), rare("COP"), rare("NGN"), rare("RON"), rare("UAH"), money("BTC", "₿"), money("ETH", ""), money("BNB", ""),
    rare("DOGE"), rare("SOL"), rare("TRX"), rare("XRP"), rare("XAU"), rare("XAG"),
];

/// The sign that two currencies share, the yen and the yuan, and no other has.
const YEN: &str = "¥";

/// The last three letters of each code, from A: by the last two, a bit for each that may stand before them.
const ENDS: [[u32; 26]; 26] = {
    let (mut ends, mut at) = ([[0; 26]; 26], 0);
    while at < CURRENCIES.len() {
        let code = CURRENCIES[at].code.as_bytes();
        let [.., first, one, other] = code else { panic!("a code has three letters") };
        ends[(*one - b'A') as usize][(*other - b'A') as usize] |= 1 << (*first - b'A');
        at += 1;
    }
    ends
};

/// Whether a name may end with a code: nearly none does, and that is seen at once.
fn may_end_with_code(name: &str) -> bool {
    let [.., first, one, other] = name.as_bytes() else { return false };
    let place = |byte: &u8| byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_uppercase() - b'A'));
    let (Some(first), Some(one), Some(other)) = (place(first), place(one), place(other)) else {
        return false;
    };
    ENDS[one][other] >> first & 1 == 1
}

fn code(text: &str) -> Option<&'static str> {
    CURRENCIES.iter().map(|currency| currency.code).find(|code| code.eq_ignore_ascii_case(text))
}

/// Signs with the code of each; `¥` stands for itself.
pub fn currency_signs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let signed = CURRENCIES.iter().filter(|currency| !currency.sign.is_empty());
    signed.map(|currency| (currency.sign, currency.code)).chain(std::iter::once((YEN, YEN)))
}

/// What may stand before a code at the end of a name, and the code, the shorter codes first: `profitusd` ends with that of two.
/// A code at the end of words, as in `Entry`, counts only where it is parted from what is before.
pub fn currencies_at_end(name: &str) -> impl Iterator<Item = (&str, &'static str)> {
    let all = if may_end_with_code(name) { CURRENCIES } else { &[] };
    all.iter().rev().filter_map(move |currency| {
        let before = before_code(name, currency)?;
        let is_parted = before.ends_with(|c: char| !c.is_alphanumeric())
            || (before.ends_with(char::is_lowercase) && name.ends_with(currency.code));
        (is_parted || currency.ends_words).then_some((before, currency.code))
    })
}

/// What stands before the code of a currency at the end of a word.
fn before_code<'w>(word: &'w str, currency: &Currency) -> Option<&'w str> {
    let (before, end) = word.split_at_checked(word.len().checked_sub(currency.code.len())?)?;
    (!before.is_empty() && end.eq_ignore_ascii_case(currency.code)).then_some(before)
}

fn ends_with(word: &str, may_be: impl Fn(&Currency) -> bool) -> Option<(&str, &'static str)> {
    if !may_end_with_code(word) {
        return None;
    }
    let mut all = CURRENCIES.iter().filter(|currency| may_be(currency));
    all.find_map(|currency| Some((before_code(word, currency)?, currency.code)))
}

/// Whether two codes are one currency; `¥` is the sign of two.
pub fn is_same_currency(one: &str, other: &str) -> bool {
    let yen =
        |sign: &str, code: &str| sign == YEN && ["JPY", "CNY", "CNH"].contains(&code.to_uppercase().as_str());
    one.eq_ignore_ascii_case(other) || yen(one, other) || yen(other, one)
}

/// The same, where a dollar's coin is a dollar: headings and pairs say the coin in which an account is kept that calls itself one
/// of dollars.
pub fn is_alike_currency(one: &str, other: &str) -> bool {
    let is_dollar = |code: &str| {
        CURRENCIES.iter().any(|currency| currency.is_dollar && currency.code.eq_ignore_ascii_case(code))
    };
    is_same_currency(one, other) || (is_dollar(one) && is_dollar(other))
}

/// The currency in which the prices of a pair are told, or in which it is settled where it says so: JPY of `USD/JPY`, `USDJPY` and
/// `FX:USDJPY`, BTC of `ETH-BTC` and `SOLBTC`, USDT of `SOL/USDT:USDT`. `None` for what is no pair.
pub fn quote_currency(symbol: &str) -> Option<&'static str> {
    let settled = symbol.split_once('/').and_then(|(_, quote)| quote.split_once(':')).map(|(_, coin)| coin);
    settled.and_then(code).or_else(|| base_and_quote(symbol).map(|(_, quote)| quote))
}

/// What is traded and in which currency its price is told, of a symbol that is a pair.
pub fn base_and_quote(symbol: &str) -> Option<(&str, &'static str)> {
    pair(symbol, |word| {
        // Shorter ones are shares: `VOD`, `GOOGL`.
        let is_pair = word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_pair.then(|| ends_with(word, |currency| currency.ends_words)).flatten()
    })
}

/// The same of a symbol that is known to be a pair, as all are at a venue of coins.
pub fn base_and_quote_of_pair(symbol: &str) -> Option<(&str, &'static str)> {
    pair(symbol, |word| ends_with(word, |_| true))
}

fn pair<'s>(
    symbol: &'s str,
    of_word: impl Fn(&'s str) -> Option<(&'s str, &'static str)>,
) -> Option<(&'s str, &'static str)> {
    let symbol = symbol.trim();
    if let Some((base, quote)) = symbol.split_once('/') {
        let quote = quote.split(':').next().unwrap_or(quote);
        return code(quote).filter(|_| !base.is_empty()).map(|quote| (base, quote));
    }
    let symbol = symbol.rsplit(':').next().unwrap_or(symbol);
    let symbol = symbol.strip_suffix("=X").unwrap_or(symbol);
    let word = symbol.split(['-', '_', '.', '#']).next().unwrap_or(symbol);
    let behind = symbol.strip_prefix(word).unwrap_or_default();
    let has_point = behind.starts_with('.');
    if let Some(behind) = behind.strip_prefix(['-', '_', '.', '#']) {
        // `BTC-USDT-SWAP` says what kind of contract it is.
        let quote = code(behind.split(['-', '_']).next().unwrap_or(behind));
        // `BRK-B` is none, nor is a share on an exchange that is called like a currency, nor `VOD.L`.
        let is_pair = if has_point { code(word).is_some() } else { word.len() >= 2 };
        if let Some(quote) = quote.filter(|_| is_pair) {
            return Some((word, quote));
        }
    }
    // `EURJPYm` and `BTCUSDT.P` have the broker's own letters behind the pair.
    let bare = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let word = if bare.len() >= 6 { bare } else { word };
    of_word(word)
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
            ("BTCUSDT", Some("USDT")),
            ("SOLBTC", Some("BTC")),
            ("SOLEUR", Some("EUR")),
            ("BINANCE:1000PEPEUSDT", Some("USDT")),
            ("BTC-USDT-SWAP", Some("USDT")),
            ("BTCUSDT.P", Some("USDT")),
            ("BTCUSDT_260327", Some("USDT")),
            ("EURJPYm", Some("JPY")),
            ("EURJPY.r", Some("JPY")),
            ("GBPJPY#", Some("JPY")),
            ("ESZ2026", None),
            ("HYUNDAI", None),
            ("CONSOL", None),
            ("EUR", None),
            ("BTC-25DEC26", None),
            ("BTC-PERPETUAL", None),
            ("ÄÖÜ", None),
            ("/EUR", None),
            ("", None),
        ] {
            assert_eq!(quote_currency(symbol), quote, "{symbol}");
        }
        assert_eq!(base_and_quote("SOLUSDT"), Some(("SOL", "USDT")));
        assert_eq!(base_and_quote_of_pair("SOLARS"), Some(("SOL", "ARS")));
        assert_eq!((base_and_quote("SOLARS"), base_and_quote_of_pair("ARS")), (None, None));
        let at_end = |name| currencies_at_end(name).collect::<Vec<_>>();
        assert_eq!(at_end("profitfdusd"), [("profitfd", "USD"), ("profit", "FDUSD")]);
        assert_eq!(at_end("profitusd"), [("profit", "USD"), ("profi", "TUSD")]);
        assert_eq!((at_end("Entry"), at_end("Profit TRY")), (vec![], vec![("Profit ", "TRY")]));
        assert_eq!((at_end("eur"), at_end("ÄEUR"), at_end("qtyä")), (vec![], vec![("Ä", "EUR")], vec![]));
        assert!(is_alike_currency("usdt", "USD") && !is_same_currency("USDT", "USD"));
        assert!(
            is_same_currency("¥", "JPY") && is_same_currency("CNY", "¥") && !is_same_currency("¥", "USD")
        );
    }
}
