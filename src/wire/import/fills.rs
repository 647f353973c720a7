//! Files that hold single executions, by the headings or keys that they have: named, with who writes them.

use super::error::FormatError;
use crate::wire::input::folded;

/// A program or broker, and names that only its list of executions has, folded.
const KNOWN: &[(&str, &[&str])] = &[
    ("Interactive Brokers, an activity statement", &["datadiscriminator"]),
    ("Interactive Brokers, a Flex query", &["clientaccountid", "assetclass"]),
    ("TradingView, a list of trades with entry and exit in rows of their own", &["trade", "type", "signal"]),
    ("thinkorswim, an account statement", &["exectime", "poseffect"]),
    ("Webull, orders", &["placedtime", "filledtime"]),
    ("Alpaca, account activities", &["activitytype", "transactiontime"]),
    ("Schwab, transactions", &["action", "feescomm", "amount"]),
    ("MetaTrader 5, deals", &["deal", "direction", "volume"]),
    ("Quantower, trades", &["ordertype", "tradeid", "positionid"]),
    ("Questrade, executions", &["fillqty", "fillprice", "exectime"]),
    ("hummingbot, trades", &["configfile", "exchangetradeid"]),
    ("nautilus_trader, fills", &["clientorderid", "liquidityside"]),
    ("backtrader, transactions", &["sid", "amount", "price", "value"]),
    ("Robinhood, activity", &["activitydate", "transcode"]),
    ("Binance, trades", &["executed", "side", "pair"]),
];

/// Names of the one price of an execution.
const PRICES: [&str; 9] = [
    "price",
    "fillprice",
    "tradeprice",
    "tprice",
    "avgprice",
    "averageprice",
    "execprice",
    "priceusd",
    "executionprice",
];

/// What a file with these names is, where it holds single executions.
pub(super) fn known(names: &[&str]) -> Option<FormatError> {
    let names: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let one = KNOWN.iter().find(|(_, needed)| needed.iter().all(|name| has(name)));
    if let Some((program, _)) = one {
        return Some(FormatError::Fills { program: (*program).to_owned() });
    }
    let is_order = ["side", "action", "buysell", "transactiontype"].into_iter().any(has);
    let has_pair = names.iter().any(|name| name.contains("entry") || name.contains("open"))
        && names.iter().any(|name| name.contains("exit") || name.contains("close"));
    (is_order && !has_pair && PRICES.into_iter().any(has))
        .then(|| FormatError::Fills { program: "rows with one price and one time each".into() })
}
