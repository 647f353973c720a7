//! Interactive Brokers: trades of a Flex query as CSV and XML, and the activity statement. Times are New York's unless
//! the query says otherwise; commissions below zero are costs; quantities are signed; `O` and `C` among the codes say
//! what opens and what closes.

use serde_json::Value;

use super::cells::split_cells;
use super::profile::{Profile, text};
use super::{Statement, section};
use crate::wire::input::{JsonObject, Kind};

pub(super) const IBKR: Profile = Profile {
    name: "interactive-brokers",
    about: "trades of a Flex query as CSV or XML, and the activity statement as CSV; --tz America/New_York",
    kind: Kind::Fill,
    signatures: &[
        &["symbol", "quantity", "buysell", "ibcommission", "tradeprice"],
        &["clientaccountid", "assetclass", "symbol", "quantity", "buysell"],
        &["datadiscriminator", "assetcategory", "symbol", "quantity", "tprice"],
    ],
    names: &[
        ("clientaccountid", "account"),
        ("accountid", "account"),
        ("tradeid", "fill_id"),
        ("ibexecid", ""),
        ("transactionid", ""),
        ("iborderid", "order_id"),
        ("orderid", "order_id"),
        ("tradeprice", "price"),
        ("tprice", "price"),
        ("cprice", ""),
        ("closeprice", ""),
        ("datetime", "timestamp"),
        ("tradedate", ""),
        ("tradetime", ""),
        ("settledate*", ""),
        ("buysell", "side"),
        ("ibcommission", "fees"),
        ("commfee", "fees"),
        ("comminusd", "fees"),
        ("commission", "fees"),
        ("ibcommissioncurrency", "fee_currency"),
        ("currencyprimary", "currency"),
        ("fxratetobase", "fx_rate"),
        ("fifopnlrealized", ""),
        ("realizedpl", ""),
        ("realizedpl%", ""),
        ("mtmpl", ""),
        ("mtmpnl", ""),
        ("mtminusd", ""),
        ("proceeds", ""),
        ("netcash*", ""),
        ("basis", ""),
        ("costbasis", ""),
        ("cost", ""),
        ("taxes", "taxes"),
        ("trademoney", ""),
        ("openclose*", "effect"),
        ("code", "code"),
        ("notes*", "code"),
        ("assetcategory", "asset"),
        ("assetclass", "asset"),
        ("levelofdetail", "level_of_detail"),
    ],
    finish,
};

fn finish(record: &mut JsonObject) {
    let codes: Vec<&str> = text(record, "code").split([';', ',']).map(str::trim).collect();
    let effect = match (codes.contains(&"O"), codes.contains(&"C")) {
        (true, false) => Some("open"),
        (false, true) => Some("close"),
        _ => None,
    };
    if let Some(effect) = effect {
        record.entry("effect").or_insert(effect.into());
    }
    // `C;O` closes and opens in one.
    if text(record, "effect").len() > 5 || text(record, "effect").contains(';') {
        record.shift_remove("effect");
    }
    if let Some(at) = record.get_mut("timestamp")
        && let Some(text) = at.as_str()
    {
        *at = moment(text).into();
    }
    if !record.contains_key("side") {
        let is_sale = text(record, "qty").starts_with('-');
        record.insert("side".into(), if is_sale { "SELL" } else { "BUY" }.into());
    }
    if text(record, "level_of_detail").eq_ignore_ascii_case("closed_lot") {
        record.insert("type".into(), "closed lot".into());
    }
}

/// `20260302;093500` and `2026-03-02, 09:35:00` as date and clock.
fn moment(text: &str) -> String {
    let text = text.replace([';', ','], " ");
    let parts: Vec<&str> = text.split_whitespace().collect();
    let of = |part: &str, sep: &str| -> String {
        let pair = |from: usize| part.get(from..from + 2).unwrap_or_default();
        match part.len() {
            _ if !part.bytes().all(|byte| byte.is_ascii_digit()) => part.to_owned(),
            8 => format!("{}{}-{}-{}", pair(0), pair(2), pair(4), pair(6)),
            6 => [pair(0), pair(2), pair(4)].join(sep),
            _ => part.to_owned(),
        }
    };
    parts.iter().map(|part| of(part, ":")).collect::<Vec<_>>().join(" ")
}

/// The trades of an activity statement and of an XML query.
pub(super) const STATEMENTS: &[Statement] = &[
    Statement { begins: |head| head.contains("Statement,Header,Field Name"), unwrap: activity },
    Statement { begins: |head| head.contains("<FlexQueryResponse"), unwrap: flex_xml },
];

/// `Trades,Data,Order,…` under the last `Trades,Header,…` before it.
fn activity(text: &str) -> String {
    let mut headings: Vec<String> = Vec::new();
    section(text, |line| {
        let mut cells = Vec::new();
        if !line.starts_with("Trades,") || !split_cells(line, b',', &mut cells) || cells.len() < 4 {
            return None;
        }
        if cells[1] == "Header" {
            headings = cells[2..].iter().map(|cell| cell.to_string()).collect();
            return None;
        }
        if cells[1] != "Data" || !matches!(&*cells[2], "Order" | "Trade") {
            return None;
        }
        let pairs = headings.iter().zip(&cells[2..]);
        Some(pairs.map(|(name, cell)| (name.clone(), Value::String(cell.to_string()))).collect())
    })
}

/// The attributes of each `<Trade …/>`.
fn flex_xml(text: &str) -> String {
    section(&text.replace("<Trade ", "\n<Trade "), |line| {
        let (inside, _) = line.trim_start().strip_prefix("<Trade ")?.split_once('>')?;
        let mut record = JsonObject::new();
        let mut rest = inside;
        while let Some((name, behind)) = rest.split_once("=\"") {
            let (value, next) = behind.split_once('"')?;
            let value =
                value.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            if !value.is_empty() {
                record.insert(name.trim().to_owned(), value.into());
            }
            rest = next;
        }
        (!record.is_empty()).then_some(record)
    })
}
