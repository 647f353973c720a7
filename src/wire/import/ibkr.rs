//! Interactive Brokers: trades of a Flex query as CSV and XML, and the activity statement. Times are New York's unless
//! the query says otherwise; commissions below zero are costs; quantities are signed; `O` and `C` among the codes say
//! what opens and what closes.

use super::profile::{Profile, text};
use crate::wire::input::{JsonObject, Kind};

pub(super) const IBKR: Profile = Profile {
    name: "interactive-brokers",
    about: "trades of a Flex query as CSV or XML, and the activity statement as CSV; --tz America/New_York",
    kind: Kind::Fill,
    signatures: &[
        &["symbol", "quantity", "buysell", "ibcommission", "tradeprice"],
        &["clientaccountid", "assetclass", "symbol", "quantity", "buysell"],
        &["datadiscriminator", "assetcategory", "symbol", "quantity", "tprice"],
        &["accountid", "assetcategory", "symbol", "quantity", "buysell"],
    ],
    names: &[
        ("clientaccountid", "account"),
        ("accountid", "account"),
        ("tradeid", "fill_id"),
        ("ibexecid", ""),
        ("execid", ""),
        ("extexecid", ""),
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
        ("commin*", "fees"),
        ("commission", "fees"),
        // What the commission is made of.
        ("brokerexecutioncommission", ""),
        ("brokerclearingcommission", ""),
        ("thirdparty*", ""),
        ("othercommission", ""),
        ("ibcommissioncurrency", "fee_currency"),
        ("currencyprimary", "currency"),
        ("fxratetobase", "fx_rate"),
        ("fifopnlrealized", ""),
        ("realizedpl", ""),
        ("realizedpl%", ""),
        ("mtmpl", ""),
        ("mtmpnl", ""),
        ("mtmin*", ""),
        ("proceeds", ""),
        ("amount", ""),
        ("notionalvalue", ""),
        ("transactiontype", "transaction_kind"),
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

/// In the rows of a statement: why one does not count.
pub(super) const PASSED_OVER: &str = "passed over";

fn finish(record: &mut JsonObject) {
    let codes: Vec<&str> = text(record, "code").split([';', ',']).map(str::trim).collect();
    let effect = match (codes.contains(&"O"), codes.contains(&"C")) {
        (true, false) => Some("open"),
        (false, true) => Some("close"),
        _ => None,
    };
    let is_taken_back = codes.contains(&"Ca");
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
    if is_taken_back || text(record, "transaction_kind").to_lowercase().contains("cancel") {
        let side = text(record, "side").split(' ').next().unwrap_or_default().to_owned();
        record.insert("side".into(), format!("{side} (Ca.)").into());
    }
    record.shift_remove("transaction_kind");
    // Orders are read where the file has no executions; the rest of a query says both once more.
    let level = text(record, "level_of_detail").to_lowercase();
    if !matches!(level.as_str(), "" | "execution" | "order") {
        record.insert("type".into(), level.replace('_', " ").into());
    }
    if let Some(why) = record.shift_remove(PASSED_OVER) {
        record.insert("type".into(), why);
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
