//! Every field that is read, and all names under which files and engines have it. One table for all readers.
//!
//! Names are compared without case, blanks, `_`, `-`, `.` and other marks, so that `Entry Price`, `entryPrice`
//! and `entry_price` are one name. A field's own and its specific names are taken wherever they stand; a loose
//! one, which other things are called by too (`price`, `date`, `id`), only where none of the others is there.

mod fee_names;

pub(super) use self::fee_names::COSTS;
use self::fee_names::fee_like;
use crate::domain::{currencies_at_end, currency_signs};

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A closed trade.
    Exit,
    /// A signal of the engine.
    Signal,
    /// A signal that was not traded.
    Missed,
    /// A bar or a tick.
    Bar,
    /// An execution.
    Fill,
    /// A piece of news.
    News,
}

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A text.
    Text,
    /// A moment.
    Time,
    /// A price, in the currency of the record.
    Price,
    /// Units, shares or contracts.
    Units,
    /// An amount in the currency of the record, a cost whatever its sign.
    Cost,
    /// An amount in the currency of the record, what was received above zero.
    Amount,
    /// A fraction, 0.01 is one percent.
    Fraction,
    /// A probability from 0 to 1.
    Probability,
    /// A plain number.
    Number,
    /// True or false.
    Flag,
    /// A JSON object.
    Object,
}

/// A row of the table.
pub struct Word {
    /// The field.
    pub field: Field,
    /// What its value is.
    pub unit: Unit,
    /// The records that have it.
    pub of: &'static [Kind],
    /// Its other names.
    pub names: &'static [&'static str],
    /// Names that mean it only where no other does.
    pub loose: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
}

macro_rules! fields {
    ($($variant:ident $name:literal)*) => {
        /// A field of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the table says what each means")]
        pub enum Field { $($variant),* }

        impl Field {
            /// All fields.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in records and in `--map`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

fields! {
    Symbol "symbol" Side "side" EntryPrice "entry_price" ExitPrice "exit_price" EntryTime "entry_time"
    ExitTime "exit_time" Qty "qty" Fees "fees" Pnl "pnl" GrossPnl "gross_pnl" PnlPct "pnl_pct" Funding "funding"
    Rebate "rebate" Multiplier "multiplier" Currency "currency" PriceCurrency "price_currency" FxRate "fx_rate" FeeCurrency "fee_currency" FeeFxRate "fee_fx_rate" Inverse "inverse"
    TradeId "trade_id" SignalId "signal_id" ModelLabel "model_label" ModelConfidence "model_confidence"
    LgbProb "lgb_prob" LstmProb "lstm_prob" TransformerProb "transformer_prob" Regime "regime" Vix "vix"
    Sector "sector" ExitReason "exit_reason" StopPrice "stop_price" TargetPrice "target_price"
    HitTarget "hit_target" HitStop "hit_stop" MfePct "mfe_pct" MaePct "mae_pct" Setup "setup"
    Strategy "strategy" Timeframe "timeframe" Variant "variant" Experiment "experiment" VariantShare "variant_share"
    SizeMultiplier "size_multiplier" SizePropensity "size_propensity" EquityUsd "equity_usd" QtyIntended "qty_intended" Type "type" IsOpen "is_open" Status "status" Features "features"
    Extra "extra" BuyPrice "buy_price" SellPrice "sell_price" BuyTime "buy_time" SellTime "sell_time"
    Timestamp "timestamp" Mode "mode" Score "score" Confidence "confidence" PriceAtSignal "price_at_signal"
    ReasonNotTraded "reason_not_traded" High "high" Low "low" Close "close"
    FillId "fill_id" OrderId "order_id" PositionId "position_id" Account "account" Price "price"
    Effect "effect" OpenPnl "open_pnl" Sentiment "sentiment" Source "source" HeadlineId "headline_id"
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.as_str() == name)
    }

    /// Whether several names of it in one record add up.
    pub fn adds_up(self) -> bool {
        self == Self::Fees
    }

    /// Whether a wrong value makes another trade or another result of it.
    pub fn is_decisive(self) -> bool {
        let money = [Unit::Price, Unit::Units, Unit::Cost, Unit::Amount, Unit::Time];
        let is_money = VOCABULARY.iter().any(|word| word.field == self && money.contains(&word.unit));
        is_money
            || matches!(
                self,
                Self::Symbol
                    | Self::Side
                    | Self::TradeId
                    | Self::FillId
                    | Self::PositionId
                    | Self::Account
                    | Self::Multiplier
                    | Self::FxRate
                    | Self::FeeCurrency
                    | Self::FeeFxRate
            )
    }

    /// Whether it is a price of an execution, in whose currency the result is.
    pub fn is_price(self) -> bool {
        matches!(self, Self::EntryPrice | Self::ExitPrice | Self::Price | Self::BuyPrice | Self::SellPrice)
    }

    /// Whether it is a moment, which two columns may make together.
    pub fn is_time(self) -> bool {
        matches!(self, Self::EntryTime | Self::ExitTime | Self::Timestamp | Self::BuyTime | Self::SellTime)
    }
}

const EXIT: &[Kind] = &[Kind::Exit];
const SIZED: &[Kind] = &[Kind::Exit, Kind::Signal];
const SIGNAL: &[Kind] = &[Kind::Signal];
const MISSED: &[Kind] = &[Kind::Missed];
const SIGNALS: &[Kind] = &[Kind::Signal, Kind::Missed];
const BAR: &[Kind] = &[Kind::Bar];
const FILL: &[Kind] = &[Kind::Fill];
const NEWS: &[Kind] = &[Kind::News];
const RECORDS: &[Kind] = &[Kind::Exit, Kind::Signal, Kind::Missed, Kind::Fill];

const fn word(
    field: Field,
    unit: Unit,
    of: &'static [Kind],
    names: &'static [&'static str],
    loose: &'static [&'static str],
    meaning: &'static str,
) -> Word {
    Word { field, unit, of, names, loose, meaning }
}

/// The table.
#[rustfmt::skip]
pub const VOCABULARY: &[Word] = &[
    word(Field::Symbol, Unit::Text, RECORDS, &["ticker", "instrument", "pair", "contract_name", "market_name", "instrument_id", "security", "sym"], &["market", "contract", "column"], "what was traded"),
    word(Field::Side, Unit::Text, EXIT, &["direction", "position_side", "pos_side", "market_pos", "market_position", "long_short", "entry_side", "position_type", "trade_side", "buy_sell", "b_s"], &["action"], "the position's side, not the closing order's"),
    word(Field::EntryPrice, Unit::Price, EXIT, &["open_rate", "avg_entry_price", "average_entry_price", "entry_avg_price", "open_price", "avg_open_price", "opening_price", "price_open", "entry_rate", "avg_px_open", "open_level", "cost_per_share", "fill_entry_price"], &["entry"], "average price of the entry"),
    word(Field::ExitPrice, Unit::Price, EXIT, &["close_rate", "avg_exit_price", "average_exit_price", "exit_avg_price", "close_price", "avg_close_price", "closing_price", "price_close", "exit_rate", "avg_px_close", "close_level", "proceeds_per_share", "fill_exit_price"], &["price", "exit"], "average price of the exit"),
    word(Field::EntryTime, Unit::Time, EXIT, &["entry_timestamp", "entry_date", "entry_datetime", "entered_at", "open_date", "open_time", "open_timestamp", "open_datetime", "open_date_utc", "opened_at", "opened_date", "opened_time", "opening_time", "date_opened", "time_open", "ts_opened", "created_time"], &["opened"], "when it was entered"),
    word(Field::ExitTime, Unit::Time, EXIT, &["exit_timestamp", "exit_date", "exit_datetime", "exited_at", "close_date", "close_time", "close_timestamp", "close_datetime", "closed_at", "closed_date", "closed_time", "closing_time", "date_closed", "time_close", "ts_closed", "updated_time"], &["timestamp", "time", "date", "datetime", "date_utc", "closed", "ts"], "when it was closed"),
    word(Field::Qty, Unit::Units, EXIT, &["quantity", "shares", "contracts", "lots", "lot", "units", "filled_qty", "filled_quantity", "fill_qty", "fill_quantity", "fill_size", "filled_size", "filled", "size_qty", "trade_size", "position_size", "closed_size", "closed_qty", "no_of_shares", "num_contracts"], &["size"], "units, above 0; absent is 1"),
    word(Field::Fees, Unit::Cost, EXIT, &["fee", "commission", "commissions", "comm", "comms", "comm_fee", "comm_fees", "commission_fees", "commissions_fees", "fees_comm", "fees_commissions", "fees_and_commissions", "commission_and_fees", "total_fees", "total_fee", "brokerage", "transaction_costs", "trading_fees"], &[], "cost of entry and exit together"),
    word(Field::Pnl, Unit::Amount, EXIT, &["profit", "net_pnl", "net_p_l", "realized_pnl", "realised_pnl", "realized_p_l", "realised_p_l", "realized_profit", "realized_profit_loss", "net_profit", "net_profit_loss", "closed_pnl", "closed_p_l", "p_l", "pl", "profit_loss", "profit_and_loss", "profit_or_loss", "gain_loss", "trade_pnl", "trade_p_l", "pl_amount", "close_profit_abs", "profit_abs", "net_result", "pnl_net"], &[], "net result as the account states it"),
    word(Field::GrossPnl, Unit::Amount, EXIT, &["gross_p_l", "gross_profit_loss", "gross_result", "pnl_gross", "gross_realized_pnl"], &[], "result before costs as the account states it"),
    word(Field::PnlPct, Unit::Fraction, EXIT, &[], &[], "net result over the position; derived anew"),
    word(Field::Funding, Unit::Amount, EXIT, &["funding_fee", "funding_fees", "swap", "swaps", "financing", "overnight_fee", "overnight_financing", "rollover"], &[], "funding or swap, what was paid below 0"),
    word(Field::Rebate, Unit::Cost, EXIT, &["rebates", "maker_rebate"], &[], "what the venue paid back, above 0"),
    word(Field::Multiplier, Unit::Number, EXIT, &["contract_size", "contract_multiplier", "point_value", "big_point_value", "lot_size"], &[], "units a contract stands for; absent is 1"),
    word(Field::Currency, Unit::Text, EXIT, &["currency_code", "ccy", "currency_primary", "currency_iso_code", "stake_currency", "settlement_currency", "pnl_currency", "quote_currency"], &[], "currency of the result; the word account is the account's own"),
    word(Field::PriceCurrency, Unit::Text, EXIT, &["asset_currency", "instrument_currency", "trade_currency"], &[], "currency of the prices, and so of a result that is computed from them"),
    word(Field::FxRate, Unit::Number, EXIT, &["fx_rate_to_base", "exchange_rate"], &[], "units of the account's currency for one of the record's"),
    word(Field::FeeCurrency, Unit::Text, EXIT, &["fee_asset", "fee_coin", "fee_ccy", "commission_asset", "commission_currency", "commission_coin", "ib_commission_currency"], &[], "currency of the fees, where it is another one"),
    word(Field::FeeFxRate, Unit::Number, EXIT, &["commission_fx_rate"], &[], "what one unit of that is worth in the currency of the result"),
    word(Field::Inverse, Unit::Flag, EXIT, &["is_inverse"], &[], "whether results are 1/entry − 1/exit"),
    word(Field::TradeId, Unit::Text, EXIT, &[], &["id"], "the engine's id of the trade"),
    word(Field::SignalId, Unit::Text, RECORDS, &[], &[], "the signal behind it"),
    word(Field::ModelLabel, Unit::Text, EXIT, &["label"], &[], "the model's word"),
    word(Field::ModelConfidence, Unit::Probability, EXIT, &["confidence"], &[], "the model's probability at entry"),
    word(Field::LgbProb, Unit::Probability, RECORDS, &[], &[], "a model's probability"),
    word(Field::LstmProb, Unit::Probability, RECORDS, &[], &[], "a model's probability"),
    word(Field::TransformerProb, Unit::Probability, RECORDS, &[], &[], "a model's probability"),
    word(Field::Regime, Unit::Text, RECORDS, &[], &[], "market regime"),
    word(Field::Vix, Unit::Number, RECORDS, &[], &[], "VIX at the time"),
    word(Field::Sector, Unit::Text, RECORDS, &[], &[], "sector"),
    word(Field::ExitReason, Unit::Text, EXIT, &["sell_reason", "close_reason", "exit_name"], &["reason"], "why it was closed"),
    word(Field::StopPrice, Unit::Price, RECORDS, &["stop", "stop_loss", "sl", "stop_loss_price", "stop_level", "stop_loss_abs"], &[], "the stop"),
    word(Field::TargetPrice, Unit::Price, RECORDS, &["target", "take_profit", "tp", "take_profit_price", "profit_target"], &[], "the target"),
    word(Field::HitTarget, Unit::Flag, EXIT, &[], &[], "whether the target was hit, as the engine says"),
    word(Field::HitStop, Unit::Flag, EXIT, &[], &[], "whether the stop was hit, as the engine says"),
    word(Field::MfePct, Unit::Fraction, EXIT, &[], &[], "best excursion while open, 0 or above"),
    word(Field::MaePct, Unit::Fraction, EXIT, &[], &[], "worst excursion while open, 0 or below"),
    word(Field::Setup, Unit::Text, RECORDS, &["enter_tag", "entry_tag", "buy_tag", "entry_name"], &["tag"], "setup"),
    word(Field::Strategy, Unit::Text, EXIT, &["strategy_name", "strategy_id"], &[], "strategy"),
    word(Field::Timeframe, Unit::Text, RECORDS, &["time_frame", "tf"], &[], "bars that the signal was made on: 1m, 5m, 15m"),
    word(Field::Variant, Unit::Text, RECORDS, &[], &[], "variant of the strategy, or arm of the experiment"),
    word(Field::Experiment, Unit::Text, RECORDS, &[], &[], "the experiment that the signal takes part in"),
    word(Field::VariantShare, Unit::Probability, RECORDS, &[], &[], "the arm's share of the experiment's units"),
    word(Field::SizeMultiplier, Unit::Number, SIZED, &[], &[], "by what the base size was multiplied, above 0 and at most 100"),
    word(Field::SizePropensity, Unit::Probability, SIZED, &[], &[], "the chance with which that multiplier was drawn; 1 where it was not"),
    word(Field::EquityUsd, Unit::Number, SIZED, &[], &[], "the account at the time, in its currency"),
    word(Field::QtyIntended, Unit::Number, SIZED, &[], &[], "units that were ordered, where fewer were filled"),
    word(Field::Type, Unit::Text, EXIT, &["event", "event_type"], &[], "kind of event: exit, fill_exit and close are closed trades"),
    word(Field::IsOpen, Unit::Flag, EXIT, &[], &[], "whether the position is still open: it is passed over then"),
    word(Field::Status, Unit::Text, EXIT, &["trade_status", "position_status"], &["state"], "what is open, or was cancelled or rejected, is passed over"),
    word(Field::OpenPnl, Unit::Number, EXIT, &[], &[], "result so far of the positions that are still open, for the guard"),
    word(Field::BuyPrice, Unit::Price, EXIT, &["bought_price", "avg_buy_price"], &[], "price of the buying side, where no side is given"),
    word(Field::SellPrice, Unit::Price, EXIT, &["sold_price", "avg_sell_price"], &[], "price of the selling side"),
    word(Field::BuyTime, Unit::Time, EXIT, &["buy_date", "buy_timestamp", "bought_timestamp", "bought_at", "date_acquired"], &[], "when it was bought: the earlier one is the entry"),
    word(Field::SellTime, Unit::Time, EXIT, &["sell_date", "sell_timestamp", "sold_timestamp", "sold_at", "date_sold"], &[], "when it was sold"),
    word(Field::Features, Unit::Object, RECORDS, &[], &[], "what was known at entry"),
    word(Field::Extra, Unit::Object, RECORDS, &[], &[], "whatever else"),
    word(Field::Timestamp, Unit::Time, SIGNALS, &["signal_time"], &["time", "ts", "datetime", "date"], "when it was made"),
    word(Field::Side, Unit::Text, SIGNAL, &["direction"], &["label"], "LONG or SHORT"),
    word(Field::EntryPrice, Unit::Price, SIGNAL, &[], &["price"], "price at the signal"),
    word(Field::Mode, Unit::Text, SIGNAL, &[], &[], "SAFE or AGGRESSIVE"),
    word(Field::Score, Unit::Number, SIGNAL, &[], &[], "the engine's score, 0 to 10"),
    word(Field::Confidence, Unit::Probability, SIGNALS, &["model_confidence"], &[], "the model's probability"),
    word(Field::Side, Unit::Text, MISSED, &["label"], &["direction"], "LONG or SHORT"),
    word(Field::PriceAtSignal, Unit::Price, MISSED, &[], &["price", "entry_price"], "price at the signal"),
    word(Field::ReasonNotTraded, Unit::Text, MISSED, &[], &["reason"], "why it was not traded"),
    word(Field::Symbol, Unit::Text, BAR, &["ticker", "instrument", "pair", "s", "sym", "code"], &[], "what was traded"),
    word(Field::Timestamp, Unit::Time, BAR, &["time", "datetime", "date", "ts", "t", "window_start", "bar_time", "open_time"], &[], "stamp of the bar or tick"),
    word(Field::High, Unit::Price, BAR, &["h", "high_price"], &[], "highest price"),
    word(Field::Low, Unit::Price, BAR, &["l", "low_price"], &[], "lowest price"),
    word(Field::Close, Unit::Price, BAR, &["c", "close_price"], &["price", "last"], "closing price, or the tick"),
    word(Field::FillId, Unit::Text, FILL, &["exec_id", "execution_id", "trade_id", "exchange_trade_id", "venue_order_trade_id", "ib_exec_id", "deal", "deal_id", "transaction_id", "tran_id"], &["id"], "the venue's id of the execution; absent is a hash of it"),
    word(Field::OrderId, Unit::Text, FILL, &["order", "order_no", "order_number", "client_order_id", "venue_order_id", "orderid", "ib_order_id"], &[], "the order that was filled"),
    word(Field::PositionId, Unit::Text, FILL, &["position_no"], &[], "the venue's position, where it keeps several of one symbol apart"),
    word(Field::Account, Unit::Text, FILL, &["account_id", "account_number", "account_no", "account_name", "client_account_id", "acct"], &[], "the account: positions are netted in each"),
    word(Field::Strategy, Unit::Text, FILL, &["strategy_name", "strategy_id"], &[], "the strategy: positions are netted in each"),
    word(Field::Side, Unit::Text, FILL, &["action", "buy_sell", "b_s", "bs", "order_side", "order_action", "trade_side", "transaction_type", "trans_code", "direction"], &[], "what the order did: BUY or SELL"),
    word(Field::Qty, Unit::Units, FILL, &["quantity", "shares", "contracts", "lots", "units", "filled_qty", "filled_quantity", "fill_qty", "fill_quantity", "fill_size", "filled", "filled_size", "exec_qty", "executed_qty", "executed_quantity", "executed", "last_qty", "trade_size", "no_of_shares"], &["size", "amount", "volume", "qnty"], "units that were executed"),
    word(Field::Price, Unit::Price, FILL, &["fill_price", "exec_price", "execution_price", "executed_price", "trade_price", "t_price", "price_per_unit", "avg_price", "average_price", "avg_fill_price", "average_fill_price", "filled_avg_price", "last_px", "avg_px", "fill_px", "price_usd", "net_price"], &["rate"], "price of one unit"),
    word(Field::Timestamp, Unit::Time, FILL, &["exec_time", "execution_time", "executed_at", "fill_time", "filled_time", "filled_at", "fill_timestamp", "trade_date", "trade_time", "transaction_time", "transact_time", "date_time", "time_utc", "date_utc", "ts_event"], &["time", "date", "datetime", "ts"], "when it was executed"),
    word(Field::Fees, Unit::Cost, FILL, &["fee", "commission", "commissions", "comm", "comms", "comm_fee", "comm_fees", "ib_commission", "exec_fee", "commission_fees", "commissions_fees", "fees_comm", "fees_commissions", "fees_and_commissions", "commission_and_fees", "total_fees", "total_fee", "trade_fee", "brokerage", "transaction_costs", "trading_fees"], &[], "cost of this execution"),
    word(Field::Pnl, Unit::Amount, FILL, &["realized_pnl", "realised_pnl", "closed_pnl", "net_pnl"], &[], "net result of what it closes, as the account states it"),
    word(Field::GrossPnl, Unit::Amount, FILL, &["gross_p_l", "gross_profit_loss"], &[], "result of what it closes before costs, as the account states it"),
    word(Field::Effect, Unit::Text, FILL, &["position_effect", "pos_effect", "open_close"], &[], "open or close, where the venue says which"),
    word(Field::Funding, Unit::Amount, FILL, &["funding_fee", "swap", "swaps", "financing"], &[], "funding or swap, what was paid below 0"),
    word(Field::Rebate, Unit::Cost, FILL, &["rebates", "maker_rebate"], &[], "what the venue paid back, above 0"),
    word(Field::Multiplier, Unit::Number, FILL, &["contract_size", "contract_multiplier", "point_value"], &[], "units a contract stands for; absent is 1"),
    word(Field::Currency, Unit::Text, FILL, &["currency_code", "ccy", "currency_primary", "settlement_currency", "quote_currency", "asset_currency", "instrument_currency", "price_currency", "trade_currency"], &[], "currency of price and fees; the word account is the account's own"),
    word(Field::FxRate, Unit::Number, FILL, &["fx_rate_to_base", "exchange_rate"], &[], "units of the account's currency for one of the record's"),
    word(Field::FeeCurrency, Unit::Text, FILL, &["fee_asset", "fee_coin", "fee_ccy", "commission_asset", "commission_currency", "commission_coin", "ib_commission_currency"], &[], "currency of the fees, where it is another one"),
    word(Field::FeeFxRate, Unit::Number, FILL, &["commission_fx_rate"], &[], "what one unit of that is worth in the currency of the result"),
    word(Field::Inverse, Unit::Flag, FILL, &["is_inverse"], &[], "whether results are 1/entry − 1/exit"),
    word(Field::ModelLabel, Unit::Text, FILL, &["label"], &[], "the model's word, of a fill that opens"),
    word(Field::ModelConfidence, Unit::Probability, FILL, &["confidence"], &[], "the model's probability, of a fill that opens"),
    word(Field::Timeframe, Unit::Text, FILL, &["time_frame", "tf"], &[], "bars that the signal was made on"),
    word(Field::Variant, Unit::Text, FILL, &[], &[], "variant of the strategy"),
    word(Field::ExitReason, Unit::Text, FILL, &["close_reason"], &["reason"], "why the position was closed, of a fill that closes"),
    word(Field::Type, Unit::Text, FILL, &["event", "event_type", "activity_type"], &[], "kind of event: fill, partial_fill, trade and execution are executions"),
    word(Field::Status, Unit::Text, FILL, &["order_status"], &["state"], "an order that was cancelled, rejected or is still working is passed over"),
    word(Field::Timestamp, Unit::Time, NEWS, &["published_at", "publish_time", "published", "publication_time", "created_at"], &["time", "ts", "datetime", "date"], "when it was published"),
    word(Field::Symbol, Unit::Text, NEWS, &["ticker", "instrument", "sym", "symbols", "tickers"], &[], "the symbol that it is about; it or the sector is needed"),
    word(Field::Sector, Unit::Text, NEWS, &[], &[], "the sector that it is about"),
    word(Field::Sentiment, Unit::Number, NEWS, &["sentiment_score"], &["score"], "how it sounds, -1 to 1"),
    word(Field::Source, Unit::Text, NEWS, &["provider", "publisher", "feed"], &[], "who published it"),
    word(Field::HeadlineId, Unit::Text, NEWS, &["article_id", "story_id"], &["id"], "the publisher's id of the headline"),
    word(Field::Extra, Unit::Object, NEWS, &[], &[], "whatever else"),
];

/// How surely a name means its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Where no other name does.
    Loose,
    /// Wherever it stands.
    Certain,
    /// The user says so.
    Mapped,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The field.
    pub field: Field,
    /// How surely.
    pub rank: Rank,
    /// The name in the table.
    pub name: &'static str,
}

fn words(kind: Kind) -> impl Iterator<Item = &'static Word> {
    VOCABULARY.iter().filter(move |word| word.of.contains(&kind))
}

/// Whether records of a kind have a field.
pub(crate) fn has_field(kind: Kind, field: Field) -> bool {
    words(kind).any(|word| word.field == field)
}

/// What a name means in records of a kind.
pub(crate) fn meaning_of(name: &str, kind: Kind) -> Option<Meaning> {
    // As this program and the engines write it, without a look at what else it could be.
    if let Some(word) = words(kind).find(|word| word.field.as_str() == name) {
        return Some(Meaning { field: word.field, rank: Rank::Certain, name: word.field.as_str() });
    }
    let folded = folded(name);
    let found = look_up(&folded, kind);
    // `Profit USD`, `Price ($)`: the same, in that currency.
    let bare = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    let without = || currencies_at_end(bare).find_map(|(rest, _)| look_up(&self::folded(rest), kind));
    found.or_else(without).or_else(|| fee_like(name, kind))
}

fn look_up(folded: &str, kind: Kind) -> Option<Meaning> {
    let is = |name: &&&str| is_folded(folded, name);
    words(kind).find_map(|word| {
        let own = Some(&word.field.as_str()).filter(is).map(|name| (*name, Rank::Certain));
        let certain = || word.names.iter().find(is).map(|name| (*name, Rank::Certain));
        let loose = || word.loose.iter().find(is).map(|name| (*name, Rank::Loose));
        let (name, rank) = own.or_else(certain).or_else(loose)?;
        Some(Meaning { field: word.field, rank, name })
    })
}

/// A name in small letters without anything but letters, digits and `%`.
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '%').flat_map(char::to_lowercase).collect()
}

/// Whether a name of the table folds to this.
fn is_folded(folded: &str, name: &str) -> bool {
    let letters = name.bytes().filter(|b| *b != b'_');
    name.len() >= folded.len() && letters.eq(folded.bytes())
}

/// The currency behind a name that means a field without it: EUR of `Price (EUR)` and of `P/L €`; none of `equity_usd`, which is
/// one name.
pub(crate) fn currency_behind(name: &str) -> Option<&'static str> {
    if !name.is_ascii()
        && let Some((_, code)) = currency_signs().find(|(sign, _)| name.contains(sign))
    {
        return Some(code);
    }
    let (_, code) = currencies_at_end(name.trim_end_matches(|c: char| !c.is_alphanumeric())).next()?;
    let folded = folded(name);
    let names = |word: &'static Word| {
        let own = std::iter::once(word.field.as_str()).chain(word.names.iter().copied());
        own.chain(word.loose.iter().copied())
    };
    let is = |folded: &str| VOCABULARY.iter().flat_map(names).any(|name| is_folded(folded, name));
    let is_behind = folded.len() > code.len() && !is(&folded);
    is_behind.then_some(code)
}

/// Parts of a name, in small letters: `entryPrice` and `Entry Price` have two.
pub(crate) fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() && c != '%' || (c.is_uppercase() && before_small) {
            parts.push(String::new());
        }
        before_small = c.is_lowercase();
        if (c.is_alphanumeric() || c == '%')
            && let Some(part) = parts.last_mut()
        {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests;
